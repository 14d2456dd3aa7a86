//! Which functions a daemon runs, written down for the linker, which puts them together (`build.rs`).
//!
//! Needs Debian's package `valgrind`, and the release build with its symbols (`--profile order`). Panics where it fails.

use crate::drain::{self, BOT, COPIES, settled, watch};
use crate::mails;
use crate::place::Place;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Mails of each kind; with fewer some of what SQLite does for a larger file is not seen.
const COUNT: usize = 1_000;
/// By then an idle daemon has done all that it does at its start, under callgrind too.
const START: Duration = Duration::from_secs(20);

/// Writes `link/start.txt` and `link/mails.txt` anew.
pub async fn order() {
    let start = at_the_start().await;
    let mut mails = with_mails().await;
    mails.retain(|name| !start.contains(name));
    for (name, functions) in [("start", start), ("mails", mails)] {
        let file = format!("{}/link/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let lines: Vec<String> = functions.into_iter().collect();
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        println!("{file}: {} functions", lines.len());
    }
}

async fn at_the_start() -> BTreeSet<String> {
    let mut place = Place::new(false).await;
    let counted = count_in(&mut place, "start");
    let process = place.daemon();
    tokio::time::sleep(START).await;
    assert!(process.stop(), "{}", place.log());
    functions(&counted)
}

/// Requests, and the targets' answers.
async fn with_mails() -> BTreeSet<String> {
    let mut place = Place::new(true).await;
    place.fill((0..COUNT).map(|number| mails::request(number, BOT)));
    let counted = count_in(&mut place, "requests");
    let mut process = place.daemon();
    let (_, asks) = watch(&place, &mut process, COUNT * COPIES);
    settled(&place);
    assert!(process.stop(), "{}", place.log());
    let mut all = functions(&counted);
    place.fill(drain::yeses(&asks).into_iter());
    let counted = count_in(&mut place, "answers");
    let mut process = place.daemon();
    watch(&place, &mut process, COUNT);
    settled(&place);
    assert!(process.stop(), "{}", place.log());
    all.extend(functions(&counted));
    all
}

fn count_in(place: &mut Place, name: &str) -> PathBuf {
    let counted = place.folder.path().join(name);
    place.wrapper = vec![
        "valgrind".to_owned(),
        "--tool=callgrind".to_owned(),
        "--demangle=no".to_owned(),
        format!("--callgrind-out-file={}", counted.display()),
    ];
    counted
}

/// The program's own functions that ran, without what the compiler's version adds to their names.
fn functions(counted: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(counted).unwrap();
    // A name stands in full where it comes first, and then only its number, each kind with numbers of its own.
    let (mut names, mut objects) = (HashMap::new(), HashMap::new());
    let mut ran = Vec::new();
    let mut is_ours = false;
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (number, name) = value.split_once(' ').unwrap_or((value, ""));
        let known = match key {
            "fn" | "cfn" => &mut names,
            "ob" | "cob" => &mut objects,
            _ => continue,
        };
        if !name.is_empty() {
            known.insert(number, name);
        }
        match key {
            "ob" => {
                is_ours = objects
                    .get(number)
                    .is_some_and(|file| file.ends_with("/askfirst"))
            }
            "fn" if is_ours => ran.push(number),
            _ => {}
        }
    }
    let names = ran.iter().filter_map(|number| names.get(number));
    let names = names.map(|name| without_hash(name).to_owned());
    let names: BTreeSet<String> = names.filter(|name| is_symbol(name)).collect();
    assert!(!names.is_empty(), "the program has no symbols");
    names
}

/// Callgrind numbers what calls itself, and names what has no symbol by its address.
fn is_symbol(name: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_.$".contains(&octet);
    !name.starts_with("0x") && !name.is_empty() && name.bytes().all(plain)
}

fn without_hash(name: &str) -> &str {
    let name = name.split('\'').next().unwrap_or_default();
    match name.rfind("17h") {
        Some(hash) if name.starts_with("_ZN") => &name[..hash + 3],
        _ => name,
    }
}
