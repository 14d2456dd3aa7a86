//! What the real program makes of what it finds at its start: an outcome that nobody knows, under each setting;
//! a clock that jumped; an old backup in the database's place. Fails where it sends what it should not.

use crate::daemon::{Bot, Daemon, proven};
use crate::harness::dovecot::{ADDRESS, Dovecot};
use crate::harness::sink::Delivered;
use crate::world::{ALICE, BOB, CAROL};
use rusqlite::Connection;
use std::time::Duration;

fn set(bot: &Bot, section: &str, line: &str) {
    let text = std::fs::read_to_string(&bot.config).unwrap();
    let heading = format!("[{section}]\n");
    assert!(text.contains(&heading));
    let text = text.replacen(&heading, &format!("{heading}{line}\n"), 1);
    std::fs::write(&bot.config, text).unwrap();
}

fn state_of_ask(bot: &Bot) -> String {
    let db = Connection::open(bot.folder.path().join("askfirst.db")).unwrap();
    let sql = "SELECT state FROM outbox WHERE saying = 'ask'";
    db.query_row(sql, [], |row| row.get(0)).unwrap_or_default()
}

fn to(mails: &[Delivered], address: &str) -> usize {
    mails.iter().filter(|mail| mail.to == [address]).count()
}

async fn died(mut daemon: Daemon) {
    for _ in 0..1_200 {
        if daemon.0.try_wait().unwrap().is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not die");
}

/// Dead when the server had the whole mail; Dovecot's submission files no copy, so there is no proof.
async fn in_doubt(setting: &str) -> (Dovecot, Bot) {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    set(&bot, "smtp", &format!("resend_on_unknown = {setting:?}"));
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    assert_eq!(daemon.stop(), Some(0));
    dovecot.deliver(&bot.forward()).await;
    died(bot.start_with(&[], &[("ASKFIRST_DIE_AT", "smtp.dot")])).await;
    assert_eq!(state_of_ask(&bot), "inflight", "{}", bot.log());
    (dovecot, bot)
}

#[tokio::test]
async fn an_outcome_that_nobody_knows_is_settled_as_the_setting_says() {
    for (setting, state, told) in [
        ("probe", "accepted", 1),
        ("always", "accepted", 1),
        ("never", "unknown", 2),
    ] {
        let (dovecot, bot) = in_doubt(setting).await;
        // It has waited for ten minutes from here on.
        let daemon = bot.start(&[]);
        for _ in 0..1_200 {
            if to(&dovecot.sink.mails(), BOB.1) == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(daemon.stop(), Some(0));
        let before = to(&dovecot.sink.mails(), CAROL.1);
        let daemon = bot.start_with(&[], &[("ASKFIRST_CLOCK_AHEAD", "700")]);
        for _ in 0..1_200 {
            if state_of_ask(&bot) == state && to(&dovecot.sink.mails(), BOB.1) == told {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(daemon.stop(), Some(0));
        let mails = dovecot.sink.mails();
        assert_eq!(state_of_ask(&bot), state, "{setting}: {}", bot.log());
        // The note to the connector was never begun, and is no matter of doubt.
        assert_eq!(to(&mails, BOB.1), told, "{setting}: {}", bot.log());
        let again = to(&mails, CAROL.1) - before;
        assert_eq!(again, usize::from(setting != "never"), "{setting}");
        let asked: Vec<_> = mails.iter().filter(|mail| mail.to == [CAROL.1]).collect();
        let written = |mail: &Delivered| {
            let text = String::from_utf8_lossy(&mail.bytes).into_owned();
            text[text.find("Date: ").unwrap()..].to_owned()
        };
        assert!(asked.iter().all(|mail| written(mail) == written(asked[0])));
        let looked = bot.log().contains("an unknown outcome");
        assert_eq!(looked, setting != "always", "{setting}: {}", bot.log());
    }
}

/// Forty days later by the system's clock, a moment later for everybody else.
#[tokio::test]
async fn a_clock_that_jumped_reminds_and_closes_nobody_until_it_is_trusted() {
    const FORTY_DAYS: &str = "3456000";
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    dovecot.deliver(&bot.forward()).await;
    dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0));
    let daemon = bot.start_with(&[], &[("ASKFIRST_CLOCK_AHEAD", FORTY_DAYS)]);
    bot.logs("the system's clock jumped").await;
    // Mail is read and sent as ever.
    let request = bot.writer(ALICE).mail(
        "bob@kim.example",
        "",
        "A word with Dan?",
        "Hi Bob,\n\ncould you introduce us? I build sensors for beehives.\n\nAlice",
    );
    let request = askfirst::reader::open(&request);
    let note = "Please ask dan@target.example";
    let forward = bot.writer(BOB).forward(&request, ADDRESS, note);
    dovecot.deliver(&proven("kim.example", &forward)).await;
    dovecot.sink.waits_for(4).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(dovecot.sink.mails().len(), 4, "nobody is reminded");
    let trusted = bot.tell(&["resume", "--trust-clock"]);
    assert_eq!(trusted.status.code(), Some(0));
    // Both introductions are over by now.
    bot.logs("the system's clock is trusted again").await;
    let db = Connection::open(bot.folder.path().join("askfirst.db")).unwrap();
    let open = || -> i64 {
        let sql = "SELECT count(*) FROM introductions WHERE stage = 'asked'";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    for _ in 0..1_200 {
        if open() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(open(), 0, "{}", bot.log());
    assert_eq!(daemon.stop(), Some(0));
}

#[tokio::test]
async fn an_old_backup_in_the_databases_place_sends_nothing_until_it_is_trusted() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    assert_eq!(bot.tell(&["backup", "old.db"]).status.code(), Some(0));
    dovecot.deliver(&bot.forward()).await;
    dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0));
    let db = bot.folder.path().join("askfirst.db");
    for end in ["-wal", "-shm"] {
        let mut path = db.clone().into_os_string();
        path.push(end);
        let _ = std::fs::remove_file(path);
    }
    std::fs::copy(bot.folder.path().join("old.db"), &db).unwrap();
    // The request lies in the mailbox still: it is read and recorded once more.
    let daemon = bot.start(&[]);
    bot.logs("older than the last run").await;
    for _ in 0..1_200 {
        let listed = bot.tell(&["list", "--json"]);
        if String::from_utf8_lossy(&listed.stdout).contains("asked") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(dovecot.sink.mails().len(), 2, "{}", bot.log());
    let resumed = bot.tell(&["resume"]);
    let said = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert_eq!(resumed.status.code(), Some(1), "{said}");
    assert!(said.contains("resume --trust-database"), "{said}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(dovecot.sink.mails().len(), 2, "that alone does not do");
    // As docs/durability.md says: what has been done already is called off, then the database is trusted.
    assert_eq!(bot.tell(&["cancel", "1"]).status.code(), Some(0));
    let trusted = bot.tell(&["resume", "--trust-database"]);
    assert_eq!(trusted.status.code(), Some(0));
    dovecot.sink.waits_for(3).await;
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(
        to(&dovecot.sink.mails(), CAROL.1),
        1,
        "she is not asked again"
    );
}
