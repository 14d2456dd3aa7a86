//! What IMAP shows of mails: parts, structures, words found; and that nothing a client says breaks the server.

use proptest::prelude::*;

use super::talk::Talk;
use super::{people, with_mails};

const NESTED: &str = "From: \"Ng, Alice\" <alice@req.example>\nSubject: =?utf-8?q?caf=C3=A9?=\nDate: Mon, 2 Nov 2026 23:59:00 -0800\n\
    MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/alternative; boundary=in\n\n--in\n\
    Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nna=EFve\n--in\nContent-Type: text/html\n\n<b>x</b>\n--in--\n\
    --out\nContent-Type: message/rfc822\n\nFrom: dave@inner.example\nSubject: inner\n\ninner text\n--out--\n";

#[tokio::test(start_paused = true)]
async fn parts_are_served() {
    let mailboxes = people();
    mailboxes.deliver("carol@target.example", NESTED.as_bytes(), 1_700_000_000);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    for (item, holds) in [
        ("BODY.PEEK[1.1]", "BODY[1.1] {7}\nna=EFve)"),
        (
            "BODY.PEEK[1.1.MIME]",
            "BODY[1.1.MIME] {93}\nContent-Type: text/plain",
        ),
        ("BODY.PEEK[1.2]", "BODY[1.2] {8}\n<b>x</b>)"),
        (
            "BODY.PEEK[2.HEADER]",
            "BODY[2.HEADER] {44}\nFrom: dave@inner.example",
        ),
        ("BODY.PEEK[2.TEXT]", "BODY[2.TEXT] {10}\ninner text)"),
        ("BODY.PEEK[2.1]", "BODY[2.1] {10}\ninner text)"),
        (
            "BODY.PEEK[2.HEADER.FIELDS (Subject)]<0.8>",
            "BODY[2.HEADER.FIELDS (Subject)]<0> {8}\nSubject:)",
        ),
        (
            "BODY.PEEK[HEADER.FIELDS.NOT (FROM DATE \"Content-Type\")]",
            "Subject: =?utf-8?q?caf=C3=A9?=\nMIME-Version: 1.0\n\n)",
        ),
        ("BODY.PEEK[]<9999.10>", "BODY[]<9999> {0}\n)"),
        ("BODY.PEEK[3]", "BODY[3] NIL)"),
        ("BODY.PEEK[1.1.HEADER]", "BODY[1.1.HEADER] NIL)"),
        ("RFC822.HEADER", "RFC822.HEADER {"),
        (
            "FULL",
            "ENVELOPE (\"Mon, 2 Nov 2026 23:59:00 -0800\" \"=?utf-8?q?caf=C3=A9?=\" ((\"Ng, Alice\" NIL \"alice\" \"req.example\"))",
        ),
        (
            "INTERNALDATE",
            "INTERNALDATE \"14-Nov-2023 22:13:20 +0000\"",
        ),
        (
            "BODYSTRUCTURE",
            "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 54 (NIL \"inner\"",
        ),
    ] {
        let got = talk.ask(&format!("a FETCH 1 {item}")).await;
        assert!(got.contains(holds), "{item}: {got}");
        assert!(!got.contains("\\Seen"), "{item} must not mark as read");
    }
    assert!(
        talk.ask("c FETCH 1 BODY[TEXT]<0.5>")
            .await
            .contains(" FLAGS (\\Seen))")
    );
    assert!(mailboxes.mails("carol", "INBOX")[0].has_flag("\\seen"));
}

#[tokio::test(start_paused = true)]
async fn nesting_without_end_is_served() {
    let mailboxes = people();
    let mut deep = "Content-Type: message/rfc822\n\n".repeat(40_000);
    deep.push_str("Subject: end\n\nx\n");
    mailboxes.deliver("carol@target.example", deep.as_bytes(), 1);
    mailboxes.deliver(
        "carol@target.example",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n"
            .repeat(20_000)
            .as_bytes(),
        1,
    );
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    assert!(
        talk.ask("a FETCH 1:* (BODYSTRUCTURE ENVELOPE)")
            .await
            .contains("a OK")
    );
    assert!(
        talk.ask("b SEARCH TEXT nowhere")
            .await
            .starts_with("* SEARCH\n")
    );
}

#[tokio::test(start_paused = true)]
async fn words_are_found_decoded() {
    let mailboxes = people();
    mailboxes.deliver("carol@target.example", NESTED.as_bytes(), 1_700_000_000);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    for (key, found) in [
        ("SUBJECT café", true),
        ("TEXT naïve", true),
        ("BODY \"INNER TEXT\"", true),
        ("FROM alice@req", true),
        ("TEXT inner.example", true),
        ("HEADER MIME-Version \"\"", true),
        ("HEADER X-None \"\"", false),
        ("SENTON 2-Nov-2026", true),
        ("SENTSINCE 3-Nov-2026", false),
        ("ON 14-Nov-2023", true),
        ("BEFORE 14-Nov-2023", false),
        ("SINCE 14-Nov-2023", true),
        ("NOT (SEEN DELETED)", true),
        ("OR LARGER 100000 SMALLER 100000", true),
        ("UID 5:*", true),
        ("2:3", false),
    ] {
        let literal = key.split_once(' ').filter(|(_, text)| !text.is_ascii());
        let got = match literal {
            Some((word, text)) => {
                talk.ask(&format!(
                    "b SEARCH CHARSET UTF-8 {word} {{{}+}}\r\n{text}",
                    text.len()
                ))
                .await
            }
            None => talk.ask(&format!("b SEARCH {key}")).await,
        };
        assert_eq!(got.starts_with("* SEARCH 1\n"), found, "{key}: {got}");
    }
}

#[tokio::test(start_paused = true)]
async fn examining_changes_nothing() {
    let mailboxes = with_mails(1);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    assert!(
        talk.ask("a EXAMINE INBOX")
            .await
            .contains("a OK [READ-ONLY]")
    );
    assert!(talk.ask("b FETCH 1 BODY[]").await.contains("b OK"));
    for command in ["STORE 1 +FLAGS (\\Deleted)", "EXPUNGE", "UID MOVE 1 Junk"] {
        assert!(
            talk.ask(&format!("c {command}"))
                .await
                .starts_with("c NO [READ-ONLY]"),
            "{command}"
        );
    }
    assert!(talk.ask("d CLOSE").await.starts_with("d OK"));
    assert!(mailboxes.mails("carol", "INBOX")[0].flags.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_account_takes_no_more_mail_until_some_goes() {
    let mailboxes = with_mails(1);
    let size = mailboxes.mails("carol", "INBOX")[0].bytes.len();
    mailboxes.set_quota(2 * size - 1);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    let append = format!("a APPEND Sent {{{size}+}}\r\n{}", "x".repeat(size));
    assert!(talk.ask(&append).await.contains("a NO [OVERQUOTA]"));
    assert!(talk.ask("b COPY 1 Sent").await.contains("b NO [OVERQUOTA]"));
    assert!(!mailboxes.deliver("carol@target.example", &vec![b'x'; size], 1));
    assert!(
        talk.ask("c MOVE 1 Sent").await.contains("c OK"),
        "what is moved takes no more room"
    );
    assert!(talk.ask(&append).await.contains("a NO [OVERQUOTA]"));
    assert!(mailboxes.expunge("carol", "Sent", 1));
    assert!(talk.ask(&append).await.contains("a OK"));
    assert!(mailboxes.deliver("carol@target.example", &vec![b'x'; size - 1], 1));
    assert!(!mailboxes.deliver("carol@target.example", &[b'x'; 1], 1));
}

fn command() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a",
        "UID",
        "FETCH",
        "1",
        "1:*",
        "*",
        "(",
        ")",
        "FLAGS",
        "BODY[",
        "]",
        "BODY.PEEK[1.2.MIME]",
        "{3+}",
        "{0+}",
        "{2}",
        "\r\n",
        "\"",
        "SEARCH",
        "NOT",
        "OR",
        "STORE",
        "+FLAGS",
        "\\Seen",
        "COPY",
        "MOVE",
        "Junk",
        "INBOX",
        "SELECT",
        "LIST",
        "%",
        "APPEND",
        "LOGIN",
        "IDLE",
        "DONE",
        "EXPUNGE",
        "STATUS",
        "(MESSAGES)",
        "ENVELOPE",
        "BODYSTRUCTURE",
        "<0.5>",
        "AUTHENTICATE",
        "PLAIN",
        "=",
        "é",
        "\0",
        "CLOSE",
        "ALL",
        "ID",
        "NIL",
    ]);
    prop::collection::vec(words, 1..9).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Whatever is said: no panic, and after the client has gone the session ends.
    #[test]
    fn nothing_a_client_says_breaks_the_server(commands in prop::collection::vec(command(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mailboxes = with_mails(1);
            mailboxes.deliver("carol@target.example", NESTED.as_bytes(), 1);
            let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
            for command in commands {
                talk.say(format!("a {command}\r\n")).await;
            }
            talk.hang_up().await;
        });
    }
}
