//! `askfirst init`: what it writes, what it refuses, how it finds the servers of a domain.

use super::harness::dovecot::{ADDRESS, Dovecot, PASSWORD, USER};
use askfirst::config::Config;
use mail_auth::hickory_resolver::proto::op::{Message, ResponseCode};
use mail_auth::hickory_resolver::proto::rr::rdata::{MX, SRV};
use mail_auth::hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `init` in a folder, with these lines as the answers.
fn init(folder: &Path, arguments: &[&str], answers: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .arg("init")
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("TZ", "Europe/Berlin")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses at once closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const BOB: [&str; 4] = [
    "--connector-name",
    "Bob Kim",
    "--connector-address",
    "bob@kim.example",
];

#[test]
fn flags_alone_write_a_configuration_that_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        &[
            "--yes",
            "--address",
            "intro@posteo.de",
            "--password-stdin",
            "--name",
            "Kim's \"Introductions\"",
        ][..],
        &BOB,
        &[
            "--connector-address",
            "bob@home.example",
            "--time-zone",
            "Europe/Vienna",
        ],
    ]
    .concat();
    let done = init(folder.path(), &arguments, "pass word\n");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(files(folder.path()), ["askfirst.password", "askfirst.toml"]);
    let config = Config::load(&folder.path().join("askfirst.toml")).unwrap();
    assert_eq!(config.bot.address.as_str(), "intro@posteo.de");
    assert_eq!(config.bot.name, "Kim's \"Introductions\"");
    assert_eq!(config.bot.time_zone.iana_name(), Some("Europe/Vienna"));
    assert_eq!(
        (config.imap.server.host.as_str(), config.imap.server.port),
        ("posteo.de", 993)
    );
    assert_eq!(
        (config.smtp.server.host.as_str(), config.smtp.server.port),
        ("posteo.de", 465)
    );
    assert_eq!(config.connectors[0].addresses.len(), 2);
    let password = folder.path().join("askfirst.password");
    assert_eq!(std::fs::read_to_string(&password).unwrap(), "pass word\n");
    assert_eq!(mode(&password), 0o600);
    let text = std::fs::read_to_string(folder.path().join("askfirst.toml")).unwrap();
    assert!(!text.contains("pass word"), "the secret is outside");
    assert!(!said(&done).contains("pass word"));

    // What is there stays there.
    let again = init(folder.path(), &arguments, "other\n");
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert!(said(&again).contains("--force"));
    assert_eq!(std::fs::read_to_string(&password).unwrap(), "pass word\n");
    let forced = [&arguments[..], &["--force"]].concat();
    assert_eq!(
        init(folder.path(), &forced, "other\n").status.code(),
        Some(0)
    );
    assert_eq!(std::fs::read_to_string(&password).unwrap(), "other\n");
}

#[test]
fn each_place_of_the_secret_is_written_as_the_configuration_reads_it() {
    for (flags, shown) in [
        (
            &["--password-command", "pass show intro"][..],
            "the command pass",
        ),
        (
            &["--password-env", "MAIL_SECRET"],
            "the environment variable MAIL_SECRET",
        ),
        (&["--password-credential", "mail"], "the credential mail"),
        (&["--password-file", "/run/secret"], "the file /run/secret"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = [&["--yes", "--address", "intro@posteo.de"][..], flags, &BOB].concat();
        let done = init(folder.path(), &arguments, "");
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        assert_eq!(files(folder.path()), ["askfirst.toml"]);
        let config = Config::load(&folder.path().join("askfirst.toml")).unwrap();
        let askfirst::config::Login::Password { password, .. } = config.imap.server.login else {
            panic!("{shown}");
        };
        assert_eq!(password.source(), shown);
    }
    let folder = tempfile::tempdir().unwrap();
    let oauth2 = [
        "--yes",
        "--address",
        "intro@outlook.com",
        "--client-id",
        "abc-123",
    ];
    let done = init(folder.path(), &[&oauth2[..], &BOB].concat(), "");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(
        said(&done).contains("askfirst login microsoft"),
        "{}",
        said(&done)
    );
}

#[test]
fn what_is_known_of_a_provider_holds_at_other_ports_too() {
    let folder = tempfile::tempdir().unwrap();
    let ports = [
        "--yes",
        "--address",
        "intro@proton.me",
        "--password-env",
        "X",
        "--imap",
        "127.0.0.1:1144",
        "--imap-security",
        "starttls",
        "--smtp",
        "127.0.0.1:1026",
        "--smtp-security",
        "starttls",
    ];
    let done = init(folder.path(), &[&ports[..], &BOB].concat(), "");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let text = std::fs::read_to_string(folder.path().join("askfirst.toml")).unwrap();
    for line in [
        "port = 1144",
        "port = 1026",
        "ca_file = \"bridge.pem\"",
        "junk = \"Spam\"",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let apple = [
        "--yes",
        "--address",
        "intro@icloud.com",
        "--password-env",
        "X",
    ];
    let done = init(folder.path(), &[&apple[..], &BOB].concat(), "");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let text = std::fs::read_to_string(folder.path().join("askfirst.toml")).unwrap();
    let users: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("user"))
        .collect();
    assert_eq!(
        users,
        ["user = \"intro\"", "user = \"intro@icloud.com\""],
        "IMAP's, then SMTP's"
    );
}

#[test]
fn googles_client_secret_is_asked_for_and_kept_outside() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--address",
        "intro@bot.example",
        "--provider",
        "workspace",
        "--oauth2",
        "google",
        "--client-id",
        "abc-123",
        "--time-zone",
        "UTC",
    ];
    // Login name, client secret, the bot's name, contacts, and yes.
    let arguments = [&flags[..], &BOB].concat();
    let done = init(folder.path(), &arguments, "\nhush-hush\n\n\ny\n");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(
        files(folder.path()),
        ["askfirst.client-secret", "askfirst.toml"]
    );
    let secret = folder.path().join("askfirst.client-secret");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "hush-hush\n");
    assert_eq!(mode(&secret), 0o600);
    let text = std::fs::read_to_string(folder.path().join("askfirst.toml")).unwrap();
    assert!(!text.contains("hush-hush"), "the secret is outside");
    assert!(!said(&done).contains("hush-hush"));
    // Nobody is sent for a password that is not wanted.
    assert!(said(&done).contains("Register an application"));
    assert!(!said(&done).contains("app password"), "{}", said(&done));
    let config = Config::load(&folder.path().join("askfirst.toml")).unwrap();
    let askfirst::config::Login::OAuth2 { sign_in, .. } = config.imap.server.login else {
        panic!("no sign-in: {text}");
    };
    assert_eq!(
        sign_in.client_secret.unwrap().resolve().unwrap().expose(),
        "hush-hush"
    );

    // The secret of an earlier one stays, and so does a configuration without one.
    std::fs::remove_file(folder.path().join("askfirst.toml")).unwrap();
    let again = init(folder.path(), &arguments, "\n\n\ny\n");
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(said(&again).contains("is there already, and is kept"));
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "hush-hush\n");
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let good = [
        "--yes",
        "--no-lookup",
        "--password-env",
        "X",
        "--imap",
        "localhost",
        "--smtp",
        "localhost",
    ];
    let with = |more: &[&'static str]| [&good[..], more].concat();
    let own = [
        "--address",
        "intro@b.example",
        "--connector-name",
        "Bob",
        "--connector-address",
    ];
    for (arguments, words) in [
        (
            with(&[&own[..], &["intro@b.example"]].concat()),
            "bot's own address",
        ),
        (
            with(&[&own[..], &["Intro+x@B.example"]].concat()),
            "bot's own address",
        ),
        (
            with(&[&["--address", "nobody"][..], &BOB].concat()),
            "--address",
        ),
        (
            with(&["--address", "intro@b.example"]),
            "--connector-name and --connector-address are missing",
        ),
        (
            with(
                &[
                    &[
                        "--address",
                        "intro@b.example",
                        "--time-zone",
                        "Mars/Olympus",
                    ][..],
                    &BOB,
                ]
                .concat(),
            ),
            "--time-zone",
        ),
        (
            with(
                &[
                    &["--address", "intro@b.example", "--contacts", "no.vcf"][..],
                    &BOB,
                ]
                .concat(),
            ),
            "no.vcf",
        ),
        (
            with(
                &[
                    &["--address", "intro@b.example", "--direct-requests", "maybe"][..],
                    &BOB,
                ]
                .concat(),
            ),
            "maybe",
        ),
        (
            with(
                &[
                    &[
                        "--address",
                        "intro@b.example",
                        "--smtp-security",
                        "none",
                        "--imap-security",
                        "ssl",
                    ][..],
                    &BOB,
                ]
                .concat(),
            ),
            "--imap-security",
        ),
        (
            [
                &[
                    "--yes",
                    "--address",
                    "intro@b.example",
                    "--password-env",
                    "X",
                    "--imap",
                    "mail.b.example",
                    "--smtp",
                    "mail.b.example",
                    "--smtp-security",
                    "none",
                ][..],
                &BOB,
            ]
            .concat(),
            "unprotected",
        ),
        (
            [
                &[
                    "--yes",
                    "--address",
                    "intro@b.example",
                    "--provider",
                    "nonesuch",
                ][..],
                &BOB,
            ]
            .concat(),
            "possible values: gmail",
        ),
        (
            [
                &["--yes", "--address", "intro@b.example", "--no-lookup"][..],
                &BOB,
            ]
            .concat(),
            "no mail servers are known for b.example",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let done = init(folder.path(), &arguments, "");
        assert_eq!(done.status.code(), Some(2), "{words}: {}", said(&done));
        assert!(said(&done).contains(words), "{words}: {}", said(&done));
        assert_eq!(files(folder.path()), [""; 0], "{words}");
    }
}

#[test]
fn questions_are_asked_and_an_end_of_the_answers_leaves_nothing() {
    let answers = "nobody\nintro@fastmail.com\ny\n\n1\nsecret\n\nBob Kim\nintro@fastmail.com\nbob@kim.example\n\n\ny\n";
    let folder = tempfile::tempdir().unwrap();
    let done = init(folder.path(), &[], answers);
    let text = said(&done);
    assert_eq!(done.status.code(), Some(0), "{text}");
    for words in [
        "imap.fastmail.com port 993, TLS",
        "Make an app password",
        "docs/providers/fastmail.md",
        "is the bot's own address",
        "askfirst check --roundtrip",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let config = Config::load(&folder.path().join("askfirst.toml")).unwrap();
    assert_eq!(config.connectors[0].name, "Bob Kim");
    assert_eq!(config.imap.junk.as_deref(), Some("Spam"));
    // Cut off after each answer: never a file.
    let lines: Vec<&str> = answers.lines().collect();
    for count in 0..lines.len() {
        let folder = tempfile::tempdir().unwrap();
        let some: String = lines
            .iter()
            .take(count)
            .map(|line| format!("{line}\n"))
            .collect();
        let done = init(folder.path(), &[], &some);
        assert_eq!(done.status.code(), Some(2), "{count}: {}", said(&done));
        assert_eq!(files(folder.path()), [""; 0], "{count}");
    }
}

/// A name server on loopback that knows one domain's records; it ends with the test program.
fn name_server(records: Vec<(&'static str, RData)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 4096];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let asked = query.queries[0].clone();
            let mut answer = query.clone().into_response();
            let name = asked.name().to_lowercase().to_ascii();
            let of_kind = |data: &RData| match asked.query_type() {
                RecordType::MX => matches!(data, RData::MX(_)),
                RecordType::SRV => matches!(data, RData::SRV(_)),
                _ => false,
            };
            for (owner, data) in records
                .iter()
                .filter(|(owner, data)| *owner == name && of_kind(data))
            {
                let owner = Name::from_ascii(owner).unwrap();
                answer.add_answer(Record::from_rdata(owner, 60, data.clone()));
            }
            if answer.answers.is_empty() {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            let _ = socket.send_to(&answer.to_vec().unwrap(), peer);
        }
    });
    at
}

fn mx(preference: u16, host: &str) -> RData {
    RData::MX(MX::new(preference, Name::from_ascii(host).unwrap()))
}

fn srv(priority: u16, port: u16, host: &str) -> RData {
    RData::SRV(SRV::new(priority, 1, port, Name::from_ascii(host).unwrap()))
}

fn found(dns: SocketAddr, address: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let dns = dns.to_string();
    let arguments = [
        &[
            "--yes",
            "--address",
            address,
            "--dns",
            &dns,
            "--password-env",
            "X",
        ][..],
        &BOB,
    ]
    .concat();
    let mut done = init(folder.path(), &arguments, "");
    if let Ok(config) = Config::load(&folder.path().join("askfirst.toml")) {
        let (imap, smtp) = (config.imap.server, config.smtp.server);
        done.stdout = format!(
            "{}:{} {}:{} {:?}",
            imap.host, imap.port, smtp.host, smtp.port, smtp.security
        )
        .into_bytes();
    }
    done
}

#[test]
fn who_takes_a_domains_mail_tells_the_provider() {
    let dns = name_server(vec![
        ("kim.example.", mx(10, "alt1.aspmx.l.google.com.")),
        ("kim.example.", mx(1, "aspmx.l.google.com.")),
        (
            "corp.example.",
            mx(0, "corp-example.mail.protection.outlook.com."),
        ),
    ]);
    let google = found(dns, "intro@kim.example");
    assert_eq!(said(&google), "imap.gmail.com:993 smtp.gmail.com:465 Tls");
    let folder = tempfile::tempdir().unwrap();
    let dns = dns.to_string();
    let arguments = [
        &[
            "--yes",
            "--address",
            "intro@corp.example",
            "--dns",
            &dns,
            "--client-id",
            "abc",
        ][..],
        &BOB,
    ]
    .concat();
    let done = init(folder.path(), &arguments, "");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let text = std::fs::read_to_string(folder.path().join("askfirst.toml")).unwrap();
    assert!(
        text.contains("outlook.office365.com") && text.contains("provider = \"microsoft\""),
        "{text}"
    );
}

#[test]
fn what_a_domain_announces_is_used_but_not_another_domains_servers_unseen() {
    let dns = name_server(vec![
        (
            "_imaps._tcp.own.example.",
            srv(10, 993, "backup.own.example."),
        ),
        (
            "_imaps._tcp.own.example.",
            srv(0, 1993, "imap.own.example."),
        ),
        (
            "_submission._tcp.own.example.",
            srv(0, 587, "smtp.own.example."),
        ),
        ("_imaps._tcp.other.example.", srv(0, 993, "imap.host.test.")),
        (
            "_submissions._tcp.other.example.",
            srv(0, 465, "smtp.host.test."),
        ),
    ]);
    let own = found(dns, "intro@own.example");
    assert_eq!(
        said(&own),
        "imap.own.example:1993 smtp.own.example:587 StartTls"
    );
    let other = found(dns, "intro@other.example");
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("imap.host.test"), "{}", said(&other));
}

#[tokio::test]
async fn what_was_written_passes_the_check() {
    let dovecot = Dovecot::start().await;
    let folder = tempfile::tempdir().unwrap();
    let imap = format!("localhost:{}", dovecot.ports.imaps);
    let smtp = format!("localhost:{}", dovecot.ports.submission);
    let ca = dovecot.certs.ca_file().display().to_string();
    let arguments = [
        &[
            "--yes",
            "--address",
            ADDRESS,
            "--user",
            USER,
            "--imap",
            &imap,
            "--smtp",
            &smtp,
        ][..],
        &[
            "--smtp-security",
            "starttls",
            "--ca-file",
            &ca,
            "--password-stdin",
        ],
        &BOB,
    ]
    .concat();
    let done = init(folder.path(), &arguments, &format!("{PASSWORD}\n"));
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let checked = Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .arg("check")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    assert!(
        said(&checked).contains("Everything is ready"),
        "{}",
        said(&checked)
    );
}
