//! Reads the rows of a word table and writes down what each of them matches.
//!
//! Fails by leaving out: a definition that is not there makes no words.

use std::collections::{BTreeSet, HashMap};

/// Definitions within definitions that are followed.
const MAX_DEPTH: usize = 14;

enum Node {
    Word(String),
    /// One of several rows.
    Any(Vec<Vec<Node>>),
    Maybe(Box<Node>),
    Define(String),
}

pub struct Row {
    pub section: String,
    nodes: Node,
}

#[derive(Default)]
pub struct Table {
    defines: HashMap<String, Node>,
    rows: Vec<Row>,
}

/// What stands for what the reader knows by its shape.
const STAND_INS: &[(&str, &str)] = &[
    ("known", "Alice"),
    ("name", "Dave"),
    ("number", "3"),
    ("time", "3pm"),
    ("phone", "+1 415 555 0100"),
    ("mail", "a@b.example"),
    ("near", "Tuesday"),
    ("far", "May"),
    ("month", "May"),
    ("link", "https://x.example"),
    ("unit", "weeks"),
];

impl Table {
    pub fn read(text: &str) -> Table {
        let mut table = Table::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                section = name.to_owned();
            } else if section == "define" {
                if let Some((name, pattern)) = line.split_once(':') {
                    table.define(name.trim(), pattern);
                }
            } else if !line.contains(':') {
                let nodes = Node::Any(rows(&mut tokens(line).into_iter().peekable()));
                let section = section.clone();
                table.rows.push(Row { section, nodes });
            }
        }
        table
    }

    /// A definition may take up an earlier one of its name: `day: ({day} | noon)`.
    fn define(&mut self, name: &str, pattern: &str) {
        let mut node = Node::Any(rows(&mut tokens(pattern).into_iter().peekable()));
        if let Some(earlier) = self.defines.remove(name) {
            let kept = format!("{name}, earlier");
            node.rename(name, &kept);
            self.defines.insert(kept, earlier);
        }
        self.defines.insert(name.to_owned(), node);
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Each alternative once with all optional words left out and once with them, in the order of the row.
    pub fn sentences(&self, row: &Row) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for full in [false, true] {
            let mut add = |words: Vec<String>| {
                let words = words.join(" ");
                if !words.is_empty() && seen.insert(words.clone()) {
                    all.push(words);
                }
            };
            self.each(&row.nodes, full, 0, &mut add);
        }
        all
    }

    /// The shortest reading of the node, or with `full` the longest of the first alternative.
    fn first(&self, node: &Node, full: bool, depth: usize) -> Vec<String> {
        match node {
            Node::Word(word) => vec![word.clone()],
            Node::Maybe(inner) if full => self.first(inner, full, depth + 1),
            Node::Maybe(_) => Vec::new(),
            Node::Any(rows) => {
                let row = rows.first().into_iter().flatten();
                row.flat_map(|node| self.first(node, full, depth + 1))
                    .collect()
            }
            Node::Define(name) => match self.defines.get(name).filter(|_| depth < MAX_DEPTH) {
                Some(node) => self.first(node, full, depth + 1),
                None => stand_in(name),
            },
        }
    }

    /// Readings of the node of which each makes one choice that [`Table::first`] does not make.
    fn each(&self, node: &Node, full: bool, depth: usize, add: &mut dyn FnMut(Vec<String>)) {
        match node {
            Node::Word(_) => add(self.first(node, full, depth)),
            Node::Maybe(inner) => self.each(inner, full, depth + 1, add),
            Node::Define(name) => match self.defines.get(name).filter(|_| depth < MAX_DEPTH) {
                Some(inner) => self.each(inner, full, depth + 1, add),
                None => add(stand_in(name)),
            },
            Node::Any(rows) => {
                for row in rows {
                    let parts: Vec<Vec<String>> = row
                        .iter()
                        .map(|node| self.first(node, full, depth + 1))
                        .collect();
                    add(parts.concat());
                    for (at, node) in row.iter().enumerate() {
                        let (before, after) = parts.split_at(at);
                        let after = after.get(1..).unwrap_or_default();
                        self.each(node, full, depth + 1, &mut |words| {
                            add([before.concat(), words, after.concat()].concat())
                        });
                    }
                }
            }
        }
    }
}

fn stand_in(name: &str) -> Vec<String> {
    let known = STAND_INS.iter().find(|(known, _)| *known == name);
    vec![known.map_or(name, |(_, words)| words).to_owned()]
}

impl Node {
    fn rename(&mut self, from: &str, to: &str) {
        match self {
            Node::Word(_) => {}
            Node::Maybe(inner) => inner.rename(from, to),
            Node::Any(rows) => rows
                .iter_mut()
                .flatten()
                .for_each(|node| node.rename(from, to)),
            Node::Define(name) if name == from => *name = to.to_owned(),
            Node::Define(_) => {}
        }
    }
}

fn tokens(pattern: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut open = String::new();
    for c in pattern.chars() {
        if !open.starts_with('{') && (c.is_whitespace() || "()|?{".contains(c)) {
            tokens.push(std::mem::take(&mut open));
        }
        match c {
            '(' | ')' | '|' | '?' => tokens.push(c.to_string()),
            c if c.is_whitespace() && open.is_empty() => {}
            c => open.push(c),
        }
        if c == '}' {
            tokens.push(std::mem::take(&mut open));
        }
    }
    tokens.push(open);
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// The rows up to the bracket that closes them, or the end.
fn rows(tokens: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> Vec<Vec<Node>> {
    let mut rows = vec![Vec::new()];
    while let Some(token) = tokens.next() {
        let node = match token.as_str() {
            ")" => return rows,
            "|" => {
                rows.push(Vec::new());
                continue;
            }
            "(" => Node::Any(self::rows(tokens)),
            name if name.starts_with('{') => Node::Define(name.trim_matches(['{', '}']).to_owned()),
            word => Node::Word(word.to_owned()),
        };
        let node = match tokens.next_if(|token| token == "?") {
            Some(_) => Node::Maybe(Box::new(node)),
            None => node,
        };
        if let Some(row) = rows.last_mut() {
            row.push(node);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_makes_each_alternative_without_and_with_what_is_optional() {
        let table = Table::read(
            "[define]\nher: (her | {known})\n[yes]\nhappy to (talk | chat) (with {her})? today?\n",
        );
        let made: Vec<String> = table
            .rows()
            .iter()
            .flat_map(|row| table.sentences(row))
            .collect();
        for sentence in [
            "happy to talk",
            "happy to chat",
            "happy to talk with Alice",
            "happy to talk today",
            "happy to talk with her today",
        ] {
            assert!(made.contains(&sentence.to_owned()), "{sentence}: {made:?}");
        }
    }
}
