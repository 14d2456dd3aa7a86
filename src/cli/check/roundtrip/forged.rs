//! Whether a server removes Authentication-Results that others wrote under a name we believe
//! (RFC 8601 section 5): a mail to the bot itself carries one, and is looked at when it is back.
//!
//! Whatever happens to that mail is a finding; a name that anybody can use proves nobody.

use super::Own;
use crate::cli::check::report::Report;
use crate::reader::author::block::{self, MICROSOFT};
use crate::reader::letter::Letter;

/// What became of the forged fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Gone,
    /// Still there, where nothing is believed.
    Left,
    /// They would prove an author.
    Believed,
}

/// A name that only this round trip knows.
fn author(nonce: &str) -> String {
    format!("forged-{nonce}.invalid")
}

/// One field under each of these names, as their owners write it.
pub fn fields(nonce: &str, ids: &[String]) -> String {
    let domain = author(nonce);
    let field = |id: &String| {
        let id = match id.as_str() {
            MICROSOFT => String::new(),
            id => format!("{id}; "),
        };
        format!("Authentication-Results: {id}dmarc=pass header.from={domain}\r\n")
    };
    ids.iter().map(field).collect()
}

/// What a letter that is back shows.
pub fn fate(letter: &Letter, nonce: &str, ids: &[String]) -> Fate {
    let domain = author(nonce);
    let believed = block::trusted(&letter.headers, ids);
    let mut results = believed.fields.iter().flat_map(|(_, results)| results);
    if results.any(|result| result.names_only("header", "from", &domain)) {
        return Fate::Believed;
    }
    let mut fields = letter.fields("Authentication-Results");
    match fields.any(|value| value.contains(&domain)) {
        true => Fate::Left,
        false => Fate::Gone,
    }
}

pub fn tell(forged: &Own, ids: &[String], report: &mut Report) {
    let names = ids.join(", ");
    let about = "forged results";
    match (&forged.sent, forged.back, forged.fate) {
        (Err(reply), _, _) => report.good(
            about,
            format!("a mail that carries results of {names} is refused: {reply}"),
        ),
        (Ok(_), None, _) => report.note(
            about,
            format!("a mail that carries results of {names} did not come back; whether they are removed is not known"),
        ),
        (Ok(_), Some(_), Fate::Gone) => {
            report.good(about, format!("under {names} were removed on the way"));
        }
        (Ok(_), Some(_), Fate::Left) => report.good(
            about,
            format!("under {names} came back below the server's own, and are not believed"),
        ),
        (Ok(_), Some(_), Fate::Believed) => {
            report.problem(
                about,
                format!("under {names} came back as they were sent, and would prove any author: whoever can write to the bot this way can say yes for somebody else"),
                Some("Leave authserv_ids empty, so that signatures are verified here; or have the server remove Authentication-Results that bear its own name from all mail that it takes (RFC 8601 section 5). This mail went in through your own submission server: ask the provider whether mail from outside is treated otherwise.".to_owned()),
            );
            report.offer(
                "trust",
                "authserv_ids = []",
                "forged results under these names came back, and would be believed",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_forged_field_is_told_apart() {
        let ids = ["mx.bot.example".to_owned(), MICROSOFT.to_owned()];
        let forged = fields("a1", &ids);
        let rest = "From: a@bot.example\r\nSubject: x\r\n\r\nx";
        let of = |head: &str| {
            fate(
                &crate::reader::open(format!("{head}{rest}").as_bytes()),
                "a1",
                &ids,
            )
        };
        assert_eq!(of(""), Fate::Gone);
        assert_eq!(of(&forged), Fate::Believed);
        let own = "Authentication-Results: mx.bot.example; dmarc=pass header.from=bot.example\r\n";
        assert_eq!(of(own), Fate::Gone);
        // Without a hop between them nobody can tell which of them the server wrote.
        assert_eq!(of(&format!("{own}{forged}")), Fate::Believed);
        let hop = "Received: from x by mx.bot.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n";
        assert_eq!(of(&format!("{own}{hop}{forged}")), Fate::Left);
        let foreign = "Received: from x by mx.other.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n";
        assert_eq!(of(&format!("{foreign}{forged}")), Fate::Left);
    }
}
