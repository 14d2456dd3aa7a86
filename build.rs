//! Puts every text file under `src/writer/words/` into the program: a folder is a language, a file a
//! mail; nothing lists them by hand. And tells the linker which functions are to lie together.
//!
//! Fails where a folder can't be read or a name is no plain word.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    if let Err(why) = write() {
        println!("cargo:error=the words of the mails: {why}");
        std::process::exit(1);
    }
    if let Err(why) = order() {
        println!("cargo:error=the order of functions: {why}");
        std::process::exit(1);
    }
}

/// Puts the functions that a daemon runs together, first those of its start, then those that mails need. The kernel
/// maps a program in pieces of 64 kB: strewn over all of it, 2 MB of functions that run keep 9 MB in memory.
///
/// `link/*.txt` are written by `cargo bench --profile order --bench throughput -- order`. A function that is missing there lies among
/// the others, and one that is no more is passed over.
fn order() -> Result<(), String> {
    let all = ["start", "mails"];
    println!("cargo:rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    for name in all {
        println!("cargo:rerun-if-changed=link/{name}.txt");
    }
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    // The linker that comes with Rust for this system knows what stands below; who chose another may have one that
    // does not.
    let own_linker = variable("RUSTC_LINKER").is_empty()
        && !variable("CARGO_ENCODED_RUSTFLAGS").contains("link");
    // Only in what people run: valgrind finds no names outside of `.text`, where other profiles need them.
    let out = variable("OUT_DIR");
    let is_release = Path::new(&out).iter().any(|part| part == "release");
    if variable("TARGET") != "x86_64-unknown-linux-gnu" || !is_release || !own_linker {
        return Ok(());
    }
    let mut script = String::from("SECTIONS {\n");
    for name in all {
        let file = format!("link/{name}.txt");
        let names = std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
        let _ = writeln!(script, "  .text.{name} : {{");
        for name in names.lines() {
            // A Rust function's name ends in a hash, which is another one with each version of the compiler.
            let end = if name.starts_with("_ZN") { "*" } else { "" };
            let _ = writeln!(
                script,
                "    *(.text.{name}{end} .text.unlikely.{name}{end})"
            );
        }
        script.push_str("  }\n");
    }
    script.push_str("} INSERT BEFORE .text;\n");
    let out = Path::new(&out).join("order.ld");
    std::fs::write(&out, script).map_err(|e| format!("{}: {e}", out.display()))?;
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{}", out.display());
    Ok(())
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
