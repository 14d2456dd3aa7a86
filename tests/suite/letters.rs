//! Every letter under `tests/letters`, read with both kinds of line ends, against the reading that
//! stands beside it as JSON. A field that the JSON does not name is not looked at.
//!
//! Then mails made to break a reader: they end as a letter with a `defect`, or are read.
#![allow(clippy::unwrap_used)]

use askfirst::reader::letter::Letter;
use askfirst::reader::quote::Body;
use askfirst::reader::{self, quote};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The letters in a folder and those below it.
fn letters(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            letters(&path, found);
        } else if path.extension().is_some_and(|e| e == "eml") {
            found.push(path);
        }
    }
}

fn reading(letter: &Letter, body: &Body) -> Value {
    json!({
        "text": body.text,
        "subject": letter.subject,
        "forwarded": body.forwarded,
        "quoted": body.passed.quoted(),
        "thread": body.passed.thread(),
        "doubt": body.doubt.is_some(),
        "defect": letter.defect,
        "attachments": letter.attachments,
        "from": letter.from.person().map(|p| p.address.to_string()),
    })
}

/// What is expected and not so, as `path: have | want`.
fn differences(path: &str, want: &Value, have: &Value, out: &mut Vec<String>) {
    match (want, have) {
        (Value::Object(want), Value::Object(have)) => {
            for (key, value) in want {
                let path = format!("{path}.{key}");
                differences(&path, value, have.get(key).unwrap_or(&Value::Null), out);
            }
        }
        (Value::Array(want), Value::Array(have)) if want.len() == have.len() => {
            for (index, (want, have)) in want.iter().zip(have).enumerate() {
                differences(&format!("{path}[{index}]"), want, have, out);
            }
        }
        _ if want != have => out.push(format!("{path}\n    have {have}\n    want {want}")),
        _ => {}
    }
}

fn check(path: &Path, failures: &mut Vec<String>) {
    let lf = std::fs::read(path).unwrap();
    let expected = std::fs::read_to_string(path.with_extension("json")).unwrap();
    let mut want: Value = serde_json::from_str(&expected).unwrap();
    let original = want
        .as_object_mut()
        .and_then(|o| o.remove("original"))
        .map(|name| path.with_file_name(name.as_str().unwrap()))
        .map(|file| std::fs::read_to_string(file).unwrap());
    let crlf: Vec<u8> = lf
        .iter()
        .flat_map(|b| {
            if *b == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*b]
            }
        })
        .collect();
    for (ends, raw) in [("LF", &lf), ("CRLF", &crlf)] {
        let letter = reader::open(raw);
        let body = quote::body(&letter, original.as_deref());
        let mut found = Vec::new();
        differences("", &want, &reading(&letter, &body), &mut found);
        if !found.is_empty() {
            failures.push(format!(
                "{} ({ends})\n  {}",
                path.display(),
                found.join("\n  ")
            ));
            return;
        }
    }
}

#[test]
fn every_letter_reads_as_the_file_beside_it_says() {
    let mut found = Vec::new();
    letters(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letters"),
        &mut found,
    );
    assert!(found.len() > 400, "only {} letters found", found.len());
    let forwards = found
        .iter()
        .filter(|p| p.components().any(|c| c.as_os_str() == "forward"));
    assert!(forwards.count() >= 120);
    let mut failures = Vec::new();
    for path in &found {
        check(path, &mut failures);
    }
    assert!(
        failures.is_empty(),
        "{} of {} letters:\n{}",
        failures.len(),
        found.len(),
        failures.join("\n")
    );
}

/// Runs the reader on a thread with the stack of a worker of the runtime.
fn read_on_a_small_stack(raw: Vec<u8>) -> (Letter, Body) {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            let letter = reader::open(&raw);
            let body = quote::body(&letter, None);
            (letter, body)
        })
        .unwrap()
        .join()
        .unwrap()
}

const HEAD: &str = "From: a@b.example\r\nTo: c@d.example\r\nSubject: Fwd: x\r\n";

#[test]
fn nested_mails_do_not_overflow_the_stack() {
    // 22,000 mails inside one another, 700 kB: the library's own tree dies when it is dropped.
    let mut raw = HEAD.to_owned();
    while raw.len() < 700_000 {
        raw.push_str("Content-Type: message/rfc822\r\n\r\n");
    }
    let (letter, _) = read_on_a_small_stack(raw.into_bytes());
    assert!(letter.attached.len() <= 1);
    // The same inside base64, where no scan of the raw bytes would see it.
    let inner = "Content-Type: message/rfc822\r\n\r\n".repeat(22_000);
    let coded = data_encoding::BASE64.encode(inner.as_bytes());
    let raw = format!(
        "{HEAD}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}"
    );
    let (letter, _) = read_on_a_small_stack(raw.into_bytes());
    assert_eq!(letter.defect, None);
}

#[test]
fn what_is_past_a_cap_is_a_letter_with_a_defect() {
    let deep: String = (0..200)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let wide = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nx\r\n".repeat(1001)
    );
    let long = format!("X-Long: {}\r\n\r\nhi", "x".repeat(300_000));
    for rest in [deep, wide, long] {
        let (letter, body) = read_on_a_small_stack(format!("{HEAD}{rest}").into_bytes());
        assert!(letter.defect.is_some());
        assert_eq!(body.text, "");
    }
    for none in ["", "\n\n\n", "hello there"] {
        assert!(reader::open(none.as_bytes()).defect.is_some(), "{none:?}");
    }
}

#[test]
fn bodies_made_to_break_a_reader_are_read() {
    let pieces = [
        ">",
        "> ",
        ">\n",
        "> x\ny\n",
        "On Mon, Nov 3, 2025 at 10:00 Bob <b@x.example> wrote:\n",
        "On ",
        "From: a\n",
        "From: a@b.example\nTo: b\n",
        "@",
        "a@",
        ":\n",
        "-- \n",
        "_\n",
        "<",
        "Sent from my iPhone\n",
        "Regards,\nBob\n",
        "From: To: Sent: Subject: ",
        "\u{1F44D}",
        "---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: 3 Nov 2025\n\nx\n",
        "\u{5199}\u{9053}",
        "<div>",
        "</div>",
        "<blockquote>",
        "<!--",
        "&",
        "<a b=\"",
        "<p><b>",
    ];
    for piece in pieces {
        for kind in ["plain", "html"] {
            let text = piece.repeat(30_000 / piece.len());
            let raw = format!("{HEAD}Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}");
            let (letter, body) = read_on_a_small_stack(raw.into_bytes());
            assert_eq!(letter.defect, None);
            assert!(body.passed.thread().len() <= 20);
        }
    }
}

#[test]
fn names_and_subjects_are_one_harmless_line() {
    let raw = "From: =?utf-8?Q?Ann=0D=0ABcc:_v=E2=80=AE?= <ann@req.example>\nTo: =?utf-8?Q?a=0Ab?= <c@d.example>\nSubject: =?utf-8?Q?x=0D=0Ay=E2=80=A8z?=\n\nhi";
    let letter = reader::open(raw.as_bytes());
    let mut strings = vec![letter.subject.clone()];
    strings.extend(letter.to.iter().map(|p| p.name.clone()));
    strings.extend(letter.from.person().map(|p| p.name.clone()));
    assert_eq!(strings, ["x y z", "a b", "Ann Bcc: v"]);
}

#[test]
fn an_author_is_one_plain_from_field() {
    let from = |fields: &str| {
        let letter = reader::open(format!("{fields}\nSubject: x\n\nhi").as_bytes());
        letter.from.person().map(|p| p.address.to_string())
    };
    assert_eq!(
        from("From: Ann <ann@req.example>").as_deref(),
        Some("ann@req.example")
    );
    for bad in [
        "To: x@y.example",
        "From: a@b.example\nFrom: c@d.example",
        "From: a@b.example, c@d.example",
        "From : a@b.example",
        "From: a@b.example\nFrom : c@d.example",
        "From: nobody",
    ] {
        assert_eq!(from(bad), None, "{bad}");
    }
}

#[test]
fn explain_goes_on_after_a_file_that_cannot_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letters/forward");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["explain", "--json", "no-such-file.eml"])
        .arg(folder.join("gmail-en.eml"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines.first().unwrap()["file"], "no-such-file.eml");
    assert!(lines.first().unwrap()["error"].is_string());
    let read = lines.last().unwrap();
    for key in [
        "file",
        "kind",
        "from",
        "author",
        "subject",
        "message_id",
        "in_reply_to",
        "references",
        "text",
        "verdict",
        "later_until",
        "why",
        "forwarded",
        "bounce",
    ] {
        assert!(read.get(key).is_some(), "{key}");
    }
    let want = json!({"name": "Ann Ng", "address": "ann@req.example"});
    assert_eq!(read["forwarded"]["from"], want);
}

#[test]
fn explain_takes_the_original_and_standard_input() {
    use std::io::Write;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letters/aligned");
    let ours = std::fs::read_to_string(folder.join("original.txt")).unwrap();
    let original = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        original.path(),
        format!("From: intro@bot.example\n\n{ours}"),
    )
    .unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["explain", "--json", "-", "--original"])
        .arg(original.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let reply = std::fs::read(folder.join("answer-below-outlook.eml")).unwrap();
    child.stdin.take().unwrap().write_all(&reply).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&read["file"], &read["text"]),
        (&json!("-"), &json!("Yes, gladly."))
    );
}
