//! Whole notes and requests, as people write them.

use super::check;

#[test]
fn notes_and_requests_as_people_write_them() {
    let rows: &[(&str, &str)] = &[
        (
            "@bot could you check with Carol whether she'd be up for this? Alice is great.",
            "carol",
        ),
        (
            "Bot, please see if Carol Danvers wants to talk to Alice.",
            "carol",
        ),
        (
            "Forwarding Alice's note for Carol. Worth a chat I think.",
            "carol",
        ),
        ("This is for Carol Danvers", "carol"),
        ("Carol would be perfect here - can you ask her?", "carol"),
        ("pls intro to carol", "carol"),
        ("intro: carol danvers", "carol"),
        ("Intro -> Carol", "carol"),
        ("INTRO TO CAROL DANVERS", "carol"),
        ("Please reach out to Carol Danvers.", "carol"),
        ("Can you run this by Carol?", "carol"),
        ("please send this to Carol Danvers", "carol"),
        ("Pass this on to Carol please", "carol"),
        ("Please share with Carol", "carol"),
        ("Let's ask Carol!", "carol"),
        (
            "Happy to help. I'll have my assistant ask Carol Danvers.",
            "carol",
        ),
        (
            "Would you mind introducing me to Carol? We met at a conference.",
            "carol",
        ),
        (
            "Any chance you could introduce me to Carol Danvers over at Starforce?",
            "carol",
        ),
        (
            "I noticed you're connected to Carol Danvers on LinkedIn. Would you be willing to make an introduction?",
            "carol?",
        ),
        (
            "I saw that you know Carol Danvers. Could you introduce us?",
            "carol?",
        ),
        (
            "Do you know Carol Danvers well enough for an intro?",
            "carol",
        ),
        ("Could you make an intro to Carol?", "carol"),
        (
            "I'd really appreciate an email introduction to Carol Danvers (CEO of Starforce).",
            "carol",
        ),
        (
            "Who should I talk to about lasers? Carol Danvers or Eve?",
            "-",
        ),
        (
            "Hey Bob!\n\nHope you had a great summer. I'm raising a seed round for my company, and I'd love an\nintroduction to Carol Danvers, who I know invests in robotics.\n\nA short blurb is below.\n\nThanks so much,\nAlice\n\n---\nWe make robots.",
            "carol",
        ),
        (
            "Hi Bob,\n\nIt was great catching up! You mentioned Carol Danvers could be helpful, would you mind connecting me with her?\n\nBest\nAlice",
            "carol?",
        ),
        (
            "Dear Mr Kim,\n\nmy name is Alice Ng and I am looking for a mentor. Could I ask you to introduce me to Prof. Danvers?\n\nYours sincerely,\nAlice Ng",
            "carol",
        ),
        ("Alice wants to meet Carol, see below.", "carol"),
        ("Alice <> Carol", "carol"),
        ("Alice / Carol", "carol"),
        ("Alice & Carol", "carol"),
        ("Please connect Alice and Carol.", "carol"),
        ("connect Alice w/ Carol", "carol"),
        ("Double opt-in for Carol please", "carol"),
        ("Ask Carol D", "carol"),
        ("hi, please ask carol. tx b", "carol"),
        ("Please ask Carol (carol@home.example).", "carol"),
        ("to carol@home.example", "carol"),
        ("For: Carol Danvers <carol@home.example>", "carol"),
        ("Carol: carol@home.example", "carol"),
        ("carol's address is carol@home.example", "carol"),
        (
            "Try carol@home.example or carol@target.example",
            "carol? carol?",
        ),
        ("Zed is at zed@new.example - would you ask him?", "zed"),
        ("Meet Zed (zed@new.example), he runs the lab", "zed"),
        (
            "Please introduce her to both Carol Danvers and Eve Polastri",
            "[carol eve]",
        ),
        (
            "Please introduce Alice to Carol, to Eve and to Will",
            "[carol eve will]",
        ),
        (
            "Please introduce Alice to:\n\n1) Carol Danvers\n2) Eve Polastri\n\nBob",
            "[carol eve]",
        ),
        ("Carol Danvers, Starforce\nEve Polastri, MI6", "-"),
        ("Carol / Eve", "carol? eve?"),
        ("either Carol or Eve would do", "-"),
        ("Please don't bother Eve, ask Carol", "carol"),
        ("Not Eve but Carol please", "-"),
        ("I asked Eve already. Please try Carol.", "carol"),
        ("I will ask Carol myself, please close this", "-"),
        ("no", "-"),
        ("Sorry, can't help here.", "-"),
        ("Sent from my iPhone", "-"),
        ("Carol\n\nSent from my iPhone", "carol"),
        ("please ask Carol\nSent from my iPhone", "carol"),
        ("please ask Carol\n\nGet Outlook for iOS", "carol"),
        (
            "please ask Carol\n\n\nBob Kim\nPartner | Acme Ventures\nbob.kim@acme.example | www.acme.example",
            "carol",
        ),
        (
            "please ask Carol.\n\nBob Kim\nbob.kim@acme.example",
            "carol",
        ),
        (
            "please ask Carol\n\n________________________________\nThis e-mail is confidential. If you are not the intended recipient contact legal@acme.example",
            "carol",
        ),
        ("Danke! Kannst du Carol mal anfragen?", "carol"),
        ("Bitte an Carol weiterleiten, danke", "carol"),
        ("Könntest du mir bitte Carol Danvers vorstellen?", "carol"),
        ("Magst du uns mit Carol vernetzen?", "carol"),
        ("Hättest du Lust, mich Carol Danvers vorzustellen?", "carol"),
        ("Ich suche einen Kontakt zu Carol Danvers", "carol"),
        ("Bitte Carol fragen", "carol"),
        ("Salut Bob, tu pourrais me présenter Carol ?", "carol"),
        (
            "Pourriez-vous me mettre en contact avec Mme Danvers ?",
            "carol",
        ),
        ("Bob, ¿me presentas a Carol?", "carol"),
        ("¿Puedes preguntar a Carol Danvers si le interesa?", "carol"),
        ("Will you ask Eve?", "eve"),
        ("will this work? ask eve", "eve"),
        ("I will meet you. Will would like it.", "-"),
        ("We'd like to hire someone. Art direction by will.", "-"),
        ("Can you ask Müller?", "jm"),
        ("ask jean-luc", "jlp"),
        ("ask Jean Luc Picard", "jlp"),
        ("Ask Captain Picard", "?Captain Picard"),
    ];
    check(rows);
}
#[test]
fn nobody_is_asked_by_mistake() {
    let rows: &[(&str, &str)] = &[
        (
            "Hi Bob, quick ask: could you introduce me to Carol? I'm working with Dave Grohl's team on something she'd like.",
            "carol",
        ),
        ("Eve told me Carol is hiring. Can you connect us?", "-"),
        (
            "Eve Polastri suggested that I ask you to introduce me to Carol Danvers.",
            "carol",
        ),
        (
            "I spoke with Eve yesterday and she said you could introduce me to Carol.",
            "carol",
        ),
        (
            "I was talking to Eve about this; could you please introduce me to Carol Danvers?",
            "carol? eve?",
        ),
        (
            "I work with Eve at MI. Could you intro me to Carol?",
            "carol",
        ),
        (
            "Could you introduce me to Carol Danvers? Eve Polastri is in cc.",
            "carol",
        ),
        (
            "Would love an intro to Carol. I was at school with Will, so I know the space.",
            "carol",
        ),
        ("Hi Will! Please introduce me to Carol.", "carol"),
        ("Hi Carol, this is for Eve", "eve"),
        ("Could you introduce Carol and me?", "carol"),
        ("Could you introduce Carol & Alice to each other?", "carol"),
        ("Can you introduce us, Carol and me?", "-"),
        ("Please loop in Carol.", "carol"),
        ("Add Carol please", "?Add Carol"),
        ("cc Carol", "-"),
        ("Could you tell Carol about me?", "carol"),
        ("please let Carol know about this", "carol"),
        ("Could you give Carol a heads up", "-"),
        ("Please bring this to Carol's attention", "-"),
        ("Please introduce me to someone like Carol", "-"),
        ("Please introduce me to someone at Carol's company", "-"),
        ("Please introduce me to anyone but Carol", "-"),
        (
            "Please introduce me to Carol's colleague Eve Polastri",
            "?Carol's",
        ),
        ("Please introduce me to Eve, Carol's colleague", "eve"),
        ("Please introduce me to Eve (Carol's colleague)", "eve"),
        ("Please introduce me to the woman who works with Carol", "-"),
        (
            "Please introduce me to Starforce's CEO, Carol Danvers",
            "carol?",
        ),
        (
            "Please introduce me to the CEO of Starforce, Carol Danvers.",
            "?CEO",
        ),
        ("I want to meet your friend Carol from Starforce", "carol"),
        ("Meeting with Carol would help me a lot.", "carol"),
        (
            "If you think Carol would like this, please forward it.",
            "carol",
        ),
        ("Maybe Carol?", "carol"),
        ("I think Carol.", "-"),
        ("Carol! Not Eve.", "-"),
        ("Carol, I guess", "-"),
        ("carol danvers\nhead of lasers\nstarforce", "-"),
        (
            "Carol Danvers <carol@home.example>\nhead of lasers",
            "carol",
        ),
        ("You should meet Alice! Bob", "-"),
        ("Hi Carol, meet Alice. Alice, meet Carol.", "carol"),
        ("See below - interested, Carol?", "-"),
        ("ask Carol or whoever is in charge", "carol"),
        ("ask Carol, please, and if she says no then Eve", "carol"),
        ("First ask Carol, then Eve.", "carol"),
        ("Ask Carol and, if she declines, ask Eve.", "carol? eve?"),
        (
            "please ask carol@home.example and if she is not interested dave@ship.example",
            "carol? dave?",
        ),
        ("to: carol@home.example cc: eve@mi.example", "carol"),
        ("1", "-"),
        ("2", "-"),
        ("yes", "-"),
        ("ok carol", "-"),
        ("Yes please ask Carol", "carol"),
        ("No, ask Eve instead", "eve"),
        ("Not her, ask Eve", "eve"),
        ("Wrong Dave - I meant Dave Lister", "-"),
        ("Dave Lister please, not Dave Grohl", "-"),
        ("the second one", "-"),
        ("Kannst du mich deiner Freundin Carol vorstellen?", "carol"),
        ("Kannst du mich und Carol bekannt machen?", "-"),
        ("Wäre das was für Carol?", "carol"),
        ("Für Carol?", "carol"),
        (
            "Ich würde mich freuen, wenn du mich mit Carol Danvers bekannt machen könntest.",
            "carol",
        ),
        (
            "Eve hat mir erzählt, dass du Carol kennst. Könntest du uns vorstellen?",
            "-",
        ),
        ("Pour Carol ?", "carol"),
        ("Est-ce que Carol serait intéressée ?", "-"),
        ("¿Para Carol?", "carol"),
        ("¿Crees que Carol estaría interesada?", "-"),
        (
            "Could you ask will@fbi.example or carol@home.example?",
            "will? carol?",
        ),
        ("Please meet me at bar@hotel.example", "-"),
        ("follow me @carol", "-"),
        (
            "Thanks for introducing me to Carol last year! Could you introduce me to Eve too?",
            "carol? eve?",
        ),
        ("You introduced me to Carol, and now I need Eve.", "-"),
        ("I already know Carol, I would like to meet Eve", "eve"),
        ("I have already talked to Carol. Please ask Eve.", "eve"),
        ("please ask\nCarol", "carol"),
        ("Please ask Carol\nThanks", "carol"),
        ("Please ask Carol\nBest", "carol"),
        ("Please ask Carol\nBob", "carol"),
        ("Please ask Carol\n/Bob", "carol"),
        ("Please ask Carol -Bob", "carol"),
        ("Please ask Carol - Bob", "carol"),
        ("please ask carol /b", "carol"),
        ("please ask carol!!!", "carol"),
        ("please ask *Carol*", "carol"),
        ("please ask _Carol_", "carol"),
        ("please ask “Carol”", "carol"),
        ("please ask 'Carol'", "carol"),
        ("please ask <Carol>", "-"),
        ("please ask carol😀", "carol"),
        ("please\u{a0}ask\u{a0}Carol", "carol"),
        ("please ask  Carol   Danvers", "carol"),
        ("please ask Carol\r\nthanks", "carol"),
        ("please ask CAROL DANVERS", "carol"),
        ("please ask Ms. Carol Danvers, PhD", "carol"),
        (
            "please introduce me to carol danvers and eve polastri",
            "[carol eve]",
        ),
        (
            "please introduce me to carol danvers (starforce) and eve polastri (mi6).",
            "[carol eve]",
        ),
        ("introduce me to Carol; Eve", "[carol eve]"),
        ("introduce me to Carol + Eve", "[carol eve]"),
        ("introduce me to Carol, and maybe Eve", "carol"),
    ];
    check(rows);
}

#[test]
fn hostile_texts_take_bounded_time() {
    let start = std::time::Instant::now();
    for piece in [
        "a@",
        "@",
        "a@b.example ",
        "<a@b.example>",
        "ask ",
        "ask Carol ",
        "introduce ",
        "introduce Carol to ",
        "- ",
        "\n",
        "\n\n",
        "(",
        "Carol, ",
        "Carol and ",
        "my ",
        "1) ",
        "Best,\n",
        "-- \n",
        "x",
        "\u{301}",
        "Carol Danvers <",
        "\"",
        "would ",
        "mich ",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        let _ = super::short(&text);
        let _ = crate::reader::request::pair(&text, &[], &super::contacts());
    }
    assert!(
        start.elapsed() < std::time::Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,300}", pieces in proptest::collection::vec(proptest::sample::select(vec![
        "introduce", " ", "me", "to", "Carol", "Dave", "and", ",", "\n", "a@b.example", "<", ">", "(", ")", "\"", ":", "-- ", "é", "ß", "ẞ", "İ", ".", "@", "'s", "Best,", "not", "or", "1)", "/",
    ]), 0..40)) {
        let _ = super::short(&text);
        let soup = pieces.concat();
        let _ = super::short(&soup);
        let _ = crate::reader::request::pair(&soup, &[], &super::contacts());
    }

    /// Nobody apart is ever named, and everyone named is a contact or an address in the text.
    #[test]
    fn only_who_stands_there_is_named(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "introduce ", "me ", "to ", "Carol ", "Dave ", "Alice ", "Bob ", "and ", ", ", "\n", "alice@req.example ", "zed@new.example ", "ask ", "intro@bot.example ",
    ]), 0..20)) {
        use crate::reader::request::{Named, whom};
        let apart = ["alice@req.example", "bob@con.example", "intro@bot.example"].map(super::address);
        let text = pieces.concat();
        let choices = match whom(&text, &apart, &super::contacts()) {
            Named::One(choice) => vec![choice],
            Named::List(choices) | Named::Several(choices) => choices,
            Named::Nobody | Named::Unknown(_) => Vec::new(),
        };
        for choice in choices {
            proptest::prop_assert!(!apart.contains(&choice.address));
            let is_contact = super::contacts().iter().any(|c| c.addresses.contains(&choice.address));
            proptest::prop_assert!(is_contact || text.contains(choice.address.as_str()));
        }
    }
}
