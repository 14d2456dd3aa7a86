//! Tests of the folder.

use super::*;
use std::fs;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is told about a folder, its path left out.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    match load(folder.path()) {
        Ok(_) => Vec::new(),
        Err(error) => error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "")
            .lines()
            .map(str::to_owned)
            .collect(),
    }
}

const THANKS: &str = "Thanks\n\nThank you so much, {{ target.first }}.\n";

#[test]
fn files_stand_in_for_ours_and_missing_ones_fall_back() {
    let folder = folder(&[
        (
            "en/thank_no.txt",
            &format!("\u{feff}{}", THANKS.replace('\n', "\r\n")),
        ),
        ("en/README.md", "mine"),
        ("en/ask.txt~", "old"),
        (".git/config", "x"),
        ("notes/../README", "x"),
    ]);
    let words = load(folder.path()).unwrap();
    let english = words.find("en").unwrap();
    assert_eq!(english.text("thank_no"), Some(THANKS));
    assert_eq!(
        english.text("ask"),
        Words::built_in().find("en").unwrap().text("ask")
    );
}

#[test]
fn what_is_wrong_names_file_line_and_what_to_do() {
    for (name, text, start) in [
        (
            "en/aks.txt",
            "x",
            "en/aks.txt: no mail has this name. Rename it; the files are: acknowledge, ",
        ),
        ("ask.txt", "x", "ask.txt: stands beside the languages. "),
        ("en/ask.md", "x", "en/ask.md: is no text file of a mail. "),
        (
            "en/thank_no.txt",
            "Thanks\n\nThank you, {{ target.fist }}.",
            "en/thank_no.txt:3: \"target.fist\" is not known in this mail. Known here: target.address, target.first, ",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{% if why == 1 %}x{% endif %}",
            "en/thank_no.txt:3: \"why\" is not known in this mail. ",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{% if target %}\nx",
            "en/thank_no.txt:4: unexpected end of input",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{{ nobody() }}",
            "en/thank_no.txt:3: \"nobody\" is not known in this mail. ",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{% for n in range(100000) %}{{ n }}{% endfor %}",
            "en/thank_no.txt:3: ",
        ),
        (
            "en/thank_no.txt",
            "\n\nThanks",
            "en/thank_no.txt:1: has no subject. ",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{% include \"part_nothing\" %}",
            "en/thank_no.txt:3: ",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{{ box(\"request\") }}{{ box(\"words\") }}",
            "en/thank_no.txt: there is no box called request. ",
        ),
        (
            "en/closing.txt",
            "Your request\n\nIt was about {{ target.name }}.",
            "en/closing.txt: tells the requester too much. ",
        ),
        (
            "en/part_sender.txt",
            "{{ bot }}",
            "en/part_sender.txt: does not say who sends. ",
        ),
        (
            "en/part_date.txt",
            "{{ year }}",
            "en/part_date.txt: gives two days the same words. ",
        ),
        (
            "en/part_footer.txt",
            "{{ small }}From {{ bot }}",
            "en/part_footer.txt:1: has forgotten the code. ",
        ),
        (
            "en/part_footer.txt",
            "{{ small }}Code: {{ code }}",
            "en/part_footer.txt:1: has forgotten the way out. ",
        ),
        (
            "en/part_answers.txt",
            "{{ tap(\"Perhaps\") }}Perhaps",
            "en/part_answers.txt:1: offers answers that are read as [Unclear], not as [Yes, No]. ",
        ),
        (
            "en/thank_no.txt",
            "Thanks\n\n{% include \"part_answers\" %}",
            "en/thank_no.txt:3: offers answers, but nobody reads one",
        ),
        ("it/ask.txt", "x", "words/it/acknowledge.txt: is missing. "),
        ("Deutsch/ask.txt", "x", "Deutsch: is no language. "),
    ] {
        let all = told(&[(name, text)]);
        assert!(
            all.iter().any(|line| line.starts_with(start)),
            "{name} {text:?}: {all:#?}"
        );
    }
    assert!(!told(&[("en/ask.txt", "x\u{1}y")]).is_empty());
}

#[test]
fn how_to_answer_cannot_be_forgotten() {
    let ours = Words::built_in();
    let english = ours.find("en").unwrap();
    for (needed, problem) in [
        ("{{ how }}", "does not say how to answer. "),
        (
            "{% include \"part_answers\" %}",
            "has forgotten the one-tap answers. ",
        ),
    ] {
        let mut all = Vec::new();
        for name in english.names() {
            let text = english.text(name).unwrap();
            // An answer to it is taken, not expected.
            if text.contains(needed) && !matches!(name, "tell_held" | "report") {
                all.push((format!("en/{name}.txt"), text.replace(needed, "")));
            }
        }
        assert!(all.len() >= 8, "{needed}: {}", all.len());
        let all: Vec<(&str, &str)> = all.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let told = told(&all);
        for (path, text) in all {
            let wanted = format!("{path}:{}: {problem}", text.lines().count());
            assert!(
                told.iter().any(|line| line.starts_with(&wanted)),
                "{wanted}: {told:#?}"
            );
        }
    }
    let all = told(&[("en/acknowledge.txt", "Hello\n\n{{ how }}Say “abracadabra”.")]);
    assert!(
        all[0].starts_with("en/acknowledge.txt:3: tells people to answer \"abracadabra\", which"),
        "{all:#?}"
    );
}
