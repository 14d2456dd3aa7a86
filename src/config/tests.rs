//! What a configuration may say, and what is said where it is wrong.

mod faults;
mod logins;

use super::*;

const SMALL: &str = r#"[bot]
address = "intro@bot.example"
name = "Introductions"
[imap]
host = "imap.bot.example"
user = "intro"
password = "hunter2"
[smtp]
host = "smtp.bot.example"
user = "intro"
password = { env = "MAIL_PASSWORD" }
[[connector]]
name = "Bob Kim"
addresses = ["bob@con.example"]
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/ask/a.toml"))
}

/// The error after `from` in the small configuration was replaced by `to`.
fn error(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    parse(&SMALL.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn the_example_is_whole_and_parses() {
    let text = include_str!("../../config.example.toml");
    let config = parse(text).unwrap();
    assert_eq!(config.connectors.len(), 1);
    assert_eq!(config.trust.authserv_ids, ["mx.example.org"]);
    for key in [
        "[bot]",
        "address",
        "name",
        "subaddressing",
        "time_zone",
        "language",
        "words",
        "[imap]",
        "host",
        "port",
        "security",
        "user",
        "password",
        "oauth2",
        "ca_file",
        "mailbox",
        "junk",
        "[smtp]",
        "[store]",
        "path",
        "keep_bodies",
        "[trust]",
        "authserv_ids",
        "require",
        "[pace]",
        "remind_after",
        "close_after",
        "hold_yes",
        "asks_per_target",
        "quiet_after",
        "[service]",
        "listen",
        "log",
        "operator",
        "alarm_after",
        "[[connector]]",
        "addresses",
        "contacts",
        "direct_requests",
    ] {
        let named = |line: &str| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{key} =")) || line == key
        };
        assert!(
            text.lines().any(named),
            "{key} is not in config.example.toml"
        );
    }
    // Every default that the example shows is the default.
    let small = parse(SMALL).unwrap();
    assert_eq!(small.pace, config.pace);
    assert_eq!(small.store.path, config.store.path);
    assert_eq!(small.store.keep_bodies_secs, config.store.keep_bodies_secs);
    assert_eq!(small.imap.server.port, config.imap.server.port);
    assert_eq!(small.smtp.server.port, config.smtp.server.port);
    assert_eq!(small.imap.server.security, config.imap.server.security);
    assert_eq!(small.imap.mailbox, config.imap.mailbox);
    assert_eq!(small.imap.junk, config.imap.junk);
    assert_eq!(small.bot.subaddressing, config.bot.subaddressing);
    assert_eq!(small.trust.require, config.trust.require);
    assert_eq!(small.service.log, config.service.log);
    assert_eq!(
        small.service.alarm_after_secs,
        config.service.alarm_after_secs
    );
    assert_eq!(
        small.connectors[0].direct_requests,
        config.connectors[0].direct_requests
    );
}

#[test]
fn languages_are_those_there_are_words_for() {
    let small = parse(SMALL).unwrap();
    assert_eq!(small.bot.language, "en");
    assert_eq!(small.connectors[0].language, None);
    let german = SMALL.replacen(
        "\nname = \"Bob Kim\"",
        "\nname = \"Bob Kim\"\nlanguage = \"de-AT\"",
        1,
    );
    let german = german.replacen("[imap]", "words = \"w\"\nlanguage = \"FR\"\n[imap]", 1);
    let config = parse(&german).unwrap();
    assert_eq!(config.connectors[0].language.as_deref(), Some("de"));
    assert_eq!(config.bot.language, "fr");
    assert_eq!(config.bot.words.as_deref(), Some(Path::new("/etc/ask/w")));
    for wrong in ["xx", "", "../de", "english"] {
        let said = error("[imap]", &format!("language = {wrong:?}\n[imap]"));
        let start = format!(
            "/etc/ask/a.toml:4: bot.language: there are no words in {wrong:?}. Write one of"
        );
        assert!(said.starts_with(&start), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("own/it")).unwrap();
    let italian = SMALL.replacen("[imap]", "words = \"own\"\nlanguage = \"it\"\n[imap]", 1);
    let config = Config::parse(&italian, &folder.path().join("a.toml")).unwrap();
    assert_eq!(config.bot.language, "it");
}

#[test]
fn defaults_are_those_of_the_contract() {
    let config = parse(SMALL).unwrap();
    assert_eq!(config.bot.subaddressing, Subaddressing::Auto);
    assert_eq!(config.bot.time_zone, TimeZone::UTC);
    assert_eq!(
        (config.imap.server.port, config.smtp.server.port),
        (993, 465)
    );
    assert_eq!(config.imap.mailbox, "INBOX");
    assert_eq!(config.imap.junk.as_deref(), Some("Junk"));
    assert_eq!(config.store.path, Path::new("/etc/ask/askfirst.db"));
    assert_eq!(config.store.keep_bodies_secs, 30 * 86_400);
    assert!(config.trust.authserv_ids.is_empty());
    assert_eq!(config.trust.require, Require::Possession);
    let pace = Pace {
        remind_after_secs: Some(5 * 86_400),
        close_after_secs: 14 * 86_400,
        hold_yes_secs: 0,
        asks_per_target: 2,
        quiet_after_secs: 90 * 86_400,
        requests_per_requester: 10,
        requests_per_connector: 50,
        asks_per_connector: None,
        never: Vec::new(),
    };
    assert_eq!(config.pace, pace);
    let bob = &config.connectors[0];
    assert_eq!((bob.name.as_str(), bob.addresses.len()), ("Bob Kim", 1));
    assert_eq!(
        (bob.direct_requests, &bob.contacts),
        (Direct::Contacts, &None)
    );
}

#[test]
fn limits_and_people_never_asked_are_read() {
    let more = "[pace]\nrequests_per_requester = 3\nasks_per_connector = 7\n\
                never = [\"Ceo@Big.example\", \"@press.example\"]\n[[connector]]";
    let pace = parse(&SMALL.replace("[[connector]]", more)).unwrap().pace;
    assert_eq!(
        (pace.requests_per_requester, pace.asks_per_connector),
        (3, Some(7))
    );
    let held = |text: &str| {
        let address = Address::parse(text).unwrap();
        pace.never.iter().any(|entry| entry.holds(&address))
    };
    assert!(held("ceo+x@big.example") && held("anybody@press.example"));
    assert!(!held("carol@big.example"));
    for wrong in [
        "never = [\"Carol\"]",
        "never = [\"@\"]",
        "asks_per_connector = 0",
    ] {
        let more = format!("[pace]\n{wrong}\n[[connector]]");
        let error = parse(&SMALL.replace("[[connector]]", &more)).unwrap_err();
        let key = wrong.split(' ').next().unwrap();
        assert!(
            error.to_string().contains(&format!("pace.{key}")),
            "{error}"
        );
    }
}

#[test]
fn relative_paths_belong_to_the_file() {
    let text = SMALL.replace("addresses", "contacts = \"c.vcf\"\naddresses");
    let config = parse(&text).unwrap();
    assert_eq!(
        config.connectors[0].contacts.as_deref(),
        Some(Path::new("/etc/ask/c.vcf"))
    );
    let here = Config::parse(&text, Path::new("askfirst.toml")).unwrap();
    assert_eq!(
        here.connectors[0].contacts.as_deref(),
        Some(Path::new("c.vcf"))
    );
}

#[test]
fn the_page_of_figures_is_for_this_machine_and_the_operator_a_person() {
    let with = |line: &str| {
        parse(&SMALL.replacen(
            "[[connector]]",
            &format!("[service]\n{line}\n[[connector]]"),
            1,
        ))
    };
    let service = with("listen = \"[::1]:9525\"\nlog = \"json\"\noperator = \"ops@bot.example\"")
        .unwrap()
        .service;
    assert_eq!(service.listen.unwrap().port(), 9_525);
    assert_eq!((service.log, service.alarm_after_secs), (Log::Json, 1_800));
    assert_eq!(service.operator.unwrap().as_str(), "ops@bot.example");
    assert_eq!(parse(SMALL).unwrap().service.listen, None);
    for (line, said) in [
        ("listen = \"0.0.0.0:9525\"", "service.listen"),
        ("listen = \"192.0.2.1:9525\"", "put a proxy before it"),
        ("listen = \"9525\"", "service.listen"),
        ("log = \"xml\"", "service.log"),
        ("operator = \"intro+x@bot.example\"", "is the bot itself"),
        ("alarm_after = \"soon\"", "service.alarm_after"),
        ("port = 1", "service.port"),
    ] {
        let error = with(line).unwrap_err().to_string();
        assert!(error.contains(said), "{line}: {error}");
    }
}
