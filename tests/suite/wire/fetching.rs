//! Mails from a server that mixes them up, refuses some, or says what no parser takes.
//! It fails where one bad mail would cost more than one mail, or the session.

use askfirst::wire::Security;
use askfirst::wire::error::WireError;
use askfirst::wire::imap::{Salvage, Session};
use tokio::io::AsyncWriteExt;

use super::imap::{opened, server};
use crate::harness::peer::{Peer, pipe};

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
            let uids = uids(set);
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
            "* OK [ALERT]été\r\n* OK [BADCHARSET (\"]\")]été\r\n",
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

/// A server that gives every mail, and mail 3 in a form that ends the session.
async fn poisoned(mut peer: Peer) {
    peer.logs_in("").await;
    peer.opens(8).await;
    loop {
        let line = peer.line().await;
        let words: Vec<&str> = line.split(' ').collect();
        let [tag, "UID", "FETCH", set, ..] = words.as_slice() else {
            return;
        };
        for uid in uids(set) {
            let poison = if uid == 3 { " X-MOOD" } else { "" };
            peer.says(format!(
                "* {uid} FETCH (UID {uid} BODY[] {{1}}\r\nx{poison})\r\n"
            ))
            .await;
        }
        peer.says(format!("{tag} OK\r\n")).await;
    }
}

fn uids(set: &str) -> Vec<u32> {
    let mut uids = Vec::new();
    for run in set.split(',') {
        let (first, last) = run.split_once(':').unwrap_or((run, run));
        uids.extend(first.parse::<u32>().unwrap()..=last.parse().unwrap());
    }
    uids
}

#[tokio::test]
async fn a_mail_that_breaks_every_session_costs_one_mail() {
    let mut salvage = Salvage::new(&[1, 2, 3, 4, 5, 6, 7, 8], 8);
    let (mut found, mut sessions) = (Vec::new(), 0);
    let mut session: Option<Session> = None;
    while let Some(batch) = salvage.next_batch() {
        let open = match session.as_mut() {
            Some(open) => open,
            None => {
                let (client, peer) = pipe();
                tokio::spawn(poisoned(peer));
                sessions += 1;
                let connected = Session::over(client, &server(Security::None))
                    .await
                    .unwrap();
                let open = session.insert(connected);
                open.select("INBOX").await.unwrap();
                open
            }
        };
        match open.fetch(&batch, None).await {
            Ok(fetched) => found.extend(fetched.mails.into_iter().map(|mail| mail.uid)),
            Err(error) => {
                assert!(matches!(error, WireError::Protocol { .. }), "{error}");
                assert!(error.ends_session() && !error.to_string().contains("MOOD"));
                session = None;
                salvage.broke(batch);
            }
        }
    }
    assert_eq!(found, [1, 2, 4, 5, 6, 7, 8]);
    assert_eq!((salvage.lost(), sessions), (&[3][..], 5));
}

#[tokio::test]
async fn answers_may_come_in_any_pieces() {
    // The first mail's bytes look like the end of a line with a literal.
    const ANSWER: &str = "* NAMESPACE NIL {3}\r\n*)\n NIL\r\n* 9 EXISTS\r\n\
        * 1 FETCH (UID 1 INTERNALDATE NIL RFC822.SIZE 6 BODY[] {6}\r\na\r\n{9})\r\n* 2 EXPUNGE\r\n\
        * OK [ALERT]\u{e9}t\u{e9}\r\n* 2 FETCH (UID 2 BODY[] {0}\r\n RFC822.SIZE 0)\r\n";
    for split in 1..ANSWER.len() {
        let (mut s, mut peer) = opened("", 2).await;
        let script = async {
            let tag = peer.command("UID FETCH").await;
            let (first, second) = ANSWER.as_bytes().split_at(split);
            peer.says(first).await;
            tokio::task::yield_now().await;
            peer.says(second).await;
            peer.says(format!("{tag} OK\r\n")).await;
            peer
        };
        let (fetched, _peer) = tokio::join!(s.fetch(&[1, 2], None), script);
        let mails = fetched.unwrap().mails;
        let found: Vec<_> = mails.iter().map(|m| (m.uid, m.bytes.as_slice())).collect();
        assert_eq!(found, [(1, &b"a\r\n{9}"[..]), (2, b"")], "split at {split}");
    }
}
