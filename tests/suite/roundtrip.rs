//! `check` and its round trip, against Dovecot with a relay that brings mail back, and may rewrite it.

use super::harness::dovecot::{ADDRESS, Dovecot};
use crate::daemon::Bot;
use serde_json::Value;
use std::io::Read;
use std::process::{Child, Stdio};
use std::time::Duration;

/// How the way back treats the bot's own mails.
#[derive(Clone, Copy, Default)]
struct Way {
    rewrites: bool,
    drops_sub_addresses: bool,
    files_copies: bool,
    /// Authentication-Results that others wrote are removed.
    strips: bool,
    /// They are left, and the server's own stand above its hop.
    outranks: bool,
}

/// Runs `check --roundtrip --json` while mail is carried from the sink back into the mailbox.
async fn check(bot: &Bot, dovecot: &Dovecot, way: Way, wait: &str, outside: &str) -> (i32, Value) {
    let arguments = ["check", "--roundtrip", "--json", "--wait", wait];
    let mut child = bot
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut carried = 0;
    // What it says beside the JSON: it asks for a mail.
    let mut stderr = child.stderr.take().unwrap();
    let (asked, asks) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut text, mut byte) = (Vec::new(), [0]);
        while stderr.read(&mut byte).is_ok_and(|count| count > 0) {
            text.push(byte[0]);
            if text.ends_with(b"goes on without it.") {
                let _ = asked.send(());
            }
        }
    });
    let mut wrote = outside.is_empty();
    for _ in 0..2_000 {
        for mail in dovecot.sink.mails().iter().skip(carried) {
            carried += 1;
            let text = String::from_utf8(mail.bytes.clone()).unwrap();
            if way.drops_sub_addresses && mail.to[0] != ADDRESS {
                continue;
            }
            let original = text.clone();
            let text = match way.rewrites {
                true => text.replacen("Message-ID: <", "Message-ID: <provider.", 1) + "\r\n",
                false => text,
            };
            let text = match (way.strips, way.outranks) {
                (true, _) => without_results(&text),
                (_, true) => format!("{OWN_RESULTS}{text}"),
                _ => text,
            };
            dovecot.deliver(text.as_bytes()).await;
            if way.files_copies {
                dovecot.save("Sent", original.as_bytes());
            }
        }
        if !wrote && asks.try_recv().is_ok() {
            wrote = true;
            let own = dovecot.sink.mails();
            let sub = own.iter().find(|mail| mail.to[0] != ADDRESS).unwrap();
            let plain = own.iter().find(|mail| mail.to[0] == ADDRESS).unwrap();
            let subject = askfirst::reader::open(&plain.bytes).subject;
            let code = subject.rsplit(' ').next().unwrap();
            let mail = outside.replace("SUB", &sub.to[0]).replace("CODE", code);
            dovecot.deliver(mail.as_bytes()).await;
        }
        if child.try_wait().unwrap().is_some() {
            return ended(child);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let _ = child.kill();
    panic!("the check did not end");
}

const OWN_RESULTS: &str = "Authentication-Results: mx.bot.example; dmarc=pass header.from=bot.example\r\n\
    Received: from relay by mx.bot.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n";

fn without_results(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let kept = head
        .split("\r\n")
        .filter(|line| !line.starts_with("Authentication-Results:"));
    format!("{}\r\n\r\n{body}", kept.collect::<Vec<_>>().join("\r\n"))
}

fn ended(child: Child) -> (i32, Value) {
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let value = serde_json::from_str(&said);
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    (
        done.status.code().unwrap(),
        value.unwrap_or_else(|e| panic!("{e}: {said}\n{errors}")),
    )
}

fn says(value: &Value, about: &str) -> String {
    let findings = value["findings"].as_array().unwrap().iter();
    let of = findings.filter(|finding| finding["about"] == about);
    let lines: Vec<&str> = of
        .map(|finding| finding["says"].as_str().unwrap())
        .collect();
    lines.join("\n")
}

fn offers(value: &Value) -> Vec<&str> {
    let offers = value["offers"].as_array().unwrap().iter();
    offers
        .map(|offer| offer["line"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_round_trip_shows_that_all_is_well() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let outside = "Authentication-Results: mx.bot.example; dmarc=pass header.from=target.example\r\n\
        From: Carol <carol@target.example>\r\nTo: SUB\r\nSubject: hello\r\nMessage-ID: <1@target.example>\r\n\r\nhello\r\n";
    let way = Way {
        files_copies: true,
        strips: true,
        ..Way::default()
    };
    let (status, value) = check(&bot, &dovecot, way, "60s", outside).await;
    assert_eq!(status, 0, "{value:#}");
    assert_eq!(value["ok"], true);
    assert_eq!(value["mails_sent"], 3);
    assert!(
        says(&value, "forged results").contains("were removed"),
        "{value:#}"
    );
    assert!(
        says(&value, "round trip").contains("is back after"),
        "{value:#}"
    );
    assert!(says(&value, "Message-ID").contains("is kept"), "{value:#}");
    assert!(
        says(&value, "sub-addresses").contains("arrive"),
        "{value:#}"
    );
    assert!(says(&value, "copy in sent").contains("Sent"), "{value:#}");
    assert!(
        says(&value, "results").contains("mx.bot.example: dmarc=pass"),
        "{value:#}"
    );
    assert!(says(&value, "author").contains("proven"), "{value:#}");
    // The configuration says all that already.
    assert_eq!(offers(&value), [""; 0]);
    assert_eq!(dovecot.sink.mails().len(), 3, "to nobody but itself");
    assert!(
        dovecot
            .sink
            .mails()
            .iter()
            .all(|mail| mail.to[0].ends_with("@bot.example"))
    );
}

#[tokio::test]
async fn a_round_trip_finds_what_a_provider_rewrites_and_refuses() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let text = std::fs::read_to_string(&bot.config).unwrap();
    let text = text
        .replace("subaddressing = \"+\"", "subaddressing = \"auto\"")
        .replace(
            "authserv_ids = [\"mx.bot.example\"]",
            "authserv_ids = [\"mx.other.example\"]",
        );
    std::fs::write(&bot.config, text).unwrap();
    let outside = "Authentication-Results: mx.bot.example; dkim=pass header.d=target.example; dmarc=pass header.from=target.example\r\n\
        From: Carol <carol@target.example>\r\nTo: agent@bot.example\r\nSubject: hello CODE\r\nMessage-ID: <1@target.example>\r\n\r\nhello\r\n";
    let way = Way {
        rewrites: true,
        drops_sub_addresses: true,
        strips: true,
        ..Way::default()
    };
    let (status, value) = check(&bot, &dovecot, way, "60s", outside).await;
    assert_eq!(status, 0, "{value:#}");
    assert!(
        says(&value, "Message-ID").contains("rewritten"),
        "{value:#}"
    );
    assert!(
        says(&value, "sub-addresses").contains("do not arrive"),
        "{value:#}"
    );
    assert!(
        says(&value, "copy in sent").contains("files none"),
        "{value:#}"
    );
    assert_eq!(
        offers(&value),
        [
            "subaddressing = \"\"",
            "authserv_ids = [\"mx.bot.example\"]"
        ]
    );
}

#[tokio::test]
async fn sub_addresses_that_are_set_and_lost_are_a_problem() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let way = Way {
        drops_sub_addresses: true,
        ..Way::default()
    };
    let (status, value) = check(&bot, &dovecot, way, "0s", "").await;
    assert_eq!(status, 1, "{value:#}");
    assert_eq!(value["ok"], false);
    assert!(says(&value, "from outside").contains("not tried"));
}

/// F4: a server that hands on what others write under its name lets anybody be anybody.
#[tokio::test]
async fn results_that_anybody_can_forge_are_a_problem() {
    for (outranks, wanted) in [(false, 1), (true, 0)] {
        let dovecot = Dovecot::start().await;
        let bot = Bot::new(&dovecot);
        let way = Way {
            outranks,
            ..Way::default()
        };
        let (status, value) = check(&bot, &dovecot, way, "0s", "").await;
        assert_eq!(status, wanted, "{value:#}");
        let said = says(&value, "forged results");
        match outranks {
            true => assert!(said.contains("not believed"), "{said}"),
            false => {
                assert!(said.contains("would prove any author"), "{said}");
                assert_eq!(offers(&value), ["authserv_ids = []"]);
            }
        }
    }
}

/// Where nobody's results are believed there is nothing to forge.
#[tokio::test]
async fn without_trusted_servers_nothing_is_forged() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let text = std::fs::read_to_string(&bot.config).unwrap();
    let text = text.replace("authserv_ids = [\"mx.bot.example\"]", "authserv_ids = []");
    std::fs::write(&bot.config, text).unwrap();
    let (status, value) = check(&bot, &dovecot, Way::default(), "0s", "").await;
    assert_eq!(status, 0, "{value:#}");
    assert_eq!(value["mails_sent"], 2);
    assert_eq!(says(&value, "forged results"), "");
}

#[tokio::test]
async fn a_check_says_which_folder_is_junk_and_who_else_can_read_the_password() {
    let dovecot = Dovecot::start().await;
    let bot = Bot::new(&dovecot);
    let text = std::fs::read_to_string(&bot.config).unwrap();
    std::fs::write(
        &bot.config,
        text.replacen("[imap]\n", "[imap]\njunk = \"Spam\"\n", 1),
    )
    .unwrap();
    let done = bot.tell(&["check", "--json"]);
    let value: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(done.status.code(), Some(0), "{value:#}");
    let finding = |about: &str| {
        let findings = value["findings"].as_array().unwrap();
        findings
            .iter()
            .find(|finding| finding["about"] == about)
            .unwrap()
            .clone()
    };
    assert_eq!(finding("junk")["level"], "warning");
    assert!(
        finding("junk")["remedy"]
            .as_str()
            .unwrap()
            .contains("\"Junk\"")
    );
    assert_eq!(finding("password")["level"], "warning");
    assert!(
        finding("password")["remedy"]
            .as_str()
            .unwrap()
            .starts_with("chmod 600")
    );
    assert_eq!(value["mails_sent"], 0);
    assert!(dovecot.sink.mails().is_empty());
}
