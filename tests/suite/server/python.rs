//! Python's imaplib and smtplib against the servers: a client with another reading of the RFCs. Without python3 these tests fail, and say so.

use std::process::Stdio;

use tokio::process::Command;
use tokio::time::timeout;

use super::{House, PATIENCE, mail};

async fn run(script: &str, arguments: &[String]) {
    let child = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python3 is needed for this test: install it");
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .expect("python3 took too long")
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn imaplib_goes_through_a_whole_session() {
    let house = House::open().await;
    for subject in ["first", "second", "third"] {
        assert!(house.mailboxes.deliver(
            "intro@bot.example",
            &mail("bob@connector.example", subject, "text"),
            1_790_000_000
        ));
    }
    run(
        include_str!("imaplib_session.py"),
        &[house.imap.port().to_string()],
    )
    .await;
    let left: Vec<u32> = house
        .mailboxes
        .mails("intro", "INBOX")
        .iter()
        .map(|mail| mail.uid)
        .collect();
    assert_eq!(left, [3]);
    house.close().await;
}

#[tokio::test]
async fn smtplib_submits() {
    let mut house = House::open().await;
    run(
        include_str!("smtplib_session.py"),
        &[house.smtp.port().to_string()],
    )
    .await;
    assert_eq!(house.mailboxes.mails("carol", "INBOX").len(), 2);
    let first =
        String::from_utf8(house.mailboxes.mails("carol", "INBOX")[0].bytes.to_vec()).unwrap();
    assert!(
        first.contains("auth=pass smtp.auth=bob; dmarc=pass header.from=connector.example"),
        "{first}"
    );
    assert!(first.contains("\r\n.leading dot\r\n"), "{first}");
    assert_eq!(
        house.passed.recv().await.unwrap().recipients,
        ["carol@target.example", "intro@bot.example"]
    );
    house.close().await;
}
