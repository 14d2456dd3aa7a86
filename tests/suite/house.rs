//! The walls of the house: who may use what, how each file opens, how large it may grow.

use std::path::{Path, PathBuf};

/// Lines of a file that holds one idea (about 400), without its tests.
const MAX_LINES: usize = 420;

struct File {
    name: String,
    /// Without the unit tests at its end and without comments.
    code: String,
    text: String,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            File { name, code, text }
        })
        .filter(|file| !file.name.ends_with("tests.rs") && !file.name.contains("tests/"))
        .collect()
}

/// Fails with every file of these rooms that has one of the words.
fn never(rooms: &[&str], words: &[&str]) {
    let files = files();
    let inside: Vec<&File> = files
        .iter()
        .filter(|file| rooms.iter().any(|room| file.name.starts_with(room)))
        .collect();
    assert!(!inside.is_empty(), "no file in {rooms:?}");
    let broken: Vec<String> = inside
        .iter()
        .flat_map(|file| {
            words
                .iter()
                .filter(|word| file.code.contains(**word))
                .map(|word| format!("{} uses {word}", file.name))
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

const WORLD: [&str; 13] = [
    "tokio::",
    "rusqlite",
    "TcpStream",
    "UdpSocket",
    "std::fs",
    "std::env",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom",
    "async fn",
];

#[test]
fn the_pure_rooms_are_pure() {
    never(&["reader", "rules", "writer"], &WORLD);
    never(
        &["reader", "rules", "writer"],
        &[
            "crate::store",
            "crate::wire",
            "crate::desk",
            "crate::daemon",
            "crate::config",
            "crate::demo",
            "crate::cli",
        ],
    );
}

#[test]
fn no_arrow_runs_upward_among_the_pure_rooms() {
    never(&["reader"], &["crate::rules", "crate::writer"]);
    never(&["rules"], &["crate::writer"]);
}

#[test]
fn the_store_knows_no_network_and_the_wire_no_other_room() {
    never(
        &["store"],
        &[
            "tokio",
            "crate::wire",
            "crate::desk",
            "crate::daemon",
            "crate::writer",
        ],
    );
    never(
        &["wire"],
        &[
            "crate::reader",
            "crate::rules",
            "crate::writer",
            "crate::store",
            "crate::desk",
            "crate::config",
            "crate::daemon",
            "rusqlite",
        ],
    );
}

#[test]
fn the_desk_waits_for_nobody() {
    never(
        &["desk"],
        &[
            "tokio",
            "async fn",
            ".await",
            "crate::wire",
            "crate::config",
            "crate::daemon",
            "Timestamp::now",
            "SystemTime",
            "getrandom",
        ],
    );
}

#[test]
fn the_loops_parse_nothing_and_speak_no_sql() {
    never(
        &["receive", "deliver", "remind", "prove"],
        &[
            "rusqlite",
            "crate::reader",
            "crate::writer",
            "mail_parser",
            "crate::rules::transition",
        ],
    );
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<String> = files()
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.name)
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn no_file_outgrows_one_idea() {
    let large: Vec<String> = files()
        .into_iter()
        .filter(|file| file.code.lines().count() > MAX_LINES)
        .map(|file| format!("{}: {} lines", file.name, file.code.lines().count()))
        .collect();
    assert!(large.is_empty(), "{large:#?}");
}

#[test]
fn nothing_panics_on_purpose() {
    never(
        &[""],
        &[
            ".unwrap()",
            ".expect(",
            "panic!(",
            "todo!(",
            "unimplemented!(",
        ],
    );
}

#[test]
fn examples_live_at_reserved_domains() {
    let strangers: Vec<String> = files()
        .into_iter()
        .filter(|file| file.code.contains("@gmail.com\"") || file.code.contains("@yahoo.com\""))
        .map(|file| file.name)
        .collect();
    assert!(strangers.is_empty(), "{strangers:#?}");
}

/// Lines of a function that fits on a screen.
const MAX_FUNCTION_LINES: usize = 70;
/// What is longer, and how long: mostly one `match` that must see every case. Numbers only fall.
const LONG_FUNCTIONS: [(&str, &str, usize); 11] = [
    ("desk/work.rs", "step", 78),
    ("desk/work.rs", "say", 85),
    ("reader/answer/dates.rs", "calendar_day", 79),
    ("reader/answer/opinion.rs", "weigh", 73),
    ("reader/machine.rs", "header_of_machine", 74),
    ("reader/quote/border.rs", "separator", 78),
    ("rules/transition.rs", "apply", 172),
    ("writer/manner.rs", "of", 71),
    ("writer/payload.rs", "add", 71),
    ("writer/rehearsal/cast.rs", "sayings", 201),
    ("writer/rehearsal.rs", "how_to_answer", 75),
];

#[test]
fn no_function_outgrows_a_screen() {
    let mut large: Vec<String> = Vec::new();
    for file in files() {
        // rustfmt puts the closing brace under the beginning of its function.
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let margin = line.len() - line.trim_start().len();
            let head = line.trim_start();
            let head = head.strip_prefix("pub ").unwrap_or(head);
            let head = head.strip_prefix("pub(super) ").unwrap_or(head);
            let head = head.strip_prefix("pub(crate) ").unwrap_or(head);
            let head = head.strip_prefix("async ").unwrap_or(head);
            let Some(rest) = head.strip_prefix("fn ") else {
                continue;
            };
            let end = format!("{}}}", " ".repeat(margin));
            let Some(more) = lines[at..].iter().position(|line| **line == end) else {
                continue;
            };
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            let known = LONG_FUNCTIONS
                .iter()
                .find(|(in_file, known, _)| *in_file == file.name && *known == name);
            let most = known.map_or(MAX_FUNCTION_LINES, |(_, _, most)| *most);
            if more + 1 > most {
                large.push(format!("{}: {name}, {} lines", file.name, more + 1));
            }
        }
    }
    assert!(large.is_empty(), "{large:#?}");
}
