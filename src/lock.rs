//! The file beside the database: it keeps a second daemon away, and knows the newest mail that was sent.
//!
//! It is not part of a backup. So a database that was put back knows of fewer mails than the file, and
//! is noticed. Fails with a [`RunError`] when the file can't be opened or another daemon holds it.

use crate::clerk::RunError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Held for as long as it lives.
pub struct Lock {
    file: File,
    noted: i64,
}

/// As many digits as an i64 has, so that every number overwrites the one before.
const DIGITS: usize = 19;

impl Lock {
    /// Takes the lock of the database at `store`.
    pub fn take(store: &Path) -> Result<Lock, RunError> {
        let mut path = store.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let at = |source| RunError::File {
            path: path.clone(),
            source,
        };
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(at)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(RunError::Locked { path }),
            Err(std::fs::TryLockError::Error(source)) => return Err(at(source)),
        }
        let mut text = String::new();
        // What is no number was not written here: then nothing is known.
        let noted = match file.read_to_string(&mut text) {
            Ok(_) => text.trim().parse().unwrap_or(0),
            Err(_) => 0,
        };
        Ok(Lock { file, noted })
    }

    /// The newest mail that was ever sent from here, by the number it had in the database.
    pub fn noted(&self) -> i64 {
        self.noted
    }

    /// Notes that a mail is about to be sent. A note that fails costs a warning later, not a mail now.
    pub fn note(&mut self, number: i64) {
        if number <= self.noted {
            return;
        }
        let line = format!("{number:0DIGITS$}\n");
        let written = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(line.as_bytes()));
        match written {
            Ok(()) => self.noted = number,
            Err(error) => tracing::warn!("the lock file can't be written: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_and_only_grows_and_the_lock_holds() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("askfirst.db");
        let mut lock = Lock::take(&store).unwrap();
        assert_eq!(lock.noted(), 0);
        lock.note(12);
        lock.note(7);
        assert!(matches!(Lock::take(&store), Err(RunError::Locked { .. })));
        drop(lock);
        assert_eq!(Lock::take(&store).unwrap().noted(), 12);
    }
}
