//! The From field and the grammar of results, form by form; whole mails are in `tests/suite/authors.rs`.

use super::results::{self, Outcome};
use super::*;
use crate::reader::author::from::Sender;
use proptest::prelude::*;

fn from(value: &str) -> Sender {
    sender(&[("From", value)].into_iter().collect())
}

#[test]
fn one_plain_mailbox_is_read() {
    let rows = [
        ("carol@y.example", "", "carol@y.example"),
        ("<carol@y.example>", "", "carol@y.example"),
        ("Carol <carol@y.example>", "Carol", "carol@y.example"),
        (
            "Carol Danvers <Carol@Y.example>",
            "Carol Danvers",
            "Carol@Y.example",
        ),
        (
            "\"Danvers, Carol\" <carol@y.example>",
            "Danvers, Carol",
            "carol@y.example",
        ),
        (
            "\"Carol \\\"CJ\\\" Danvers\" <carol@y.example>",
            "Carol \"CJ\" Danvers",
            "carol@y.example",
        ),
        (
            "Carol Danvers (work) <carol@y.example>",
            "Carol Danvers",
            "carol@y.example",
        ),
        (
            "Carol Danvers <carol@y.example> (work)",
            "Carol Danvers",
            "carol@y.example",
        ),
        (
            "carol@y.example (Carol Danvers)",
            "Carol Danvers",
            "carol@y.example",
        ),
        (
            "carol@y.example <carol@y.example>",
            "carol@y.example",
            "carol@y.example",
        ),
        (
            "\"carol@y.example\" <carol@y.example>",
            "carol@y.example",
            "carol@y.example",
        ),
        (
            "=?utf-8?q?J=C3=B6rg?= =?utf-8?q?_M=C3=BCller?= <j@y.example>",
            "Jörg Müller",
            "j@y.example",
        ),
        (
            "=?UTF-8?B?SsO2cmc=?= Kim <j@y.example>",
            "Jörg Kim",
            "j@y.example",
        ),
        (
            "\"=?utf-8?q?J=C3=B6rg?=\" <j@y.example>",
            "Jörg",
            "j@y.example",
        ),
        ("Jörg Müller <j@y.example>", "Jörg Müller", "j@y.example"),
        (
            "J. R. Hartley <j@y.example>",
            "J. R. Hartley",
            "j@y.example",
        ),
        (
            "O'Brien-Smith <j@y.example>",
            "O'Brien-Smith",
            "j@y.example",
        ),
        ("Carol\t<carol@y.example>  ", "Carol", "carol@y.example"),
        (
            "\"carol@target.example\" <evil@z.example>",
            "carol@target.example",
            "evil@z.example",
        ),
        (
            "=?utf-8?Q?Danvers,_Carol?= <carol@y.example>",
            "Danvers, Carol",
            "carol@y.example",
        ),
        ("Carol<carol@y.example>", "Carol", "carol@y.example"),
        ("\"Carol\"<carol@y.example>", "Carol", "carol@y.example"),
    ];
    for (value, name, address) in rows {
        let sender = from(value);
        let person = sender.person().unwrap_or_else(|| panic!("{value}"));
        assert_eq!(
            (person.name.as_str(), person.address.as_str()),
            (name, address),
            "{value}"
        );
    }
}

#[test]
fn whatever_readers_disagree_on_is_unusable() {
    for value in [
        "",
        " ",
        "Carol",
        "carol",
        "<>",
        "carol@y.example, dave@y.example",
        "Carol <carol@y.example>, Dave <dave@y.example>",
        "Carol <carol@y.example>; Dave <dave@y.example>",
        "team: carol@y.example;",
        "team: carol@y.example, dave@y.example;",
        "undisclosed-recipients:;",
        "<evil@z.example>:<carol@y.example>",
        "<evil@z.example><carol@y.example>",
        "<evil@z.example> <carol@y.example>",
        "<carol@y.example> evil@z.example",
        "carol@y.example <evil@z.example>",
        "carol@y.example evil@z.example",
        "carol@y.example(c) <evil@z.example>",
        "good@a.example (c) <evil@b.example>",
        "(carol@y.example) <evil@z.example>",
        "Carol (<carol@y.example>) <evil@z.example>",
        "<@relay.example:carol@y.example>",
        "<@a.example,@b.example:carol@y.example>",
        "\"carol\"@y.example",
        "<\"carol\"@y.example>",
        "carol@\"y.example\"",
        "\"Carol <carol@y.example>",
        "Carol\" <carol@y.example>",
        "Carol <carol@y.example",
        "Carol carol@y.example>",
        "Carol <carol@y.example>>",
        "Carol <<carol@y.example>>",
        "carol@y.example@z.example",
        "carol@y.example%z.example",
        "carol@[1.2.3.4]",
        "carol@localhost",
        "carol\u{0}@y.example",
        "carol@y.example\u{0}",
        "Carol <carol@y.example>\r\nBcc: x@z.example",
        "Carol\n <carol@y.example>",
        "=?utf-8?q?carol=40y.example?= <evil@z.example>, x@z.example",
        "=?utf-8?q?carol?=@y.example",
        "=?utf-8?q?carol@y.example?= <evil@z.example>",
        "=?utf-8?q?a,b <evil@z.example>",
        "=?utf-8?q?a?=,=?utf-8?q?b?= <evil@z.example>",
        "=?utf-8?q?a?=, =?utf-8?q?b?= <evil@z.example>",
        "<=?utf-8?q?carol?=@y.example>",
        "Carol \\<carol@y.example> <evil@z.example>",
        "< carol@y.example >",
        "<carol @y.example>",
        "<carol@y. example>",
        "carol (x(y)) <carol@y.example>",
        "(Carol) carol@y.example",
        "Carol <carol@y.example> Danvers",
        "Carol <carol@y.example> \"x\"",
        "carol@y.example \"Carol\"",
        "\u{feff}carol@y.example",
        "carol@y.example\u{202e}",
        "[Carol] <carol@y.example>",
    ] {
        assert!(from(value) == Sender::Unusable, "{value:?}");
    }
}

#[test]
fn there_must_be_one_from_field() {
    let fields = |names: &[&str]| -> Headers {
        let field = |name: &&str| ((*name).to_owned(), "carol@y.example");
        names.iter().map(field).collect()
    };
    for good in [
        &["From"][..],
        &["from"],
        &["FROM"],
        &["To", "From", "Sender", "Reply-To"],
    ] {
        assert!(sender(&fields(good)).person().is_some(), "{good:?}");
    }
    for bad in [
        &[][..],
        &["To"],
        &["From", "From"],
        &["From", "from"],
        &["From", "From "],
        &["From\t", "From"],
        &["From "],
        &["From\u{200b}", "From"],
        &["\u{feff}From", "From"],
        &["X-From"],
    ] {
        assert!(sender(&fields(bad)) == Sender::Unusable, "{bad:?}");
    }
}

#[test]
fn a_name_is_one_clean_line() {
    let name = |value: &str| from(value).person().unwrap().name.clone();
    assert_eq!(
        name("=?utf-8?Q?Ann=0D=0ABcc=3A_v?= <a@y.example>"),
        "Ann Bcc: v"
    );
    assert_eq!(
        name("=?utf-8?Q?=E2=80=AEsey=E2=80=AC_Ann?= <a@y.example>"),
        "sey Ann"
    );
    assert_eq!(name("\"A\u{2066}n\u{200b}n\" <a@y.example>"), "Ann");
    let long = format!("\"{}\" <a@y.example>", "x".repeat(1_000));
    assert_eq!(name(&long).chars().count(), 200);
}

#[test]
fn the_grammar_of_results_is_read() {
    let field = results::parse(
        "mx.example.org 1; (c) spf = pass (x (y) \\) dmarc=fail) smtp.mailfrom=a@b.example;\r\n\t\
         dkim/1=pass reason=\"a; dmarc=fail \\\" b\" header . d = B.example header.i=@B.example \
         header.b=ab/cd+==; dmarc=pass(p=none) header.from=B.example",
    );
    assert_eq!(field.id.as_deref(), Some("mx.example.org"));
    let results = field.results.unwrap();
    let short: Vec<(&str, Outcome)> = results
        .iter()
        .map(|r| (r.method.as_str(), r.outcome))
        .collect();
    let pass = Outcome::Pass;
    assert_eq!(short, [("spf", pass), ("dkim", pass), ("dmarc", pass)]);
    assert_eq!(results[1].dkim_domain().as_deref(), Some("b.example"));
    assert!(results[2].names_only("header", "from", "b.example"));
}

#[test]
fn ids_are_exact_words() {
    let id = |value: &str| results::parse(value).id;
    assert_eq!(
        id("MX.Example.Org; none").as_deref(),
        Some("mx.example.org")
    );
    assert_eq!(
        id("\"mx.example.org\"; none").as_deref(),
        Some("mx.example.org")
    );
    assert_eq!(
        id("(c) mx.example.org (c); none").as_deref(),
        Some("mx.example.org")
    );
    assert_eq!(id("mx.example.org").as_deref(), Some("mx.example.org"));
    assert_eq!(
        id("mx.example.org.evil; none").as_deref(),
        Some("mx.example.org.evil")
    );
    assert_eq!(id("spf=pass smtp.mailfrom=a@b.example; dmarc=pass"), None);
    assert_eq!(id("").as_deref(), Some(""));
}

#[test]
fn faults_make_a_field_worth_nothing() {
    for value in [
        "mx.example.org; dmarc=pass (unclosed header.from=y.example",
        "mx.example.org; dmarc=pass header.from=\"y.example",
        "mx.example.org; dmarc",
        "mx.example.org; dmarc pass",
        "mx.example.org; not dmarc=pass",
        "mx.example.org 2; dmarc=pass header.from=y.example",
        "mx.example.org x; dmarc=pass header.from=y.example",
        "mx.example.org; dmarc/2=pass header.from=y.example",
        "mx.example.org; dmarc=pass) header.from=y.example",
        "mx.example.org; =pass",
    ] {
        assert_eq!(results::parse(value).results, None, "{value}");
        assert!(results::parse(value).id.is_some(), "{value}");
    }
    let none = results::parse("mx.example.org; none");
    assert_eq!(none.results, Some(Vec::new()));
}

#[test]
fn alignment_is_by_organisation() {
    for (a, b) in [
        ("target.example", "target.example"),
        ("mail.target.example", "target.example"),
        ("target.example", "mail.target.example"),
        ("a.b.target.co.uk", "target.co.uk"),
        ("Target.Example.", "target.example"),
        ("github.io", "github.io"),
    ] {
        assert!(aligned(a, b), "{a} {b}");
    }
    for (a, b) in [
        ("example", "target.example"),
        ("co.uk", "target.co.uk"),
        ("other.co.uk", "target.co.uk"),
        ("a.github.io", "b.github.io"),
        ("eviltarget.example", "target.example"),
        ("target.example.evil.test", "target.example"),
        ("", ""),
        ("", "target.example"),
        (".", "."),
        ("t\u{430}rget.example", "target.example"),
        ("ｔarget.example", "target.example"),
        ("xn--trget-4ve.example", "target.example"),
    ] {
        assert!(!aligned(a, b), "{a} {b}");
    }
}

/// Pieces that results are made of, so that random fields come near to real ones.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "mx.example.org",
        ";",
        " ",
        "=",
        "(",
        ")",
        "\"",
        "\\",
        "dmarc",
        "dkim",
        "spf",
        "pass",
        "fail",
        "none",
        "header",
        ".",
        "from",
        "d",
        "i",
        "@",
        "target.example",
        "evil.test",
        "/",
        "1",
        "\t",
        "é",
        "reason",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_makes_the_readers_panic(value in "\\PC{0,200}", header in soup()) {
        let _ = from(&value);
        let _ = from(&header);
        let _ = results::parse(&value);
        let _ = results::parse(&header);
        let headers = [("Received", value), ("Authentication-Results", header)].into_iter().collect();
        let _ = block::trusted(&headers, &["mx.example.org".to_owned(), "microsoft".to_owned()]);
    }

    /// No field below a `dmarc=fail` of a trusted server, and no words inside its comments, turn it.
    #[test]
    fn what_stands_below_turns_no_failure(forged in soup(), comment in "[a-z=;. ]{0,40}") {
        let trusted = format!("mx.example.org; dmarc=fail ({comment}) header.from=target.example");
        let field = |name: &'static str, value: &str| (name, value.to_owned());
        let headers: Headers = [
            field("Authentication-Results", &trusted),
            field("Authentication-Results", &forged),
            field("Authentication-Results", "mx.example.org; dmarc=pass header.from=target.example"),
            field("From", "carol@target.example"),
        ].into_iter().collect();
        let letter = Letter { from: sender(&headers), headers, ..Letter::default() };
        let (proof, _) = judge(&letter, &["mx.example.org".to_owned()], None);
        prop_assert_eq!(proof, Proof::Fails);
    }

    /// A field of another id proves nothing, whatever it says.
    #[test]
    fn strangers_prove_nothing(id in "[a-z.]{1,20}", rest in soup()) {
        prop_assume!(id != "mx.example.org");
        let value = format!("{id}; dmarc=pass header.from=target.example; {rest}");
        let headers: Headers = [
            ("Authentication-Results", value.as_str()),
            ("From", "carol@target.example"),
        ].into_iter().collect();
        let letter = Letter { from: sender(&headers), headers, ..Letter::default() };
        let (proof, _) = judge(&letter, &["mx.example.org".to_owned()], None);
        prop_assert_eq!(proof, Proof::Unproven);
    }
}

#[test]
fn long_fields_take_linear_time() {
    let start = std::time::Instant::now();
    for piece in [
        "(",
        "\"",
        ";",
        "a=b ",
        "\\",
        "dkim=pass ",
        "(a)",
        "=",
        "@",
        "<",
        "x@y ",
    ] {
        let long = piece.repeat(1_000_000 / piece.len());
        let _ = results::parse(&format!("mx.example.org; {long}"));
        let _ = from(&long);
        let _ = block::trusted(
            &[("Received", long)].into_iter().collect(),
            &["mx.example.org".to_owned()],
        );
    }
    assert!(
        start.elapsed() < std::time::Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}
