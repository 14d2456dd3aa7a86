//! An introduction that was decided on and has not left: as long as no server can have it, a no, a
//! withdrawal or a "cancel" still counts.
//!
//! Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::DeskError;
use crate::desk::work::Work;
use crate::rules::introduction::{Introduction, Stage};
use crate::store::{outbox, secrets};

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
        // Superseded: should there be a yes again, another mail introduces them.
        if let Some(mail) = outbox::untried_introduction(self.db, introduction.id)? {
            self.call_off(mail, "superseded")?;
            secrets::revive_all(self.db, introduction.id)?;
            introduction.stage = Stage::Asked;
            self.acquainted.borrow_mut().change();
        }
        Ok(introduction)
    }
}
