//! Header fields in the forms in which nearly all programs write them, read without the library.
//!
//! Fails by `None`: whatever could be read in two ways is left to the library, so that one reading of
//! such a field is the only one.

mod date;
mod mime;
mod text;

#[cfg(test)]
mod tests;

pub use date::date;
pub use mime::mime;
pub use text::text;

use crate::reader::address::{Address, Person};
use crate::reader::letter::{MAX_NAME, clean};

/// Visible ASCII and spaces.
fn is_visible(value: &str) -> bool {
    // Without a branch, many octets are looked at together.
    let is_odd = |octet: u8| !matches!(octet, b' '..=b'~');
    !value.bytes().fold(false, |odd, octet| odd | is_odd(octet))
}

/// What stands before and behind the first octet of this kind.
fn cut(text: &str, octet: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == octet)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Where an encoded word may begin.
fn encoded(text: &str) -> Option<usize> {
    let mut signs = memchr::memchr_iter(b'=', text.as_bytes());
    signs.find(|at| text.as_bytes().get(at + 1) == Some(&b'?'))
}

/// `Carol Diaz <carol@target.example>, "Kim, Bob" <bob@b.example>, ann@req.example`; at most so many.
pub fn people(value: &str, most: usize) -> Option<Vec<Person>> {
    let mut people = Vec::new();
    let mut rest = value;
    let mut count = 0;
    while !rest.is_empty() {
        let (name, behind) = name(rest)?;
        let (name, (address, behind)) = match behind.strip_prefix('<') {
            Some(angle) => (name, cut(angle, b'>')?),
            None => ("", (name, behind)),
        };
        if !address.bytes().all(is_of_address) || address.is_empty() {
            return None;
        }
        count += 1;
        if count <= most
            && let Ok(address) = Address::parse(address)
        {
            let name = clean::line(name, MAX_NAME);
            people.push(Person { name, address });
        }
        let behind = behind.trim_start_matches(' ');
        rest = match behind.strip_prefix(',') {
            Some(next) => next.trim_start_matches(' '),
            None if behind.is_empty() => "",
            None => return None,
        };
        // A comma with nothing behind it.
        if rest.is_empty() && !behind.is_empty() {
            return None;
        }
    }
    Some(people)
}

/// What stands before an angle bracket or is an address, and what follows.
fn name(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, behind) = cut(quoted, b'"')?;
        let plain = !name.contains('\\') && !name.contains("=?") && is_visible(name);
        let behind = behind.trim_start_matches(' ');
        return (plain && !name.is_empty() && behind.starts_with('<')).then_some((name, behind));
    }
    let end = text.bytes().position(|b| matches!(b, b'<' | b','));
    let end = end.unwrap_or(text.len());
    let (name, behind) = text.split_at_checked(end)?;
    let name = name.trim_end_matches(' ');
    let plain = match behind.starts_with('<') {
        true => name.bytes().all(is_of_name),
        false => name.contains('@'),
    };
    plain.then_some((name, behind))
}

/// What means nothing else in a name (RFC 5322 section 3.2.3).
fn is_of_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b' ' | b'.' | b'-' | b'_' | b'\'' | b'+' | b'&')
}

fn is_of_address(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'@' | b'.' | b'-' | b'_' | b'+' | b'\'' | b'/')
}
