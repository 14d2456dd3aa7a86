//! Mails that carry no secret: requests in their eight ways, and answers in a connector's thread.

use crate::desk::answers::person;
use crate::desk::house::Connector;
use crate::desk::launch::Wish;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, bind, ignored};
use crate::reader::address::{Address, Person};
use crate::reader::author::covered;
use crate::reader::command;
use crate::reader::request::{self, Choice, promise};
use crate::reader::{Forwarded, Proof, Verdict};
use crate::rules::consent::{Consent, RequesterEvidence};
use crate::rules::event::{Event, Gap};
use crate::rules::introduction::{Introduction, Request, Way};
use crate::rules::saying::{AskedWhy, ConfirmWhy};
use crate::store::inbox::Disposition;
use crate::store::{inbox, introductions};

impl Work<'_> {
    pub(super) fn unbound(&mut self, mail: &Mail<'_>) -> Result<Disposition, DeskError> {
        let weaker;
        let mail = match self.may_be_sent_again(mail) {
            true => {
                weaker =
                    mail.unproven("it is not written to the bot, or nothing covers its To field");
                &weaker
            }
            false => mail,
        };
        let Some(author) = mail.letter.from.person() else {
            return Ok(ignored("no single author"));
        };
        if self.house.is_bot(&author.address) {
            return Ok(ignored("from the bot's own address"));
        }
        match self.house.connector(&author.address).cloned() {
            Some(connector) => self.read_connector(mail, &connector),
            None => self.read_other(mail, &author.clone()),
        }
    }

    /// Whether somebody could have sent on to us what its proven author wrote to somebody else.
    pub(super) fn may_be_sent_again(&self, mail: &Mail<'_>) -> bool {
        mail.reading.proof == Proof::Proven && !bind::is_written_to_us(self.house, mail.letter)
    }

    /// People in To and Cc who are neither the bot nor a connector.
    fn outsiders(&self, mail: &Mail<'_>) -> Vec<Person> {
        let mut outsiders: Vec<Person> = Vec::new();
        for person in mail.letter.to.iter().chain(&mail.letter.cc) {
            let known = outsiders.iter().any(|p| p.address == person.address);
            if !known && !self.house.is_insider(&person.address) {
                outsiders.push(person.clone());
            }
        }
        outsiders
    }

    /// Rows 1 to 5.
    fn read_connector(
        &mut self,
        mail: &Mail<'_>,
        connector: &Connector,
    ) -> Result<Disposition, DeskError> {
        let outsiders = self.outsiders(mail);
        let below = self.mail_below(mail);
        if outsiders.is_empty() {
            let text = mail.reading.text.as_str();
            return match (below, command::read(text)) {
                (None, Some(order)) => match mail.reading.proof {
                    Proof::Proven => self.obey(mail, &order),
                    Proof::Unproven | Proof::Fails => Ok(ignored("an order nobody proved")),
                },
                (Some(below), _) => self.passed_request(mail, connector, Way::Forwarded, &below),
                (None, None) => self.proposed(mail, connector),
            };
        }
        let is_author = |person: &Person| {
            let author = below.as_ref().and_then(|below| below.from.address.as_ref());
            author == Some(&person.address)
        };
        match (&below, outsiders.as_slice()) {
            (Some(below), people) if people.iter().any(is_author) => {
                let others: Vec<Address> = people.iter().map(|p| p.address.clone()).collect();
                let promised = promise::as_wish(&mail.reading.text);
                let wish = self.wish(&promised, &others, connector)?;
                match people.len() > 1 && wish.targets.is_empty() {
                    true => self.already_introduced(mail, &outsiders),
                    false => self.passed_request(mail, connector, Way::Answered, below),
                }
            }
            (Some(below), [target]) => self.asked_by_connector(mail, connector, below, target),
            (_, [_, _, ..]) => self.already_introduced(mail, &outsiders),
            (None, [person]) => self.wrote_in_copy(mail, connector, person),
            (_, []) => Ok(ignored("nobody to ask")),
        }
    }

    /// The mail inside: the first author down the thread who is neither connector nor bot.
    fn mail_below(&self, mail: &Mail<'_>) -> Option<Forwarded> {
        let outside = |inner: &&Forwarded| {
            let address = inner.from.address.as_ref();
            address.is_none_or(|address| !self.house.is_insider(address))
        };
        // The thread holds each mail with its own words only: older history is not passed on.
        let whole = mail.reading.forwarded.iter().chain(mail.reading.quoted());
        mail.reading
            .thread()
            .iter()
            .chain(whole)
            .find(outside)
            .cloned()
    }

    /// Row 4, and row 8 as the connector saw it: they know each other; recorded, nothing sent.
    fn already_introduced(
        &mut self,
        mail: &Mail<'_>,
        people: &[Person],
    ) -> Result<Disposition, DeskError> {
        if mail.reading.proof != Proof::Proven {
            return Ok(ignored(
                "an introduction of a connector's that nobody proved",
            ));
        }
        let addresses: Vec<Address> = people.iter().map(|p| p.address.clone()).collect();
        for person in people {
            for id in introductions::between(self.db, &person.address, &addresses)? {
                if let Some(introduction) = introductions::load(self.db, id)? {
                    let introduction = self.step(introduction, Event::TheyMet, "")?;
                    return Ok(belongs("met", &introduction));
                }
            }
        }
        Ok(ignored("the connector introduced them himself"))
    }

    /// Rows 1 and 2: a connector passes a request on.
    pub(super) fn passed_request(
        &mut self,
        mail: &Mail<'_>,
        connector: &Connector,
        way: Way,
        below: &Forwarded,
    ) -> Result<Disposition, DeskError> {
        let requester = below.from.address.clone().map(|address| Person {
            name: below.from.name.clone().unwrap_or_default(),
            address,
        });
        let words = below.body.trim().to_owned();
        let request = (!words.is_empty()).then(|| Request {
            subject: below.subject.clone().unwrap_or_default(),
            words,
            date: below.date.clone().unwrap_or_default(),
            attachments: mail.letter.attachments.clone(),
        });
        let apart: Vec<Address> = requester.iter().map(|p| p.address.clone()).collect();
        let note = mail.reading.text.trim();
        let mut why = AskedWhy::YouNamed;
        let mut wish = match way {
            Way::Answered => self.wish(&promise::as_wish(note), &apart, connector)?,
            _ => self.wish(note, &apart, connector)?,
        };
        if wish.targets.is_empty() && wish.gap.is_none() {
            let inner = self.wish(&below.body, &apart, connector)?;
            let contacts = inner
                .targets
                .iter()
                .filter(|choice| connector.contact(&choice.address).is_some())
                .count();
            wish = match (note.is_empty(), contacts, inner.targets.len()) {
                (true, 1, 1) => {
                    why = AskedWhy::RequestNamed;
                    inner
                }
                // Named, but nobody said to ask them: the connector chooses.
                _ => Wish {
                    gap: Some(Gap::Target {
                        words: String::new(),
                        choices: inner.targets,
                    }),
                    targets: Vec::new(),
                },
            };
        }
        if requester.is_none() {
            wish.gap = Some(Gap::Requester {
                words: below.from.name.clone().unwrap_or_default(),
            });
        } else if request.is_none() && wish.gap.is_none() {
            wish.gap = Some(Gap::Words);
        }
        let vouched = Consent {
            at_secs: self.now_secs,
            evidence: RequesterEvidence::Vouched {
                message_id: mail.letter.message_id.clone().unwrap_or_default(),
            },
        };
        let mut draft = self.draft(way, mail, connector);
        draft.consents.requester = request.is_some().then_some(vouched);
        draft.requester = requester;
        draft.request = request;
        self.launch(mail, draft, wish, why)
    }

    /// Row 3: the connector asked the target himself; the bot waits for her answer to him.
    fn asked_by_connector(
        &mut self,
        mail: &Mail<'_>,
        connector: &Connector,
        below: &Forwarded,
        target: &Person,
    ) -> Result<Disposition, DeskError> {
        if mail.reading.proof != Proof::Proven {
            return Ok(ignored("a connector's ask that nobody proved"));
        }
        let Some(address) = below.from.address.clone() else {
            return Ok(ignored("the request below names no address of its author"));
        };
        let mut draft = self.draft(Way::AskedByConnector, mail, connector);
        draft.requester = Some(Person {
            name: below.from.name.clone().unwrap_or_default(),
            address,
        });
        draft.request = Some(Request {
            subject: below.subject.clone().unwrap_or_default(),
            words: below.body.trim().to_owned(),
            date: below.date.clone().unwrap_or_default(),
            attachments: Vec::new(),
        });
        draft.consents.requester = Some(Consent {
            at_secs: self.now_secs,
            evidence: RequesterEvidence::Vouched {
                message_id: mail.letter.message_id.clone().unwrap_or_default(),
            },
        });
        let message_id = mail.letter.message_id.clone().unwrap_or_default();
        draft.threads.target.push(&message_id, &mail.letter.subject);
        let wish = Wish {
            targets: vec![Choice {
                name: target.name.clone(),
                address: target.address.clone(),
            }],
            gap: None,
        };
        self.launch(mail, draft, wish, AskedWhy::YouNamed)
    }

    /// Row 5: two people named in order, no request below; both are asked, each alone.
    fn proposed(
        &mut self,
        mail: &Mail<'_>,
        connector: &Connector,
    ) -> Result<Disposition, DeskError> {
        let text = mail.reading.text.as_str();
        let pair = self.two_people(text, connector)?;
        let mut draft = self.draft(Way::Proposed, mail, connector);
        let Some([first, second]) = pair else {
            let gap = Gap::Requester {
                words: String::new(),
            };
            let wish = self.wish(text, &[], connector)?;
            if wish.targets.is_empty() && wish.gap.is_none() {
                return self.unknown_wish(mail);
            }
            draft.way = Way::Forwarded;
            let wish = Wish {
                targets: wish.targets,
                gap: Some(gap),
            };
            return self.launch(mail, draft, wish, AskedWhy::YouNamed);
        };
        draft.requester = Some(person(&first));
        let wish = Wish {
            targets: vec![second],
            gap: None,
        };
        self.launch(mail, draft, wish, AskedWhy::YouNamed)
    }

    fn two_people(
        &self,
        text: &str,
        connector: &Connector,
    ) -> Result<Option<[Choice; 2]>, DeskError> {
        let insiders = self.house.insiders();
        let people = self.people_of(connector)?.near(text);
        Ok(request::pair(text, &insiders, &people).map(|(first, second)| [first, second]))
    }

    /// Everybody else: an answer in a connector's thread, people who have met, or a request.
    fn read_other(&mut self, mail: &Mail<'_>, author: &Person) -> Result<Disposition, DeskError> {
        let mut ids = mail.letter.in_reply_to.clone();
        ids.extend(mail.letter.references.iter().cloned());
        for id in inbox::introduction_of(self.db, &ids)? {
            let Some(introduction) = introductions::load(self.db, id)? else {
                continue;
            };
            if let Some(done) = self.in_connectors_thread(mail, author, introduction)? {
                return Ok(done);
            }
        }
        let outsiders = self.outsiders(mail);
        let addresses: Vec<Address> = outsiders.iter().map(|p| p.address.clone()).collect();
        if let Some(id) = introductions::between(self.db, &author.address, &addresses)?.first()
            && mail.reading.proof == Proof::Proven
            && bind::is_written_to_us(self.house, mail.letter)
            && let Some(introduction) = introductions::load(self.db, *id)?
        {
            let introduction = self.step(introduction, Event::TheyMet, &mail.detail())?;
            return Ok(belongs("met", &introduction));
        }
        if let Some(done) = self.wishes_of_his_own(mail, author)? {
            return Ok(done);
        }
        // Not even the question whom he means: only connectors give orders.
        if command::read(&mail.reading.text).is_some() {
            return Ok(ignored("an order from nobody who may give one"));
        }
        self.direct(mail, author)
    }

    /// Whether the thread and the bot's place in it are the author's own doing, and no replay's.
    fn threads_to_connector(&self, mail: &Mail<'_>) -> bool {
        let ids = &self.house.authserv_ids;
        let covers = |field: &str| covered::is_covered(mail.letter, ids, field);
        bind::is_written_to_us(self.house, mail.letter)
            && (covers("In-Reply-To") || covers("References"))
    }

    /// Row 3's answer, or a requester's later mail in the thread with his connector.
    fn in_connectors_thread(
        &mut self,
        mail: &Mail<'_>,
        author: &Person,
        mut introduction: Introduction,
    ) -> Result<Option<Disposition>, DeskError> {
        let is = |person: &Option<Person>| {
            let person = person.as_ref();
            person.is_some_and(|p| self.house.same_person(&p.address, &author.address))
        };
        if is(&introduction.target) && introduction.way == Way::AskedByConnector {
            if !mail.fails()
                && bind::is_written_to_us(self.house, mail.letter)
                && self.they_met(mail, &introduction)
            {
                introduction = self.step(introduction, Event::TheyMet, &mail.detail())?;
                return Ok(Some(belongs("met", &introduction)));
            }
            // He wrote to the connector too: what nobody proved and is no yes causes no mail.
            if mail.reading.proof != Proof::Proven && mail.verdict() != Verdict::Yes {
                return Ok(Some(belongs("noted", &introduction)));
            }
            let doubt = match mail.reading.proof {
                Proof::Proven if self.threads_to_connector(mail) => None,
                Proof::Proven | Proof::Unproven | Proof::Fails => Some(ConfirmWhy::Untied),
            };
            return self.target_answered(mail, introduction, doubt).map(Some);
        }
        if is(&introduction.requester)
            && mail.reading.proof == Proof::Proven
            && !self.requester_wishes_anew(mail, &introduction)?
        {
            let withdraws = command::read(&mail.reading.text) == Some(command::Command::Cancel)
                || mail.verdict() == Verdict::Stop;
            if withdraws {
                let event = Event::RequesterWithdrew;
                introduction = self.recall(introduction)?;
                introduction = self.step(introduction, event, &mail.detail())?;
            }
            return Ok(Some(belongs("noted", &introduction)));
        }
        Ok(None)
    }

    /// The target writes to the requester, the bot is among the others: nothing is left to do.
    pub(super) fn they_met(&self, mail: &Mail<'_>, introduction: &Introduction) -> bool {
        let recipients = mail.letter.to.iter().chain(&mail.letter.cc);
        let requester = introduction.requester.as_ref();
        recipients
            .filter_map(|person| requester.map(|requester| (person, requester)))
            .any(|(person, requester)| person.address == requester.address)
    }
}
