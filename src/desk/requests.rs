//! Mails that carry no secret: requests in their eight ways, and answers in a connector's thread.

use crate::desk::answers::{person, request_of};
use crate::desk::house::Connector;
use crate::desk::{DeskError, Mail, Work, belongs, ignored};
use crate::reader::address::{Address, Person};
use crate::reader::command;
use crate::reader::request::{self, Choice, Named, promise};
use crate::reader::{Forwarded, Proof, Verdict};
use crate::rules::consent::{ConnectorEvidence, Consent, Consents, RequesterEvidence};
use crate::rules::event::{Event, Gap};
use crate::rules::introduction::{
    Asked, Clock, Introduction, Request, Stage, Thread, Threads, Way,
};
use crate::rules::manners::{Direct, NOTICE_PAUSE_SECS};
use crate::rules::saying::{AskedWhy, ConfirmWhy};
use crate::store::inbox::Disposition;
use crate::store::{inbox, introductions, people};

/// Introductions that one mail may start (a plain list of targets).
const MAX_TARGETS: usize = 5;

/// Whom a text named, and what was left open.
struct Wish {
    targets: Vec<Choice>,
    gap: Option<Gap>,
}

impl Work<'_> {
    pub(super) fn unbound(&mut self, mail: &Mail<'_>) -> Result<Disposition, DeskError> {
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
                let wish = self.wish(&promised, &others, connector);
                match people.len() > 1 && wish.targets.is_empty() {
                    true => self.already_introduced(mail, &outsiders),
                    false => self.passed_request(mail, connector, Way::Answered, below),
                }
            }
            (Some(below), [target]) => self.asked_by_connector(mail, connector, below, target),
            (_, [_, _, ..]) => self.already_introduced(mail, &outsiders),
            (None, _) => Ok(ignored(
                "a connector's mail to somebody, without a request below",
            )),
            (Some(_), []) => Ok(ignored("nobody to ask")),
        }
    }

    /// The mail inside: the first author down the thread who is neither connector nor bot.
    fn mail_below(&self, mail: &Mail<'_>) -> Option<Forwarded> {
        let outside = |inner: &&Forwarded| {
            let address = inner.from.address.as_ref();
            address.is_none_or(|address| !self.house.is_insider(address))
        };
        let first = mail.reading.forwarded.iter().chain(&mail.reading.quoted);
        first.chain(&mail.reading.thread).find(outside).cloned()
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
    fn passed_request(
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
            Way::Answered => self.wish(&promise::as_wish(note), &apart, connector),
            _ => self.wish(note, &apart, connector),
        };
        if wish.targets.is_empty() && wish.gap.is_none() {
            let inner = self.wish(&below.body, &apart, connector);
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
        let pair = self.two_people(text, connector);
        let mut draft = self.draft(Way::Proposed, mail, connector);
        let Some([first, second]) = pair else {
            let gap = Gap::Requester {
                words: String::new(),
            };
            let wish = self.wish(text, &[], connector);
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

    fn two_people(&self, text: &str, connector: &Connector) -> Option<[Choice; 2]> {
        let insiders = self.house.insiders();
        let addresses: Vec<Address> = command::addresses(text)
            .into_iter()
            .filter(|address| !self.house.is_insider(address))
            .collect();
        let named = |address: &Address| {
            let written = request::whom(
                &format!("introduce me to {text}"),
                &others(text, address),
                &connector.contacts,
            );
            match written {
                Named::One(choice) if choice.address == *address => choice,
                _ => Choice {
                    name: connector
                        .contact(address)
                        .map(|c| c.name.clone())
                        .unwrap_or_default(),
                    address: address.clone(),
                },
            }
        };
        if let [first, second] = addresses.as_slice() {
            return Some([named(first), named(second)]);
        }
        match request::whom(text, &insiders, &connector.contacts) {
            Named::List(list) | Named::Several(list) => match <[Choice; 2]>::try_from(list) {
                Ok([first, second]) if !first.name.eq_ignore_ascii_case(&second.name) => {
                    Some([first, second])
                }
                _ => None,
            },
            Named::Nobody | Named::One(_) | Named::Unknown(_) => None,
        }
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
            && mail.reading.proof != Proof::Fails
            && let Some(introduction) = introductions::load(self.db, *id)?
        {
            let introduction = self.step(introduction, Event::TheyMet, &mail.detail())?;
            return Ok(belongs("met", &introduction));
        }
        self.direct(mail, author)
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
            if !mail.fails() && self.they_met(mail, &introduction) {
                introduction = self.step(introduction, Event::TheyMet, &mail.detail())?;
                return Ok(Some(belongs("met", &introduction)));
            }
            // He wrote to the connector too: what nobody proved and is no yes causes no mail.
            if mail.reading.proof != Proof::Proven && mail.verdict() != Verdict::Yes {
                return Ok(Some(belongs("noted", &introduction)));
            }
            let doubt = match mail.reading.proof {
                Proof::Proven => None,
                Proof::Unproven | Proof::Fails => Some(ConfirmWhy::Untied),
            };
            return self.target_answered(mail, introduction, doubt).map(Some);
        }
        if is(&introduction.requester) && mail.reading.proof == Proof::Proven {
            let withdraws = command::read(&mail.reading.text) == Some(command::Command::Cancel)
                || mail.verdict() == Verdict::Stop;
            if withdraws {
                let event = Event::RequesterWithdrew;
                introduction = self.step(introduction, event, &mail.detail())?;
            }
            return Ok(Some(belongs("noted", &introduction)));
        }
        Ok(None)
    }

    /// Row 6: a requester writes to the bot.
    fn direct(&mut self, mail: &Mail<'_>, author: &Person) -> Result<Disposition, DeskError> {
        let to_bot = mail.letter.to.iter().chain(&mail.letter.cc);
        let named_bot = to_bot
            .map(|person| &person.address)
            .any(|a| self.house.is_bot(a));
        if !named_bot {
            return Ok(ignored("not written to the bot"));
        }
        if mail.fails() {
            return Ok(ignored("proof of the author fails"));
        }
        let in_copy = mail.letter.to.iter().chain(&mail.letter.cc);
        let mut connectors: Vec<Connector> = in_copy
            .filter_map(|person| self.house.connector(&person.address).cloned())
            .collect();
        connectors.dedup_by(|a, b| a.addresses == b.addresses);
        if connectors.is_empty() {
            connectors = self.house.connectors.clone();
        }
        let own = Introduction {
            requester: Some(author.clone()),
            request: Some(request_of(mail)),
            consents: Consents {
                requester: Some(Consent {
                    at_secs: self.now_secs,
                    evidence: RequesterEvidence::Mail(mail.evidence("his own request")),
                }),
                ..Consents::default()
            },
            threads: Threads {
                requester: thread_with(mail),
                ..Threads::default()
            },
            ..blank(Way::Direct, self.now_secs)
        };
        match connectors.as_slice() {
            [connector] => self.direct_to(mail, own, &connector.clone()),
            _ => {
                let people = connectors.iter().filter_map(Connector::person).collect();
                if mail.reading.proof != Proof::Proven {
                    return Ok(ignored("unproven, and names no connector"));
                }
                let wish = Wish {
                    targets: Vec::new(),
                    gap: Some(Gap::Connector { connectors: people }),
                };
                self.launch(mail, own, wish, AskedWhy::DirectRequest)
            }
        }
    }

    /// A requester's mail whose connector is known.
    fn direct_to(
        &mut self,
        mail: &Mail<'_>,
        mut own: Introduction,
        connector: &Connector,
    ) -> Result<Disposition, DeskError> {
        own.connector = connector.person();
        let proof = mail.reading.proof;
        let words = own
            .request
            .as_ref()
            .map(|r| r.words.clone())
            .unwrap_or_default();
        let apart: Vec<Address> = own.requester.iter().map(|p| p.address.clone()).collect();
        let mut wish = self.wish(&words, &apart, connector);
        if connector.direct == Direct::Off {
            wish.gap = Some(Gap::DirectRequestsOff);
            return self.launch(mail, own, wish, AskedWhy::DirectRequest);
        }
        if wish.targets.is_empty() && wish.gap.is_none() {
            if proof != Proof::Proven || own.id != 0 {
                return Ok(ignored("names nobody"));
            }
            wish.gap = Some(Gap::Wish {
                words: String::new(),
            });
        } else if wish.gap.is_none() {
            let contacts = wish
                .targets
                .iter()
                .all(|choice| connector.contact(&choice.address).is_some());
            match connector.direct.goes_out_at_once(proof, contacts) {
                true => {
                    own.consents.connector = Some(Consent {
                        at_secs: self.now_secs,
                        evidence: ConnectorEvidence::Standing {
                            rule: format!("direct_requests = \"{}\"", connector.direct.name()),
                        },
                    });
                }
                // One question for one mail that nobody proved.
                false if proof != Proof::Proven && wish.targets.len() > 1 => {
                    wish.gap = Some(Gap::Target {
                        words: String::new(),
                        choices: std::mem::take(&mut wish.targets),
                    });
                }
                false => {
                    let proven = proof == Proof::Proven;
                    wish.gap = Some(Gap::ConnectorYes { proven });
                }
            }
        }
        let waits = matches!(
            wish.gap,
            Some(Gap::ConnectorYes { .. } | Gap::Target { .. })
        );
        if waits && proof != Proof::Proven && !self.may_trouble(&own, connector)? {
            return Ok(ignored(
                "unproven, and the connector was asked about its author today",
            ));
        }
        self.launch(mail, own, wish, AskedWhy::DirectRequest)
    }

    /// Unproven mail brings a connector at most one question a day and claimed author.
    fn may_trouble(
        &mut self,
        own: &Introduction,
        connector: &Connector,
    ) -> Result<bool, DeskError> {
        let Some(address) = connector.addresses.first() else {
            return Ok(false);
        };
        let claim = own.requester.as_ref().map(|p| p.address.rate_key());
        let kind = data_encoding::HEXLOWER.encode(&self.keyed(&claim.unwrap_or_default()));
        let person = self.person_hash(address);
        Ok(people::may_notify(
            self.db,
            &person,
            &kind,
            NOTICE_PAUSE_SECS,
            self.now_secs,
        )?)
    }

    /// The answer to "which connector?" or "whom would you like to meet?".
    pub(super) fn wish_completed(
        &mut self,
        mail: &Mail<'_>,
        mut introduction: Introduction,
    ) -> Result<Disposition, DeskError> {
        if introduction.stage != Stage::WaitingForRequester {
            return Ok(belongs("noted", &introduction));
        }
        let text = mail.reading.text.to_lowercase();
        let known = introduction.connector.clone();
        let named: Vec<Connector> = self
            .house
            .connectors
            .iter()
            .filter(|connector| match &known {
                Some(person) => connector.addresses.contains(&person.address),
                None => {
                    text.contains(&connector.name.to_lowercase())
                        || connector.addresses.iter().any(|a| text.contains(a.key()))
                }
            })
            .cloned()
            .collect();
        let [connector] = named.as_slice() else {
            return Ok(belongs("noted", &introduction));
        };
        if known.is_some()
            && let Some(request) = &mut introduction.request
        {
            // The wish completes his first words; both are his own.
            request.words = format!("{}\n\n{}", request.words.trim(), mail.reading.text.trim());
        }
        self.direct_to(mail, introduction, connector)
    }

    /// Whom a text names, of this connector's people.
    fn wish(&self, text: &str, apart: &[Address], connector: &Connector) -> Wish {
        let mut all = self.house.insiders();
        all.extend(apart.iter().cloned());
        let (targets, gap) =
            match self.fully_named(request::whom(text, &all, &connector.contacts), connector) {
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
        Wish { targets, gap }
    }

    /// A contact is called by the name in the contacts, which is mostly the fuller one.
    fn fully_named(&self, named: Named, connector: &Connector) -> Named {
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

    fn draft(&self, way: Way, mail: &Mail<'_>, connector: &Connector) -> Introduction {
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
    fn launch(
        &mut self,
        mail: &Mail<'_>,
        draft: Introduction,
        wish: Wish,
        why: AskedWhy,
    ) -> Result<Disposition, DeskError> {
        let unproven_connector = draft.way != Way::Direct && draft.consents.connector.is_none();
        if unproven_connector && !self.may_confirm(mail, &draft)? {
            return Ok(ignored("unproven, and its author was asked about it today"));
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
        for (at, target) in targets.into_iter().enumerate() {
            let mut introduction = draft.clone();
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

    /// At most one confirmation a day and claim to a configured address.
    fn may_confirm(&mut self, mail: &Mail<'_>, draft: &Introduction) -> Result<bool, DeskError> {
        let Some(connector) = &draft.connector else {
            return Ok(false);
        };
        let claim = draft.requester.as_ref().map(|p| p.address.rate_key());
        let claim = claim.unwrap_or_else(|| mail.letter.subject.clone());
        let kind = data_encoding::HEXLOWER.encode(&self.keyed(&format!("confirm {claim}")));
        let person = self.person_hash(&connector.address);
        Ok(people::may_notify(
            self.db,
            &person,
            &kind,
            NOTICE_PAUSE_SECS,
            self.now_secs,
        )?)
    }
}

/// The addresses of a text but one.
fn others(text: &str, but: &Address) -> Vec<Address> {
    let mut addresses = command::addresses(text);
    addresses.retain(|address| address != but);
    addresses
}

fn thread_with(mail: &Mail<'_>) -> Thread {
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
