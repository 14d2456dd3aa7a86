//! A file beside the database that tells which of the mails in flight the mail server was ever offered.
//!
//! Hundreds of mails are in flight at a time, a few of them on their way. Whether a mail was begun is written down
//! without waiting for the disk: such a mark outlives the end of the program, whatever ended it, and not that of
//! the machine. So it is believed only in the same boot of the machine, and only for the database's last run;
//! what is not found here may have been sent. Fails with a [`StoreError`]; then no mail may be begun.

use crate::store::StoreError;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first block says whose marks these are; each mark lies within one page, and is written whole or not.
const HEAD_OCTETS: u64 = 4_096;
const MARK_OCTETS: u64 = 16;
/// Many times what can be in flight; what is overwritten is not found, and is not believed to be untouched.
const MARKS: u64 = 2_048;
const FILE_OCTETS: u64 = HEAD_OCTETS + MARKS * MARK_OCTETS;

pub struct Offers {
    file: File,
    path: PathBuf,
    /// This boot of the machine; None: it can't be told, and nothing is written or believed.
    boot: Option<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Marks made so far.
    count: u64,
    /// The newest mark of each mail.
    newest: HashMap<i64, u64>,
}

/// One mark: that a mail was taken to be sent, and whether it was begun.
struct Mark {
    mail: i64,
    number: u64,
    begun: bool,
}

impl Mark {
    fn written(&self) -> impl Iterator<Item = u8> {
        let (mail, rest) = (self.mail, (self.number << 1) | u64::from(self.begun));
        mail.to_le_bytes().into_iter().chain(rest.to_le_bytes())
    }

    fn read(octets: &[u8]) -> Option<Mark> {
        let (mail, rest) = octets.split_at_checked(8)?;
        let mail = i64::from_le_bytes(mail.try_into().ok()?);
        let rest = u64::from_le_bytes(rest.try_into().ok()?);
        (rest > 0).then_some(Mark {
            mail,
            number: rest >> 1,
            begun: rest & 1 == 1,
        })
    }
}

fn place(number: u64) -> u64 {
    HEAD_OCTETS + (number % MARKS) * MARK_OCTETS
}

fn blank() -> Vec<u8> {
    (0..FILE_OCTETS).map(|_| 0).collect()
}

fn head(boot: &str, run: &str) -> String {
    format!("askfirst offers 1\n{boot}\n{run}\n")
}

impl Offers {
    /// Opens the marks of the database at `store`; who does so holds its lock.
    pub fn open(store: &Path, boot: Option<String>) -> Result<Offers, StoreError> {
        let mut path = store.as_os_str().to_owned();
        path.push(".offers");
        let path = PathBuf::from(path);
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path);
        let file = file.map_err(|source| StoreError::File {
            path: path.clone(),
            source,
        })?;
        Ok(Offers {
            file,
            path,
            boot,
            state: Mutex::default(),
        })
    }

    /// The mails that were taken in this run of the database, and never begun.
    pub fn untouched(&self, run: &str) -> Result<HashSet<i64>, StoreError> {
        let Some(boot) = &self.boot else {
            return Ok(HashSet::new());
        };
        let mut octets = blank();
        let whole = self.file.read_exact_at(&mut octets, 0).is_ok();
        if !whole || !octets.starts_with(head(boot, run).as_bytes()) {
            return Ok(HashSet::new());
        }
        let mut newest: HashMap<i64, Mark> = HashMap::new();
        let marks = octets.as_chunks::<{ MARK_OCTETS as usize }>().0;
        let marks = marks.iter().skip((HEAD_OCTETS / MARK_OCTETS) as usize);
        for mark in marks.filter_map(|mark| Mark::read(mark)) {
            let known = newest.get(&mark.mail).map_or(0, |mark| mark.number);
            if mark.number > known {
                newest.insert(mark.mail, mark);
            }
        }
        let untouched = newest.into_values().filter(|mark| !mark.begun);
        Ok(untouched.map(|mark| mark.mail).collect())
    }

    /// Forgets everything: from here on these are the marks of this run.
    pub fn start_over(&self, run: &str) -> Result<(), StoreError> {
        let mut octets = blank();
        let head = head(self.boot.as_deref().unwrap_or_default(), run);
        for (to, from) in octets.iter_mut().zip(head.as_bytes()) {
            *to = *from;
        }
        *self.state() = State::default();
        // Whole, so that no mark needs room on the disk later.
        self.file
            .write_all_at(&octets, 0)
            .map_err(|source| self.failed(source))
    }

    /// These mails are in flight, and nobody has begun to send them.
    pub fn taken(&self, mails: impl IntoIterator<Item = i64>) -> Result<(), StoreError> {
        if self.boot.is_none() {
            return Ok(());
        }
        let mut state = self.state();
        let (mut octets, mut at) = (Vec::new(), None);
        for mail in mails {
            state.count += 1;
            let number = state.count;
            state.newest.insert(mail, number);
            let place = place(number);
            if place == HEAD_OCTETS {
                // Round the end: two writes.
                self.write(&std::mem::take(&mut octets), at.take())?;
                let oldest = number.saturating_sub(MARKS);
                state.newest.retain(|_, number| *number > oldest);
            }
            at.get_or_insert(place);
            let begun = false;
            let mark = Mark {
                mail,
                number,
                begun,
            };
            octets.extend(mark.written());
        }
        self.write(&octets, at)
    }

    /// These mails are about to be offered to the mail server; those of one batch lie side by side, and are one write.
    pub fn begun(&self, mails: impl IntoIterator<Item = i64>) -> Result<(), StoreError> {
        let (mut octets, mut first, mut next) = (Vec::new(), None, None);
        for (mail, number) in self.numbers(mails) {
            let place = place(number);
            if next != Some(place) {
                self.write(&std::mem::take(&mut octets), first.replace(place))?;
            }
            let begun = true;
            let mark = Mark {
                mail,
                number,
                begun,
            };
            octets.extend(mark.written());
            next = Some(place + MARK_OCTETS);
        }
        self.write(&octets, first)
    }

    /// The newest mark of each; what was overwritten is not found, nor believed to be untouched.
    fn numbers(&self, mails: impl IntoIterator<Item = i64>) -> Vec<(i64, u64)> {
        let state = self.state();
        let found = mails.into_iter().filter_map(|mail| {
            let number = state.newest.get(&mail).copied();
            let number = number.filter(|number| number + MARKS > state.count);
            number.map(|number| (mail, number))
        });
        found.collect()
    }

    fn write(&self, octets: &[u8], at: Option<u64>) -> Result<(), StoreError> {
        match at {
            None => Ok(()),
            Some(at) => self
                .file
                .write_all_at(octets, at)
                .map_err(|source| self.failed(source)),
        }
    }

    fn failed(&self, source: std::io::Error) -> StoreError {
        StoreError::File {
            path: self.path.clone(),
            source,
        }
    }

    /// Held for a write of a page or two, by whoever does not panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn offers(&self, boot: &str) -> Offers {
            let store = self.0.path().join("askfirst.db");
            Offers::open(&store, Some(boot.to_owned())).unwrap()
        }

        /// What the next start believes of these mails.
        fn untouched(&self, boot: &str, run: &str) -> Vec<i64> {
            let mut mails: Vec<i64> = Vec::from_iter(self.offers(boot).untouched(run).unwrap());
            mails.sort_unstable();
            mails
        }
    }

    fn place() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    #[test]
    fn only_what_was_taken_and_never_begun_is_untouched() {
        let place = place();
        let offers = place.offers("boot");
        assert!(place.untouched("boot", "").is_empty(), "an empty file");
        offers.start_over("run").unwrap();
        offers.taken([5, 6, 7]).unwrap();
        offers.begun([6, 99]).unwrap();
        assert_eq!(place.untouched("boot", "run"), [5, 7]);
        // Begun once, put back, taken again.
        offers.taken([6, 5]).unwrap();
        offers.begun([5]).unwrap();
        assert_eq!(place.untouched("boot", "run"), [6, 7]);
        offers.start_over("next run").unwrap();
        assert!(place.untouched("boot", "next run").is_empty());
    }

    #[test]
    fn another_boot_another_run_and_a_torn_file_are_not_believed() {
        let place = place();
        let offers = place.offers("boot");
        offers.start_over("run").unwrap();
        offers.taken([5]).unwrap();
        assert!(place.untouched("another boot", "run").is_empty());
        assert!(place.untouched("boot", "another run").is_empty());
        assert_eq!(place.untouched("boot", "run"), [5]);
        offers.file.set_len(FILE_OCTETS - 1).unwrap();
        assert!(place.untouched("boot", "run").is_empty());
        // Where the boot can't be told, nothing is.
        let store = place.0.path().join("askfirst.db");
        let untold = Offers::open(&store, None).unwrap();
        untold.start_over("run").unwrap();
        untold.taken([5]).unwrap();
        assert!(untold.untouched("run").unwrap().is_empty());
    }

    #[test]
    fn what_was_overwritten_is_not_untouched() {
        let place = place();
        let offers = place.offers("boot");
        offers.start_over("run").unwrap();
        let many = i64::try_from(MARKS).unwrap();
        for first in [1, 501, 1_001, 1_501] {
            offers.taken(first..first + 500).unwrap();
        }
        offers.taken(2_001..many + 11).unwrap();
        // Round the end of the file, and one that is written no more.
        offers
            .begun([3, many - 1, many, many + 1, many + 5])
            .unwrap();
        let untouched = place.untouched("boot", "run");
        let expected: Vec<i64> = (11..many + 11)
            .filter(|mail| ![many - 1, many, many + 1, many + 5].contains(mail))
            .collect();
        let ends = [untouched.first(), untouched.last()];
        assert!(untouched == expected, "{} marks, {ends:?}", untouched.len());
    }
}
