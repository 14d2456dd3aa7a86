//! The table of forged yeses: kinds of forgery times shapes of mail. No two are the same case.

use super::*;

/// One forged answer that must make no introduction.
pub struct Forgery {
    /// The row of docs/hostile-mail.md.
    pub row: &'static str,
    pub what: String,
    pub mail: String,
    pub facts: Option<&'static str>,
}

pub struct Case {
    pub house: fn() -> House,
    pub forgery: fn(&mut World, &Sent) -> Vec<Forgery>,
}

/// Every kind, with the house it is tried on.
pub const CASES: [Case; 8] = [
    Case {
        house,
        forgery: from_fields,
    },
    Case {
        house: strict,
        forgery: results_of_others,
    },
    Case {
        house: strict,
        forgery: results_with_tricks,
    },
    Case {
        house: microsoft,
        forgery: results_of_microsoft,
    },
    Case {
        house,
        forgery: other_authors,
    },
    Case {
        house,
        forgery: without_the_secret,
    },
    Case {
        house: verifying,
        forgery: signatures,
    },
    Case {
        house,
        forgery: replayed,
    },
];

/// Microsoft's form is believed too, and a yes needs proof.
pub fn microsoft() -> House {
    House {
        authserv_ids: vec![MX.to_owned(), "microsoft".to_owned()],
        ..strict()
    }
}

/// No server is believed: signatures are verified here.
pub fn verifying() -> House {
    House {
        authserv_ids: Vec::new(),
        ..house()
    }
}

/// F6, F7: everything that two programs read differently, signed by the attacker's own domain. Among
/// them the forms of VU#517845 and of "Composition Kills" (USENIX Security 2020, the espoofer cases).
pub const FROM_FIELDS: [&str; 62] = [
    // Two fields, in either order, and fields that some programs take for From.
    "From: Eve <eve@evil.test>\r\nFrom: Carol <carol@target.example>",
    "From: Carol <carol@target.example>\r\nFrom: Eve <eve@evil.test>",
    "from: Carol <carol@target.example>\r\nFROM: Eve <eve@evil.test>",
    "From : Carol <carol@target.example>",
    "From : Carol <carol@target.example>\r\nFrom: Eve <eve@evil.test>",
    "From: Eve <eve@evil.test>\r\nFrom : Carol <carol@target.example>",
    "From\t: Carol <carol@target.example>",
    " From: Carol <carol@target.example>\r\nFrom: Eve <eve@evil.test>",
    "From: Eve <eve@evil.test>\r\nFrom\u{200b}: Carol <carol@target.example>",
    "\u{feff}From: Carol <carol@target.example>\r\nFrom: Eve <eve@evil.test>",
    "From: \r\nFrom: Carol <carol@target.example>",
    "From:\r\nSender: eve@evil.test\r\nFrom: Carol <carol@target.example>",
    // Several mailboxes, groups, routes.
    "From: carol@target.example, eve@evil.test",
    "From: eve@evil.test, carol@target.example",
    "From: Carol <carol@target.example>, Eve <eve@evil.test>",
    "From: Carol <carol@target.example>; Eve <eve@evil.test>",
    "From: Carol <carol@target.example>,",
    "From: ,Carol <carol@target.example>",
    "From: friends: carol@target.example;",
    "From: friends: Eve <eve@evil.test>, Carol <carol@target.example>;",
    "From: carol@target.example:eve@evil.test;",
    "From: <@evil.test:carol@target.example>",
    "From: <@evil.test,@b.test:carol@target.example>",
    "From: <carol@target.example>:<eve@evil.test>",
    "From: <eve@evil.test>:<carol@target.example>",
    // Two addresses in one mailbox.
    "From: <carol@target.example><eve@evil.test>",
    "From: <eve@evil.test><carol@target.example>",
    "From: <carol@target.example> <eve@evil.test>",
    "From: <eve@evil.test> carol@target.example",
    "From: carol@target.example <eve@evil.test>",
    "From: carol@target.example<eve@evil.test>",
    "From: carol@target.example eve@evil.test",
    "From: Carol <carol@target.example> <>",
    "From: <> Carol <carol@target.example>",
    "From: Carol <<carol@target.example>>",
    "From: Carol <carol@target.example>>",
    "From: <carol@target.example<eve@evil.test>",
    "From: carol@target.example@evil.test",
    "From: carol@target.example%evil.test",
    "From: carol@target.example!eve@evil.test",
    // Comments, quotes, backslashes.
    "From: carol@target.example (eve@evil.test) <eve@evil.test>",
    "From: (Carol) carol@target.example",
    "From: carol(x)@target.example",
    "From: carol@(eve@evil.test)target.example",
    "From: carol@target.example(<eve@evil.test>)",
    "From: Carol (\\(<eve@evil.test>) <carol@target.example>",
    "From: \"carol@target.example",
    "From: \"carol\"@target.example",
    "From: <\"carol@target.example\" eve@evil.test>",
    "From: \"Carol <carol@target.example>\r\n \" <eve@evil.test",
    "From: Carol\\ <carol@target.example>",
    "From: <carol\\@target.example>",
    // Encoded words, controls, line breaks, other scripts.
    "From: =?utf-8?q?Carol_<carol@target.example>?= <eve@evil.test>, x@evil.test",
    "From: <=?utf-8?q?carol?=@target.example>",
    "From: =?utf-8?q?carol=40target.example?=",
    "From: =?utf-8?b?Y2Fyb2xAdGFyZ2V0LmV4YW1wbGU=?=",
    "From: carol@target.example\u{0}@evil.test",
    "From: carol\u{0}@target.example",
    "From: carol@target.example\u{b}",
    "From: carol@target.example\r eve@evil.test",
    "From: carol@target.example\u{202e}",
    "From: carol@\r\n target.example",
];

fn from_fields(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    FROM_FIELDS
        .iter()
        .enumerate()
        .map(|(at, field)| {
            let dress = [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone][at % 4];
            let mail = reply(w, CAROL, ask, dress, "Yes, gladly.");
            let mail = with_field(&mail, "From", field);
            Forgery {
                row: if at < 12 { "F6" } else { "F7" },
                what: format!("{field:?} from {dress:?}"),
                mail: format!("{}{mail}", stamp("pass", "evil.test")),
                facts: None,
            }
        })
        .collect()
}

const PASS: &str =
    "Authentication-Results: mx.bot.example; dmarc=pass header.from=target.example\r\n";
const NONE: &str =
    "Authentication-Results: mx.bot.example; dmarc=none header.from=target.example; spf=none\r\n";
const FAIL: &str =
    "Authentication-Results: mx.bot.example; dmarc=fail header.from=target.example\r\n";
const OTHER: &str =
    "Authentication-Results: mx.evil.test; dmarc=pass header.from=target.example\r\n";
const HOP: &str = "Received: from evil.test (evil.test [192.0.2.9])\r\n\tby mx.bot.example (Postfix) with ESMTPS id 4\r\n";
const FOREIGN: &str = "Received: from a.test by relay.evil.test with ESMTP id 5\r\n";
const SPF: &str = "Received-SPF: pass (mx.bot.example) client-ip=192.0.2.9\r\n";
const ARC: &str = "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=evil.test; s=a; b=x==\r\nARC-Authentication-Results: i=1; mx.bot.example; dmarc=pass header.from=target.example\r\n";

/// F4: the attacker's own field with the server's id, in every order around what the server wrote.
fn results_of_others(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    let orders: [&[&str]; 24] = [
        &[],
        &[NONE, PASS],
        &[NONE, HOP, PASS],
        &[HOP, NONE, PASS],
        &[HOP, NONE, FOREIGN, PASS],
        &[NONE, FOREIGN, PASS],
        &[FOREIGN, PASS],
        &[HOP, FOREIGN, PASS],
        &[FOREIGN, HOP, PASS],
        &[FAIL, PASS],
        &[PASS, FAIL],
        &[FAIL, HOP, PASS],
        &[HOP, FAIL, PASS],
        &[FAIL, FOREIGN, PASS],
        &[NONE, OTHER, PASS],
        &[OTHER],
        &[OTHER, NONE, PASS],
        &[HOP, OTHER],
        &[NONE, SPF, PASS],
        &[HOP, NONE, SPF, ARC, PASS],
        &[ARC],
        &[HOP, ARC],
        &[NONE, ARC],
        &[PASS, NONE],
    ];
    let mut all = Vec::new();
    for (at, order) in orders.iter().enumerate() {
        let dress = [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone][at % 4];
        let mail = reply(w, CAROL, ask, dress, "Yes, gladly.");
        all.push(Forgery {
            row: "F4",
            what: format!("order {at} in {dress:?}"),
            mail: format!("{}{mail}", order.concat()),
            facts: None,
        });
    }
    // Below the header fields of the mail itself, where nobody's server writes.
    for (name, above) in [("at the end", NONE), ("at the end, after a failure", FAIL)] {
        let mail = reply(w, CAROL, ask, Dress::Gmail, "Yes, gladly.");
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        all.push(Forgery {
            row: "F4",
            what: name.to_owned(),
            mail: format!("{above}{head}\r\n{PASS}\r\n{body}"),
            facts: None,
        });
    }
    all
}

/// F5: ids that look alike, and the grammar of RFC 8601 turned against a careless reader.
const TRICKS: [&str; 34] = [
    "mx.bot.example.evil.test; dmarc=pass header.from=target.example",
    "evil.test.mx.bot.example; dmarc=pass header.from=target.example",
    "mx-bot.example; dmarc=pass header.from=target.example",
    "mx.bot.exarnple; dmarc=pass header.from=target.example",
    "mx.b\u{43e}t.example; dmarc=pass header.from=target.example",
    "mx.bot.example/evil; dmarc=pass header.from=target.example",
    "(mx.bot.example;) evil.test; dmarc=pass header.from=target.example",
    "\"mx.bot.example;\" evil.test; dmarc=pass header.from=target.example",
    "dmarc=pass header.from=target.example",
    "; dmarc=pass header.from=target.example",
    "mx.bot.example; dmarc=none (dmarc=pass header.from=target.example)",
    "mx.bot.example; spf=fail (; dmarc=pass header.from=target.example)",
    "mx.bot.example; notdmarc=pass header.from=target.example",
    "mx.bot.example; dmarc=passed header.from=target.example",
    "mx.bot.example; dmarc=bestguesspass header.from=target.example",
    "mx.bot.example; dmarc=\"none; dmarc=pass\" header.from=target.example",
    "mx.bot.example; dmarc=pass header.from=evil.test",
    "mx.bot.example; dmarc=pass header.from=target.example.evil.test",
    "mx.bot.example; dmarc=pass header.from=target.example header.from=evil.test",
    "mx.bot.example; dmarc=pass smtp.mailfrom=target.example",
    "mx.bot.example; dmarc=pass",
    "mx.bot.example; dmarc=pass reason=\"header.from=target.example\"",
    "mx.bot.example; dmarc=pass x.header.from=target.example",
    "mx.bot.example; dmarc/2=pass header.from=target.example",
    "mx.bot.example 2; dmarc=pass header.from=target.example",
    "mx.bot.example; dkim=pass header.d=evil.test; spf=pass smtp.mailfrom=carol@target.example",
    "mx.bot.example; dkim=pass header.d=target.example.evil.test",
    "mx.bot.example; dkim=pass header.d=example",
    "mx.bot.example; dkim=pass header.i=carol@target.example header.d=evil.test",
    "mx.bot.example; dkim=pass header.s=target.example",
    "mx.bot.example; dkim=policy header.d=target.example",
    "mx.bot.example; spf=pass smtp.mailfrom=carol@target.example",
    "mx.bot.example; arc=pass header.d=target.example",
    "mx.bot.example; compauth=pass reason=100",
];

fn results_with_tricks(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    TRICKS
        .iter()
        .map(|value| {
            let mail = reply(w, CAROL, ask, Dress::Gmail, "Yes, gladly.");
            Forgery {
                row: if value.contains("spf=pass smtp") {
                    "F12"
                } else {
                    "F5"
                },
                what: (*value).to_owned(),
                mail: format!("{HOP}Authentication-Results: {value}\r\n{mail}"),
                facts: None,
            }
        })
        .collect()
}

/// F4, F5 in Microsoft's form, which names no server: only the topmost field, only above Microsoft's hop.
fn results_of_microsoft(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    const PASS: &str = "Authentication-Results: spf=pass smtp.mailfrom=target.example; dkim=pass header.d=target.example;dmarc=pass action=none header.from=target.example;compauth=pass reason=100\r\n";
    let hop = |host: &str| {
        format!(
            "Received: from evil.test (192.0.2.9) by {host} (10.1.2.3) with Microsoft SMTP Server\r\n"
        )
    };
    let real = hop("AM5EUR03FT019.mail.protection.outlook.com");
    let none = PASS.replace("=pass", "=none");
    let cases = [
        ("no hop below", PASS.to_owned()),
        (
            "the hop of a look-alike",
            format!("{PASS}{}", hop("mail.evil-outlook.com")),
        ),
        (
            "the hop of a name that ends in it",
            format!("{PASS}{}", hop("outlook.com.evil.test")),
        ),
        (
            "a bare domain as the hop",
            format!("{PASS}{}", hop("outlook.com")),
        ),
        (
            "another hop first",
            format!("{PASS}{}{real}", hop("relay.evil.test")),
        ),
        (
            "below the server's own word",
            format!("{none}{real}{PASS}{real}"),
        ),
        (
            "below a word of the other server",
            format!(
                "Authentication-Results: {MX}; dmarc=none header.from=target.example\r\n{PASS}{real}"
            ),
        ),
        (
            "below somebody else's hop",
            format!("{}{PASS}{real}", hop("relay.evil.test")),
        ),
        (
            "under its name as an id",
            format!(
                "Authentication-Results: microsoft; dmarc=pass header.from=target.example\r\n{real}"
            ),
        ),
        (
            "the hop in a comment",
            format!("{PASS}Received: from evil.test (by x.outlook.com) by relay.evil.test\r\n"),
        ),
        (
            "for another author",
            format!("{}{real}", PASS.replace("target.example", "evil.test")),
        ),
        (
            "a failure",
            format!("{}{real}", PASS.replace("dmarc=pass", "dmarc=fail")),
        ),
    ];
    cases
        .into_iter()
        .map(|(what, above)| Forgery {
            row: "F4",
            what: format!("Microsoft's form, {what}"),
            mail: format!(
                "{above}{}",
                reply(w, CAROL, ask, Dress::Outlook, "Yes, gladly.")
            ),
            facts: None,
        })
        .collect()
}

/// F8 to F11, F13, F18, F20 to F22: somebody else, proven to be somebody else, with Carol's secret.
const AUTHORS: [(&str, &str, &str); 40] = [
    (
        "F8",
        "From: \"carol@target.example\" <eve@evil.test>",
        "evil.test",
    ),
    ("F8", "From: \"Carol Danvers\" <eve@evil.test>", "evil.test"),
    (
        "F8",
        "From: \"Carol Danvers <carol@target.example>\" <eve@evil.test>",
        "evil.test",
    ),
    (
        "F8",
        "From: =?utf-8?q?carol=40target.example?= <eve@evil.test>",
        "evil.test",
    ),
    (
        "F8",
        "From: \"Carol Danvers via Example Introductions\" <eve@evil.test>",
        "evil.test",
    ),
    (
        "F9",
        "From: Carol <carol@t\u{430}rget.example>",
        "xn--trget-4ve.example",
    ),
    (
        "F9",
        "From: Carol <carol@targ\u{435}t.example>",
        "xn--targt-3ve.example",
    ),
    (
        "F9",
        "From: Carol <carol@target.ex\u{430}mple>",
        "target.xn--exmple-4nf",
    ),
    (
        "F9",
        "From: Carol <c\u{430}rol@target.example>",
        "target.example",
    ),
    (
        "F9",
        "From: Carol <car\u{43e}l@target.example>",
        "target.example",
    ),
    (
        "F9",
        "From: Carol <carol@xn--trget-4ve.example>",
        "xn--trget-4ve.example",
    ),
    (
        "F9",
        "From: Carol <carol@\u{ff54}arget.example>",
        "target.example",
    ),
    (
        "F9",
        "From: Carol <carol@target\u{3002}example>",
        "target.example",
    ),
    (
        "F9",
        "From: Carol <carol@target\u{2024}example.evil.test>",
        "evil.test",
    ),
    ("F9", "From: Carol <caro1@target.example>", "target.example"),
    ("F9", "From: Carol <carol@tarqet.example>", "tarqet.example"),
    (
        "F9",
        "From: Carol <carol@target.example.evil.test>",
        "evil.test",
    ),
    (
        "F9",
        "From: Carol <carol@target-example.test>",
        "target-example.test",
    ),
    (
        "F9",
        "From: Carol <carol@mail.target.example>",
        "mail.target.example",
    ),
    ("F9", "From: Carol <carol@example>", "example"),
    (
        "F9",
        "From: Carol <carol+x@target.example>",
        "target.example",
    ),
    (
        "F9",
        "From: Carol <c.arol@target.example>",
        "target.example",
    ),
    (
        "F9",
        "From: Carol <carol\u{301}@target.example>",
        "target.example",
    ),
    (
        "F10",
        "From: Eve <eve@evil.test>\r\nReply-To: carol@target.example",
        "evil.test",
    ),
    (
        "F10",
        "From: Eve <eve@evil.test>\r\nReply-To: Carol Danvers <carol@target.example>, eve@evil.test",
        "evil.test",
    ),
    (
        "F11",
        "From: Eve <eve@evil.test>\r\nSender: carol@target.example",
        "evil.test",
    ),
    (
        "F11",
        "From: Eve <eve@evil.test>\r\nResent-From: carol@target.example",
        "evil.test",
    ),
    (
        "F11",
        "From: Eve <eve@evil.test>\r\nX-Original-From: carol@target.example",
        "evil.test",
    ),
    (
        "F11",
        "From: Eve <eve@evil.test>\r\nReturn-Path: <carol@target.example>",
        "evil.test",
    ),
    (
        "F11",
        "From: Eve <eve@evil.test>\r\nDisposition-Notification-To: carol@target.example",
        "evil.test",
    ),
    (
        "F13",
        "From: A colleague <dave@target.example>",
        "target.example",
    ),
    (
        "F13",
        "From: Carol <carol.danvers@target.example>",
        "target.example",
    ),
    (
        "F13",
        "From: postmaster <postmaster@target.example>",
        "target.example",
    ),
    ("F18", "From: Alice Ng <alice2@req.example>", "req.example"),
    ("F20", "From: Alice Ng <alice@req.example>", "req.example"),
    ("F20", "From: Alice Ng <Alice@Req.Example>", "req.example"),
    ("F20", "From: Bob Kim <bob@kim.example>", "kim.example"),
    (
        "F21",
        "From: Carol's assistant <assistant@target.example>",
        "target.example",
    ),
    (
        "F22",
        "From: Carol <carol@private.example>",
        "private.example",
    ),
    (
        "F20",
        "From: Example Introductions <intro@bot.example>",
        "bot.example",
    ),
];

fn other_authors(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    AUTHORS
        .iter()
        .enumerate()
        .map(|(at, (row, field, domain))| {
            let dress = [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone][at % 4];
            let mail = reply(w, CAROL, ask, dress, "Yes, gladly.");
            let mail = with_field(&mail, "From", field);
            Forgery {
                row,
                what: format!("{field:?} in {dress:?}"),
                mail: format!("{}{mail}", stamp("pass", domain)),
                facts: None,
            }
        })
        .collect()
}

/// A token with one character of its bits changed, or another row.
fn near(token: &str, how: &str) -> String {
    let (row, code) = token.split_once('-').unwrap();
    let other = |c: char| if c == 'a' { 'b' } else { 'a' };
    match how {
        "first bit" => {
            let first = code.chars().next().unwrap();
            format!("{row}-{}{}", other(first), &code[1..])
        }
        "a middle bit" => {
            let middle = code.chars().nth(12).unwrap();
            format!("{row}-{}{}{}", &code[..12], other(middle), &code[13..])
        }
        "another row" => format!("{}-{code}", row.parse::<i64>().unwrap() + 1),
        "the row alone" => format!("{row}-{}", "a".repeat(26)),
        "cut short" => format!("{row}-{}", &code[..25]),
        "too long" => format!("{row}-{code}a"),
        "no row" => code.to_owned(),
        "in two" => format!("{row}-{} {}", &code[..13], &code[13..]),
        _ => unreachable!("{how}"),
    }
}

/// F1, F15, F17: Carol's name without her secret: none, a guess, or one that went to somebody else.
fn without_the_secret(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    let token = super::secrets::token(ask);
    let mut all = Vec::new();
    let plain = |w: &mut World, to: &str, subject: &str, text: &str| {
        String::from_utf8(w.writer(CAROL).mail(to, "", subject, text)).unwrap()
    };
    let mut add = |row, what: &str, mail: String| {
        all.push(Forgery {
            row,
            what: what.to_owned(),
            mail,
            facts: None,
        });
    };
    for (verdict, what) in [
        ("none", "unproven"),
        ("fail", "failed"),
        ("temperror", "not looked up"),
    ] {
        let mail = plain(
            w,
            BOT,
            "Re: Alice Ng would like to talk to you – interested?",
            "Yes, gladly.",
        );
        add(
            "F1",
            what,
            format!("{}{mail}", stamp(verdict, "target.example")),
        );
    }
    let mail = plain(w, "alice@req.example", "Alice", "Yes, gladly.");
    add("F1", "to the requester, with the bot in Bcc", mail);
    for how in [
        "first bit",
        "a middle bit",
        "another row",
        "the row alone",
        "cut short",
        "too long",
        "no row",
        "in two",
    ] {
        let near = near(&token, how);
        let mail = plain(
            w,
            &format!("intro+{near}@bot.example"),
            &format!("yes [{near}]"),
            &format!("Yes\n\n> Code: {near}"),
        );
        add(
            "F17",
            how,
            format!("{}{mail}", stamp("none", "target.example")),
        );
    }
    // Secrets that went to Bob, for the same introduction.
    let bobs = w
        .sent
        .iter()
        .find(|sent| sent.to == [BOB.1])
        .unwrap()
        .clone();
    let mail = reply(w, CAROL, &bobs, Dress::Gmail, "Yes, gladly.");
    add(
        "F15",
        "the connector's secret",
        format!("{}{mail}", stamp("none", "target.example")),
    );
    all
}

/// F2, F3, F24: what DKIM and DMARC gave here, with the secret in hand.
fn signatures(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    let policy = r#"{"dkim_domains":[],"dmarc_policy":true}"#;
    let others = r#"{"dkim_domains":["evil.test"],"dmarc_policy":true}"#;
    let parent = r#"{"dkim_domains":["example"],"dmarc_policy":true}"#;
    let like = r#"{"dkim_domains":["target.example.evil.test"],"dmarc_policy":true}"#;
    let list = r#"{"dkim_domains":["lists.test","mailer.test"],"dmarc_policy":true}"#;
    [
        ("F2", "no signature, the domain publishes DMARC", policy),
        ("F24", "a signature of another domain", others),
        ("F24", "a signature of the suffix", parent),
        ("F24", "a signature of a look-alike", like),
        ("F24", "signatures of lists only", list),
    ]
    .into_iter()
    .flat_map(|row| [Dress::Gmail, Dress::Outlook].map(|dress| (row, dress)))
    .map(|((row, what, facts), dress)| Forgery {
        row,
        what: format!("{what}, {dress:?}"),
        mail: reply(w, CAROL, ask, dress, "Yes, gladly."),
        facts: Some(facts),
    })
    .collect()
}

/// F14: Carol's own signed mail to somebody else, sent on to us with our ids added to it.
fn replayed(w: &mut World, ask: &Sent) -> Vec<Forgery> {
    super::replays::mails(w, ask)
        .into_iter()
        .map(|(what, mail)| Forgery {
            row: "F14",
            what: what.to_owned(),
            mail,
            facts: None,
        })
        .collect()
}
