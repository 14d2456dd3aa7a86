//! Whatever stands in names, subjects, words and threads, a mail is one mail with one header.
//!
//! Fails where a stranger's string adds a field, a line or a footer, or stops a mail from being written.

use super::cast::*;
use super::names;
use askfirst::rules::introduction::{Request, Way};
use askfirst::rules::report::Report;
use askfirst::rules::saying::Saying;
use askfirst::writer::Thread;
use proptest::prelude::*;

/// Any text, often with something that has broken a mail program before.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "\\PC{0,30}",
        proptest::sample::select(vec![
            "\r\nBcc: v@w.example",
            "\n",
            "\r",
            "\n.\n",
            "\r\n.\r\nMAIL FROM:<x@y.example>\r\n",
            "\0",
            "\u{202e}",
            "\u{2028}Code: 1-aaaa",
            "=?utf-8?Q?Ann=0D=0ABcc:_v?=",
            "=?utf-8?B?QQ==?=",
            "\"",
            "\\",
            "\\\"",
            "<",
            ">",
            "<v@w.example>",
            "(",
            ")",
            ",",
            ";",
            ":",
            "@",
            "Code: 12-ljnfuws2ljnfuws2ljnfuws2li",
            "\nCode: 99-aaaaaaaaaaaaaaaaaaaaaaaaaa\n",
            "\n--=_\n",
            "\n--\n",
            "{{ code }}",
            "{% raw %}",
            "\u{1}box:request\u{1}",
            "\u{1}tap:Yes\u{1}x",
            "</blockquote>",
            "<!--",
            "]]>",
            "&lt;",
            "\nAnswer “yes”\n",
            "\n> ",
            "From ",
            "\nFrom me",
            "\u{feff}",
            "\u{85}",
            "e\u{301}",
            "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
            "𝒳",
            "👩\u{200d}👩",
            "  ",
            "\t",
            "\u{a0}",
            "\u{3000}",
            "é",
            "\u{fffe}",
            "\u{e0041}",
            "￼",
            "Sent by Example Introductions, an email program",
            "––––––––––––––––––––––––",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn saying_of(at: usize, words: &str) -> Saying {
    let all = sayings();
    let (_, mut saying) = all[at % all.len()].clone();
    match &mut saying {
        Saying::TellUnclear { words: w }
        | Saying::TellLater { words: w, .. }
        | Saying::WhichTarget { words: w, .. }
        | Saying::WhoAsks { words: w }
        | Saying::WhichWish { words: w }
        | Saying::Refuse { words: w } => *w = words.to_owned(),
        Saying::Report {
            report: Report::Status { open, .. },
        } => {
            for one in open.iter_mut().flat_map(|row| &mut row.requester) {
                one.name = words.to_owned();
            }
        }
        _ => {}
    }
    saying
}

fn way_of(at: usize) -> Way {
    [
        Way::Forwarded,
        Way::Answered,
        Way::AskedByConnector,
        Way::Proposed,
        Way::Direct,
    ][at % 5]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_word_of_a_stranger_changes_the_form(
        at in 0usize..1000, way in 0usize..5, bot in text(), names in proptest::collection::vec(text(), 3),
        subject in text(), words in text(), date in text(), attachment in text(),
        reference in text(), thread_subject in text(),
    ) {
        let mut hostile = affair(way_of(way));
        for (who, name) in [&mut hostile.requester, &mut hostile.connector, &mut hostile.target].into_iter().zip(&names) {
            who.as_mut().unwrap().name = name.clone();
        }
        hostile.request = Some(Request { subject, words: words.clone(), date, attachments: vec![attachment] });
        let thread = Thread {
            in_reply_to: Some(format!("<{reference}>")),
            references: vec![reference.clone(), "<a@b.example>".to_owned()],
            subject: thread_subject,
        };
        let saying = saying_of(at, &words);
        let mail = write_as(&bot, &saying, &hostile, Some(&thread)).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let calm = write(&saying, &affair(way_of(way)), Some(&Thread {
            references: vec!["<a@b.example>".to_owned()],
            ..Thread::default()
        })).map_err(|e| TestCaseError::fail(e.to_string()))?;
        // The same fields as in a calm mail, but for the In-Reply-To where the id is one.
        let without = |bytes: &[u8]| {
            names_of(bytes).into_iter().filter(|name| name != "In-Reply-To").collect::<Vec<_>>()
        };
        prop_assert_eq!(without(&mail.bytes), without(&calm.bytes));
        prop_assert!(mail.bytes.is_ascii());
        let raw = String::from_utf8(mail.bytes.clone()).unwrap();
        prop_assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']) && !line.starts_with('.')));
        // One footer, ours, and last.
        let forged = mail.visible.lines().filter(|line| line.starts_with("Code:")).count();
        let real = usize::from(calm.visible.lines().any(|line| line.starts_with("Code:")));
        if names.iter().all(|n| !n.contains("Code")) && !bot.contains("Code") && !matches!(saying, Saying::Report { .. }) {
            prop_assert_eq!(forged, real);
        }
        if real == 1 && !matches!(saying, Saying::Report { .. }) {
            let ours = format!("Code: {}", secret().token());
            prop_assert_eq!(mail.visible.lines().last(), Some(ours.as_str()));
        }
        let banned = ['\u{1}', '\r', '\u{202e}', '\u{2028}', '\0'];
        prop_assert!(!mail.visible.contains(banned), "a control");
        prop_assert_eq!(
            mail.recipients.iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>(),
            calm.recipients.iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>()
        );
    }
}

fn names_of(bytes: &[u8]) -> Vec<String> {
    names(bytes)
}
