//! IMAP byte by byte: limits, faults, several clients at once, and what mail programs seldom do. Time is the paused clock's.

use std::time::Duration;

use askfirst::demo::faults::Faults;
use askfirst::demo::smtp::SmtpSettings;
use data_encoding::BASE64;

use super::talk::Talk;
use super::{people, with_mails};

#[tokio::test(start_paused = true)]
async fn literals_are_asked_for_or_taken_at_once() {
    let mailboxes = people();
    let mut talk = Talk::imap(&mailboxes, &Faults::none());
    assert!(
        talk.line()
            .await
            .starts_with("* OK [CAPABILITY IMAP4rev1 LITERAL+ ")
    );
    talk.say("a LOGIN {3}\r\n").await;
    assert!(talk.line().await.starts_with("+ "));
    talk.say("bob {10}\r\n").await;
    assert!(talk.line().await.starts_with("+ "));
    assert!(
        talk.ask("b0b secret").await.starts_with("a OK"),
        "the tag is that of the command"
    );
    let mut talk = Talk::imap(&mailboxes, &Faults::none());
    talk.line().await;
    talk.say("a LOGIN {3+}\r\nbob {10+}\r\nb0b secret\r\nb NOOP\r\n")
        .await;
    assert!(talk.line().await.starts_with("a OK"));
    assert!(talk.line().await.starts_with("b OK"));
}

#[tokio::test(start_paused = true)]
async fn a_literal_of_an_unknown_command_is_no_command() {
    let mut talk = Talk::imap(&people(), &Faults::none());
    talk.line().await;
    talk.say("a FOO {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n").await;
    assert!(talk.line().await.starts_with("a BAD"));
    assert!(talk.line().await.starts_with("c OK"));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_big_is_refused() {
    let mailboxes = people();
    let mut talk = Talk::inbox(&mailboxes, "bob", "b0b secret").await;
    assert!(
        talk.ask("a APPEND INBOX {26214401}")
            .await
            .starts_with("a NO [TOOBIG]")
    );
    assert!(talk.ask("b NOOP").await.starts_with("b OK"));
    assert!(
        talk.ask("c SELECT {70000}")
            .await
            .starts_with("c NO [TOOBIG]")
    );
    talk.say("d APPEND INBOX {4294967295+}\r\n").await;
    assert!(talk.rest().await.starts_with("* BYE [TOOBIG]"));

    let mut talk = Talk::imap(&mailboxes, &Faults::none());
    talk.line().await;
    // Before the login no literal of a mail's size is taken.
    assert!(
        talk.ask("a APPEND INBOX {100000}")
            .await
            .starts_with("a NO [TOOBIG]")
    );
    talk.say(vec![b'x'; 70_000]).await;
    assert!(talk.rest().await.starts_with("* BYE [TOOBIG]"));
    assert!(mailboxes.mails("bob", "INBOX").is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_state_answers_every_command() {
    let mailboxes = with_mails(1);
    let mut talk = Talk::imap(&mailboxes, &Faults::none());
    talk.line().await;
    for command in [
        "SELECT INBOX",
        "LIST \"\" *",
        "FETCH 1 FLAGS",
        "IDLE",
        "UID MOVE 1 Junk",
        "CLOSE",
        "NAMESPACE",
        "STARTTLS",
    ] {
        assert!(
            talk.ask(&format!("a {command}")).await.starts_with("a BAD"),
            "{command}"
        );
    }
    let mut talk = Talk::imap(&mailboxes, &Faults::none());
    talk.line().await;
    talk.ask("a LOGIN carol c4rol").await;
    for (command, answer) in [
        ("LOGIN carol c4rol", "BAD"),
        ("FETCH 1 FLAGS", "BAD"),
        ("EXPUNGE", "BAD"),
        ("SELECT Nowhere", "NO [NONEXISTENT]"),
        ("STATUS Nowhere (MESSAGES)", "NO [NONEXISTENT]"),
        ("APPEND Nowhere {1+}\r\nx", "NO [TRYCREATE]"),
        ("RENAME Junk Spam", "NO [CANNOT]"),
        ("GETQUOTAROOT INBOX", "BAD"),
        ("SORT (DATE) UTF-8 ALL", "BAD"),
        ("COMPRESS DEFLATE", "BAD"),
        ("AUTHENTICATE XNONE", "BAD"),
        ("SELECT INBOX", "* FLAGS"),
        ("SEARCH RETURN (COUNT) ALL", "BAD"),
        ("SEARCH CHARSET KOI8-R ALL", "NO [BADCHARSET"),
        ("THREAD REFERENCES UTF-8 ALL", "BAD"),
        ("FETCH 2 FLAGS", "BAD"),
        ("UID FETCH 7 FLAGS", "OK"),
        ("UID MOVE 7 Junk", "OK"),
        ("UID COPY 1 Nowhere", "NO [TRYCREATE]"),
        ("ENABLE CONDSTORE", "* ENABLED"),
        ("UNSUBSCRIBE INBOX", "NO"),
        ("LSUB \"\" *", "* LSUB"),
    ] {
        let got = talk.ask(&format!("a {command}")).await;
        assert!(
            got.starts_with(&format!("a {answer}")) || got.starts_with(answer),
            "{command}: {got}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_makes_only_mistakes_is_shown_out() {
    let mut talk = Talk::imap(&people(), &Faults::none());
    for _ in 0..30 {
        talk.say("GET / HTTP/1.1\r\n").await;
    }
    let said = talk.rest().await;
    assert!(said.ends_with("* BYE too many mistakes\r\n"), "{said}");
    assert_eq!(said.matches("GET BAD").count(), 20);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_taken_and_refused() {
    let mailboxes = people();
    let refused = BASE64.encode(br#"{"status":"401","schemes":"bearer","scope":"mail"}"#);
    let response = |token: &str| {
        BASE64.encode(format!("user=intro\u{1}auth=Bearer {token}\u{1}\u{1}").as_bytes())
    };
    assert!(mailboxes.set_token("intro", "t0ken"));
    let mut talk = Talk::imap(&mailboxes, &Faults::none());
    assert!(talk.line().await.contains(" AUTH=XOAUTH2 "));
    talk.say(format!("a AUTHENTICATE XOAUTH2 {}\r\n", response("old")))
        .await;
    assert_eq!(talk.line().await, format!("+ {refused}"));
    talk.say("\r\n").await;
    assert!(talk.line().await.starts_with("a NO [AUTHENTICATIONFAILED]"));
    talk.say("b AUTHENTICATE XOAUTH2\r\n").await;
    assert_eq!(talk.line().await, "+");
    talk.say(format!("{}\r\n", response("t0ken"))).await;
    assert!(talk.line().await.starts_with("b OK"));

    let mut talk = Talk::smtp(
        &mailboxes,
        SmtpSettings::new("mx.demo.example"),
        &Faults::none(),
    );
    talk.line().await;
    assert_eq!(
        talk.reply("EHLO x").await,
        "250 AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER"
    );
    assert_eq!(
        talk.reply(&format!("AUTH XOAUTH2 {}", response("old")))
            .await,
        format!("334 {refused}")
    );
    assert!(talk.reply("").await.starts_with("535 5.7.8"));
    let bearer = BASE64.encode(b"n,a=intro,\x01host=x\x01port=587\x01auth=Bearer t0ken\x01\x01");
    assert!(
        talk.reply(&format!("AUTH OAUTHBEARER {bearer}"))
            .await
            .starts_with("235")
    );
}

#[tokio::test(start_paused = true)]
async fn two_clients_see_each_other() {
    let mailboxes = with_mails(4);
    let mut one = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    let mut two = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    assert_eq!(
        one.ask("a UID STORE 2:3 +FLAGS.SILENT (\\Deleted)").await,
        "a OK STORE completed\n"
    );
    assert_eq!(
        two.ask("a NOOP").await,
        "* 2 FETCH (UID 2 FLAGS (\\Deleted))\n* 3 FETCH (UID 3 FLAGS (\\Deleted))\na OK NOOP completed\n"
    );
    assert_eq!(
        one.ask("b UID EXPUNGE 3").await,
        "* 3 EXPUNGE\nb OK EXPUNGE completed\n"
    );
    // By number nothing may shift under the client; a mail that is gone is missing and said to be.
    let fetched = two.ask("b FETCH 1:4 UID").await;
    assert_eq!(
        fetched,
        "* 1 FETCH (UID 1)\n* 2 FETCH (UID 2)\n* 4 FETCH (UID 4)\nb NO [EXPUNGEISSUED] some of these mails are gone\n"
    );
    assert_eq!(
        two.ask("c UID SEARCH ALL").await,
        "* SEARCH 1 2 4\n* 3 EXPUNGE\nc OK SEARCH completed\n"
    );
    assert_eq!(
        two.ask("d EXPUNGE").await,
        "* 2 EXPUNGE\nd OK EXPUNGE completed\n"
    );
    assert_eq!(
        two.ask("e UID MOVE 1 Junk").await.lines().nth(1),
        Some("* 1 EXPUNGE")
    );
    assert_eq!(
        one.ask("c NOOP").await,
        "* 1 EXPUNGE\n* 1 EXPUNGE\nc OK NOOP completed\n"
    );
    assert_eq!(
        one.ask("d FETCH 1 UID").await,
        "* 1 FETCH (UID 4)\nd OK FETCH completed\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_does_not_hide_what_others_did() {
    let mailboxes = with_mails(1);
    let mut one = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    let mut two = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    one.ask("a STORE 1 +FLAGS (\\Flagged)").await;
    let answer = two.ask("a STORE 1 +FLAGS.SILENT (\\Seen)").await;
    assert_eq!(
        answer,
        "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen))\na OK STORE completed\n"
    );
}

#[tokio::test(start_paused = true)]
async fn another_uidvalidity_ends_the_session() {
    let mailboxes = with_mails(3);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    assert!(mailboxes.expunge("carol", "INBOX", 1));
    assert!(mailboxes.set_uid_validity("carol", "INBOX", 77));
    assert!(talk.ask("a UID FETCH 1:* FLAGS").await.contains("* BYE "));
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    let selected = talk.ask("b SELECT INBOX").await;
    assert!(
        selected.contains("[UIDVALIDITY 77]") && selected.contains("[UIDNEXT 3]"),
        "{selected}"
    );
}

#[tokio::test(start_paused = true)]
async fn idle_pushes_keeps_alive_and_ends() {
    let mailboxes = with_mails(2);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    talk.say("a IDLE\r\n").await;
    assert_eq!(talk.line().await, "+ idling");
    mailboxes.expunge("carol", "INBOX", 1);
    assert_eq!(talk.line().await, "* 1 EXPUNGE");
    mailboxes.deliver("Carol+list@Target.Example", b"Subject: x\n\nbare\n", 1);
    assert_eq!(talk.line().await, "* 2 EXISTS");
    assert_eq!(talk.line().await, "* OK still here");
    // What happens in another folder is not told here.
    assert_eq!(
        mailboxes.put("carol", "Junk", b"Subject: buy\r\n\r\n", 1),
        Some(1)
    );
    assert_eq!(mailboxes.put("carol", "Nowhere", b"x", 1), None);
    talk.say("DONE\r\n").await;
    assert_eq!(talk.line().await, "a OK IDLE completed");
    let fetched = talk.ask("b FETCH 2 BODY.PEEK[]").await;
    assert!(fetched.contains("{20}"), "bare LF became CRLF: {fetched}");
    talk.say("c IDLE\r\nd NOOP\r\n").await;
    assert_eq!(
        (talk.line().await.as_str(), talk.line().await.as_str()),
        ("+ idling", "c BAD DONE was expected")
    );
    talk.say("e IDLE\r\n").await;
    assert!(
        talk.rest()
            .await
            .ends_with("* BYE autologout, idle for too long\r\n")
    );
}

#[tokio::test(start_paused = true)]
async fn the_stop_is_said_in_any_state() {
    let mailboxes = with_mails(0);
    for command in ["", "a IDLE\r\n"] {
        let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
        talk.say(command).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        talk.stop.send(true).unwrap();
        assert!(talk.rest().await.ends_with("* BYE the server stops\r\n"));
    }
    let talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    talk.hang_up().await;
}

#[tokio::test(start_paused = true)]
async fn folders_are_made_listed_and_removed() {
    let mailboxes = people();
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    assert!(
        talk.ask("a CREATE \"Old (done)/2025\"")
            .await
            .starts_with("a OK")
    );
    assert!(
        talk.ask("a CREATE inbox")
            .await
            .starts_with("a NO [ALREADYEXISTS]")
    );
    for wrong in ["\"\"", "\"a*b\"", "/x", "{3+}\r\n\u{e9}x"] {
        assert!(
            talk.ask(&format!("a CREATE {wrong}"))
                .await
                .starts_with("a NO [CANNOT]"),
            "{wrong}"
        );
    }
    assert_eq!(
        talk.ask("b LIST \"\" \"Old*\"").await,
        "* LIST () \"/\" \"Old (done)/2025\"\nb OK LIST completed\n"
    );
    assert_eq!(talk.ask("b LIST \"\" %").await.lines().count(), 4);
    assert!(
        talk.ask("b LIST \"\" \"\"")
            .await
            .starts_with("* LIST (\\Noselect) \"/\" \"\"")
    );
    assert!(
        talk.ask("c SELECT \"Old (done)/2025\"")
            .await
            .contains("c OK")
    );
    assert!(
        talk.ask("d DELETE \"Old (done)/2025\"")
            .await
            .contains("* BYE"),
        "the selected folder is gone"
    );
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    for number in 0..97 {
        assert!(
            talk.ask(&format!("a CREATE f{number}"))
                .await
                .starts_with("a OK")
        );
    }
    assert!(talk.ask("a CREATE more").await.starts_with("a NO [LIMIT]"));
}

#[tokio::test(start_paused = true)]
async fn a_full_account_takes_no_more_flags() {
    let mailboxes = with_mails(1);
    let mut talk = Talk::inbox(&mailboxes, "carol", "c4rol").await;
    let many: Vec<String> = (0..65).map(|number| format!("k{number}")).collect();
    assert!(
        talk.ask(&format!("a STORE 1 FLAGS ({})", many.join(" ")))
            .await
            .contains("a NO [LIMIT]")
    );
    assert!(
        talk.ask(&format!("a STORE 1 FLAGS ({})", many[..64].join(" ")))
            .await
            .contains("a OK")
    );
    assert!(
        talk.ask(&format!("a STORE 1 +FLAGS ({})", "x".repeat(101)))
            .await
            .contains("a BAD")
    );
}
