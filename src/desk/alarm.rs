//! Mails to the operator about the bot itself: each trouble is told once, and once more when it is over.
//!
//! What was told stands in the database, so that a restart repeats nothing.

use crate::desk::launch::blank;
use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::reader::address::{Address, Person};
use crate::rules::introduction::Way;
use crate::rules::saying::{Alarm, Saying};
use crate::store::people;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Reading,
    Sending,
    SignIn,
}

impl Topic {
    fn key(self) -> &'static str {
        match self {
            Topic::Reading => "alarm_reading",
            Topic::Sending => "alarm_sending",
            Topic::SignIn => "alarm_sign_in",
        }
    }
}

impl Desk {
    /// Since when the operator knows of this trouble; None: he was told nothing, or that it is over.
    pub fn told_since(&self, topic: Topic) -> Result<Option<i64>, DeskError> {
        let value = people::meta(self.store().reading(), topic.key())?;
        Ok(value.and_then(|value| value.parse().ok()))
    }

    /// Remembers since when it is wrong, or None: that it is well; and writes the mail, if there is one
    /// (of what can't be told by mail there is none).
    pub fn tell_operator(
        &mut self,
        topic: Topic,
        since_secs: Option<i64>,
        mail: Option<Alarm>,
        operator: Option<&Address>,
        now_secs: i64,
    ) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            let since = since_secs.map(|secs| secs.to_string());
            people::set_meta(work.db, topic.key(), since.as_deref())?;
            match (mail, work.operator(operator)) {
                (Some(what), Some(operator)) => {
                    let mut nobody = blank(Way::Forwarded, now_secs);
                    nobody.connector = Some(operator);
                    work.say(nobody, &Saying::Alarm { what })?;
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }
}

impl Work<'_> {
    /// The configured operator, with a connector's name where he is one; else the first connector.
    fn operator(&self, operator: Option<&Address>) -> Option<Person> {
        let Some(address) = operator else {
            return self.house.connectors.first()?.person();
        };
        let connector = self.house.connector(address);
        Some(Person {
            name: connector.map_or_else(String::new, |connector| connector.name.clone()),
            address: address.clone(),
        })
    }
}
