//! Signatures and policies against a name server on loopback, with keys made here.

use super::*;
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::DkimSigner;
use mail_auth::hickory_resolver::proto::op::{Message, ResponseCode};
use mail_auth::hickory_resolver::proto::rr::rdata::TXT;
use mail_auth::hickory_resolver::proto::rr::{RData, Record};
use std::collections::HashMap;
use tokio::net::UdpSocket;

/// What the name server does with a name: a record, a failure, or silence. Unlisted names do not exist.
#[derive(Clone)]
pub(crate) enum Reply {
    Text(String),
    Failure,
    Silence,
}

/// A name server on loopback that ends with the test.
pub(crate) async fn name_server(names: &[(&str, Reply)]) -> Resolver {
    let names: HashMap<String, Reply> = names
        .iter()
        .map(|(name, reply)| (format!("{name}."), reply.clone()))
        .collect();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let resolver = Resolver::at(socket.local_addr().unwrap()).unwrap();
    tokio::spawn(async move {
        let mut buffer = [0_u8; 4096];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let asked = query.queries[0].clone();
            let mut answer = query.clone().into_response();
            match names.get(&asked.name().to_lowercase().to_ascii()) {
                Some(Reply::Silence) => continue,
                Some(Reply::Failure) => answer.metadata.response_code = ResponseCode::ServFail,
                Some(Reply::Text(text)) => {
                    let pieces: Vec<String> = text
                        .as_bytes()
                        .chunks(250)
                        .map(|c| String::from_utf8(c.to_vec()).unwrap())
                        .collect();
                    let data = RData::TXT(TXT::new(pieces));
                    answer.add_answer(Record::from_rdata(asked.name().clone(), 60, data));
                }
                None => answer.metadata.response_code = ResponseCode::NXDomain,
            }
            socket
                .send_to(&answer.to_vec().unwrap(), peer)
                .await
                .unwrap();
        }
    });
    resolver
}

const HEADER: &str = "From: Carol <carol@target.example>\r\nTo: intro@bot.example\r\nSubject: Re: meet Alice\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@target.example>\r\n";
const ALL: [&str; 5] = ["From", "To", "Subject", "Date", "Message-ID"];

/// A mail signed by `domain`, and the key's record. `ttl_secs` is the time until x=.
fn signed(
    domain: &str,
    covered: &[&str],
    header: &str,
    ttl_secs: Option<u64>,
    cut: bool,
) -> (Vec<u8>, Reply) {
    let der = Ed25519Key::generate_pkcs8().unwrap();
    let key = Ed25519Key::from_pkcs8_der(&der).unwrap();
    let public = data_encoding::BASE64.encode(&key.public_key());
    let mail = format!("{header}\r\nYes, happy to talk.\r\n");
    let mut signer = DkimSigner::from_key(key)
        .domain(domain)
        .selector("s1")
        .headers(covered.iter().copied())
        .body_length(cut);
    if let Some(ttl) = ttl_secs {
        signer = signer.expiration(ttl);
    }
    let signature = signer.sign(mail.as_bytes()).unwrap().to_header();
    let record = format!("v=DKIM1; k=ed25519; p={public}");
    (
        format!("{signature}{mail}").into_bytes(),
        Reply::Text(record),
    )
}

fn now_secs() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

async fn domains(raw: &[u8], key: &Reply) -> Vec<String> {
    let server = name_server(&[("s1._domainkey.target.example", key.clone())]).await;
    facts(raw, "target.example", &server).await.dkim_domains
}

#[tokio::test]
async fn a_good_signature_is_found_with_the_policy() {
    let (raw, key) = signed("target.example", &ALL, HEADER, None, false);
    let policy = Reply::Text("v=DMARC1; p=reject".to_owned());
    let server = name_server(&[
        ("s1._domainkey.target.example", key),
        ("_dmarc.target.example", policy),
    ])
    .await;
    let expected = Found {
        dkim_domains: vec!["target.example".to_owned()],
        dmarc_policy: Some(true),
    };
    assert_eq!(facts(&raw, "target.example", &server).await, expected);
    assert_eq!(facts(&raw, "Target.Example.", &server).await, expected);
}

#[tokio::test]
async fn changed_mails_have_no_signature() {
    let (raw, key) = signed("target.example", &ALL, HEADER, None, false);
    assert_eq!(domains(&raw, &key).await, ["target.example"]);
    let text = String::from_utf8(raw).unwrap();
    for (from, to) in [
        ("happy to talk", "happy to walk"),
        ("Re: meet Alice", "Re: meet Eve"),
        ("intro@bot.example", "other@bot.example"),
        ("carol@target.example>", "dave@target.example>"),
        ("d=target.example", "d=other.example"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert!(domains(changed.as_bytes(), &key).await.is_empty(), "{to}");
    }
    let (_, other_key) = signed("target.example", &ALL, HEADER, None, false);
    assert!(domains(text.as_bytes(), &other_key).await.is_empty());
    let revoked = Reply::Text("v=DKIM1; k=ed25519; p=".to_owned());
    assert!(domains(text.as_bytes(), &revoked).await.is_empty());
}

#[tokio::test]
async fn a_signature_must_cover_what_we_rely_on() {
    for missing in ALL {
        let covered: Vec<&str> = ALL.into_iter().filter(|name| *name != missing).collect();
        if missing == "From" {
            continue; // The signer refuses that itself.
        }
        let (raw, key) = signed("target.example", &covered, HEADER, None, false);
        assert!(domains(&raw, &key).await.is_empty(), "{missing}");
    }
}

#[tokio::test]
async fn a_field_that_is_there_twice_spoils_it() {
    let (raw, key) = signed("target.example", &ALL, HEADER, None, false);
    let text = String::from_utf8(raw).unwrap();
    for field in [
        "From: evil@z.example",
        "Subject: other",
        "To: other@bot.example",
        "date: Tue, 03 Nov 2026 10:00:00 +0000",
        "Message-ID : <two@target.example>",
    ] {
        let changed = format!("{field}\r\n{text}");
        assert!(
            domains(changed.as_bytes(), &key).await.is_empty(),
            "{field}"
        );
    }
    // A field that nobody signed and nobody reads twice does no harm.
    let traced = format!("Received: from a by b\r\nReceived: from c by d\r\n{text}");
    assert_eq!(domains(traced.as_bytes(), &key).await, ["target.example"]);
}

#[tokio::test]
async fn age_and_length_have_limits() {
    let (raw, key) = signed("target.example", &ALL, HEADER, None, false);
    let server = name_server(&[("s1._domainkey.target.example", key)]).await;
    let day = 86_400;
    for (days, good) in [(0, true), (13, true), (15, false), (-2, false)] {
        let found = facts_at(&raw, "target.example", &server, now_secs() + days * day).await;
        assert_eq!(!found.dkim_domains.is_empty(), good, "{days}");
    }
    let (raw, key) = signed("target.example", &ALL, HEADER, None, true);
    assert!(domains(&raw, &key).await.is_empty(), "l=");
    let (raw, key) = signed("target.example", &ALL, HEADER, Some(3_600), false);
    assert_eq!(domains(&raw, &key).await, ["target.example"]);
    let (raw, key) = signed("target.example", &ALL, HEADER, Some(1), false);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert!(domains(&raw, &key).await.is_empty(), "x=");
}

/// Mails signed by openssl at 2026-11-02 10:00 UTC, where the keys must be RSA or weak.
#[tokio::test]
async fn weak_keys_and_old_hashes_prove_nothing() {
    let signed_secs = 1_793_613_600;
    let mails = [
        (
            "rsa1024",
            include_str!("rsa1024.eml"),
            include_str!("rsa1024.key.txt"),
            true,
        ),
        (
            "rsa768",
            include_str!("rsa768.eml"),
            include_str!("rsa768.key.txt"),
            false,
        ),
        (
            "sha1",
            include_str!("sha1.eml"),
            include_str!("sha1.key.txt"),
            false,
        ),
        (
            "undated",
            include_str!("undated.eml"),
            include_str!("undated.key.txt"),
            true,
        ),
    ];
    for (selector, mail, key, good) in mails {
        let name = format!("{selector}._domainkey.target.example");
        let server = name_server(&[(&name, Reply::Text(key.trim().to_owned()))]).await;
        let raw = mail.replace("\r\n", "\n").replace('\n', "\r\n");
        let at = |secs: i64| facts_at(raw.as_bytes(), "target.example", &server, secs);
        assert_eq!(
            !at(signed_secs + 60).await.dkim_domains.is_empty(),
            good,
            "{selector}"
        );
        assert!(
            at(signed_secs + 15 * 86_400).await.dkim_domains.is_empty(),
            "{selector} later"
        );
    }
}

#[tokio::test]
async fn a_policy_is_looked_for_up_to_the_organisation() {
    let policy = |text: &str| Reply::Text(text.to_owned());
    let cases = [
        (
            "target.example",
            "_dmarc.target.example",
            "v=DMARC1; p=none",
            Some(true),
        ),
        (
            "a.b.target.example",
            "_dmarc.target.example",
            "v=DMARC1; p=none",
            Some(true),
        ),
        (
            "a.b.target.example",
            "_dmarc.b.target.example",
            "v=DMARC1; p=none",
            Some(true),
        ),
        (
            "target.example",
            "_dmarc.example",
            "v=DMARC1; p=none",
            Some(false),
        ),
        (
            "target.example",
            "_dmarc.other.example",
            "v=DMARC1; p=none",
            Some(false),
        ),
        (
            "target.example",
            "_dmarc.target.example",
            "v=spf1 -all",
            Some(false),
        ),
    ];
    for (domain, name, text, expected) in cases {
        let server = name_server(&[(name, policy(text))]).await;
        let found = facts(HEADER.as_bytes(), domain, &server).await;
        assert_eq!(found.dmarc_policy, expected, "{domain} {name} {text}");
    }
}

#[tokio::test]
async fn a_failed_lookup_says_nothing() {
    let policy = Reply::Text("v=DMARC1; p=reject".to_owned());
    let (raw, _) = signed("target.example", &ALL, HEADER, None, false);
    // The key can't be had: the signature may be good, so "nothing passed" is not known.
    let server = name_server(&[
        ("s1._domainkey.target.example", Reply::Failure),
        ("_dmarc.target.example", policy.clone()),
    ])
    .await;
    assert_eq!(
        facts(&raw, "target.example", &server).await,
        Found::default()
    );
    let server = name_server(&[("_dmarc.target.example", Reply::Failure)]).await;
    assert_eq!(
        facts(HEADER.as_bytes(), "target.example", &server)
            .await
            .dmarc_policy,
        None
    );
    // The key does not exist: that is an answer.
    let server = name_server(&[("_dmarc.target.example", policy)]).await;
    assert_eq!(
        facts(&raw, "target.example", &server).await.dmarc_policy,
        Some(true)
    );
}

#[test]
fn silence_ends_at_the_deadline() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let start = std::time::Instant::now();
    let found = runtime.block_on(async {
        let (raw, _) = signed("target.example", &ALL, HEADER, None, false);
        let server = name_server(&[
            ("s1._domainkey.target.example", Reply::Silence),
            ("_dmarc.target.example", Reply::Silence),
        ])
        .await;
        within(
            Duration::from_millis(300),
            &raw,
            "target.example",
            &server,
            now_secs(),
        )
        .await
    });
    // The resolver's own tasks wait longer than we do.
    runtime.shutdown_background();
    assert_eq!(found, Found::default());
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn many_signatures_cost_few_lookups() {
    let (raw, key) = signed("target.example", &ALL, HEADER, None, false);
    let text = String::from_utf8(raw).unwrap();
    let junk: String = (0..200)
        .map(|i| {
            let (signature, _) = text.split_once("From:").unwrap();
            signature.replace("s=s1", &format!("s=junk{i}"))
        })
        .collect();
    // The good one is past the limit: it is not looked at, and the mail is unproven.
    let strangers = junk.replace("d=target.example", "d=junk.test");
    let mixed = format!("{strangers}{text}");
    assert_eq!(domains(mixed.as_bytes(), &key).await, ["target.example"]);
    assert!(
        domains(format!("{junk}{text}").as_bytes(), &key)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn garbage_is_nothing() {
    let server = name_server(&[]).await;
    for raw in [
        &b""[..],
        b"\r\n",
        b"\xff\xfe\x00",
        b"DKIM-Signature: v=1\r\n\r\n",
        b"DKIM-Signature",
    ] {
        let found = facts(raw, "", &server).await;
        assert!(found.dkim_domains.is_empty());
    }
    let long = "a.".repeat(200);
    assert_eq!(
        facts(b"From: x\r\n\r\n", &long, &server).await.dmarc_policy,
        None
    );
}
