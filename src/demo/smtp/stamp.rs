//! What an honest mail exchanger writes on a mail: Return-Path, Received and Authentication-Results; forged results under its own name are taken away.

use super::super::headers::{Mailbox, fields, mailboxes, split, unfold};
use super::super::mailboxes::Mailboxes;

/// How a mail came in.
pub(super) struct Passage<'a> {
    pub(super) authserv_id: &'a str,
    pub(super) helo: &'a str,
    pub(super) extended: bool,
    /// Who logged in.
    pub(super) submitter: Option<&'a str>,
    pub(super) envelope_from: &'a str,
    /// A number for the Received line.
    pub(super) number: u64,
    pub(super) now_secs: i64,
}

/// The mail as this recipient gets it.
pub(super) fn stamped(
    mail: &[u8],
    passage: &Passage<'_>,
    recipient: &str,
    mailboxes: &Mailboxes,
) -> Vec<u8> {
    let protocol = match (passage.extended, passage.submitter.is_some()) {
        (false, _) => "SMTP",
        (true, false) => "ESMTP",
        (true, true) => "ESMTPA",
    };
    let (header, body) = split(mail);
    let mut bytes = format!(
        "Return-Path: <{}>\r\nDelivered-To: {recipient}\r\nAuthentication-Results: {};\r\n\t{}\r\nReceived: from {}\r\n\tby {} with {protocol} id {:08x}\r\n\tfor <{recipient}>; {}\r\n",
        passage.envelope_from,
        passage.authserv_id,
        verdict(header, passage, mailboxes),
        plain_name(passage.helo),
        passage.authserv_id,
        passage.number,
        date(passage.now_secs),
    )
    .into_bytes();
    bytes.extend(without_forged(header, passage.authserv_id));
    bytes.extend_from_slice(body);
    bytes
}

/// The results (RFC 8601 section 2.7): who logged in, and whether the author is proven.
fn verdict(header: &[u8], passage: &Passage<'_>, mailboxes: &Mailboxes) -> String {
    let authors = authors(header);
    let own = |author: &Mailbox| {
        let address = format!("{}@{}", author.local, author.domain);
        passage
            .submitter
            .is_some_and(|user| mailboxes.owns(user, &address))
    };
    let mut results = Vec::new();
    if let Some(user) = passage.submitter {
        results.push(format!("auth=pass smtp.auth={}", pvalue(user)));
    }
    let domain = authors.first().map(|author| pvalue(&author.domain));
    let dmarc = match authors.as_slice() {
        // RFC 7489 section 6.6.1: a mail without exactly one author domain can't be judged; here it is never proven.
        [] => "permerror",
        [author] if own(author) => "pass",
        _ if authors.iter().any(|author| mailboxes.hosts(&author.domain)) => "fail",
        [_] => "none",
        _ => "permerror",
    };
    results.push(match domain {
        Some(domain) => format!("dmarc={dmarc} header.from={domain}"),
        None => format!("dmarc={dmarc}"),
    });
    results.join("; ")
}

/// Every mailbox in every From field.
fn authors(header: &[u8]) -> Vec<Mailbox> {
    fields(header)
        .iter()
        .filter(|field| field.is("From"))
        .flat_map(|field| mailboxes(&field.unfolded()))
        .collect()
}

/// The header without Return-Path, which only the last server writes (RFC 5321 section 4.4), and without results that claim to be ours (RFC 8601 section 5).
fn without_forged(header: &[u8], authserv_id: &str) -> Vec<u8> {
    let mut forged: Vec<std::ops::Range<usize>> = Vec::new();
    let base = header.as_ptr().addr();
    for field in fields(header) {
        let claims_ours = field.is("Authentication-Results")
            && claimed_id(&unfold(field.value))
                .is_none_or(|id| id.eq_ignore_ascii_case(authserv_id));
        if claims_ours || field.is("Return-Path") {
            let start = field.raw.as_ptr().addr() - base;
            forged.push(start..start + field.raw.len());
        }
    }
    let mut kept = Vec::with_capacity(header.len());
    let mut at = 0;
    for range in forged {
        kept.extend_from_slice(header.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    kept.extend_from_slice(header.get(at..).unwrap_or_default());
    kept
}

/// The server that a results field names: the first word, after comments (RFC 8601 section 2.2). `None` if it can't be told.
fn claimed_id(value: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut id = String::new();
    let mut signs = value.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted || depth > 0 => id.extend(signs.next().filter(|_| depth == 0)),
            '"' if depth == 0 => quoted = !quoted,
            _ if quoted => id.push(sign),
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            ';' => break,
            _ if sign.is_whitespace() => {
                if !id.is_empty() {
                    break;
                }
            }
            _ => id.push(sign),
        }
    }
    (!id.is_empty() && !quoted && depth == 0).then_some(id)
}

/// A value that may need quotes (RFC 8601 `pvalue`, RFC 2045 `token`).
fn pvalue(text: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "!#$%&'*+-.^_`{|}~@".contains(sign);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let clean: String = text
        .chars()
        .filter(|sign| !sign.is_control() && !"\"\\".contains(*sign))
        .collect();
    format!("\"{clean}\"")
}

/// The client's name for itself, made harmless.
fn plain_name(helo: &str) -> String {
    let name: String = helo
        .chars()
        .filter(|sign| sign.is_ascii_alphanumeric() || ".-[]:_".contains(*sign))
        .take(255)
        .collect();
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name
    }
}

/// RFC 5322 date in UTC.
fn date(secs: i64) -> String {
    let time = jiff::Timestamp::from_second(secs).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Mailboxes {
        let mailboxes = Mailboxes::with_clock(|| 0);
        mailboxes.add_account("bob", "bob@example.com", "p");
        mailboxes.add_account("carol", "carol@target.example", "p");
        mailboxes
    }

    fn stamp(mail: &str, submitter: Option<&str>) -> String {
        let passage = Passage {
            authserv_id: "mx.demo.example",
            helo: "laptop",
            extended: true,
            submitter,
            envelope_from: "x@y.example",
            number: 1,
            now_secs: 0,
        };
        String::from_utf8(stamped(
            mail.as_bytes(),
            &passage,
            "carol@target.example",
            &people(),
        ))
        .unwrap()
    }

    fn results(mail: &str, submitter: Option<&str>) -> String {
        let whole = stamp(mail, submitter);
        super::super::super::headers::values(whole.as_bytes(), "Authentication-Results").remove(0)
    }

    #[test]
    fn the_author_is_judged() {
        for (mail, submitter, expected) in [
            (
                "From: Bob <bob@example.com>\r\n\r\n",
                Some("bob"),
                "auth=pass smtp.auth=bob; dmarc=pass header.from=example.com",
            ),
            (
                "From: Bob <BOB+x@Example.com>\r\n\r\n",
                Some("bob"),
                "auth=pass smtp.auth=bob; dmarc=pass header.from=Example.com",
            ),
            (
                "From: carol@target.example\r\n\r\n",
                Some("bob"),
                "auth=pass smtp.auth=bob; dmarc=fail header.from=target.example",
            ),
            (
                "From: carol@target.example\r\n\r\n",
                None,
                "dmarc=fail header.from=target.example",
            ),
            (
                "From: eve@elsewhere.test\r\n\r\n",
                None,
                "dmarc=none header.from=elsewhere.test",
            ),
            (
                "From: eve@elsewhere.test\r\nFrom: carol@target.example\r\n\r\n",
                None,
                "dmarc=fail header.from=elsewhere.test",
            ),
            (
                "From: bob@example.com, eve@elsewhere.test\r\n\r\n",
                Some("bob"),
                "auth=pass smtp.auth=bob; dmarc=fail header.from=example.com",
            ),
            ("Subject: x\r\n\r\n", None, "dmarc=permerror"),
        ] {
            assert_eq!(
                results(mail, submitter),
                format!("mx.demo.example;\t{expected}"),
                "{mail}"
            );
        }
    }

    #[test]
    fn forged_results_go_and_those_of_others_stay() {
        let mail = "Return-Path: <forged@x.test>\r\nAuthentication-Results: MX.demo.example; dmarc=pass\r\n\
            authentication-results :\r\n (hi) mx.demo.example 1; dmarc=pass\r\n\
            Authentication-Results: \"mx.demo.example\"; dmarc=pass\r\n\
            Authentication-Results: other.example; dmarc=pass\r\nFrom: e@elsewhere.test\r\n\r\nAuthentication-Results: body\r\n";
        let whole = stamp(mail, None);
        assert_eq!(whole.matches("mx.demo.example").count(), 2, "{whole}");
        assert!(whole.contains("Authentication-Results: other.example; dmarc=pass\r\nFrom: e@elsewhere.test\r\n\r\nAuthentication-Results: body\r\n"));
        assert!(!whole.contains("forged"));
        assert!(whole.starts_with("Return-Path: <x@y.example>\r\n"));
    }

    #[test]
    fn a_mail_without_header_keeps_its_body() {
        assert!(stamp("\r\nhello\r\n", None).ends_with("\r\n\r\nhello\r\n"));
    }
}
