//! What is wrong with a configuration: the file, the line, the key, and what to do about it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A configuration that can't be used. Prints as `file:line: key: what is wrong. What to do.`
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub path: PathBuf,
    /// Counted from 1; none where the file itself, or a whole section, is missing.
    pub line: Option<usize>,
    /// Such as `imap.port`; empty where the whole file is meant.
    pub key: String,
    pub problem: String,
    pub remedy: String,
}

impl ConfigError {
    pub(super) fn about_file(path: &Path, problem: String, remedy: &str) -> ConfigError {
        ConfigError {
            path: path.to_owned(),
            line: None,
            key: String::new(),
            problem,
            remedy: remedy.to_owned(),
        }
    }
}

/// The number of the line in which octet `span.start` of `text` lies, counted from 1.
pub(super) fn line(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().iter().take(span.start);
    1 + before.filter(|octet| **octet == b'\n').count()
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}. {}", self.problem, self.remedy)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}
