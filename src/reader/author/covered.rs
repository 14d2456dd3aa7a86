//! How far an author's proof reaches: whether it speaks for a header field that somebody could have
//! changed when he sent a genuine mail again (RFC 6376 section 8.6).
//!
//! Fails towards "not covered": then one word from the asked address settles it.

use super::block;
use super::results::Outcome;
use crate::reader::letter::Letter;

/// Signatures looked at; a mail has two or three.
const MAX_SIGNATURES: usize = 20;

/// Whether the field `name` is as its author wrote it, given that he is proven: the mail came straight
/// from his domain's servers, or every signature of his domain covers the field. Which of them passed
/// is not known, so one that does not cover it is enough for a doubt.
pub fn is_covered(letter: &Letter, authserv_ids: &[String], name: &str) -> bool {
    let Some(domain) = letter.from.person().map(|p| p.address.domain()) else {
        return false;
    };
    let trusted = block::trusted(&letter.headers, authserv_ids);
    let direct = trusted
        .fields
        .iter()
        .flat_map(|(_, results)| results)
        .any(|result| {
            result.method == "spf"
                && result.outcome == Outcome::Pass
                && result
                    .envelope_domain()
                    .is_some_and(|sender| super::aligned(&sender, domain))
        });
    if direct {
        return true;
    }
    letter
        .fields("DKIM-Signature")
        .take(MAX_SIGNATURES)
        .filter(|value| tag(value, "d").is_some_and(|signer| super::aligned(&signer, domain)))
        .all(|value| {
            let covered = tag(value, "h").unwrap_or_default();
            covered
                .split(':')
                .any(|field| field.eq_ignore_ascii_case(name))
        })
}

/// A tag's value without white space (RFC 6376 section 3.2).
fn tag(value: &str, name: &str) -> Option<String> {
    value.split(';').find_map(|pair| {
        let (key, text) = pair.split_once('=')?;
        (key.trim() == name).then(|| text.split_whitespace().collect())
    })
}
