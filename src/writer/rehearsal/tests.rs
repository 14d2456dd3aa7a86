//! Tests of the rehearsal.

use super::*;

#[test]
fn our_own_words_pass() {
    for language in crate::writer::words::Words::built_in().languages() {
        let told: Vec<String> = rehearse(language).iter().map(Problem::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }
}

#[test]
fn quotation_marks_of_every_language() {
    assert_eq!(
        quoted("Say “yes” or „nein“, « oui » or \"no\"."),
        ["yes", "nein", "oui", "no"]
    );
    assert!(quoted("don’t say “yes").is_empty());
}

#[test]
fn every_saying_is_known_by_its_name() {
    let played = cast::sayings().unwrap();
    for (_, saying) in &played {
        assert!(Saying::NAMES.contains(&saying.name()), "{}", saying.name());
    }
    for name in Saying::NAMES {
        let is_played = played.iter().any(|(_, saying)| saying.name() == name);
        assert!(is_played, "{name} is rehearsed");
    }
}
