//! The header fields of a mail, in order: all their names and values in one text.
//!
//! Never fails. A mail has some twenty fields and hardly one is looked at: single strings of them
//! would cost more than finding them.

use std::ops::Range;

/// Fields by name and value.
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    fields: Vec<Field>,
    /// A bit for the mark of each name: most that are asked for are not there.
    marks: u64,
}

/// Where the name and the value of a field are.
#[derive(Clone, Copy)]
struct Field {
    name: u32,
    name_end: u32,
    value: u32,
    end: u32,
    mark: u32,
}

/// A text of this many octets is no header.
const MAX_OCTETS: usize = u32::MAX as usize;

impl Headers {
    /// None yet, in a block that is at hand, with room for so many.
    pub fn of_block(block: &str, fields: usize) -> Headers {
        Headers {
            text: block.to_owned(),
            fields: Vec::with_capacity(fields),
            marks: 0,
        }
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        let behind = start + name.len();
        self.text.push_str(name);
        self.text.push_str(value);
        self.push_at(start..behind, behind..behind + value.len());
    }

    /// Adds a field of the block at the end.
    pub fn push_at(&mut self, name: Range<usize>, value: Range<usize>) {
        if name.end.max(value.end) > MAX_OCTETS {
            return;
        }
        let mark = mark(self.text.get(name.clone()).unwrap_or_default());
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.fields.push(Field {
            name: short(name.start),
            name_end: short(name.end),
            value: short(value.start),
            end: short(value.end),
            mark,
        });
        self.marks |= bit(mark);
    }

    /// Adds a line that goes on with the value of the last field; false where there is no field.
    pub fn push_more(&mut self, more: &str) -> bool {
        let Some(last) = self.fields.last_mut() else {
            return false;
        };
        let value = last.value as usize..last.end as usize;
        let end = self.text.len();
        if end + value.len() + 1 + more.len() > MAX_OCTETS {
            return true;
        }
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        if value.end != end {
            // It stands within the block: what follows is written behind all of it.
            let first = self.text.get(value).unwrap_or_default().to_owned();
            self.text.push_str(&first);
            last.value = short(end);
        }
        self.text.push(' ');
        self.text.push_str(more);
        last.end = short(self.text.len());
        true
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> + Clone {
        self.fields.iter().map(|field| self.at(*field))
    }

    /// The values of the fields with this name, whatever its case, in order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let mark = mark(name);
        let fields = match self.marks & bit(mark) {
            0 => &[],
            _ => &*self.fields,
        };
        fields.iter().filter_map(move |field| {
            if field.mark != mark {
                return None;
            }
            let (own, value) = self.at(*field);
            // Most write it as everybody does.
            (own == name || own.eq_ignore_ascii_case(name)).then_some(value)
        })
    }

    /// Whether a field with one of the names may be there; false: none is.
    pub fn may_have(&self, marks: &Marks) -> bool {
        self.fields.iter().any(|field| marks.has(field.mark))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn len(&self) -> usize {
        self.fields.len()
    }

    fn at(&self, field: Field) -> (&str, &str) {
        let piece = |from: u32, to: u32| self.text.get(from as usize..to as usize);
        let name = piece(field.name, field.name_end).unwrap_or_default();
        (name, piece(field.value, field.end).unwrap_or_default())
    }
}

/// The marks of names that are looked for together.
pub struct Marks([u64; 32]);

impl Marks {
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Marks {
        let mut marks = Marks([0; 32]);
        for name in names {
            let (word, bit) = Marks::place(mark(name));
            if let Some(word) = marks.0.get_mut(word) {
                *word |= bit;
            }
        }
        marks
    }

    fn has(&self, mark: u32) -> bool {
        let (word, bit) = Marks::place(mark);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn place(mark: u32) -> (usize, u64) {
        let hash = mark.wrapping_mul(0x9E37_79B1) >> 21;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

/// The length, the first and the last letter of a name, the same in any case.
#[inline]
fn mark(name: &str) -> u32 {
    let octets = name.as_bytes();
    let (Some(first), Some(last)) = (octets.first(), octets.last()) else {
        return 0;
    };
    let small = |octet: &u8| u32::from(*octet | 0x20);
    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    (length << 16) | (small(first) << 8) | small(last)
}

#[inline]
fn bit(mark: u32) -> u64 {
    1 << (mark.wrapping_mul(0x9E37_79B1) >> 26)
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Headers {
        let mut headers = Headers::default();
        for (name, value) in fields {
            headers.push(name.as_ref(), value.as_ref());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name_in_order() {
        let mut headers: Headers = [("To", "a"), ("Subject", ""), ("to", "b")]
            .into_iter()
            .collect();
        assert!(headers.push_more("c"));
        assert_eq!(headers.named("TO").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(headers.named("subject").next(), Some(""));
        assert_eq!(headers.named("subjects").next(), None);
        assert_eq!(headers.iter().next_back(), Some(("to", "b c")));
        assert!(!Headers::default().push_more("c"));
    }

    #[test]
    fn fields_of_a_block_are_those_that_are_written_one_by_one() {
        let block = "To: a\r\n b\r\nX: y\r\n z\r\n\tc\r\nEnd: x";
        let mut headers = Headers::of_block(block, 1);
        headers.push_at(0..2, 4..5);
        assert!(headers.push_more("b"));
        headers.push_at(11..12, 14..15);
        assert!(headers.push_more("z") && headers.push_more("c"));
        headers.push_at(25..28, 30..31);
        let all: Vec<(&str, &str)> = headers.iter().collect();
        assert_eq!(all, [("To", "a b"), ("X", "y z c"), ("End", "x")]);
        assert_eq!(headers.named("end").next(), Some("x"));
        assert!(headers.may_have(&Marks::of(["Y", "END"])));
        assert!(!headers.may_have(&Marks::of(["Ends"])) && !headers.may_have(&Marks::of([])));
    }
}
