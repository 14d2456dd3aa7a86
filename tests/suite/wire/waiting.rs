//! Waiting for mail: IDLE that is refused, ended, cut or frozen, and news at every awkward moment.
//! It fails where news would be missed, or a dead connection taken for a quiet one.

use std::time::Duration;

use askfirst::wire::error::WireError;
use askfirst::wire::imap::Woken;
use tokio::time::Instant;

use super::imap::{opened, wait};

#[tokio::test]
async fn news_before_the_plus_is_not_missed() {
    let (mut s, mut peer) = opened("IDLE", 2).await;
    let script = async move {
        let tag = peer.command("IDLE").await;
        peer.says("* 3 EXISTS\r\n+ idling\r\n").await;
        peer.hears("DONE").await;
        peer.says(format!("{tag} OK\r\n")).await;
        peer
    };
    let (woken, _peer) = tokio::join!(wait(&mut s, Duration::from_secs(60)), script);
    assert_eq!(woken.unwrap(), Woken::News);
}

#[tokio::test]
async fn news_during_another_command_wakes_at_once() {
    let (mut s, mut peer) = opened("IDLE", 2).await;
    let (listed, ()) = tokio::join!(
        s.list(1),
        peer.answers(
            "UID FETCH",
            "* 2 FETCH (UID 2 RFC822.SIZE 1)\r\n* 3 EXISTS\r\n"
        )
    );
    assert_eq!(listed.unwrap().len(), 1);
    assert_eq!(
        wait(&mut s, Duration::from_secs(60)).await.unwrap(),
        Woken::News
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_idle_becomes_polling() {
    for answer in ["NO not now", "BAD", "BAD what"] {
        let (mut s, mut peer) = opened("IDLE", 2).await;
        let script = async move {
            let tag = peer.command("IDLE").await;
            peer.says(format!("{tag} {answer}\r\n")).await;
            peer.answers("NOOP", "").await;
            peer.answers("NOOP", "* 3 EXISTS\r\n").await;
            // And IDLE is not tried again.
            peer.answers("NOOP", "* 4 EXISTS\r\n").await;
            peer
        };
        let waiting = async {
            assert_eq!(
                wait(&mut s, Duration::from_secs(500)).await.unwrap(),
                Woken::News
            );
            assert_eq!(
                wait(&mut s, Duration::from_secs(500)).await.unwrap(),
                Woken::News
            );
        };
        let ((), _peer) = tokio::join!(waiting, script);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_idle_at_once_can_not_make_us_spin() {
    let (mut s, mut peer) = opened("IDLE", 2).await;
    let script = async move {
        let tag = peer.command("IDLE").await;
        peer.says(format!("+ idling\r\n{tag} OK enough\r\n")).await;
        peer.answers("NOOP", "").await;
        peer.answers("NOOP", "* 3 EXISTS\r\n").await;
        peer
    };
    let began = Instant::now();
    let waiting = async {
        assert_eq!(
            wait(&mut s, Duration::from_secs(500)).await.unwrap(),
            Woken::Elapsed
        );
        assert_eq!(
            wait(&mut s, Duration::from_secs(500)).await.unwrap(),
            Woken::News
        );
    };
    let ((), _peer) = tokio::join!(waiting, script);
    assert!(began.elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_farewell_and_a_cut_are_no_news() {
    for end in ["", "* BYE shutting down\r\n"] {
        let (mut s, mut peer) = opened("IDLE", 2).await;
        let script = async move {
            peer.command("IDLE").await;
            peer.says("+ idling\r\n").await;
            peer.says(end).await;
            // After a BYE nobody has to wait for the end of the stream.
            if end.is_empty() { None } else { Some(peer) }
        };
        let (woken, _peer) = tokio::join!(wait(&mut s, Duration::from_secs(60)), script);
        let error = woken.unwrap_err();
        let said =
            matches!(&error, WireError::Closed { bye: Some(bye), .. } if bye == "shutting down");
        assert!(
            matches!(error, WireError::Closed { .. }) && said != end.is_empty(),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_found_when_the_period_ends() {
    let (mut s, mut peer) = opened("IDLE", 2).await;
    let script = async move {
        peer.command("IDLE").await;
        peer.says("+ idling\r\n").await;
        peer.hangs().await;
    };
    let began = Instant::now();
    let waiting = async {
        let woken = wait(&mut s, Duration::from_secs(3600)).await;
        drop(s);
        woken
    };
    let (woken, ()) = tokio::join!(waiting, script);
    assert!(matches!(woken, Err(WireError::Timeout { .. })), "{woken:?}");
    assert!(
        began.elapsed() <= Duration::from_secs(10 * 60),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn still_here_and_known_numbers_wake_nobody() {
    let (mut s, mut peer) = opened("IDLE", 2).await;
    let script = async move {
        let tag = peer.command("IDLE").await;
        peer.says("+ idling\r\n* 2 EXISTS\r\n* OK Still here\r\n* 1 FETCH (FLAGS (\\Seen))\r\n")
            .await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        // One leaves and one comes: the number is as before.
        peer.says("* 1 EXPUNGE\r\n").await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        peer.says("* 2 EXISTS\r\n").await;
        peer.hears("DONE").await;
        peer.says(format!("{tag} OK\r\n")).await;
        peer
    };
    let began = Instant::now();
    let (woken, _peer) = tokio::join!(wait(&mut s, Duration::from_secs(500)), script);
    assert_eq!(woken.unwrap(), Woken::News);
    assert!(began.elapsed() >= Duration::from_secs(200));
}

#[tokio::test(start_paused = true)]
async fn what_has_come_is_asked_for_before_the_end_of_idle_is_told() {
    for (hurries, ended) in [(true, "OK"), (false, "OK"), (true, "NO"), (true, "")] {
        let (mut s, mut peer) = opened("IDLE", 2).await;
        if !hurries {
            s.refuse_hurry();
        }
        let script = async move {
            let tag = peer.command("IDLE").await;
            peer.says("+ idling\r\n* 3 EXISTS\r\n").await;
            peer.hears("DONE").await;
            let next = tokio::time::timeout(Duration::from_secs(1), peer.line()).await;
            assert_eq!(next.is_ok(), hurries, "{next:?}");
            if !ended.is_empty() {
                peer.says(format!("{tag} {ended} done\r\n")).await;
            }
            let list = match next {
                Ok(line) => line,
                Err(_) => peer.line().await,
            };
            let (tag, _) = list.split_once(' ').unwrap();
            // Once the end of IDLE was refused nobody may listen any more.
            let answer = format!("* 3 FETCH (UID 3 RFC822.SIZE 9)\r\n{tag} OK\r\n");
            let _ = peer.try_says(answer).await;
            peer
        };
        let waiting = async {
            let woken = wait(&mut s, Duration::from_secs(60)).await;
            assert_eq!(woken.unwrap(), Woken::News);
            s.list(3).await
        };
        let (listed, _peer) = tokio::join!(waiting, script);
        match ended {
            "OK" => assert_eq!(listed.unwrap().len(), 1),
            "NO" => assert!(matches!(listed, Err(WireError::ServerSaidNo { .. }))),
            // An answer before that to IDLE belongs to nobody.
            _ => assert!(matches!(listed, Err(WireError::Protocol { .. }))),
        }
    }
}
