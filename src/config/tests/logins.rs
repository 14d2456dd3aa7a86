//! How the bot logs in: passwords and where they are, OAuth2, how the line is protected.

use super::{SMALL, parse};
use crate::config::password::Secret;
use crate::config::*;

#[test]
fn every_password_source_is_read() {
    let with = |source: &str| {
        let text = SMALL.replacen("\"hunter2\"", source, 1);
        match parse(&text).unwrap().imap.server.login {
            Login::Password { password, .. } => password,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        with("{ file = \"pw\" }"),
        Password::File("/etc/ask/pw".into())
    );
    assert_eq!(with("{ file = \"/pw\" }"), Password::File("/pw".into()));
    assert_eq!(with("{ env = \"PW\" }"), Password::Env("PW".into()));
    assert_eq!(
        with("{ credential = \"pw\" }"),
        Password::Credential("pw".into())
    );
    let words = vec!["pass".to_owned(), "intro".to_owned()];
    assert_eq!(
        with("{ command = [\"pass\", \"intro\"] }"),
        Password::Command(words)
    );
    assert_eq!(with("\"x\""), Password::Plain(Secret::new("x".into())));
}

fn oauth2(value: &str) -> Result<Login, String> {
    let text = SMALL.replacen("password = \"hunter2\"", &format!("oauth2 = {value}"), 1);
    let config = parse(&text).map_err(|error| error.to_string())?;
    Ok(config.imap.server.login)
}

#[test]
fn oauth2_is_a_provider_with_our_name_or_a_helper() {
    let Login::OAuth2 { user, sign_in } = oauth2(
        "{ provider = \"microsoft\", client_id = \"abc\", client_secret = { file = \"secret\" }, \
         tokens = \"mail.tokens\", tenant = \"bot.example\", authority = \"https://login.example/\" }",
    )
    .unwrap() else {
        panic!("a sign-in");
    };
    assert_eq!(
        (user.as_str(), sign_in.client_id.as_str()),
        ("intro", "abc")
    );
    assert_eq!(sign_in.provider, Provider::Microsoft);
    assert_eq!(
        sign_in.client_secret,
        Some(Password::File("/etc/ask/secret".into()))
    );
    assert_eq!(
        sign_in.tokens.as_deref(),
        Some(Path::new("/etc/ask/mail.tokens"))
    );
    assert_eq!(sign_in.tenant, "bot.example");
    assert_eq!(sign_in.authority.as_deref(), Some("https://login.example"));
    let small = oauth2("{ provider = \"google\", client_id = \"abc\" }").unwrap();
    assert!(matches!(small, Login::OAuth2 { sign_in, .. }
        if sign_in.tenant == "common" && sign_in.tokens.is_none() && sign_in.authority.is_none()));
    let helper = oauth2("{ command = [\"pizauth\", \"show\", \"intro\"] }").unwrap();
    assert!(
        matches!(helper, Login::Helper { command: Password::Command(words), .. } if words.len() == 3)
    );

    for (value, said) in [
        ("{ client_id = \"abc\" }", "imap.oauth2.provider"),
        ("{ provider = \"google\" }", "imap.oauth2.client_id"),
        ("{ provider = \"aol\", client_id = \"abc\" }", "google"),
        ("{ command = [] }", "imap.oauth2.command"),
        (
            "{ command = [\"x\"], provider = \"google\" }",
            "stand alone",
        ),
        (
            "{ provider = \"google\", client_id = \"a\", tenant = \"x\" }",
            "for Microsoft",
        ),
        (
            "{ provider = \"microsoft\", client_id = \"a\", tenant = \"x/../y\" }",
            "tenant",
        ),
    ] {
        let error = oauth2(value).unwrap_err();
        assert!(error.contains(said), "{value}: {error}");
    }
    let at = |authority: &str| {
        oauth2(&format!(
            "{{ provider = \"google\", client_id = \"a\", authority = \"{authority}\" }}"
        ))
    };
    for good in [
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "https://x.example/base",
    ] {
        assert!(at(good).is_ok(), "{good}");
    }
    for bad in [
        "http://x.example",
        "http://127.0.0.1@x.example",
        "x.example",
        "https://",
        "https://a b",
    ] {
        assert!(at(bad).unwrap_err().contains("authority"), "{bad}");
    }
}

#[test]
fn security_decides_the_port() {
    let ports = |security: &str, host: &str| {
        let text = SMALL
            .replace(
                "imap.bot.example\"",
                &format!("{host}\"\nsecurity = \"{security}\""),
            )
            .replace(
                "smtp.bot.example\"",
                &format!("{host}\"\nsecurity = \"{security}\""),
            );
        let config = parse(&text).unwrap();
        (config.imap.server.port, config.smtp.server.port)
    };
    assert_eq!(ports("tls", "m.example"), (993, 465));
    assert_eq!(ports("starttls", "m.example"), (143, 587));
    assert_eq!(ports("none", "127.0.0.1"), (143, 587));
}

#[test]
fn a_relay_on_this_machine_needs_no_login() {
    let text = SMALL.replace(
        "host = \"smtp.bot.example\"\nuser = \"intro\"\npassword = { env = \"MAIL_PASSWORD\" }",
        "host = \"localhost\"\nport = 25\nsecurity = \"none\"",
    );
    assert!(matches!(
        parse(&text).unwrap().smtp.server.login,
        Login::None
    ));
}

#[test]
fn printing_shows_no_password_and_no_address() {
    let shown = format!("{:?}", parse(SMALL).unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("bob@con.example"),
        "{shown}"
    );
}
