//! The header fields of a mail, in order: all their names and values in one text.
//!
//! Never fails. A mail has some twenty fields and hardly one is looked at: single strings of them
//! would cost more than finding them.

/// Fields by name and value.
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    fields: Vec<Field>,
    /// A bit for each length of a name: most that are asked for are not there.
    lengths: u64,
}

/// Where a field is: its name, and behind it its value.
#[derive(Clone, Copy)]
struct Field {
    name: u32,
    value: u32,
    end: u32,
}

/// A text of this many octets is no header.
const MAX_OCTETS: usize = u32::MAX as usize;

impl Headers {
    /// None yet, with room for a block of so many octets.
    pub fn with_room(octets: usize, fields: usize) -> Headers {
        Headers {
            text: String::with_capacity(octets),
            fields: Vec::with_capacity(fields),
            lengths: 0,
        }
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        if start + name.len() + value.len() > MAX_OCTETS {
            return;
        }
        self.text.push_str(name);
        self.text.push_str(value);
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.fields.push(Field {
            name: short(start),
            value: short(start + name.len()),
            end: short(self.text.len()),
        });
        self.lengths |= length_bit(name);
    }

    /// Adds a line that goes on with the value of the last field; false where there is no field.
    pub fn push_more(&mut self, more: &str) -> bool {
        let start = self.text.len();
        let Some(last) = self.fields.last_mut() else {
            return false;
        };
        if start + 1 + more.len() <= MAX_OCTETS {
            self.text.push(' ');
            self.text.push_str(more);
            last.end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        }
        true
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> + Clone {
        self.fields.iter().map(|field| self.at(*field))
    }

    /// The values of the fields with this name, whatever its case, in order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let may_be = self.lengths & length_bit(name) != 0;
        let fields = self.fields.iter().filter(move |_| may_be);
        fields.filter_map(move |field| {
            if (field.value - field.name) as usize != name.len() {
                return None;
            }
            let (own, value) = self.at(*field);
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn len(&self) -> usize {
        self.fields.len()
    }

    fn at(&self, field: Field) -> (&str, &str) {
        let piece = |from: u32, to: u32| self.text.get(from as usize..to as usize);
        let name = piece(field.name, field.value).unwrap_or_default();
        (name, piece(field.value, field.end).unwrap_or_default())
    }
}

fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
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
}
