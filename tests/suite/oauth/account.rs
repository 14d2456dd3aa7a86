//! A sign-in over its life: renewed in time, once, and stored before the old token is forgotten.

use super::super::harness::authority::{Authority, Fault};
use super::client;
use askfirst::keyring::account::{Account, Health, KeyError};
use askfirst::wire::oauth::{Endpoints, device};
use std::path::Path;
use std::sync::Arc;

const NOW: i64 = 1_790_000_000;
const REFRESH: &str = "refresh_token";

fn account(authority: &Authority, folder: &Path) -> Account {
    let endpoints = Endpoints::microsoft("common", Some(&authority.url()));
    Account::new(
        "microsoft",
        "agent",
        endpoints,
        client(),
        folder.join("db.tokens"),
    )
}

fn signed_in(authority: &Authority, folder: &Path) -> Account {
    let account = account(authority, folder);
    let invitation = device::invite(account.endpoints(), account.client()).unwrap();
    let grant = device::wait(
        account.endpoints(),
        account.client(),
        &invitation,
        super::SECOND,
    )
    .unwrap();
    account.keep(&grant, NOW).unwrap();
    account
}

fn token(account: &Account, now_secs: i64) -> Result<String, KeyError> {
    account
        .token(now_secs)
        .map(|token| token.expose().to_owned())
}

#[test]
fn tokens_are_renewed_before_they_end_and_survive_a_restart() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    let alice = signed_in(&authority, folder.path());
    let first = token(&alice, NOW).unwrap();
    assert_eq!(token(&alice, NOW + 2_000).unwrap(), first);
    assert_eq!(authority.count(REFRESH), 0);
    let second = token(&alice, NOW + 2_800).unwrap();
    assert_ne!(second, first);
    assert_eq!(authority.count(REFRESH), 1);
    // The next process reads what this one stored: the rotated refresh token, not the first.
    let next = account(&authority, folder.path());
    assert_eq!(token(&next, NOW + 2_800).unwrap(), second);
    let third = token(&next, NOW + 2_800 + 3_599).unwrap();
    assert!(authority.set(|state| state.access.contains(&third)));
    assert_eq!(next.health(NOW + 2_800 + 3_599), None);
}

#[test]
fn two_who_renew_at_once_use_a_refresh_token_once() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    drop(signed_in(&authority, folder.path()));
    // Two processes as far as the file is concerned, and two loops in one of them.
    let one = Arc::new(account(&authority, folder.path()));
    let other = Arc::new(account(&authority, folder.path()));
    let threads: Vec<_> = [one.clone(), one, other]
        .into_iter()
        .map(|account| std::thread::spawn(move || token(&account, NOW + 3_500).unwrap()))
        .collect();
    let tokens: Vec<String> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    assert_eq!(authority.count(REFRESH), 1);
}

#[test]
fn a_sign_in_that_is_over_is_told_while_the_last_token_still_works() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    let account = signed_in(&authority, folder.path());
    let first = token(&account, NOW).unwrap();
    authority.end_sign_in();
    assert_eq!(
        token(&account, NOW + 2_800).unwrap(),
        first,
        "it is good for a while"
    );
    let command = "askfirst login microsoft".to_owned();
    assert_eq!(
        account.health(NOW + 2_800),
        Some(Health::Ending {
            until_secs: NOW + 3_600,
            command: command.clone()
        })
    );
    // The dead refresh token is not shown around again.
    let _ = token(&account, NOW + 2_900);
    assert_eq!(authority.count(REFRESH), 1);
    let KeyError::SignIn { why, command: told } = token(&account, NOW + 3_600).unwrap_err() else {
        panic!("it is over");
    };
    assert!(why.contains("invalid_grant"), "{why}");
    assert_eq!(told, command);
    assert_eq!(account.health(NOW + 3_600), Some(Health::Over { command }));
    // Somebody signs in again, in another process: the next look finds it.
    drop(signed_in(&authority, folder.path()));
    let fresh = token(&account, NOW + 10).unwrap();
    assert_ne!(fresh, first);
    assert_eq!(account.health(NOW + 10), None);
}

#[test]
fn a_provider_that_fails_for_a_while_is_not_noticed() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    let account = signed_in(&authority, folder.path());
    let first = token(&account, NOW).unwrap();
    let faults = [
        Fault::Cut,
        Fault::Status(503),
        Fault::Status(429),
        Fault::Body("nonsense"),
        Fault::Error("temporarily_unavailable"),
        Fault::Error("server_error"),
    ];
    for (count, fault) in faults.iter().enumerate() {
        authority.set(|state| state.faults.push_back(fault.clone()));
        assert_eq!(
            token(&account, NOW + 3_000).unwrap(),
            first,
            "fault {count}"
        );
        assert_eq!(account.health(NOW + 3_000), None);
    }
    authority.set(|state| state.faults.push_back(Fault::Status(500)));
    let late = token(&account, NOW + 3_600).unwrap_err();
    assert!(matches!(late, KeyError::MayPass(_)), "{late:?}");
    assert_ne!(token(&account, NOW + 3_601).unwrap(), first);
}

#[test]
fn a_token_that_a_mail_server_refuses_is_replaced_once() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    let account = signed_in(&authority, folder.path());
    let first = account.token(NOW).unwrap();
    assert!(account.spent(&first), "a newer one is worth a try");
    let second = account.token(NOW).unwrap();
    assert_ne!(first, second);
    assert_eq!(account.token(NOW).unwrap(), second);
    assert!(account.spent(&second) && !account.spent(&second));
}

#[test]
fn an_end_that_is_known_beforehand_is_told_in_time() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    authority.set(|state| state.refresh_expires_in_secs = Some(7 * 86_400));
    let account = signed_in(&authority, folder.path());
    assert_eq!(account.health(NOW + 5 * 86_400), None);
    let told = account.health(NOW + 6 * 86_400).unwrap();
    assert!(matches!(told, Health::Ending { until_secs, .. } if until_secs == NOW + 7 * 86_400));
}

#[test]
fn nobody_has_signed_in_and_a_sign_in_without_a_refresh_token() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    let none = account(&authority, folder.path());
    assert!(matches!(none.token(NOW), Err(KeyError::SignIn { .. })));
    assert!(matches!(none.health(NOW), Some(Health::Over { .. })));
    authority.set(|state| state.gives_no_refresh_token = true);
    let short = signed_in(&authority, folder.path());
    assert!(token(&short, NOW + 3_500).is_ok());
    assert!(matches!(short.health(NOW), Some(Health::Ending { .. })));
    assert!(matches!(
        short.token(NOW + 3_600),
        Err(KeyError::SignIn { .. })
    ));
}
