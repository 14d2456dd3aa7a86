//! The operator's commands on a database with a past: what they show, what they change, what they leave alone.

use crate::world::*;
use askfirst::desk::Desk;
use askfirst::store::Store;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const EVE: (&str, &str) = ("Eve Berg", "eve@berg.example");

/// A folder with a configuration and the database of a bot that has lived a while: one introduction
/// that was made, one that was declined, one that is asked, and a mail that nobody could read.
struct Past {
    folder: tempfile::TempDir,
}

impl Past {
    fn new() -> Past {
        let folder = tempfile::tempdir().unwrap();
        let mut w = World::new();
        let store = Store::open(&folder.path().join("askfirst.db")).unwrap();
        w.desk = Desk::open(store, house(), dice(7)).unwrap();
        let left = w.forward("Please ask Carol");
        let ask = left
            .iter()
            .find(|sent| sent.to == [CAROL.1])
            .unwrap()
            .clone();
        w.answer(CAROL, &ask, "Yes, happy to.");
        for (who, note) in [
            (EVE, "Please ask Dan"),
            (("Fay Moor", "fay@moor.example"), "Please ask Carol"),
        ] {
            let request = w.writer(who).mail(
                "bob@kim.example",
                "",
                "A word?",
                "Could you introduce us? I grow figs.",
            );
            let request = askfirst::reader::open(&request);
            let forward = w.writer(BOB).forward(&request, BOT, note);
            let left = w.proven(&forward);
            if note.ends_with("Dan") {
                let ask = left.iter().find(|sent| sent.to == [DAN.1]).unwrap().clone();
                w.answer(DAN, &ask, "No, thank you.");
            }
        }
        w.raw(&nested());
        let config = format!(
            "[bot]\naddress = {BOT:?}\nname = \"Example Introductions\"\n\n\
             [imap]\nhost = \"localhost\"\nuser = \"x\"\npassword = \"x\"\n\n\
             [smtp]\nhost = \"localhost\"\nuser = \"x\"\npassword = \"x\"\n\n\
             [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\ncontacts = \"contacts.vcf\"\n"
        );
        std::fs::write(folder.path().join("askfirst.toml"), config).unwrap();
        let past = Past { folder };
        past.contacts(
            "BEGIN:VCARD\nVERSION:3.0\nFN:Carol\nEMAIL:carol@target.example\nEND:VCARD\n",
        );
        past
    }

    fn contacts(&self, text: &str) {
        std::fs::write(self.folder.path().join("contacts.vcf"), text).unwrap();
    }

    fn tell(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_askfirst"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env_remove("RUST_LOG")
            .output()
            .unwrap()
    }

    /// What a command that succeeds prints.
    fn says(&self, arguments: &[&str]) -> String {
        let done = self.tell(arguments);
        let errors = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {errors}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(arguments)).unwrap()
    }
}

/// Parts in parts, deeper than any program writes: set aside unread.
fn nested() -> Vec<u8> {
    let mut mail = String::from(
        "From: Gus <gus@ray.example>\r\nSubject: deep \x1b[31m\r\nMessage-ID: <deep@ray.example>\r\n",
    );
    for level in 0..200 {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    mail.into_bytes()
}

#[test]
fn list_filters_by_person_and_state() {
    let past = Past::new();
    let ids = |arguments: &[&str]| -> Vec<i64> {
        let listed = past.json(&[arguments, &["--json"]].concat());
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(ids(&["list"]), [3]);
    assert_eq!(ids(&["list", "--all"]), [1, 2, 3]);
    assert_eq!(ids(&["list", "--all", "--person", "CAROL"]), [1, 3]);
    assert_eq!(ids(&["list", "--all", "--person", "berg.example"]), [2]);
    assert_eq!(
        ids(&["list", "--state", "declined"]),
        [2],
        "--all goes without saying"
    );
    assert_eq!(
        ids(&["list", "--state", "declined", "--state", "introduced"]),
        [1, 2]
    );
    assert_eq!(ids(&["list", "--person", "nobody"]), [0; 0]);
    assert_eq!(
        past.tell(&["list", "--state", "maybe"]).status.code(),
        Some(2)
    );
    let table = past.says(&["list", "--all"]);
    assert!(
        table.contains("id  requester") && table.contains("fay@moor.example"),
        "{table}"
    );
    assert!(!table.contains('\x1b'), "no colour in a pipe");
}

#[test]
fn show_tells_the_story_and_why_nothing_else_was_sent() {
    let past = Past::new();
    let made = past.says(&["show", "1"]);
    for words in [
        "Introduction 1: introduced",
        "vouched for by the connector",
        "author proven: mx.bot.example says dmarc=pass for target.example",
        "< a mail from bob@kim.example, taken as: request",
        "> tell asked (you named) to bob@kim.example: accepted",
        "* target: yes: introduced",
        "written once and is never",
    ] {
        assert!(made.contains(words), "{words}\n{made}");
    }
    let order: Vec<usize> = [
        "taken as: request",
        "> ask to",
        "taken as: answer",
        "> introduction to",
    ]
    .map(|words| made.find(words).unwrap())
    .to_vec();
    assert!(order.is_sorted(), "{made}");
    let declined = past.says(&["show", "2"]);
    let declined: String = declined.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        declined.contains("never told that it was a no"),
        "{declined}"
    );
    let asked = past.says(&["show", "3"]);
    assert!(asked.contains("The one reminder is due"), "{asked}");
    let json = past.json(&["show", "1", "--json"]);
    assert_eq!(json["received"].as_array().unwrap().len(), 2);
    assert_eq!(json["consents"]["target"]["proof"], "proven");
    assert_eq!(past.tell(&["show", "9"]).status.code(), Some(1));
}

#[test]
fn stats_count_every_answer_once() {
    let past = Past::new();
    let figures = past.json(&["stats", "--json"]);
    for (name, count) in [
        ("begun", 3),
        ("asked", 3),
        ("yes", 1),
        ("no", 1),
        ("open", 1),
        ("silent", 0),
        ("introduced", 1),
    ] {
        assert_eq!(figures[name], count, "{name}: {figures:#}");
    }
    assert_eq!(figures["answer_secs"]["fastest"], 60);
    let text = past.says(&["stats"]);
    assert!(text.contains("3 introductions begun, 3 asked"), "{text}");
    assert_eq!(past.json(&["stats", "--json", "--since", "1s"])["begun"], 0);
    assert_eq!(
        past.tell(&["stats", "--since", "soon"]).status.code(),
        Some(2)
    );
}

#[test]
fn what_waits_is_in_the_queue_with_its_reason() {
    let past = Past::new();
    assert!(past.says(&["queue"]).contains("Nothing waits"));
    past.says(&["pause"]);
    let queue = past.json(&["queue", "--json"]);
    assert_eq!(queue["sending"], "paused");
    // Calling off leaves nothing to send; a retried mail would.
    past.says(&["cancel", "3"]);
    assert!(past.says(&["queue"]).contains("askfirst resume"));
    past.says(&["resume"]);
    assert_eq!(past.json(&["queue", "--json"])["sending"], "running");
}

#[test]
fn mail_that_is_held_is_in_the_queue_too() {
    let past = Past::new();
    assert_eq!(
        past.json(&["queue", "--json"])["held"],
        serde_json::json!([])
    );
    let db = rusqlite::Connection::open(past.folder.path().join("askfirst.db")).unwrap();
    let held = db.execute(
        "UPDATE inbox SET disposition = 'held', reason = 'enough for now', introduction = NULL WHERE introduction = 3",
        [],
    );
    assert_eq!(held.unwrap(), 1);
    let shown = past.says(&["queue"]);
    assert!(shown.contains("Nothing waits to be sent."), "{shown}");
    assert!(shown.contains("1 mail that came is held"), "{shown}");
    assert!(shown.contains("bob@kim.example"), "{shown}");
    let held = past.json(&["queue", "--json"])["held"].clone();
    assert_eq!(held.as_array().unwrap().len(), 1);
    assert_eq!(held[0]["disposition"], "held");
}

#[test]
fn a_mail_that_was_set_aside_is_looked_at_tried_again_and_dropped() {
    let past = Past::new();
    let aside = past.json(&["quarantine", "list", "--json"]);
    let id = aside[0]["id"].as_i64().unwrap().to_string();
    assert_eq!(aside.as_array().unwrap().len(), 1);
    let shown = past.says(&["quarantine", "show", &id]);
    assert!(shown.contains("became    quarantined"), "{shown}");
    assert!(
        !shown.contains('\x1b'),
        "nothing of a mail steers a terminal: {shown:?}"
    );
    let raw = past.tell(&["quarantine", "show", &id, "--raw"]).stdout;
    assert!(raw.ends_with(&nested()));
    // What can't be read today can't be read tomorrow.
    let again = past.tell(&["quarantine", "retry", &id]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("set aside again"));
    past.says(&["quarantine", "drop", &id]);
    assert!(past.says(&["quarantine"]).contains("No mail is set aside"));
    assert_eq!(
        past.tell(&["quarantine", "drop", &id]).status.code(),
        Some(1)
    );
    assert_eq!(
        past.tell(&["quarantine", "retry", "999"]).status.code(),
        Some(1)
    );
}

#[test]
fn a_mail_that_was_set_aside_by_a_mistake_of_ours_is_handled_when_tried_again() {
    let past = Past::new();
    let database = past.folder.path().join("askfirst.db");
    let db = rusqlite::Connection::open(&database).unwrap();
    // As an older version may have left it: Bob's third forward, never handled.
    db.execute(
        "UPDATE inbox SET disposition = 'quarantined', reason = 'a fault', introduction = NULL WHERE introduction = 3",
        [],
    )
    .unwrap();
    let id: i64 = db
        .query_row("SELECT id FROM inbox WHERE reason = 'a fault'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let said = past.says(&["quarantine", "retry", &id.to_string()]);
    assert!(said.contains("was handled: request"), "{said}");
    // Nothing is taken in hand by a command: the daemon finds it queued.
    let queue = past.json(&["queue", "--json"]);
    let states: Vec<&str> = queue["mails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["state"].as_str().unwrap())
        .collect();
    assert!(
        !states.is_empty() && states.iter().all(|state| *state == "queued"),
        "{queue:#}"
    );
}

#[test]
fn a_broken_contacts_file_stops_no_command_that_reads_no_mail() {
    let past = Past::new();
    past.contacts("nothing of use");
    for arguments in [
        &["list"][..],
        &["show", "1"],
        &["stats"],
        &["queue"],
        &["quarantine"],
        &["pause"],
        &["resume"],
        &["cancel", "3"],
        &["export"],
    ] {
        past.says(arguments);
    }
    let run = past.tell(&["run"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("contacts.vcf"));
    // A check goes on, and says everything that is wrong at once.
    let check = past.tell(&["check"]);
    assert_eq!(check.status.code(), Some(2));
    let said = String::from_utf8_lossy(&check.stderr);
    assert!(said.contains("FAIL connector"), "{said}");
    assert!(said.contains("FAIL imap"), "{said}");
    assert!(said.contains("-> "), "{said}");
}

#[test]
fn every_command_says_what_it_is_for() {
    let past = Past::new();
    let help = past.says(&["--help"]);
    let resume = help.lines().find(|line| line.trim().starts_with("resume "));
    assert!(resume.unwrap().contains("Send again after"), "{help}");
    let login = help.lines().find(|line| line.trim().starts_with("login "));
    assert!(login.unwrap().contains("Sign in"), "{help}");
    let first = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    for line in help.lines().filter(first) {
        // A command alone on its line has no description.
        assert!(line.trim().contains(' '), "{line:?} in {help}");
    }
}

#[test]
fn an_export_is_whole_and_holds_no_key() {
    let past = Past::new();
    let export = past.json(&["export"]);
    assert_eq!(export["introductions"].as_array().unwrap().len(), 3);
    assert_eq!(export["inbox"].as_array().unwrap().len(), 6);
    assert!(
        export["introductions"][0]["request"]["words"]
            .as_str()
            .unwrap()
            .contains("beehives")
    );
    assert!(!export.to_string().contains("instance_key"));
    assert!(export["inbox"][0]["raw_base64"].is_null());
    let raw = past.json(&["export", "--raw"]);
    let bytes = raw["inbox"][0]["raw_base64"].as_str().unwrap();
    let bytes = data_encoding::BASE64.decode(bytes.as_bytes()).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("From: Bob Kim"));
}

#[test]
fn every_command_has_a_manual_page_and_completions() {
    let past = Past::new();
    past.says(&["man", "pages"]);
    let page = |name: &str| std::fs::read_to_string(past.folder.path().join("pages").join(name));
    for command in [
        "init",
        "check",
        "run",
        "list",
        "show",
        "stats",
        "queue",
        "quarantine",
        "export",
        "cancel",
        "pause",
        "resume",
        "man",
    ] {
        let text = page(&format!("askfirst-{command}.1"));
        assert!(text.is_ok_and(|text| text.contains(".SH")), "{command}");
        for shell in ["bash", "zsh", "fish"] {
            assert!(
                past.says(&["completions", shell]).contains(command),
                "{shell}: {command}"
            );
        }
    }
    assert!(page("askfirst-quarantine-retry.1").is_ok());
    assert!(page("askfirst.1").unwrap().contains("quarantine"));
    assert!(Path::new(&past.folder.path().join("askfirst.toml")).exists());
}

/// Back-pressure: what waits, waits in the mailbox; but while nothing may be sent, mail is read all the same.
#[test]
fn an_outbox_is_full_at_2_000_due_mails_and_only_while_mail_is_sent() {
    let mut w = World::new();
    let now = w.now_secs;
    let fill = |w: &mut World, first: i64, last: i64| {
        let empty = Desk::open(Store::in_memory().unwrap(), house(), dice(3)).unwrap();
        let mut store = std::mem::replace(&mut w.desk, empty).close();
        let tx = store.transaction().unwrap();
        for number in first..=last {
            tx.execute(
                "INSERT INTO secrets (hash, saying, payload, created_at) VALUES (x'', 'probe', '\"Probe\"', ?1)",
                [now],
            )
            .unwrap();
            let secret = tx.last_insert_rowid();
            tx.execute(
                "INSERT INTO outbox (saying, secret, message_id, mark, envelope_from, recipients,
                   state, attempts, not_before, created_at)
                 VALUES ('probe', ?1, ?2, ?2, 'b@bot.example', '[]', 'queued', 0, ?3, ?3)",
                (secret, format!("<{number}@bot.example>"), now),
            )
            .unwrap();
        }
        tx.commit().unwrap();
        w.desk = Desk::open(store, house(), dice(7)).unwrap();
    };
    fill(&mut w, 1, 1_999);
    assert!(!w.desk.is_outbox_full(now).unwrap());
    fill(&mut w, 2_000, 2_000);
    assert!(w.desk.is_outbox_full(now).unwrap());
    // Mails that are not due yet are no backlog of a slow server.
    assert!(!w.desk.is_outbox_full(now - 1).unwrap());
    w.desk.set_paused(true, now).unwrap();
    assert!(!w.desk.is_outbox_full(now).unwrap());
}
