//! One mail at which the server hangs up must not keep all others from being read.

use super::*;
use crate::clerk::Clerk;
use crate::daemon;
use crate::desk::Desk;
use crate::desk::house::House;
use crate::reader::address::Address;
use crate::rules::clock::Pace;
use crate::store::Store;
use crate::wire::imap::Listed;
use crate::wire::{Security, Server};

pub(crate) fn house() -> House {
    House {
        bot: Address::parse("intro@bot.example").unwrap(),
        bot_name: "Introductions".to_owned(),
        separator: Some(None),
        authserv_ids: Vec::new(),
        require_authenticated: false,
        never: Vec::new(),
        pace: Pace {
            remind_after_secs: None,
            close_after_secs: 1_000,
            hold_yes_secs: 0,
            asks_per_target: 2,
            quiet_after_secs: 1_000,
            requests_per_requester: 10,
            requests_per_connector: 50,
            asks_per_connector: None,
            time_zone: jiff::tz::TimeZone::UTC,
        },
        connectors: Vec::new(),
        keep_bodies_secs: 1_000,
        junk: None,
        words: crate::writer::words::Words::built_in(),
        language: "en".to_owned(),
    }
}

fn receiver() -> Loop {
    let desk = Desk::open(Store::in_memory().unwrap(), house(), daemon::system_dice()).unwrap();
    Loop {
        clerk: Clerk::hire(desk),
        watch: Arc::new(Watch::nothing()),
        door: Door::fixed(Server {
            host: "localhost".to_owned(),
            port: 1,
            security: Security::None,
            login: None,
            ca_file: None,
        }),
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        junk: None,
        from_start: true,
        resolver: None,
        pulse: Pulse::default(),
        progress: watch::channel(Progress::Away).0,
        now: daemon::system_clock(),
        stop: watch::channel(false).1,
    }
}

fn memory() -> Memory {
    Memory {
        batch: MAX_BATCH,
        refusals: HashMap::new(),
        cuts: HashMap::new(),
        known: HashMap::new(),
        lost_hurry: false,
        ever_connected: true,
        connected: true,
    }
}

fn hung_up() -> Result<Fetched, WireError> {
    Err(WireError::Closed {
        at: "localhost:1".to_owned(),
        during: "FETCH",
        bye: None,
    })
}

#[tokio::test]
async fn a_mail_at_which_the_server_always_hangs_up_is_set_aside() {
    let (mut receiver, mut memory) = (receiver(), memory());
    let is_known = async |receiver: &Loop| {
        let listed = [Listed { uid: 4, size: 1 }];
        let unknown = receiver.unknown("INBOX", 1, &listed).await;
        unknown.ok().unwrap().is_empty()
    };
    // A batch is halved until the one mail stands alone.
    let uids = [4, 5, 6, 7];
    let _ = receiver
        .survive(hung_up(), "INBOX", 1, &uids, &mut memory)
        .await;
    assert_eq!(memory.batch, 2);
    for cut in 1..=MAX_CUTS {
        assert!(!is_known(&receiver).await, "set aside after {cut} cuts");
        let _ = receiver
            .survive(hung_up(), "INBOX", 1, &[4], &mut memory)
            .await;
    }
    assert!(is_known(&receiver).await);
    let listed = receiver.clerk.ask(|desk| desk.quarantine()).await.unwrap();
    let why: Vec<&str> = listed.iter().map(|mail| mail.reason.as_str()).collect();
    assert_eq!(why, ["the connection ended each time it was fetched"]);
}
