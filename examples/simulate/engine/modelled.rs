//! Simple lives beside the reference model (V9): after each event the desk's introductions stand where
//! the model says, and every mail that was written is one that the model expects, with crashes and
//! without. Fails where the two differ in a stage, a kind of mail, or who got it.

use super::Life;
use super::cast::{self, BOT, CONNECTORS, DAY, HOUR, MINUTE, REQUESTERS, TARGETS, Who};
use super::chance::Chance;
use super::conduct::{NO, STOP, UNCLEAR, YES, bounce_of, with_field};
use super::life::finish;
use super::mailroom::{Inbound, Mailroom, Meaning, Proof};
use super::model::{Deed, Mail, Model, Way};
use askfirst::rules::manners::Direct;
use std::collections::{BTreeMap, HashMap};

struct Pair {
    room: Mailroom,
    model: Model,
    /// Mails as they were written; the desk numbers introductions from one in an empty database.
    written: BTreeMap<Mail, usize>,
    seen: usize,
    /// Two people are brought together once: manners between introductions are not the model's.
    left: Vec<(Who, Who)>,
    crashes: bool,
    differs: bool,
}

pub fn play(seed: u64, tell: bool) -> Life {
    let mut chance = Chance::new(seed);
    let mut house = cast::house(&mut chance);
    house.connectors.truncate(1);
    house.connectors[0].direct = Direct::Contacts;
    house.pace.asks_per_target = 10;
    house.never.clear();
    // That words are dropped, and asked for anew, is not in the model.
    house.keep_bodies_secs = 10 * 366 * DAY;
    let reminds = house.pace.remind_after_secs.is_some();
    let model = Model::new(CONNECTORS[0].1, reminds, house.pace.hold_yes_secs);
    let mut left: Vec<(Who, Who)> = Vec::new();
    for alice in REQUESTERS {
        left.extend(TARGETS[..3].iter().map(|carol| (alice, *carol)));
    }
    let mut room = Mailroom::new(house, chance, tell);
    room.tally.count("histories");
    room.tally.count("lives beside the model");
    let crashes = room.chance.one_in(2);
    let mut pair = Pair {
        room,
        model,
        written: BTreeMap::new(),
        seen: 0,
        left,
        crashes,
        differs: false,
    };
    pair.opens();
    for _ in 0..6 + pair.room.chance.below(18) {
        if pair.differs {
            break;
        }
        pair.event();
    }
    finish_both(pair)
}

fn finish_both(mut pair: Pair) -> Life {
    /// Long enough for every clock of every introduction to run out.
    const END: i64 = 120 * DAY;
    let until = pair.room.now_secs + END;
    while pair.room.now_secs < until && !pair.differs {
        pair.passes(6 * DAY + 5 * HOUR);
    }
    super::life::rest(&mut pair.room);
    finish(pair.room)
}

impl Pair {
    fn event(&mut self) {
        self.room.tally.count("events");
        let secs =
            *self
                .room
                .chance
                .pick(&[HOUR, 9 * HOUR, DAY, 4 * DAY, 5 * DAY, 15 * DAY, 31 * DAY]);
        match self.room.chance.below(12) {
            0 | 1 => self.opens(),
            2..=4 => self.passes(secs),
            5 => {
                if let Some(old) = self.room.inbound.last().cloned() {
                    self.room.tally.count("fault: duplicate");
                    self.arrives(old);
                }
            }
            6 if self.crashes => {
                self.room.restart();
                self.compare();
            }
            _ => self.answers(),
        }
    }

    fn opens(&mut self) {
        if self.left.is_empty() {
            return;
        }
        let at = self.room.chance.below(self.left.len());
        let (alice, carol) = self.left.swap_remove(at);
        let bob = CONNECTORS[0];
        let is_contact = carol != TARGETS[2];
        let named = format!("{} <{}>", carol.0, carol.1);
        let (way, who, raw) = match self.room.chance.below(3) {
            0 if is_contact => {
                let text = format!("Could you introduce me to {named}? I build sensors.");
                let raw = self.room.writer(alice).mail(BOT, "", "A wish", &text);
                (Way::Direct, alice, raw)
            }
            1 => {
                let (name, address) = alice;
                let text = format!("Please introduce {name} <{address}> to {named}.");
                let raw = self.room.writer(bob).mail(BOT, "", "Two people", &text);
                (Way::Proposed, bob, raw)
            }
            _ => {
                let below = self.room.request(alice, bob, None);
                let note = format!("Please ask {named}.");
                let raw = self.room.writer(bob).forward(&below, BOT, &note);
                (Way::Forwarded, bob, raw)
            }
        };
        let mut mail = self.room.inbound(who, Proof::Pass, Meaning::Request, raw);
        mail.names = vec![carol.1.to_owned()];
        self.model.open(way, alice.1, carol.1, self.room.now_secs);
        self.arrives(mail);
    }

    /// Somebody answers one of the mails that he got.
    fn answers(&mut self) {
        let open: Vec<usize> = (0..self.room.outbound.len())
            .filter(|at| {
                let mail = &self.room.outbound[*at];
                mail.accepted > 0 && deeds_of(&mail.saying).is_some()
            })
            .collect();
        if open.is_empty() {
            return;
        }
        // Mostly what lies on top.
        let at = match self.room.chance.one_in(3) {
            true => *self.room.chance.pick(&open),
            false => open[open.len() - 1 - self.room.chance.below(open.len().min(3))],
        };
        let ours = self.room.outbound[at].clone();
        let deed = *self
            .room
            .chance
            .pick(deeds_of(&ours.saying).unwrap_or_default());
        let id = ours.introduction.unwrap_or_default();
        let assents = matches!(deed, Deed::TargetNods | Deed::TargetMayAgree);
        if assents && self.model.has_declined(id) {
            return;
        }
        let text = self.words(deed);
        let to = cast::plain(&ours.recipients[0]);
        let everybody = [REQUESTERS.as_slice(), &CONNECTORS, &TARGETS].concat();
        let Some(who) = everybody.into_iter().find(|who| who.1 == to) else {
            return;
        };
        let mut mail = self.room.reply(who, Proof::Pass, at, meaning(deed), text);
        if deed == Deed::TargetAway {
            mail.raw = with_field(mail.raw, "Auto-Submitted: auto-replied");
        }
        if deed == Deed::TargetBounces {
            self.room.outbound[at].returned = true;
            mail.raw = bounce_of(&ours.message_id, who.1, self.room.serial);
            mail.from = "mailer-daemon@mx.example".to_owned();
        }
        self.model.does(id, deed, self.room.now_secs);
        self.arrives(mail);
    }

    fn words(&mut self, deed: Deed) -> &'static str {
        let all: &[&'static str] = match deed {
            Deed::TargetYes | Deed::RequesterYes => &YES,
            Deed::TargetNods => &YES[..1],
            Deed::TargetMayAgree => &YES[1..],
            Deed::TargetNo | Deed::RequesterNo => &NO,
            Deed::TargetLater => &["Later"],
            Deed::TargetStop => &STOP,
            Deed::TargetUnclear => &UNCLEAR,
            Deed::TargetAway => &["I am away until Monday."],
            Deed::TargetBounces => &[""],
            Deed::RequesterWithdraws | Deed::ConnectorCancels => &["cancel"],
        };
        let word: &&'static str = self.room.chance.pick(all);
        word
    }

    fn arrives(&mut self, mail: Inbound) {
        let crash = self.crashes && self.room.chance.one_in(4);
        self.room.receive(mail, crash);
        self.compare();
        self.room.now_secs += MINUTE;
        self.delivers(5);
    }

    /// Time passes in steps; what is delivered late stays delivered.
    fn passes(&mut self, secs: i64) {
        for _ in 0..2 {
            self.room.now_secs += secs / 2;
            self.model.tick(self.room.now_secs);
            self.room.tick();
            self.compare();
            self.delivers(6);
        }
    }

    /// What a crash leaves unknown is settled within the hour: the model knows of no late asks.
    fn delivers(&mut self, one_in: usize) {
        let crash = self.crashes && self.room.chance.one_in(one_in);
        self.room.deliver(crash);
        if crash {
            self.room.now_secs += 15 * MINUTE;
            self.model.tick(self.room.now_secs);
            self.room.tick();
            self.room.deliver(false);
        }
        self.compare();
    }

    fn compare(&mut self) {
        if self.differs {
            return;
        }
        self.room.tally.count("looks at the model");
        let known: HashMap<&str, &'static str> = KINDS.iter().map(|kind| (*kind, *kind)).collect();
        for mail in &self.room.outbound[self.seen..] {
            let kind = known.get(mail.saying.as_str()).copied();
            let to = match mail.recipients.as_slice() {
                [one] => cast::plain(one),
                _ => "all".to_owned(),
            };
            let id = mail.introduction.unwrap_or_default();
            *self
                .written
                .entry((id, kind.unwrap_or("another kind"), to))
                .or_default() += 1;
        }
        self.seen = self.room.outbound.len();
        let stages = self.stages();
        let (should, expected) = (self.model.stages(), self.model.mails());
        if stages != should {
            self.differs = true;
            let why = format!("the model says {should:?}, the desk {stages:?}");
            self.room.blame("V9 reference model", &why);
        }
        let all = expected.keys().chain(self.written.keys());
        let count = |mails: &BTreeMap<Mail, usize>, mail| mails.get(mail).copied().unwrap_or(0);
        let other = all
            .into_iter()
            .find(|mail| count(&expected, mail) != count(&self.written, mail));
        if let Some(mail) = other {
            self.differs = true;
            let why = format!(
                "{mail:?} is written {} times, the model says {}",
                count(&self.written, mail),
                count(&expected, mail)
            );
            self.room.blame("V9 reference model", &why);
        }
    }

    fn stages(&mut self) -> Vec<String> {
        let db = self.room.desk().store().reading();
        let mut rows = db
            .prepare_cached("SELECT stage FROM introductions ORDER BY id")
            .unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

/// What whoever got it may do about a mail; None: nothing that the model knows.
fn deeds_of(saying: &str) -> Option<&'static [Deed]> {
    use Deed::*;
    Some(match saying {
        "ask" | "reminder" | "clarify" => &[
            TargetYes,
            TargetYes,
            TargetYes,
            TargetNo,
            TargetLater,
            TargetStop,
            TargetUnclear,
            TargetAway,
            TargetBounces,
        ],
        "acknowledge_later" => &[
            TargetNods,
            TargetMayAgree,
            TargetNo,
            TargetLater,
            TargetStop,
        ],
        "propose" | "still_interested" => &[RequesterYes, RequesterYes, RequesterNo],
        "acknowledge" => &[RequesterWithdraws],
        "tell_asked" | "tell_later" => &[ConnectorCancels],
        _ => return None,
    })
}

fn meaning(deed: Deed) -> Meaning {
    match deed {
        Deed::TargetYes | Deed::TargetNods | Deed::TargetMayAgree | Deed::RequesterYes => {
            Meaning::Yes
        }
        Deed::TargetNo | Deed::RequesterNo => Meaning::No,
        Deed::TargetLater => Meaning::Later,
        Deed::TargetStop => Meaning::Stop,
        Deed::TargetAway | Deed::TargetBounces => Meaning::Machine,
        Deed::TargetUnclear => Meaning::Other,
        Deed::RequesterWithdraws | Deed::ConnectorCancels => Meaning::Cancel,
    }
}

/// The kinds of mail that the model knows.
const KINDS: [&str; 23] = [
    "ask",
    "reminder",
    "clarify",
    "thank_no",
    "acknowledge_later",
    "confirm_stop",
    "too_late",
    "introduction",
    "tell_asked",
    "tell_declined",
    "tell_unclear",
    "tell_later",
    "tell_stopped",
    "tell_closed",
    "tell_bounced",
    "tell_held",
    "tell_stands",
    "tell_withdrawn",
    "tell_requester_silent",
    "acknowledge",
    "closing",
    "propose",
    "still_interested",
];
