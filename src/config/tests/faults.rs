//! What is said where a configuration is wrong: file, line, key, problem, remedy.

use super::{SMALL, error, parse};
use crate::config::*;

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
