//! Mail servers that ask the authorization server: Dovecot, read and written to with tokens that end.

use super::super::harness::authority::{Authority, CLIENT, CLIENT_SECRET};
use super::super::harness::dovecot::{ADDRESS, Dovecot, USER};
use askfirst::config::Config;
use askfirst::keyring;
use askfirst::wire::error::WireError;
use askfirst::wire::oauth::device;
use askfirst::wire::smtp::Timeouts;
use std::path::Path;

const NOW: i64 = 1_790_000_000;

pub fn configuration(dovecot: &Dovecot, oauth2: &str) -> String {
    let ca = format!("ca_file = {:?}", dovecot.certs.ca_file());
    format!(
        "[bot]\naddress = {ADDRESS:?}\nname = \"Introductions\"\nsubaddressing = \"+\"\n\
         [imap]\nhost = \"localhost\"\nport = {}\nuser = {USER:?}\noauth2 = {oauth2}\n{ca}\n\
         [smtp]\nhost = \"localhost\"\nport = {}\nuser = {USER:?}\noauth2 = {oauth2}\n{ca}\n\
         [trust]\nauthserv_ids = [\"mx.bot.example\"]\n\
         [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\n",
        dovecot.ports.imaps, dovecot.ports.submissions
    )
}

pub fn microsoft(authority: &Authority) -> String {
    format!(
        "{{ provider = \"microsoft\", client_id = \"{CLIENT}\", client_secret = \"{CLIENT_SECRET}\", authority = \"{}\" }}",
        authority.url()
    )
}

async fn dovecot(mechanism: &str) -> (Authority, Dovecot, Config, tempfile::TempDir) {
    let authority = Authority::start();
    let dovecot = Dovecot::with_tokens(authority.port, mechanism).await;
    let folder = tempfile::tempdir().unwrap();
    let text = configuration(&dovecot, &microsoft(&authority));
    let config = Config::parse(&text, &folder.path().join("askfirst.toml")).unwrap();
    (authority, dovecot, config, folder)
}

fn sign_in(door: &keyring::Door) {
    let account = door.account().unwrap();
    let (endpoints, client) = (account.endpoints(), account.client());
    let invitation = device::invite(endpoints, client).unwrap();
    let grant = device::wait(endpoints, client, &invitation, super::SECOND).unwrap();
    account.keep(&grant, NOW).unwrap();
}

async fn both_open(mechanism: &str) {
    let (authority, _dovecot, config, _folder) = dovecot(mechanism).await;
    let (imap, smtp) = keyring::doors(&config).unwrap();
    let none = imap.read(NOW).await.unwrap_err();
    assert!(none.needs_operator());
    assert!(
        none.to_string()
            .contains("sign in again with `askfirst login microsoft`"),
        "{none}"
    );
    sign_in(&imap);
    let mut session = imap.read(NOW).await.unwrap();
    assert_eq!(session.select("INBOX").await.unwrap().exists, 0);
    let timeouts = Timeouts::default();
    let connection = smtp.send("bot.example", &timeouts, NOW).await.unwrap();
    connection.quit().await;
    assert_eq!(authority.count("refresh_token"), 0);

    // The server refuses a token before its time: one renewal, and both are open again.
    authority.end_access();
    let session = imap.read(NOW).await.unwrap();
    session.logout().await;
    assert_eq!(authority.count("refresh_token"), 1);
    let connection = smtp.send("bot.example", &timeouts, NOW).await.unwrap();
    connection.quit().await;
    assert_eq!(
        authority.count("refresh_token"),
        1,
        "the two doors share their tokens"
    );
    authority.end_access();
    let connection = smtp.send("bot.example", &timeouts, NOW).await.unwrap();
    connection.quit().await;
    assert_eq!(authority.count("refresh_token"), 2);
}

#[tokio::test]
async fn xoauth2_opens_both_doors_and_a_dead_token_is_replaced_once() {
    both_open("xoauth2").await;
}

#[tokio::test]
async fn oauthbearer_is_spoken_where_only_that_is_offered() {
    both_open("oauthbearer").await;
}

#[tokio::test]
async fn a_token_that_stays_refused_is_told_after_one_more_attempt() {
    let (authority, _dovecot, config, _folder) = dovecot("xoauth2").await;
    let (imap, smtp) = keyring::doors(&config).unwrap();
    sign_in(&imap);
    authority.end_access();
    authority.end_sign_in();
    let error = imap.read(NOW).await.unwrap_err();
    assert!(matches!(error, WireError::SignInNeeded { .. }), "{error}");
    let (attempt, error) = smtp
        .send("bot.example", &Timeouts::default(), NOW)
        .await
        .unwrap_err();
    assert!(attempt.is_none());
    assert!(error.to_string().contains("invalid_grant"), "{error}");
    assert!(!error.to_string().contains("access-"));
}

#[tokio::test]
async fn a_helper_prints_the_token() {
    let (authority, dovecot, _config, folder) = dovecot("xoauth2").await;
    let file = folder.path().join("token");
    let helper = format!("{{ command = [\"cat\", {:?}] }}", file);
    let text = configuration(&dovecot, &helper);
    let config = Config::parse(&text, Path::new("askfirst.toml")).unwrap();
    let (imap, _) = keyring::doors(&config).unwrap();
    let error = imap.read(NOW).await.unwrap_err();
    assert!(
        matches!(error, WireError::LoginUnavailable { .. }),
        "{error}"
    );
    authority.set(|state| state.access.insert("from-the-helper".to_owned()));
    std::fs::write(&file, "from-the-helper\n").unwrap();
    imap.read(NOW).await.unwrap().logout().await;
}
