//! The head that Lotus Notes writes above an answered mail: the author, below it the date, then each
//! label on a line of its own with its value on the next.
//!
//! Fails by finding none: without an address, a date, a receiver and a subject there is no such head.

use crate::reader::fold::{SHORT, folded};
use crate::reader::letter::{MAX_SUBJECT, clean};
use crate::reader::plain::trim;
use crate::reader::quote::attribution::has_date;
use crate::reader::quote::byline::Above;
use crate::reader::quote::header::{Block, Head};
use crate::reader::quote::line::Line;
use crate::reader::quote::mailbox;
use crate::reader::words::{Field, words};

/// Lines of the longest head.
const MAX_LINES: usize = 30;
/// Characters of the line with the date.
const MAX_DATE: usize = 40;
/// Words of the line with the author.
const MAX_AUTHOR_WORDS: usize = 7;

pub fn block(lines: &[Line<'_>], start: usize) -> Option<Block> {
    let (first, second) = (lines.get(start)?, lines.get(start + 1)?);
    let date = trim(second.text);
    let dated = has_date(date) && date.len() <= MAX_DATE && date.starts_with(char::is_numeric);
    if !dated || first.text.split_whitespace().count() > MAX_AUTHOR_WORDS {
        return None;
    }
    let from = mailbox::author(trim(first.text));
    from.address.as_ref()?;
    let mut head = Head {
        from,
        date: Some(clean::line(date, MAX_SUBJECT)),
        ..Head::default()
    };
    let mut open = None;
    for at in start + 2..start + MAX_LINES {
        let line = lines.get(at).filter(|l| l.depth == first.depth)?;
        let text = trim(line.text);
        if text.is_empty() {
            continue;
        }
        let label = words().labels.get(&*folded(text, &mut [0; SHORT]));
        match (label, open) {
            (Some(field), _) => open = Some(*field),
            (None, Some(Field::To)) => head.to.extend(mailbox::authors(text)),
            (None, Some(Field::Subject)) => {
                head.subject = Some(clean::line(text, MAX_SUBJECT));
                return (!head.to.is_empty()).then_some(Block {
                    above: Above::Block(head),
                    end: at + 1,
                    labels: 4,
                    has_author: true,
                });
            }
            (None, Some(_)) => {}
            (None, None) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::line::lines;

    #[test]
    fn labels_stand_on_lines_of_their_own() {
        for text in [
            "\"Ann Ng\" <ann@req.example>\n03.11.2025 10:00\n\nAn\nbob@b.example\nKopie\n\nThema\nIntro\n\nHallo",
            "Ann Ng <ann@req.example> \n11/03/2025 10:00 AM\n\nTo\nBob Kim <bob@b.example>\ncc\n\nSubject\nIntro\nHello",
        ] {
            let found = block(&lines(text), 0).unwrap();
            assert_eq!(found.above.head().from.name.as_deref(), Some("Ann Ng"));
            assert_eq!(found.above.head().subject.as_deref(), Some("Intro"));
        }
        for text in [
            "Ann Ng <ann@req.example>\n03.11.2025 10:00\n\nSee you there\nTo\nbob@b.example\nSubject\nIntro",
            "Call ann@req.example\n03.11.2025 10:00 is fine\n\nBest\nCarol",
        ] {
            assert!(block(&lines(text), 0).is_none(), "{text}");
        }
    }
}
