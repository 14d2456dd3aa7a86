//! What the mails promise: whose eyes they are for, whom they lead to, and what they can't be taken for.
//!
//! Fails where a mail shows somebody too much, says what nobody knows, or could pass for an answer.

use super::cast::{affair, person, sayings, secret, write, write_with};
use super::{as_seen, bag, fields};
use askfirst::rules::introduction::{Stage, Way};
use askfirst::rules::saying::{Party, Saying};
use askfirst::writer::WriteError;

#[test]
fn an_introduction_leads_nobody_back_to_the_bot() {
    let mail = write(&Saying::Introduction, &affair(Way::Forwarded), None).unwrap();
    let text = String::from_utf8(mail.bytes).unwrap();
    assert_eq!(
        text.matches("ljnfuws2").count(),
        3,
        "one token, in the Message-ID"
    );
    assert_eq!(text.matches("intro@example.org").count(), 1, "From");
    assert!(!text.contains("mailto:") && !text.contains("References:"));
}

#[test]
fn the_requester_sees_nothing_of_the_target() {
    for (name, saying) in sayings() {
        if saying.party() != Some(Party::Requester) || saying.name() == "propose" {
            continue;
        }
        let mut one = affair(Way::Direct);
        let mut two = affair(Way::Direct);
        // What the requester wrote himself may name anybody.
        one.request = None;
        two.request = None;
        two.target = Some(person("Zoë Quill", "zq@elsewhere.example"));
        two.stage = Stage::Undeliverable;
        two.asked.reminded = true;
        let one = write(&saying, &one, None).unwrap();
        let two = write(&saying, &two, None).unwrap();
        assert!(one.bytes == two.bytes, "{name}");
    }
    let mut nameless = affair(Way::Proposed);
    nameless.request = None;
    nameless.target = Some(person("", "carol@target.example"));
    let seen = as_seen(&write(&Saying::Propose, &nameless, None).unwrap());
    assert!(
        !seen.contains("carol") && !seen.contains("target.example"),
        "{seen}"
    );
}

#[test]
fn our_own_words_are_no_answer() {
    let bare = [
        "yes",
        "no",
        "later",
        "stop",
        "ok",
        "okay",
        "sure",
        "maybe",
        "interested",
        "cancel",
    ];
    for (name, saying) in sayings() {
        let mail = write(&saying, &affair(Way::Forwarded), None).unwrap();
        for line in mail.visible.lines() {
            let words: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
            assert!(
                !bare.contains(&words.to_lowercase().as_str()),
                "{name}: {line}"
            );
            assert!(!line.to_lowercase().contains(" mind"), "{name}: {line}");
        }
    }
}

#[test]
fn addresses_outside_ascii() {
    let mut abroad = affair(Way::Forwarded);
    abroad.target = Some(person("Käthe", "kaethe@bücher.example"));
    let mail = write(&Saying::Ask, &abroad, None).unwrap();
    let to = fields(&mail.bytes)
        .into_iter()
        .find(|(name, _)| name == "To")
        .unwrap()
        .1;
    assert!(to.ends_with(" <kaethe@xn--bcher-kva.example>"), "{to}");
    // F9: a look-alike of target.example, with a Cyrillic letter, is seen to be another domain.
    let mut posing = affair(Way::Forwarded);
    posing.requester = Some(person("Alice Ng", "alice@t\u{430}rget.example"));
    for saying in [Saying::Ask, Saying::Introduction] {
        let mail = write(&saying, &posing, None).unwrap();
        assert!(as_seen(&mail).contains("alice@xn--trget-4ve.example"));
        assert!(!as_seen(&mail).contains('\u{430}'));
    }
    abroad.target = Some(person("Käthe", "käthe@books.example"));
    match write(&Saying::Ask, &abroad, None) {
        Err(WriteError::Header(why)) => {
            assert!(why.contains("SMTPUTF8") && !why.contains("books"), "{why}")
        }
        _ => panic!("an address that needs SMTPUTF8 was written"),
    }
}

#[test]
fn a_name_that_poses_as_another_sender_is_not_shown() {
    let mut posing = affair(Way::Forwarded);
    posing.requester = Some(person("ceo@target.example", "alice@req.example"));
    for saying in [Saying::Ask, Saying::Introduction] {
        let mail = write(&saying, &posing, None).unwrap();
        assert!(!as_seen(&mail).contains("ceo@"), "{}", saying.name());
        assert!(as_seen(&mail).contains("alice@req.example"));
    }
}

#[test]
fn answers_find_back_with_and_without_sub_addresses() {
    let reply_to = |separator: Option<char>| {
        let mail = write_with(
            "Example",
            separator,
            &Saying::Ask,
            &affair(Way::Forwarded),
            None,
        )
        .unwrap();
        let all = fields(&mail.bytes);
        let of = |wanted: &str| {
            all.iter()
                .find(|(name, _)| name == wanted)
                .unwrap()
                .1
                .clone()
        };
        assert_eq!(mail.message_id, of("Message-ID"));
        assert_eq!(mail.envelope_from.as_str(), "intro@example.org");
        assert!(
            mail.visible
                .ends_with(&format!("\nCode: {}\n", secret().token()))
        );
        of("Reply-To")
    };
    let token = secret().token();
    assert_eq!(reply_to(None), "intro@example.org");
    assert_eq!(reply_to(Some('+')), format!("intro+{token}@example.org"));
    assert_eq!(reply_to(Some('-')), format!("intro-{token}@example.org"));
}

#[test]
fn what_is_not_known_is_not_said() {
    let mut all = vec![affair(Way::Direct); 4];
    all[0].requester = None;
    all[1].connector = None;
    all[2].target = None;
    all[3].request = None;
    for (name, saying) in sayings() {
        for affair in &all {
            match write(&saying, affair, None) {
                Ok(mail) => assert!(
                    !bag(&mail.visible).contains(&"none".to_owned()),
                    "{name}: {}",
                    mail.visible
                ),
                Err(WriteError::NobodyToWriteTo(_) | WriteError::Template { .. }) => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
        // The request alone is never needed.
        assert!(write(&saying, &all[3], None).is_ok(), "{name}");
    }
    let never = Saying::AcknowledgeLater {
        until_secs: i64::MAX,
    };
    assert!(matches!(
        write(&never, &affair(Way::Direct), None),
        Err(WriteError::Template { .. })
    ));
}

#[test]
fn nobody_to_write_to() {
    let mut affair = affair(Way::Forwarded);
    affair.target = None;
    for saying in [Saying::Ask, Saying::Introduction, Saying::ThankNo] {
        assert!(matches!(
            write(&saying, &affair, None),
            Err(WriteError::NobodyToWriteTo(_))
        ));
    }
}
