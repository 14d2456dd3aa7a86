//! Runs the peers in JavaScript over the same texts and prints their mails a second.
//!
//! Fails by saying that they are absent.

use std::path::Path;
use std::process::Command;

/// Hands the texts to `benches/peers/peers.mjs` as JSON.
pub fn run(texts: &[String]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    let script = folder.join("peers.mjs");
    let input = std::env::temp_dir().join(format!("askfirst-peers-{}.json", std::process::id()));
    let written = serde_json::to_vec(texts).map(|json| std::fs::write(&input, json));
    if !matches!(written, Ok(Ok(()))) {
        println!("peers: the texts could not be written");
        return;
    }
    match Command::new("node").arg(script).arg(&input).output() {
        Ok(output) => {
            print!("{}", String::from_utf8_lossy(&output.stdout));
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(error) => println!("peers in JavaScript: absent (node: {error})"),
    }
    let _ = std::fs::remove_file(&input);
}
