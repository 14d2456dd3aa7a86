//! `askfirst demo --script`: one introduction that ends in yes, one that ends in no, told as it goes.
//!
//! Fails with a sentence when a mail that must come does not, or one comes that must not.

use crate::daemon;
use crate::demo::smtp::Passed;
use crate::demo::village::{ALICE, BOB, BOT, CAROL, DAN, Village, Villager};
use crate::desk::views;
use crate::reader::letter::Letter;
use crate::rules::introduction::Stage;

/// Lines of each mail that are shown.
const LINES_SHOWN: usize = 12;
/// Columns of a mail's lines in the story; in front of them stands a margin.
const WIDTH: usize = 75;
/// In front of a consent's evidence: who gave it.
const BESIDE_ROLE: usize = 11;

/// Where the story is told, line by line.
pub type Teller<'a> = &'a mut (dyn FnMut(&str) + Send);

pub async fn play(tell: Teller<'_>) -> Result<(), String> {
    let mut village = Village::start(daemon::system_clock()).await?;
    let played = story(&mut village, tell).await;
    village.end().await;
    played
}

async fn story(village: &mut Village, tell: Teller<'_>) -> Result<(), String> {
    tell(&format!(
        "{} would like to meet two people whom {} knows.\n{} asks each of them first.\n",
        ALICE.name, BOB.name, BOT.name
    ));
    tell("== The first: a yes ==\n");
    let request = "Hi Bob,\n\ncould you introduce me to Carol Danvers? I am building a small\nsensor for beehives, and she has shipped radio hardware that survives\nten winters. Twenty minutes of her advice would save me a year.\n\nThanks,\nAlice";
    let ask = asked(village, tell, &CAROL, "An introduction to Carol?", request).await?;
    let answer = village
        .writer(&CAROL)
        .reply(&ask, "Yes, happy to talk. Tuesdays are best.");
    send(village, &CAROL, BOT.address, &answer).await?;
    expect(village, tell, &CAROL, &[BOT.address]).await?;
    let everybody = [ALICE.address, CAROL.address, BOB.address];
    expect(village, tell, &BOT, &everybody).await?;
    tell(&format!(
        "   {} has left the conversation; it is theirs now.\n",
        BOT.name
    ));

    tell("== The second: a no ==\n");
    let before = village.mailboxes.mails(ALICE.user, "INBOX").len();
    let request = "Hi Bob,\n\nand do you think Dan Ortiz would look at our radio budget with me?\nI have two pages of measurements that I can't explain.\n\nAlice";
    let ask = asked(village, tell, &DAN, "Dan Ortiz?", request).await?;
    let answer = village
        .writer(&DAN)
        .reply(&ask, "No, sorry, I have no time for this before summer.");
    send(village, &DAN, BOT.address, &answer).await?;
    expect(village, tell, &DAN, &[BOT.address]).await?;
    for _ in 0..2 {
        let passed = village.next().await?;
        show_mail(tell, &passed);
        if passed.recipients.iter().any(|to| to == ALICE.address) {
            return Err("a mail went to the requester after a no".to_owned());
        }
    }
    let after = village.mailboxes.mails(ALICE.user, "INBOX").len();
    if before != after {
        return Err("the requester heard of the no".to_owned());
    }
    tell("   Alice hears nothing of this: her inbox is as it would be under silence.\n");
    consents(village, tell).await
}

/// The way from the requester's mail to the ask in the target's inbox.
async fn asked(
    village: &mut Village,
    tell: Teller<'_>,
    target: &Villager,
    subject: &str,
    request: &str,
) -> Result<Letter, String> {
    let mail = village
        .writer(&ALICE)
        .mail(&mailbox(&BOB), "", subject, request);
    send(village, &ALICE, BOB.address, &mail).await?;
    let request = expect(village, tell, &ALICE, &[BOB.address]).await?;
    let note = format!("Please ask {} <{}>.", target.name, target.address);
    let forward = village
        .writer(&BOB)
        .forward(&request, &mailbox(&BOT), &note);
    send(village, &BOB, BOT.address, &forward).await?;
    expect(village, tell, &BOB, &[BOT.address]).await?;
    let ask = expect(village, tell, &BOT, &[target.address]).await?;
    expect(village, tell, &BOT, &[BOB.address]).await?;
    Ok(ask)
}

async fn send(village: &Village, from: &Villager, to: &str, mail: &[u8]) -> Result<(), String> {
    // Answers go where the mail says: to the bot's sub-address, where it has one.
    let letter = crate::reader::open(mail);
    let to = letter
        .to
        .first()
        .map_or(to.to_owned(), |person| person.address.to_string());
    village.send(from, &[to], mail).await
}

/// The next mail must be this one; it is told and returned.
async fn expect(
    village: &mut Village,
    tell: Teller<'_>,
    from: &Villager,
    to: &[&str],
) -> Result<Letter, String> {
    let passed = village.next().await?;
    show_mail(tell, &passed);
    let base = |address: &str| {
        let (local, domain) = address.split_once('@').unwrap_or((address, ""));
        format!("{}@{domain}", local.split('+').next().unwrap_or_default())
    };
    let recipients: Vec<String> = passed.recipients.iter().map(|a| base(a)).collect();
    if recipients != to || base(&passed.envelope_from) != from.address {
        return Err(format!(
            "expected a mail of {} to {}",
            from.name,
            to.join(", ")
        ));
    }
    Ok(crate::reader::open(&passed.bytes))
}

fn mailbox(villager: &Villager) -> String {
    format!("{} <{}>", villager.name, villager.address)
}

fn show_mail(tell: Teller<'_>, passed: &Passed) {
    let letter = crate::reader::open(&passed.bytes);
    let from = letter.from.person().map_or("?", |person| person.called());
    let names = |people: &[crate::reader::address::Person]| {
        people
            .iter()
            .map(|p| p.called().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let copy = match letter.cc.is_empty() {
        true => String::new(),
        false => format!(" (Cc {})", names(&letter.cc)),
    };
    tell(&format!("-> {from} to {}{copy}", names(&letter.to)));
    tell(&format!("   Subject: {}", letter.subject));
    let text = letter.plain.unwrap_or_default();
    let lines: Vec<&str> = text.trim().lines().collect();
    for line in lines.iter().take(LINES_SHOWN) {
        for part in wrapped(line, WIDTH) {
            tell(format!("   | {part}").trim_end());
        }
    }
    if lines.len() > LINES_SHOWN {
        tell(&format!("   | … {} more lines", lines.len() - LINES_SHOWN));
    }
    tell("");
}

/// A line as a mail program shows it in a narrow window.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for word in line.split(' ') {
        let used = parts.last().map_or(0, |part| part.chars().count());
        match parts.last_mut() {
            Some(part) if used == 0 || used + 1 + word.chars().count() <= width => {
                if used > 0 {
                    part.push(' ');
                }
                part.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

/// The three consents of each introduction, with their evidence.
async fn consents(village: &Village, tell: Teller<'_>) -> Result<(), String> {
    tell("== On whose word ==\n");
    let introductions = village
        .clerk
        .ask(|desk| desk.list(true))
        .await
        .map_err(|error| error.to_string())?;
    let mut stages = Vec::new();
    for introduction in introductions {
        let called = |person: &Option<crate::reader::address::Person>| {
            person.as_ref().map_or("?", |p| p.called()).to_owned()
        };
        tell(&format!(
            "{} to {}: {}",
            called(&introduction.requester),
            called(&introduction.target),
            introduction.stage.name()
        ));
        for line in views::consents_in_words(&introduction.consents) {
            let mut parts = wrapped(&line, WIDTH - BESIDE_ROLE).into_iter();
            tell(&format!("   {}", parts.next().unwrap_or_default()));
            for part in parts {
                tell(&format!("   {}{part}", " ".repeat(BESIDE_ROLE)));
            }
        }
        tell("");
        stages.push(introduction.stage);
    }
    match stages.as_slice() {
        [Stage::Introduced, Stage::Declined] => Ok(()),
        _ => Err("the introductions did not end as they should".to_owned()),
    }
}
