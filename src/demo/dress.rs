//! Mails as people's programs write them: a new one, a reply and a forward, in the plain shapes of Gmail's
//! page, Outlook, Apple Mail and a phone.
//!
//! Can't fail: what is missing in the mail that is answered is left out.

use crate::reader::address::Person;
use crate::reader::letter::Letter;
use crate::writer::mime;
use std::fmt::Write;

/// The longest line that is sent as it is; RFC 5322 section 2.1.1 allows 998 octets.
const MAX_PLAIN_LINE: usize = 900;
/// A longer word in a subject can't be folded (RFC 5322 section 2.2.3) and is encoded.
const MAX_SUBJECT_WORD: usize = 70;

/// Whose shape the quoted and forwarded mails have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dress {
    #[default]
    Gmail,
    Outlook,
    AppleMail,
    Phone,
}

/// Who writes, as their mail program knows them.
pub struct Writer<'a> {
    pub name: &'a str,
    pub address: &'a str,
    /// Unlike any before: the left part of the Message-ID.
    pub serial: u64,
    /// Seconds since 1970.
    pub now_secs: i64,
    pub dress: Dress,
}

impl Writer<'_> {
    fn mailbox(&self) -> String {
        format!("{} <{}>", self.name, self.address)
    }

    fn head(&self, to: &str, cc: &str, subject: &str) -> String {
        let (_, domain) = self.address.split_once('@').unwrap_or(("", "demo.example"));
        let date = when(self.now_secs, "%a, %d %b %Y %H:%M:%S +0000");
        let mut head = format!("From: {}\r\nTo: {}\r\n", self.mailbox(), one_line(to));
        if !cc.is_empty() {
            let _ = write!(head, "Cc: {}\r\n", one_line(cc));
        }
        let _ = write!(
            head,
            "Subject: {}\r\nDate: {date}\r\nMessage-ID: <{}.{}@{domain}>\r\n",
            subject_field(subject),
            self.serial,
            self.now_secs
        );
        head
    }

    /// A new mail.
    pub fn mail(&self, to: &str, cc: &str, subject: &str, text: &str) -> Vec<u8> {
        finish(self.head(to, cc, subject), &self.signed(text))
    }

    /// An answer above the quoted mail, to its Reply-To or author.
    pub fn reply(&self, to: &Letter, text: &str) -> Vec<u8> {
        let author = to.from.person();
        let asked: Vec<String> = to
            .reply_to
            .iter()
            .map(|person| person.address.to_string())
            .filter(|address| address != self.address)
            .collect();
        let address = match asked.is_empty() {
            true => author.map(|person| person.address.to_string()),
            false => Some(asked.join(", ")),
        };
        let subject = match to.subject.to_lowercase().starts_with("re:") {
            true => to.subject.clone(),
            false => format!("Re: {}", to.subject),
        };
        let mut head = self.head(&address.unwrap_or_default(), "", &subject);
        if let Some(id) = &to.message_id {
            let mut references = to.references.clone();
            references.push(id.clone());
            let _ = write!(
                head,
                "In-Reply-To: {id}\r\nReferences: {}\r\n",
                references.join("\r\n ")
            );
        }
        let body = match self.dress {
            Dress::Outlook => self.outlook(to, text),
            Dress::Gmail | Dress::AppleMail | Dress::Phone => format!(
                "{}\n\n{}\n\n{}",
                self.signed(text),
                self.attribution(to),
                quoted(&visible(to))
            ),
        };
        finish(head, &body)
    }

    /// What a mail server answers for somebody who is away (RFC 3834).
    pub fn away(&self, to: &Letter, mark: &str, text: &str) -> Vec<u8> {
        let author = to.from.person().map(|person| person.address.to_string());
        let address = to.reply_to.first().map(|person| person.address.to_string());
        let address = address.or(author).unwrap_or_default();
        let mut head = self.head(&address, "", &format!("{mark}{}", to.subject));
        if let Some(id) = &to.message_id {
            let _ = write!(head, "In-Reply-To: {id}\r\nReferences: {id}\r\n");
        }
        head.push_str("Auto-Submitted: auto-replied\r\n");
        finish(head, text)
    }

    /// A forward with a note above.
    pub fn forward(&self, mail: &Letter, to: &str, note: &str) -> Vec<u8> {
        let mark = match self.dress {
            Dress::Outlook => "FW",
            Dress::Gmail | Dress::AppleMail | Dress::Phone => "Fwd",
        };
        let head = self.head(to, "", &format!("{mark}: {}", mail.subject));
        let from = mail.from.person().map_or_else(String::new, named);
        let date = self.date_of(mail, "%a, %b %-d, %Y at %-I:%M %p");
        let body = match self.dress {
            Dress::Gmail => format!(
                "{note}\n\n---------- Forwarded message ---------\nFrom: {from}\nDate: {date}\nSubject: {}\nTo: {}\n\n\n{}",
                mail.subject,
                addresses(&mail.to),
                visible(mail)
            ),
            Dress::Outlook => self.outlook(mail, note),
            Dress::AppleMail | Dress::Phone => format!(
                "{}\n\nBegin forwarded message:\n\n{}",
                self.signed(note),
                quoted(&format!(
                    "From: {from}\nSubject: {}\nDate: {}\nTo: {}\n\n{}",
                    mail.subject,
                    self.date_of(mail, "%-d %B %Y at %H:%M:%S GMT"),
                    addresses(&mail.to),
                    visible(mail)
                ))
            ),
        };
        finish(head, &body)
    }

    /// Outlook puts the same block of headers above what it answers and what it forwards.
    fn outlook(&self, mail: &Letter, text: &str) -> String {
        let rule = "_".repeat(32);
        let from = mail.from.person().map_or_else(String::new, named);
        let to: Vec<String> = mail.to.iter().map(named).collect();
        format!(
            "{text}\n\n{rule}\nFrom: {from}\nSent: {}\nTo: {}\nSubject: {}\n\n{}",
            self.date_of(mail, "%A, %B %-d, %Y %-I:%M %p"),
            to.join("; "),
            mail.subject,
            visible(mail)
        )
    }

    /// The line above the quoted mail.
    fn attribution(&self, mail: &Letter) -> String {
        let from = mail.from.person().map_or_else(String::new, named);
        match self.dress {
            Dress::AppleMail | Dress::Phone => {
                format!(
                    "On {}, {from} wrote:",
                    self.date_of(mail, "%-d %b %Y, at %H:%M")
                )
            }
            Dress::Gmail | Dress::Outlook => {
                let date = self.date_of(mail, "%a, %b %-d, %Y at %-I:%M %p");
                format!("On {date} {from} wrote:")
            }
        }
    }

    fn signed(&self, text: &str) -> String {
        match self.dress {
            Dress::Phone => format!("{text}\n\nSent from my iPhone"),
            Dress::Gmail | Dress::Outlook | Dress::AppleMail => text.to_owned(),
        }
    }

    fn date_of(&self, mail: &Letter, format: &str) -> String {
        when(mail.date_secs.unwrap_or(self.now_secs), format)
    }
}

fn named(person: &Person) -> String {
    format!("{} <{}>", person.name, person.address)
}

fn addresses(people: &[Person]) -> String {
    let people: Vec<String> = people.iter().map(|p| format!("<{}>", p.address)).collect();
    people.join(", ")
}

fn visible(mail: &Letter) -> String {
    crate::reader::quote::visible(mail)
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let _ = writeln!(out, "> {line}");
    }
    out
}

fn when(secs: i64, format: &str) -> String {
    jiff::Timestamp::from_second(secs)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default()
}

/// What a person typed can't end a header field.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    line.chars().filter(|sign| !sign.is_control()).collect()
}

fn subject_field(subject: &str) -> String {
    let subject = one_line(subject);
    match subject
        .split(' ')
        .all(|word| word.len() <= MAX_SUBJECT_WORD)
    {
        true => mime::unstructured("Subject", &subject),
        false => mime::encoded_words(&subject),
    }
}

fn finish(mut head: String, body: &str) -> Vec<u8> {
    head.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    let body = body.trim_end();
    if body.lines().any(|line| line.len() > MAX_PLAIN_LINE) {
        head.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        head.push_str(&mime::quoted_printable(body));
        head.push_str("\r\n");
        return head.into_bytes();
    }
    head.push_str("Content-Transfer-Encoding: 8bit\r\n\r\n");
    for line in body.lines() {
        // A bare CR inside a line would be refused (RFC 5321 section 2.3.8).
        head.extend(line.chars().filter(|sign| *sign != '\r'));
        head.push_str("\r\n");
    }
    head.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{self, Known, Reading};

    const DRESSES: [Dress; 4] = [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone];

    fn writer(dress: Dress) -> Writer<'static> {
        Writer {
            name: "Carol Danvers",
            address: "carol@danvers.example",
            serial: 1,
            now_secs: 1_795_000_000,
            dress,
        }
    }

    fn wish() -> Letter {
        let alice = Writer {
            name: "Alice Ng",
            address: "alice@ng.example",
            ..writer(Dress::Gmail)
        };
        reader::open(&alice.mail(
            "Carol Danvers <carol@danvers.example>",
            "",
            "Radios",
            "I’d love to ask you.\n\nAlice",
        ))
    }

    fn read(mail: &[u8]) -> Reading {
        reader::read(&reader::open(mail), &Known::default())
    }

    #[test]
    fn a_forward_in_every_dress_is_read_as_one() {
        for dress in DRESSES {
            let mail =
                writer(dress).forward(&wish(), "intro@askfirst.example", "Please ask Carol.");
            let reading = read(&mail);
            let inner = reading.forwarded.unwrap_or_else(|| panic!("{dress:?}"));
            let address = inner.from.address.map(|address| address.to_string());
            assert_eq!(address.as_deref(), Some("alice@ng.example"), "{dress:?}");
            assert_eq!(inner.subject.as_deref(), Some("Radios"), "{dress:?}");
            assert!(
                inner.body.starts_with("I’d love to ask you."),
                "{dress:?}: {}",
                inner.body
            );
            assert!(
                reading.text.starts_with("Please ask Carol."),
                "{dress:?}: {}",
                reading.text
            );
        }
    }

    #[test]
    fn of_a_reply_in_every_dress_only_the_new_text_is_read() {
        for dress in DRESSES {
            let reading = read(&writer(dress).reply(&wish(), "Yes, gladly."));
            assert_eq!(reading.verdict, Some(reader::Verdict::Yes), "{dress:?}");
            assert!(
                !reading.text.contains("love"),
                "{dress:?}: {}",
                reading.text
            );
        }
    }

    #[test]
    fn long_and_foreign_subjects_survive() {
        for subject in [
            "a".repeat(4_000),
            "word ".repeat(50),
            "Grüße 🐝 ".repeat(20),
        ] {
            let mail = writer(Dress::Gmail).mail("b@x.example", "", &subject, &"long ".repeat(400));
            assert!(
                mail.split(|byte| *byte == b'\n')
                    .all(|line| line.len() < 998)
            );
            let read = reader::open(&mail).subject;
            let expected: String = subject
                .trim()
                .chars()
                .take(read.chars().count() - 1)
                .collect();
            assert!(read.starts_with(&expected) && read.len() > 50, "{read}");
        }
    }
}
