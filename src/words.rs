//! The operator's own words: a folder with a folder a language, a file a mail.
//!
//! Fails with every problem at once, a line each; then none of the folder is used. Files that are
//! missing are no problem: ours serve.

use crate::writer::rehearsal;
use crate::writer::words::{File, Problem, Words};
use std::path::{Path, PathBuf};

/// Octets of a text file; the longest of ours has two thousand.
const MAX_OCTETS: u64 = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

/// Our words with those of a folder in their place, rehearsed.
pub fn load(folder: &Path) -> Result<Words, WordsError> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for path in entries(folder)? {
        let name = named(&path);
        if path.is_dir() {
            language(&path, &name, &mut files, &mut problems)?;
        } else if !is_ours_to_skip(&name) {
            problems.push(problem(
                &path,
                "stands beside the languages",
                "Put it into the folder of its language, such as en or de.",
            ));
        }
    }
    let (words, wrong) = Words::with(&files);
    problems.extend(wrong);
    // What a file that can't be used leads to is told by that file alone.
    let broken: Vec<String> = problems.iter().map(|found| found.file.clone()).collect();
    let theirs = words.languages().filter(|language| language.is_replaced());
    let played = theirs.flat_map(rehearsal::rehearse);
    problems.extend(played.filter(|found| !broken.contains(&found.file)));
    match problems.is_empty() {
        true => Ok(words),
        false => Err(WordsError::Problems(problems)),
    }
}

/// The files of one language.
fn language(
    folder: &Path,
    code: &str,
    files: &mut Vec<File>,
    problems: &mut Vec<Problem>,
) -> Result<(), WordsError> {
    if code.starts_with('.') {
        return Ok(());
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !code.bytes().all(plain) {
        let remedy = "Name it by its tag in small letters, such as de or pt-br.";
        problems.push(problem(folder, "is no language", remedy));
        return Ok(());
    }
    for path in entries(folder)? {
        let name = named(&path);
        if is_ours_to_skip(&name) {
            continue;
        }
        let Some(stem) = name.strip_suffix(".txt").filter(|_| !path.is_dir()) else {
            let remedy = "Name it like one of ours, ending in .txt, or move it away.";
            problems.push(problem(&path, "is no text file of a mail", remedy));
            continue;
        };
        let at = |source| WordsError::File {
            path: path.clone(),
            source,
        };
        if std::fs::metadata(&path).map_err(at)?.len() > MAX_OCTETS {
            problems.push(problem(&path, "is too long for a mail", "Shorten it."));
            continue;
        }
        let Ok(text) = String::from_utf8(std::fs::read(&path).map_err(at)?) else {
            problems.push(problem(&path, "is not UTF-8", "Save it as UTF-8."));
            continue;
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        files.push(File {
            language: code.to_owned(),
            name: stem.to_owned(),
            path: path.display().to_string(),
            text: text.replace("\r\n", "\n"),
        });
    }
    Ok(())
}

/// Notes, and what editors and version control leave behind.
fn is_ours_to_skip(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.to_ascii_uppercase().starts_with("README")
}

fn problem(path: &Path, problem: &str, remedy: &str) -> Problem {
    Problem {
        file: path.display().to_string(),
        line: None,
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
    }
}

fn named(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, WordsError> {
    let at = |source| WordsError::File {
        path: folder.to_owned(),
        source,
    };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        all.push(entry.map_err(at)?.path());
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests;
