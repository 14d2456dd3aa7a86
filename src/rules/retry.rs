//! What an attempt at delivery means, judged by phase first and by code second (RFC 5321 section
//! 4.2.1), and when to try again. Pure: ages and counts are arguments.

/// Where in the SMTP dialogue an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Connect,
    Greeting,
    Hello,
    Tls,
    Auth,
    Mail,
    Recipient,
    Data,
    Body,
    /// After `CRLF.CRLF`.
    Dot,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Phase::Connect => "connect",
            Phase::Greeting => "greeting",
            Phase::Hello => "hello",
            Phase::Tls => "tls",
            Phase::Auth => "auth",
            Phase::Mail => "mail",
            Phase::Recipient => "recipient",
            Phase::Data => "data",
            Phase::Body => "body",
            Phase::Dot => "dot",
        }
    }
}

/// One attempt as the wire saw it.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub phase: Phase,
    /// Code and text; None: the connection was cut, silent or talked garbage in that phase.
    pub reply: Option<(u16, String)>,
    /// Recipients that were refused in the recipient phase, with code and text.
    pub refused: Vec<(String, u16, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Judgement {
    Delivered,
    /// Try the same bytes again after this many seconds.
    TryLater {
        delay_secs: i64,
    },
    /// The server takes nothing so large: a shorter mail may pass.
    TooLarge,
    /// For good, with the recipient whose address it was about.
    Refused {
        recipient: Option<String>,
    },
    /// Nobody can know whether the server took it (RFC 1047).
    Unknown,
    /// Not this mail's fault: a password, a quota. The whole queue waits for this many seconds.
    StopQueue {
        delay_secs: i64,
    },
}

/// Seconds before the next attempt, by attempts so far: twice in the first hour, then more seldom
/// (RFC 5321 section 4.5.4.1).
const DELAYS_SECS: [i64; 8] = [60, 300, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400];
/// A mail is given up after this age (RFC 5321 section 4.5.4.1: at least 4-5 days).
pub const GIVE_UP_AFTER_SECS: i64 = 5 * 24 * 3600;
/// Before an unknown outcome is looked into: a late acceptance and our own copy need time to show.
pub const UNKNOWN_WAIT_SECS: i64 = 600;
/// After a refused login or a used-up quota; sooner would lock the account out.
pub const STOPPED_QUEUE_SECS: i64 = 900;

/// Each unknown outcome waits eight times as long as the one before: few copies at the worst.
pub fn unknown_wait_secs(attempts: u32) -> i64 {
    UNKNOWN_WAIT_SECS << (3 * attempts.min(3))
}

pub fn delay_secs(attempts: u32) -> i64 {
    let last = DELAYS_SECS.len() - 1;
    let at = usize::try_from(attempts).unwrap_or(last).min(last);
    DELAYS_SECS.get(at).copied().unwrap_or(3_600)
}

/// What is known of a mail, and of its neighbours in the queue, before an attempt is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct History {
    /// Attempts before this one.
    pub attempts: u32,
    /// The mail's age.
    pub age_secs: i64,
    /// This mail was refused at MAIL before.
    pub mail_refused_before: bool,
    /// So was another one, and no mail has been accepted since.
    pub another_refused: bool,
}

/// Judges an attempt by its phase, its reply and what went before.
pub fn judge(attempt: &Attempt, history: History) -> Judgement {
    let History {
        attempts, age_secs, ..
    } = history;
    let later = || match age_secs > GIVE_UP_AFTER_SECS {
        true => Judgement::Refused { recipient: None },
        false => Judgement::TryLater {
            delay_secs: delay_secs(attempts),
        },
    };
    let stop = Judgement::StopQueue {
        delay_secs: STOPPED_QUEUE_SECS,
    };
    let class = attempt.reply.as_ref().map(|(code, _)| code / 100);
    let quota = attempt
        .reply
        .as_ref()
        .is_some_and(|(_, text)| text.contains("5.4.5") || text.contains("5.7.30"));
    match (attempt.phase, class) {
        (Phase::Connect | Phase::Greeting | Phase::Hello | Phase::Tls, _) => later(),
        (Phase::Auth, Some(5)) => stop,
        (Phase::Auth, _) => later(),
        (_, Some(5)) if quota => stop,
        (Phase::Mail | Phase::Data | Phase::Dot, Some(5)) if is_size(attempt) => {
            Judgement::TooLarge
        }
        // Any other 5yz to MAIL is about us, or about this one mail: two mails in a row tell which.
        // What was refused before never stops the others again.
        (Phase::Mail, Some(5)) => match history.another_refused && !history.mail_refused_before {
            true => stop,
            false => match later() {
                Judgement::TryLater { delay_secs } => Judgement::TryLater {
                    delay_secs: delay_secs.max(STOPPED_QUEUE_SECS),
                },
                given_up => given_up,
            },
        },
        (Phase::Recipient, _) => {
            let dead = attempt.refused.iter().find(|(_, code, _)| code / 100 == 5);
            match (dead, class) {
                (Some((recipient, _, _)), _) => Judgement::Refused {
                    recipient: Some(recipient.clone()),
                },
                (None, Some(5)) => Judgement::Refused { recipient: None },
                (None, _) => later(),
            }
        }
        (Phase::Data, Some(5)) => Judgement::Refused { recipient: None },
        (Phase::Mail | Phase::Data | Phase::Body, _) => later(),
        (Phase::Dot, Some(2)) => Judgement::Delivered,
        (Phase::Dot, Some(4)) => later(),
        (Phase::Dot, Some(5)) => Judgement::Refused { recipient: None },
        (Phase::Dot, _) if age_secs > GIVE_UP_AFTER_SECS => Judgement::Refused { recipient: None },
        (Phase::Dot, _) => Judgement::Unknown,
    }
}

/// Whether a 5yz is about the mail's size (RFC 1870, RFC 3463 X.3.4 and X.2.3). 552 is also said of a
/// recipient's full mailbox (X.2.2), which no shorter mail helps.
fn is_size(attempt: &Attempt) -> bool {
    attempt.reply.as_ref().is_some_and(|(code, text)| {
        let size = text.contains("5.3.4") || text.contains("5.2.3");
        size || (*code == 552 && !text.contains("5.2.2"))
    })
}

/// What to do about a mail of which nobody knows whether the server took it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// Look for proof that it left; without any, send the same bytes once more.
    #[default]
    Probe,
    /// Send the same bytes once more without looking.
    Always,
    /// Look for proof; without any, send nothing and say so.
    Never,
}

/// What looking for proof brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    Found,
    Absent,
    /// It could not be looked: the mailbox was out of reach.
    Failed,
}

/// What becomes of an unknown outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Resolution {
    Accepted,
    SendAgain,
    LookAgain {
        delay_secs: i64,
    },
    /// It stays unknown, and people are told.
    Leave,
}

/// Looks that may fail before a mail is treated as if nothing had been found: an hour.
const MAX_FAILED_LOOKS: u32 = 6;

/// Resolves an unknown outcome; `failed_looks` came before this one.
pub fn resolve(policy: OnUnknown, looked: Looked, failed_looks: u32) -> Resolution {
    match (looked, policy) {
        (Looked::Found, _) => Resolution::Accepted,
        (_, OnUnknown::Always) => Resolution::SendAgain,
        (Looked::Failed, _) if failed_looks < MAX_FAILED_LOOKS => Resolution::LookAgain {
            delay_secs: UNKNOWN_WAIT_SECS,
        },
        (_, OnUnknown::Probe) => Resolution::SendAgain,
        (_, OnUnknown::Never) => Resolution::Leave,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aged(attempts: u32, age_secs: i64) -> History {
        History {
            attempts,
            age_secs,
            ..History::default()
        }
    }

    fn at(phase: Phase, code: u16) -> Judgement {
        let attempt = Attempt {
            phase,
            reply: (code > 0).then(|| (code, String::new())),
            refused: Vec::new(),
        };
        judge(&attempt, History::default())
    }

    #[test]
    fn the_phase_decides_before_the_code() {
        let later = Judgement::TryLater { delay_secs: 60 };
        let stop = Judgement::StopQueue {
            delay_secs: STOPPED_QUEUE_SECS,
        };
        let refused = Judgement::Refused { recipient: None };
        assert_eq!(at(Phase::Connect, 0), later);
        assert_eq!(at(Phase::Greeting, 554), later);
        assert_eq!(at(Phase::Auth, 535), stop);
        assert_eq!(at(Phase::Auth, 454), later);
        assert_eq!(
            at(Phase::Mail, 550),
            Judgement::TryLater { delay_secs: 900 }
        );
        assert_eq!(at(Phase::Mail, 552), Judgement::TooLarge);
        assert_eq!(at(Phase::Data, 451), later);
        assert_eq!(at(Phase::Data, 554), refused);
        assert_eq!(at(Phase::Body, 0), later);
        assert_eq!(at(Phase::Dot, 250), Judgement::Delivered);
        assert_eq!(at(Phase::Dot, 451), later);
        assert_eq!(at(Phase::Dot, 552), Judgement::TooLarge);
        assert_eq!(at(Phase::Dot, 550), refused);
        assert_eq!(at(Phase::Dot, 0), Judgement::Unknown);
        assert_eq!(at(Phase::Dot, 354), Judgement::Unknown);
    }

    #[test]
    fn a_refused_recipient_is_named() {
        let attempt = Attempt {
            phase: Phase::Recipient,
            reply: Some((550, "no such user".into())),
            refused: vec![("carol@target.example".into(), 550, "no such user".into())],
        };
        assert_eq!(
            judge(&attempt, History::default()),
            Judgement::Refused {
                recipient: Some("carol@target.example".into())
            }
        );
    }

    #[test]
    fn old_mails_are_given_up() {
        let attempt = Attempt {
            phase: Phase::Connect,
            reply: None,
            refused: Vec::new(),
        };
        assert_eq!(
            judge(&attempt, aged(40, GIVE_UP_AFTER_SECS + 1)),
            Judgement::Refused { recipient: None }
        );
        assert_eq!(
            judge(&attempt, aged(40, 0)),
            Judgement::TryLater { delay_secs: 14_400 }
        );
    }

    #[test]
    fn one_mail_that_is_refused_at_mail_stops_no_other_and_two_in_a_row_stop_the_queue_once() {
        let attempt = Attempt {
            phase: Phase::Mail,
            reply: Some((550, "5.7.1 not from you".into())),
            refused: Vec::new(),
        };
        let alone = History::default();
        let second = History {
            another_refused: true,
            ..alone
        };
        let again = History {
            attempts: 1,
            mail_refused_before: true,
            ..second
        };
        let waits = Judgement::TryLater { delay_secs: 900 };
        assert_eq!(judge(&attempt, alone), waits);
        assert_eq!(
            judge(&attempt, second),
            Judgement::StopQueue { delay_secs: 900 }
        );
        assert_eq!(judge(&attempt, again), waits);
        let old = History {
            age_secs: GIVE_UP_AFTER_SECS + 1,
            ..again
        };
        assert_eq!(judge(&attempt, old), Judgement::Refused { recipient: None });
    }

    #[test]
    fn a_full_mailbox_is_no_question_of_size() {
        let full = Attempt {
            phase: Phase::Dot,
            reply: Some((552, "5.2.2 over quota".into())),
            refused: Vec::new(),
        };
        assert_eq!(
            judge(&full, History::default()),
            Judgement::Refused { recipient: None }
        );
    }

    #[test]
    fn without_proof_the_setting_decides_and_a_mailbox_out_of_reach_is_no_proof() {
        use Resolution::*;
        for policy in [OnUnknown::Probe, OnUnknown::Always, OnUnknown::Never] {
            assert_eq!(resolve(policy, Looked::Found, 0), Accepted);
        }
        let later = LookAgain { delay_secs: 600 };
        assert_eq!(resolve(OnUnknown::Probe, Looked::Absent, 0), SendAgain);
        assert_eq!(resolve(OnUnknown::Probe, Looked::Failed, 0), later);
        assert_eq!(resolve(OnUnknown::Probe, Looked::Failed, 6), SendAgain);
        assert_eq!(resolve(OnUnknown::Always, Looked::Failed, 0), SendAgain);
        assert_eq!(resolve(OnUnknown::Never, Looked::Absent, 0), Leave);
        assert_eq!(resolve(OnUnknown::Never, Looked::Failed, 0), later);
        assert_eq!(resolve(OnUnknown::Never, Looked::Failed, 6), Leave);
    }
}
