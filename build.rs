//! Puts every text file under `src/writer/words/` into the program: a folder is a language, a file a
//! mail; nothing lists them by hand.
//!
//! Fails where a folder can't be read or a name is no plain word.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    if let Err(why) = write() {
        println!("cargo:error=the words of the mails: {why}");
        std::process::exit(1);
    }
}

fn write() -> Result<(), String> {
    const WORDS: &str = "src/writer/words";
    println!("cargo:rerun-if-changed={WORDS}");
    println!("cargo:rerun-if-changed=build.rs");
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?;
    let out = std::env::var("OUT_DIR").map_err(|e| e.to_string())?;
    let mut source = String::from("&[\n");
    for folder in entries(&Path::new(&root).join(WORDS))? {
        if !folder.is_dir() {
            continue;
        }
        let _ = writeln!(source, "    ({:?}, &[", plain(&folder)?);
        for file in entries(&folder)? {
            if file.extension().is_some_and(|e| e == "txt") {
                let _ = writeln!(
                    source,
                    "        ({:?}, include_str!({:?})),",
                    plain(&file)?,
                    file
                );
            }
        }
        source.push_str("    ]),\n");
    }
    source.push_str("]\n");
    std::fs::write(Path::new(&out).join("words.rs"), source).map_err(|e| e.to_string())
}

/// In a fixed order, so that the same sources give the same program.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let at = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        all.push(entry.map_err(at)?.path());
    }
    all.sort();
    Ok(all)
}

/// The name without its ending.
fn plain(path: &Path) -> Result<String, String> {
    let name = path.file_stem().and_then(|name| name.to_str());
    let fits = |name: &&str| {
        name.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
    };
    name.filter(fits)
        .map(str::to_owned)
        .ok_or_else(|| format!("{}: use small letters, digits and _", path.display()))
}
