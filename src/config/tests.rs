//! What a configuration may say, and what is said where it is wrong.

use super::password::Secret;
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
fn printing_shows_no_password_and_no_address() {
    let shown = format!("{:?}", parse(SMALL).unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("bob@con.example"),
        "{shown}"
    );
}

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

/// Each row: what is replaced, by what, and where and as what the error must be reported.
#[test]
fn each_fault_is_named_with_line_key_and_remedy() {
    let imap = "host = \"imap.bot.example\"";
    let rows = [
        (
            "address = \"intro@bot.example\"\n",
            "",
            ":1: bot.address: is missing",
        ),
        (
            "name = \"Introductions\"",
            "name = 3",
            ":3: bot.name: invalid type: integer `3`",
        ),
        (
            "name = \"Introductions\"",
            "name = \"\"",
            ":3: bot.name: is empty",
        ),
        (
            "name = \"Introductions\"",
            "name = \"a\"\ncolour = 1",
            ":4: bot.colour: unknown field",
        ),
        (
            "name = \"Introductions\"",
            "name = \"a\"\ntime_zone = \"Mars\"",
            ":4: bot.time_zone: \"Mars\"",
        ),
        (
            "name = \"Introductions\"",
            "name = \"a\"\nsubaddressing = \"x\"",
            ":4: bot.subaddressing: \"x\"",
        ),
        (
            "intro@bot.example",
            "intro@bot",
            ":2: bot.address: \"intro@bot\"",
        ),
        ("[imap]\n", "", ":4: bot.host: unknown field"),
        (imap, "host = \"imap://x.example\"", ":5: imap.host"),
        (imap, "host = \"x.example:993\"", ":5: imap.host"),
        (imap, "", ":4: imap.host: is missing"),
        (
            imap,
            &format!("{imap}\nport = 0"),
            ":6: imap.port: 0 is not a port",
        ),
        (imap, &format!("{imap}\nport = 65536"), ":6: imap.port"),
        (
            imap,
            &format!("{imap}\nport = \"993\""),
            ":6: imap.port: invalid type",
        ),
        (
            imap,
            &format!("{imap}\nport = 143"),
            ":6: imap.port: port 143 does not begin with TLS",
        ),
        (
            imap,
            &format!("{imap}\nsecurity = \"none\""),
            ":6: imap.security: \"none\" would send",
        ),
        (
            imap,
            &format!("{imap}\nsecurity = \"ssl\""),
            ":6: imap.security: \"ssl\" is not known",
        ),
        (imap, &format!("{imap}\njunk = \"INBOX\""), ":6: imap.junk"),
        (
            "\"smtp.bot.example\"",
            "\"s.example\"\njunk = \"x\"",
            ":10: smtp.junk: unknown field",
        ),
        (
            "password = \"hunter2\"",
            "",
            ":4: imap.password: is missing",
        ),
        ("\"hunter2\"", "7", ":7: imap.password: is neither"),
        (
            "\"hunter2\"",
            "{ env = \"A\", file = \"B\" }",
            ":7: imap.password: needs exactly one",
        ),
        (
            "\"hunter2\"",
            "{ vault = \"A\" }",
            ":7: imap.password.vault: unknown source",
        ),
        (
            "\"hunter2\"",
            "{ command = \"pass x\" }",
            ":7: imap.password.command: has the wrong form",
        ),
        (
            "\"hunter2\"",
            "{ command = [] }",
            ":7: imap.password.command: has the wrong form",
        ),
        (
            "\"hunter2\"",
            "\"a\"\noauth2 = { provider = \"google\", client_id = \"x\" }",
            ":8: imap.oauth2: stands beside",
        ),
        (
            "password = \"hunter2\"",
            "oauth2 = { provider = \"aol\", client_id = \"x\" }",
            ":7: imap.oauth2.provider: \"aol\"",
        ),
        (
            "password = \"hunter2\"",
            "oauth2 = { provider = \"google\" }",
            ":7: imap.oauth2.client_id: is missing",
        ),
        (
            "[[connector]]",
            "[pace]\nremind_after = \"5\"\n[[connector]]",
            ":13: pace.remind_after: \"5\" is not a duration",
        ),
        (
            "[[connector]]",
            "[pace]\nremind_after = \"3w\"\n[[connector]]",
            ":13: pace.remind_after: comes after",
        ),
        (
            "[[connector]]",
            "[pace]\nclose_after = \"never\"\n[[connector]]",
            ":13: pace.close_after: \"never\" is not",
        ),
        (
            "[[connector]]",
            "[pace]\nclose_after = \"0d\"\n[[connector]]",
            ":13: pace.close_after: is no time",
        ),
        (
            "[[connector]]",
            "[pace]\nasks_per_target = 0\n[[connector]]",
            ":13: pace.asks_per_target",
        ),
        (
            "[[connector]]",
            "[trust]\nrequire = \"hope\"\n[[connector]]",
            ":13: trust.require: \"hope\"",
        ),
        (
            "[[connector]]",
            "[trust]\nauthserv_ids = [\"a b\"]\n[[connector]]",
            ":13: trust.authserv_ids: \"a b\"",
        ),
        (
            "[[connector]]",
            "[store]\npath = \"\"\n[[connector]]",
            ":13: store.path: is empty",
        ),
        (
            "[\"bob@con.example\"]",
            "[]",
            ":14: connector.addresses: is empty",
        ),
        (
            "[\"bob@con.example\"]",
            "\"bob@con.example\"",
            ":14: connector.addresses: invalid type",
        ),
        (
            "bob@con.example",
            "INTRO@bot.example",
            ":14: connector.addresses: INTRO@bot.example is the bot's own",
        ),
        (
            "bob@con.example",
            "intro+bob@bot.example",
            ":14: connector.addresses",
        ),
        (
            "\"bob@con.example\"",
            "\"b@x.example\", \"B@X.example\"",
            ":14: connector.addresses: B@X.example is there twice",
        ),
        (
            "bob@con.example",
            "Bob <bob@con.example>",
            ":14: connector.addresses",
        ),
        (
            "addresses",
            "direct_requests = \"all\"\naddresses",
            ":14: connector.direct_requests: \"all\"",
        ),
        ("[bot]", "[bot", ":1: "),
    ];
    for (from, to, expected) in rows {
        let shown = error(from, to);
        let place = format!("/etc/ask/a.toml{expected}");
        assert!(shown.starts_with(&place), "{to:?}: {shown}");
        assert!(
            shown.ends_with(['.', ')', '"', ']', '…']) && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}

#[test]
fn a_missing_section_is_named() {
    for (section, key) in [
        ("[bot]", "bot"),
        ("[smtp]", "smtp"),
        ("[[connector]]", "connector"),
    ] {
        let (before, rest) = SMALL.split_once(section).unwrap();
        let after = rest
            .split_once("\n[")
            .map_or(String::new(), |(_, after)| format!("[{after}"));
        let text = format!("{before}{after}");
        let shown = parse(&text).unwrap_err().to_string();
        assert!(
            shown.starts_with(&format!("/etc/ask/a.toml: {key}: ")),
            "{shown}"
        );
    }
}

#[test]
fn an_address_of_another_connector_is_refused() {
    let text = format!("{SMALL}[[connector]]\nname = \"Eve\"\naddresses = [\"BOB@con.example\"]\n");
    let shown = parse(&text).unwrap_err().to_string();
    assert!(
        shown.starts_with("/etc/ask/a.toml:17: connector.addresses: "),
        "{shown}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/no/such/askfirst.toml")).unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.starts_with("/no/such/askfirst.toml: can't be read"),
        "{shown}"
    );
    assert!(shown.contains("config.example.toml"), "{shown}");
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
