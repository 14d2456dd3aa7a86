//! An introduction that was decided on and has not left: as long as no server can have it, a no, a
//! withdrawal or a "cancel" still counts.
//!
//! Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::DeskError;
use crate::desk::work::Work;
use crate::rules::introduction::{Introduction, Stage};
use crate::store::outbox;

impl Work<'_> {
    /// Takes the introduction out of the queue, and gives the affair back as it stood before; as it is
    /// where there is nothing to take back. What comes next has to end or to defer it.
    pub(super) fn recall(
        &mut self,
        mut introduction: Introduction,
    ) -> Result<Introduction, DeskError> {
        if introduction.stage != Stage::Introduced {
            return Ok(introduction);
        }
        if let Some(mail) = outbox::untried_introduction(self.db, introduction.id)? {
            self.take_out(mail)?;
            introduction.stage = Stage::Asked;
        }
        Ok(introduction)
    }
}
