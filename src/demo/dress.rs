//! Mails as people's programs write them: a new one, a reply and a forward in Gmail's plain shape.
//!
//! Can't fail: what is missing in the mail that is answered is left out.

use crate::reader::letter::Letter;
use std::fmt::Write;

/// Who writes, as their mail program knows them.
pub struct Writer<'a> {
    pub name: &'a str,
    pub address: &'a str,
    /// Unlike any before: the left part of the Message-ID.
    pub serial: u64,
    /// Seconds since 1970.
    pub now_secs: i64,
}

impl Writer<'_> {
    fn mailbox(&self) -> String {
        format!("{} <{}>", self.name, self.address)
    }

    fn head(&self, to: &str, cc: &str, subject: &str) -> String {
        let (_, domain) = self.address.split_once('@').unwrap_or(("", "demo.example"));
        let date = when(self.now_secs, "%a, %d %b %Y %H:%M:%S +0000");
        let mut head = format!("From: {}\r\nTo: {to}\r\n", self.mailbox());
        if !cc.is_empty() {
            let _ = write!(head, "Cc: {cc}\r\n");
        }
        let _ = write!(
            head,
            "Subject: {subject}\r\nDate: {date}\r\nMessage-ID: <{}.{}@{domain}>\r\n",
            self.serial, self.now_secs
        );
        head
    }

    /// A new mail.
    pub fn mail(&self, to: &str, cc: &str, subject: &str, text: &str) -> Vec<u8> {
        finish(self.head(to, cc, subject), text)
    }

    /// An answer above the quoted mail, to its Reply-To or author.
    pub fn reply(&self, to: &Letter, text: &str) -> Vec<u8> {
        let author = to.from.person();
        let address = to
            .reply_to
            .first()
            .or(author)
            .map(|person| person.address.to_string())
            .unwrap_or_default();
        let subject = match to.subject.to_lowercase().starts_with("re:") {
            true => to.subject.clone(),
            false => format!("Re: {}", to.subject),
        };
        let mut head = self.head(&address, "", &subject);
        if let Some(id) = &to.message_id {
            let mut references = to.references.clone();
            references.push(id.clone());
            let _ = write!(
                head,
                "In-Reply-To: {id}\r\nReferences: {}\r\n",
                references.join(" ")
            );
        }
        let from = author.map_or_else(String::new, |p| format!("{} <{}>", p.name, p.address));
        let date = to.date_secs.unwrap_or(self.now_secs);
        let mut body = format!(
            "{text}\n\nOn {} {from} wrote:\n\n",
            when(date, "%a, %b %-d, %Y at %-I:%M %p")
        );
        for line in to.plain.as_deref().unwrap_or_default().lines() {
            let _ = writeln!(body, "> {line}");
        }
        finish(head, &body)
    }

    /// A forward with a note above, in the shape of Gmail's web page.
    pub fn forward(&self, mail: &Letter, to: &str, note: &str) -> Vec<u8> {
        let head = self.head(to, "", &format!("Fwd: {}", mail.subject));
        let people = |people: &[crate::reader::address::Person]| {
            let people: Vec<String> = people.iter().map(|p| format!("<{}>", p.address)).collect();
            people.join(", ")
        };
        let from = mail
            .from
            .person()
            .map_or_else(String::new, |p| format!("{} <{}>", p.name, p.address));
        let date = when(
            mail.date_secs.unwrap_or(self.now_secs),
            "%a, %b %-d, %Y at %-I:%M %p",
        );
        let body = format!(
            "{note}\n\n---------- Forwarded message ---------\nFrom: {from}\nDate: {date}\nSubject: {}\nTo: {}\n\n\n{}",
            mail.subject,
            people(&mail.to),
            mail.plain.as_deref().unwrap_or_default()
        );
        finish(head, &body)
    }
}

fn when(secs: i64, format: &str) -> String {
    jiff::Timestamp::from_second(secs)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default()
}

fn finish(mut head: String, body: &str) -> Vec<u8> {
    head.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    for line in body.trim_end().lines() {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.into_bytes()
}
