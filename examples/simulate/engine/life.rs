//! One random life: a subset of things that can happen (swarm testing), in random order, then an
//! end in fair weather in which everything has to come to rest.

use super::cast::{self, DAY, HOUR, MINUTE, REQUESTERS};
use super::chance::Chance;
use super::mailroom::{Inbound, Mailroom, Proof, Weather};
use super::{Life, checker};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Forwarded,
    AnsweredInCopy,
    AskedHimself,
    Together,
    Proposed,
    Direct,
    TargetYes,
    TargetElse,
    TargetToBoth,
    TargetToConnector,
    Requester,
    Connector,
    Command,
    PassedOn,
    Forgery,
    Machine,
    Bounce,
    Again,
    Wait,
    WaitLong,
    ClockJump,
    Restart,
    Operator,
}

const KINDS: [Kind; 23] = [
    Kind::Forwarded,
    Kind::AnsweredInCopy,
    Kind::AskedHimself,
    Kind::Together,
    Kind::Proposed,
    Kind::Direct,
    Kind::TargetYes,
    Kind::TargetElse,
    Kind::TargetToBoth,
    Kind::TargetToConnector,
    Kind::Requester,
    Kind::Connector,
    Kind::Command,
    Kind::PassedOn,
    Kind::Forgery,
    Kind::Machine,
    Kind::Bounce,
    Kind::Again,
    Kind::Wait,
    Kind::WaitLong,
    Kind::ClockJump,
    Kind::Restart,
    Kind::Operator,
];

/// Mails that one responder's life may exchange; the fuses end it long before.
const MAX_EXCHANGE: usize = 60;
/// Looks at the clock in the epilogue; every introduction needs a handful.
const MAX_WAKES: usize = 400;

pub struct Player {
    pub room: Mailroom,
    kinds: Vec<Kind>,
    /// Mails that wait in some queue of the world and arrive in another order.
    transit: Vec<Inbound>,
    reorders: bool,
    crashes: bool,
}

pub fn play(seed: u64, tell: bool) -> Life {
    let mut chance = Chance::new(seed);
    let house = cast::house(&mut chance);
    let mut room = Mailroom::new(house, chance, tell);
    room.tally.count("histories");
    if room.chance.one_in(3) {
        let of = *room.chance.pick(&[2, 4, 10]);
        room.weather = Weather::Foul { of };
    }
    let kinds = swarm(&mut room.chance);
    let length = length(&mut room.chance);
    let mut player = Player {
        reorders: room.chance.one_in(4),
        crashes: room.chance.one_in(4),
        room,
        kinds,
        transit: Vec::new(),
    };
    let kinds = player.kinds.clone();
    player.room.say(|| format!("{kinds:?}"));
    if player.room.chance.one_in(2) {
        player.plot();
    }
    if player.room.chance.one_in(25) {
        player.answer_everything();
    }
    for _ in 0..length {
        player.event();
    }
    player.rest();
    finish(player.room)
}

pub fn finish(mut room: Mailroom) -> Life {
    checker::whole(&mut room);
    room.close();
    Life {
        violations: std::mem::take(&mut room.violations),
        transcript: room.transcript.take().unwrap_or_default(),
        tally: std::mem::take(&mut room.tally),
    }
}

/// Each life has about half of the kinds, and always some request, some answer and some waiting.
fn swarm(chance: &mut Chance) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = KINDS.into_iter().filter(|_| chance.one_in(2)).collect();
    let requests = [
        Kind::Forwarded,
        Kind::Direct,
        Kind::Proposed,
        Kind::Forwarded,
        Kind::AskedHimself,
    ];
    let request = *chance.pick(&requests);
    kinds.extend([request, Kind::TargetYes, Kind::Wait]);
    // Answers are what lives are made of.
    for kind in [
        Kind::TargetYes,
        Kind::TargetElse,
        Kind::Requester,
        Kind::Connector,
    ] {
        if kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// 5 to 200 events; long lives are dear and find little that short ones don't.
fn length(chance: &mut Chance) -> usize {
    match chance.below(40) {
        0 => 60 + chance.below(141),
        1..=3 => 20 + chance.below(40),
        _ => 5 + chance.below(8),
    }
}

impl Player {
    pub fn event(&mut self) {
        self.room.tally.count("events");
        // Without a mail from the bot there is nothing to answer.
        let kind = match self.room.outbound.is_empty() && !self.room.chance.one_in(4) {
            true => *self
                .kinds
                .iter()
                .find(|k| {
                    matches!(
                        k,
                        Kind::Forwarded | Kind::Direct | Kind::Proposed | Kind::AskedHimself
                    )
                })
                .unwrap_or(&Kind::Forwarded),
            false => *self.room.chance.pick(&self.kinds),
        };
        let proof = self.room.proof();
        let room = &mut self.room;
        let mail = match kind {
            Kind::Forwarded => Some(room.forwarded(proof)),
            Kind::AnsweredInCopy => Some(room.answered_in_copy(proof)),
            Kind::AskedHimself => Some(room.asked_himself(proof)),
            Kind::Together => Some(room.together(proof)),
            Kind::Proposed => Some(room.proposed(proof)),
            Kind::Direct => {
                let alice = *room.chance.pick(&REQUESTERS);
                Some(room.direct(alice, proof))
            }
            Kind::TargetYes => room.target_answers(true),
            Kind::TargetElse => room.target_answers(false),
            Kind::TargetToBoth => room.target_writes_to_both(),
            Kind::TargetToConnector => room.target_answers_connector(),
            Kind::Requester => room.requester_answers(),
            Kind::Connector => room.connector_answers(),
            Kind::Command => Some(room.command(proof)),
            Kind::PassedOn => room.passed_on(),
            Kind::Forgery => Some(room.forgery()),
            Kind::Machine => room.machine(false),
            Kind::Bounce => room.machine(true),
            Kind::Again => {
                let old =
                    (!room.inbound.is_empty()).then(|| room.chance.pick(&room.inbound).clone());
                old.inspect(|_| room.tally.count("fault: duplicate"))
            }
            Kind::Wait => {
                let secs = *room.chance.pick(&[MINUTE, HOUR, DAY, 4 * DAY, 9 * DAY]);
                self.wait(secs);
                None
            }
            Kind::WaitLong => {
                let secs = *room.chance.pick(&[15 * DAY, 40 * DAY, 100 * DAY]);
                self.wait(secs);
                None
            }
            Kind::ClockJump => {
                room.tally.count("fault: clock jump");
                room.now_secs += *room.chance.pick(&[-DAY, -HOUR, DAY, 30 * DAY]);
                room.tick();
                None
            }
            Kind::Restart => {
                room.restart();
                None
            }
            Kind::Operator => {
                self.operate();
                None
            }
        };
        if let Some(mail) = mail {
            self.post(mail);
        }
    }

    /// A mail sets out; it arrives at once, or after others.
    pub fn post(&mut self, mail: Inbound) {
        self.transit.push(mail);
        if self.reorders && self.room.chance.one_in(2) {
            return;
        }
        while !self.transit.is_empty() {
            let at = self.room.chance.below(self.transit.len());
            let mail = self.transit.swap_remove(at);
            let crash = self.crashes && self.room.chance.one_in(6);
            self.room.receive(mail, crash);
        }
        self.room.now_secs += MINUTE;
        let crash = self.crashes && self.room.chance.one_in(8);
        self.room.deliver(crash);
    }

    pub fn wait(&mut self, secs: i64) {
        let steps = match secs > DAY {
            true => 3,
            false => 1,
        };
        for _ in 0..steps {
            self.room.now_secs += secs / steps;
            self.room.tick();
            self.room.deliver(false);
        }
    }

    fn operate(&mut self) {
        let room = &mut self.room;
        let now = room.now_secs;
        let done = match room.chance.below(4) {
            0 => {
                let all = room.desk().list(false).unwrap_or_default();
                match all.last() {
                    Some(last) => room.desk().cancel(last.id, now).map(|_| ()),
                    None => Ok(()),
                }
            }
            1 => room.desk().set_paused(true, now),
            _ => room.desk().set_paused(false, now),
        };
        if let Err(error) = done {
            room.blame(
                "V10 survival",
                &format!("the operator's order failed: {error}"),
            );
        }
        room.collect();
    }

    /// Programs that answer every mail at once, until the fuses end it.
    fn answer_everything(&mut self) {
        self.room.tally.count("responders");
        let mail = self.room.forwarded(Proof::Pass);
        self.post(mail);
        let mut next = 0;
        while next < self.room.outbound.len().min(MAX_EXCHANGE) {
            if let Some(answer) = self.room.responder(next) {
                self.post(answer);
            }
            if self.room.chance.one_in(5) {
                self.wait(6 * DAY);
            }
            next += 1;
        }
    }

    /// Faults stop: within a year and a half all is settled, or something is stuck.
    fn rest(&mut self) {
        self.room.weather = Weather::Fair;
        let waiting = std::mem::take(&mut self.transit);
        for mail in waiting {
            self.room.receive(mail, false);
        }
        self.room.everybody_resumes();
        rest(&mut self.room);
    }
}

/// Until nothing is due any more.
pub fn rest(room: &mut Mailroom) {
    for _ in 0..MAX_WAKES {
        let wake = room.tick();
        room.deliver(false);
        let delivery = room.desk().next_delivery_secs().unwrap_or_default();
        let Some(at) = [wake, delivery].into_iter().flatten().min() else {
            return;
        };
        room.now_secs = (room.now_secs + 1).max(at);
    }
    room.blame("V4 no loss", "the bot never comes to rest");
}
