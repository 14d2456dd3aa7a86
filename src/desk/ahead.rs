//! Mails taken apart and read a few mails before the desk decides on them, in a thread beside it.
//!
//! Never fails: a mail that was not read ahead is read at the desk. Only mails whose attempt is committed
//! come here, and the watch over mails that hang follows this thread as it follows the desk.

use crate::deadline::{DECIDE_TICKS, Deadline};
use crate::desk::house::House;
use crate::desk::intake::identity;
use crate::desk::lasting::Lasting;
use crate::desk::{STACK_OCTETS, bind};
use crate::failpoint;
use crate::reader::author::Facts;
use crate::reader::letter::Letter;
use crate::reader::{self, Known, Reader, Reading, content};
use crate::store::inbox::{Identity, Pending};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// For fewer mails a thread costs more than it gives.
const WORTH_IT: usize = 4;
/// Mails are handed over together: to wake a thread costs more than that.
const GROUP: usize = 4;
/// Groups that were read and not decided on.
const MOST_AHEAD: usize = 4;

/// What reading needs beside the mails.
#[derive(Clone)]
pub(super) struct Circumstances {
    pub(super) house: Arc<House>,
    pub(super) deadline: Option<Deadline>,
    pub(super) now_secs: i64,
}

/// A mail taken apart.
pub(super) struct Opened {
    pub(super) letter: Letter,
    pub(super) content_key: Vec<u8>,
    pub(super) reader: Reader,
    /// Read as an answer to no mail of ours, where it seems to be none.
    pub(super) alone: Option<Reading>,
}

impl Opened {
    /// What it is known by from now on.
    pub(super) fn identity(&self) -> Identity<'_> {
        identity(&self.letter, &self.content_key)
    }

    /// Takes a mail apart; `alone`: reads it too, if no token of ours stands in it.
    pub(super) fn of(pending: &Pending, around: &Circumstances, alone: bool) -> Opened {
        reader::prepare();
        let deadline = around.deadline.as_ref();
        let _held = deadline.map(|deadline| deadline.begin(pending.id, DECIDE_TICKS));
        failpoint::poison(&pending.raw);
        let letter = reader::open(&pending.raw);
        let facts = pending.facts.as_deref();
        let facts: Option<Facts> = facts.and_then(|json| serde_json::from_str(json).ok());
        let known = Known {
            original: None,
            authserv_ids: &around.house.authserv_ids,
            facts: facts.as_ref(),
            now_secs: around.now_secs,
        };
        let reader = Reader::new(&letter, &known);
        let is_alone = alone && !bind::carries_ours(&around.house, &letter);
        let alone = is_alone.then(|| reader.read(&letter, None));
        if let (Some(reading), Some(author)) = (&alone, letter.from.person())
            && around.house.connector(&author.address).is_some()
        {
            // The desk will ask what he passes on: better worked out here than there.
            reading.thread();
        }
        Opened {
            content_key: content::key(&letter, &pending.raw),
            alone,
            reader,
            letter,
        }
    }
}

/// A batch to be read.
pub(super) struct Job {
    mails: Arc<[Pending]>,
    around: Circumstances,
    done: SyncSender<Vec<(i64, Opened)>>,
}

fn read(job: Job) {
    let mut rest = &*job.mails;
    // The first one alone: the desk waits for it.
    let mut count = 1;
    while !rest.is_empty() {
        let (group, others) = rest.split_at(count.min(rest.len()));
        (rest, count) = (others, GROUP);
        let group = group.iter();
        let group = group.map(|mail| (mail.id, Opened::of(mail, &job.around, true)));
        // The desk has ended its batch early.
        if job.done.send(group.collect()).is_err() {
            return;
        }
    }
}

/// Where the mails that were read ahead come from, in their order.
pub(super) struct Ahead {
    opened: Option<Receiver<Vec<(i64, Opened)>>>,
    /// The group at hand.
    group: RefCell<std::vec::IntoIter<(i64, Opened)>>,
}

impl Ahead {
    /// Begins to read these mails, if they are enough, in the thread that stays for it.
    pub(super) fn start(
        place: &mut Option<Lasting<Job>>,
        mails: &Arc<[Pending]>,
        around: &Circumstances,
    ) -> Ahead {
        if mails.len() < WORTH_IT {
            return Ahead::of(None);
        }
        let (done, opened) = sync_channel(MOST_AHEAD);
        let job = Job {
            mails: mails.clone(),
            around: around.clone(),
            done,
        };
        let reader = Lasting::at(place, ("reader", STACK_OCTETS), read);
        let given = reader.is_some_and(|reader| reader.jobs().send(job).is_ok());
        Ahead::of(given.then_some(opened))
    }

    fn of(opened: Option<Receiver<Vec<(i64, Opened)>>>) -> Ahead {
        Ahead {
            opened,
            group: RefCell::default(),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.opened.is_some()
    }

    /// This mail, if it is the next one.
    pub(super) fn take(&self, id: i64) -> Option<Opened> {
        let opened = self.opened.as_ref()?;
        let mut group = self.group.borrow_mut();
        if group.len() == 0 {
            *group = opened.recv().ok()?.into_iter();
        }
        let (read, opened) = group.next()?;
        (read == id).then_some(opened)
    }
}
