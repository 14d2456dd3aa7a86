//! Mails that carry a secret of ours: whose it is, who wrote, and so what it may decide.

use crate::desk::assent::Assent;
use crate::desk::bind::Bound;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::address::Person;
use crate::reader::command::{self, Command};
use crate::reader::request::Choice;
use crate::reader::{Proof, Verdict};
use crate::rules::event::{Answer, Event};
use crate::rules::introduction::{Introduction, Request, Stage};
use crate::rules::saying::{ConfirmWhy, Party, Saying};
use crate::store::inbox::Disposition;
use crate::store::secrets::Issued;
use crate::store::{introductions, outbox, people};

/// Whose mail it is, as far as the From field says; proof is looked at apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Requester,
    Connector,
    Target,
    Stranger,
}

impl Work<'_> {
    /// A person's mail that carries at least one secret of one introduction.
    pub(super) fn answered(
        &mut self,
        mail: &Mail<'_>,
        mut bound: Bound,
    ) -> Result<Disposition, DeskError> {
        let role = self.role(mail, &bound.introduction);
        // An answer proves that our mail arrived, whatever the server's last word was. The older ones
        // of its thread it knows from our own References.
        if let Some(issued) = bound.issued.first()
            && self.arrived(issued.row)?
            && let Some(moved) = introductions::load(self.db, bound.introduction.id)?
        {
            bound.introduction = moved;
        }
        if bound.introduction.is_forgotten() {
            return self.answered_forgotten(mail, role, &bound);
        }
        if let Some(done) = self.asked_anew(mail, role, &bound)? {
            return Ok(done);
        }
        let own = |party: Party| {
            bound
                .issued
                .iter()
                .find(|i| i.saying.party() == Some(party))
        };
        let target_holds = match own(Party::Target) {
            // A secret that went to a corrected address is not the target's.
            Some(issued) if self.went_to_target(issued.row, &bound.introduction)? => {
                Some(issued.saying.clone())
            }
            _ => None,
        };
        match role {
            Role::Connector => match (own(Party::Connector), target_holds) {
                (Some(_), _) if !self.is_its_connector(mail, &bound.introduction) => {
                    Ok(ignored("a question to another connector"))
                }
                (Some(issued), _) => {
                    let saying = issued.saying.clone();
                    self.connector_answered(mail, bound.introduction, &saying)
                }
                (None, Some(_)) => self.passed_on(mail, bound.introduction),
                (None, None) => Ok(ignored("a connector's mail in the thread of somebody else")),
            },
            Role::Requester => match own(Party::Requester) {
                Some(issued) => {
                    let saying = issued.saying.clone();
                    self.requester_answered(mail, bound.introduction, &saying)
                }
                None => Ok(ignored("the requester can't answer for the target")),
            },
            Role::Target | Role::Stranger => match target_holds {
                Some(_) if is_dead(&bound) && mail.verdict() == Verdict::Yes => {
                    Ok(belongs("late", &bound.introduction))
                }
                Some(saying) => self.asked_person_answered(mail, role, bound, &saying),
                None => self.former_target_answered(mail, &bound),
            },
        }
    }

    /// Whoever holds the ask's secret writes: an answer, unless they have met or a stop is taken back.
    fn asked_person_answered(
        &mut self,
        mail: &Mail<'_>,
        role: Role,
        bound: Bound,
        answers: &Saying,
    ) -> Result<Disposition, DeskError> {
        let mut doubt = self.doubt(mail, role, answers, bound.anchored);
        if mail.verdict() == Verdict::Yes {
            match self.assent(mail, answers, &bound.introduction)? {
                Assent::Consents => {}
                Assent::AfterNo => doubt = doubt.or(Some(ConfirmWhy::AfterNo)),
                Assent::Unclear => return self.assented(mail, bound.introduction),
                Assent::Nothing => return Ok(belongs("assent", &bound.introduction)),
            }
        }
        if role == Role::Target
            && !mail.fails()
            && bound.anchored
            && self.they_met(mail, &bound.introduction)
        {
            let introduction = self.step(bound.introduction, Event::TheyMet, &mail.detail())?;
            return Ok(belongs("met", &introduction));
        }
        let starts = command::read(&mail.reading.text) == Some(Command::Start);
        if starts && doubt.is_none() && self.stop_taken_back(mail)? {
            let event = Event::TargetStarts;
            let introduction = self.step(bound.introduction, event, &mail.detail())?;
            return Ok(belongs("answer", &introduction));
        }
        self.target_answered(mail, bound.introduction, doubt)
    }

    /// One mail with the secrets of several asks decides none of them; each is asked about once.
    pub(super) fn ambiguous(
        &mut self,
        mail: &Mail<'_>,
        issued: &[Issued],
    ) -> Result<Disposition, DeskError> {
        /// Questions that one mail brings; who quotes more asks than that gets no more mail for it.
        const MAX_QUESTIONS: usize = 3;
        let mut ids: Vec<i64> = issued
            .iter()
            .filter_map(|known| known.introduction)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let mut last = None;
        for id in ids.into_iter().take(MAX_QUESTIONS) {
            let Some(introduction) = introductions::load(self.db, id)? else {
                continue;
            };
            let is_hers = self.role(mail, &introduction) == Role::Target && !mail.fails();
            if is_hers && introduction.stage == Stage::Asked {
                let answer = Answer {
                    verdict: Verdict::Unclear,
                    doubt: None,
                    evidence: mail.evidence("the secrets of several introductions"),
                    words: mail.reading.text.clone(),
                    until_secs: None,
                };
                let event = Event::TargetSaid(answer);
                last = Some(self.step(introduction, event, "secrets of several introductions")?);
            }
        }
        Ok(match last {
            Some(introduction) => belongs("answer", &introduction),
            None => ignored("it carries the secrets of several introductions"),
        })
    }

    /// Somebody answers a mail about a person who was erased since: only a stop is still kept.
    fn answered_forgotten(
        &mut self,
        mail: &Mail<'_>,
        role: Role,
        bound: &Bound,
    ) -> Result<Disposition, DeskError> {
        if role == Role::Connector {
            return self.unbound(mail);
        }
        let asked = |issued: &Issued| issued.saying.party() == Some(Party::Target);
        if let Some(from) = mail.from()
            && mail.verdict() == Verdict::Stop
            && bound.issued.iter().any(asked)
        {
            let person = self.person_hash(from);
            people::wish(self.db, &person, "stop", self.now_secs)?;
        }
        Ok(ignored("it answers an introduction that was erased"))
    }

    /// Somebody who has nothing left to answer here writes whom else to meet: a request of his own.
    fn asked_anew(
        &mut self,
        mail: &Mail<'_>,
        role: Role,
        bound: &Bound,
    ) -> Result<Option<Disposition>, DeskError> {
        let over = bound.introduction.stage.is_final();
        // Nothing here may depend on what became of the target: the requester would see it.
        let waits = bound.introduction.stage == Stage::WaitingForRequester;
        let open_to = |question: &Saying| match question {
            Saying::Propose | Saying::StillInterested => mail.verdict() == Verdict::Yes,
            Saying::AskWords | Saying::WhichConnector { .. } | Saying::WhichWish { .. } => waits,
            _ => false,
        };
        let asked = bound.issued.iter().any(|i| open_to(&i.saying));
        let free = match role {
            Role::Requester => !asked && !matches!(mail.verdict(), Verdict::No | Verdict::Stop),
            Role::Target => over && mail.verdict() == Verdict::Unclear,
            Role::Connector | Role::Stranger => false,
        };
        match mail.letter.from.person().cloned() {
            Some(author) if free => {
                let anew = match role {
                    Role::Requester => self.requester_wishes_anew(mail, &bound.introduction)?,
                    _ => self.target_wishes_anew(mail, &bound.introduction)?,
                };
                anew.then(|| self.direct(mail, &author)).transpose()
            }
            _ => Ok(None),
        }
    }

    /// Whether our mail with this secret went to the target as he is known now.
    pub(super) fn went_to_target(
        &self,
        secret: i64,
        introduction: &Introduction,
    ) -> Result<bool, DeskError> {
        let sent = outbox::by_secret(self.db, secret)?;
        let target = introduction.target.as_ref().map(|p| p.address.as_str());
        Ok(sent.is_some_and(|mail| mail.recipients.first().map(String::as_str) == target))
    }

    fn role(&self, mail: &Mail<'_>, introduction: &Introduction) -> Role {
        let Some(from) = mail.from() else {
            return Role::Stranger;
        };
        let is = |person: &Option<Person>| {
            person
                .as_ref()
                .is_some_and(|person| self.house.same_person(&person.address, from))
        };
        if self.house.connector(from).is_some() {
            Role::Connector
        } else if is(&introduction.target) {
            Role::Target
        } else if is(&introduction.requester) {
            Role::Requester
        } else {
            Role::Stranger
        }
    }

    /// Why a yes in this mail would need one word from the asked address; None: it stands.
    fn doubt(
        &self,
        mail: &Mail<'_>,
        role: Role,
        answers: &Saying,
        anchored: bool,
    ) -> Option<ConfirmWhy> {
        if role != Role::Target {
            return mail.from().map_or(Some(ConfirmWhy::Unproven), |address| {
                Some(ConfirmWhy::OtherAddress {
                    address: address.clone(),
                })
            });
        }
        let confirmed = matches!(answers, Saying::ConfirmTarget { .. });
        match mail.reading.proof {
            _ if !anchored => Some(ConfirmWhy::Untied),
            Proof::Proven => None,
            // The second secret went to the asked address alone: who holds it, reads that mailbox.
            Proof::Fails if confirmed && !self.house.require_authenticated => None,
            Proof::Fails => Some(ConfirmWhy::Unproven),
            Proof::Unproven if self.house.require_authenticated => Some(ConfirmWhy::Unproven),
            Proof::Unproven => None,
        }
    }

    pub(super) fn target_answered(
        &mut self,
        mail: &Mail<'_>,
        mut introduction: Introduction,
        doubt: Option<ConfirmWhy>,
    ) -> Result<Disposition, DeskError> {
        if let Some(message_id) = &mail.letter.message_id
            && doubt.is_none()
        {
            introduction
                .threads
                .target
                .push(message_id, &mail.letter.subject);
        }
        let until_secs = mail.reading.later_until.as_deref().and_then(|date| {
            let date: jiff::civil::Date = date.parse().ok()?;
            let zone = self.house.pace.time_zone.clone();
            let morning = date.at(9, 0, 0, 0).to_zoned_datetime(zone).ok()?;
            Some(morning.timestamp().as_second())
        });
        if matches!(mail.verdict(), Verdict::No | Verdict::Stop | Verdict::Later) {
            introduction = self.recall(introduction)?;
            let written = mail.letter.date_secs.unwrap_or(self.now_secs);
            introduction.clock.refused_at_secs = Some(written.min(self.now_secs));
        }
        let answer = Answer {
            verdict: mail.verdict(),
            doubt,
            evidence: mail.evidence(&mail.reading.why),
            words: mail.reading.text.clone(),
            until_secs,
        };
        let introduction = self.step(introduction, Event::TargetSaid(answer), &mail.detail())?;
        Ok(belongs("answer", &introduction))
    }

    /// Row 7: a connector hands on what the target wrote to him. Only the target's own mail decides.
    fn passed_on(
        &mut self,
        mail: &Mail<'_>,
        introduction: Introduction,
    ) -> Result<Disposition, DeskError> {
        if mail.fails() {
            return Ok(ignored("proof of the connector fails"));
        }
        let answer = Answer {
            verdict: Verdict::Yes,
            doubt: Some(ConfirmWhy::PassedOn),
            evidence: mail.evidence("passed on by the connector"),
            words: String::new(),
            until_secs: None,
        };
        let introduction = self.step(introduction, Event::TargetSaid(answer), &mail.detail())?;
        Ok(belongs("passed on", &introduction))
    }

    fn requester_answered(
        &mut self,
        mail: &Mail<'_>,
        mut introduction: Introduction,
        answers: &Saying,
    ) -> Result<Disposition, DeskError> {
        if mail.fails() {
            return Ok(ignored("proof of the requester fails"));
        }
        if self.may_be_sent_again(mail) {
            return Ok(ignored("the requester wrote it to somebody else"));
        }
        if let Some(message_id) = &mail.letter.message_id {
            introduction
                .threads
                .requester
                .push(message_id, &mail.letter.subject);
        }
        let withdraws = command::read(&mail.reading.text) == Some(Command::Cancel)
            || matches!(mail.verdict(), Verdict::No | Verdict::Stop);
        let event = match answers {
            Saying::Propose | Saying::StillInterested if withdraws => {
                Some(Event::RequesterDeclined)
            }
            Saying::Propose | Saying::StillInterested => match mail.verdict() {
                Verdict::Yes => Some(Event::RequesterAgreed {
                    evidence: mail.evidence(&mail.reading.why),
                }),
                Verdict::No | Verdict::Stop | Verdict::Later | Verdict::Unclear => None,
            },
            _ if withdraws => Some(Event::RequesterWithdrew),
            Saying::AskWords => Some(Event::RequesterWrote {
                request: request_of(mail),
                evidence: mail.evidence("his own words"),
            }),
            Saying::WhichConnector { connectors } => {
                return self.wish_completed(mail, introduction, connectors);
            }
            Saying::WhichWish { .. } => return self.wish_completed(mail, introduction, &[]),
            _ => None,
        };
        match event {
            Some(event) => {
                if matches!(event, Event::RequesterWithdrew | Event::RequesterDeclined) {
                    introduction = self.recall(introduction)?;
                }
                let introduction = self.step(introduction, event, &mail.detail())?;
                Ok(belongs("answer", &introduction))
            }
            None => {
                introductions::save(self.db, &introduction)?;
                Ok(belongs("noted", &introduction))
            }
        }
    }

    /// True: that our mail arrived moved its introduction.
    fn arrived(&mut self, secret: i64) -> Result<bool, DeskError> {
        match outbox::by_secret(self.db, secret)? {
            Some(sent) => self.accepted(&sent, "an answer to it arrived"),
            None => Ok(false),
        }
    }
}

/// Whether what the secrets were for has been done: a yes to them decides nothing more.
fn is_dead(bound: &Bound) -> bool {
    bound.issued.iter().all(|issued| issued.dead)
}

pub(super) fn person(choice: &Choice) -> Person {
    Person {
        name: choice.name.clone(),
        address: choice.address.clone(),
    }
}

/// The words of the author's own mail, as a request.
pub(super) fn request_of(mail: &Mail<'_>) -> Request {
    Request {
        subject: mail.letter.subject.clone(),
        words: mail.reading.text.clone(),
        date: mail
            .letter
            .fields("Date")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        attachments: mail.letter.attachments.clone(),
    }
}
