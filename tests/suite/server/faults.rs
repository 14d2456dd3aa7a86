//! Scripted faults strike where they should, and a stalled session does not outlive its client.

use std::time::Duration;

use askfirst::demo::faults::{Act, Fault, Faults};
use askfirst::demo::smtp::SmtpSettings;

use super::talk::Talk;
use super::{people, with_mails};

#[tokio::test(start_paused = true)]
async fn faults_strike() {
    let mailboxes = with_mails(2);
    let faults = Faults::none();
    faults.add(Fault::on(
        "UID SEARCH",
        Act::Reply("{tag} NO [INUSE] later".to_owned()),
    ));
    faults.add(Fault::on("UID FETCH", Act::CutAfter(30)).skip(1));
    let mut talk = Talk::imap(&mailboxes, &faults);
    talk.line().await;
    talk.ask("a LOGIN carol c4rol").await;
    talk.ask("b SELECT INBOX").await;
    assert_eq!(talk.ask("c UID SEARCH ALL").await, "c NO [INUSE] later\n");
    assert!(talk.ask("d UID SEARCH ALL").await.contains("d OK"));
    assert!(talk.ask("e UID FETCH 1 FLAGS").await.contains("e OK"));
    talk.say("f UID FETCH 1 BODY.PEEK[]\r\n").await;
    assert_eq!(talk.rest().await.len(), 30);

    faults.add(Fault::on(
        "GREETING",
        Act::ReplyThenClose("* BYE full".to_owned()),
    ));
    assert_eq!(
        Talk::imap(&mailboxes, &faults).rest().await,
        "* BYE full\r\n"
    );

    faults.add(
        Fault::on(
            "LITERAL",
            Act::Reply("{tag} NO [OVERQUOTA] full".to_owned()),
        )
        .matching("append"),
    );
    faults.add(Fault::on("NOOP", Act::SayFirst("* 9 EXISTS".to_owned())));
    faults.add(Fault::on("CHECK", Act::Delay(Duration::from_secs(60))));
    faults.add(Fault::on("IDLE PUSH", Act::Close));
    let mut talk = Talk::imap(&mailboxes, &faults);
    talk.line().await;
    talk.ask("a LOGIN carol c4rol").await;
    talk.ask("b SELECT INBOX").await;
    assert_eq!(
        talk.ask("c APPEND INBOX {5}").await,
        "c NO [OVERQUOTA] full\n"
    );
    assert_eq!(
        talk.ask("d NOOP").await,
        "* 9 EXISTS\nd OK NOOP completed\n"
    );
    let before = tokio::time::Instant::now();
    talk.ask("e CHECK").await;
    assert_eq!(before.elapsed().as_secs(), 60);
    talk.say("f IDLE\r\n").await;
    talk.line().await;
    mailboxes.deliver("carol@target.example", b"x", 1);
    assert_eq!(talk.rest().await, "");
    assert_eq!(faults.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_session_ends_when_its_client_does() {
    let faults = Faults::none();
    faults.add(Fault::on("NOOP", Act::Stall));
    let mut talk = Talk::imap(&people(), &faults);
    talk.line().await;
    talk.say("a NOOP\r\n").await;
    assert!(
        tokio::time::timeout(Duration::from_secs(3000), talk.line())
            .await
            .is_err()
    );
    talk.hang_up().await;
}

#[tokio::test(start_paused = true)]
async fn abilities_can_be_withheld() {
    let mailboxes = with_mails(1);
    let faults = Faults::none();
    for ability in ["MOVE", "IDLE", "UIDPLUS", "\\*", "SIZE", "8BITMIME", "AUTH"] {
        faults.withhold(ability);
    }
    let mut talk = Talk::imap(&mailboxes, &faults);
    let greeting = talk.line().await;
    assert!(
        !greeting.contains(" MOVE")
            && !greeting.contains(" IDLE")
            && greeting.contains(" UNSELECT"),
        "{greeting}"
    );
    talk.ask("a LOGIN carol c4rol").await;
    let selected = talk.ask("b SELECT INBOX").await;
    assert!(
        selected.contains("[PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)]"),
        "{selected}"
    );
    for command in ["UID MOVE 1 Junk", "IDLE", "UID EXPUNGE 1"] {
        assert!(
            talk.ask(&format!("c {command}")).await.starts_with("c BAD"),
            "{command}"
        );
    }
    assert_eq!(talk.ask("d UID COPY 1 Junk").await, "d OK COPY completed\n");
    assert!(
        talk.ask("e STORE 1 +FLAGS ($Done)")
            .await
            .starts_with("e NO [CANNOT]")
    );
    assert!(talk.ask("f STORE 1 +FLAGS (\\Seen)").await.contains("f OK"));

    let mut talk = Talk::smtp(&mailboxes, SmtpSettings::new("mx.demo.example"), &faults);
    talk.line().await;
    assert_eq!(talk.reply("EHLO x").await, "250 ENHANCEDSTATUSCODES");
    assert!(talk.reply("AUTH PLAIN").await.starts_with("502"));
    assert!(
        talk.reply("MAIL FROM:<> BODY=8BITMIME")
            .await
            .starts_with("555")
    );
    assert!(talk.reply("MAIL FROM:<> SIZE=5").await.starts_with("555"));
    assert!(talk.reply("MAIL FROM:<>").await.starts_with("250"));
}
