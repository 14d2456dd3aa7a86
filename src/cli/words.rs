//! `askfirst words`: the languages, the mails of one, the text of a mail; to begin one's own with.
//!
//! Fails where there is no such language or mail, and names those there are.

use crate::cli::{Failure, print};
use crate::writer::words::Words;

pub fn run(language: Option<&str>, name: Option<&str>) -> Result<(), Failure> {
    let words = Words::built_in();
    let Some(tag) = language else {
        print(&lines(
            words.languages().map(|language| language.code.as_str()),
        ));
        return Ok(());
    };
    let Some(language) = words.find(tag) else {
        let all: Vec<&str> = words.languages().map(|l| l.code.as_str()).collect();
        return Err(Failure::Usage(format!(
            "{tag:?} is no language of ours; there are: {}",
            all.join(", ")
        )));
    };
    match name {
        None => print(&lines(language.names())),
        Some(name) => match language.text(name.trim_end_matches(".txt")) {
            Some(text) => print(text),
            None => {
                let all: Vec<&str> = language.names().collect();
                return Err(Failure::Usage(format!(
                    "no mail is called {name:?}; there are: {}",
                    all.join(", ")
                )));
            }
        },
    }
    Ok(())
}

fn lines<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.map(|one| format!("{one}\n")).collect()
}
