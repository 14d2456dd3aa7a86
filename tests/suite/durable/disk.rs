//! The real program on a disk that is full, read-only, limited or held by somebody else, its backups,
//! and a junk folder that appears later. Fails where something is lost, sent unrecorded, or said wrongly.

use crate::daemon::{Bot, Daemon, proven};
use crate::harness::dovecot::{ADDRESS, Dovecot};
use crate::harness::sink::Delivered;
use crate::world::{ALICE, BOB};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Bob forwards a request about this target.
fn forward(bot: &Bot, target: &str) -> Vec<u8> {
    let request = bot.writer(ALICE).mail(
        "bob@kim.example",
        "",
        &format!("A word with {target}?"),
        "Hi Bob,\n\ncould you introduce us? I build sensors for beehives.\n\nAlice",
    );
    let request = askfirst::reader::open(&request);
    let note = format!("Please ask {target}@target.example");
    let mail = bot.writer(BOB).forward(&request, ADDRESS, &note);
    proven("kim.example", &mail)
}

fn yes(bot: &Bot, mails: &[Delivered], target: &'static str) -> Vec<u8> {
    let ask = mails.iter().find(|mail| mail.to == [target]).unwrap();
    let ask = askfirst::reader::open(&ask.bytes);
    let yes = bot.writer(("Tara", target)).reply(&ask, "Yes, happy to.");
    proven("target.example", &yes)
}

/// The database in a folder below the configuration's.
fn in_folder(bot: &Bot, name: &str) -> PathBuf {
    let folder = bot.folder.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let text = std::fs::read_to_string(&bot.config).unwrap();
    let text = text.replacen(
        "[trust]",
        &format!("[store]\npath = \"{name}/askfirst.db\"\n\n[trust]"),
        1,
    );
    std::fs::write(&bot.config, text).unwrap();
    folder
}

/// How it ended by itself.
async fn ends(daemon: &mut Daemon, within_secs: u64) -> Option<i32> {
    for _ in 0..within_secs * 20 {
        if let Some(status) = daemon.0.try_wait().unwrap() {
            return status.code();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

/// After repair every target is asked, by one mail: what was on its way when the disk failed may have
/// arrived or not, and goes out again, the same bytes, when ten minutes have passed.
async fn all_are_asked(dovecot: &Dovecot, bot: &Bot, targets: usize) {
    let daemon = bot.start_with(&[], &[("ASKFIRST_CLOCK_AHEAD", "700")]);
    let asked = || {
        let mut asks: BTreeMap<String, HashSet<String>> = BTreeMap::new();
        for mail in dovecot.sink.mails() {
            if mail.to[0].ends_with("@target.example") {
                let id = askfirst::reader::open(&mail.bytes).message_id.unwrap();
                asks.entry(mail.to[0].clone()).or_default().insert(id);
            }
        }
        asks
    };
    for _ in 0..1_200 {
        if asked().len() == targets {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(daemon.stop(), Some(0));
    let asks = asked();
    assert_eq!(asks.len(), targets, "{}", bot.log());
    assert!(
        asks.values().all(|ids| ids.len() == 1),
        "one ask for each: {asks:?}"
    );
}

fn introduced(db: &Path) -> i64 {
    let db = Connection::open(db).unwrap();
    let sql = "SELECT count(*) FROM introductions WHERE stage = 'introduced'";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A file system of so many kilobytes; who may not mount one gets none.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, kilobytes: u32) -> Option<Small> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        let mounted = mounted.is_ok_and(|status| status.success());
        mounted.then(|| Small(at.to_owned()))
    }

    fn remount(&self, how: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(&self.0)
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// It stops, says why, and after repair goes on with what waits in the mailbox. Who may not mount a
/// small disk limits the size of files instead (the next test).
#[tokio::test]
async fn a_full_disk_stops_it_and_nothing_is_lost_or_sent_unrecorded() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let folder = in_folder(&bot, "small");
    let Some(_small) = Small::mount(&folder, 16_384) else {
        println!("not tried: no small disk can be mounted here");
        return;
    };
    let mut daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    dovecot.deliver(&forward(&bot, "t1")).await;
    dovecot.sink.waits_for(2).await;
    // Somebody else fills the disk to its last octet.
    let filler = folder.join("filler");
    let octets = std::fs::write(&filler, vec![0; 20 << 20]);
    assert!(octets.is_err(), "the disk is full");
    for number in 2..=30 {
        dovecot.deliver(&forward(&bot, &format!("t{number}"))).await;
    }
    let status = ends(&mut daemon, 60).await;
    assert_eq!(status, Some(1), "{}", bot.log());
    assert!(bot.log().contains("full"), "{}", bot.log());
    let before = dovecot.sink.mails().len();
    // Still full: it does not get far, and sends nothing it could not write down.
    let mut daemon = bot.start(&[]);
    assert_eq!(ends(&mut daemon, 60).await, Some(1), "{}", bot.log());
    assert_eq!(dovecot.sink.mails().len(), before);
    std::fs::remove_file(&filler).unwrap();
    all_are_asked(&dovecot, &bot, 30).await;
}

/// The same where no file may grow further: `ulimit -f`.
#[tokio::test]
async fn files_that_may_not_grow_stop_it_and_nothing_is_lost() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    assert_eq!(daemon.stop(), Some(0));
    let db = bot.folder.path().join("askfirst.db");
    let blocks = std::fs::metadata(&db).unwrap().len().div_ceil(512) + 64;
    let run = bot.command(&["run"]);
    // The signal would end it without a word; it is to see the failed write.
    let mut limited = Command::new("sh");
    limited
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
            "sh",
        ])
        .arg(blocks.to_string())
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(bot.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut daemon = Daemon(limited.spawn().unwrap());
    for number in 1..=20 {
        dovecot.deliver(&forward(&bot, &format!("t{number}"))).await;
    }
    assert_eq!(ends(&mut daemon, 60).await, Some(1));
    let mut said = String::new();
    std::io::Read::read_to_string(daemon.0.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert!(
        said.contains("disk I/O error") || said.contains("full"),
        "{said}"
    );
    all_are_asked(&dovecot, &bot, 20).await;
}

/// A folder that can't be written: it does not start, says why, and sends nothing.
#[tokio::test]
async fn a_read_only_folder_is_said_and_nothing_is_begun() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let folder = in_folder(&bot, "fixed");
    let small = Small::mount(&folder, 4_096);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    assert_eq!(daemon.stop(), Some(0));
    dovecot.deliver(&forward(&bot, "t1")).await;
    let modes = |folder_mode: u32, file_mode: u32| {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let mode = std::fs::Permissions::from_mode(file_mode);
            std::fs::set_permissions(entry.unwrap().path(), mode).unwrap();
        }
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(folder_mode)).unwrap();
    };
    match &small {
        Some(small) => small.remount("ro"),
        None => modes(0o555, 0o444),
    }
    let run = bot.tell(&["run"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("askfirst.db"), "it names the file: {said}");
    assert!(dovecot.sink.mails().is_empty());
    match &small {
        Some(small) => small.remount("rw"),
        None => modes(0o755, 0o644),
    }
    let daemon = bot.start(&[]);
    dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0));
}

/// A backup tool that holds the file for a moment is waited for; who holds it for long stops the
/// daemon, and a command says so after a few seconds. Nothing is lost.
#[tokio::test]
async fn a_locked_database_is_waited_for_and_then_said() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let mut daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    let other = Connection::open(bot.folder.path().join("askfirst.db")).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    dovecot.deliver(&forward(&bot, "t1")).await;
    let command = bot.tell(&["cancel", "1"]);
    assert_eq!(command.status.code(), Some(1));
    let said = String::from_utf8(command.stderr).unwrap();
    assert!(said.contains("locked"), "{said}");
    assert!(dovecot.sink.mails().is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    dovecot.sink.waits_for(2).await;
    assert!(daemon.0.try_wait().unwrap().is_none(), "{}", bot.log());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    dovecot.deliver(&forward(&bot, "t2")).await;
    assert_eq!(ends(&mut daemon, 90).await, Some(1), "{}", bot.log());
    assert!(bot.log().contains("locked"), "{}", bot.log());
    assert_eq!(dovecot.sink.mails().len(), 2);
    other.execute_batch("ROLLBACK").unwrap();
    let daemon = bot.start(&[]);
    dovecot.sink.waits_for(4).await;
    assert_eq!(daemon.stop(), Some(0));
}

/// Copies made while mail comes and goes are whole, private, and never written over; one of them goes
/// on as if nothing had been.
#[tokio::test]
async fn a_backup_taken_while_it_works_is_whole_and_goes_on() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    for number in 1..=12 {
        dovecot.deliver(&forward(&bot, &format!("t{number}"))).await;
        let name = format!("copy{number}.db");
        let made = bot.tell(&["backup", &name]);
        assert_eq!(
            made.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let copy = bot.folder.path().join(name);
        let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let db = Connection::open(&copy).unwrap();
        let check: String = db
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
        // One moment: every mail that was handled has what it led to beside it.
        let torn = "SELECT (SELECT count(*) FROM inbox WHERE disposition = 'request')
                       - (SELECT count(*) FROM outbox WHERE saying = 'ask')";
        let torn: i64 = db.query_row(torn, [], |row| row.get(0)).unwrap();
        assert_eq!(torn, 0);
    }
    let mails = dovecot.sink.waits_for(24).await;
    let again = bot.tell(&["backup", "copy1.db"]);
    assert_eq!(
        again.status.code(),
        Some(1),
        "an older backup is never written over"
    );
    let why = String::from_utf8_lossy(&again.stderr);
    assert!(why.contains("name another one"), "{why}");
    // One that is cut off leaves nothing under that name.
    let cut = bot
        .command(&["backup", "cut.db"])
        .env("ASKFIRST_DIE_AT", "backup.written")
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(cut.code().is_none());
    assert!(!bot.folder.path().join("cut.db").exists());
    let last = bot.tell(&["backup", "last.db"]);
    assert_eq!(last.status.code(), Some(0));
    assert_eq!(daemon.stop(), Some(0));
    // The disk is lost; the copy takes the place of the database.
    let db = bot.folder.path().join("askfirst.db");
    for end in ["", "-wal", "-shm"] {
        let mut path = db.clone().into_os_string();
        path.push(end);
        let _ = std::fs::remove_file(path);
    }
    std::fs::copy(bot.folder.path().join("last.db"), &db).unwrap();
    dovecot
        .deliver(&yes(&bot, &mails, "t7@target.example"))
        .await;
    let daemon = bot.start(&[]);
    let mails = dovecot.sink.waits_for(25).await;
    assert_eq!(mails.last().unwrap().to.len(), 3, "the introduction");
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(introduced(&db), 1);
    assert_eq!(dovecot.sink.mails().len(), 25, "nobody is asked again");
}

/// A junk folder that the provider makes with its first junk: what lies in it has come since.
#[tokio::test]
async fn a_junk_folder_that_appears_later_is_read() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    dovecot.deliver(&forward(&bot, "t1")).await;
    let mails = dovecot.sink.waits_for(2).await;
    dovecot.save("Junk", &yes(&bot, &mails, "t1@target.example"));
    // At the next look, which a new session makes sooner.
    dovecot.kick();
    let mails = dovecot.sink.waits_for(3).await;
    assert_eq!(mails[2].to.len(), 3, "the introduction");
    assert_eq!(daemon.stop(), Some(0));
}
