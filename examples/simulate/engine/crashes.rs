//! Crash equivalence (V9): the same inputs with and without crashes must leave the same tables and the
//! same mails. Fails where a crash loses, doubles or changes anything but random bits.

use super::Life;
use super::cast::{self, DAY, MINUTE, REQUESTERS};
use super::chance::Chance;
use super::life::finish;
use super::mailroom::{Inbound, Mailroom, Proof};
use super::twins::masked;

#[derive(Clone, Copy, Debug)]
enum Act {
    Direct,
    Forwarded,
    Proposed,
    AskedHimself,
    Target(bool),
    Requester,
    Connector,
    Command,
    Bounce,
    Wait(i64),
}

pub fn play(seed: u64, tell: bool) -> Life {
    let mut chance = Chance::new(seed);
    let house = cast::house(&mut chance);
    let acts = script(&mut chance);
    let world = chance.next();
    let calm = live(&house, world, &acts, None, tell);
    let mut wild = live(&house, world, &acts, Some(Chance::new(seed ^ 0x5EED)), tell);
    wild.tally.count("crash pairs");
    let mut calm = calm;
    let (one, other) = (essence(&mut calm), essence(&mut wild));
    if one != other {
        let at = one.iter().zip(&other).position(|(a, b)| a != b);
        let at = at.unwrap_or(one.len().min(other.len()));
        let why = format!(
            "with crashes {:?}, without {:?}",
            other.get(at),
            one.get(at)
        );
        wild.blame("V9 crash equivalence", &why);
    }
    for room in [&mut calm, &mut wild] {
        room.everybody_resumes();
        super::life::rest(room);
    }
    let (mut calm, wild) = (finish(calm), finish(wild));
    calm.violations.extend(wild.violations);
    calm.transcript.push_str("---- with crashes ----\n");
    calm.transcript.push_str(&wild.transcript);
    calm.tally.add(&wild.tally);
    calm
}

fn script(chance: &mut Chance) -> Vec<Act> {
    let first = [
        Act::Direct,
        Act::Forwarded,
        Act::Proposed,
        Act::AskedHimself,
    ];
    let mut acts = vec![*chance.pick(&first)];
    for _ in 0..4 + chance.below(8) {
        acts.push(match chance.below(13) {
            0 => *chance.pick(&first),
            1..=3 => Act::Target(true),
            4 => Act::Target(false),
            5 => Act::Requester,
            6 | 7 => Act::Connector,
            8 => Act::Command,
            9 => Act::Bounce,
            10 => Act::Wait(6 * DAY),
            _ => Act::Wait(DAY),
        });
    }
    acts.push(Act::Wait(20 * DAY));
    acts
}

/// Without `crashes` a life in which the process never ends.
fn live(
    house: &askfirst::desk::house::House,
    world: u64,
    acts: &[Act],
    mut crashes: Option<Chance>,
    tell: bool,
) -> Mailroom {
    let mut room = Mailroom::new(house.clone(), Chance::new(world), tell);
    room.tally.count("histories");
    for (at, act) in acts.iter().enumerate() {
        room.tally.count("events");
        // Each act draws from a chance of its own: a restart must not change what people do.
        room.chance = Chance::new(world ^ (at as u64) << 32);
        room.serial = 1_000 * (at as u64 + 1);
        let mail: Option<Inbound> = match act {
            Act::Direct => Some(room.direct(REQUESTERS[0], Proof::Pass)),
            Act::Forwarded => Some(room.forwarded(Proof::Pass)),
            Act::Proposed => Some(room.proposed(Proof::Pass)),
            Act::AskedHimself => Some(room.asked_himself(Proof::Pass)),
            Act::Target(yes) => room.target_answers(*yes),
            Act::Requester => room.requester_answers(),
            Act::Connector => room.connector_answers(),
            Act::Command => Some(room.command(Proof::Pass)),
            Act::Bounce => room.machine(true),
            Act::Wait(_) => None,
        };
        if let Some(mail) = mail {
            let crash = one_in(&mut crashes, 3);
            room.receive(mail, crash);
        }
        if let Act::Wait(secs) = act {
            for _ in 0..4 {
                room.now_secs += secs / 4;
                pass(&mut room, &mut crashes);
            }
        }
        pass(&mut room, &mut crashes);
    }
    room
}

fn one_in(crashes: &mut Option<Chance>, n: usize) -> bool {
    crashes.as_mut().is_some_and(|chance| chance.one_in(n))
}

/// An hour goes by, in which what a crash left unknown is settled.
fn pass(room: &mut Mailroom, crashes: &mut Option<Chance>) {
    if one_in(crashes, 4) {
        room.restart();
    }
    room.tick();
    let crash = one_in(crashes, 3);
    room.deliver(crash);
    for _ in 0..4 {
        room.now_secs += 15 * MINUTE;
        room.tick();
        room.deliver(false);
    }
}

/// Everything that is stored, but for random bits and how often a mail was tried.
fn essence(room: &mut Mailroom) -> Vec<String> {
    let mut all: Vec<String> = room
        .outbound
        .iter()
        .map(|mail| {
            let (id, to) = (mail.introduction, mail.recipients.join(" "));
            let (at, text) = (mail.at_secs, masked(mail.letter()));
            format!(
                "mail {} of {id:?} at {at} to {} {text}",
                mail.saying,
                plain(&to)
            )
        })
        .collect();
    let db = room.desk().store().reading();
    for query in [
        "SELECT 'introduction ' || id || ' ' || stage || ' ' || coalesce(target, '') || ' '
           || coalesce(requester, '') || ' ' || coalesce(wake_at, '') || ' '
           || coalesce(asked_at, '') || ' ' || json_extract(data, '$.asked')
           || json_extract(data, '$.clock') FROM introductions ORDER BY id",
        "SELECT 'inbox ' || uid || ' ' || coalesce(disposition, 'none') || ' '
           || coalesce(introduction, '') || ' ' || coalesce(reason, '') FROM inbox ORDER BY uid",
        "SELECT 'story ' || introduction || ' ' || at || ' ' || event || ' ' || stage
           FROM story ORDER BY introduction, id",
        "SELECT 'outbox ' || id || ' ' || saying || ' ' || state FROM outbox ORDER BY id",
    ] {
        let mut rows = db.prepare_cached(query).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        all.extend(rows.map(Result::unwrap));
    }
    all
}

/// Without sub-addresses, which carry tokens.
fn plain(recipients: &str) -> String {
    let all: Vec<String> = recipients.split(' ').map(cast::plain).collect();
    all.join(" ")
}
