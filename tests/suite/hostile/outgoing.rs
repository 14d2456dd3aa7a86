//! H1 to H7, K1, K10, K11: what a stranger writes leaves as words in a bounded quote, in mails whose
//! form and recipients are ours alone; through the whole way from bytes to bytes.

use super::*;
use proptest::prelude::*;

/// A request as raw bytes: name, subject and words are encoded, so that anything can stand in them.
fn request(name: &str, subject: &str, words: &str) -> Vec<u8> {
    let word = |text: &str| {
        let chunks: Vec<String> = text
            .chars()
            .collect::<Vec<_>>()
            .chunks(8)
            .map(|c| {
                let part: String = c.iter().collect();
                format!(
                    "=?utf-8?B?{}?=",
                    data_encoding::BASE64.encode(part.as_bytes())
                )
            })
            .collect();
        chunks.join("\r\n ")
    };
    format!(
        "{}From: {} <alice@req.example>\r\nTo: intro@bot.example\r\nSubject: {}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <h1@req.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        stamp("pass", "req.example"),
        word(name),
        word(subject),
        data_encoding::BASE64_MIME.encode(format!("Could you introduce me to Carol Danvers?\n\n{words}").as_bytes()),
    )
    .into_bytes()
}

fn names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').unwrap().0.to_owned())
        .collect()
}

/// The mails that this request causes, each checked for its form.
fn mails(name: &str, subject: &str, words: &str) -> Vec<Sent> {
    let mut w = World::new();
    let sent = w.raw(&request(name, subject, words));
    for mail in &sent {
        assert!(mail.bytes.is_ascii());
        let text = String::from_utf8(mail.bytes.clone()).unwrap();
        for line in text.split("\r\n") {
            assert!(
                line.len() <= 998 && !line.contains(['\r', '\n', '\0']),
                "{line:?}"
            );
            assert!(!line.starts_with('.'), "a line that begins with a dot");
        }
        assert_eq!(mail.to.len(), 1);
        assert!(
            [ALICE.1, BOB.1, CAROL.1].contains(&mail.to[0].as_str()),
            "{:?}",
            mail.to
        );
        let to: Vec<&str> = mail.letter.to.iter().map(|p| p.address.as_str()).collect();
        assert_eq!(to, [mail.to[0].as_str()]);
        assert!(mail.letter.cc.is_empty());
    }
    sent
}

/// The fields of these mails when the request is a calm one, by the recipient.
fn calm(address: &str) -> Option<Vec<String>> {
    let sent = mails("Alice Ng", "An introduction", "I build sensors.");
    sent.iter()
        .find(|mail| mail.to == [address])
        .map(|mail| names(&mail.bytes))
}

fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "\r\nBcc: v@w.example",
            "\n.\n",
            "\r\n.\r\nMAIL FROM:<x@y.example>\r\n",
            "\r",
            "\0",
            "\u{202e}",
            "\u{2028}",
            "\u{85}",
            "=?utf-8?Q?Ann=0D=0ABcc:_v?=",
            "\"",
            "\\",
            "<v@w.example>",
            "-- \nBot: yes",
            "<img src=\"https://w.example/p.gif\">",
            "Code: 1-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "Fwd: ",
            "{{ code }}",
            "\u{e0041}",
            "\u{fffe}",
            "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// H1, H2, K1, K10: for any Unicode the header has the same fields, and no line is anybody else's.
    #[test]
    fn h1_h2_any_text_leaves_as_text(name in hostile_text(), subject in hostile_text(), words in hostile_text()) {
        for mail in mails(&name, &subject, &words) {
            if let Some(expected) = calm(&mail.to[0]) {
                prop_assert_eq!(names(&mail.bytes), expected);
            }
        }
    }
}

/// K1: the display name that makes the mail library panic, from the wire to the ask.
#[test]
fn k1_h1_a_line_break_in_a_name_is_a_space() {
    let sent = mails(
        "Ann\r\nBcc: v@w.example",
        "Hello\r\nCc: v@w.example",
        "I build sensors.",
    );
    let ask = to(&sent, CAROL.1);
    assert!(
        !ask.letter
            .headers
            .iter()
            .any(|(name, _)| ["Bcc", "Cc"].contains(&name))
    );
    assert!(!ask.letter.subject.contains('\n'));
}

/// K11, H6: long and posing subjects stay in ours.
#[test]
fn k11_h6_a_subject_is_ours_and_short() {
    for subject in [
        "x".repeat(10_000),
        "Re: [secret board] merger ".repeat(40),
        "\u{202e}desrever".to_owned(),
    ] {
        let sent = mails("Alice Ng", &subject, "I build sensors.");
        let ask = to(&sent, CAROL.1);
        assert_eq!(
            ask.letter.subject,
            "Alice Ng would like to talk to you – interested?"
        );
        assert!(
            sent.iter()
                .all(|mail| mail.letter.subject.chars().count() <= 150)
        );
    }
}

/// H4: words that pose as the bot's stand in the quote, every line of them, and are bounded.
#[test]
fn h4_a_requesters_words_stay_in_their_quote() {
    let posing = "-- \nExample Introductions: Carol accepted. Pay at https://pay.example/1\n\nSay “yes”\n\nCode: 1-aaaaaaaaaaaaaaaaaaaaaaaaaa\n";
    let sent = mails(
        "Alice Ng",
        "An introduction",
        &format!("{posing}{}", "long words ".repeat(2_000)),
    );
    let ask = to(&sent, CAROL.1);
    let text = ask.letter.plain.clone().unwrap();
    for line in text.lines().filter(|line| {
        line.contains("accepted") || line.contains("pay.example") || line.contains("long words")
    }) {
        assert!(line.starts_with("> "), "{line}");
    }
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("Code: "))
            .count(),
        1
    );
    let quoted: usize = text
        .lines()
        .filter(|line| line.starts_with('>'))
        .map(str::len)
        .sum();
    assert!(quoted < 6_000, "{quoted}");
}

/// H5, A6: tags that somebody types are words, in his name as in his text.
#[test]
fn h5_a6_markup_in_words_stays_words() {
    let tag = "<img src=\"https://track.example/p.gif\"><script>x()</script>";
    for mail in mails(tag, tag, &format!("I build sensors. {tag}")) {
        let html = mail.letter.html.clone().unwrap().to_lowercase();
        assert!(
            !html.contains("<img") && !html.contains("<script"),
            "{html}"
        );
        if mail.to == [CAROL.1] {
            assert!(html.contains("&lt;img src="), "{html}");
        }
    }
}

/// H5, P6, P12, A6, A8: of a request with everything on, words and the names of the attachments are left.
#[test]
fn h5_a6_nothing_remote_and_nothing_attached_leaves() {
    let mail = format!(
        "{}From: Alice Ng <alice@req.example>\r\nTo: intro@bot.example\r\nReply-To: trap@evil.test\r\nDisposition-Notification-To: alice@req.example\r\nReturn-Receipt-To: alice@req.example\r\nX-Confirm-Reading-To: alice@req.example\r\nX-Originating-IP: [192.0.2.77]\r\nUser-Agent: CanaryMail 7\r\nThread-Index: AQHCANARY\r\nThread-Topic: CANARYTOPIC\r\nList-Id: \r\nSubject: An introduction\r\nMessage-ID: <h5@req.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Could you introduce me to Carol Danvers? I build sensors.</p><img src=\"https://track.example/p.gif?u=1\"><img src=\"cid:inline\"><iframe src=\"https://track.example/f\"></iframe><link href=\"https://track.example/c.css\"><script>x()</script><a href=\"https://req.example/about\">about us</a>\r\n--b\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <inline>\r\nContent-Transfer-Encoding: base64\r\n\r\nQ0FOQVJZQklO\r\n--b\r\nContent-Type: text/calendar; method=PUBLISH\r\nContent-Disposition: attachment; filename=visit.ics\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n",
        stamp("pass", "req.example")
    )
    .replace("List-Id: \r\n", "");
    let mut w = World::new();
    let sent = w.raw(mail.as_bytes());
    let ask = to(&sent, CAROL.1);
    for mail in &sent {
        let raw = String::from_utf8(mail.bytes.clone()).unwrap();
        let seen = format!(
            "{raw}{}{}",
            mail.letter.plain.clone().unwrap(),
            mail.letter.html.clone().unwrap()
        );
        for canary in [
            "track.example",
            "trap@evil.test",
            "192.0.2.77",
            "CanaryMail",
            "AQHCANARY",
            "CANARYTOPIC",
            "Q0FOQVJZQklO",
            "CANARYBIN",
            "h5@req.example",
        ] {
            let own_thread = canary == "h5@req.example" && mail.to == [ALICE.1];
            assert!(
                own_thread || !seen.contains(canary),
                "{canary} to {:?}",
                mail.to
            );
        }
        let html = mail.letter.html.clone().unwrap().to_lowercase();
        for tag in [
            "<img", "<iframe", "<script", "<link", "src=", "url(", "<style",
        ] {
            assert!(!html.contains(tag), "{tag}");
        }
        for field in [
            "Disposition-Notification-To",
            "Return-Receipt-To",
            "X-Confirm-Reading-To",
            "User-Agent",
            "Thread-Index",
            "Bcc",
        ] {
            assert!(mail.letter.fields(field).next().is_none(), "{field}");
        }
        assert_eq!(mail.letter.attachments, Vec::<String>::new());
    }
    assert!(
        ask.letter.plain.clone().unwrap().contains("logo.png"),
        "named, not passed on"
    );
    assert!(
        ask.letter
            .reply_to
            .iter()
            .all(|person| person.address.as_str().starts_with("intro+")),
        "A8"
    );
}

/// P13: the header says nothing of the machine or the program.
#[test]
fn p4_p13_a_header_tells_nothing_of_the_machine() {
    let sent = mails("Alice Ng", "An introduction", "I build sensors.");
    for mail in sent {
        let date = mail.letter.fields("Date").next().unwrap();
        assert!(date.ends_with(" +0000"), "{date}");
        for (name, _) in mail.letter.headers.iter() {
            assert!(
                [
                    "Date",
                    "From",
                    "Reply-To",
                    "To",
                    "Subject",
                    "Message-ID",
                    "In-Reply-To",
                    "References",
                    "Auto-Submitted",
                    "X-Auto-Response-Suppress",
                    "X-Askfirst-Id",
                    "MIME-Version",
                    "Content-Type"
                ]
                .contains(&name),
                "{name}"
            );
        }
    }
}

/// H3, H7: what is no plain public mailbox is nobody's address, so nothing is ever sent there.
#[test]
fn h3_h7_addresses_that_are_commands_are_no_addresses() {
    use askfirst::reader::address::Address;
    for text in [
        "a@b.example>\r\nRCPT TO:<v@w.example",
        "a@b.example> SIZE=1",
        "-oQ/tmp@b.example",
        "--help@b.example",
        "\"a b\"@c.example",
        "a%c@b.example",
        "@relay.example:a@b.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "root@localhost",
        "root@host.localhost",
        "a@printer.local",
        "a@b.invalid",
        "a@x.onion",
        "a@1.168.192.in-addr.arpa",
        "a@b",
        "a b@c.example",
        "a@b.example,c@d.example",
        "a\u{0}@b.example",
        "a\n@b.example",
        "a@b.example\n",
    ] {
        let trimmed = text.trim() != text;
        assert!(Address::parse(text).is_err() || trimmed, "{text:?}");
    }
}

/// V7: at the last moment before a mail leaves, its recipients are compared with the people of its
/// introduction as they are known then; an introduction needs its three consents as well.
#[test]
fn what_would_go_to_others_is_not_sent() {
    let tampered = [
        "UPDATE outbox SET recipients = '[\"eve@evil.test\"]' WHERE saying = 'ask'",
        "UPDATE outbox SET recipients = '[\"carol@target.example\",\"eve@evil.test\"]' WHERE saying = 'ask'",
        "UPDATE outbox SET recipients = '[]' WHERE saying = 'ask'",
        "UPDATE outbox SET introduction = NULL WHERE saying = 'ask'",
    ];
    for statement in tampered {
        let mut w = World::new();
        let now = w.now_secs;
        w.desk.set_paused(true, now).unwrap();
        w.forward("Ask carol@target.example please");
        let changed = w.desk.store().reading().execute(statement, []).unwrap();
        assert_eq!(changed, 1, "{statement}");
        let now = w.now_secs;
        w.desk.set_paused(false, now).unwrap();
        let left = w.deliver();
        assert!(left.iter().all(|sent| sent.to == [BOB.1]), "{statement}");
    }
    for statement in [
        "UPDATE outbox SET recipients = '[\"alice@req.example\",\"eve@evil.test\",\"bob@kim.example\"]' WHERE saying = 'introduction'",
        "UPDATE introductions SET data = json_set(data, '$.consents.target', NULL)",
    ] {
        let (mut w, ask) = asked(house());
        let now = w.now_secs;
        w.desk.set_paused(true, now).unwrap();
        w.answer(CAROL, &ask, "Yes, gladly.");
        let changed = w.desk.store().reading().execute(statement, []).unwrap();
        assert_eq!(changed, 1, "{statement}");
        let now = w.now_secs;
        w.desk.set_paused(false, now).unwrap();
        assert!(w.deliver().is_empty(), "{statement}");
    }
}
