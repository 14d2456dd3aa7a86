//! Twin lives for the silence of no (V5): the same life but for the target's conduct short of a yes.
//! The requesters must get the same mails at the same times.

use super::Life;
use super::cast::{self, DAY, HOUR, MINUTE, REQUESTERS, TARGETS};
use super::chance::Chance;
use super::conduct::bounce_of;
use super::life::finish;
use super::mailroom::{Mailroom, Meaning, Proof};
use askfirst::reader::letter::Letter;

/// What the target does about each mail he gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Conduct {
    Silence,
    No,
    Later,
    Stop,
    Unclear,
    Away,
    Bounce,
    /// Each time another of them.
    Moody,
}

const CONDUCTS: [Conduct; 8] = [
    Conduct::Silence,
    Conduct::No,
    Conduct::Later,
    Conduct::Stop,
    Conduct::Unclear,
    Conduct::Away,
    Conduct::Bounce,
    Conduct::Moody,
];

/// What is the same in both lives.
#[derive(Clone)]
enum Act {
    Direct(usize, Proof),
    Forwarded(Proof),
    Proposed,
    /// A requester answers his last mail.
    Requester,
    /// The connector answers the last mail of a kind that does not depend on the target.
    Connector,
    Wait(i64),
}

pub fn play(seed: u64, tell: bool) -> Life {
    let mut chance = Chance::new(seed);
    let mut house = cast::house(&mut chance);
    house.pace.asks_per_target = *chance.pick(&[1, 2, 5]);
    let acts = script(&mut chance);
    let one = *chance.pick(&CONDUCTS);
    let other = *chance.pick(&CONDUCTS[1..]);
    let world = chance.next();
    let (first, seen) = live(&house, world, &acts, one, seed, tell);
    let (mut second, seen_too) = live(&house, world, &acts, other, seed ^ 0xABCD, tell);
    second.tally.count("twin pairs");
    if seen != seen_too {
        let at = seen.iter().zip(&seen_too).position(|(a, b)| a != b);
        let at = at.unwrap_or(seen.len().min(seen_too.len()));
        let why = format!(
            "{one:?} and {other:?} differ for the requester at mail {at}:\n--- {:?}\n+++ {:?}",
            seen.get(at),
            seen_too.get(at)
        );
        second.blame("V5 silence of no", &why);
    }
    let (mut first, second) = (finish(first), finish(second));
    first.violations.extend(second.violations);
    first.transcript.push_str("---- the twin ----\n");
    first.transcript.push_str(&second.transcript);
    first.tally.add(&second.tally);
    first
}

fn script(chance: &mut Chance) -> Vec<Act> {
    let mut acts = vec![match chance.below(4) {
        0 => Act::Forwarded(Proof::Pass),
        1 => Act::Proposed,
        _ => Act::Direct(0, Proof::Pass),
    }];
    for _ in 0..3 + chance.below(9) {
        acts.push(match chance.below(9) {
            0 => Act::Direct(chance.below(2), Proof::Pass),
            1 => Act::Forwarded(Proof::Pass),
            2 => Act::Requester,
            3 | 4 => Act::Connector,
            5 => Act::Wait(HOUR),
            6 => Act::Wait(3 * DAY),
            7 => Act::Wait(15 * DAY),
            _ => Act::Wait(40 * DAY),
        });
    }
    acts.push(Act::Wait(40 * DAY));
    acts
}

/// A requester's mail as he sees it: when, and its bytes but for tokens, marks and boundaries.
type Seen = (String, i64, String);

fn live(
    house: &askfirst::desk::house::House,
    world: u64,
    acts: &[Act],
    conduct: Conduct,
    own: u64,
    tell: bool,
) -> (Mailroom, Vec<Seen>) {
    let mut room = Mailroom::new(house.clone(), Chance::new(own), tell);
    room.tally.count("histories");
    room.say(|| format!("the target's conduct: {conduct:?}"));
    // What is the same draws from its own chance, act by act.
    for (at, act) in acts.iter().enumerate() {
        room.tally.count("events");
        let same = Chance::new(world ^ (at as u64) << 32);
        let own = std::mem::replace(&mut room.chance, same);
        // Message-IDs of what is the same must be the same.
        room.serial = 1_000 * (at as u64 + 1);
        let mail = match act {
            Act::Direct(who, proof) => Some(room.direct(REQUESTERS[*who], *proof)),
            Act::Forwarded(proof) => Some(room.forwarded(*proof)),
            Act::Proposed => Some(room.proposed(Proof::Pass)),
            Act::Requester => room.requester_answers(),
            Act::Connector => connector(&mut room),
            Act::Wait(secs) => {
                wait(&mut room, *secs, conduct, own.clone());
                None
            }
        };
        room.chance = own;
        if let Some(mail) = mail {
            room.receive(mail, false);
            room.deliver(false);
            behave(&mut room, conduct);
        }
    }
    let seen = seen(&room);
    super::life::rest(&mut room);
    (room, seen)
}

/// The connector answers a question that he gets whatever the target does.
pub fn connector(room: &mut Mailroom) -> Option<super::mailroom::Inbound> {
    // Whether a later request led to an ask depends on what the target did about the first.
    let asked = |mail: &super::mailroom::Outbound| match mail.saying.as_str() {
        "approve" | "which_target" | "who_asks" => true,
        "tell_asked" => mail.introduction == Some(1),
        _ => false,
    };
    let questions: Vec<usize> = (0..room.outbound.len())
        .filter(|at| asked(&room.outbound[*at]))
        .collect();
    let question = *questions.last()?;
    let text = *room
        .chance
        .pick(&["Yes", "Yes", "carol@target.example", "No", "1", "cancel"]);
    let text = match room.outbound[question].saying.as_str() {
        "who_asks" => REQUESTERS[0].1,
        _ => text,
    };
    let letter = room.outbound[question].letter().clone();
    let bob = cast::CONNECTORS
        .into_iter()
        .find(|who| room.outbound[question].is_to(who.1))?;
    let raw = room.writer(bob).reply(&letter, text);
    Some(super::mailroom::Inbound {
        from: bob.1.to_owned(),
        proof: Proof::Pass,
        meaning: Meaning::Other,
        refuses: false,
        answers: vec![room.outbound[question].message_id.clone()],
        in_thread: Vec::new(),
        message_id: letter.message_id.clone().unwrap_or_default(),
        names: TARGETS.iter().map(|who| who.1.to_owned()).collect(),
        to: Vec::new(),
        raw,
        again: false,
        at_secs: 0,
    })
}

/// Time passes in the same steps in both lives; the target answers whenever he is written to.
fn wait(room: &mut Mailroom, secs: i64, conduct: Conduct, own: Chance) {
    let same = std::mem::replace(&mut room.chance, own);
    let until = room.now_secs + secs;
    let step = (secs / 8).max(HOUR);
    while room.now_secs < until {
        room.now_secs += step;
        room.tick();
        room.deliver(false);
        behave(room, conduct);
    }
    room.chance = same;
}

fn behave(room: &mut Mailroom, conduct: Conduct) {
    /// Mails of the bot that a target answers in one go.
    const MAX_ANSWERS: usize = 4;
    for _ in 0..MAX_ANSWERS {
        let unanswered = (0..room.outbound.len()).find(|at| {
            let mail = &room.outbound[*at];
            mail.recipients.len() == 1
                && TARGETS.iter().any(|who| mail.is_to(who.1))
                && !room
                    .inbound
                    .iter()
                    .any(|answer| answer.answers.contains(&mail.message_id))
        });
        let Some(at) = unanswered else { return };
        if !answer(room, conduct, at) {
            return;
        }
        room.deliver(false);
    }
}

fn answer(room: &mut Mailroom, conduct: Conduct, at: usize) -> bool {
    let conduct = match conduct {
        Conduct::Moody => CONDUCTS[1 + room.chance.below(6)],
        other => other,
    };
    let Some(who) = TARGETS
        .into_iter()
        .find(|who| room.outbound[at].is_to(who.1))
    else {
        return false;
    };
    let text = match conduct {
        Conduct::Silence | Conduct::Moody => return false,
        Conduct::No => "No thanks, not for me.",
        Conduct::Later => "Later, in spring.",
        Conduct::Stop => "Please stop asking me.",
        Conduct::Unclear => "What does she want exactly? My quokka is ill.",
        Conduct::Away | Conduct::Bounce => "I am away until Monday.",
    };
    let letter = room.outbound[at].letter().clone();
    // Ids of the target's mails: unlike those of what is the same.
    let serial = std::mem::replace(&mut room.serial, 900_000 + at as u64);
    let mut raw = room.writer(who).reply(&letter, text);
    room.serial = serial;
    if conduct == Conduct::Away {
        raw = super::conduct::with_field(raw, "Auto-Submitted: auto-replied");
    }
    if conduct == Conduct::Bounce {
        room.outbound[at].returned = true;
        raw = bounce_of(&room.outbound[at].message_id, who.1, 900_000 + at as u64);
    }
    let meaning = match conduct {
        Conduct::No => Meaning::No,
        Conduct::Later => Meaning::Later,
        Conduct::Stop => Meaning::Stop,
        Conduct::Away | Conduct::Bounce => Meaning::Machine,
        Conduct::Silence | Conduct::Unclear | Conduct::Moody => Meaning::Other,
    };
    let mail = super::mailroom::Inbound {
        from: who.1.to_owned(),
        proof: Proof::Pass,
        meaning,
        refuses: false,
        answers: vec![room.outbound[at].message_id.clone()],
        in_thread: Vec::new(),
        message_id: String::new(),
        names: Vec::new(),
        to: Vec::new(),
        raw,
        again: false,
        at_secs: 0,
    };
    room.receive(mail, false);
    true
}

fn seen(room: &Mailroom) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    for mail in &room.outbound {
        for who in REQUESTERS.iter().filter(|who| mail.is_to(who.1)) {
            all.push((
                who.1.to_owned(),
                mail.at_secs / MINUTE,
                masked(mail.letter()),
            ));
        }
    }
    // Two mails of one moment have no order that a person could see.
    all.sort();
    all
}

/// Without tokens, marks and boundaries, which are random.
pub fn masked(letter: &Letter) -> String {
    let plain = letter.plain.as_deref().unwrap_or_default();
    let mut text = format!("{}\n{plain}", letter.subject);
    for (name, value) in letter.headers.iter() {
        if !matches!(name, "X-Askfirst-Id" | "Content-Type") {
            text.push_str(&format!("\n{name}: {value}"));
        }
    }
    for secret in askfirst::reader::secret::find(&text) {
        text = text.replace(&secret.token(), "[TOKEN]");
    }
    text
}
