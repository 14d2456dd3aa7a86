//! Two bots whose connectors have them ask each other (L1): however little survives of what marks their
//! mails as a program's, they fall silent.

use super::Life;
use super::cast::{self, BOT, CONNECTORS, DAY, REQUESTERS};
use super::chance::Chance;
use super::life::finish;
use super::mailroom::{Inbound, Mailroom, Meaning, Proof};

const OTHER_BOT: &str = "intro@other-bot.example";
const MAX_ROUNDS: usize = 80;
/// Mails from one bot to the other: the fuse of one introduction for each that was opened.
const MAX_MAILS: usize = 12;

pub fn play(seed: u64, tell: bool) -> Life {
    let mut chance = Chance::new(seed);
    let house = cast::house(&mut chance);
    let mut other = house.clone();
    other.bot = cast::address(OTHER_BOT);
    // What a relay on the way takes out of a header.
    let strips: Vec<&str> = [
        "X-Askfirst-Id",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
    ]
    .into_iter()
    .filter(|_| !chance.one_in(3))
    .collect();
    let proof = *chance.pick(&[Proof::Pass, Proof::None]);
    let mut rooms = [
        Mailroom::new(house, Chance::new(seed ^ 1), tell),
        Mailroom::new(other, Chance::new(seed ^ 2), tell),
    ];
    rooms[0].peer = Some(OTHER_BOT);
    rooms[1].peer = Some(BOT);
    rooms[0].tally.count("histories");
    rooms[0].tally.count("pairs of bots");
    let mail = rooms[0].asks_for(OTHER_BOT, BOT);
    rooms[0].receive(mail, false);
    if chance.one_in(2) {
        let mail = rooms[1].asks_for(BOT, OTHER_BOT);
        rooms[1].receive(mail, false);
    }
    let mut seen = [0, 0];
    for _ in 0..MAX_ROUNDS {
        for from in 0..2 {
            rooms[from].tally.count("events");
            rooms[from].now_secs += if chance.one_in(6) { 6 * DAY } else { 60 };
            rooms[from].tick();
            rooms[from].deliver(false);
            let (bot, peer) = if from == 0 {
                (BOT, OTHER_BOT)
            } else {
                (OTHER_BOT, BOT)
            };
            let new: Vec<Vec<u8>> = rooms[from].outbound[seen[from]..]
                .iter()
                .filter(|mail| mail.recipients.iter().any(|to| cast::plain(to) == peer))
                .map(|mail| without(&mail.bytes, &strips))
                .collect();
            seen[from] = rooms[from].outbound.len();
            for raw in new {
                let room = &mut rooms[1 - from];
                let mut mail = room.inbound(("Another bot", bot), proof, Meaning::Machine, raw);
                mail.answers = Vec::new();
                room.receive(mail, false);
            }
        }
    }
    for room in &mut rooms {
        let peer = room.peer.unwrap_or_default();
        let mails = room
            .outbound
            .iter()
            .filter(|mail| mail.recipients.iter().any(|to| cast::plain(to) == peer))
            .count();
        let opened = room.desk().list(true).map_or(0, |all| all.len());
        if mails > MAX_MAILS || opened > MAX_MAILS {
            room.blame(
                "V8 loop bound",
                &format!("{mails} mails to the other bot in {opened} introductions"),
            );
        }
        super::life::rest(room);
    }
    let [one, other] = rooms;
    let (mut one, other) = (finish(one), finish(other));
    one.violations.extend(other.violations);
    one.transcript.push_str("---- the other bot ----\n");
    one.transcript.push_str(&other.transcript);
    one.tally.add(&other.tally);
    one
}

fn without(bytes: &[u8], fields: &[&str]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let head: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !fields.iter().any(|field| line.starts_with(field)))
        .collect();
    format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes()
}

impl Mailroom {
    fn asks_for(&mut self, target: &str, bot: &str) -> Inbound {
        let bob = CONNECTORS[0];
        let below = self.request(REQUESTERS[0], bob, None);
        let note = format!("Please ask {target}.");
        let raw = self.writer(bob).forward(&below, bot, &note);
        let mut mail = self.inbound(bob, Proof::Pass, Meaning::Request, raw);
        mail.names = vec![target.to_owned()];
        mail
    }
}
