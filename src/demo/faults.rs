//! Scripted misbehaviour for the two servers, so that tests can meet every bad peer on purpose; a fault that never matches never happens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a server does in place of, or around, the ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The command is not executed; this text is sent. `{tag}` becomes the command's IMAP tag, a missing line end is added.
    Reply(String),
    /// As `Reply`, then the connection is closed.
    ReplyThenClose(String),
    /// The command is not executed; the connection is closed.
    Close,
    /// The command is not executed; the server stays silent with the connection open until it stops.
    Stall,
    /// The command is executed; the connection is closed without an answer.
    DoThenClose,
    /// The command is executed; the server then stays silent.
    DoThenStall,
    /// The command is executed; the connection closes after this many bytes of the answer.
    CutAfter(usize),
    /// The command is executed; the connection closes once this many bytes more have come from the client, and what they say is done.
    DeafAfter(usize),
    /// The command is executed after this time.
    Delay(Duration),
    /// This text is sent first (`{tag}` as in `Reply`), then the command is executed as usual.
    SayFirst(String),
}

/// One fault: where it strikes, how often, and what happens.
///
/// IMAP phases: `GREETING`, every command by its name (`LOGIN`, `UID FETCH`, `APPEND`, …), `LITERAL` (a literal was announced), `IDLE PUSH`.
/// SMTP phases: `GREETING`, every command (`EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `RSET`, `NOOP`, `QUIT`, …), `DOT` (the whole mail has arrived).
/// `*` is every phase.
#[derive(Clone, Debug)]
pub struct Fault {
    at: String,
    matching: Option<String>,
    skip: usize,
    times: usize,
    act: Act,
}

impl Fault {
    /// A fault at this phase, striking once, the first time.
    #[must_use]
    pub fn on(phase: &str, act: Act) -> Self {
        Self {
            at: phase.to_ascii_uppercase(),
            matching: None,
            skip: 0,
            times: 1,
            act,
        }
    }

    /// Strikes only at command lines that contain this text (case is ignored).
    #[must_use]
    pub fn matching(mut self, text: &str) -> Self {
        self.matching = Some(text.to_ascii_lowercase());
        self
    }

    /// Lets this many matching commands pass first.
    #[must_use]
    pub fn skip(mut self, commands: usize) -> Self {
        self.skip = commands;
        self
    }

    /// Strikes this many times.
    #[must_use]
    pub fn times(mut self, commands: usize) -> Self {
        self.times = commands;
        self
    }

    /// Strikes for ever.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn fits(&self, phase: &str, line: &str) -> bool {
        (self.at == "*" || self.at.eq_ignore_ascii_case(phase))
            && self
                .matching
                .as_ref()
                .is_none_or(|text| line.to_ascii_lowercase().contains(text))
    }
}

/// The script of one server, shared by all its sessions; faults may be added while it runs.
#[derive(Clone, Default)]
pub struct Faults {
    script: Arc<Mutex<Vec<Fault>>>,
    withheld: Arc<Mutex<Vec<String>>>,
}

impl Faults {
    /// A server that behaves.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a fault; of several that fit, the one added first strikes.
    pub fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Takes an ability from the server: it is not announced, and its commands are a BAD. IMAP: a word of CAPABILITY (`IDLE`, `MOVE`, `UIDPLUS`, …),
    /// or `\\*` for folders that take no new keywords. SMTP: a word of the EHLO reply (`SIZE`, `SMTPUTF8`, `AUTH`, …), whose use is then refused.
    pub fn withhold(&self, ability: &str) {
        let mut withheld = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        withheld.push(ability.to_ascii_uppercase());
    }

    /// Whether this ability was taken away.
    pub(super) fn withholds(&self, ability: &str) -> bool {
        let withheld = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        withheld
            .iter()
            .any(|word| word.eq_ignore_ascii_case(ability))
    }

    /// Forgets every fault that has not struck.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// How many faults are still to strike; a test that expects all of them asserts 0.
    #[must_use]
    pub fn left(&self) -> usize {
        self.lock().len()
    }

    /// The act for this phase and command line, if a fault strikes now.
    pub(super) fn strike(&self, phase: &str, line: &str) -> Option<Act> {
        let mut script = self.lock();
        let mut struck = None;
        for (index, fault) in script.iter_mut().enumerate() {
            if fault.times == 0 || !fault.fits(phase, line) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if fault.times != usize::MAX {
                fault.times -= 1;
            }
            struck = Some((index, fault.times == 0, fault.act.clone()));
            break;
        }
        let (index, spent, act) = struck?;
        if spent {
            script.remove(index);
        }
        Some(act)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_and_as_often_as_told() {
        let faults = Faults::none();
        faults.add(
            Fault::on("rcpt", Act::Close)
                .matching("Carol@")
                .skip(1)
                .times(2),
        );
        assert_eq!(faults.strike("RCPT", "RCPT TO:<bob@a.example>"), None);
        assert_eq!(faults.strike("RCPT", "RCPT TO:<carol@a.example>"), None);
        assert_eq!(faults.strike("MAIL", "MAIL FROM:<carol@a.example>"), None);
        assert_eq!(
            faults.strike("RCPT", "RCPT TO:<carol@a.example>"),
            Some(Act::Close)
        );
        assert_eq!(faults.left(), 1);
        assert_eq!(
            faults.strike("RCPT", "RCPT TO:<carol@a.example>"),
            Some(Act::Close)
        );
        assert_eq!(faults.left(), 0);
        assert_eq!(faults.strike("RCPT", "RCPT TO:<carol@a.example>"), None);
    }

    #[test]
    fn the_fault_added_first_strikes_first() {
        let faults = Faults::none();
        faults.add(Fault::on("NOOP", Act::Stall));
        faults.add(Fault::on("*", Act::Close).always());
        assert_eq!(faults.strike("NOOP", ""), Some(Act::Stall));
        assert_eq!(faults.strike("NOOP", ""), Some(Act::Close));
        faults.clear();
        assert_eq!(faults.strike("NOOP", ""), None);
    }
}
