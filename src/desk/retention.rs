//! What is forgotten by itself: some time after an introduction's end, the words of its mails.
//!
//! Who was introduced to whom, when, and on which Message-IDs stays: it is the record of the consents.

use crate::desk::{Desk, DeskError};
use crate::rules::manners;
use crate::store::{introductions, people};

/// Words are dropped a month or so later; to look once an hour is plenty.
const SWEEP_SECS: i64 = 3_600;
/// Introductions in one transaction.
const BATCH: usize = 100;

impl Desk {
    pub(super) fn drop_words(&mut self, now_secs: i64) -> Result<(), DeskError> {
        if now_secs - self.swept_at_secs < SWEEP_SECS {
            return Ok(());
        }
        self.swept_at_secs = now_secs;
        let before_secs = now_secs - self.house.keep_bodies_secs;
        loop {
            let ids = introductions::outlived(self.store.reading(), before_secs, BATCH)?;
            let last = ids.len() < BATCH;
            self.transact(now_secs, |work| {
                for id in ids {
                    let Some(mut introduction) = introductions::load(work.db, id)? else {
                        continue;
                    };
                    introduction.request = None;
                    for evidence in introduction.consents.mails_mut() {
                        evidence.words.clear();
                    }
                    introductions::save(work.db, &introduction)?;
                    introductions::drop_words(work.db, id)?;
                }
                let longest = manners::REQUESTS_WINDOW_DAYS * 86_400;
                people::drop_spent(work.db, now_secs - longest)?;
                people::drop_full_buckets(work.db, now_secs)?;
                Ok(introductions::drop_strays(work.db, before_secs)?)
            })?;
            if last {
                return Ok(());
            }
        }
    }
}
