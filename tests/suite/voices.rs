//! The mails in every language: what answers to them mean, what their quotes do not, and who reads which.
//!
//! Fails where an answer in a language is misread, or a mail goes out in another language than meant.

use crate::answers::dress::{self, PROGRAMS, Reply};
use crate::mails::cast;
use crate::world::*;
use askfirst::desk::house::House;
use askfirst::reader::{self, Known, Verdict};
use askfirst::rules::introduction::{Stage, Way};
use askfirst::rules::saying::{ConfirmWhy, Saying};
use askfirst::writer::words::Words;

/// The subject in the shape that [`dress`] gives every answer.
const ENGLISH_SUBJECT: &str = "Alice Ng would like to talk to you – interested?";

fn languages() -> Vec<String> {
    let words = Words::built_in();
    words.languages().map(|l| l.code.clone()).collect()
}

/// Answers as people give them, and what they mean. A language without a row fails the test.
const ANSWERS: &[(&str, &[(&str, Verdict)])] = &[
    (
        "en",
        &[
            ("Yes", Verdict::Yes),
            ("Yes please, happy to talk", Verdict::Yes),
            ("No", Verdict::No),
            ("No thanks", Verdict::No),
            ("Later", Verdict::Later),
            ("Not now, ask me again in March", Verdict::Later),
            ("Stop", Verdict::Stop),
            ("Who is she?", Verdict::Unclear),
        ],
    ),
    (
        "de",
        &[
            ("Ja", Verdict::Yes),
            ("Ja gern", Verdict::Yes),
            ("Sehr gerne, stellen Sie uns vor!", Verdict::Yes),
            ("Nein", Verdict::No),
            ("Nein danke", Verdict::No),
            ("Später", Verdict::Later),
            ("Gerade nicht, in drei Monaten gern", Verdict::Later),
            ("Stopp", Verdict::Stop),
            ("Wer ist das denn?", Verdict::Unclear),
        ],
    ),
    (
        "fr",
        &[
            ("Oui", Verdict::Yes),
            ("Oui, avec plaisir", Verdict::Yes),
            ("Volontiers", Verdict::Yes),
            ("Non", Verdict::No),
            ("Non merci", Verdict::No),
            ("Plus tard", Verdict::Later),
            ("Pas maintenant, dans trois mois", Verdict::Later),
            ("stop", Verdict::Stop),
            ("C’est qui ?", Verdict::Unclear),
        ],
    ),
    (
        "es",
        &[
            ("Sí", Verdict::Yes),
            ("Sí, con mucho gusto", Verdict::Yes),
            ("Encantado", Verdict::Yes),
            ("No", Verdict::No),
            ("No, gracias", Verdict::No),
            ("Más tarde", Verdict::Later),
            ("Ahora no, en tres meses", Verdict::Later),
            ("stop", Verdict::Stop),
            ("¿Quién es?", Verdict::Unclear),
        ],
    ),
];

/// The mails that a yes or no may answer.
fn questions() -> Vec<Saying> {
    vec![
        Saying::Ask,
        Saying::Reminder,
        Saying::Clarify,
        Saying::ConfirmTarget {
            why: ConfirmWhy::Unproven,
        },
        Saying::Approve { proven: true },
        Saying::ConfirmConnector,
        Saying::Propose,
        Saying::StillInterested,
    ]
}

/// A mail in the shape of a program, with the real subject; what the reader makes of it, told what
/// it answers or not.
fn read(
    program: dress::Program,
    language: &str,
    text: &str,
    mail: &askfirst::writer::Composed,
    told: bool,
) -> reader::Reading {
    let reply = Reply {
        language,
        text,
        signature: "",
        disclaimer: "",
        ask: &mail.visible,
    };
    let raw = dress::mail(program, &reply, 1).replace(ENGLISH_SUBJECT, &mail.subject);
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let encoded = data_encoding::BASE64.encode(format!("Re: {}", mail.subject).as_bytes());
    let head: Vec<String> = head
        .split("\r\n")
        .map(|line| match line.starts_with("Subject: ") {
            true => format!("Subject: =?utf-8?B?{encoded}?="),
            false => line.to_owned(),
        })
        .collect();
    let raw = format!("{}\r\n\r\n{body}", head.join("\r\n"));
    let original = format!("{}\n\n{}", mail.subject, mail.visible);
    let known = Known {
        original: told.then_some(original.as_str()),
        now_secs: cast::NOW,
        ..Known::default()
    };
    reader::read(&reader::open(raw.as_bytes()), &known)
}

#[test]
fn answers_in_every_language_mean_what_they_say() {
    let mut wrong = Vec::new();
    for language in languages() {
        let (_, answers) = ANSWERS
            .iter()
            .find(|(code, _)| *code == language)
            .unwrap_or_else(|| panic!("no answers in {language}: add a row to ANSWERS"));
        for saying in questions() {
            let mail = cast::write_in(&language, &saying, &cast::affair(Way::Forwarded)).unwrap();
            for program in PROGRAMS {
                for (text, meant) in *answers {
                    let told = read(program, &language, text, &mail, true);
                    let untold = read(program, &language, text, &mail, false);
                    let case = |r: &reader::Reading| {
                        format!(
                            "{language} {} in {}: {text:?} is {:?} ({}); read {:?}",
                            saying.name(),
                            program.0,
                            r.verdict,
                            r.why,
                            r.text
                        )
                    };
                    if told.verdict != Some(*meant) {
                        wrong.push(case(&told));
                    }
                    // Without the original an answer may be unclear, never another one.
                    let unclear = untold.verdict == Some(Verdict::Unclear);
                    if untold.verdict != Some(*meant) && !unclear {
                        wrong.push(format!("untold: {}", case(&untold)));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Our own words, quoted alone by every program, are nobody's answer (FAULTS T1).
#[test]
fn a_quote_of_ours_is_no_answer() {
    for language in languages() {
        for (at, (name, saying)) in cast::sayings().into_iter().enumerate() {
            {
                // Each in one of the ways; the words around them are the same.
                let way = [Way::Forwarded, Way::Direct, Way::Proposed][at % 3];
                let mail = cast::write_in(&language, &saying, &cast::affair(way)).unwrap();
                for program in PROGRAMS {
                    for told in [true, false] {
                        let reading = read(program, &language, "", &mail, told);
                        assert_eq!(
                            reading.verdict,
                            Some(Verdict::Unclear),
                            "{language} {name} in {}, told {told}: {} of {:?}",
                            program.0,
                            reading.why,
                            reading.text
                        );
                    }
                }
            }
        }
    }
}

/// What the links in a mail prepare: the word as the text and in the subject, or the subject alone.
#[test]
fn prepared_answers_are_understood() {
    for language in languages() {
        let mail = cast::write_in(&language, &Saying::Ask, &cast::affair(Way::Forwarded)).unwrap();
        let parsed = mail_parser::MessageParser::default()
            .parse(&mail.bytes)
            .unwrap();
        let html = parsed.body_html(0).unwrap().into_owned();
        assert!(html.contains(&format!("<html lang=\"{language}\">")));
        let links: Vec<&str> = html.split("href=\"mailto:").skip(1).collect();
        let mut verdicts = Vec::new();
        for link in links {
            let link = link.split_once('"').unwrap().0.replace("&amp;", "&");
            let field = |name: &str| {
                let (_, rest) = link.split_once(&format!("{name}=")).unwrap();
                unpercent(rest.split('&').next().unwrap())
            };
            let (subject, body) = (field("subject"), field("body"));
            let encoded = data_encoding::BASE64.encode(subject.as_bytes());
            let judged = |body: &str| {
                let raw = format!(
                    "From: Carol <carol@target.example>\r\nTo: intro@example.org\r\n\
                     Subject: =?utf-8?B?{encoded}?=\r\nMessage-ID: <1@t.example>\r\n\
                     Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
                );
                let known = Known {
                    now_secs: cast::NOW,
                    ..Known::default()
                };
                reader::read(&reader::open(raw.as_bytes()), &known)
                    .verdict
                    .unwrap()
            };
            assert_eq!(judged(&body), judged(""), "{language} {subject}");
            let apart = reader::secret::find(&subject);
            assert_eq!(apart, [cast::secret()], "{subject}");
            verdicts.push(judged(&body));
        }
        assert_eq!(
            verdicts,
            [Verdict::Yes, Verdict::No, Verdict::Later],
            "{language}"
        );
    }
}

fn unpercent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Bob writes in this language.
fn house_in(language: &str) -> House {
    let mut house = house();
    house.connectors[0].language = Some(language.to_owned());
    house
}

#[test]
fn a_story_in_each_language_ends_as_in_english() {
    for (language, greeting, yes, cancel) in [
        (
            "de",
            "Guten Tag Carol Danvers,",
            "Ja gern, Dienstag passt gut.",
            "Abbrechen, bitte",
        ),
        ("fr", "Bonjour Carol,", "Oui, avec plaisir", "annuler"),
        (
            "es",
            "Hola, Carol:",
            "Sí, con mucho gusto",
            "cancelar, gracias",
        ),
    ] {
        let mut w = World::with(house_in(language));
        let left = w.forward("Please ask carol@target.example");
        let ask = to(&left, CAROL.1).clone();
        let text = ask.letter.plain.clone().unwrap();
        assert!(text.starts_with(greeting), "{text}");
        let left = w.answer(CAROL, &ask, yes);
        assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1], "{language}");
        assert_eq!(w.stages(), [Stage::Introduced], "{language}");

        let mut w = World::with(house_in(language));
        let left = w.forward("Please ask carol@target.example");
        let told = to(&left, BOB.1).clone();
        w.answer(BOB, &told, cancel);
        assert_eq!(w.stages(), [Stage::Cancelled], "{language}");
    }
}

/// The contact's entry says French, the connector writes German: the ask is French, the notice German,
/// the introduction both.
#[test]
fn a_target_who_has_another_language() {
    let mut house = house_in("de");
    let french = askfirst::rules::manners::Settled {
        language: Some("fr".to_owned()),
        ..Default::default()
    };
    let key = address(CAROL.1).rate_key().into_owned();
    house.connectors[0].settled.insert(key, french);
    let mut w = World::with(house);
    let left = w.forward("Please ask carol@target.example");
    let plain = |sent: &Sent| sent.letter.plain.clone().unwrap();
    let ask = to(&left, CAROL.1).clone();
    assert!(plain(&ask).starts_with("Bonjour Carol,"), "{}", plain(&ask));
    assert!(plain(to(&left, BOB.1)).starts_with("Ich habe"));
    let left = w.answer(CAROL, &ask, "Oui, avec plaisir");
    let text = plain(&left[0]);
    let german = text.find("Guten Tag Alice Ng, guten Tag Carol Danvers,");
    let french = text.find("Bonjour Alice, bonjour Carol,");
    assert!(german.is_some() && german < french, "{text}");
    assert_eq!(text.matches("sensors for beehives").count(), 1);
}
