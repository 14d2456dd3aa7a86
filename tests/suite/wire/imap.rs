//! IMAP against a server that cuts, refuses, lies or falls silent: an error, or all of it, never a part that looks whole.
//! It fails where a fault would be taken for an empty mailbox.

use std::time::Duration;

use askfirst::wire::error::WireError;
use askfirst::wire::imap::{Fetched, Listed, Session, Woken};
use askfirst::wire::{Login, Secret, Security, Server};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::harness::certs::Certs;
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
async fn opened(capabilities: &str, exists: u32) -> (Session, Peer) {
    let (mut session, mut peer) = session(capabilities).await;
    let (selected, ()) = tokio::join!(session.select("INBOX"), peer.opens(exists));
    assert_eq!(selected.unwrap().uid_validity, 7);
    (session, peer)
}

async fn wait(session: &mut Session, longest: Duration) -> Result<Woken, WireError> {
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

#[tokio::test]
async fn mails_are_told_apart_by_uid_alone() {
    let (mut s, mut peer) = opened("", 9).await;
    let script = async {
        let answers = "* 5 FETCH (FLAGS (\\Seen))\r\n\
            * 9 FETCH (UID 9 BODY[] {3}\r\nnin RFC822.SIZE 3)\r\n\
            * 12 EXISTS\r\n\
            * 2 FETCH (BODY[] {5}\r\nno id)\r\n\
            * 4 FETCH (UID 4 BODY[] {4}\r\nfour RFC822.SIZE 4)\r\n\
            * 3 FETCH (UID 3 BODY[] {3}\r\none RFC822.SIZE 3)\r\n\
            * 4 FETCH (UID 4 FLAGS (\\Seen))\r\n\
            * 3 FETCH (UID 3 BODY[] {3}\r\ntwo)\r\n\
            * 8 FETCH (UID 8 BODY[] NIL)\r\n\
            * 4 FETCH (UID 4 BODY[] {4}\r\nfour)\r\n\
            * 7 FETCH (UID 7 INTERNALDATE NIL RFC822.SIZE 5 BODY[] \"seven\")\r\n";
        peer.answers("UID FETCH 3:4,7:8", answers).await;
        peer
    };
    let (fetched, _peer) = tokio::join!(s.fetch(&[8, 4, 3, 7], None), script);
    let fetched = fetched.unwrap();
    let found: Vec<_> = fetched
        .mails
        .iter()
        .map(|m| (m.uid, m.bytes.as_slice()))
        .collect();
    assert_eq!(found, [(4, &b"four"[..]), (7, b"seven")]);
    assert_eq!(
        fetched.unreadable,
        [3],
        "two different mails under one number"
    );
    assert_eq!(fetched.gone, [8]);
    assert_eq!(fetched.mails[1].internal_date_secs, None);
}

#[tokio::test]
async fn a_mail_that_the_server_can_not_give_costs_one_mail() {
    let (mut s, mut peer) = opened("", 9).await;
    let script = async move {
        // It refuses whatever holds mail 3.
        loop {
            let line = peer.line().await;
            if line.is_empty() {
                return;
            }
            let words: Vec<&str> = line.split(' ').collect();
            let (tag, set) = (words[0], words[3]);
            let mut uids = Vec::new();
            for run in set.split(',') {
                let (first, last) = run.split_once(':').unwrap_or((run, run));
                uids.extend(first.parse::<u32>().unwrap()..=last.parse().unwrap());
            }
            if uids.contains(&3) {
                peer.says(format!("{tag} NO can't fetch that data\r\n"))
                    .await;
            } else {
                for uid in uids {
                    peer.says(format!(
                        "* {uid} FETCH (UID {uid} RFC822.SIZE 1 BODY[] {{1}}\r\nx)\r\n"
                    ))
                    .await;
                }
                peer.says(format!("{tag} OK\r\n")).await;
            }
        }
    };
    let script = tokio::spawn(script);
    let fetched = s.fetch(&[1, 2, 3, 4, 5, 6, 7], None).await.unwrap();
    let found: Vec<u32> = fetched.mails.iter().map(|m| m.uid).collect();
    assert_eq!(
        (found, fetched.unreadable),
        (vec![1, 2, 4, 5, 6, 7], vec![3])
    );
    drop(s);
    script.await.unwrap();
}

#[tokio::test]
async fn a_server_that_refuses_every_mail_is_a_fault_of_the_server() {
    let (mut s, mut peer) = opened("", 2).await;
    let script = async {
        for _ in 0..3 {
            let tag = peer.command("UID FETCH").await;
            peer.says(format!("{tag} NO can't\r\n")).await;
        }
        peer
    };
    let (fetched, _peer) = tokio::join!(s.fetch(&[1, 2], None), script);
    assert!(
        matches!(fetched, Err(WireError::ServerSaidNo { .. })),
        "{fetched:?}"
    );
}

#[tokio::test]
async fn answers_that_no_parser_takes_cost_no_session() {
    let (mut s, mut peer) = opened("", 4).await;
    let script = async {
        let deep = format!(
            "* 4 FETCH (BODYSTRUCTURE {}1{} UID 4)\r\n",
            "(".repeat(50_000),
            ")".repeat(50_000)
        );
        let answers = [
            "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
            "* METADATA \"INBOX\" (/private/x {12}\r\n* BYE mm\r\nnn)\r\n",
            "* OK [ALERT]été\r\n",
            "* 1 FETCH (UID 1 X-MOOD)\r\n",
            "* 2 FETCH (UID 2 RFC822.SIZE 99999999999)\r\n",
            "* 3 FETCH (UID 3 INTERNALDATE NIL RFC822.SIZE 3)\r\n",
            &deep,
            "*\r\n* \r\n* 5\r\n\r\n",
        ];
        peer.answers("UID FETCH", answers.concat()).await;
        peer
    };
    let (listed, _peer) = tokio::join!(s.list(1), script);
    let listed: Vec<(u32, u32)> = listed
        .unwrap()
        .into_iter()
        .map(|l| (l.uid, l.size))
        .collect();
    assert_eq!(
        listed,
        [(1, u32::MAX), (2, u32::MAX), (3, 3), (4, u32::MAX)]
    );
}

#[tokio::test]
async fn a_line_without_end_and_a_giant_literal_are_broken_off() {
    for flood in [
        vec![b'x'; 3 << 20],
        b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n".to_vec(),
    ] {
        let (mut s, mut peer) = opened("", 4).await;
        let script = async move {
            peer.command("UID FETCH").await;
            let mut stream = peer.into_stream();
            let _ = stream.write_all(b"* ").await;
            let _ = stream.write_all(&flood).await;
            stream
        };
        let reading = async move {
            let fetched = s.fetch(&[1], None).await;
            drop(s);
            fetched
        };
        let (fetched, _stream) = tokio::join!(reading, script);
        assert!(
            matches!(&fetched, Err(WireError::Protocol { .. })),
            "{fetched:?}"
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

#[tokio::test]
async fn a_refused_login_is_told_from_one_that_may_work_later() {
    for (answer, later) in [
        (
            "NO [AUTHENTICATIONFAILED] Invalid credentials for bot: pa55word",
            false,
        ),
        ("NO [UNAVAILABLE] Temporary authentication failure", true),
        ("NO [LIMIT] Too many connections", true),
        ("BAD no LOGIN here", false),
    ] {
        let (client, mut peer) = pipe();
        let script = async {
            peer.says("* OK ready\r\n").await;
            let tag = peer.command("LOGIN \"bot\" \"pa55word\"").await;
            peer.says(format!("{tag} {answer}\r\n")).await;
        };
        let server = server(Security::None);
        let (result, ()) = tokio::join!(Session::over(client, &server), script);
        let error = result.unwrap_err();
        assert_eq!(
            matches!(error, WireError::LoginUnavailable { .. }),
            later,
            "{error}"
        );
        assert_eq!(
            matches!(error, WireError::LoginRefused { .. }),
            !later,
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains("pa55word"));
    }
}

#[tokio::test]
async fn a_password_beyond_ascii_goes_by_plain() {
    let (client, mut peer) = pipe();
    let script = async {
        peer.says("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
            .await;
        let tag = peer.command("AUTHENTICATE PLAIN").await;
        peer.says("+ \r\n").await;
        let said = data_encoding::BASE64
            .decode(peer.line().await.as_bytes())
            .unwrap();
        peer.says(format!("{tag} OK in\r\n")).await;
        peer.answers("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n")
            .await;
        said
    };
    let mut server = server(Security::None);
    let password = Secret::new("paßwort");
    server.login = Some(Login::Password {
        user: "bot".into(),
        password,
    });
    let (result, said) = tokio::join!(Session::over(client, &server), script);
    result.unwrap();
    assert_eq!(said, "\0bot\0paßwort".as_bytes());
}

#[tokio::test]
async fn greetings_that_are_none_are_told_apart() {
    for (greeting, security) in [
        ("* BYE too many connections\r\n", Security::None),
        ("* BYE too many connections\r\n", Security::StartTls),
    ] {
        let (client, mut peer) = pipe();
        let server = server(security);
        let (result, ()) = tokio::join!(Session::over(client, &server), peer.says(greeting));
        let error = result.unwrap_err();
        assert!(
            matches!(&error, WireError::Closed { bye: Some(text), .. } if text.starts_with("too many")),
            "{error}"
        );
    }
    for greeting in ["220 mail.example ESMTP\r\n", "* PREAUTH welcome\r\n"] {
        let (client, mut peer) = pipe();
        let server = server(Security::None);
        let (result, ()) = tokio::join!(Session::over(client, &server), peer.says(greeting));
        assert!(
            matches!(result, Err(WireError::Protocol { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn a_stripped_or_injected_starttls_gives_no_session() {
    // RFC 3501 section 6.2.1; PREAUTH would skip the protection.
    for (greeting, answer) in [
        ("* OK ready\r\n", "NO not here\r\n"),
        ("* OK ready\r\n", "BAD what\r\n"),
        ("* PREAUTH hi\r\n", ""),
    ] {
        let (client, mut peer) = pipe();
        let script = async move {
            peer.says(greeting).await;
            if !answer.is_empty() {
                let tag = peer.command("STARTTLS").await;
                peer.says(format!("{tag} {answer}")).await;
            }
            peer.line().await
        };
        let server = server(Security::StartTls);
        let (result, after) = tokio::join!(Session::over(client, &server), script);
        assert!(
            matches!(result, Err(WireError::StartTlsMissing { .. })),
            "{result:?}"
        );
        assert_eq!(after, "", "nothing was said in the clear");
    }
    let (client, mut peer) = pipe();
    let script = async move {
        peer.says("* OK ready\r\n").await;
        let tag = peer.command("STARTTLS").await;
        peer.says(format!("{tag} OK go\r\nA0001 OK logged in\r\n"))
            .await;
        peer.line().await
    };
    let server = server(Security::StartTls);
    let (result, after) = tokio::join!(Session::over(client, &server), script);
    assert!(
        matches!(result, Err(WireError::InjectedBeforeTls { .. })),
        "{result:?}"
    );
    assert_eq!(after, "");
}

#[tokio::test]
async fn certificates_that_do_not_hold_are_refused_each_with_its_reason() {
    let good = Certs::for_names(&["localhost"]);
    let cases = [
        (Certs::expired(&["localhost"]), true, "expired"),
        (
            Certs::for_names(&["mail.example"]),
            true,
            "another host name",
        ),
        (Certs::for_names(&["localhost"]), false, "issuer"),
    ];
    for (certs, trusted, reason) in cases {
        let (client, peer) = pipe();
        let mut server = server(Security::Tls);
        server.ca_file = Some(if trusted {
            certs.ca_file()
        } else {
            good.ca_file()
        });
        let accepting = certs.acceptor().accept(peer.into_stream());
        let (result, _) = tokio::join!(Session::over(client, &server), accepting);
        let error = result.unwrap_err();
        assert!(
            matches!(&error, WireError::Certificate { why, .. } if why.contains(reason)),
            "{error}"
        );
    }
    for ca_file in ["/nonexistent/roots.pem", "/etc/hostname"] {
        let mut server = server(Security::Tls);
        server.ca_file = Some(ca_file.into());
        let (client, _peer) = pipe();
        let error = Session::over(client, &server).await.unwrap_err();
        assert!(error.to_string().contains(ca_file), "{error}");
    }
}

#[tokio::test]
async fn plain_text_leaves_this_machine_never() {
    for host in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
        let mut server = server(Security::None);
        server.host = host.into();
        let error = Session::connect(&server).await.unwrap_err();
        assert!(
            matches!(error, WireError::PlaintextRefused { .. }),
            "{error}"
        );
    }
}

mod waiting {
    use super::*;

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
            let said = matches!(&error, WireError::Closed { bye: Some(bye), .. } if bye == "shutting down");
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
            peer.says(
                "+ idling\r\n* 2 EXISTS\r\n* OK Still here\r\n* 1 FETCH (FLAGS (\\Seen))\r\n",
            )
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
}
