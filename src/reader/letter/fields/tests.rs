//! What is read quickly against what the library reads. Fails where the two differ.

use super::*;
use std::path::{Path, PathBuf};

fn mails(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => mails(&path, found),
            false if path.extension().is_some_and(|e| e == "eml") => found.push(path),
            false => {}
        }
    }
}

/// What a reader makes of the fields that both read.
fn seen(letter: &Letter, mime: &Mime) -> String {
    let people = |all: &[Person]| -> Vec<String> {
        let one = |p: &Person| format!("{:?} {}", p.name, p.address);
        all.iter().map(one).collect()
    };
    let (to, cc, reply_to) = (&letter.to, &letter.cc, &letter.reply_to);
    format!(
        "{:?} {:?} {:?} {:?} {:?} {mime:?}",
        letter.subject,
        letter.date_secs,
        people(to),
        people(cc),
        people(reply_to)
    )
}

/// What readers disagree about.
const PIECES: &[&str] = &[
    "\r\n",
    "\r\n ",
    ",",
    "<",
    ">",
    "\"",
    "(",
    ")",
    ";",
    ":",
    "=?utf-8?q?=e4?=",
    "@",
    "\\",
    "=",
    "\t",
    "\0",
    "\u{e4}",
    "  ",
    ".",
    "+0000",
];

/// xorshift64* (Vigna 2016): a number below this.
fn random() -> impl FnMut(usize) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move |below| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }
}

/// The quick reader is there for speed alone: whatever it reads, the library reads so too.
#[test]
fn usual_fields_are_read_as_the_library_reads_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut paths = Vec::new();
    mails(&root.join("letters"), &mut paths);
    mails(&root.join("answers"), &mut paths);
    paths.sort();
    let mut random = random();
    let (mut read, mut wrong) = (0, Vec::new());
    for path in &paths {
        let raw = std::fs::read(path).unwrap();
        let end = crate::reader::letter::mime::head_end(&raw, 0, raw.len());
        for turn in 0..20 {
            let mut head = raw[..end].to_vec();
            if turn > 0 && !head.is_empty() {
                let at = random(head.len());
                let until = (at + random(4)).min(head.len());
                let piece = PIECES[random(PIECES.len())].bytes();
                head.splice(at..until, piece);
            }
            let (fields, is_regular) = raw_fields(&head);
            let mut usual = Letter::default();
            let mime = (is_regular && read_usual(&fields, &mut usual).is_some())
                .then(|| usual_mime(&fields))
                .flatten();
            let Some(mime) = mime else { continue };
            read += 1;
            let mut any = Letter::default();
            let of_library = read_any(&head, &mut any);
            if seen(&usual, &mime) != seen(&any, &of_library) {
                wrong.push(format!(
                    "{}: {}\n  usual   {}\n  library {}",
                    path.display(),
                    String::from_utf8_lossy(&head),
                    seen(&usual, &mime),
                    seen(&any, &of_library)
                ));
            }
        }
    }
    assert!(read > 5_000, "{read} of {} mails", paths.len());
    assert!(
        wrong.is_empty(),
        "{} of {read}: {}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}
