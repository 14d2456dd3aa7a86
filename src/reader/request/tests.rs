//! Texts as connectors and requesters write them, and whom they name.

use super::*;

mod natural;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// Contacts; the requester (`alice@req.example`) is one of them, as she would be.
fn contacts() -> Vec<Contact> {
    [
        (
            "Carol Danvers",
            "CJ",
            "carol@target.example carol@home.example",
        ),
        ("Dave Lister", "", "dave@ship.example"),
        ("Dave Grohl", "", "grohl@band.example"),
        ("Eve Polastri", "Evie", "eve@mi.example"),
        ("Jörg Müller", "", "jm@koeln.example"),
        ("Dr. María José López García", "", "mj@uni.example"),
        ("Will Graham", "", "will@fbi.example"),
        ("Jean-Luc Picard", "", "jlp@ship.example"),
        ("Ludwig van Beethoven", "", "lvb@bonn.example"),
        ("Alice Ng", "", "alice@req.example"),
        ("Bob Kim", "", "bob@con.example"),
    ]
    .map(|(name, nick, addresses)| Contact {
        name: name.to_owned(),
        nicknames: nick.split_whitespace().map(str::to_owned).collect(),
        addresses: addresses.split(' ').map(address).collect(),
    })
    .to_vec()
}

/// What a text names, in short: `carol@…`, `[a, b]` for a list, `a? b?` for a question, `?Zed`.
fn short(text: &str) -> String {
    let apart = ["alice@req.example", "bob@con.example", "intro@bot.example"].map(address);
    let list = |choices: &[Choice]| -> Vec<String> {
        choices
            .iter()
            .map(|c| c.address.as_str().split('@').next().unwrap().to_owned())
            .collect()
    };
    match whom(text, &apart, &contacts()) {
        Named::Nobody => "-".to_owned(),
        Named::One(choice) => choice
            .address
            .as_str()
            .split('@')
            .next()
            .unwrap()
            .to_owned(),
        Named::List(choices) => format!("[{}]", list(&choices).join(" ")),
        Named::Several(choices) => format!("{}?", list(&choices).join("? ")),
        Named::Unknown(words) => format!("?{words}"),
    }
}

#[track_caller]
fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(text, expected)| short(text) != *expected)
        .map(|(text, expected)| format!("{text:?}: {} and not {expected}", short(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wish_names_its_object() {
    check(&[
        ("Could you introduce me to Carol Danvers?", "carol"),
        ("could you please introduce me to carol?", "carol"),
        ("Hi Bob, can you intro me to Carol? Thanks, Alice", "carol"),
        ("Intro to Carol please", "carol"),
        ("intro carol", "carol"),
        ("Please connect me with Carol.", "carol"),
        (
            "Would you connect us with Carol Danvers at Starforce?",
            "carol",
        ),
        ("Please put me in touch with Carol.", "carol"),
        ("can you ask Carol", "carol"),
        ("Please ask carol if she has time for Alice", "carol"),
        ("Could you see if Carol is interested?", "carol"),
        ("could you see if carol would be up for a chat", "carol"),
        ("I'd love to meet Carol Danvers, who runs the lab.", "carol"),
        ("please forward to Carol", "carol"),
        (
            "Please forward this mail to Carol, she may like it",
            "carol",
        ),
        ("for Carol?", "carol"),
        (
            "Hello Bob,\n\nI would like to get in touch with Carol Danvers about lasers.\n\nBest,\nAlice",
            "carol",
        ),
        ("Would Carol be open to this?", "carol"),
        ("An introduction to my friend Carol would be great", "carol"),
        ("Please introduce Alice to Carol.", "carol"),
        ("Please introduce Carol to Alice.", "carol"),
        ("Put Alice in touch with Carol", "carol"),
        ("Please ask CJ", "carol"),
        ("Please ask Evie about it", "eve"),
        (
            "Can you introduce me to Carol Danvers and tell her about our work?",
            "carol",
        ),
        ("Can you ask Will?", "will"),
        ("Can you introduce me to Jean-Luc Picard", "jlp"),
        ("please introduce me to Beethoven", "lvb"),
        ("please introduce me to Ludwig van Beethoven", "lvb"),
        ("please ask Ludwig Beethoven", "lvb"),
        ("please ask Carol D. about this", "carol"),
        ("Please introduce me to Dr. Danvers.", "carol"),
        ("please introduce me to maria jose lopez", "mj"),
        ("please introduce me to Maria Garcia", "mj"),
    ]);
}

#[test]
fn a_note_may_be_nothing_but_a_name() {
    check(&[
        ("Carol", "carol"),
        ("carol?", "carol"),
        ("Carol Danvers", "carol"),
        ("Carol Danvers please", "carol"),
        ("for carol", "carol"),
        ("@Carol", "carol"),
        ("-> Carol", "carol"),
        ("to: Carol Danvers", "carol"),
        ("Target: Carol Danvers", "carol"),
        ("Carol, please.", "carol"),
        ("Carol\n\nBob", "carol"),
        ("Carol\n\n-- \nBob Kim\nbob@other.example", "carol"),
        ("Hi,\n\nCarol Danvers\n\nThanks,\nBob", "carol"),
        ("Dave Lister", "dave"),
        ("Dave", "dave? grohl?"),
        ("Zed Zeppelin", "?Zed Zeppelin"),
        ("Carol Smith", "?Carol Smith"),
    ]);
}

#[test]
fn a_greeting_a_mention_and_a_farewell_name_nobody() {
    check(&[
        ("", "-"),
        ("FYI", "-"),
        ("Thoughts?", "-"),
        ("See below", "-"),
        ("Hi Carol,", "-"),
        ("Dear Carol,\n\nwhat do you think?", "-"),
        ("Carol told me that you know everybody.", "-"),
        ("I met with our team and Carol was there.", "-"),
        ("Best, Carol", "-"),
        ("See below.\n\nBest,\nCarol", "-"),
        ("Thanks Carol", "-"),
        (
            "Here is the mail that we spoke about.\n\nCheers\nCarol",
            "-",
        ),
        (
            "Hope all is well! Let me know what you think.\n\nKind regards,\nCarol Danvers\nDirector\n+1 555 0100",
            "-",
        ),
        ("Carol's dog is nice", "-"),
        ("Please do not ask Carol.", "-"),
        ("Don't forward this to Carol", "-"),
        ("Alice told Carol about it", "-"),
        ("please ask her", "-"),
        ("I'd love to meet you next week", "-"),
        ("Can we meet on Monday?", "-"),
        ("Please introduce me", "-"),
        ("Thanks for asking", "-"),
    ]);
}

#[test]
fn an_address_names_its_owner() {
    check(&[
        ("Please ask zed@new.example", "zed"),
        ("zed@new.example", "zed"),
        ("<zed@new.example>", "zed"),
        ("mailto:zed@new.example", "zed"),
        ("zed@new.example<mailto:zed@new.example>", "zed"),
        ("Zed Zep <zed@new.example>", "zed"),
        (
            "Could you ask zed@new.example, please? I'm alice@req.example",
            "zed",
        ),
        ("It's zed@new.example.", "zed"),
        ("(zed@new.example)", "zed"),
        ("Please introduce me to Zed Zep (zed@new.example).", "zed"),
        ("Please introduce me to Zed Zep, zed@new.example", "zed"),
        (
            "Please introduce Alice (alice@req.example) to zed@new.example",
            "zed",
        ),
        (
            "please introduce alice@other.example to zed@new.example",
            "zed",
        ),
        ("alice@req.example", "-"),
        ("intro@bot.example please", "-"),
        (
            "Could you ask zed@new.example? You can reach me at alice@home.example.",
            "zed",
        ),
        ("My email is alice@home.example", "-"),
        (
            "Please ask Carol. My new address: alice@home.example",
            "carol",
        ),
        ("Please ask Carol, not dave@ship.example", "carol"),
        ("Please ask Carol (cc dave@ship.example)", "carol"),
        (
            "Please ask zed@new.example\n\nBest,\nBob\nbob@other.example",
            "zed",
        ),
        ("Please ask zed@new.example\n-- \nbob@other.example", "zed"),
        ("https://social.example/@zed.example hello", "-"),
        ("https://x.example/a@b.example", "-"),
        ("a@b", "-"),
        ("Please ask Carol at carol@home.example", "carol"),
        (
            "Please introduce me to Carol. Her address is carol@new.example.",
            "carol",
        ),
    ]);
}

#[test]
fn two_readings_are_a_question() {
    check(&[
        ("Please ask Dave", "dave? grohl?"),
        ("Please introduce me to Carol or Eve", "carol? eve?"),
        ("Please introduce me to Carol. Also ask Eve.", "carol? eve?"),
        ("zed@new.example knows yan@new.example", "zed? yan?"),
        (
            "Please ask Carol, and tell dave@ship.example about it",
            "carol? dave?",
        ),
        ("please ask carol smith", "carol?"),
        ("Please introduce me to Carol and Zed", "carol?"),
        ("Please introduce Carol to Zeb", "carol?"),
        ("Please introduce me to Carol Smith", "?Carol Smith"),
        ("Please introduce me to Zed Zeppelin.", "?Zed Zeppelin"),
        ("Please introduce me to Acme", "?Acme"),
        ("Please ask Carol's boss", "?Carol's"),
        ("FYI\n\nZed Zep\nzed@new.example", "zed?"),
    ]);
}

#[test]
fn a_plain_list_is_a_list() {
    check(&[
        ("Please introduce me to Carol and Eve", "[carol eve]"),
        (
            "Please introduce me to Carol, Eve and Will.",
            "[carol eve will]",
        ),
        (
            "Please introduce me to Carol, Eve, and Will.",
            "[carol eve will]",
        ),
        ("Carol and Eve", "[carol eve]"),
        ("Carol, Eve", "[carol eve]"),
        ("Carol\nEve", "[carol eve]"),
        ("- Carol\n- Eve\n", "[carol eve]"),
        ("1. Carol\n2. Eve", "[carol eve]"),
        (
            "Please introduce me to:\n- Carol Danvers\n- Eve\n\nThanks!",
            "[carol eve]",
        ),
        (
            "Please introduce me to:\n\n* Carol Danvers\n* Eve",
            "[carol eve]",
        ),
        (
            "Please introduce me to the following people: Carol, Eve",
            "[carol eve]",
        ),
        ("zed@new.example, yan@new.example", "[zed yan]"),
        ("zed@new.example\nyan@new.example\n", "[zed yan]"),
        (
            "Please ask zed@new.example and yan@new.example",
            "[zed yan]",
        ),
        (
            "Zed Zep <zed@new.example>; Yan <yan@new.example>",
            "[zed yan]",
        ),
        (
            "Please introduce me to Carol and zed@new.example",
            "[carol zed]",
        ),
        (
            "a@x.example b@x.example c@x.example d@x.example e@x.example f@x.example",
            "a? b? c? d? e? f?",
        ),
        ("Carol and Carol Danvers", "carol"),
        (
            "Please introduce me to Carol and Dave",
            "carol? dave? grohl?",
        ),
        ("Please introduce me to Alice and Carol", "carol"),
    ]);
}

#[test]
fn other_languages_wish_as_well() {
    check(&[
        ("Kannst du mich Carol vorstellen?", "carol"),
        ("Stell mich bitte Carol Danvers vor.", "carol"),
        ("Könntest du mich mit Carol bekannt machen?", "carol"),
        (
            "Könnten Sie mich mit Frau Danvers in Kontakt bringen?",
            "carol",
        ),
        ("Frag bitte mal Carol", "carol"),
        ("Kannst du Carol fragen, ob sie Lust hat?", "carol"),
        ("Kannst du das bitte an Carol weiterleiten?", "carol"),
        ("Ich würde gerne Carol kennenlernen", "carol"),
        ("Ich hätte gern einen Kontakt zu Jörg Müller", "jm"),
        ("Bitte frag Joerg Mueller", "jm"),
        ("bitte frag jorg", "jm"),
        ("Hallo Carol,\nwas meinst du?\n\nViele Grüße\nBob", "-"),
        ("Peux-tu me présenter à Carol ?", "carol"),
        (
            "Pourrais-tu me mettre en relation avec Carol Danvers ?",
            "carol",
        ),
        ("présente-moi à Carol s'il te plaît", "carol"),
        ("Peux-tu demander à Carol si elle est intéressée ?", "carol"),
        ("¿Me puedes presentar a Carol?", "carol"),
        ("Preséntame a Carol, por favor", "carol"),
        ("¿Podrías ponerme en contacto con Carol?", "carol"),
        ("Pregúntale a Carol si le interesa", "carol"),
        ("Me gustaría conocer a Carol", "carol"),
        ("Hola Carol,\n\n¿qué te parece?\n\nSaludos", "-"),
    ]);
}

#[test]
fn the_written_name_wins_over_the_contacts() {
    let name = |text: &str| match whom(text, &[], &contacts()) {
        Named::One(choice) => (choice.name, choice.address.as_str().to_owned()),
        other => panic!("{other:?}"),
    };
    let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    assert_eq!(
        name("carol@home.example"),
        pair("Carol Danvers", "carol@home.example")
    );
    assert_eq!(
        name("Captain Marvel <carol@home.example>"),
        pair("Captain Marvel", "carol@home.example")
    );
    assert_eq!(
        name("ask \"Zep, Zed\" <zed@new.example>"),
        pair("Zep, Zed", "zed@new.example")
    );
    assert_eq!(
        name("Please ask Zed Zep (zed@new.example)"),
        pair("Zed Zep", "zed@new.example")
    );
    assert_eq!(
        name("Please ask zed@new.example"),
        pair("", "zed@new.example")
    );
    assert_eq!(
        name("Introduce me to Carol"),
        pair("Carol Danvers", "carol@target.example")
    );
    assert_eq!(
        name("Please meet Zed. zed@new.example"),
        pair("Zed", "zed@new.example")
    );
}

#[test]
fn a_proposal_names_two() {
    let apart = ["bob@con.example", "intro@bot.example"].map(address);
    let pair = |text: &str| {
        let found = pair(text, &apart, &contacts());
        found.map(|(a, b)| format!("{} {}", a.address, b.address))
    };
    let alice_carol = Some("alice@req.example carol@target.example".to_owned());
    for text in [
        "Please introduce Alice to Carol.",
        "introduce alice and carol",
        "Could you connect Alice Ng with Carol Danvers?",
        "Intro Alice and Carol, they both build lasers",
        "Alice and Carol",
        "Alice Ng <alice@req.example>\nCarol Danvers <carol@target.example>",
        "Please introduce alice@req.example to carol@target.example.",
        "Alice and Carol should meet.",
        "Hi! Alice should talk to Carol about lasers.",
        "I think they'd get on. Alice Ng and Carol Danvers ought to know each other.",
        "Alice <> Carol",
        "connect Alice w/ Carol",
        "alice@req.example wants to know carol@target.example, I think",
        "Alice Ng (alice@req.example) meet Carol (carol@target.example)",
        "Introduce Alice to Carol, head of lasers",
    ] {
        assert_eq!(pair(text), alice_carol, "{text}");
    }
    for text in [
        "Please introduce me to Carol",
        "Introduce Alice to Dave",
        "Do not introduce Alice to Carol",
        "Alice, Carol and Eve",
        "Introduce Alice or Carol",
        "Please introduce Dave.",
        "Dave",
        "Please ask Dave",
        "Introduce Alice to Carol or Eve",
        "Alice should relax. Carol is fine.",
        "carol@target.example",
        "a@x.example, b@x.example, c@x.example",
        "",
    ] {
        assert_eq!(pair(text), None, "{text}");
    }
}

#[test]
fn a_typed_address_is_asked_as_typed_and_a_name_at_the_preferred_one() {
    // An address in the text names the target before any contact's name does; which of a contact's
    // addresses is preferred matters where only the contact is named.
    for (text, asked) in [
        ("introduce her to Carol Danvers", "carol@target.example"),
        ("introduce her to carol@home.example", "carol@home.example"),
        (
            "introduce her to Carol Danvers <carol@home.example>",
            "carol@home.example",
        ),
    ] {
        let named = whom(text, &[], &contacts());
        assert!(
            matches!(&named, Named::One(choice) if choice.address == address(asked)),
            "{text}: {named:?}"
        );
    }
}
