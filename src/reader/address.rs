//! Mail addresses: parsed strictly, compared in one normal form, never printed by `Debug`.
//!
//! Fails by refusing: an address outside the allow-list grammar (literals, single-label domains,
//! quoted local parts, controls) is an [`AddressError`], and whoever read it treats it as absent.

#[cfg(test)]
mod tests;

use crate::reader::plain::trim;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// One mail address (RFC 5321 section 4.1.2, restricted to dot-atom local parts and DNS domains).
///
/// Compares, orders and hashes by its normal form (domain in lower case without a trailing dot,
/// local part in NFC and lower case); keeps the spelling it came in for sending.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    written: String,
    /// The normal form, where it is another one.
    key: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("an address needs exactly one @ between a local part and a domain")]
    Shape,
    #[error("the part before the @ has a character or a form that is not accepted")]
    Local,
    #[error("the domain is not a public DNS name")]
    Domain,
    #[error("an address is at most 254 octets long, its local part 64")]
    TooLong,
}

/// Octets of a path without its angle brackets (RFC 5321 section 4.5.3.1.3).
const MAX_ADDRESS_OCTETS: usize = 254;
/// Octets of a local part (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_OCTETS: usize = 64;

impl Address {
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let text = trim(text);
        if is_normal(text) {
            return Ok(Address {
                written: text.to_owned(),
                key: None,
            });
        }
        Address::parse_any(text)
    }

    fn parse_any(text: &str) -> Result<Address, AddressError> {
        use unicode_normalization::UnicodeNormalization;
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Shape)?;
        if text.len() > MAX_ADDRESS_OCTETS || local.len() > MAX_LOCAL_OCTETS {
            return Err(AddressError::TooLong);
        }
        // A leading hyphen would be read as an option by programs behind the relay; `%` and `!`
        // routing is refused by leaving `%` out (`!` alone is an ordinary atom character).
        if local.is_empty()
            || local.starts_with(['-', '.'])
            || local.ends_with('.')
            || local.contains("..")
            || !(local
                .bytes()
                .all(|octet| octet.is_ascii() && is_atom(char::from(octet)))
                || local.chars().all(is_atom))
        {
            return Err(AddressError::Local);
        }
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= 63
                && !l.starts_with('-')
                && !l.ends_with('-')
                && (l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    || l.chars().all(|c| c.is_alphanumeric() || c == '-'))
        };
        let (_, top) = domain.rsplit_once('.').ok_or(AddressError::Domain)?;
        let numeric_top = top.bytes().all(|octet| octet.is_ascii_digit());
        if numeric_top || !domain.split('.').all(label) {
            return Err(AddressError::Domain);
        }
        if text.is_ascii() {
            return plain(local, domain);
        }
        let lower = |text: &str| match text.is_ascii() {
            true => text.to_ascii_lowercase(),
            false => text.nfc().collect::<String>().to_lowercase(),
        };
        let key = [lower(local), ascii_domain(&lower(domain))?].join("@");
        // A name in A-labels is longer than as it is written, and must still be an address.
        let local_octets = key.rfind('@').unwrap_or_default();
        if key.len() > MAX_ADDRESS_OCTETS || local_octets > MAX_LOCAL_OCTETS {
            return Err(AddressError::TooLong);
        }
        // `İ` becomes two characters, and the second one stands in no address.
        if !key.chars().all(|c| is_atom(c) || c == '@') {
            return Err(AddressError::Local);
        }
        Ok(Address::of([local, domain].join("@"), key))
    }

    fn of(written: String, key: String) -> Address {
        Address {
            key: (key != written).then(|| key.into_boxed_str()),
            written,
        }
    }

    /// The address as it was written: for envelopes and header fields.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The normal form: for comparing and for the store.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.written)
    }

    pub fn local(&self) -> &str {
        self.key().rsplit_once('@').map_or("", |(local, _)| local)
    }

    pub fn domain(&self) -> &str {
        self.key().rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form under which limits are counted: Gmail's dots and every `+tag` are dropped, so that
    /// another spelling of one mailbox is no second person. Never used to decide who wrote a mail.
    pub fn rate_key(&self) -> Cow<'_, str> {
        let key = self.key();
        let (local, domain) = key.rsplit_once('@').unwrap_or_default();
        let is_google = matches!(domain, GMAIL | "googlemail.com");
        if !is_google && !local.contains('+') {
            return Cow::Borrowed(key);
        }
        let local = local.split('+').next().unwrap_or_default();
        Cow::Owned(match is_google {
            true => format!("{}@{GMAIL}", local.replace('.', "")),
            false => format!("{local}@{domain}"),
        })
    }

    /// Whether this is `base` or a sub-address of it (RFC 5233) with the given separator.
    pub fn is_or_extends(&self, base: &Address, separator: char) -> bool {
        self == base
            || (self.domain() == base.domain()
                && self
                    .local()
                    .strip_prefix(base.local())
                    .is_some_and(|rest| rest.starts_with(separator)))
    }
}

/// Dots before it mean nothing, and it has a second name.
const GMAIL: &str = "gmail.com";

/// What a local part is made of (RFC 5322 section 3.2.3, RFC 6532) without `%`.
pub fn is_atom(c: char) -> bool {
    match c.is_ascii() {
        true => {
            c.is_ascii_alphanumeric()
                || matches!(
                    c,
                    '!' | '#' | '$' | '&' | '\'' | '*' | '+' | '-' | '/' | '=' | '?'
                )
                || matches!(c, '^' | '_' | '`' | '{' | '|' | '}' | '~' | '.')
        }
        false => c.is_alphanumeric(),
    }
}

/// Whether this is an address in its normal form, told at a look: words of small letters and figures with
/// single marks between them, as nearly all are.
fn is_normal(text: &str) -> bool {
    if text.len() > MAX_LOCAL_OCTETS {
        return false;
    }
    let (mut at, mut last_dot, mut before) = (None, None, b'.');
    for (place, octet) in text.bytes().enumerate() {
        match octet {
            b'a'..=b'z' | b'0'..=b'9' => {}
            // Never beside another mark nor at an end.
            _ if !before.is_ascii_alphanumeric() => return false,
            b'.' => last_dot = Some(place),
            b'-' => {}
            b'+' | b'_' if at.is_none() => {}
            b'@' if at.is_none() => at = Some(place),
            _ => return false,
        }
        before = octet;
    }
    let (Some(at), Some(dot)) = (at, last_dot) else {
        return false;
    };
    let top = text.get(dot + 1..).unwrap_or_default();
    at < dot
        && before.is_ascii_alphanumeric()
        && top.bytes().all(|octet| octet.is_ascii_lowercase())
        && !NOT_PUBLIC.contains(&top)
}

/// An address in ASCII, found good so far: its normal form is the same in lower case.
fn plain(local: &str, domain: &str) -> Result<Address, AddressError> {
    let mut written = String::with_capacity(local.len() + 1 + domain.len());
    written.push_str(local);
    written.push('@');
    written.push_str(domain);
    let mut key = written.to_ascii_lowercase();
    let name = key.get(local.len() + 1..).unwrap_or_default();
    if (name.contains('-') && name.contains("xn--")) || is_not_public(name) {
        key = [&local.to_ascii_lowercase(), &*ascii_domain(name)?].join("@");
    }
    // A name in A-labels may have another length than as it is written.
    if key.len() > MAX_ADDRESS_OCTETS {
        return Err(AddressError::TooLong);
    }
    Ok(Address::of(written, key))
}

/// Names that lead to no public mailbox (RFC 6761, 6762, 7686), whatever stands before them.
const NOT_PUBLIC: [&str; 5] = ["localhost", "invalid", "local", "onion", "arpa"];

/// The domain in A-labels (RFC 5890). A name that is written otherwise than it is read back, such as
/// one in full-width letters, is none: two programs could take it for two domains.
fn ascii_domain(name: &str) -> Result<String, AddressError> {
    if is_not_public(name) {
        return Err(AddressError::Domain);
    }
    if name.is_ascii() && !name.contains("xn--") {
        return Ok(name.to_owned());
    }
    let ascii = idna::domain_to_ascii_strict(name).map_err(|_| AddressError::Domain)?;
    let (unicode, read) = idna::domain_to_unicode(&ascii);
    match read {
        Ok(()) if unicode == name || ascii == name => Ok(ascii),
        _ => Err(AddressError::Domain),
    }
}

fn is_not_public(name: &str) -> bool {
    let top = name.rsplit_once('.').map_or(name, |(_, top)| top);
    NOT_PUBLIC.contains(&top)
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Address {}
impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(other.key())
    }
}
impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Address::parse(&text)
    }
}
impl From<Address> for String {
    fn from(address: Address) -> String {
        address.written
    }
}

/// A name (cleaned, may be empty) and an address, as a mail or a contact gives them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub address: Address,
}

impl Person {
    /// What to call them in a sentence: the name, else the address.
    pub fn called(&self) -> &str {
        if self.name.is_empty() {
            self.address.as_str()
        } else {
            &self.name
        }
    }

    /// The first word of the name, for a greeting; the whole name where it is no ordinary one.
    pub fn first_name(&self) -> &str {
        match self.name.split_whitespace().next() {
            Some(first) if !first.contains(['@', '.', ',']) => first,
            _ => self.called(),
        }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}
