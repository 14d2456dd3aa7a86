//! The connector's hand by mail: status, pause, help; and an honest line where we did not understand.

use crate::desk::launch::blank;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::address::Person;
use crate::reader::command::Command;
use crate::rules::introduction::{Introduction, Stage, Way};
use crate::rules::manners::NOTICE_PAUSE_SECS;
use crate::rules::saying::Saying;
use crate::store::inbox::Disposition;
use crate::store::{introductions, people};

/// Lines of a status by mail; more is what `askfirst list` is for.
const MAX_STATUS_LINES: usize = 40;
const DAY_SECS: i64 = 86_400;

/// What can be answered to the bot's notices, in words for the connector.
const HELP: [&str; 7] = [
    "Forward me a request and name whom to ask. I ask them first, and introduce only on their yes.",
    "\"cancel\", in answer to any of my notices: that introduction is called off.",
    "\"ask again\", in answer to a notice: the person is asked once more.",
    "\"status\": what is open.",
    "\"pause\" and \"resume\": I stop sending, and start again.",
    "A number, several numbers or an address: the answer where I give you a list.",
    "Two people in a new mail, with no request below: I ask both, each alone.",
];

impl Work<'_> {
    /// An order of a connector whose mail is proven or carries a secret of his.
    pub(super) fn obey(
        &mut self,
        mail: &Mail<'_>,
        order: &Command,
    ) -> Result<Disposition, DeskError> {
        let (title, lines) = match order {
            Command::Status => {
                let (title, lines) = self.status(mail)?;
                return self.report(mail, &title, lines);
            }
            Command::Help => ("What you can tell me", HELP.map(str::to_owned).to_vec()),
            Command::Pause => {
                people::set_meta(self.db, "paused", Some("1"))?;
                let line = "I send nothing until you write \"resume\". What arrives is kept.";
                ("Paused", vec![line.to_owned()])
            }
            Command::Resume | Command::Start => {
                people::set_meta(self.db, "paused", None)?;
                ("Running again", vec!["I send mail again.".to_owned()])
            }
            Command::Cancel | Command::AskAgain | Command::Numbers(_) => {
                let line = "Please answer the notice it is about, so that I know which introduction you mean.";
                ("Which one?", vec![line.to_owned()])
            }
        };
        self.report(mail, title, lines)
    }

    fn report(
        &mut self,
        mail: &Mail<'_>,
        title: &str,
        lines: Vec<String>,
    ) -> Result<Disposition, DeskError> {
        let author = mail.letter.from.person();
        let Some(author) =
            author.filter(|a| !mail.junk && self.house.connector(&a.address).is_some())
        else {
            return Ok(ignored("an order from nobody who may give one"));
        };
        let mut nobody = blank(Way::Forwarded, self.now_secs);
        nobody.connector = Some(author.clone());
        let id = mail.letter.message_id.clone().unwrap_or_default();
        nobody.threads.connector.push(&id, &mail.letter.subject);
        let title = title.to_owned();
        self.say(nobody, &Saying::Report { title, lines })?;
        Ok(Disposition {
            name: "order",
            reason: String::new(),
            introduction: None,
            duplicate_of: None,
        })
    }

    fn status(&self, mail: &Mail<'_>) -> Result<(String, Vec<String>), DeskError> {
        let mine = |introduction: &Introduction| {
            let connector = introduction.connector.as_ref();
            match (connector, mail.from()) {
                (Some(connector), Some(from)) => {
                    self.house.same_connector(&connector.address, from)
                }
                _ => false,
            }
        };
        let mut open = introductions::list(self.db, false)?;
        open.retain(mine);
        // What waits for him comes first, then the oldest.
        open.sort_by_key(|i| (i.stage != Stage::WaitingForConnector, i.created_at_secs));
        let mut lines: Vec<String> = Vec::new();
        if people::meta(self.db, "paused")?.is_some() {
            lines.push("I am paused: nothing leaves until you write \"resume\".".to_owned());
        }
        let shown = open.iter().take(MAX_STATUS_LINES);
        lines.extend(shown.map(|introduction| self.line(introduction)));
        if open.len() > MAX_STATUS_LINES {
            lines.push(format!("… and {} more.", open.len() - MAX_STATUS_LINES));
        }
        let title = match open.len() {
            0 => "Nothing is open".to_owned(),
            1 => "One introduction is open".to_owned(),
            many => format!("{many} introductions are open"),
        };
        Ok((title, lines))
    }

    fn line(&self, introduction: &Introduction) -> String {
        let called = |person: &Option<Person>| {
            let person = person.as_ref();
            person.map_or("somebody", |p| p.called()).to_owned()
        };
        let (requester, target) = (
            called(&introduction.requester),
            called(&introduction.target),
        );
        let clock = &introduction.clock;
        let since = self.ago(introduction.created_at_secs);
        let asked = self.ago(clock.asked_at_secs.unwrap_or(introduction.created_at_secs));
        let state = match introduction.stage {
            Stage::WaitingForConnector => format!("waits for your answer; came {since}"),
            Stage::WaitingForRequester => format!("waits for {requester}; came {since}"),
            Stage::Asked if clock.introduce_at_secs.is_some() => {
                "yes; the introduction leaves soon".to_owned()
            }
            Stage::Asked if introduction.asked.reminded => {
                format!("asked {asked} and reminded, no answer yet")
            }
            Stage::Asked => format!("asked {asked}, no answer yet"),
            Stage::Confirming => format!("asked {asked}, a yes has to be confirmed"),
            Stage::Deferred => match clock.again_at_secs {
                Some(at) => format!("not now; I ask again on {}", self.day(at)),
                None => "not now".to_owned(),
            },
            Stage::Introduced
            | Stage::Declined
            | Stage::Closed
            | Stage::Cancelled
            | Stage::Undeliverable => introduction.stage.name().to_owned(),
        };
        format!("{requester} → {target}: {state} (no. {})", introduction.id)
    }

    fn ago(&self, at_secs: i64) -> String {
        match (self.now_secs - at_secs).max(0) / DAY_SECS {
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days => format!("{days} days ago"),
        }
    }

    fn day(&self, at_secs: i64) -> String {
        let zone = self.house.pace.time_zone.clone();
        jiff::Timestamp::from_second(at_secs).map_or_else(
            |_| String::new(),
            |at| at.to_zoned_datetime(zone).strftime("%-d %B %Y").to_string(),
        )
    }

    /// A connector's answer that fits no question: one line of help a day, the mail is kept.
    pub(super) fn not_understood(
        &mut self,
        mail: &Mail<'_>,
        introduction: Introduction,
    ) -> Result<Disposition, DeskError> {
        introductions::save(self.db, &introduction)?;
        self.explain_once(mail)?;
        Ok(belongs("not understood", &introduction))
    }

    /// A connector's mail that asks for nothing we can do.
    pub(super) fn unknown_wish(&mut self, mail: &Mail<'_>) -> Result<Disposition, DeskError> {
        if mail.reading.proof == crate::reader::Proof::Proven {
            self.explain_once(mail)?;
        }
        Ok(ignored("a connector's mail that names nobody"))
    }

    fn explain_once(&mut self, mail: &Mail<'_>) -> Result<(), DeskError> {
        let Some(from) = mail.from() else {
            return Ok(());
        };
        let person = self.person_hash(from);
        if people::may_notify(self.db, &person, "help", NOTICE_PAUSE_SECS, self.now_secs)? {
            let lines = HELP.map(str::to_owned).to_vec();
            self.report(mail, "I did not understand your mail", lines)?;
        }
        Ok(())
    }
}
