//! What the logins of both servers share: the responses of PLAIN (RFC 4616), OAUTHBEARER (RFC 7628) and XOAUTH2. A response that is none is `None`.

/// What a server says when it refuses a token, before the client gives up (RFC 7628 section 3.2.2).
pub(super) const TOKEN_REFUSED: &[u8] = br#"{"status":"401","schemes":"bearer","scope":"mail"}"#;

/// A mechanism and how its response is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    OAuthBearer,
    XOAuth2,
}

/// Whom a client claims to be, and its proof.
#[derive(PartialEq, Eq)]
pub(super) struct Claim<'a> {
    pub(super) user: &'a str,
    pub(super) proof: Proof<'a>,
}

#[derive(PartialEq, Eq)]
pub(super) enum Proof<'a> {
    Password(&'a str),
    Token(&'a str),
}

impl Mechanism {
    /// The mechanism with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "PLAIN" => Some(Self::Plain),
            "OAUTHBEARER" => Some(Self::OAuthBearer),
            "XOAUTH2" => Some(Self::XOAuth2),
            _ => None,
        }
    }

    /// Reads a response.
    pub(super) fn read(self, response: &[u8]) -> Option<Claim<'_>> {
        let text = std::str::from_utf8(response).ok()?;
        match self {
            Self::Plain => plain(text),
            Self::OAuthBearer => bearer(text.strip_prefix("n,a=")?.split_once(",\u{1}")?),
            Self::XOAuth2 => bearer(text.strip_prefix("user=")?.split_once('\u{1}')?),
        }
    }
}

/// An identity to act as must be empty or the same name: nobody acts for others here.
fn plain(text: &str) -> Option<Claim<'_>> {
    let mut parts = text.split('\0');
    let (acts_as, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    let own = parts.next().is_none() && (acts_as.is_empty() || acts_as == user);
    own.then_some(Claim {
        user,
        proof: Proof::Password(password),
    })
}

fn bearer<'a>((user, pairs): (&'a str, &'a str)) -> Option<Claim<'a>> {
    let pairs = pairs.strip_suffix("\u{1}\u{1}")?;
    let token = pairs
        .split('\u{1}')
        .find_map(|pair| pair.strip_prefix("auth=Bearer "))?;
    Some(Claim {
        user,
        proof: Proof::Token(token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mechanism: Mechanism, response: &str) -> Option<(String, String)> {
        let claim = mechanism.read(response.as_bytes())?;
        let (Proof::Password(proof) | Proof::Token(proof)) = claim.proof;
        Some((claim.user.to_owned(), proof.to_owned()))
    }

    #[test]
    fn responses_are_read() {
        let bob = Some(("bob".to_owned(), "pw".to_owned()));
        for (mechanism, response) in [
            (Mechanism::Plain, "\0bob\0pw"),
            (Mechanism::Plain, "bob\0bob\0pw"),
            (Mechanism::XOAuth2, "user=bob\u{1}auth=Bearer pw\u{1}\u{1}"),
            (
                Mechanism::OAuthBearer,
                "n,a=bob,\u{1}host=x\u{1}port=993\u{1}auth=Bearer pw\u{1}\u{1}",
            ),
        ] {
            assert_eq!(read(mechanism, response), bob, "{mechanism:?}");
        }
        for (mechanism, response) in [
            (Mechanism::Plain, "carol\0bob\0pw"),
            (Mechanism::Plain, "bob\0pw"),
            (Mechanism::Plain, ""),
            (Mechanism::Plain, "\0a\0b\0c"),
            (Mechanism::XOAuth2, "user=bob\u{1}auth=Basic pw\u{1}\u{1}"),
            (Mechanism::XOAuth2, "user=bob\u{1}auth=Bearer pw"),
            (
                Mechanism::OAuthBearer,
                "user=bob\u{1}auth=Bearer pw\u{1}\u{1}",
            ),
        ] {
            assert_eq!(read(mechanism, response), None, "{mechanism:?} {response}");
        }
    }
}
