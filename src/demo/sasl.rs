//! What the logins of both servers share: the PLAIN response (RFC 4616). A response that is none is `None`.

/// Name and password of a PLAIN response. An identity to act as must be empty or the same name: nobody acts for others here.
pub(super) fn plain_response(response: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = response.split(|byte| *byte == 0);
    let (acts_as, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && (acts_as.is_empty() || acts_as == user)).then_some((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_responses() {
        assert_eq!(
            plain_response(b"\0bob\0pw"),
            Some((&b"bob"[..], &b"pw"[..]))
        );
        assert_eq!(
            plain_response(b"bob\0bob\0pw"),
            Some((&b"bob"[..], &b"pw"[..]))
        );
        for wrong in [&b"carol\0bob\0pw"[..], b"bob\0pw", b"", b"\0a\0b\0c"] {
            assert_eq!(plain_response(wrong), None);
        }
    }
}
