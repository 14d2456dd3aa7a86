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
        ("Carol would be perfect here - can you ask her?", "-"),
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
