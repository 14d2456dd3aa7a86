//! Row 6: a requester writes to the bot; `direct_requests` says what goes out at once.

use crate::desk::answers::request_of;
use crate::desk::house::Connector;
use crate::desk::launch::{Wish, blank, thread_with};
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::Proof;
use crate::reader::address::{Address, Person};
use crate::reader::command::{self, Command};
use crate::rules::consent::{ConnectorEvidence, Consent, Consents, RequesterEvidence};
use crate::rules::event::Gap;
use crate::rules::introduction::{Introduction, Stage, Threads, Way};
use crate::rules::manners::{Direct, Standing};
use crate::rules::saying::{AskedWhy, Saying};
use crate::store::inbox::Disposition;
use crate::store::introductions;

impl Work<'_> {
    /// Row 6: a requester writes to the bot.
    pub(super) fn direct(
        &mut self,
        mail: &Mail<'_>,
        author: &Person,
    ) -> Result<Disposition, DeskError> {
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
                    evidence: RequesterEvidence::Mail(mail.evidence("their own request")),
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
                if mail.reading.proof != Proof::Proven || mail.junk {
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
    pub(super) fn direct_to(
        &mut self,
        mail: &Mail<'_>,
        mut own: Introduction,
        connector: &Connector,
    ) -> Result<Disposition, DeskError> {
        own.connector = connector.person();
        let proof = mail.reading.proof;
        let mut why = AskedWhy::DirectRequest;
        let mut wish = self.wish_for(mail, &own, connector)?;
        if connector.direct == Direct::Off && mail.junk {
            return Ok(ignored("in the junk folder, and it would need an answer"));
        }
        if connector.direct == Direct::Off {
            wish.gap = Some(Gap::DirectRequestsOff);
            return self.launch(mail, own, wish, why);
        }
        if wish.targets.is_empty() && wish.gap.is_none() {
            if proof != Proof::Proven || own.id != 0 || mail.junk {
                return Ok(ignored("names nobody"));
            }
            wish.gap = Some(Gap::Wish {
                words: String::new(),
            });
        } else if wish.gap.is_none() {
            match standing_consent(proof, &wish, connector) {
                Some((rule, by)) => {
                    why = by;
                    own.consents.connector = Some(Consent {
                        at_secs: self.now_secs,
                        evidence: ConnectorEvidence::Standing { rule },
                    });
                }
                None => wait_for_connector(proof, &mut wish),
            }
        }
        if mail.junk && wish.gap.is_some() && own.id == 0 {
            return Ok(ignored("in the junk folder, and it would need a question"));
        }
        if let Some(refused) = self.over_allowance(mail, &own, connector, wish.targets.len())? {
            return Ok(refused);
        }
        let waits = matches!(
            wish.gap,
            Some(Gap::ConnectorYes { .. } | Gap::Target { .. })
        );
        if waits && proof != Proof::Proven && !self.may_trouble(mail, &own, connector)? {
            return Ok(ignored(
                "unproven, and the connector was asked about such mail today",
            ));
        }
        self.launch(mail, own, wish, why)
    }

    /// Whom the requester's words name; in the answer to our question a bare name will do.
    fn wish_for(
        &self,
        mail: &Mail<'_>,
        own: &Introduction,
        connector: &Connector,
    ) -> Result<Wish, DeskError> {
        let words = own.request.as_ref().map(|r| r.words.as_str());
        let apart: Vec<Address> = own.requester.iter().map(|p| p.address.clone()).collect();
        let wish = self.wish(words.unwrap_or_default(), &apart, connector)?;
        if own.id == 0 || !wish.targets.is_empty() {
            return Ok(wish);
        }
        let named = self.named_alone(&mail.reading.text, &apart, connector)?;
        Ok(named.unwrap_or(wish))
    }

    /// Asked for a name, people answer with nothing but the name.
    fn named_alone(
        &self,
        answer: &str,
        apart: &[Address],
        connector: &Connector,
    ) -> Result<Option<Wish>, DeskError> {
        /// A longer answer is prose, and read as such.
        const MAX_CHARS: usize = 80;
        let name = answer.trim().trim_end_matches(['.', '!']);
        if name.is_empty() || name.chars().count() > MAX_CHARS || name.contains('\n') {
            return Ok(None);
        }
        let wish = self.wish(&format!("Please ask {name}."), apart, connector)?;
        Ok((!wish.targets.is_empty()).then_some(wish))
    }

    /// The answer to "which connector?" or "whom would you like to meet?".
    pub(super) fn wish_completed(
        &mut self,
        mail: &Mail<'_>,
        mut introduction: Introduction,
        choices: &[Person],
    ) -> Result<Disposition, DeskError> {
        if introduction.stage != Stage::WaitingForRequester {
            return Ok(belongs("noted", &introduction));
        }
        let known = introduction.connector.clone();
        let connector = match &known {
            Some(person) => self.house.connector(&person.address).cloned(),
            None => self.connector_meant(mail, choices),
        };
        let Some(connector) = connector else {
            return self.ask_which_once_more(introduction, choices);
        };
        introduction.asked.clarified = false;
        if known.is_some()
            && let Some(request) = &mut introduction.request
        {
            // The wish completes his first words; both are his own.
            request.words = format!("{}\n\n{}", request.words.trim(), mail.reading.text.trim());
        }
        self.direct_to(mail, introduction, &connector)
    }

    /// Whom the answer to "which connector?" means: a number of the list, an address, a name or one
    /// word of it, or whoever gets a copy; None: that is not plain.
    fn connector_meant(&self, mail: &Mail<'_>, choices: &[Person]) -> Option<Connector> {
        let text = mail.reading.text.to_lowercase();
        if let Some(Command::Numbers(numbers)) = command::read(&text) {
            let [number] = numbers.as_slice() else {
                return None;
            };
            let chosen = choices.get(number.checked_sub(1)?)?;
            return self.house.connector(&chosen.address).cloned();
        }
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let only = |is: &dyn Fn(&Connector) -> bool| {
            let mut found = self.house.connectors.iter().filter(|one| is(one));
            found.next().filter(|_| found.next().is_none()).cloned()
        };
        let addressed = |one: &Connector| one.addresses.iter().any(|a| text.contains(a.key()));
        let named = |one: &Connector| text.contains(&one.name.to_lowercase());
        let by_a_word = |one: &Connector| {
            let name = one.name.to_lowercase();
            let mut parts = name.split(|c: char| !c.is_alphanumeric());
            parts.any(|part| !part.is_empty() && words.contains(&part))
        };
        let in_copy = |one: &Connector| {
            let mut all = mail.letter.to.iter().chain(&mail.letter.cc);
            all.any(|person| one.addresses.contains(&person.address))
        };
        only(&addressed)
            .or_else(|| only(&named))
            .or_else(|| only(&by_a_word))
            .or_else(|| only(&in_copy))
    }

    /// An answer that names none of them, or two, is no reason to forget the request.
    fn ask_which_once_more(
        &mut self,
        mut introduction: Introduction,
        choices: &[Person],
    ) -> Result<Disposition, DeskError> {
        if choices.is_empty() || introduction.asked.clarified {
            introductions::save(self.db, &introduction)?;
            return Ok(belongs("noted", &introduction));
        }
        introduction.asked.clarified = true;
        introduction.asked.mails += 1;
        let connectors = choices.to_vec();
        let introduction = self.say(introduction, &Saying::WhichConnector { connectors })?;
        introductions::save(self.db, &introduction)?;
        Ok(belongs("answer", &introduction))
    }
}

/// The connector's consent that stands already, by which rule, and what he is told.
fn standing_consent(
    proof: Proof,
    wish: &Wish,
    connector: &Connector,
) -> Option<(String, AskedWhy)> {
    let mut targets = wish.targets.iter().map(|choice| &choice.address);
    let contacts = targets.clone().all(|a| connector.contact(a).is_some());
    if connector.direct.goes_out_at_once(proof, contacts) {
        let rule = format!("direct_requests = \"{}\"", connector.direct.name());
        return Some((rule, AskedWhy::DirectRequest));
    }
    let always = proof == Proof::Proven && targets.all(|a| connector.always_yes(a));
    always.then(|| (Standing::AlwaysYes.rule().to_owned(), AskedWhy::AlwaysYes))
}

fn wait_for_connector(proof: Proof, wish: &mut Wish) {
    // One question for one mail that nobody proved.
    wish.gap = Some(match proof != Proof::Proven && wish.targets.len() > 1 {
        true => Gap::Target {
            words: String::new(),
            choices: std::mem::take(&mut wish.targets),
        },
        false => Gap::ConnectorYes {
            proven: proof == Proof::Proven,
        },
    });
}
