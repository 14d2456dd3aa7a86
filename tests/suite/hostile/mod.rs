//! The rows of docs/hostile-mail.md, each by its id: what an attacker, a broken program or a loop
//! sends, played through the real desk. Fails where one of them gets more than its row allows.

pub mod abuse;
pub mod bombs;
pub mod forged;
pub mod forgeries;
pub mod loops;
pub mod outgoing;
pub mod privacy;
pub mod replays;
pub mod rows;
pub mod secrets;
pub mod texts;

use crate::world::*;
use askfirst::demo::dress::Dress;
use askfirst::desk::house::House;
use askfirst::rules::introduction::Stage;
use askfirst::store::inbox::Arrived;

/// A person nobody asked.
pub const EVIL: (&str, &str) = ("Eve Berg", "eve@evil.test");

/// Alice wants to meet Carol, Bob passes it on, Carol has been asked: the world and the ask.
pub fn asked(house: House) -> (World, Sent) {
    let verifies = house.authserv_ids.is_empty();
    let mut w = World::with(house);
    let left = match verifies {
        true => {
            let request = w.request_mail();
            let forward = w
                .writer(BOB)
                .forward(&request, BOT, "Ask carol@target.example please");
            let facts = r#"{"dkim_domains":["kim.example"],"dmarc_policy":true}"#;
            arrive(&mut w, &forward, Some(facts), 999)
        }
        false => w.forward("Ask carol@target.example please"),
    };
    let ask = to(&left, CAROL.1).clone();
    (w, ask)
}

/// A target's yes needs proof as well.
pub fn strict() -> House {
    House {
        require_authenticated: true,
        ..house()
    }
}

/// A reply to a mail of ours as somebody's program writes it.
pub fn reply(
    w: &mut World,
    who: (&'static str, &'static str),
    of: &Sent,
    dress: Dress,
    text: &str,
) -> String {
    let mut writer = w.writer(who);
    writer.dress = dress;
    String::from_utf8(writer.reply(&of.letter, text)).unwrap()
}

/// The mail server's word on top.
pub fn stamp(verdict: &str, domain: &str) -> String {
    format!("Authentication-Results: {MX}; dmarc={verdict} header.from={domain}\r\n")
}

/// Bytes arrive, with what signatures and DNS gave (JSON of the reader's facts).
pub fn arrive(w: &mut World, raw: &[u8], facts: Option<&str>, uid: u32) -> Vec<Sent> {
    let arrived = Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 9,
        uid,
        internal_date_secs: Some(w.now_secs),
        size: raw.len() as u64,
        complete: true,
        raw: raw.to_vec(),
        facts: facts.map(str::to_owned),
        aside: None,
    };
    w.desk.receive(vec![arrived], w.now_secs).unwrap();
    w.now_secs += 60;
    w.deliver()
}

/// Whether a mail brought Alice and Carol together.
pub fn is_introduced(w: &World) -> bool {
    w.stages().contains(&Stage::Introduced) || w.sent.iter().any(|sent| sent.to.len() > 1)
}

/// Replaces one header field, and makes sure that it was there.
pub fn with_field(mail: &str, name: &str, field: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<String> = Vec::new();
    let mut found = 0;
    let mut inside = false;
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) && inside {
            continue;
        }
        inside = line
            .to_lowercase()
            .starts_with(&format!("{}:", name.to_lowercase()));
        match inside {
            true => {
                found += 1;
                if !field.is_empty() {
                    lines.push(field.to_owned());
                }
            }
            false => lines.push(line.to_owned()),
        }
    }
    assert_eq!(found, 1, "{name} in {head}");
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}
