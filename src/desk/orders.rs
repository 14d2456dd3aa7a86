//! The connector's hand by mail: status, pause, help; and an honest line where we did not understand.

use crate::desk::launch::blank;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::command::Command;
use crate::rules::introduction::{Introduction, Way};
use crate::rules::manners::NOTICE_PAUSE_SECS;
use crate::rules::saying::Saying;
use crate::store::inbox::Disposition;
use crate::store::{introductions, people};

/// Lines of a status by mail; more is what `askfirst list` is for.
const MAX_STATUS_LINES: usize = 40;

/// What can be answered to the bot's notices, in words for the connector.
const HELP: [&str; 6] = [
    "Forward me a request and name whom to ask: I ask them first, and introduce only on their yes.",
    "Answer any of my notices with \"cancel\" to call that introduction off.",
    "Answer \"ask again\" to have the person asked once more for a plain word.",
    "Write \"status\" for what is open.",
    "Write \"pause\" to stop all my mail, \"resume\" to start it again.",
    "Where I give you a numbered list, answer with a number or an address.",
];

impl Work<'_> {
    /// An order of a connector whose mail is proven or carries a secret of his.
    pub(super) fn obey(
        &mut self,
        mail: &Mail<'_>,
        order: &Command,
    ) -> Result<Disposition, DeskError> {
        let (title, lines) = match order {
            Command::Status => ("What is open", self.status(mail)?),
            Command::Help => ("What you can tell me", HELP.map(str::to_owned).to_vec()),
            Command::Pause => {
                people::set_meta(self.db, "paused", Some("1"))?;
                let line = "I send nothing until you write \"resume\". What arrives is kept.";
                ("Paused", vec![line.to_owned()])
            }
            Command::Resume => {
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

    fn status(&self, mail: &Mail<'_>) -> Result<Vec<String>, DeskError> {
        let mine = |introduction: &&Introduction| {
            let connector = introduction.connector.as_ref();
            match (connector, mail.from()) {
                (Some(connector), Some(from)) => {
                    self.house.same_connector(&connector.address, from)
                }
                _ => false,
            }
        };
        let open = introductions::list(self.db, false)?;
        let mut lines: Vec<String> = open
            .iter()
            .filter(mine)
            .take(MAX_STATUS_LINES)
            .map(|introduction| self.line(introduction))
            .collect();
        if lines.is_empty() {
            lines.push("Nothing is open.".to_owned());
        }
        Ok(lines)
    }

    fn line(&self, introduction: &Introduction) -> String {
        let called = |person: &Option<crate::reader::address::Person>| {
            person
                .as_ref()
                .map_or("somebody", |p| p.called())
                .to_owned()
        };
        let days = (self.now_secs - introduction.created_at_secs).max(0) / 86_400;
        let age = match days {
            0 => "today".to_owned(),
            1 => "since yesterday".to_owned(),
            _ => format!("for {days} days"),
        };
        format!(
            "{}. {} to {}: {}, {age}",
            introduction.id,
            called(&introduction.requester),
            called(&introduction.target),
            introduction.stage.name().replace('_', " "),
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
