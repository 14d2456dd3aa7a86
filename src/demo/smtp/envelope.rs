//! The arguments of MAIL and RCPT (RFC 5321 section 4.1.2); what does not fit is refused with its reply.

/// A path and its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Empty for `<>`.
    pub(super) address: String,
    pub(super) parameters: Vec<(String, String)>,
}

/// RFC 5321 section 4.5.3.1.3.
const MAX_PATH: usize = 256;

/// Reads `FROM:<address> NAME=value …` or `TO:…`; the error is the reply.
pub(super) fn path(argument: &str, keyword: &str) -> Result<Path, &'static str> {
    const SYNTAX: &str = "501 5.5.4 syntax: the address stands in <>";
    let head = argument.get(..keyword.len()).ok_or(SYNTAX)?;
    let rest = argument.get(keyword.len()..).ok_or(SYNTAX)?;
    if !head.eq_ignore_ascii_case(keyword) {
        return Err(SYNTAX);
    }
    let rest = rest.trim_start().strip_prefix('<').ok_or(SYNTAX)?;
    let end = closing(rest).ok_or(SYNTAX)?;
    let (inside, after) = rest.split_at_checked(end).ok_or(SYNTAX)?;
    let after = after.strip_prefix('>').ok_or(SYNTAX)?;
    if !after.is_empty() && !after.starts_with(' ') {
        return Err(SYNTAX);
    }
    // A source route is accepted and ignored (RFC 5321 appendix C).
    let address = match inside.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(SYNTAX)?.1,
        None => inside,
    };
    if address.len() > MAX_PATH || address.chars().any(|sign| sign.is_control()) {
        return Err("501 5.1.3 this address can't be");
    }
    let parameters = after.split_ascii_whitespace().map(|word| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        (name.to_ascii_uppercase(), value.to_owned())
    });
    Ok(Path {
        address: address.to_owned(),
        parameters: parameters.collect(),
    })
}

/// Where the first `>` outside quotes is.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, sign) in text.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Checks the parameters of MAIL; the error is the reply.
pub(super) fn check_mail(parameters: &[(String, String)], max_bytes: usize) -> Result<(), String> {
    for (name, value) in parameters {
        match name.as_str() {
            "SIZE" => match value.parse::<u64>() {
                Ok(size) if size <= max_bytes as u64 => {}
                Ok(_) => {
                    return Err(format!(
                        "552 5.3.4 the mail is over the limit of {max_bytes} bytes"
                    ));
                }
                Err(_) => return Err("501 5.5.4 SIZE is a number".to_owned()),
            },
            "BODY"
                if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {
            }
            "BODY" => return Err("501 5.5.4 BODY is 7BIT or 8BITMIME".to_owned()),
            "SMTPUTF8" if value.is_empty() => {}
            // RFC 4954 section 5; whom it names is not looked at.
            "AUTH" => {}
            _ => return Err("555 5.5.4 this parameter is not known".to_owned()),
        }
    }
    Ok(())
}

/// The extension that a parameter of MAIL belongs to (RFC 6152 for BODY).
pub(super) fn extension_of(parameter: &str) -> &str {
    match parameter {
        "BODY" => "8BITMIME",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let read = path("FROM:<a@b.example> SIZE=10 body=8BITMIME", "FROM:").unwrap();
        assert_eq!(read.address, "a@b.example");
        assert_eq!(
            read.parameters,
            [
                ("SIZE".into(), "10".into()),
                ("BODY".into(), "8BITMIME".into())
            ]
        );
        assert_eq!(path("from: <>", "FROM:").unwrap().address, "");
        assert_eq!(
            path("TO:<@x.example,@y.example:c@z.example>", "TO:")
                .unwrap()
                .address,
            "c@z.example"
        );
        assert_eq!(
            path("TO:<\"a>b\"@z.example>", "TO:").unwrap().address,
            "\"a>b\"@z.example"
        );
        for wrong in [
            "",
            "FROM:",
            "FROM:a@b.example",
            "FROM:<a@b.example",
            "FROM:<a@b.example>SIZE=1",
            "TO:<a@b.example>",
            "FROM:<a\u{7f}@b>",
        ] {
            assert!(path(wrong, "FROM:").is_err(), "{wrong}");
        }
    }

    #[test]
    fn parameters_are_checked() {
        let one = |name: &str, value: &str| check_mail(&[(name.to_owned(), value.to_owned())], 100);
        assert!(one("SIZE", "100").is_ok());
        assert!(one("SIZE", "101").unwrap_err().starts_with("552 5.3.4"));
        assert!(one("SIZE", "x").unwrap_err().starts_with("501"));
        assert!(one("SMTPUTF8", "").is_ok());
        assert!(one("RET", "HDRS").unwrap_err().starts_with("555"));
    }
}
