//! What the documents say to people is what the program does: words, figures, links.

use askfirst::config::Config;
use askfirst::reader::Verdict;
use askfirst::reader::answer;
use askfirst::reader::command::{self, Command};
use askfirst::reader::quote::Body;
use std::path::{Path, PathBuf};

const DAY_SECS: i64 = 86_400;
/// Saturday, 28 November 2026.
const NOW: i64 = 1_795_838_400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    let text = std::fs::read_to_string(root().join("docs").join(name)).unwrap();
    // Sentences run over line ends.
    text.replace('\n', " ")
}

fn verdict(words: &str) -> Verdict {
    let body = Body {
        text: words.to_owned(),
        own: words.to_owned(),
        ..Body::default()
    };
    answer::judge(&body, NOW).verdict
}

#[test]
fn what_a_target_is_told_to_answer_is_understood() {
    let page = page("for-targets.md");
    for (words, expected) in [
        ("yes", Verdict::Yes),
        ("no", Verdict::No),
        ("later", Verdict::Later),
        ("later, in March", Verdict::Later),
        ("stop", Verdict::Stop),
    ] {
        assert!(page.contains(words), "{words}");
        assert_eq!(verdict(words), expected, "{words}");
    }
    assert!(page.contains("\"start\""));
    assert_eq!(command::read("start"), Some(Command::Start));
}

#[test]
fn what_a_connector_and_a_requester_are_told_to_write_is_understood() {
    let page_of_connectors = page("for-connectors.md");
    for (words, expected) in [
        ("cancel", Command::Cancel),
        ("ask again", Command::AskAgain),
        ("1 3", Command::Numbers(vec![1, 3])),
        ("status", Command::Status),
        ("pause", Command::Pause),
        ("resume", Command::Resume),
        ("help", Command::Help),
    ] {
        assert!(
            page_of_connectors.contains(&format!("\"{words}\"")),
            "{words}"
        );
        assert_eq!(command::read(words), Some(expected), "{words}");
    }
    assert!(page("for-requesters.md").contains("\"cancel\""));
}

#[test]
fn figures_on_the_pages_are_the_defaults() {
    let small = "[bot]\naddress = \"intro@bot.example\"\nname = \"Introductions\"\n\
        [imap]\nhost = \"imap.bot.example\"\nuser = \"intro\"\npassword = \"x\"\n\
        [smtp]\nhost = \"smtp.bot.example\"\nuser = \"intro\"\npassword = \"x\"\n\
        [[connector]]\nname = \"Bob\"\naddresses = [\"bob@kim.example\"]\n";
    let config = Config::parse(small, Path::new("a.toml")).unwrap();
    let (targets, requesters) = (page("for-targets.md"), page("for-requesters.md"));
    let connectors = page("for-connectors.md");
    assert_eq!(config.pace.remind_after_secs, Some(5 * DAY_SECS));
    assert!(targets.contains("One reminder after about five days"));
    assert!(connectors.contains("one reminder after about five days"));
    assert_eq!(config.pace.close_after_secs, 14 * DAY_SECS);
    assert!(targets.contains("After two weeks it is closed"));
    assert_eq!(config.store.keep_bodies_secs, 30 * DAY_SECS);
    for page in [&targets, &requesters, &connectors] {
        assert!(page.contains("until 30 days after the end"), "{page}");
    }
    assert_eq!(config.pace.requests_per_requester, 10);
    assert!(requesters.contains("Ten requests to the program in 30 days"));
    assert_eq!(config.pace.asks_per_target, 2);
    assert!(connectors.contains("asked twice in 30 days at most"));
    assert_eq!(config.pace.quiet_after_secs, 90 * DAY_SECS);
    for page in [&requesters, &connectors] {
        assert!(page.contains("for 90 days"), "{page}");
    }
}

fn documents() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs"), root().join("docs/providers")];
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().flatten());
    files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = Vec::new();
    let mut looked_at = 0;
    for file in documents() {
        let text = std::fs::read_to_string(&file).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#', ' ']).next().unwrap();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            looked_at += 1;
            if !file.parent().unwrap().join(link).exists() {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(looked_at > 20, "{looked_at}");
    assert!(broken.is_empty(), "{broken:#?}");
}

/// All sources below a folder, as one text.
fn sources(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|end| end == "rs") {
            out.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The runs take hours, so nobody sees there in time that a line has moved.
#[test]
fn the_seeded_bugs_and_the_guards_fit_the_code() {
    let mut functions = String::new();
    for folder in ["src", "tests/suite"] {
        sources(&root().join(folder), &mut functions);
    }
    let mut wrong = Vec::new();
    for list in ["list.txt", "guards.txt"] {
        let text = std::fs::read_to_string(root().join("tests/mutants").join(list)).unwrap();
        for bug in text.split("\n= ").skip(1) {
            let name = bug.lines().next().unwrap();
            for block in bug.split("\nsrc/").skip(1) {
                let file = format!("src/{}", block.lines().next().unwrap());
                let old: Vec<&str> = block
                    .lines()
                    .filter_map(|line| line.strip_prefix('-'))
                    .collect();
                let code = std::fs::read_to_string(root().join(&file)).unwrap();
                if !code.contains(&old.join("\n")) {
                    wrong.push(format!("{list}, {name}: {file} has no such lines"));
                }
            }
            let tests = bug.lines().filter_map(|line| line.strip_prefix("! "));
            for test in tests.flat_map(str::split_whitespace) {
                let function = test.rsplit("::").next().unwrap();
                if !functions.contains(&format!("fn {function}")) && function != "tests" {
                    wrong.push(format!("{list}, {name}: no test {test}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
