//! OAuth2 against an authorization server that keeps to the RFCs and breaks when told to: signing in, renewing,
//! and what an operator hears when it ends.

mod account;
mod login;
pub mod servers;

use super::harness::authority::{Authority, CLIENT, CLIENT_SECRET, Fault};
use askfirst::wire::Secret;
use askfirst::wire::oauth::browser::Attempt;
use askfirst::wire::oauth::{Client, Endpoints, Trouble, device};
use std::time::Duration;

fn client() -> Client {
    Client {
        id: CLIENT.to_owned(),
        secret: Some(Secret::new(CLIENT_SECRET)),
    }
}

/// A second of the device flow, in which nobody wants to wait for real ones.
const SECOND: Duration = Duration::from_millis(1);

fn with_device(polls: &[&'static str], faults: &[Fault]) -> (Authority, Result<String, Trouble>) {
    let authority = Authority::start();
    let url = authority.url();
    authority.set(|state| {
        state.device_polls = polls.iter().copied().collect();
        state.faults = faults.iter().cloned().collect();
    });
    let endpoints = Endpoints::microsoft("common", Some(&url));
    let invitation = device::invite(&endpoints, &client()).unwrap();
    assert_eq!(invitation.user_code, "WDJB-MJHT");
    assert!(invitation.address.ends_with("/device"));
    let grant = device::wait(&endpoints, &client(), &invitation, SECOND);
    (
        authority,
        grant.map(|grant| grant.access.expose().to_owned()),
    )
}

#[test]
fn a_device_code_is_asked_about_until_the_person_has_agreed() {
    let (authority, grant) = with_device(
        &[
            "authorization_pending",
            "slow_down",
            "authorization_pending",
        ],
        &[],
    );
    let access = grant.unwrap();
    assert!(authority.set(|state| state.access.contains(&access)));
    assert_eq!(
        authority.count("urn:ietf:params:oauth:grant-type:device_code"),
        4
    );
    // What was asked for is mail and nothing else, by our own name.
    let (_, asked) = authority.set(|state| state.asked[0].clone());
    assert_eq!(
        asked["scope"],
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
    );
    assert_eq!(asked["client_id"], CLIENT);
}

#[test]
fn a_device_code_ends_as_the_person_or_the_clock_says() {
    for (poll, trouble) in [
        ("access_denied", Trouble::Denied),
        ("authorization_declined", Trouble::Denied),
        ("expired_token", Trouble::CodeExpired),
    ] {
        let (_, grant) = with_device(&["authorization_pending", poll], &[]);
        assert_eq!(grant.unwrap_err(), trouble, "{poll}");
    }
    let (_, grant) = with_device(&["invalid_client"], &[]);
    assert!(grant.unwrap_err().to_string().contains("invalid_client"));

    let authority = Authority::start();
    authority.set(|state| {
        state.device_life_secs = 3;
        state.device_polls = std::iter::repeat_n("authorization_pending", 50).collect();
    });
    let endpoints = Endpoints::microsoft("common", Some(&authority.url()));
    let invitation = device::invite(&endpoints, &client()).unwrap();
    let grant = device::wait(&endpoints, &client(), &invitation, SECOND);
    assert_eq!(grant.unwrap_err(), Trouble::CodeExpired);
}

#[test]
fn a_cut_costs_a_device_code_one_question_and_nonsense_is_told() {
    let faults = [Fault::Cut, Fault::Status(503)];
    let (_, grant) = with_device(&["authorization_pending"], &faults);
    assert!(grant.is_ok(), "{grant:?}");
    for body in [
        "<html>hello</html>",
        "[]",
        "{}",
        r#"{"access_token":"a b","token_type":"Bearer"}"#,
        r#"{"access_token":"a\u0001","token_type":"Bearer"}"#,
        r#"{"access_token":"a","token_type":"mac"}"#,
        r#"{"access_token":7,"token_type":"Bearer"}"#,
    ] {
        let (_, grant) = with_device(&[], &[Fault::Body(body)]);
        let trouble = grant.unwrap_err();
        assert!(
            matches!(trouble, Trouble::Nonsense { .. }),
            "{body}: {trouble}"
        );
        assert!(!trouble.to_string().contains("hello"));
    }
}

/// Signs in with a browser; gives the attempt and the address at which the browser ended.
fn browsed(authority: &Authority) -> (Endpoints, Attempt, String) {
    let endpoints = Endpoints::google(Some(&authority.url()));
    let mut random = [0; 64];
    getrandom::fill(&mut random).unwrap();
    let attempt = Attempt::new(&random, "http://127.0.0.1:9/".to_owned());
    let address = attempt.address(&endpoints, &client(), "agent");
    let ended = authority.browse(&address).unwrap();
    (endpoints, attempt, ended)
}

#[test]
fn a_code_is_traded_once_by_whoever_began() {
    let authority = Authority::start();
    let (endpoints, attempt, ended) = browsed(&authority);
    let (_, other, _) = browsed(&authority);
    assert!(other.read(&ended).is_none(), "another state is no answer");
    let code = attempt.read(&ended).unwrap().ok().unwrap();
    let grant = attempt.redeem(&endpoints, &client(), &code).unwrap();
    assert!(authority.set(|state| state.access.contains(grant.access.expose())));
    assert!(grant.refresh.is_some() && grant.expires_in_secs == Some(3_600));
    let again = attempt.redeem(&endpoints, &client(), &code).unwrap_err();
    assert!(matches!(again, Trouble::SignInOver { .. }), "{again}");

    // A thief of the code has not the verifier.
    let (endpoints, attempt, ended) = browsed(&authority);
    let code = attempt.read(&ended).unwrap().ok().unwrap();
    let (_, thief, _) = browsed(&authority);
    let stolen = thief.redeem(&endpoints, &client(), &code).unwrap_err();
    assert!(matches!(stolen, Trouble::SignInOver { .. }), "{stolen}");

    let (endpoints, attempt, ended) = browsed(&authority);
    let code = attempt.read(&ended).unwrap().ok().unwrap();
    let nameless = Client {
        secret: None,
        ..client()
    };
    let refused = attempt.redeem(&endpoints, &nameless, &code).unwrap_err();
    assert!(refused.to_string().contains("invalid_client"), "{refused}");
}

#[test]
fn an_endpoint_that_is_not_there_may_come_back() {
    let endpoints = Endpoints::google(Some("http://127.0.0.1:1"));
    let gone =
        askfirst::wire::oauth::refresh(&endpoints, &client(), &Secret::new("r")).unwrap_err();
    assert!(matches!(gone, Trouble::Unavailable { .. }), "{gone}");
    assert!(gone.may_pass() && gone.to_string().contains("127.0.0.1:1"));
}
