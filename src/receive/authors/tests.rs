//! A connector whose signature is verified here, from the stored mail to the ask; also after a crash
//! between the two. A name server on loopback, a key of our own.

use super::*;
use crate::desk::Desk;
use crate::desk::house::{Connector, House};
use crate::reader::address::Address;
use crate::rules::clock::Pace;
use crate::rules::introduction::Stage;
use crate::rules::manners::Direct;
use crate::store::Store;
use crate::wire::proof::tests::{Reply, name_server};
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::DkimSigner;

const MAIL: &str = "From: Bob Kim <bob@kim.example>\r\nTo: intro@bot.example\r\nSubject: Fwd: Carol?\r\n\
    Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@kim.example>\r\n\r\n\
    Please ask carol@target.example\r\n\r\n---------- Forwarded message ---------\r\n\
    From: Alice Ng <alice@req.example>\r\nDate: Mon, Nov 23, 2026 at 9:00 AM\r\nSubject: Carol?\r\n\
    To: Bob Kim <bob@kim.example>\r\n\r\n\r\nCould I meet Carol? I build sensors.\r\n";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn clerk() -> Clerk {
    let house = House {
        connectors: vec![Connector {
            name: "Bob Kim".to_owned(),
            addresses: vec![address("bob@kim.example")],
            contacts: Vec::new(),
            settled: Default::default(),
            language: None,
            direct: Direct::Contacts,
        }],
        pace: Pace {
            close_after_secs: 14 * 86_400,
            ..crate::receive::tests::house().pace
        },
        ..crate::receive::tests::house()
    };
    let dice = crate::daemon::system_dice();
    Clerk::hire(Desk::open(Store::in_memory().unwrap(), house, dice).unwrap())
}

/// The mail, signed by `domain`, and the key's record.
fn signed(domain: &str) -> (Vec<u8>, Reply) {
    let key = Ed25519Key::from_pkcs8_der(&Ed25519Key::generate_pkcs8().unwrap()).unwrap();
    let public = data_encoding::BASE64.encode(&key.public_key());
    let signature = DkimSigner::from_key(key)
        .domain(domain)
        .selector("s1")
        .headers(["From", "To", "Subject", "Date", "Message-ID"])
        .sign(MAIL.as_bytes())
        .unwrap();
    let mail = format!("{}{MAIL}", signature.to_header());
    let record = Reply::Text(format!("v=DKIM1; k=ed25519; p={public}"));
    (mail.into_bytes(), record)
}

fn arrived(raw: Vec<u8>) -> Arrived {
    Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 1,
        uid: 1,
        internal_date_secs: None,
        size: 1,
        complete: true,
        raw,
        facts: None,
        aside: None,
    }
}

async fn stages(clerk: &Clerk) -> Vec<Stage> {
    let list = clerk.ask(|desk| desk.list(true)).await.unwrap();
    list.iter().map(|introduction| introduction.stage).collect()
}

fn now_secs() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn a_signature_that_is_verified_here_proves_a_connector() {
    for (domain, expected) in [
        ("kim.example", Stage::Asked),
        ("evil.example", Stage::WaitingForConnector),
    ] {
        let (raw, key) = signed(domain);
        let name = format!("s1._domainkey.{domain}");
        let resolver = name_server(&[(&name, key)]).await;
        let clerk = clerk();
        let taken = take(&clerk, &resolver, vec![arrived(raw)], now_secs()).await;
        assert_eq!(taken.unwrap().mails, 1);
        assert_eq!(stages(&clerk).await, [expected], "{domain}");
    }
}

#[tokio::test]
async fn a_mail_that_was_only_stored_is_looked_up_at_the_next_start() {
    let (raw, key) = signed("kim.example");
    let resolver = name_server(&[("s1._domainkey.kim.example", key)]).await;
    let clerk = clerk();
    let batch = vec![arrived(raw)];
    let stored = clerk.ask(move |desk| desk.take(&batch, now_secs())).await;
    assert_eq!(stored.unwrap().len(), 1);
    assert!(stages(&clerk).await.is_empty());
    let (stop, stopped) = tokio::sync::watch::channel(true);
    let resumed = resume(&clerk, Some(&resolver), now_secs(), &stopped);
    resumed.await.unwrap();
    assert!(stages(&clerk).await.is_empty(), "stopped, nothing is begun");
    stop.send_replace(false);
    let resumed = resume(&clerk, Some(&resolver), now_secs(), &stopped);
    resumed.await.unwrap();
    assert_eq!(stages(&clerk).await, [Stage::Asked]);
}
