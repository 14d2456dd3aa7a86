//! The start of introductions: whom a text names, and one introduction for each of them.

use crate::desk::answers::person;
use crate::desk::house::Connector;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::Proof;
use crate::reader::address::{Address, Person};
use crate::reader::request::people::People;
use crate::reader::request::{self, Choice, Named};
use crate::rules::consent::{ConnectorEvidence, Consent, Consents};
use crate::rules::event::{Event, Gap};
use crate::rules::introduction::{Asked, Clock, Introduction, Stage, Thread, Threads, Way};
use crate::rules::saying::AskedWhy;
use crate::store::inbox::Disposition;
use std::sync::Arc;

/// Introductions that one mail may start (a plain list of targets).
const MAX_TARGETS: usize = 5;

/// Whom a text named, and what was left open.
pub(super) struct Wish {
    pub(super) targets: Vec<Choice>,
    pub(super) gap: Option<Gap>,
}

impl Work<'_> {
    /// Whom a text names, of this connector's people.
    pub(super) fn wish(
        &self,
        text: &str,
        apart: &[Address],
        connector: &Connector,
    ) -> Result<Wish, DeskError> {
        let mut all = self.house.insiders();
        all.extend(apart.iter().cloned());
        let (targets, gap) = match self.fully_named(
            request::whom(text, &all, &self.people_of(connector)?.near(text)),
            connector,
        ) {
            Named::Nobody => (Vec::new(), None),
            Named::One(choice) => (vec![choice], None),
            Named::List(list) if list.len() <= MAX_TARGETS => (list, None),
            Named::List(choices) | Named::Several(choices) => {
                let words = String::new();
                (Vec::new(), Some(Gap::Target { words, choices }))
            }
            Named::Unknown(words) => {
                let choices = Vec::new();
                (Vec::new(), Some(Gap::Target { words, choices }))
            }
        };
        Ok(Wish { targets, gap })
    }

    /// Whom a connector can name.
    pub(super) fn people_of(&self, connector: &Connector) -> Result<Arc<People>, DeskError> {
        let mut acquainted = self.acquainted.borrow_mut();
        acquainted.people_of(self.db, self.house, connector)
    }

    /// A contact is called by the name in the contacts, which is mostly the fuller one.
    pub(super) fn fully_named(&self, named: Named, connector: &Connector) -> Named {
        // A sub-address of the bot is the bot.
        let own = |choice: &Choice| self.house.is_bot(&choice.address);
        let named = match named {
            Named::One(choice) if own(&choice) => Named::Nobody,
            Named::List(list) if list.iter().any(own) => {
                Named::Several(list.into_iter().filter(|choice| !own(choice)).collect())
            }
            other => other,
        };
        let fuller = |choice: Choice| match connector.contact(&choice.address) {
            Some(contact) if !contact.name.is_empty() => Choice {
                name: contact.name.clone(),
                ..choice
            },
            _ => choice,
        };
        match named {
            Named::One(choice) => Named::One(fuller(choice)),
            Named::List(list) => Named::List(list.into_iter().map(fuller).collect()),
            other => other,
        }
    }

    pub(super) fn draft(&self, way: Way, mail: &Mail<'_>, connector: &Connector) -> Introduction {
        // His proven mail is his yes; an unproven one has to be confirmed first.
        let consent = (mail.reading.proof == Proof::Proven).then(|| Consent {
            at_secs: self.now_secs,
            evidence: ConnectorEvidence::Mail(mail.evidence(&mail.reading.text)),
        });
        Introduction {
            connector: mail.letter.from.person().map(|author| Person {
                name: connector.name.clone(),
                address: author.address.clone(),
            }),
            consents: Consents {
                connector: consent,
                ..Consents::default()
            },
            threads: Threads {
                connector: thread_with(mail),
                ..Threads::default()
            },
            ..blank(way, self.now_secs)
        }
    }

    /// Opens one introduction for each target, or one with the gap that has to be filled first.
    pub(super) fn launch(
        &mut self,
        mail: &Mail<'_>,
        draft: Introduction,
        wish: Wish,
        why: AskedWhy,
    ) -> Result<Disposition, DeskError> {
        let unproven_connector = draft.way != Way::Direct && draft.consents.connector.is_none();
        if unproven_connector && mail.junk {
            return Ok(ignored("unproven, and in the junk folder"));
        }
        if unproven_connector {
            let of = draft.connector.as_ref();
            let connector = of.and_then(|person| self.house.connector(&person.address));
            let may = match connector {
                Some(connector) => self.may_trouble(mail, &draft, connector)?,
                None => false,
            };
            if !may {
                return Ok(ignored("unproven, and its author was asked about it today"));
            }
        }
        let mut targets: Vec<Option<Choice>> = wish.targets.into_iter().map(Some).collect();
        if targets.is_empty() {
            targets.push(None);
        }
        let mut last = None;
        if unproven_connector && targets.len() > 1 {
            // One question for one mail; whom he means is asked once it is his.
            targets = vec![None];
        }
        let drafts = std::iter::repeat_n(draft, targets.len());
        for (at, (mut introduction, target)) in drafts.zip(targets).enumerate() {
            if at > 0 {
                introduction.id = 0;
            }
            introduction.target = target.as_ref().map(person);
            let gap = match unproven_connector {
                true => Some(Gap::ConnectorProof),
                false => wish.gap.clone(),
            };
            let event = Event::Opened { why, gap };
            last = Some(self.step(introduction, event, &mail.detail())?);
        }
        Ok(match last {
            Some(introduction) => belongs("request", &introduction),
            None => ignored("nobody to ask"),
        })
    }
}

pub(super) fn thread_with(mail: &Mail<'_>) -> Thread {
    let mut thread = Thread::default();
    let message_id = mail.letter.message_id.as_deref().unwrap_or_default();
    thread.push(message_id, &mail.letter.subject);
    thread
}

pub(super) fn blank(way: Way, now_secs: i64) -> Introduction {
    Introduction {
        id: 0,
        way,
        stage: match way {
            Way::Direct => Stage::WaitingForRequester,
            Way::Forwarded | Way::Answered | Way::AskedByConnector | Way::Proposed => {
                Stage::WaitingForConnector
            }
        },
        requester: None,
        connector: None,
        target: None,
        request: None,
        consents: Consents::default(),
        clock: Clock::default(),
        asked: Asked::default(),
        threads: Threads::default(),
        created_at_secs: now_secs,
        updated_at_secs: now_secs,
    }
}
