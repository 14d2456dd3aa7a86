//! `askfirst login` as a person uses it: a browser here, a browser elsewhere, a code on a telephone.

use super::super::harness::authority::{Authority, CLIENT, CLIENT_SECRET, get};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn configure(folder: &Path, provider: &str, authority: &Authority) {
    let oauth2 = format!(
        "user = \"agent\"\noauth2 = {{ provider = \"{provider}\", client_id = \"{CLIENT}\", \
         client_secret = \"{CLIENT_SECRET}\", authority = \"{}\" }}",
        authority.url()
    );
    let text = format!(
        "[bot]\naddress = \"agent@bot.example\"\nname = \"Introductions\"\n\
         [imap]\nhost = \"imap.bot.example\"\n{oauth2}\n[smtp]\nhost = \"smtp.bot.example\"\n{oauth2}\n\
         [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\n"
    );
    std::fs::write(folder.join("askfirst.toml"), text).unwrap();
}

fn begin(folder: &Path, provider: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["login", provider])
        .current_dir(folder)
        .env_remove("DISPLAY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads what it says up to the address to sign in at.
fn invited(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    while !line.starts_with("http") {
        line.clear();
        assert!(
            out.read_line(&mut line).unwrap() > 0,
            "it ended without an address"
        );
    }
    line.trim().to_owned()
}

fn rest(mut child: Child, mut out: impl Read) -> (Option<i32>, String) {
    let mut text = String::new();
    out.read_to_string(&mut text).unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    (child.wait().unwrap().code(), text)
}

fn kept(folder: &Path) -> String {
    let path = folder.join("askfirst.db.tokens");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_browser_on_this_machine_brings_the_answer_back() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    configure(folder.path(), "google", &authority);
    let mut child = begin(folder.path(), "google");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let address = invited(&mut out);
    let ended = authority.browse(&address).unwrap();
    let (port, path) = ended
        .strip_prefix("http://127.0.0.1:")
        .unwrap()
        .split_once('/')
        .unwrap();
    let port = port.parse().unwrap();
    // Others knock first: an icon, a guess at the state.
    assert!(get(port, "/favicon.ico").starts_with("HTTP/1.1 400"));
    assert!(get(port, "/?code=x&state=guess").starts_with("HTTP/1.1 400"));
    let page = get(port, &format!("/{path}"));
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("You can close this page"),
        "{page}"
    );
    let (status, said) = rest(child, out);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("Signed in.") && said.contains("askfirst check"),
        "{said}"
    );
    let kept = kept(folder.path());
    assert!(kept.contains("access-") && kept.contains("refresh-"));
    for secret in ["access-", "refresh-", CLIENT_SECRET] {
        assert!(!said.contains(secret) && !address.contains(secret));
    }
}

#[test]
fn the_address_of_a_browser_elsewhere_is_pasted() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    configure(folder.path(), "google", &authority);
    let mut child = begin(folder.path(), "google");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let ended = authority.browse(&invited(&mut out)).unwrap();
    let mut typed = child.stdin.take().unwrap();
    writeln!(
        typed,
        "what?\nhttp://127.0.0.1:1/?code=x&state=another\n  {ended}  "
    )
    .unwrap();
    let (status, said) = rest(child, out);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(said.matches("That is not the answer").count(), 2, "{said}");
    assert!(kept(folder.path()).contains("refresh-"));
}

#[test]
fn a_no_in_the_browser_is_told_and_an_earlier_sign_in_stays() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    configure(folder.path(), "google", &authority);
    std::fs::write(
        folder.path().join("askfirst.db.tokens"),
        "{\"accounts\": []}",
    )
    .unwrap();
    let mut child = begin(folder.path(), "google");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let address = invited(&mut out);
    let state = address
        .split_once("&state=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let mut typed = child.stdin.take().unwrap();
    writeln!(
        typed,
        "http://127.0.0.1:9/?error=access_denied&state={state}"
    )
    .unwrap();
    let (status, said) = rest(child, out);
    assert_eq!(status, Some(1));
    assert!(said.contains("said no"), "{said}");
    let kept = std::fs::read_to_string(folder.path().join("askfirst.db.tokens")).unwrap();
    assert_eq!(kept, "{\"accounts\": []}");
}

#[test]
fn a_code_is_entered_on_another_device() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    configure(folder.path(), "microsoft", &authority);
    authority.set(|state| state.device_polls.push_back("authorization_pending"));
    let mut child = begin(folder.path(), "microsoft");
    let out = child.stdout.take().unwrap();
    let (status, said) = rest(child, out);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("enter  WDJB-MJHT") && said.contains("/device\n"),
        "{said}"
    );
    assert!(kept(folder.path()).contains("microsoft"));
    // Both sections have the same sign-in: a person is asked once.
    assert_eq!(said.matches("WDJB").count(), 1);
}

#[test]
fn a_configuration_that_signs_in_nowhere_is_wrong_usage() {
    let (authority, folder) = (Authority::start(), tempfile::tempdir().unwrap());
    configure(folder.path(), "google", &authority);
    let child = Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["login", "microsoft"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(child.status.code(), Some(2));
    let said = String::from_utf8(child.stderr).unwrap();
    assert!(
        said.contains("oauth2 = { provider = \"microsoft\""),
        "{said}"
    );
}
