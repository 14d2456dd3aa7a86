//! Rows of one life taken apart, so that they can be written again with other people, ids and times.
//!
//! What is copied as it is: words. What changes: the number in every address and Message-ID, our own
//! tokens, hashes, row ids, UIDs, and times. Panics where it fails.

use crate::history::{ACCOUNT, UID_VALIDITY};
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection};
use std::collections::HashMap;

pub const TABLES: [&str; 8] = [
    "introductions",
    "inbox",
    "inbox_raw",
    "story",
    "secrets",
    "outbox",
    "outbox_bytes",
    "outbox_visible",
];

/// The mark of a mail begins with its day, which no other word of ours is as long as.
const MARK_CHARS: usize = 36;

/// Whose ids a table's own ids are.
fn owner(table: usize) -> usize {
    match TABLES[table] {
        "inbox_raw" => 1,
        "outbox_bytes" | "outbox_visible" => 5,
        _ => table,
    }
}

pub enum Piece {
    Literal(Vec<u8>),
    /// Seven digits: who it is.
    Number,
    /// A random word of ours, as long as the one that stood there.
    Token(usize, usize),
    Time(i64),
}

pub enum Cell {
    Plain(Value),
    Id(usize, i64),
    Uid,
    Random(usize),
    /// A content key: its first octets tell the day apart, the others are random.
    Key(usize),
    Time(i64),
    Text(Vec<Piece>),
    Bytes(Vec<Piece>),
}

impl Cell {
    pub fn octets(&self) -> usize {
        match self {
            Cell::Text(pieces) | Cell::Bytes(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(bytes) => bytes.len(),
                    Piece::Token(_, length) => *length,
                    Piece::Number => 7,
                    Piece::Time(_) => 10,
                })
                .sum(),
            Cell::Random(length) | Cell::Key(length) => *length,
            _ => 4,
        }
    }
}

/// What stands for itself in a life: its number, and the random words of our mails.
pub struct Marks<'a> {
    pub number: &'a str,
    pub tokens: &'a [String],
    /// When the life began; later times move with it.
    pub from_secs: i64,
}

/// The cells of a row of this table; `locals` gives ids their place among the life's own.
pub fn cells(
    table: usize,
    columns: &[String],
    row: Vec<Value>,
    marks: &Marks<'_>,
    locals: &[HashMap<i64, i64>],
) -> Vec<Cell> {
    let id = |owner: usize, value: &Value| match value {
        Value::Integer(id) => Cell::Id(owner, locals[owner][id]),
        other => Cell::Plain(other.clone()),
    };
    columns
        .iter()
        .zip(row)
        .map(|(column, value)| match (TABLES[table], column.as_str()) {
            (_, "id") => id(owner(table), &value),
            (_, "introduction") => id(0, &value),
            ("outbox", "secret") => id(4, &value),
            ("inbox", "uid") => Cell::Uid,
            ("inbox", "account") => Cell::Plain(Value::Text(ACCOUNT.to_owned())),
            ("inbox", "uid_validity") => Cell::Plain(Value::Integer(i64::from(UID_VALIDITY))),
            (_, name) if name == "at" || name.ends_with("_at") || name.ends_with("_date") => {
                time(value)
            }
            (_, "not_before") => time(value),
            _ => match value {
                Value::Blob(bytes) if column == "content_key" => Cell::Key(bytes.len()),
                Value::Blob(bytes) if bytes.len() <= 32 => Cell::Random(bytes.len()),
                Value::Blob(bytes) => Cell::Bytes(pieces(&bytes, marks, false)),
                Value::Text(text) => {
                    let json = column == "data" || column == "payload";
                    Cell::Text(pieces(text.as_bytes(), marks, json))
                }
                other => Cell::Plain(other),
            },
        })
        .collect()
}

fn time(value: Value) -> Cell {
    match value {
        Value::Integer(at) => Cell::Time(at),
        other => Cell::Plain(other),
    }
}

fn pieces(bytes: &[u8], marks: &Marks<'_>, times: bool) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let token = marks
            .tokens
            .iter()
            .position(|token| rest.starts_with(token.as_bytes()));
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let piece = if let Some(which) = token {
            let length = marks.tokens[which].len();
            Some((Piece::Token(which, length), length))
        } else if rest.starts_with(marks.number.as_bytes()) {
            Some((Piece::Number, marks.number.len()))
        } else if times && digits == 10 {
            let at_secs: i64 = std::str::from_utf8(&rest[..10]).unwrap().parse().unwrap();
            let moves = at_secs >= marks.from_secs - 86_400;
            moves.then_some((Piece::Time(at_secs), 10))
        } else {
            None
        };
        match piece {
            Some((piece, length)) => {
                if !literal.is_empty() {
                    found.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                found.push(piece);
                at += length;
            }
            None => {
                literal.push(bytes[at]);
                at += 1;
            }
        }
    }
    found.push(Piece::Literal(literal));
    found
}

/// A life, ready to be repeated: per table its rows, and how many ids of its own each table has.
pub struct Rows {
    pub from_secs: i64,
    pub tables: Vec<Vec<Vec<Cell>>>,
}

impl Rows {
    /// What its texts weigh, without what a database needs around them.
    pub fn octets(&self) -> usize {
        let cells = self.tables.iter().flatten().flatten();
        cells.map(Cell::octets).sum()
    }
}

/// Writes lives into a database, with ids that go on from each to the next.
pub struct Emitter<'a> {
    statements: Vec<CachedStatement<'a>>,
    next: [i64; TABLES.len()],
    uid: i64,
    state: u64,
    /// Of the life at hand, since 1970.
    day: i64,
}

impl<'a> Emitter<'a> {
    pub fn new(db: &'a Connection) -> Emitter<'a> {
        db.set_prepared_statement_cache_capacity(32);
        let statements = TABLES
            .iter()
            .map(|table| {
                let columns = columns(db, table).len();
                let values = vec!["?"; columns].join(", ");
                db.prepare_cached(&format!("INSERT INTO {table} VALUES ({values})"))
                    .unwrap()
            })
            .collect();
        Emitter {
            statements,
            next: [1; TABLES.len()],
            uid: 1,
            state: 0x9e37_79b9_7f4a_7c15,
            day: 0,
        }
    }

    /// The rows of a life that begins then, as somebody else's; how many.
    pub fn emit(&mut self, rows: &Rows, number: i64, begins_secs: i64) -> usize {
        let number = format!("{number:07}");
        let moved = begins_secs - rows.from_secs;
        self.day = begins_secs.div_euclid(86_400);
        let mut tokens: Vec<Vec<u8>> = Vec::new();
        let mut count = 0;
        for (table, lines) in rows.tables.iter().enumerate() {
            for line in lines {
                for (at, cell) in line.iter().enumerate() {
                    let value = match cell {
                        Cell::Plain(value) => value.clone(),
                        Cell::Id(owner, local) => Value::Integer(self.next[*owner] + local),
                        Cell::Uid => {
                            self.uid += 1;
                            Value::Integer(self.uid - 1)
                        }
                        Cell::Random(length) => Value::Blob(self.random(*length)),
                        Cell::Key(length) => Value::Blob(self.key(*length)),
                        Cell::Time(at) => Value::Integer(at + moved),
                        Cell::Text(pieces) => {
                            let bytes = self.joined(pieces, &number, moved, &mut tokens);
                            Value::Text(String::from_utf8(bytes).unwrap())
                        }
                        Cell::Bytes(pieces) => {
                            Value::Blob(self.joined(pieces, &number, moved, &mut tokens))
                        }
                    };
                    self.statements[table]
                        .raw_bind_parameter(at + 1, value)
                        .unwrap();
                }
                self.statements[table].raw_execute().unwrap();
                count += 1;
            }
        }
        for (table, next) in self.next.iter_mut().enumerate() {
            *next += i64::try_from(rows.tables[table].len()).unwrap();
        }
        count
    }

    fn joined(
        &mut self,
        pieces: &[Piece],
        number: &str,
        moved: i64,
        tokens: &mut Vec<Vec<u8>>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => bytes.extend_from_slice(literal),
                Piece::Number => bytes.extend_from_slice(number.as_bytes()),
                Piece::Time(at) => bytes.extend_from_slice((at + moved).to_string().as_bytes()),
                Piece::Token(which, length) => {
                    while tokens.len() <= *which {
                        let letters = b"abcdefghijklmnopqrstuvwxyz234567";
                        let random = self.random(64);
                        tokens.push(
                            random
                                .iter()
                                .map(|b| letters[usize::from(b % 32)])
                                .collect(),
                        );
                    }
                    let token = &tokens[*which][..*length];
                    match *length == MARK_CHARS {
                        true => {
                            bytes.extend_from_slice(format!("{:04x}", self.day).as_bytes());
                            bytes.extend_from_slice(&token[4..]);
                        }
                        false => bytes.extend_from_slice(token),
                    }
                }
            }
        }
        bytes
    }

    fn key(&mut self, length: usize) -> Vec<u8> {
        // Days lie apart in no order, as hashes of them do.
        let day = self.day.wrapping_mul(0x9e37_79b9) as u16;
        let mut key = day.to_be_bytes().to_vec();
        key.extend(self.random(length - key.len()));
        key
    }

    /// xorshift64* (Vigna 2016).
    fn random(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            self.state ^= self.state >> 12;
            self.state ^= self.state << 25;
            self.state ^= self.state >> 27;
            bytes.extend(self.state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

pub fn columns(db: &Connection, table: &str) -> Vec<String> {
    db.prepare(&format!("SELECT * FROM {table} LIMIT 0"))
        .unwrap()
        .column_names()
        .map(str::to_owned)
        .collect()
}
