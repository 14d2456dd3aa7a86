//! Mails that leave with the transaction that writes them: they are entered as in flight, and their bytes are
//! kept for whoever sends them, so that neither is read or written a second time.
//!
//! Only where nothing older waits and nothing holds sending back, and only as many as may be in flight. Fails
//! with a [`DeskError`]; then the transaction is rolled back.

use crate::desk::DeskError;
use crate::desk::last_look::LastLook;
use crate::desk::post::{Parcel, sending};
use crate::desk::work::Work;
use crate::rules::saying::Saying;
use crate::store::outbox::{self, Which};
use std::cell::RefCell;

/// The mails of one transaction.
#[derive(Default)]
pub(super) struct Leaving(RefCell<State>);

#[derive(Default)]
struct State {
    /// None: all of them wait like everything else.
    room: Option<usize>,
    /// Whether some of them do.
    some_wait: bool,
    mails: Vec<Mail>,
}

struct Mail {
    introduction: Option<i64>,
    saying: &'static str,
    parcel: Parcel,
}

impl Leaving {
    fn with(room: usize) -> Leaving {
        Leaving(RefCell::new(State {
            room: Some(room),
            ..State::default()
        }))
    }

    /// Whether one more mail may be entered as in flight. What may be recalled as long as it waits, waits.
    pub(super) fn takes(&self, saying: &Saying) -> bool {
        let mut state = self.0.borrow_mut();
        let Some(room) = &mut state.room else {
            return false;
        };
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        let leaves = fits && *saying != Saying::Introduction;
        state.some_wait |= fits && !leaves;
        leaves
    }

    /// One that was entered as in flight; its bytes are to come.
    pub(super) fn enter(&self, introduction: Option<i64>, saying: &'static str, parcel: Parcel) {
        self.0.borrow_mut().mails.push(Mail {
            introduction,
            saying,
            parcel,
        });
    }

    /// The bytes of a mail, as they were stored.
    pub(super) fn finished(&self, id: i64, bytes: Vec<u8>) {
        let mut state = self.0.borrow_mut();
        // In the order of their numbers.
        let found = state.mails.binary_search_by_key(&id, |mail| mail.parcel.id);
        if let Some(mail) = found.ok().and_then(|at| state.mails.get_mut(at)) {
            mail.parcel.bytes = bytes;
        }
    }
}

impl Work<'_> {
    /// From here on mails leave at once, if they can.
    pub(super) fn let_leave(&mut self, room: usize) -> Result<(), DeskError> {
        let free = room > 0
            && !self.each_apart
            && sending(self.db, self.now_secs)? == Some(Which::All)
            && outbox::due(self.db, self.now_secs, 1, &Which::All)?.is_empty();
        if free {
            self.leaving = Leaving::with(room);
        }
        Ok(())
    }

    /// What was written in this transaction and goes at once, where there is room and nothing older waits
    /// before it; the last look at each.
    pub(super) fn take_up(&mut self, room: usize) -> Result<Vec<Parcel>, DeskError> {
        let left = std::mem::take(&mut self.leaving).0.into_inner();
        let may_leave = room > 0 && sending(self.db, self.now_secs)? == Some(Which::All);
        let mut parcels = Vec::with_capacity(left.mails.len());
        for mail in left.mails {
            let id = mail.parcel.id;
            if !outbox::is_in_flight(self.db, id)? {
                // Called off meanwhile, or seen elsewhere.
                continue;
            }
            // What has no bytes yet is never handed out: it would be an empty mail.
            if !may_leave || mail.parcel.bytes.is_empty() {
                outbox::wait(self.db, id, "queued", self.now_secs)?;
                continue;
            }
            let look = LastLook {
                id,
                introduction: mail.introduction,
                saying: mail.saying,
                recipients: &mail.parcel.recipients,
            };
            match self.is_unwanted(&look)? {
                true => self.take_out(id)?,
                false => parcels.push(mail.parcel),
            }
        }
        if may_leave && (left.room.is_none() || left.some_wait) {
            let room = room.saturating_sub(parcels.len());
            parcels.extend(self.take(u32::try_from(room).unwrap_or(0), &Which::All)?);
            parcels.sort_by_key(|parcel| parcel.id);
        }
        Ok(parcels)
    }
}
