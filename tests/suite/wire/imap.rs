//! IMAP against a server that cuts, refuses, lies or falls silent: an error, or all of it, never a part that looks whole.
//! It fails where a fault would be taken for an empty mailbox.

use std::time::Duration;

use askfirst::wire::error::WireError;
use askfirst::wire::imap::{Fetched, Listed, Session, Woken};
use askfirst::wire::{Login, Secret, Security, Server};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::harness::peer::{Peer, pipe};

pub fn server(security: Security) -> Server {
    let password = Secret::new("pa55word");
    Server {
        host: "localhost".to_owned(),
        port: 143,
        security,
        login: Some(Login::Password {
            user: "bot".to_owned(),
            password,
        }),
        ca_file: None,
    }
}

/// A session that is logged in, and its server.
async fn session(capabilities: &str) -> (Session, Peer) {
    let (client, mut peer) = pipe();
    let server = server(Security::None);
    let (session, ()) = tokio::join!(Session::over(client, &server), peer.logs_in(capabilities));
    (session.unwrap(), peer)
}

/// With an open mailbox of so many mails.
pub async fn opened(capabilities: &str, exists: u32) -> (Session, Peer) {
    let (mut session, mut peer) = session(capabilities).await;
    let (selected, ()) = tokio::join!(session.select("INBOX"), peer.opens(exists));
    assert_eq!(selected.unwrap().uid_validity, 7);
    (session, peer)
}

pub async fn wait(session: &mut Session, longest: Duration) -> Result<Woken, WireError> {
    let (_sign, mut stop) = watch::channel(false);
    session.wait(longest, &mut stop).await
}

/// Plays `untagged` and then this end to one command; the end of the stream if it is empty.
async fn ends(
    mut peer: Peer,
    command: &'static str,
    untagged: &'static str,
    end: &'static str,
) -> Option<Peer> {
    let tag = peer.command(command).await;
    peer.says(untagged).await;
    if end.is_empty() {
        return None;
    }
    peer.says(format!("{tag} {end}\r\n")).await;
    Some(peer)
}

const ENDS: [&str; 4] = ["NO [SERVERBUG] sorry", "NO [INUSE] busy", "BAD what?", ""];

fn is_like(end: &str, error: &WireError) -> bool {
    match end.get(..2) {
        Some("NO") => matches!(error, WireError::ServerSaidNo { .. }),
        Some("BA") => matches!(error, WireError::ServerSaidBad { .. }),
        _ => matches!(error, WireError::Closed { .. }) && error.ends_session(),
    }
}

#[tokio::test]
async fn no_refusal_and_no_cut_looks_like_an_empty_result() {
    for end in ENDS {
        let (mut s, peer) = opened("", 3).await;
        let script = ends(
            peer,
            "UID FETCH",
            "* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n",
            end,
        );
        let (listed, _peer) = tokio::join!(s.list(1), script);
        assert!(is_like(end, &listed.unwrap_err()), "list, {end:?}");

        let (mut s, peer) = opened("", 3).await;
        let script = ends(
            peer,
            "UID FETCH",
            "* 1 FETCH (UID 1 RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n",
            end,
        );
        let (fetched, _peer) = tokio::join!(s.fetch(&[1, 2], None), script);
        assert!(is_like(end, &fetched.unwrap_err()), "fetch, {end:?}");

        let (mut s, peer) = session("").await;
        let (selected, _peer) = tokio::join!(
            s.select("INBOX"),
            ends(peer, "EXAMINE", "* 1 EXISTS\r\n", end)
        );
        assert!(is_like(end, &selected.unwrap_err()), "select, {end:?}");

        let (mut s, peer) = session("").await;
        let script = ends(peer, "LIST", "* LIST () \"/\" INBOX\r\n", end);
        let (mailboxes, _peer) = tokio::join!(s.mailboxes(), script);
        assert!(is_like(end, &mailboxes.unwrap_err()), "mailboxes, {end:?}");

        let (mut s, mut peer) = session("").await;
        let script = async {
            peer.opens(3).await;
            ends(peer, "UID SEARCH", "* SEARCH\r\n", end).await
        };
        let (found, _peer) = tokio::join!(s.search_header("Sent", "Message-ID", "<a@b>"), script);
        assert!(is_like(end, &found.unwrap_err()), "search, {end:?}");

        let (mut s, peer) = opened("", 3).await;
        s.poll_every(Duration::from_millis(1));
        let (woken, _peer) = tokio::join!(
            wait(&mut s, Duration::from_secs(9)),
            ends(peer, "NOOP", "", end)
        );
        assert!(is_like(end, &woken.unwrap_err()), "wait, {end:?}");
    }
}

#[tokio::test]
async fn a_search_without_an_answer_is_no_empty_search() {
    let (mut s, mut peer) = session("").await;
    let script = async {
        peer.opens(3).await;
        peer.answers("UID SEARCH", "").await;
        peer
    };
    let (found, _peer) = tokio::join!(s.search_header("Sent", "Message-ID", "<a@b>"), script);
    assert!(
        matches!(found, Err(WireError::Protocol { .. })),
        "a resend would hang on it: {found:?}"
    );
}

#[tokio::test]
async fn a_mailbox_without_a_number_is_not_opened() {
    for facts in [
        "* 1 EXISTS\r\n",
        "* 1 EXISTS\r\n* OK [UIDVALIDITY 0] hm\r\n",
    ] {
        let (mut s, mut peer) = session("").await;
        let (selected, ()) = tokio::join!(s.select("INBOX"), peer.answers("EXAMINE", facts));
        assert!(
            matches!(selected, Err(WireError::Protocol { .. })),
            "{selected:?}"
        );
    }
}

#[tokio::test]
async fn a_change_of_the_number_in_mid_session_voids_what_is_read() {
    let (mut s, mut peer) = opened("", 2).await;
    let script = async {
        peer.answers(
            "UID FETCH",
            "* OK [UIDVALIDITY 8] new\r\n* 1 FETCH (UID 1 RFC822.SIZE 3)\r\n",
        )
        .await;
        peer
    };
    let (listed, mut peer) = tokio::join!(s.list(1), script);
    let error = listed.unwrap_err();
    assert_eq!(
        error,
        WireError::UidValidityChanged {
            at: "localhost:143".into(),
            was: 7
        }
    );
    // The session itself is sound: the mailbox only has to be opened anew.
    assert!(!error.ends_session());
    let (selected, ()) = tokio::join!(s.select("INBOX"), peer.opens(2));
    selected.unwrap();
}

/// Cuts the server's side of a whole conversation after every byte: each result is the full one or an error.
#[tokio::test]
async fn a_cut_after_any_byte_loses_the_result_and_never_a_part_of_it() {
    const GREETING: &str = "* OK ready\r\n";
    const ANSWERS: [(&str, &str); 5] = [
        ("LOGIN", ""),
        ("CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE\r\n"),
        (
            "EXAMINE",
            "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 3] ok\r\n",
        ),
        (
            "UID FETCH",
            "* 1 FETCH (UID 1 RFC822.SIZE 3)\r\n* 2 FETCH (UID 2 RFC822.SIZE 4)\r\n",
        ),
        (
            "UID FETCH",
            "* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" BODY[] {3}\r\nabc)\r\n\
             * 2 FETCH (UID 2 RFC822.SIZE 4 BODY[] {4}\r\nd\r\ne)\r\n",
        ),
    ];
    async fn play(mut peer: Peer, mut left: usize) -> usize {
        let mut said = 0;
        let mut parts = vec![(None, GREETING)];
        parts.extend(ANSWERS.map(|(command, untagged)| (Some(command), untagged)));
        for (command, untagged) in parts {
            let bytes = match command {
                None => untagged.to_owned(),
                Some(command) => format!("{untagged}{} OK done\r\n", peer.command(command).await),
            };
            let now = bytes.len().min(left);
            peer.says(&bytes.as_bytes()[..now]).await;
            left -= now;
            said += now;
            if left == 0 {
                break;
            }
        }
        said
    }
    async fn read(
        client: Box<tokio::io::DuplexStream>,
    ) -> Result<(Vec<Listed>, Fetched), WireError> {
        let mut session = Session::over(client, &server(Security::None)).await?;
        session.select("INBOX").await?;
        let listed = session.list(1).await?;
        let fetched = session.fetch(&[1, 2], None).await?;
        Ok((listed, fetched))
    }

    let (client, peer) = pipe();
    let (whole, total) = tokio::join!(read(client), play(peer, usize::MAX));
    let whole = whole.unwrap();
    assert_eq!(
        (whole.0.len(), whole.1.mails[1].bytes.as_slice()),
        (2, &b"d\r\ne"[..])
    );
    assert!(total > 300);
    for cut in 1..total {
        let (client, peer) = pipe();
        let (result, said) = tokio::join!(read(client), play(peer, cut));
        assert_eq!(said, cut);
        let error = result.expect_err("cut short");
        assert!(
            matches!(error, WireError::Closed { .. }),
            "cut at {cut}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_trickles_have_an_end() {
    let began = Instant::now();
    let (client, mut peer) = pipe();
    let script = async move {
        peer.says("* OK ready\r\n").await;
        peer.answers("LOGIN", "").await;
        peer.hangs().await;
    };
    let server = server(Security::None);
    let (result, ()) = tokio::join!(Session::over(client, &server), script);
    assert!(
        matches!(result, Err(WireError::Timeout { .. })),
        "{result:?}"
    );
    assert!(began.elapsed() <= Duration::from_secs(200));

    let began = Instant::now();
    let (mut s, mut peer) = opened("", 4).await;
    let script = tokio::spawn(async move {
        peer.command("UID FETCH").await;
        let mut stream = peer.into_stream();
        // A byte a minute, for ever.
        while stream.write_all(b"*").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    });
    let listed = s.list(1).await;
    assert!(
        matches!(listed, Err(WireError::Timeout { .. })),
        "{listed:?}"
    );
    assert!(began.elapsed() <= Duration::from_secs(200));
    // And what came half is never taken up again.
    assert!(matches!(s.list(1).await, Err(WireError::Protocol { .. })));
    script.abort();

    let began = Instant::now();
    let (mut s, mut peer) = opened("", 4).await;
    let script = tokio::spawn(async move {
        peer.command("UID FETCH").await;
        let mut stream = peer.into_stream();
        // Enough bytes, and never an end.
        while stream.write_all(b"* OK still here\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let listed = s.list(1).await;
    assert!(
        matches!(listed, Err(WireError::Timeout { .. })),
        "{listed:?}"
    );
    assert!(began.elapsed() <= Duration::from_secs(16 * 60));
    script.abort();
}

#[tokio::test(start_paused = true)]
async fn a_large_mail_on_a_slow_line_gets_through() {
    let (mut s, mut peer) = opened("", 4).await;
    let script = async move {
        let tag = peer.command("UID FETCH").await;
        peer.says("* 1 FETCH (UID 1 RFC822.SIZE 600000 BODY[] {600000}\r\n")
            .await;
        // Ten minutes at a kilobyte a second.
        for _ in 0..600 {
            peer.says([b'x'; 1000]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        peer.says(format!(")\r\n{tag} OK\r\n")).await;
        peer
    };
    let (fetched, _peer) = tokio::join!(s.fetch(&[1], None), script);
    assert_eq!(fetched.unwrap().mails[0].bytes.len(), 600_000);
}

#[tokio::test]
async fn a_command_that_was_broken_off_leaves_nothing_for_the_next() {
    let (mut s, mut peer) = opened("", 2).await;
    let script = async {
        peer.command("UID FETCH").await;
        peer
    };
    tokio::select! {
        _ = async { tokio::join!(s.fetch(&[1], None), script) } => unreachable!(),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    let error = s.list(1).await.unwrap_err();
    assert!(
        matches!(error, WireError::Protocol { .. }) && error.ends_session(),
        "{error}"
    );
}
