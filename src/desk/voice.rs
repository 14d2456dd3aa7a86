//! In which language a mail is written: the target's by the connector's contacts, else the
//! connector's, else the house's.
//!
//! Cannot fail: English serves where a language is missing.

use crate::desk::work::Work;
use crate::rules::introduction::Introduction;
use crate::rules::saying::Party;
use crate::writer::words::Language;

impl Work<'_> {
    /// The language of a mail to this party (none: to all three), and the second one of a mail to
    /// people who have two.
    pub(super) fn languages(
        &self,
        introduction: &Introduction,
        party: Option<Party>,
    ) -> (&Language, Option<&Language>) {
        let connectors = self.language_of_connector(introduction);
        match party {
            Some(Party::Target) => (self.language_of_target(introduction), None),
            Some(Party::Requester | Party::Connector) => (connectors, None),
            None => {
                let targets = self.language_of_target(introduction);
                let other = (targets.code != connectors.code).then_some(targets);
                (connectors, other)
            }
        }
    }

    fn language_of_connector(&self, introduction: &Introduction) -> &Language {
        let connector = introduction.connector.as_ref();
        let connector = connector.and_then(|person| self.house.connector(&person.address));
        let own = connector.and_then(|connector| connector.language.as_deref());
        let tags = own.into_iter().chain([self.house.language.as_str()]);
        self.house.words.first(tags)
    }

    fn language_of_target(&self, introduction: &Introduction) -> &Language {
        let target = introduction.target.as_ref();
        let settled = target.and_then(|target| {
            let connector = self.connector_of(introduction)?;
            connector.settled(&target.address)?.language.as_deref()
        });
        match settled {
            Some(language) => {
                let connectors = self.language_of_connector(introduction);
                self.house.words.first([language, connectors.code.as_str()])
            }
            None => self.language_of_connector(introduction),
        }
    }
}
