//! One mail, phase by phase: MAIL, each RCPT, DATA, the body, the dot.
//! It fails where it stops: a refused recipient stops the mail for all, and after the dot only the server's word counts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};
use tokio::time::{Instant, sleep_until, timeout};

use super::step::{OUT_OF_TURN, Step, Talk, weigh};
use super::tap::lock;
use super::{Attempt, Connection, Phase, Reply, Unsendable};

impl Connection {
    /// Sends one mail to all recipients or to none.
    ///
    /// `envelope_from`: None for the null sender. `bytes`: with CRLF line endings; a final CRLF is not doubled.
    pub async fn send(
        &mut self,
        envelope_from: Option<&str>,
        recipients: &[String],
        bytes: &[u8],
    ) -> Attempt {
        if !self.usable {
            return Attempt::broke(Phase::Connect, "this connection is of no more use");
        }
        let letter = match self.check(envelope_from, recipients, bytes) {
            Ok(letter) => letter,
            Err(attempt) => return attempt,
        };
        // Until the end is reached in good order nobody may use this connection again, not even after a cancelled send.
        self.usable = false;
        let (attempt, in_step) = self.transact(letter, recipients, bytes).await;
        self.usable = in_step && attempt.reply.as_ref().is_none_or(|reply| reply.code != 421);
        attempt
    }

    /// Ends the conversation politely; whatever happens then changes nothing about any mail.
    pub async fn quit(mut self) {
        if self.usable {
            let _ = timeout(self.timeouts.quit, self.inner.command(Quit)).await;
        }
    }

    fn check(
        &self,
        envelope_from: Option<&str>,
        recipients: &[String],
        bytes: &[u8],
    ) -> Result<Letter, Attempt> {
        let refuse = |phase, why, text: &str| Err(Attempt::unsendable(phase, why, text));
        if recipients.is_empty() {
            return refuse(
                Phase::Recipient,
                Unsendable::NoRecipient,
                "the mail has no recipient",
            );
        }
        if has_bare_line_ending(bytes) {
            let text = "a CR or LF stands alone in the mail";
            return refuse(Phase::Mail, Unsendable::BareLineEnding, text);
        }
        let addresses = envelope_from
            .into_iter()
            .chain(recipients.iter().map(String::as_str));
        let needs_utf8 = addresses.clone().any(|address| !address.is_ascii());
        if needs_utf8 && !self.abilities.smtputf8 {
            let text = "an address is not ASCII, and the server does not offer SMTPUTF8";
            return refuse(Phase::Mail, Unsendable::NeedsSmtpUtf8, text);
        }
        if !bytes.is_ascii() && !self.abilities.eight_bit_mime {
            let text = "the mail is not ASCII, and the server does not offer 8BITMIME";
            return refuse(Phase::Mail, Unsendable::NeedsEightBitMime, text);
        }
        if self
            .abilities
            .size_limit
            .is_some_and(|limit| bytes.len() as u64 > limit)
        {
            let text = "the mail is larger than the server takes";
            return refuse(Phase::Mail, Unsendable::TooLarge, text);
        }
        let mut addresses = addresses.map(|address| Address::from_str(address).ok());
        let from = match envelope_from {
            Some(_) => addresses.next(),
            None => Some(None),
        };
        let bad = "an address can't be written in a command";
        let from = match (envelope_from, from.flatten()) {
            (Some(_), None) => return refuse(Phase::Mail, Unsendable::BadAddress, bad),
            (_, from) => from,
        };
        let Some(to) = addresses.collect::<Option<Vec<Address>>>() else {
            return refuse(Phase::Recipient, Unsendable::BadAddress, bad);
        };
        Ok(Letter {
            from,
            to,
            parameters: self.parameters(needs_utf8, bytes),
        })
    }

    fn parameters(&self, needs_utf8: bool, bytes: &[u8]) -> Vec<MailParameter> {
        let mut parameters = Vec::new();
        if self.abilities.size {
            parameters.push(MailParameter::Size(bytes.len()));
        }
        if !bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if needs_utf8 {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        parameters
    }

    /// The attempt, and whether the connection is still in step with the server.
    async fn transact(
        &mut self,
        letter: Letter,
        recipients: &[String],
        bytes: &[u8],
    ) -> (Attempt, bool) {
        let mut talk = Talk::new(self.abilities.pipelining);
        talk.add(Mail::new(letter.from, letter.parameters));
        let is_for_one = letter.to.len() == 1;
        for address in letter.to {
            talk.add(Rcpt::new(address, Vec::new()));
        }
        if is_for_one {
            talk.add(Data);
        }
        match self.reply(&mut talk, self.timeouts.mail).await {
            Step::Said(reply) if reply.is_completion() => {}
            other => {
                let (attempt, in_step) = refused(Phase::Mail, other);
                let in_step = in_step && self.hear_out(talk, &attempt).await;
                return (attempt, in_step);
            }
        }
        crate::failpoint::here("smtp.mail");
        let (said, ended) = self.hear_recipients(&mut talk, recipients).await;
        let (attempt, in_step) = match ended {
            Some((attempt, in_step)) => {
                let in_step = in_step && self.hear_out(talk, &attempt).await && self.reset().await;
                (attempt, in_step)
            }
            None => {
                if !is_for_one {
                    // Whoever refuses one of several may grant DATA all the same, and there is no way back from it.
                    talk.add(Data);
                }
                self.offer(&mut talk, bytes).await
            }
        };
        let recipients = said;
        (
            Attempt {
                recipients,
                ..attempt
            },
            in_step,
        )
    }

    /// The reply to each recipient, and the attempt's end if not all of them were taken.
    async fn hear_recipients(
        &mut self,
        talk: &mut Talk,
        names: &[String],
    ) -> (Vec<(String, Reply)>, Option<(Attempt, bool)>) {
        let mut said: Vec<(String, Reply)> = Vec::new();
        for name in names {
            match self.reply(talk, self.timeouts.recipient).await {
                Step::Said(reply)
                    if reply.is_completion() || (reply.code >= 400 && reply.code != 421) =>
                {
                    said.push((name.clone(), reply));
                }
                other => return (said, Some(refused(Phase::Recipient, other))),
            }
        }
        let refusal = said.iter().find(|(_, reply)| !reply.is_completion());
        let ended = refusal.map(|(_, reply)| Attempt::said(Phase::Recipient, reply.clone()));
        (said, ended.map(|attempt| (attempt, true)))
    }

    async fn offer(&mut self, talk: &mut Talk, bytes: &[u8]) -> (Attempt, bool) {
        crate::failpoint::here("smtp.recipients");
        match self.reply(talk, self.timeouts.data).await {
            Step::Said(reply) if reply.code == 354 => {
                crate::failpoint::here("smtp.data");
                self.hand_over(bytes).await
            }
            // Who closes the connection (421) is not asked for anything more.
            Step::Said(reply) if reply.code >= 400 && reply.code != 421 => {
                (Attempt::said(Phase::Data, reply), self.reset().await)
            }
            other => refused(Phase::Data, other),
        }
    }

    /// After a refusal, the replies to what was written together with the refused command; whether the connection is
    /// in step then. It is not where DATA was granted all the same: no mail follows, and a lone dot would be one.
    async fn hear_out(&mut self, mut talk: Talk, refusal: &Attempt) -> bool {
        let closes = |reply: &Reply| reply.code == 421;
        if refusal.reply.as_ref().is_some_and(closes) {
            return false;
        }
        while !talk.is_answered() {
            match self.reply(&mut talk, self.timeouts.mail).await {
                Step::Said(reply) if reply.is_completion() => {}
                Step::Said(reply) if reply.code >= 400 && !closes(&reply) => {}
                _ => return false,
            }
        }
        true
    }

    async fn reset(&mut self) -> bool {
        let mut talk = Talk::new(false);
        talk.add(Rset);
        let step = self.reply(&mut talk, self.timeouts.mail).await;
        matches!(step, Step::Said(reply) if reply.is_completion())
    }

    async fn reply(&mut self, talk: &mut Talk, limit: Duration) -> Step {
        talk.reply(&mut self.inner, &self.tap, limit).await
    }

    /// Body and dot, given to lettre as a command whose reply is the mail's: its own way looks at each
    /// octet by itself.
    async fn hand_over(&mut self, bytes: &[u8]) -> (Attempt, bool) {
        if !lock(&self.tap).is_silent() {
            return (Attempt::broke(Phase::Data, OUT_OF_TURN), false);
        }
        let dots = dots(unended(bytes));
        lock(&self.tap).body_begins(unended(bytes).len() + dots.len());
        let mail = std::str::from_utf8(unended(bytes)).map(|text| OnTheWire { text, dots });
        let tap = self.tap.clone();
        let (block, dot) = (self.timeouts.block, self.timeouts.dot);
        let result = {
            let inner = &mut self.inner;
            let sending = async {
                match mail {
                    Ok(mail) => inner.command(mail).await,
                    Err(_) => inner.message(unended(bytes)).await,
                }
            };
            tokio::pin!(sending);
            loop {
                let until = {
                    let heard = lock(&tap);
                    heard.last_write() + if heard.dot_went() { dot } else { block }
                };
                if until <= Instant::now() {
                    break None;
                }
                tokio::select! {
                    result = &mut sending => break Some(result),
                    () = sleep_until(until) => {}
                }
            }
        };
        let phase = if lock(&tap).dot_went() {
            Phase::Dot
        } else {
            Phase::Body
        };
        match weigh(result, lock(&tap).next(0)) {
            // Only a final word ends the phase; 3xx here is none, and whether the mail was taken stays unknown.
            Ok(said) if phase == Phase::Dot => {
                let in_step = said.code < 300 || said.code >= 400;
                (Attempt::said(phase, said.reply()), in_step)
            }
            Ok(_) => (
                Attempt::broke(phase, "the server answered before the mail's end"),
                false,
            ),
            Err(trouble) => (Attempt::broke(phase, trouble), false),
        }
    }
}

/// A mail's envelope, ready for the wire.
struct Letter {
    from: Option<Address>,
    to: Vec<Address>,
    parameters: Vec<MailParameter>,
}

/// A refusal leaves the connection in step; a positive answer that means something else does not.
fn refused(phase: Phase, step: Step) -> (Attempt, bool) {
    match step {
        Step::Said(reply) if reply.code >= 400 => (Attempt::said(phase, reply), true),
        Step::Said(_) => (
            Attempt::broke(phase, "a reply that does not fit the command"),
            false,
        ),
        Step::Broke(trouble) => (Attempt::broke(phase, trouble), false),
    }
}

/// What ends a mail (RFC 5321 section 4.1.1.4).
const END: &str = "\r\n.\r\n";

/// Without the last line's end, which is part of [`END`].
fn unended(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r\n").unwrap_or(bytes)
}

/// Where lines begin that begin with a dot: each gets one more (RFC 5321 section 4.5.2).
fn dots(bytes: &[u8]) -> Vec<usize> {
    let first = bytes.starts_with(b".").then_some(0);
    let others = memchr::memmem::find_iter(bytes, b"\r\n.").map(|at| at + 2);
    first.into_iter().chain(others).collect()
}

/// A mail without its last line's end as it goes over the wire: with those dots, and the end.
struct OnTheWire<'a> {
    text: &'a str,
    dots: Vec<usize>,
}

impl fmt::Display for OnTheWire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        for at in self.dots.iter().copied() {
            f.write_str(self.text.get(written..at).unwrap_or_default())?;
            f.write_str(".")?;
            written = at;
        }
        f.write_str(self.text.get(written..).unwrap_or_default())?;
        f.write_str(END)
    }
}

/// Whether a CR stands before anything but an LF, or an LF behind anything but a CR.
fn has_bare_line_ending(bytes: &[u8]) -> bool {
    let behind = bytes.get(1..).unwrap_or_default();
    // Without a branch for each, so that many pairs are compared together.
    let is_torn = bytes.iter().zip(behind).fold(false, |torn, (one, next)| {
        torn | ((*one == b'\r') != (*next == b'\n'))
    });
    is_torn || bytes.first() == Some(&b'\n') || bytes.last() == Some(&b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled() {
        for (mail, sent) in [
            ("", "\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n..\r\na.\r\n", "..\r\n...\r\na.\r\n.\r\n"),
            ("a\r\n\r\n.b\r\n.\r\n", "a\r\n\r\n..b\r\n..\r\n.\r\n"),
        ] {
            let mail = std::str::from_utf8(unended(mail.as_bytes())).unwrap();
            let dots = dots(mail.as_bytes());
            let octets = mail.len() + dots.len() + END.len();
            let mail = OnTheWire { text: mail, dots };
            assert_eq!(mail.to_string(), sent);
            assert_eq!(octets, sent.len());
        }
    }

    #[test]
    fn only_cr_and_lf_together_end_a_line() {
        for good in [&b""[..], b"a", b"\r\n", b"a\r\n\r\nb", b"a\r\n.\r\n"] {
            assert!(!has_bare_line_ending(good), "{good:?}");
        }
        for bad in [
            &b"\n"[..],
            b"\r",
            b"a\nb",
            b"a\rb",
            b"\r\r\n",
            b"\r\n\n",
            b"a\n.\n",
            b"a\r",
        ] {
            assert!(has_bare_line_ending(bad), "{bad:?}");
        }
    }
}
