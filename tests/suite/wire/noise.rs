//! Thousands of damaged conversations: whatever a server says, the wire answers with a result or an error.
//! It fails by the panic itself, or by a mail that is said to be accepted in a conversation that never said so.

use std::time::Duration;

use askfirst::wire::Security;
use askfirst::wire::error::WireError;
use askfirst::wire::imap::Session;
use askfirst::wire::smtp::{Connection, Timeouts};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{imap, smtp};
use crate::harness::peer::{Peer, pipe};

/// Enough for every kind of damage at most places; more is for a fuzzer.
const ROUNDS: u64 = 2_000;

const IMAP: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\nA0001 OK [ALERT] in\r\n\
    * CAPABILITY IMAP4rev1 IDLE ID SPECIAL-USE LIST-EXTENDED\r\nA0002 OK\r\n\
    * ID (\"name\" \"Noise\" \"version\" NIL)\r\nA0003 OK\r\n\
    * LIST (\\HasNoChildren \\Sent) \"/\" \"Sent &U,BTFw-\"\r\n* LIST (\\Junk) NIL Junk\r\nA0004 OK\r\n\
    * FLAGS (\\Seen)\r\n* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 9] ok\r\nA0005 OK [READ-ONLY] done\r\n\
    * 1 FETCH (UID 1 RFC822.SIZE 3)\r\n* 2 FETCH (UID 2 RFC822.SIZE 4 FLAGS (\\Seen))\r\nA0006 OK\r\n\
    * 1 FETCH (UID 1 INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n\
    * 2 FETCH (UID 2 INTERNALDATE NIL BODY[]<0> \"de\" RFC822.SIZE 4)\r\n* 1 EXPUNGE\r\nA0007 OK\r\n\
    + idling\r\n* OK Still here\r\n* 3 EXISTS\r\nA0008 OK\r\n\
    + go on\r\nA0009 OK [APPENDUID 7 3] done\r\n";

const SMTP: &str = "220-mx.example\r\n220 hi\r\n\
    250-mx.example\r\n250-SIZE 1000\r\n250-  \r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n\
    235 2.7.0 in\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n250-2.0.0 queued\r\n250 2.0.0 as 17\r\n221 bye\r\n";

/// Pieces on which parsers stumble.
const PIECES: [&str; 22] = [
    "\r\n",
    "\n",
    "\r",
    " ",
    "  ",
    "\0",
    "é",
    "\u{fffd}",
    "NIL",
    "{0}\r\n",
    "{5}\r\n",
    "{99999999999}\r\n",
    "(",
    ")",
    "\"",
    "\\",
    "[ALERT]é",
    "* ",
    "A0006 ",
    "+ ",
    "4294967296",
    "250-",
];

/// The same damage for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).unwrap()
    }
}

fn damaged(conversation: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = conversation.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        let until = (at + 1 + dice.below(12)).min(bytes.len());
        match dice.below(5) {
            0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            1 => _ = bytes.drain(at..until),
            2 => _ = bytes.splice(at..at, PIECES[dice.below(PIECES.len())].bytes()),
            3 => _ = bytes.splice(at..until, PIECES[dice.below(PIECES.len())].bytes()),
            _ => {
                let again = bytes[at..until].to_vec();
                let at = dice.below(bytes.len());
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

#[tokio::test(start_paused = true)]
async fn no_damaged_imap_conversation_brings_the_client_down() {
    for seed in 0..ROUNDS {
        let (client, mut peer) = pipe();
        // The first goes through as it is: the conversation itself is a good one.
        let said = if seed == 0 {
            IMAP.as_bytes().to_vec()
        } else {
            damaged(IMAP, &mut Dice(seed))
        };
        peer.says(said).await;
        let reading = async {
            let mut session = Session::over(client, &imap::server(Security::None)).await?;
            session.mailboxes().await?;
            session.select("INBOX").await?;
            session.list(1).await?;
            session.fetch(&[1, 2], Some(4)).await?;
            let (_sign, mut stop) = watch::channel(false);
            let _ = session.wait(Duration::from_secs(500), &mut stop).await?;
            session.append("Sent", b"a\r\n").await
        };
        // Virtual time: the longest deadline is a quarter of an hour.
        let ended = timeout(Duration::from_secs(3600), reading).await;
        let ended: Result<(), WireError> = ended.unwrap_or_else(|_| panic!("seed {seed} hangs"));
        assert!(seed > 0 || ended.is_ok(), "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_damaged_smtp_conversation_is_taken_for_acceptance() {
    for seed in 0..ROUNDS {
        let (client, peer) = pipe();
        let bytes = if seed == 0 {
            SMTP.as_bytes().to_vec()
        } else {
            damaged(SMTP, &mut Dice(seed))
        };
        let finals = String::from_utf8_lossy(&bytes)
            .lines()
            .filter(|line| line.starts_with("2"))
            .count();
        // A reply to each command, as the client waits for them; what is left over comes with the last.
        let script = tokio::spawn(answer_by_lines(peer, bytes));
        let server = smtp::server(Security::None);
        let sending = async {
            let connected =
                Connection::over(client, &server, "bot.example", &Timeouts::default()).await;
            let Ok(mut connection) = connected else {
                return false;
            };
            let to = ["carol@target.example".to_owned()];
            let accepted = connection.send(None, &to, b"a\r\n").await.is_accepted();
            connection.quit().await;
            accepted
        };
        let accepted = timeout(Duration::from_secs(3600), sending).await;
        let accepted = accepted.unwrap_or_else(|_| panic!("seed {seed} hangs"));
        assert!(
            !accepted || finals >= 6,
            "seed {seed}: accepted without a word for each step"
        );
        assert!(seed > 0 || accepted);
        script.abort();
    }
}

/// Says one whole reply, then waits for the client, and so on.
async fn answer_by_lines(mut peer: Peer, bytes: Vec<u8>) {
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if peer.try_says(line).await.is_err() {
            return;
        }
        match (line.starts_with(b"354"), line.get(3)) {
            (_, Some(b'-')) => {}
            (true, _) => _ = peer.body().await,
            (false, _) => _ = peer.line().await,
        }
    }
    peer.hangs().await;
}
