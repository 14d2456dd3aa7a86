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
/// The key of `meta` that says up to which mail those without an introduction have lost their words.
const STRAYS_SEEN: &str = "strays_seen";
/// Introductions of one sweep: to find them takes a look at all that ended. What is left waits an hour.
const MAX_SWEPT: usize = 100_000;

impl Desk {
    pub(super) fn drop_words(&mut self, now_secs: i64) -> Result<(), DeskError> {
        if now_secs - self.swept_at_secs < SWEEP_SECS {
            return Ok(());
        }
        self.swept_at_secs = now_secs;
        let before_secs = now_secs - self.house.keep_bodies_secs;
        let ids = introductions::outlived(self.store.reading(), before_secs, MAX_SWEPT)?;
        for batch in ids.chunks(BATCH) {
            self.transact(now_secs, |work| {
                for id in batch {
                    let Some(mut introduction) = introductions::load(work.db, *id)? else {
                        continue;
                    };
                    introduction.request = None;
                    for evidence in introduction.consents.mails_mut() {
                        evidence.words.clear();
                    }
                    introductions::save(work.db, &introduction)?;
                    introductions::drop_words(work.db, *id)?;
                }
                Ok(())
            })?;
        }
        self.transact(now_secs, |work| {
            let longest = manners::REQUESTS_WINDOW_DAYS * 86_400;
            people::drop_spent(work.db, now_secs - longest)?;
            people::drop_full_buckets(work.db, now_secs)?;
            let seen = people::meta(work.db, STRAYS_SEEN)?;
            let after = seen.and_then(|id| id.parse().ok()).unwrap_or(0);
            let upto = introductions::drop_strays(work.db, before_secs, after)?;
            match upto == after {
                true => Ok(()),
                false => Ok(people::set_meta(
                    work.db,
                    STRAYS_SEEN,
                    Some(&upto.to_string()),
                )?),
            }
        })
    }
}
