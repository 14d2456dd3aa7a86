//! `askfirst explain`: how a mail would be read.
//!
//! A file that can't be read is said and counted, never a reason to stop: the exit status is 1.

use crate::reader::author::from::Sender;
use crate::reader::letter::{self, Letter};
use crate::reader::{self, Author, Bounce, Forwarded, Kind, Known, Proof, Reading, Verdict};
use serde::Serialize;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Columns of a terminal that always fit.
const COLUMNS: usize = 80;
/// Columns in front of what a label says.
const INDENT: usize = 12;
/// Lines of a text that are shown.
const MAX_LINES: usize = 40;

/// What any mail may take at most (docs/hostile-mail.md): a mail that takes more is to blame.
const MAX_MEMORY_OCTETS: u64 = 256 << 20;
const MAX_PROCESSOR_SECS: u64 = match cfg!(debug_assertions) {
    // Without optimisation everything takes ten times as long.
    true => 20,
    false => 2,
};

/// From here on this process can't take more; the system ends it.
pub fn bound() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        (Resource::As, MAX_MEMORY_OCTETS),
        (Resource::Cpu, MAX_PROCESSOR_SECS),
        (Resource::Core, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        // Without a limit the one who started it still waits for so long and no longer.
        let _ = setrlimit(resource, limit);
    }
}

pub fn run(files: &[PathBuf], json: bool, original: Option<&Path>) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let original = match original.map(visible_text).transpose() {
        Ok(text) => text,
        Err(error) => {
            eprintln!("askfirst: {error}");
            return ExitCode::from(2);
        }
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let known = Known {
        original: original.as_deref(),
        now_secs: i64::try_from(now.as_secs()).unwrap_or_default(),
        ..Known::default()
    };
    let mut failed = false;
    for (index, file) in files.iter().enumerate() {
        let said = match read_file(file) {
            Ok(raw) => {
                crate::failpoint::poison(&raw);
                let letter = reader::open(&raw);
                let reading = reader::read(&letter, &known);
                say(&mut out, file, &letter, &reading, json, index > 0)
            }
            Err(error) => {
                failed = true;
                if json {
                    let file = file.display().to_string();
                    line(&mut out, &Failed { file, error })
                } else {
                    writeln!(out, "{error}")
                }
            }
        };
        // A closed pipe (`| head`) is no failure of ours, but there is nobody left to tell.
        if said.and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// The bytes of a file, or of standard input for `-`; never more than a mail may have.
fn read_file(file: &Path) -> Result<Vec<u8>, String> {
    // One octet more than a mail may have, so that the reader sees that it is too large.
    let cap = letter::MAX_SIZE as u64 + 1;
    let mut raw = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(cap).read_to_end(&mut raw)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(cap).read_to_end(&mut raw))
    };
    match read {
        Ok(_) => Ok(raw),
        Err(error) => Err(format!("{} can't be read: {error}", file.display())),
    }
}

fn visible_text(file: &Path) -> Result<String, String> {
    let letter = reader::open(&read_file(file)?);
    // With the subject: mail programs quote it among the header lines.
    Ok(format!(
        "{}\n\n{}",
        letter.subject,
        reader::quote::visible(&letter)
    ))
}

#[derive(Serialize)]
struct Failed {
    file: String,
    error: String,
}

/// One line of `--json`; the names are those of CONTRACT.md.
#[derive(Serialize)]
struct Explained<'a> {
    file: String,
    kind: Kind,
    from: Option<&'a str>,
    author: Proof,
    author_why: &'a str,
    subject: &'a str,
    message_id: Option<&'a str>,
    in_reply_to: &'a [String],
    references: &'a [String],
    text: &'a str,
    verdict: Option<Verdict>,
    later_until: Option<&'a str>,
    why: &'a str,
    forwarded: Option<&'a Forwarded>,
    quoted: Option<&'a Forwarded>,
    bounce: Option<&'a Bounce>,
    attachments: &'a [String],
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn say(
    out: &mut impl Write,
    file: &Path,
    letter: &Letter,
    reading: &Reading,
    json: bool,
    gap: bool,
) -> io::Result<()> {
    let from = match &letter.from {
        Sender::One(person) => Some(person.address.as_str()),
        Sender::Unusable => None,
    };
    if json {
        let explained = Explained {
            file: file.display().to_string(),
            kind: reading.kind,
            from,
            author: reading.proof,
            author_why: &reading.proof_why,
            subject: &letter.subject,
            message_id: letter.message_id.as_deref(),
            in_reply_to: &letter.in_reply_to,
            references: &letter.references,
            text: &reading.text,
            verdict: reading.verdict,
            later_until: reading.later_until.as_deref(),
            why: &reading.why,
            forwarded: reading.forwarded.as_ref(),
            quoted: reading.quoted(),
            bounce: reading.bounce.as_ref(),
            attachments: &letter.attachments,
        };
        return line(out, &explained);
    }
    if gap {
        writeln!(out)?;
    }
    writeln!(out, "{}", file.display())?;
    row(out, "from", from.unwrap_or("nobody in particular"))?;
    row(out, "subject", &letter.subject)?;
    let proof = with_reason(&word(&reading.proof), &reading.proof_why);
    row(out, "author", &proof)?;
    say_reading(out, reading)
}

fn say_reading(out: &mut impl Write, reading: &Reading) -> io::Result<()> {
    row(out, "kind", &word(&reading.kind))?;
    if let Some(verdict) = reading.verdict {
        let mut answer = word(&verdict);
        if let Some(until) = &reading.later_until {
            answer.push_str(&format!(", {until}"));
        }
        row(out, "answer", &answer)?;
    }
    row(out, "why", &reading.why)?;
    row(out, "text", &reading.text)?;
    for (label, mail) in [
        ("forwarded", reading.forwarded.as_ref()),
        ("quoted", reading.quoted()),
    ] {
        if let Some(mail) = mail {
            row(out, label, &author(&mail.from))?;
            row(
                out,
                "  subject",
                mail.subject.as_deref().unwrap_or_default(),
            )?;
            row(out, "  date", mail.date.as_deref().unwrap_or_default())?;
            row(out, "  text", &mail.body)?;
        }
    }
    if let Some(bounce) = &reading.bounce {
        let recipient = bounce.recipient.as_deref().unwrap_or("somebody");
        let status = bounce.status.as_deref().unwrap_or("no status");
        let how = if bounce.permanent {
            "for good"
        } else {
            "for now"
        };
        row(out, "bounced", &format!("{recipient}, {how} ({status})"))?;
    }
    Ok(())
}

/// The name under which a value stands in `--json`.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn with_reason(what: &str, why: &str) -> String {
    if why.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {why}")
    }
}

fn author(author: &Author) -> String {
    match (&author.name, &author.address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(name), None) => format!("{name} (no address)"),
        (None, Some(address)) => address.to_string(),
        (None, None) => String::from("nobody named"),
    }
}

/// A label, and its text wrapped to the width of a terminal; nothing for an empty text.
fn row(out: &mut impl Write, label: &str, text: &str) -> io::Result<()> {
    let mut label = label;
    let lines = text.lines().flat_map(|l| wrap(l, COLUMNS - INDENT));
    for (index, line) in lines.enumerate() {
        if index == MAX_LINES {
            return writeln!(out, "{:INDENT$}…", "");
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", format!("{label:<INDENT$}{line}").trim_end())?;
        label = "";
    }
    Ok(())
}

/// Lines of at most `width` characters, broken at spaces where there are any.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(last) = lines.last_mut() {
            if used > 0 {
                last.push(' ');
                used += 1;
            }
            last.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_wrap_and_keep_their_indent() {
        let mut out = Vec::new();
        row(&mut out, "text", &"word ".repeat(20)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.lines().all(|l| l.chars().count() <= COLUMNS));
        assert!(text.lines().nth(1).unwrap().starts_with("            word"));
    }

    #[test]
    fn an_author_is_said_as_far_as_known() {
        assert_eq!(author(&Author::default()), "nobody named");
        let name = Some(String::from("Alice Ng"));
        assert_eq!(
            author(&Author {
                name,
                address: None
            }),
            "Alice Ng (no address)"
        );
    }
}
