//! Which answers may reach imap-proto, judged line by line before it sees them.
//! It fails on nothing: what does not fit is said not to fit.
//!
//! Every line that goes on was parsed here first, with a stand-in for its literal. So the two views of where a literal
//! begins can't differ, and no byte reaches imap-proto that was not looked at as what it is.

use async_imap::imap_proto::Response;

/// The kinds of answers (RFC 3501 section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tagged, or a continuation.
    Reply,
    /// Untagged, of one line.
    Line,
    Fetch,
    List,
    /// Never asked for; it goes nowhere.
    Unwanted,
}

impl Kind {
    /// By an answer's first line.
    pub(super) fn of(line: &[u8]) -> Kind {
        const LINES: [&[u8]; 9] = [
            b"OK",
            b"NO",
            b"BAD",
            b"BYE",
            b"PREAUTH",
            b"CAPABILITY",
            b"SEARCH",
            b"FLAGS",
            b"ID",
        ];
        const COUNTS: [&[u8]; 3] = [b"EXISTS", b"RECENT", b"EXPUNGE"];
        if !line.starts_with(b"*") && !line.trim_ascii().is_empty() {
            return Kind::Reply;
        }
        let mut words = line.split(|b| b.is_ascii_whitespace()).skip(1);
        let (first, second) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let counted = first.first().is_some_and(u8::is_ascii_digit);
        let is =
            |word: &[u8], kinds: &[&[u8]]| kinds.iter().any(|kind| word.eq_ignore_ascii_case(kind));
        match counted {
            true if is(second, &[b"FETCH"]) => Kind::Fetch,
            true if is(second, &COUNTS) => Kind::Line,
            false if is(first, &[b"LIST"]) => Kind::List,
            false if is(first, &LINES) => Kind::Line,
            _ => Kind::Unwanted,
        }
    }

    /// The size of the literal that the line ends with (RFC 3501 section 4.3), in answers that may hold one.
    pub(super) fn literal_after(self, line: &[u8]) -> Option<u64> {
        match self {
            Kind::Reply | Kind::Line => None,
            Kind::Fetch | Kind::List | Kind::Unwanted => announced(line).map(|(_, size)| size),
        }
    }

    /// Whether imap-proto takes this line, alone or as the part of an answer that it is.
    pub(super) fn takes(self, line: &[u8], begins: bool, literal: bool) -> bool {
        let (opening, closing): (&[u8], &[u8]) = match self {
            Kind::Unwanted => return true,
            Kind::Reply | Kind::Line => return parses(line),
            Kind::Fetch if holds_structure(line) => return false,
            Kind::Fetch => (b"* 1 FETCH (UID 1", b")\r\n"),
            Kind::List => (b"* LIST () NIL \"\"", b"\r\n"),
        };
        let mut whole = if begins { Vec::new() } else { opening.to_vec() };
        match announced(line).filter(|_| literal) {
            Some((before, _)) => {
                whole.extend_from_slice(before);
                whole.extend_from_slice(b"\"\"");
                whole.extend_from_slice(closing);
            }
            None => whole.extend_from_slice(line),
        }
        parses(&whole)
    }
}

fn parses(line: &[u8]) -> bool {
    matches!(Response::parse(line), Ok(([], _)))
}

/// imap-proto follows nested structures down the stack. They are never asked for.
fn holds_structure(line: &[u8]) -> bool {
    let structures = [&b"BODYSTRUCTURE"[..], b"ENVELOPE", b"BODY ("];
    structures
        .iter()
        .any(|word| find_ignoring_case(line, word).is_some())
}

/// What stands before the literal, and the literal's size. imap-proto knows no `{5+}`.
fn announced(line: &[u8]) -> Option<(&[u8], u64)> {
    let rest = line.strip_suffix(b"}\r\n")?;
    let open = rest.iter().rposition(|b| *b == b'{')?;
    let digits = std::str::from_utf8(rest.get(open + 1..)?).ok()?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Without the space imap-proto may read over it as part of a word.
    let before = rest.get(..open).filter(|before| before.ends_with(b" "))?;
    // More digits than fit are refused as too large, not overlooked.
    Some((before, digits.parse().unwrap_or(u64::MAX)))
}

/// Changes the two things on which imap-proto panics, byte for byte, so that lengths stay true.
pub(super) fn make_harmless(line: &mut [u8]) {
    const NO_DATE: &[u8] = b"INTERNALDATE NIL";
    let mut from = 0;
    while let Some(at) = line
        .get(from..)
        .and_then(|rest| find_ignoring_case(rest, NO_DATE))
    {
        // An attribute that imap-proto does not know is read over.
        if let Some(first) = line.get_mut(from + at) {
            *first = b'X';
        }
        from += at + NO_DATE.len();
    }
    // Mailbox names are left alone: no code stands before them.
    if !line
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"* LIST "))
    {
        let mut behind_code = false;
        for byte in line {
            if behind_code && !byte.is_ascii() {
                *byte = b'?';
            }
            behind_code = *byte == b']';
        }
    }
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

/// The UID in a FETCH answer that is otherwise no use.
pub(super) fn uid_of(line: &[u8]) -> Option<u32> {
    let at = find_ignoring_case(line, b"UID ")?;
    let digits: Vec<u8> = line
        .iter()
        .skip(at + 4)
        .copied()
        .take_while(u8::is_ascii_digit)
        .collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_counts_only_where_imap_proto_sees_one_too() {
        for (line, size) in [
            ("* 1 FETCH (UID 1 BODY[] {5}\r\n", Some(5)),
            ("* LIST () \"/\" {5}\r\n", Some(5)),
            ("* OK look: {5}\r\n", None),
            ("A0001 OK {5}\r\n", None),
            ("* 1 FETCH (UID 1 BODY[] {5+}\r\n", None),
        ] {
            assert_eq!(
                Kind::of(line.as_bytes()).literal_after(line.as_bytes()),
                size,
                "{line}"
            );
        }
        // imap-proto reads over an unknown attribute's parentheses, line ends and all.
        for line in [
            "* 1 FETCH (UID 1 X-MOOD (a BODY[] {60}\r\n",
            "* 1 FETCH (UID 1 X-MOOD a{60}\r\n",
        ] {
            assert!(!Kind::Fetch.takes(line.as_bytes(), true, true), "{line}");
        }
        assert!(Kind::Fetch.takes(b" RFC822.SIZE 3)\r\n", false, false));
        assert!(!Kind::Fetch.takes(b" BODYSTRUCTURE ((1)))\r\n", false, false));
    }
}
