//! The real program against a real mail server: requests delivered to Dovecot, mails out through its
//! submission service, commands beside the running daemon.

use super::harness::dovecot::{ADDRESS, Dovecot, PASSWORD, USER};
use super::harness::sink::Delivered;
use crate::world::{ALICE, BOB, CAROL};
use askfirst::demo::dress::Writer;
use askfirst::reader::letter::Letter;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A configuration for one Dovecot in a folder of its own.
pub struct Bot {
    pub folder: tempfile::TempDir,
    pub config: PathBuf,
    serial: std::cell::Cell<u64>,
}

/// A running `askfirst run`; killed when it goes out of scope.
pub struct Daemon(pub Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    /// SIGTERM, and the exit status.
    pub fn stop(mut self) -> Option<i32> {
        let pid = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        for _ in 0..1_200 {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the daemon did not end within 60 s of SIGTERM");
    }
}

impl Bot {
    pub fn new(dovecot: &Dovecot) -> Bot {
        Bot::with(dovecot, PASSWORD, dovecot.ports.imaps, true)
    }

    fn with(dovecot: &Dovecot, password: &str, imaps: u16, trusted: bool) -> Bot {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("askfirst.toml");
        let ca = match trusted {
            true => format!("ca_file = {:?}", dovecot.certs.ca_file()),
            false => String::new(),
        };
        std::fs::write(
            folder.path().join("contacts.csv"),
            "Name,E-mail Address\nCarol Danvers,carol@target.example\n",
        )
        .unwrap();
        let text = format!(
            "[bot]\naddress = {ADDRESS:?}\nname = \"Example Introductions\"\nsubaddressing = \"+\"\n\n\
             [imap]\nhost = \"localhost\"\nport = {imaps}\nuser = {USER:?}\npassword = {password:?}\n{ca}\n\n\
             [smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"starttls\"\nuser = {USER:?}\npassword = {password:?}\n{ca}\n\n\
             [trust]\nauthserv_ids = [\"mx.bot.example\"]\n\n\
             [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\ncontacts = \"contacts.csv\"\n",
            dovecot.ports.submission
        );
        std::fs::write(&config, text).unwrap();
        Bot {
            folder,
            config,
            serial: std::cell::Cell::new(0),
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        // A long test may use a copy, so that the next build does not change it under its hands.
        let program = std::env::var("ASKFIRST_BIN");
        let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_askfirst").to_owned());
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG");
        command
    }

    pub fn tell(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn start(&self, arguments: &[&str]) -> Daemon {
        self.start_with(arguments, &[])
    }

    /// With variables in its environment.
    pub fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Daemon {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        let child = self
            .command(&[&["run"], arguments].concat())
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Daemon(child)
    }

    /// Waits until the log has a line with these words.
    pub async fn logs(&self, words: &str) {
        for _ in 0..1_200 {
            if self.log().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no {words:?} in the log:\n{}", self.log());
    }

    pub fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = std::fs::File::open(self.folder.path().join("log")) {
            file.read_to_string(&mut text).unwrap();
        }
        text
    }

    pub fn writer(&self, who: (&'static str, &'static str)) -> Writer<'static> {
        self.serial.set(self.serial.get() + 1);
        Writer {
            dress: askfirst::demo::dress::Dress::Gmail,
            name: who.0,
            address: who.1,
            serial: self.serial.get(),
            now_secs: 1_795_514_400,
        }
    }

    /// Bob's forward of Alice's request, as his provider delivers it.
    pub fn forward(&self) -> Vec<u8> {
        self.forward_with("Please ask Carol")
    }

    fn forward_with(&self, note: &str) -> Vec<u8> {
        let request = self.writer(ALICE).mail(
            "Bob Kim <bob@kim.example>",
            "",
            "A word with Carol?",
            "Hi Bob,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives.\n\nAlice",
        );
        let request = askfirst::reader::open(&request);
        proven(
            "kim.example",
            &self.writer(BOB).forward(&request, ADDRESS, note),
        )
    }
}

/// With the word of the mail server in front that the author is proven.
pub fn proven(domain: &str, mail: &[u8]) -> Vec<u8> {
    let stamp =
        format!("Authentication-Results: mx.bot.example; dmarc=pass header.from={domain}\r\n");
    [stamp.as_bytes(), mail].concat()
}

fn letter(delivered: &Delivered) -> Letter {
    askfirst::reader::open(&delivered.bytes)
}

fn to<'a>(mails: &'a [Delivered], address: &str) -> &'a Delivered {
    let found: Vec<_> = mails.iter().filter(|m| m.to == [address]).collect();
    assert_eq!(found.len(), 1, "mails to {address}");
    found[0]
}

#[tokio::test]
async fn a_request_becomes_an_introduction() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    dovecot.deliver(&bot.forward()).await;
    let mails = dovecot.sink.waits_for(2).await;
    let ask = letter(to(&mails, CAROL.1));
    assert!(ask.plain.unwrap().contains("I build sensors for beehives"));
    let listed = bot.tell(&["list", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["state"], "asked");
    assert_eq!(listed[0]["target"], "carol@target.example");
    let ask = letter(to(&mails, CAROL.1));
    let yes = bot.writer(CAROL).reply(&ask, "Yes, happy to.");
    dovecot.deliver(&proven("target.example", &yes)).await;
    let mails = dovecot.sink.waits_for(3).await;
    assert_eq!(mails[2].to, [ALICE.1, CAROL.1, BOB.1]);
    let shown = bot.tell(&["show", "1"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("introduced") && shown.contains("author proven"),
        "{shown}"
    );
    assert_eq!(daemon.stop(), Some(0));
    // Flags are other programs' business: nothing was marked as read.
    let seen = |name: &String| {
        name.rsplit_once(":2,")
            .is_some_and(|(_, flags)| flags.contains('S'))
    };
    assert!(!dovecot.files().iter().any(seen), "{:?}", dovecot.files());
    // Nobody's address, word or password is in the log.
    for secret in ["alice@", "carol@", "bob@", "beehives", PASSWORD, "happy to"] {
        assert!(
            !bot.log().contains(secret),
            "{secret} in the log:\n{}",
            bot.log()
        );
    }
}

#[tokio::test]
async fn a_no_is_silence_for_the_requester_and_a_kill_changes_nothing() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    dovecot.deliver(&bot.forward()).await;
    let mails = dovecot.sink.waits_for(2).await;
    drop(daemon); // kill -9
    let ask = letter(to(&mails, CAROL.1));
    let no = bot.writer(CAROL).reply(&ask, "No, thank you.");
    dovecot.deliver(&proven("target.example", &no)).await;
    let daemon = bot.start(&[]);
    let mails = dovecot.sink.waits_for(4).await;
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(mails.len(), 4, "nothing went out twice");
    assert!(mails.iter().all(|m| !m.to.contains(&ALICE.1.to_owned())));
    let listed = bot.tell(&["list", "--all", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["state"], "declined");
}

#[tokio::test]
async fn old_mail_is_left_alone_unless_asked_for() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    dovecot.deliver(&bot.forward()).await;
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    // A later mail is taken; once it has been, the older one would have been too.
    dovecot.deliver(&bot.forward()).await;
    let mails = dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(mails.len(), 2);

    let fresh = Bot::new(&dovecot);
    let dry = fresh.start(&["--from-start", "--dry-run"]);
    fresh.logs("this mail would be sent").await;
    assert_eq!(dry.stop(), Some(0));
    assert!(
        !fresh.folder.path().join("askfirst.db").exists(),
        "a dry run changes nothing"
    );
    assert_eq!(dovecot.sink.mails().len(), 2);

    let daemon = fresh.start(&["--from-start"]);
    let mails = dovecot.sink.waits_for(4).await;
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(mails.iter().filter(|m| m.to == [CAROL.1]).count(), 2);
}

#[tokio::test]
async fn two_daemons_on_one_database_are_refused() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    let second = bot.tell(&["run"]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another askfirst runs"), "{said}");
    assert_eq!(daemon.stop(), Some(0));
}

#[tokio::test]
async fn check_says_what_is_ready_and_sends_nothing() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let checked = bot.tell(&["check"]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{said}");
    for words in [
        "IDLE",
        "INBOX",
        "1 contact,",
        "logged in",
        "Nothing was sent",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(dovecot.sink.mails().is_empty());
}

/// As if the terminal were endlessly wide.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Both commands must say the same clear sentence, with the exit status.
fn both_say(bot: &Bot, words: &[&str]) {
    for command in ["check", "run"] {
        let done = bot.tell(&[command]);
        let said = in_one_line(&String::from_utf8(done.stderr).unwrap());
        assert_eq!(done.status.code(), Some(1), "{command}: {said}");
        for word in words {
            assert!(said.contains(word), "{command}, {word}: {said}");
        }
        assert!(
            !said.contains("wrong-Pa55") && !said.contains(PASSWORD),
            "{said}"
        );
    }
}

#[tokio::test]
async fn what_keeps_it_out_is_told_in_one_sentence() {
    let dovecot = Dovecot::start().await;
    let imaps = dovecot.ports.imaps;
    let wrong = Bot::with(&dovecot, "wrong-Pa55", imaps, true);
    both_say(
        &wrong,
        &["the login was refused", "check user and password"],
    );
    let untrusted = Bot::with(&dovecot, PASSWORD, imaps, false);
    both_say(&untrusted, &["certificate is refused"]);
    let closed = Bot::with(&dovecot, PASSWORD, 1, true);
    let done = closed.tell(&["check"]);
    let said = in_one_line(&String::from_utf8(done.stderr).unwrap());
    assert_eq!(done.status.code(), Some(1));
    assert!(said.contains("nothing answers there"), "{said}");
    let daemon = closed.start(&[]);
    closed.logs("nothing answers there").await;
    assert_eq!(daemon.stop(), Some(0));
}

#[tokio::test]
async fn a_dropped_connection_is_made_anew() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    dovecot.kick();
    bot.logs("reading mail:").await;
    // Delivered while nobody watched: the next session finds it by comparing what is there.
    dovecot.deliver(&bot.forward()).await;
    let mails = dovecot.sink.waits_for(2).await;
    assert_eq!(mails.iter().filter(|m| m.to == [CAROL.1]).count(), 1);
    assert_eq!(daemon.stop(), Some(0));
    dovecot.renumber();
    let daemon = bot.start(&[]);
    // Under another UIDVALIDITY the same mail is still the same mail.
    dovecot.deliver(&proven("dan.example", b"From: dan@dan.example\r\nTo: x@y.example\r\nMessage-ID: <1@dan.example>\r\n\r\nhello\r\n")).await;
    for _ in 0..1_200 {
        if bot.log().matches("mail taken").count() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(dovecot.sink.mails().len(), 2, "nothing is asked twice");
}

/// P10: a whole life at the most talkative level: ids in the log, and nothing else of anybody.
#[tokio::test]
async fn p10_no_log_line_holds_an_address_a_word_or_a_secret() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let log = std::fs::File::create(bot.folder.path().join("log")).unwrap();
    let child = bot
        .command(&["run"])
        .env("RUST_LOG", "trace")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let daemon = Daemon(child);
    bot.logs("watching the mailbox").await;
    dovecot.deliver(&bot.forward()).await;
    let mails = dovecot.sink.waits_for(2).await;
    let ask = letter(to(&mails, CAROL.1));
    let token = askfirst::reader::secret::find(ask.message_id.as_deref().unwrap());
    let unclear = bot
        .writer(CAROL)
        .reply(&ask, "Who is quincunx? I never met one.");
    dovecot.deliver(&proven("target.example", &unclear)).await;
    dovecot.sink.waits_for(4).await;
    dovecot
        .deliver(b"From: Carol <carol@target.example>\r\n\r\nno date, no id, nothing")
        .await;
    let yes = bot.writer(CAROL).reply(&ask, "Yes, happy to.");
    dovecot.deliver(&proven("target.example", &yes)).await;
    dovecot.sink.waits_for(5).await;
    let forgotten = bot.tell(&["forget", "Carol@target.example"]);
    assert!(
        forgotten.status.success(),
        "{}",
        String::from_utf8_lossy(&forgotten.stderr)
    );
    let said = String::from_utf8(forgotten.stdout).unwrap();
    assert!(
        said.contains("1 introduction:") && said.contains("Bob Kim"),
        "{said}"
    );
    assert_eq!(daemon.stop(), Some(0));
    let log = bot.log().to_lowercase();
    assert!(log.contains("an introduction moved"), "{log}");
    let token = token[0].token();
    let code = token.split_once('-').unwrap().1;
    for canary in [
        ALICE.1,
        BOB.1,
        CAROL.1,
        "alice",
        "danvers",
        "target.example",
        "quincunx",
        "beehives",
        "happy to",
        "word with",
        PASSWORD,
        code,
    ] {
        assert!(
            !log.contains(&canary.to_lowercase()),
            "{canary:?} in the log"
        );
    }
}

#[tokio::test]
async fn contacts_that_changed_count_for_the_next_mail_and_a_broken_file_changes_nothing() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let file = bot.folder.path().join("contacts.csv");
    let daemon = bot.start(&[]);
    bot.logs("watching the mailbox").await;
    std::fs::write(
        &file,
        "Name,E-mail Address\nCarol Danvers,carol@target.example\nDan Ortiz,dan@ortiz.example\n",
    )
    .unwrap();
    dovecot
        .deliver(&bot.forward_with("Please ask Dan Ortiz"))
        .await;
    let mails = dovecot.sink.waits_for(2).await;
    to(&mails, "dan@ortiz.example");
    assert!(bot.log().contains("were read again"), "{}", bot.log());
    std::fs::write(&file, "\n").unwrap();
    dovecot
        .deliver(&bot.forward_with("Please ask Carol Danvers"))
        .await;
    let mails = dovecot.sink.waits_for(4).await;
    to(&mails, CAROL.1);
    bot.logs("the contacts stay as they were").await;
    assert_eq!(daemon.stop(), Some(0));
}
