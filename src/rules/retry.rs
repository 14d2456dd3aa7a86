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

/// Judges an attempt. `attempts` were made before this one; `age_secs` is the mail's age.
pub fn judge(attempt: &Attempt, attempts: u32, age_secs: i64) -> Judgement {
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
        // 552 is the mail's size; any other 5yz to MAIL is about us, not about this mail.
        (Phase::Mail, Some(5)) => match attempt.reply {
            Some((552, _)) => Judgement::Refused { recipient: None },
            _ => stop,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(phase: Phase, code: u16) -> Judgement {
        let attempt = Attempt {
            phase,
            reply: (code > 0).then(|| (code, String::new())),
            refused: Vec::new(),
        };
        judge(&attempt, 0, 0)
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
        assert_eq!(at(Phase::Mail, 550), stop);
        assert_eq!(at(Phase::Mail, 552), refused);
        assert_eq!(at(Phase::Data, 451), later);
        assert_eq!(at(Phase::Data, 554), refused);
        assert_eq!(at(Phase::Body, 0), later);
        assert_eq!(at(Phase::Dot, 250), Judgement::Delivered);
        assert_eq!(at(Phase::Dot, 451), later);
        assert_eq!(at(Phase::Dot, 552), refused);
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
            judge(&attempt, 0, 0),
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
            judge(&attempt, 40, GIVE_UP_AFTER_SECS + 1),
            Judgement::Refused { recipient: None }
        );
        assert_eq!(
            judge(&attempt, 40, 0),
            Judgement::TryLater { delay_secs: 14_400 }
        );
    }
}
