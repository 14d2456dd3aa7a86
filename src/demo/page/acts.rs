//! What a visitor of the page can do: write, reply and forward as one of the three, play a story, move the clock.
//!
//! Fails with a sentence for the visitor; then nothing was sent.

use crate::clerk::Now;
use crate::demo::dress::{Dress, Writer};
use crate::demo::page::scene::Scribe;
use crate::demo::page::tales::{self, Deed, Tale};
use crate::demo::village::{ALICE, BOB, BOT, CAROL, Village, Villager};
use crate::reader::letter::Letter;
use crate::rules::clock;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The three who can write from the page.
pub(super) const PLAYERS: [&Villager; 3] = [&ALICE, &BOB, &CAROL];
/// A mail on loopback takes milliseconds; after this a step of the story can't be played.
const PATIENCE: Duration = Duration::from_secs(5);
/// More at once would leap over what is to be watched.
const MAX_DAYS: u32 = 60;
const DAY_SECS: i64 = 24 * 3600;
/// Mails in one mailbox before the visitor has to start over: what is shown of them grows with each.
const MAX_MAILS: usize = 200;

/// An order of a visitor.
#[derive(Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Act {
    /// Start over with this story; nothing of it happens yet.
    Choose {
        tale: Tale,
    },
    /// Play the next step; `step` is the one the visitor saw, so that two tabs don't play it twice.
    Step {
        step: usize,
    },
    PassDays {
        days: u32,
    },
    PassToNext,
    Write {
        who: String,
        to: String,
        cc: String,
        subject: String,
        text: String,
        dress: Dress,
    },
    Reply {
        who: String,
        uid: u32,
        text: String,
        dress: Dress,
    },
    Forward {
        who: String,
        uid: u32,
        to: String,
        text: String,
        dress: Dress,
    },
}

/// The village, its movable clock, and how far the story is.
pub(super) struct Guide {
    pub(super) village: Village,
    pub(super) now: Now,
    offset_secs: Arc<AtomicI64>,
    pub(super) tale: Tale,
    pub(super) step: usize,
    /// Counts the beginnings, so that a tab sees that all mails are others.
    pub(super) round: u32,
    pub(super) scribe: Scribe,
}

impl Guide {
    pub(super) async fn start() -> Result<Guide, String> {
        let offset_secs = Arc::new(AtomicI64::new(first_offset_secs()));
        let moved = offset_secs.clone();
        let now: Now =
            Arc::new(move || jiff::Timestamp::now().as_second() + moved.load(Ordering::Relaxed));
        Ok(Guide {
            village: Village::start(now.clone()).await?,
            now,
            offset_secs,
            tale: Tale::Yes,
            step: 0,
            round: 1,
            scribe: Scribe::default(),
        })
    }

    pub(super) async fn act(&mut self, act: Act) -> Result<(), String> {
        match act {
            Act::Choose { tale } => self.choose(tale).await,
            Act::Step { step } => self.play(step).await,
            Act::PassDays { days } if days <= MAX_DAYS => {
                self.pass(i64::from(days) * DAY_SECS);
                Ok(())
            }
            Act::PassDays { .. } => Err(format!("at most {MAX_DAYS} days at once")),
            Act::PassToNext => self.pass_to_next().await,
            Act::Write {
                who,
                to,
                cc,
                subject,
                text,
                dress,
            } => {
                let who = player(&who)?;
                let mail = self.pen(who, dress).mail(&to, &cc, &subject, &text);
                self.post(who, &mail).await
            }
            Act::Reply {
                who,
                uid,
                text,
                dress,
            } => {
                let who = player(&who)?;
                let letter = self.letter(who, uid)?;
                let mail = self.pen(who, dress).reply(&letter, &text);
                self.post(who, &mail).await
            }
            Act::Forward {
                who,
                uid,
                to,
                text,
                dress,
            } => {
                let who = player(&who)?;
                let letter = self.letter(who, uid)?;
                let mail = self.pen(who, dress).forward(&letter, &to, &text);
                self.post(who, &mail).await
            }
        }
    }

    async fn choose(&mut self, tale: Tale) -> Result<(), String> {
        self.offset_secs
            .store(first_offset_secs(), Ordering::Relaxed);
        self.village.start_over().await?;
        self.tale = tale;
        self.step = 0;
        self.round += 1;
        self.scribe = Scribe::default();
        Ok(())
    }

    async fn play(&mut self, step: usize) -> Result<(), String> {
        if step != self.step {
            return Ok(());
        }
        let Some(step) = self.tale.steps().get(self.step) else {
            return Err("the story is at its end; choose one to start over".to_owned());
        };
        match step.deed {
            Deed::AliceAsks => {
                let to = mailbox(&BOB);
                let pen = self.pen(&ALICE, Dress::Gmail);
                let mail = pen.mail(&to, "", tales::WISH_SUBJECT, tales::WISH);
                self.post(&ALICE, &mail).await?;
            }
            Deed::BobForwards => {
                let wish = self.newest(&BOB, &ALICE).await?;
                let pen = self.pen(&BOB, Dress::Gmail);
                let mail = pen.forward(&wish, &mailbox(&BOT), tales::NOTE);
                self.post(&BOB, &mail).await?;
                self.newest(&CAROL, &BOT).await?;
            }
            Deed::CarolSays(words) => {
                let ask = self.newest(&CAROL, &BOT).await?;
                let mail = self.pen(&CAROL, Dress::Gmail).reply(&ask, words);
                self.post(&CAROL, &mail).await?;
            }
            Deed::CarolAway => {
                let ask = self.newest(&CAROL, &BOT).await?;
                let mail = self.pen(&CAROL, Dress::Gmail).away(
                    &ask,
                    tales::AWAY_SUBJECT,
                    tales::AWAY_TEXT,
                );
                self.post(&CAROL, &mail).await?;
            }
            Deed::Forgery(words) => {
                let ask = self.newest(&CAROL, &BOT).await?;
                let mail = self.pen(&CAROL, Dress::Gmail).reply(&ask, words);
                let to = recipients(&mail)?;
                self.village
                    .send_unproven("stranger@elsewhere.example", &to, &mail)
                    .await?;
            }
            Deed::Days(days) => self.pass(i64::from(days) * DAY_SECS),
            Deed::NextMoment => self.pass_to_next().await?,
        }
        self.step += 1;
        Ok(())
    }

    fn pass(&self, secs: i64) {
        self.offset_secs.fetch_add(secs, Ordering::Relaxed);
        self.village.clerk.bell.ring();
    }

    async fn pass_to_next(&self) -> Result<(), String> {
        let open = self.village.clerk.ask(|desk| desk.list(true)).await;
        let open = open.map_err(|error| error.to_string())?;
        let next = open.iter().filter_map(clock::next_wake_secs).min();
        let next = next.ok_or("the bot waits for no day now; let some days pass instead")?;
        self.pass((next - (self.now)() + 1).max(0));
        Ok(())
    }

    fn pen(&mut self, who: &Villager, dress: Dress) -> Writer<'static> {
        Writer {
            dress,
            ..self.village.writer(who)
        }
    }

    /// Sends to whom the mail itself names in To and Cc.
    async fn post(&self, who: &Villager, mail: &[u8]) -> Result<(), String> {
        if self.village.mailboxes.mails(who.user, "Sent").len() >= MAX_MAILS {
            return Err(format!(
                "{} has written {MAX_MAILS} mails; start over",
                who.name
            ));
        }
        let to = recipients(mail)?;
        self.village.send(who, &to, mail).await
    }

    fn letter(&self, who: &Villager, uid: u32) -> Result<Letter, String> {
        let inbox = self.village.mailboxes.mails(who.user, "INBOX");
        let mail = inbox.iter().find(|mail| mail.uid == uid);
        let mail = mail.ok_or("this mail is no longer there; the story has started over")?;
        Ok(crate::reader::open(&mail.bytes))
    }

    /// The newest mail in this inbox from this author, waited for.
    async fn newest(&self, whose: &Villager, from: &Villager) -> Result<Letter, String> {
        let mut changes = self.village.mailboxes.changes();
        let waiting = async {
            loop {
                let inbox = self.village.mailboxes.mails(whose.user, "INBOX");
                let letters = inbox
                    .iter()
                    .rev()
                    .map(|mail| crate::reader::open(&mail.bytes));
                if let Some(letter) = letters.into_iter().find(|letter| is_from(letter, from)) {
                    return letter;
                }
                // A change that is missed is one of a village that has ended.
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| {
            format!(
                "this step needs a mail of {} in {}’s inbox, and there is none",
                from.name, whose.name
            )
        })
    }
}

/// Whether the mail comes from this villager, a sub-address included.
pub(super) fn is_from(letter: &Letter, villager: &Villager) -> bool {
    let Some(person) = letter.from.person() else {
        return false;
    };
    let address = person.address.to_string();
    let (local, domain) = address.split_once('@').unwrap_or_default();
    let local = local.split('+').next().unwrap_or_default();
    format!("{local}@{domain}") == villager.address
}

fn recipients(mail: &[u8]) -> Result<Vec<String>, String> {
    let letter = crate::reader::open(mail);
    let to: Vec<String> = letter
        .to
        .iter()
        .chain(&letter.cc)
        .map(|person| person.address.to_string())
        .collect();
    match to.is_empty() {
        true => Err("this mail names nobody to send it to; write an address under To".to_owned()),
        false => Ok(to),
    }
}

fn player(user: &str) -> Result<&'static Villager, String> {
    let found = PLAYERS.into_iter().find(|player| player.user == user);
    found.ok_or_else(|| "nobody of that name writes here".to_owned())
}

fn mailbox(villager: &Villager) -> String {
    format!("{} <{}>", villager.name, villager.address)
}

/// The demo begins on the last Wednesday at ten: five days later is a working day, on which reminders go out.
fn first_offset_secs() -> i64 {
    let now = jiff::Timestamp::now();
    let mut day = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    for _ in 0..8 {
        let ten = day
            .at(10, 0, 0, 0)
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .map(|moment| moment.timestamp());
        if day.weekday() == jiff::civil::Weekday::Wednesday
            && let Ok(ten) = ten
            && ten <= now
        {
            return ten.as_second() - now.as_second();
        }
        day = day.yesterday().unwrap_or(day);
    }
    0
}
