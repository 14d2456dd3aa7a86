//! What a server's EHLO answer offers (RFC 5321 section 4.1.1.1), keywords in any case.
//! It fails on nothing: what it does not know it leaves aside.

use super::Abilities;

impl Abilities {
    /// Reads the lines of an EHLO answer without their codes; the first is the server's name.
    pub(super) fn from_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Abilities {
        let mut abilities = Abilities::default();
        for line in lines.skip(1) {
            // `AUTH=PLAIN` is an old form that some servers still add.
            let line = line.to_ascii_uppercase().replace('=', " ");
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("SIZE") => {
                    abilities.size = true;
                    // Zero says that there is no fixed limit (RFC 1870 section 4).
                    abilities.size_limit =
                        words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                }
                Some("SMTPUTF8") => abilities.smtputf8 = true,
                Some("8BITMIME") => abilities.eight_bit_mime = true,
                Some("PIPELINING") => abilities.pipelining = true,
                Some("DSN") => abilities.dsn = true,
                Some("STARTTLS") => abilities.start_tls = true,
                Some("AUTH") => abilities.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        abilities
    }

    pub(super) fn has_auth(&self, mechanism: &str) -> bool {
        self.auth.iter().any(|name| name == mechanism)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_count_in_any_case() {
        let lines = [
            "mail.example",
            "Size 35882577",
            "8bitmime",
            "AUTH=LOGIN",
            "auth Plain XOAUTH2",
            "DSN",
            "X-NEW 1",
        ];
        let abilities = Abilities::from_lines(lines.into_iter());
        assert_eq!(abilities.size_limit, Some(35_882_577));
        assert!(
            abilities.eight_bit_mime
                && abilities.dsn
                && !abilities.smtputf8
                && !abilities.start_tls
        );
        assert_eq!(abilities.auth, ["LOGIN", "PLAIN", "XOAUTH2"]);
    }

    #[test]
    fn the_servers_name_is_no_keyword_and_zero_is_no_limit() {
        let abilities = Abilities::from_lines(["DSN", "SIZE 0"].into_iter());
        assert_eq!(
            abilities,
            Abilities {
                size: true,
                ..Abilities::default()
            }
        );
    }
}
