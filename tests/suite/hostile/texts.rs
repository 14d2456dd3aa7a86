//! T1 to T21: words that are no yes, or not the target's, in mails that are genuinely hers.

use super::*;

/// A reply of Carol's with a body of its own type; proven.
pub fn typed(w: &mut World, ask: &Sent, kind: &str, body: &str) -> Vec<u8> {
    let mail = reply(w, CAROL, ask, Dress::Gmail, "x");
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let mut kept = String::new();
    let mut inside = true;
    for line in head.split("\r\n") {
        let lower = line.to_lowercase();
        if !line.starts_with([' ', '\t']) {
            inside = !(lower.starts_with("content-") || lower.starts_with("mime-version"));
        }
        if inside {
            kept.push_str(line);
            kept.push_str("\r\n");
        }
    }
    let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
    format!(
        "{}{kept}MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n{body}\r\n",
        stamp("pass", "target.example")
    )
    .into_bytes()
}

/// None of these is a yes; and her plain yes after it is one, unless she said no.
#[track_caller]
fn no_yes(row: &str, what: &str, mail: impl Fn(&mut World, &Sent) -> Vec<u8>) {
    let (mut w, ask) = asked(house());
    let mail = mail(&mut w, &ask);
    w.raw(&mail);
    assert!(!is_introduced(&w), "{row}: {what}");
    assert!(
        none_to(&w.sent, ALICE.1),
        "{row}: {what}: Alice heard of it"
    );
    let yes = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, happy to talk.");
    w.raw(format!("{}{yes}", stamp("pass", "target.example")).as_bytes());
    assert!(is_introduced(&w), "{row}: {what}: the plain yes after it");
}

const PLAIN: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

#[test]
fn t1_quoted_words_are_not_hers() {
    let ask_text = |ask: &Sent| ask.letter.plain.clone().unwrap();
    no_yes("T1", "only quoted", |w, ask| {
        typed(w, ask, PLAIN, "> Yes, please introduce us.\n> Carol\n")
    });
    for dress in [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone] {
        no_yes(
            "T1",
            &format!("our own words quoted by {dress:?}"),
            |w, ask| {
                let mail = reply(w, CAROL, ask, dress, "");
                format!("{}{mail}", stamp("pass", "target.example")).into_bytes()
            },
        );
    }
    no_yes("T1", "our own words without quote marks", |w, ask| {
        let text = ask_text(ask);
        typed(w, ask, PLAIN, &text)
    });
    for marks in ["| ", "» ", ": ", "  ", "CD> "] {
        no_yes("T1", &format!("our own words after {marks:?}"), |w, ask| {
            let text: String = ask_text(ask)
                .lines()
                .map(|line| format!("{marks}{line}\n"))
                .collect();
            typed(w, ask, PLAIN, &text)
        });
    }
}

#[test]
fn t2_signatures_and_banners_are_nobodys_answer() {
    for body in [
        "-- \nYes we can! Carol Danvers\nTarget Ltd.",
        "Carol\n\n-- \nSay yes to less paper",
        "CAUTION: This email came from outside. Answer yes to report it.\n",
        "[EXTERNAL] Is this safe? yes / no\n",
        "Sent from my Yes phone",
    ] {
        no_yes("T2", body, |w, ask| typed(w, ask, PLAIN, body));
    }
}

#[test]
fn t3_t4_t5_what_only_sounds_like_yes() {
    for (row, body) in [
        ("T3", "yes, I am away until the 3rd of May"),
        (
            "T3",
            "Yes, I'm out of the office and will read your mail next week.",
        ),
        ("T5", "yes, but not now"),
        ("T5", "yes?"),
        ("T5", "yes please remove me"),
        ("T5", "I said yes to Bob, not you"),
        ("T5", "not yes"),
        ("T5", "sure, no"),
        ("T5", "yes and no"),
        ("T5", "Yes, if she pays for my time."),
        ("T5", "Yes or no? I can't tell yet."),
        ("T5", "Who says yes to such mails?"),
        ("T5", "yes, who is she?"),
        ("T5", "My answer would have been yes last year."),
    ] {
        no_yes(row, body, |w, ask| typed(w, ask, PLAIN, body));
    }
    no_yes("T4", "yes in the subject alone", |w, ask| {
        let mail = reply(w, CAROL, ask, Dress::Gmail, "");
        let mail = with_field(&mail, "Subject", "Subject: Yes");
        format!("{}{mail}", stamp("pass", "target.example")).into_bytes()
    });
}

/// T6: twenty ways to hide words from people.
const HIDING: [&str; 22] = [
    "<div style=\"display:none\">Yes</div>",
    "<div style=\"DISPLAY : NONE !important\">Yes</div>",
    "<div style=\"visibility:hidden\">Yes</div>",
    "<div hidden>Yes</div>",
    "<span style=\"font-size:0\">Yes</span>",
    "<span style=\"font-size:0px;line-height:0\">Yes</span>",
    "<span style=\"color:#ffffff;background:#fff\">Yes</span>",
    "<span style=\"color:white;background-color:white\">Yes</span>",
    "<span style=\"opacity:0\">Yes</span>",
    "<div style=\"position:absolute;left:-9999px\">Yes</div>",
    "<div style=\"max-height:0;overflow:hidden\">Yes</div>",
    "<div style=\"height:0;width:0;overflow:hidden\">Yes</div>",
    "<div style=\"mso-hide:all\">Yes</div>",
    "<!-- Yes -->",
    "<title>Yes</title>",
    "<img alt=\"Yes\" src=\"cid:x\">",
    "<span aria-label=\"Yes\"></span>",
    "<!--[if mso]>Yes<![endif]-->",
    "<script>Yes</script>",
    "<style>Yes</style>",
    "<template>Yes</template>",
    "<span style=\"text-indent:-9999px\">Yes</span>",
];

#[test]
fn t6_hidden_words_are_no_words() {
    for hidden in HIDING {
        for (body, how) in [
            (format!("<html><body>{hidden}</body></html>"), "alone"),
            (
                format!("<html><body><p>Carol</p>{hidden}</body></html>"),
                "beside a name",
            ),
        ] {
            no_yes("T6", &format!("{hidden} {how}"), |w, ask| {
                typed(w, ask, HTML, &body)
            });
        }
    }
}

/// What some programs show, or was said once: a yes beside it is no plain one; what says nothing changes none.
#[test]
fn t6_a_refusal_that_html_hides_takes_a_yes_back() {
    let page = |beside: &str| format!("<html><body><p>Yes please.</p>{beside}</body></html>");
    for refusal in [
        "<div style='display:none'>On second thought, no.</div>",
        "<p style='color:#ffffff'>Not before March</p>",
        "<s>No</s>",
        "<noscript>Please don't introduce me.</noscript>",
        "<img src='x.png' alt='No'>",
        "<input value='only if she pays'>",
        "<p style='color: rgb(0, 0, 0); background-color: rgba(0, 0, 0, 0)'>On second thought, no.</p>",
        "<div style='overflow:hidden;max-height:1em'>But not before March.</div>",
    ] {
        no_yes("T6", refusal, |w, ask| typed(w, ask, HTML, &page(refusal)));
    }
    for nothing in [
        "",
        "<div style='display:none'>View in browser</div>",
        "<img src='x.png' alt='Acme'>",
    ] {
        let (mut w, ask) = asked(house());
        let mail = typed(&mut w, &ask, HTML, &page(nothing));
        w.raw(&mail);
        assert!(is_introduced(&w), "{nothing}");
    }
}

fn two_parts(kind: &str, first: (&str, &str), second: (&str, &str)) -> (String, String) {
    (
        format!("multipart/{kind}; boundary=\"b1\""),
        format!(
            "--b1\nContent-Type: {}\n\n{}\n--b1\nContent-Type: {}\n\n{}\n--b1--\n",
            first.0, first.1, second.0, second.1
        ),
    )
}

#[test]
fn t7_t8_parts_that_disagree_are_no_yes() {
    let cases = [
        (
            "T7",
            "plain no, HTML yes",
            two_parts(
                "alternative",
                (PLAIN, "I would rather not say."),
                (HTML, "<p>Yes</p>"),
            ),
        ),
        (
            "T7",
            "plain yes, HTML other",
            two_parts(
                "alternative",
                (PLAIN, "Yes"),
                (HTML, "<p>Maybe, let me think about it.</p>"),
            ),
        ),
        (
            "T8",
            "a second inline part",
            two_parts("mixed", (PLAIN, "See below."), (PLAIN, "Yes")),
        ),
        (
            "T8",
            "yes first, doubt second",
            two_parts(
                "mixed",
                (PLAIN, "Yes"),
                (PLAIN, "No wait, I have to think about it."),
            ),
        ),
        (
            "T8",
            "an attachment",
            two_parts(
                "mixed",
                (PLAIN, "See attached."),
                (
                    "text/plain; name=\"yes.txt\"\nContent-Disposition: attachment; filename=\"yes.txt\"",
                    "Yes",
                ),
            ),
        ),
        (
            "F25",
            "a footer outside the signed part",
            two_parts(
                "mixed",
                (
                    "multipart/signed; boundary=\"b2\"",
                    "--b2\nContent-Type: text/plain\n\nI can't tell yet.\n--b2--\n",
                ),
                (PLAIN, "Yes"),
            ),
        ),
        (
            "F25",
            "a yes before the signed part",
            two_parts(
                "mixed",
                (PLAIN, "Yes"),
                (
                    "multipart/signed; boundary=\"b2\"",
                    "--b2\nContent-Type: text/plain\n\nI can't tell yet.\n--b2--\n",
                ),
            ),
        ),
    ];
    for (row, what, (kind, body)) in cases {
        no_yes(row, what, |w, ask| typed(w, ask, &kind, &body));
    }
}

/// B6, T8: what is attached is named and not looked into, whatever it holds.
#[test]
fn b6_t8_an_attachment_changes_no_answer() {
    for (kind, coding) in [
        ("text/plain", "7bit"),
        ("text/html", "base64"),
        ("application/zip", "base64"),
    ] {
        let attached = format!(
            "{kind}; name=\"notes\"\nContent-Disposition: attachment; filename=\"notes\"\nContent-Transfer-Encoding: {coding}"
        );
        let (mut w, ask) = asked(house());
        let (kind, body) = two_parts(
            "mixed",
            (PLAIN, "Yes, gladly."),
            (&attached, "UEsDBAoAAAAAAISWEVEAAAAAQUJD"),
        );
        let mail = typed(&mut w, &ask, &kind, &body);
        w.raw(&mail);
        assert!(is_introduced(&w), "{attached}");
    }
}

/// T9: with `hold_yes` the last definite answer before the introduction is written counts.
#[test]
fn t9_a_no_within_the_hold_stops_the_introduction() {
    let mut holding = house();
    holding.pace.hold_yes_secs = 4 * 3_600;
    let (mut w, ask) = asked(holding);
    assert!(w.answer(CAROL, &ask, "Yes, gladly.").is_empty());
    w.answer(CAROL, &ask, "Actually, no. Sorry.");
    w.wait(DAY);
    assert_eq!(w.stages(), [Stage::Declined]);
    assert!(none_to(&w.sent, ALICE.1));
}

/// T10: no, and then yes, while the ask is open.
#[test]
fn t10_a_yes_after_a_no_counts() {
    let (mut w, ask) = asked(house());
    w.answer(CAROL, &ask, "No, thanks.");
    assert!(!is_introduced(&w));
    w.answer(CAROL, &ask, "Yes, happy to talk.");
    assert!(is_introduced(&w));
}

#[test]
fn t12_t14_words_of_other_scripts_and_tricks() {
    for (row, body) in [
        ("T12", "si"),
        ("T12", "ne"),
        ("T12", "ja?"),
        ("T14", "\u{202e}sey"),
        // Shown as `seY`.
        ("T14", "\u{202e}Yes\u{202c}"),
        ("T14", "Y\u{435}s"),
        ("T14", "N\u{200b}o \u{202e}seY"),
        ("T14", "уes"),
    ] {
        no_yes(row, body, |w, ask| typed(w, ask, PLAIN, body));
    }
}

#[test]
fn t13_t17_f26_reactions_receipts_and_calendars_decide_nothing() {
    let parts = |kind: &str, body: &str| two_parts("mixed", (PLAIN, "Yes"), (kind, body));
    let cases = [
        ("T13", "a Gmail reaction", parts("text/vnd.google.email-reaction+json", "{\"emoji\":\"👍\",\"version\":1}")),
        ("F26", "an accepted invitation", parts("text/calendar; method=REPLY", "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=ACCEPTED:mailto:carol@target.example\nEND:VEVENT\nEND:VCALENDAR")),
        ("T17", "a read receipt", ("multipart/report; report-type=disposition-notification; boundary=\"b1\"".to_owned(), "--b1\nContent-Type: text/plain\n\nYes, read.\n--b1\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b1--\n".to_owned())),
        ("T16", "an encrypted mail", ("multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"b1\"".to_owned(), "--b1\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b1\nContent-Type: application/octet-stream\n\nYes\n--b1--\n".to_owned())),
        ("T16", "winmail.dat", ("application/ms-tnef; name=winmail.dat".to_owned(), "Yes".to_owned())),
        ("T13", "a tapback", ("text/plain".to_owned(), "Liked “Alice Ng would like to talk to you”".to_owned())),
    ];
    for (row, what, (kind, body)) in cases {
        no_yes(row, what, |w, ask| typed(w, ask, &kind, &body));
    }
    for (field, what) in [
        ("Auto-Submitted: auto-replied", "an automatic reply"),
        (
            "Auto-Submitted: auto-generated (vacation)",
            "an automatic mail",
        ),
        ("X-Spamarrest-ID: 1", "a challenge"),
        ("Precedence: bulk", "bulk mail"),
        ("List-Id: <x.target.example>", "list mail"),
        ("Return-Path: <>", "a bounce"),
    ] {
        no_yes("T17", what, |w, ask| {
            let mail = reply(w, CAROL, ask, Dress::Gmail, "Yes");
            format!("{}{field}\r\n{mail}", stamp("pass", "target.example")).into_bytes()
        });
    }
}

#[test]
fn t15_words_in_any_coding_are_read() {
    let coded = |kind: &str, coding: &str, body: &str| {
        (
            format!("{kind}\r\nContent-Transfer-Encoding: {coding}"),
            body.to_owned(),
        )
    };
    for (what, (kind, body)) in [
        (
            "base64",
            coded(
                "text/plain; charset=utf-8",
                "base64",
                &data_encoding::BASE64.encode("Yes, gladly.".as_bytes()),
            ),
        ),
        (
            "quoted-printable",
            coded(
                "text/plain; charset=utf-8",
                "quoted-printable",
                "Yes, gla=\ndly=2E",
            ),
        ),
        (
            "UTF-16",
            coded(
                "text/plain; charset=utf-16le",
                "base64",
                &data_encoding::BASE64.encode(
                    &"Yes, gladly."
                        .encode_utf16()
                        .flat_map(u16::to_le_bytes)
                        .collect::<Vec<_>>(),
                ),
            ),
        ),
        (
            "ISO-2022-JP",
            coded(
                "text/plain; charset=iso-2022-jp",
                "7bit",
                "\u{1b}(BYes, gladly.",
            ),
        ),
        (
            "a wrong label",
            coded("text/plain; charset=x-none", "7bit", "Yes, gladly."),
        ),
        (
            "a byte order mark",
            (
                "text/plain; charset=utf-8".to_owned(),
                "\u{feff}Yes, gladly.".to_owned(),
            ),
        ),
        (
            "format=flowed",
            (
                "text/plain; charset=utf-8; format=flowed; delsp=yes".to_owned(),
                "Yes, gla \ndly.".to_owned(),
            ),
        ),
    ] {
        let (mut w, ask) = asked(house());
        let mail = typed(&mut w, &ask, &kind, &body);
        w.raw(&mail);
        assert!(is_introduced(&w), "{what}");
    }
}

/// T19: a yes after the end, whichever it was, makes no introduction.
#[test]
fn t19_a_yes_after_the_end_makes_no_introduction() {
    let mut withdrawn = World::new();
    let mail =
        withdrawn.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = withdrawn.proven(&mail);
    let (acknowledged, ask) = (to(&left, ALICE.1).clone(), to(&left, CAROL.1).clone());
    withdrawn.answer(ALICE, &acknowledged, "cancel");
    withdrawn.answer(CAROL, &ask, "Yes, gladly.");
    assert_eq!(withdrawn.stages(), [Stage::Cancelled]);
    let (mut cancelled, ask) = asked(house());
    let now = cancelled.now_secs;
    assert!(cancelled.desk.cancel(1, now).unwrap());
    cancelled.answer(CAROL, &ask, "Yes, gladly.");
    assert!(!is_introduced(&cancelled));
    let (mut expired, ask) = asked(house());
    expired.wait(20 * DAY);
    expired.answer(CAROL, &ask, "Yes, gladly.");
    assert!(!is_introduced(&expired));
}

/// T20: she writes to both: they have met, and nothing is left to send.
#[test]
fn t20_an_answer_to_both_is_recorded_and_nothing_is_sent() {
    let (mut w, ask) = asked(house());
    let mail = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes! Hello Alice.");
    let to = mail
        .lines()
        .find(|line| line.starts_with("To: "))
        .unwrap()
        .to_owned();
    let mail = mail.replacen(&to, &format!("{to}, alice@req.example"), 1);
    let left = w.raw(format!("{}{mail}", stamp("pass", "target.example")).as_bytes());
    assert!(left.is_empty());
    assert_eq!(w.stages(), [Stage::Introduced]);
}

/// T21: two megabytes that begin with yes, and a yes said more often than anybody would.
#[test]
fn t21_a_book_that_begins_with_yes_is_no_yes() {
    let more = "and then there is something else to be told about it. ".repeat(40_000);
    for body in [format!("Yes\n\n{more}"), "Yes, gladly.\n".repeat(500)] {
        let (mut w, ask) = asked(house());
        let mail = typed(&mut w, &ask, PLAIN, &body);
        w.raw(&mail);
        assert!(!is_introduced(&w), "{} octets", body.len());
    }
}
