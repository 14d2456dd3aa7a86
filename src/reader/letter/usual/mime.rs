//! Types and parameters of parts (RFC 2045 section 5.1, RFC 2183).
//!
//! Fails by `None`: then the library reads the fields.

use crate::reader::letter::fields::{Mime, Shared};
use crate::reader::letter::usual::{cut, encoded, is_visible};
use std::borrow::Cow;

/// Type, parameters and encoding of a part, by its fields of these names.
pub fn mime(kind: Option<&str>, disposition: Option<&str>, encoding: Option<&str>) -> Option<Mime> {
    let mut mime = Mime::default();
    if let Some(value) = kind.filter(|value| !value.is_empty()) {
        let (kind, params) = with_params(value)?;
        let mut usual = USUAL_KINDS.iter();
        mime.kind = match usual.find(|usual| usual.eq_ignore_ascii_case(kind)) {
            Some(usual) => Cow::Borrowed(usual),
            None => {
                let (whole, subtype) = cut(kind, b'/')?;
                if !(is_token(whole) && is_token(subtype)) {
                    return None;
                }
                Cow::Owned(kind.to_ascii_lowercase())
            }
        };
        mime.params = params;
    }
    let name = |params: &[(Shared, Shared)], name: &str| {
        let found = params.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone().into_owned())
    };
    if let Some(value) = disposition.filter(|value| !value.is_empty()) {
        let (kind, params) = with_params(value)?;
        if !is_token(kind) {
            return None;
        }
        mime.attachment = kind.eq_ignore_ascii_case("attachment");
        mime.file_name = name(&params, "filename");
    }
    mime.file_name = mime.file_name.or_else(|| name(&mime.params, "name"));
    let encoding = encoding.unwrap_or_default();
    if !is_visible(encoding) || encoded(encoding).is_some() {
        return None;
    }
    mime.encoded = Mime::is_encoded(encoding);
    Some(mime)
}

/// What most content types are, and the names and values of their parameters.
const USUAL_KINDS: [&str; 4] = [
    "text/plain",
    "text/html",
    "multipart/alternative",
    "multipart/mixed",
];
const USUAL_PARAMS: [&str; 3] = ["charset", "boundary", "format"];
const USUAL_VALUES: [&str; 4] = ["utf-8", "UTF-8", "us-ascii", "flowed"];

/// A text that is most often one of these.
fn shared(text: &str, usual: &[&'static str]) -> Shared {
    match usual.iter().find(|usual| **usual == text) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(text.to_owned()),
    }
}

/// What stands before the first semicolon, and the parameters behind it, names in lower case.
fn with_params(value: &str) -> Option<(&str, Vec<(Shared, Shared)>)> {
    let (first, rest) = cut(value, b';').unwrap_or((value, ""));
    let mut params = Vec::new();
    let mut rest = rest.trim_start_matches(' ');
    while !rest.is_empty() {
        let (name, behind) = cut(rest, b'=')?;
        let (value, behind) = match behind.strip_prefix('"') {
            // White space in it may have been a line end.
            Some(quoted) => cut(quoted, b'"').filter(|(value, _)| {
                let odd = |octet: u8| !octet.is_ascii_graphic() || octet == b'\\';
                !value.bytes().any(odd) && encoded(value).is_none()
            })?,
            None => {
                let end = behind.bytes().position(|b| matches!(b, b';' | b' '));
                let end = end.unwrap_or(behind.len());
                let (value, behind) = behind.split_at_checked(end)?;
                let plain = |b: u8| is_of_token(b) || matches!(b, b'=' | b'/' | b':');
                (value.bytes().all(plain).then_some(value)?, behind)
            }
        };
        if !is_token(name) || value.is_empty() {
            return None;
        }
        let name = match shared(name, &USUAL_PARAMS) {
            Cow::Owned(name) => Cow::Owned(name.to_ascii_lowercase()),
            usual => usual,
        };
        params.push((name, shared(value, &USUAL_VALUES)));
        let behind = behind.trim_start_matches(' ');
        rest = match behind.strip_prefix(';') {
            Some(next) => next.trim_start_matches(' '),
            None if behind.is_empty() => "",
            None => return None,
        };
    }
    Some((first.trim_end_matches(' '), params))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_of_token)
}

fn is_of_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'+')
}
