//! Scripted faults strike where they should, and a stalled session does not outlive its client.

use std::time::Duration;

use askfirst::demo::faults::{Act, Fault, Faults};

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
