//! SMTP byte by byte: limits, smuggling, faults and order. Time is the paused clock's.

use std::time::Duration;

use askfirst::demo::faults::{Act, Fault, Faults};
use askfirst::demo::mailboxes::Mailboxes;
use askfirst::demo::smtp::SmtpSettings;
use data_encoding::BASE64;
use proptest::prelude::*;

use super::people;
use super::talk::Talk;

async fn greeted(mailboxes: &Mailboxes, faults: &Faults) -> Talk {
    let mut talk = Talk::smtp(mailboxes, SmtpSettings::new("mx.demo.example"), faults);
    assert_eq!(
        talk.line().await,
        "220 mx.demo.example ESMTP askfirst demo server"
    );
    assert_eq!(
        talk.reply("EHLO laptop.example").await,
        "250 AUTH PLAIN LOGIN"
    );
    talk
}

/// Up to and with the answer to DATA.
async fn at_data(talk: &mut Talk) {
    talk.say("MAIL FROM:<eve@elsewhere.test>\r\nRCPT TO:<carol@target.example>\r\nDATA\r\n")
        .await;
    assert!(talk.last_line().await.starts_with("250 2.1.0"));
    assert!(talk.last_line().await.starts_with("250 2.1.5"));
    assert!(talk.last_line().await.starts_with("354 "));
}

fn inbox(mailboxes: &Mailboxes) -> Vec<String> {
    let mails = mailboxes.mails("carol", "INBOX");
    mails
        .iter()
        .map(|mail| String::from_utf8_lossy(&mail.bytes).into_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_pipelined_mail_is_taken_and_unstuffed() {
    let mailboxes = people();
    let mut talk = greeted(&mailboxes, &Faults::none()).await;
    at_data(&mut talk).await;
    talk.say("From: eve@elsewhere.test\r\n\r\n..\r\n.a\r\n...\r\n.\r\nQUIT\r\n")
        .await;
    assert!(talk.last_line().await.starts_with("250 2.0.0"));
    assert!(talk.rest().await.starts_with("221 "));
    assert!(inbox(&mailboxes)[0].ends_with("\r\n\r\n.\r\na\r\n..\r\n"));
}

#[tokio::test(start_paused = true)]
async fn only_crlf_dot_crlf_ends_a_mail() {
    let mailboxes = people();
    for smuggled in ["\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r"] {
        let mut talk = greeted(&mailboxes, &Faults::none()).await;
        at_data(&mut talk).await;
        talk.say(format!("From: e@elsewhere.test\r\n\r\nx{smuggled}MAIL FROM:<bob@connector.example>\r\n\r\n.\r\n")).await;
        assert_eq!(
            talk.last_line().await,
            "550 5.5.2 bare CR or LF in the mail",
            "{smuggled:?}"
        );
        assert!(talk.reply("NOOP").await.starts_with("250"), "{smuggled:?}");
    }
    assert!(inbox(&mailboxes).is_empty());
}

#[tokio::test(start_paused = true)]
async fn limits_refuse_and_the_session_goes_on() {
    let mailboxes = people();
    let mut settings = SmtpSettings::new("mx.demo.example");
    settings.max_mail_bytes = 2000;
    let mut talk = Talk::smtp(&mailboxes, settings, &Faults::none());
    talk.line().await;
    talk.reply("EHLO x").await;
    assert!(
        talk.reply("MAIL FROM:<a@b.test> SIZE=2001")
            .await
            .starts_with("552 5.3.4")
    );
    at_data(&mut talk).await;
    talk.say(format!("{}\r\n.\r\n", "0123456789\r\n".repeat(200)))
        .await;
    assert!(talk.last_line().await.starts_with("552 5.3.4"));
    at_data(&mut talk).await;
    talk.say(format!("{}\r\n.\r\n", "x".repeat(999))).await;
    assert!(talk.last_line().await.starts_with("550 5.6.0"));
    at_data(&mut talk).await;
    talk.say(format!("{}\r\n.\r\n", "x".repeat(998))).await;
    assert!(talk.last_line().await.starts_with("250 2.0.0"));
    assert_eq!(inbox(&mailboxes).len(), 1);

    talk.reply("MAIL FROM:<>").await;
    for number in 0..100 {
        assert!(
            talk.reply(&format!("RCPT TO:<carol+{number}@target.example>"))
                .await
                .starts_with("250")
        );
    }
    assert!(
        talk.reply("RCPT TO:<carol+more@target.example>")
            .await
            .starts_with("452 4.5.3")
    );
    talk.say(vec![b'x'; 20_000]).await;
    assert!(talk.rest().await.starts_with("500 5.5.2"));
}

#[tokio::test(start_paused = true)]
async fn commands_have_an_order() {
    let mailboxes = people();
    let mut talk = Talk::smtp(
        &mailboxes,
        SmtpSettings::new("mx.demo.example"),
        &Faults::none(),
    );
    talk.line().await;
    for (command, reply) in [
        ("MAIL FROM:<a@b.test>", "503"),
        ("AUTH PLAIN", "503"),
        ("EHLO", "501"),
        ("HELO laptop", "250 mx.demo.example"),
        ("RCPT TO:<carol@target.example>", "503"),
        ("MAIL FROM:a@b.test", "501"),
        (
            "MAIL FROM:<a@b.test> SIZE=10 BODY=8BITMIME SMTPUTF8",
            "250 2.1.0",
        ),
        ("MAIL FROM:<a@b.test>", "503"),
        ("DATA", "503"),
        ("RCPT TO:<>", "550 5.1.1"),
        ("RCPT TO:<nobody@target.example>", "550 5.1.1"),
        ("RCPT TO:<carol@target.example> NOTIFY=NEVER", "555"),
        ("rcpt to:<CAROL@target.example>", "250 2.1.5"),
        ("DATA now", "501"),
        ("RSET", "250"),
        ("DATA", "503"),
        ("VRFY carol", "252"),
        ("STARTTLS", "502"),
        ("HELP", "214"),
        ("", "500"),
    ] {
        assert!(talk.reply(command).await.starts_with(reply), "{command}");
    }
    // A mail that nobody gets leaves nothing behind.
    assert!(inbox(&mailboxes).is_empty());
}

#[tokio::test(start_paused = true)]
async fn logins_are_taken_and_refused() {
    let mailboxes = people();
    let mut settings = SmtpSettings::new("mx.demo.example");
    settings.require_auth = true;
    let mut talk = Talk::smtp(&mailboxes, settings, &Faults::none());
    talk.line().await;
    talk.reply("EHLO x").await;
    assert!(
        talk.reply("MAIL FROM:<a@b.test>")
            .await
            .starts_with("530 5.7.0")
    );
    assert!(talk.reply("AUTH CRAM-MD5").await.starts_with("504"));
    assert!(talk.reply("AUTH PLAIN !!").await.starts_with("501"));
    assert!(
        talk.reply(&format!("AUTH PLAIN {}", BASE64.encode(b"\0bob\0wrong")))
            .await
            .starts_with("535 5.7.8")
    );
    assert!(
        talk.reply(&format!(
            "AUTH PLAIN {}",
            BASE64.encode(b"carol\0bob\0b0b secret")
        ))
        .await
        .starts_with("501")
    );
    assert_eq!(talk.reply("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert!(talk.reply("*").await.starts_with("501 5.7.0"));
    assert_eq!(talk.reply("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert_eq!(talk.reply(&BASE64.encode(b"bob")).await, "334 UGFzc3dvcmQ6");
    assert!(
        talk.reply(&BASE64.encode(b"b0b secret"))
            .await
            .starts_with("235 2.7.0")
    );
    assert!(talk.reply("AUTH PLAIN").await.starts_with("503"));
    assert!(
        talk.reply("MAIL FROM:<bob@connector.example>")
            .await
            .starts_with("250")
    );
}

#[tokio::test(start_paused = true)]
async fn who_makes_only_mistakes_is_shown_out() {
    let mut talk = Talk::smtp(
        &people(),
        SmtpSettings::new("mx.demo.example"),
        &Faults::none(),
    );
    for _ in 0..30 {
        talk.say("GET / HTTP/1.1\r\n").await;
    }
    let said = talk.rest().await;
    assert!(
        said.ends_with("421 4.7.0 too many mistakes, closing\r\n"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_and_the_stop_end_a_session() {
    let mut talk = greeted(&people(), &Faults::none()).await;
    assert!(talk.rest().await.starts_with("421 4.4.2"));
    let mut talk = greeted(&people(), &Faults::none()).await;
    talk.stop.send(true).unwrap();
    assert!(talk.rest().await.starts_with("421 4.3.2"));
    let mut talk = greeted(&people(), &Faults::none()).await;
    at_data(&mut talk).await;
    talk.hang_up().await;
}

#[tokio::test(start_paused = true)]
async fn faults_strike_at_every_phase() {
    let mailboxes = people();
    let faults = Faults::none();
    faults.add(Fault::on(
        "GREETING",
        Act::ReplyThenClose("554 go away".to_owned()),
    ));
    let mut talk = Talk::smtp(&mailboxes, SmtpSettings::new("mx.demo.example"), &faults);
    assert_eq!(talk.rest().await, "554 go away\r\n");

    faults.add(Fault::on("DOT", Act::Reply("451 4.3.0 later".to_owned())));
    let mut talk = greeted(&mailboxes, &faults).await;
    at_data(&mut talk).await;
    assert_eq!(
        talk.reply("Subject: x\r\n\r\nx\r\n.").await,
        "451 4.3.0 later"
    );
    assert!(inbox(&mailboxes).is_empty());
    faults.add(Fault::on("DATA", Act::Close));
    talk.reply("MAIL FROM:<>").await;
    talk.reply("RCPT TO:<carol@target.example>").await;
    talk.say("DATA\r\n").await;
    assert_eq!(talk.rest().await, "");

    faults.add(Fault::on("DOT", Act::DoThenStall));
    let mut talk = greeted(&mailboxes, &faults).await;
    at_data(&mut talk).await;
    talk.say("Subject: x\r\n\r\nx\r\n.\r\n").await;
    assert!(
        tokio::time::timeout(Duration::from_secs(3000), talk.line())
            .await
            .is_err()
    );
    assert_eq!(inbox(&mailboxes).len(), 1);
    talk.hang_up().await;
    assert_eq!(faults.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn subaddresses_can_be_switched_off() {
    let mailboxes = people();
    let mut talk = greeted(&mailboxes, &Faults::none()).await;
    talk.reply("MAIL FROM:<>").await;
    assert!(
        talk.reply("RCPT TO:<carol+x@target.example>")
            .await
            .starts_with("250")
    );
    mailboxes.set_subaddressing(Some('-'));
    assert!(
        talk.reply("RCPT TO:<carol+y@target.example>")
            .await
            .starts_with("550")
    );
    assert!(
        talk.reply("RCPT TO:<carol-y@target.example>")
            .await
            .starts_with("250")
    );
    mailboxes.set_subaddressing(None);
    assert!(
        talk.reply("RCPT TO:<carol-z@target.example>")
            .await
            .starts_with("550")
    );
    assert!(!mailboxes.deliver("carol+x@target.example", b"x", 1));
    assert!(
        mailboxes.add_address("carol", "carol+x@target.example")
            && mailboxes.deliver("carol+x@target.example", b"x", 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_mail_for_a_full_account_is_delivered_to_nobody() {
    let mailboxes = people();
    mailboxes.deliver("carol@target.example", &[b'x'; 1000], 1);
    mailboxes.set_quota(1200);
    let mut talk = greeted(&mailboxes, &Faults::none()).await;
    talk.reply("MAIL FROM:<>").await;
    talk.reply("RCPT TO:<intro@bot.example>").await;
    talk.reply("RCPT TO:<carol@target.example>").await;
    talk.reply("DATA").await;
    assert_eq!(
        talk.reply("Subject: x\r\n\r\nx\r\n.").await,
        "452 4.2.2 a mailbox is full"
    );
    assert!(mailboxes.mails("intro", "INBOX").is_empty());
    talk.reply("MAIL FROM:<>").await;
    talk.reply("RCPT TO:<intro@bot.example>").await;
    talk.reply("DATA").await;
    assert!(
        talk.reply("Subject: x\r\n\r\nx\r\n.")
            .await
            .starts_with("250")
    );
}

#[tokio::test(start_paused = true)]
async fn copies_have_a_limit_together() {
    let mailboxes = people();
    let mut talk = greeted(&mailboxes, &Faults::none()).await;
    talk.reply("MAIL FROM:<>").await;
    for number in 0..27 {
        talk.reply(&format!("RCPT TO:<carol+{number}@target.example>"))
            .await;
    }
    talk.reply("DATA").await;
    // 10 MiB for each of 27.
    let line = format!("{}\r\n", "x".repeat(510)).repeat(64);
    for _ in 0..320 {
        talk.say(&line).await;
    }
    assert!(talk.reply(".").await.starts_with("452 4.3.1"));
    assert!(inbox(&mailboxes).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Whatever is said: no panic, and after the client has gone the session ends.
    #[test]
    fn nothing_a_client_says_breaks_the_server(lines in prop::collection::vec(prop::sample::select(vec![
        "EHLO x", "HELO", "MAIL FROM:<>", "MAIL FROM:<a@b.test> SIZE=", "RCPT TO:<carol@target.example>", "RCPT TO:<\"", "DATA", "From: a@b.test",
        "", ".", "..", "AUTH PLAIN =", "AUTH LOGIN", "Zm9v", "*", "RSET", "é", "MAIL é", "TO:<é>", "\0", "QUIT", "MAIL FROM:<@a:b", "x\ry",
    ]), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut talk = Talk::smtp(&people(), SmtpSettings::new("mx.demo.example"), &Faults::none());
            for line in lines {
                talk.say(format!("{line}\r\n")).await;
            }
            talk.hang_up().await;
        });
    }
}
