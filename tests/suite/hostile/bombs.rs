//! B1 to B9, L8: mails made to break a parser, in a process of their own with little stack and memory.

use super::*;
use std::process::{Command, Stdio};

const HEAD: &str = "From: Carol <carol@target.example>\r\nTo: intro@bot.example\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <b@target.example>\r\n";

fn repeated(piece: &str, octets: usize) -> String {
    piece.repeat(octets / piece.len() + 1)
}

/// One of each kind, as large as a mail that is fetched whole may be.
fn bombs() -> Vec<(&'static str, String)> {
    const WHOLE: usize = 5 << 20;
    let deep: String = (0..100_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let spread: String = (0..90)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let inner = data_encoding::BASE64_MIME
        .encode(repeated("Content-Type: message/rfc822\r\n\r\n", 1 << 20).as_bytes());
    vec![
        (
            "B1 nested mails",
            format!(
                "{HEAD}{}",
                repeated("Content-Type: message/rfc822\r\n\r\n", WHOLE)
            ),
        ),
        (
            "B1 nested mails in base64",
            format!(
                "{HEAD}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{inner}"
            ),
        ),
        ("B2 nested parts", format!("{HEAD}{deep}")),
        (
            "B2 parts nested as deep as is allowed, and wide",
            format!("{HEAD}{spread}{}", repeated("--b89\r\n\r\nx\r\n", 900 * 12)),
        ),
        (
            "B2 many parts",
            format!(
                "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
                repeated("--b\r\n\r\nx\r\n", WHOLE)
            ),
        ),
        (
            "B2 boundaries that are prefixes",
            format!(
                "{HEAD}Content-Type: multipart/mixed; boundary={}\r\n\r\n{}",
                "b".repeat(70),
                repeated(&format!("--{}\r\n", "b".repeat(69)), WHOLE)
            ),
        ),
        (
            "B3 a million header lines",
            format!("{HEAD}{}\r\nhello", repeated("X: y\r\n", WHOLE)),
        ),
        (
            "B3 one long header line",
            format!("{HEAD}X: {}\r\n\r\nhello", repeated("y", WHOLE)),
        ),
        (
            "B3 many addresses",
            format!(
                "{}Cc: {}\r\n\r\nhello",
                HEAD,
                repeated("a@b.example, ", 250_000)
            ),
        ),
        (
            "B3 many references",
            format!(
                "{}References: {}\r\n\r\nhello",
                HEAD,
                repeated("<a@b.example> ", 250_000)
            ),
        ),
        (
            "B3 folded for ever",
            format!(
                "{}Subject: a\r\n{}\r\nhello",
                HEAD,
                repeated(" x\r\n", 250_000)
            ),
        ),
        (
            "B6 base64 garbage",
            format!(
                "{HEAD}Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                repeated("=!*", WHOLE)
            ),
        ),
        (
            "B6 quoted-printable without end",
            format!(
                "{HEAD}Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
                repeated("=\r\n=3", WHOLE)
            ),
        ),
        (
            "B6 an attachment of zeros",
            format!(
                "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
                repeated("AAAA", WHOLE)
            ),
        ),
        ("B7 only line feeds", repeated("\n", WHOLE)),
        ("B7 no header", repeated("yes ", WHOLE)),
        ("B7 NUL", format!("{HEAD}\r\n{}", repeated("\0", WHOLE))),
        (
            "B7 8-bit header",
            format!(
                "Subject: {}\r\n{HEAD}\r\nhello",
                repeated("\u{e9}", 200_000)
            ),
        ),
        (
            "B7 an mbox line and no empty one",
            format!("From carol Tue Nov 24\n{HEAD}yes"),
        ),
        (
            "B7 UTF-7",
            format!(
                "{HEAD}Content-Type: text/plain; charset=utf-7\r\n\r\n{}",
                repeated("+AOk-", WHOLE)
            ),
        ),
        (
            "B9 quote marks",
            format!("{HEAD}\r\n{}", repeated(">", WHOLE)),
        ),
        (
            "B9 quoted lines",
            format!("{HEAD}\r\n{}", repeated("> > x\r\n", WHOLE)),
        ),
        (
            "B9 attributions",
            format!(
                "{HEAD}\r\n{}",
                repeated(
                    "On Mon, Nov 3, 2025 at 10:00 Bob <b@x.example> wrote:\r\n",
                    WHOLE
                )
            ),
        ),
        (
            "B9 From lines",
            format!(
                "{HEAD}\r\n{}",
                repeated("From: a@b.example\r\nTo: b\r\nSent: x\r\n", WHOLE)
            ),
        ),
        (
            "B9 tags",
            format!(
                "{HEAD}Content-Type: text/html\r\n\r\n{}",
                repeated("<div><blockquote>", WHOLE)
            ),
        ),
        (
            "B9 open comments",
            format!(
                "{HEAD}Content-Type: text/html\r\n\r\n{}",
                repeated("<!-- <a b='", WHOLE)
            ),
        ),
        (
            "B9 one word",
            format!("{HEAD}\r\n{}", repeated("yes", WHOLE)),
        ),
        (
            "B9 sentences",
            format!(
                "{HEAD}\r\n{}",
                repeated("Yes. No? But maybe, if not later! ", WHOLE)
            ),
        ),
        (
            "L8 many hops",
            format!(
                "{}{HEAD}\r\nhello",
                repeated("Received: from a.test by b.test\r\n", 60 * 33)
            ),
        ),
    ]
}

/// Each is read to an end by a process with 2 MB of stack, 256 MB of memory and a bounded time of the
/// processor (debug builds are some ten times slower than what is shipped: 2 s there, 40 s here).
#[test]
fn b1_to_b9_a_bomb_is_read_or_set_aside_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut failed = Vec::new();
    for (what, mail) in bombs() {
        let path = folder.path().join("bomb.eml");
        std::fs::write(&path, mail).unwrap();
        let limits =
            "ulimit -s 2048; ulimit -v 262144; ulimit -t 40; exec \"$0\" explain --json \"$1\"";
        let output = Command::new("sh")
            .args(["-c", limits, env!("CARGO_BIN_EXE_askfirst")])
            .arg(&path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told: Result<serde_json::Value, _> = serde_json::from_slice(&output.stdout);
        match told {
            Ok(told) if output.status.success() => assert_ne!(told["verdict"], "yes", "{what}"),
            _ => failed.push(format!(
                "{what}: {} {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// B2, B3, L8 at the desk: what is past a cap is kept, told as unreadable, and the next mail is handled.
#[test]
fn b2_b3_l8_what_is_past_a_cap_is_set_aside_and_the_next_is_handled() {
    for (what, mail) in bombs().into_iter().filter(|(what, _)| {
        [
            "B2 nested parts",
            "B2 many parts",
            "B3 a million header lines",
            "L8 many hops",
        ]
        .contains(what)
    }) {
        let (mut w, ask) = asked(house());
        assert!(w.raw(mail.as_bytes()).is_empty(), "{what}");
        let disposition: String = w
            .desk
            .store()
            .reading()
            .query_row(
                "SELECT disposition FROM inbox ORDER BY id DESC LIMIT 1",
                [],
                |r| r.get(0),
            )
            .unwrap();
        assert_eq!(disposition, "quarantined", "{what}");
        w.answer(CAROL, &ask, "Yes, gladly.");
        assert!(is_introduced(&w), "{what}");
    }
}

/// B8: a mail that ends the process is stored before anything looks into it; at the fourth start it is
/// set aside, and the one behind it is handled.
#[test]
fn b8_a_mail_that_kills_is_set_aside_and_the_next_is_handled() {
    let (mut w, ask) = asked(house());
    let poison = b"From: x\r\n\r\npoison".to_vec();
    let yes = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
    let yes = format!("{}{yes}", stamp("pass", "target.example")).into_bytes();
    let arrived = |uid, raw: &Vec<u8>| Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 7,
        uid,
        internal_date_secs: None,
        size: raw.len() as u64,
        complete: true,
        raw: raw.clone(),
        facts: None,
        aside: None,
    };
    let now = w.now_secs;
    // Stored, and then the process ends at the first of them.
    let ids = w
        .desk
        .take(&[arrived(1, &poison), arrived(2, &yes)], now)
        .unwrap();
    let (poison, yes) = (ids[0].unwrap(), ids[1].unwrap());
    // It is tried at the second start, and suspected at the third.
    assert_eq!(w.desk.unfinished(now).unwrap(), [poison, yes]);
    let innocent = w.desk.suspicion(poison, now).unwrap();
    assert!(matches!(
        innocent,
        Some(askfirst::desk::intake::Suspicion::None)
    ));
    assert!(w.desk.attempt(poison, now).unwrap().is_some());
    let suspected = w.desk.suspicion(poison, now).unwrap();
    assert!(matches!(
        suspected,
        Some(askfirst::desk::intake::Suspicion::Twice(_))
    ));
    w.desk.blame(poison, now).unwrap();
    assert_eq!(w.desk.unfinished(now).unwrap(), [yes]);
    w.desk.resume(now).unwrap();
    w.deliver();
    assert!(is_introduced(&w));
}
