//! What people and machines do: every kind of mail that can reach the bot, made with the demo's
//! mail program. Nothing here knows what the desk thinks.

use super::cast::{BOT, CAROL_AT_HOME, CONNECTORS, REQUESTERS, STRANGERS, TARGETS, Who};
use super::mailroom::{Inbound, Mailroom, Meaning, Proof};
use askfirst::reader::letter::Letter;

pub const YES: [&str; 4] = [
    "Yes",
    "Yes, happy to talk.",
    "Sure, please introduce us!",
    "Ja, gerne.",
];
pub const NO: [&str; 3] = ["No", "No thanks, not for me.", "Nein, danke."];
pub const LATER: [&str; 3] = [
    "Later, in spring.",
    "Not now, please ask me again in January.",
    "Maybe next month.",
];
pub const STOP: [&str; 2] = ["stop", "Please stop asking me."];
pub const UNCLEAR: [&str; 5] = [
    "What does she want exactly? My quokka is ill.",
    "Yes, but not before I know more of the quokka.",
    "Hm. Depends on the budget.",
    "Who is that?",
    "Thanks for writing.",
];

/// Whether these words of ours say no, later, stop or "cancel".
fn refuses(text: &str) -> bool {
    let all = [NO.as_slice(), &LATER, &STOP, &["cancel"]];
    all.iter().any(|words| words.contains(&text))
}

/// With one more field in its header.
pub fn with_field(raw: Vec<u8>, field: &str) -> Vec<u8> {
    let text = String::from_utf8(raw).unwrap();
    text.replacen("Subject:", &format!("{field}\r\nSubject:"), 1)
        .into_bytes()
}

/// Message-ID, and the addresses in To and Cc: the header as our own mail programs write it.
pub fn envelope(raw: &[u8]) -> (String, Vec<String>) {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n");
    let head = String::from_utf8_lossy(&raw[..end.unwrap_or(raw.len())]);
    let (mut id, mut to) = (String::new(), Vec::new());
    for line in head.replace("\r\n ", " ").lines() {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        match name {
            "Message-ID" => id = value.trim().to_owned(),
            "To" | "Cc" => to.extend(value.split(", ").map(|one| {
                let one = one.split_once('<').map_or(one, |(_, inner)| inner);
                one.trim_end_matches('>').to_lowercase()
            })),
            _ => {}
        }
    }
    (id, to)
}

impl Mailroom {
    pub fn inbound(&self, from: Who, proof: Proof, meaning: Meaning, raw: Vec<u8>) -> Inbound {
        let (message_id, to) = envelope(&raw);
        Inbound {
            from: from.1.to_owned(),
            proof,
            meaning,
            refuses: false,
            answers: Vec::new(),
            in_thread: Vec::new(),
            message_id,
            names: Vec::new(),
            to,
            raw,
            again: false,
            at_secs: 0,
        }
    }

    /// Mostly proven.
    pub fn proof(&mut self) -> Proof {
        match self.chance.below(8) {
            0 => Proof::None,
            1 => Proof::Fail,
            _ => Proof::Pass,
        }
    }

    /// The request as the connector has it in his mailbox; now and then a target is named in it.
    pub fn request(&mut self, requester: Who, connector: Who, names: Option<Who>) -> Letter {
        let wish = match names {
            Some(target) => format!("could you introduce me to {}?", target.0),
            None => "do you know somebody for radio?".to_owned(),
        };
        let to = format!("{} <{}>", connector.0, connector.1);
        let text = format!("Hi,\n\n{wish} I build sensors.\n\n{}", requester.0);
        let mail = self.writer(requester).mail(&to, "", "A word?", &text);
        askfirst::reader::open(&mail)
    }

    pub fn connector(&mut self) -> Who {
        CONNECTORS[self.chance.below(self.house.connectors.len())]
    }

    fn target(&mut self) -> Who {
        match self.chance.below(10) {
            0..=5 => TARGETS[0],
            6 | 7 => TARGETS[1],
            8 => TARGETS[2],
            _ => TARGETS[3],
        }
    }

    /// Row 1: a connector forwards a request, with a note or without.
    pub fn forwarded(&mut self, proof: Proof) -> Inbound {
        let (bob, alice, carol) = (
            self.connector(),
            *self.chance.pick(&REQUESTERS),
            self.target(),
        );
        let named = self.chance.one_in(2).then_some(carol);
        let mut names = vec![carol.1.to_owned()];
        let note = match self.chance.below(9) {
            0 if named.is_some() && carol != TARGETS[3] => String::new(),
            1 => "See below.".to_owned(),
            2 => "Please ask Carol.".to_owned(),
            3 => {
                names.push(TARGETS[1].1.to_owned());
                format!("Please ask {} and {}.", carol.1, TARGETS[1].1)
            }
            4 => "Please ask Xavier Nobody.".to_owned(),
            _ => format!("Please ask {} <{}>. I like it.", carol.0, carol.1),
        };
        if note.contains("Carol.") {
            names.push(TARGETS[0].1.to_owned());
        }
        let mut below = self.request(alice, bob, named);
        match self.chance.below(12) {
            0 => below.plain = Some(String::new()),
            1 => below.from = askfirst::reader::author::from::Sender::Unusable,
            _ => {}
        }
        // A name in the request alone may be asked too, where it fits one contact.
        names.extend(named.map(|who| who.1.to_owned()));
        names.push(match carol == TARGETS[3] {
            true => TARGETS[0].1.to_owned(),
            false => carol.1.to_owned(),
        });
        let raw = self.writer(bob).forward(&below, BOT, &note);
        let mut mail = self.inbound(bob, proof, Meaning::Request, raw);
        mail.names = names;
        mail
    }

    /// Row 2: he answers the requester, the bot in copy.
    pub fn answered_in_copy(&mut self, proof: Proof) -> Inbound {
        let (bob, alice, carol) = (
            self.connector(),
            *self.chance.pick(&REQUESTERS),
            self.target(),
        );
        let below = self.request(alice, bob, None);
        let text = format!("Happy to. I'll ask {} and let you know.", carol.0);
        let raw = match self.chance.one_in(5) {
            // With nothing of her request below.
            true => {
                let to = format!("{} <{}>", alice.0, alice.1);
                self.writer(bob).mail(&to, BOT, "A word?", &text)
            }
            false => {
                let raw = self.writer(bob).reply(&below, &text);
                with_field(raw, &format!("Cc: {BOT}"))
            }
        };
        let mut mail = self.inbound(bob, proof, Meaning::Request, raw);
        mail.names = match carol == TARGETS[3] {
            true => vec![TARGETS[0].1.to_owned()],
            false => vec![carol.1.to_owned()],
        };
        mail
    }

    /// Row 3: he asks the target himself, the bot in copy.
    pub fn asked_himself(&mut self, proof: Proof) -> Inbound {
        let (bob, alice, carol) = (
            self.connector(),
            *self.chance.pick(&REQUESTERS),
            self.target(),
        );
        let below = self.request(alice, bob, None);
        let to = format!("{} <{}>", carol.0, carol.1);
        if self.chance.one_in(8) {
            // Nothing below: there is nothing to ask.
            let raw = self.writer(bob).mail(&to, BOT, "Hello", "Hi, how are you?");
            return self.inbound(bob, proof, Meaning::Other, raw);
        }
        let raw = self
            .writer(bob)
            .forward(&below, &to, "Hi, see below - interested?");
        let raw = with_field(raw, &format!("Cc: {BOT}"));
        let mut mail = self.inbound(bob, proof, Meaning::Request, raw);
        mail.names = vec![carol.1.to_owned()];
        mail
    }

    /// Row 4: he introduces them himself.
    pub fn together(&mut self, proof: Proof) -> Inbound {
        let (bob, alice, carol) = (
            self.connector(),
            *self.chance.pick(&REQUESTERS),
            self.target(),
        );
        let to = format!("{} <{}>, {} <{}>", alice.0, alice.1, carol.0, carol.1);
        let raw = self
            .writer(bob)
            .mail(&to, BOT, "You two", "Meet each other.");
        self.inbound(bob, proof, Meaning::Other, raw)
    }

    /// Row 5: he proposes two people.
    pub fn proposed(&mut self, proof: Proof) -> Inbound {
        let (bob, alice, carol) = (
            self.connector(),
            *self.chance.pick(&REQUESTERS),
            self.target(),
        );
        let text = format!(
            "Please introduce {} <{}> to {} <{}>.",
            alice.0, alice.1, carol.0, carol.1
        );
        let raw = self.writer(bob).mail(BOT, "", "Two people", &text);
        let mut mail = self.inbound(bob, proof, Meaning::Request, raw);
        mail.names = vec![carol.1.to_owned()];
        mail
    }

    /// Row 6: a requester writes to the bot.
    pub fn direct(&mut self, alice: Who, proof: Proof) -> Inbound {
        let carol = self.target();
        let mut names = vec![carol.1.to_owned()];
        let wish = match self.chance.below(8) {
            0 => "I would like to meet somebody.".to_owned(),
            1 => format!("Could you introduce me to {}?", carol.1),
            2 => {
                names.push(TARGETS[1].1.to_owned());
                format!(
                    "Could you introduce me to {} and {}?",
                    TARGETS[0].1, TARGETS[1].1
                )
            }
            _ if carol == TARGETS[2] || carol == TARGETS[3] => {
                format!("Could you introduce me to {} <{}>?", carol.0, carol.1)
            }
            _ => format!("Could you introduce me to {}?", carol.0),
        };
        names.push(TARGETS[0].1.to_owned());
        let text = format!("Hello,\n\n{wish} I build sensors.\n\n{}", alice.0);
        let cc = match self.chance.below(3) {
            0 => CONNECTORS[0].1,
            _ => "",
        };
        let raw = self.writer(alice).mail(BOT, cc, "An introduction", &text);
        let mut mail = self.inbound(alice, proof, Meaning::Request, raw);
        mail.names = names;
        mail
    }

    pub fn reply(
        &mut self,
        who: Who,
        proof: Proof,
        to: usize,
        meaning: Meaning,
        text: &str,
    ) -> Inbound {
        let letter = self.outbound[to].letter().clone();
        let raw = self.writer(who).reply(&letter, text);
        let mut mail = self.inbound(who, proof, meaning, raw);
        mail.answers = vec![self.outbound[to].message_id.clone()];
        mail.refuses = refuses(text);
        mail
    }

    /// Our mail as somebody would make it up who guessed its row: other bits in every carrier.
    pub fn with_guess(&self, of: usize) -> Letter {
        let mut letter = self.outbound[of].letter().clone();
        let id = letter.message_id.clone().unwrap_or_default();
        let start = |c: &char| *c != '-' && *c != '@';
        let code: String = id.chars().skip_while(start).skip(1).take(26).collect();
        // Well formed: 128 bits in base32 end in a letter whose last two bits are zero.
        let guess = &"abcdefghijklmnopqrstuvwxya"[..code.len()];
        let change = |text: &mut String| *text = text.replace(&code, guess);
        letter.message_id.iter_mut().for_each(change);
        // The older ids of the thread are secrets of their own.
        letter.references.clear();
        letter.plain.iter_mut().for_each(change);
        letter.html.iter_mut().for_each(change);
        change(&mut letter.subject);
        for person in &mut letter.reply_to {
            let address = person.address.as_str().replace(&code, guess);
            person.address = super::cast::address(&address);
        }
        letter
    }

    pub fn last_to(&mut self, address: &str) -> Option<usize> {
        let all = self.mailbox(address);
        // Mostly the newest: people answer what lies on top.
        match self.chance.one_in(3) {
            true if !all.is_empty() => Some(*self.chance.pick(&all)),
            _ => all.last().copied(),
        }
    }

    /// A target answers one of his mails, from one of his addresses.
    pub fn target_answers(&mut self, yes: bool) -> Option<Inbound> {
        let carol = self.target();
        let to = self.last_to(carol.1)?;
        let from = match carol == TARGETS[0] && self.chance.one_in(5) {
            true => CAROL_AT_HOME,
            false => carol,
        };
        let proof = self.proof();
        let (meaning, text) = match (yes, self.chance.below(6)) {
            (true, 0..=3) | (false, 0) => (Meaning::Yes, *self.chance.pick(&YES)),
            (true, 4) | (false, 1 | 2) => (Meaning::No, *self.chance.pick(&NO)),
            (false, 3) => (Meaning::Later, *self.chance.pick(&LATER)),
            (false, 4) => (Meaning::Stop, *self.chance.pick(&STOP)),
            _ => (Meaning::Other, *self.chance.pick(&UNCLEAR)),
        };
        Some(self.reply(from, proof, to, meaning, text))
    }

    /// Row 8: the target writes to requester and bot together.
    pub fn target_writes_to_both(&mut self) -> Option<Inbound> {
        let carol = self.target();
        let to = self.last_to(carol.1)?;
        let alice = *self.chance.pick(&REQUESTERS);
        let mut mail = self.reply(
            carol,
            Proof::Pass,
            to,
            Meaning::Other,
            "Hello, nice to meet you.",
        );
        mail.raw = with_field(mail.raw, &format!("Cc: {}", alice.1));
        mail.to.push(alice.1.to_owned());
        Some(mail)
    }

    /// A target's answer in the connector's own thread (row 3).
    pub fn target_answers_connector(&mut self) -> Option<Inbound> {
        let asked: Vec<usize> = (0..self.inbound.len())
            .filter(|at| {
                TARGETS
                    .iter()
                    .any(|t| self.inbound[*at].to.contains(&t.1.to_owned()))
            })
            .collect();
        if asked.is_empty() {
            return None;
        }
        let asked = self.inbound[*self.chance.pick(&asked)].clone();
        let carol = *TARGETS
            .iter()
            .find(|t| asked.to.contains(&t.1.to_owned()))?;
        let letter = askfirst::reader::open(&asked.raw);
        let proof = self.proof();
        let (meaning, text) = match self.chance.below(3) {
            0 => (Meaning::No, *self.chance.pick(&NO)),
            _ => (Meaning::Yes, *self.chance.pick(&YES)),
        };
        let raw = self.writer(carol).reply(&letter, text);
        let raw = with_field(raw, &format!("Cc: {BOT}"));
        let mut mail = self.inbound(carol, proof, meaning, raw);
        mail.in_thread = vec![asked.message_id];
        Some(mail)
    }

    /// A requester answers one of his mails.
    pub fn requester_answers(&mut self) -> Option<Inbound> {
        let alice = *self.chance.pick(&REQUESTERS);
        let to = self.last_to(alice.1)?;
        let proof = self.proof();
        let (meaning, text) = match self.chance.below(7) {
            0 => (Meaning::Cancel, "cancel".to_owned()),
            1 => (Meaning::No, "No, thank you.".to_owned()),
            2 => (
                Meaning::Other,
                "I build sensors for beehives and need advice.".to_owned(),
            ),
            3 => (Meaning::Other, "Bob Kim".to_owned()),
            4 => (Meaning::Other, "Carol Danvers".to_owned()),
            5 => (
                Meaning::Other,
                format!("{} and {}", TARGETS[0].1, TARGETS[1].1),
            ),
            _ => (Meaning::Yes, "Yes, please.".to_owned()),
        };
        let mut mail = self.reply(alice, proof, to, meaning, &text);
        mail.names = vec![TARGETS[0].1.to_owned(), TARGETS[1].1.to_owned()];
        Some(mail)
    }

    /// A connector answers one of his notices.
    pub fn connector_answers(&mut self) -> Option<Inbound> {
        let bob = self.connector();
        let to = self.last_to(bob.1)?;
        let carol = self.target();
        let mut names = Vec::new();
        let (meaning, text) = match self.chance.below(14) {
            0 => (Meaning::Cancel, "cancel".to_owned()),
            1 => (Meaning::Other, "ask again".to_owned()),
            2 => (Meaning::No, "No".to_owned()),
            3 => (
                Meaning::No,
                "No.\n\nI don't know her well enough, sorry.".to_owned(),
            ),
            4 => (Meaning::Other, "1".to_owned()),
            5 => (Meaning::Other, "1 and 2".to_owned()),
            6 => (
                Meaning::Other,
                "Hm, let me think about the weather.".to_owned(),
            ),
            7 | 8 => {
                names.push(carol.1.to_owned());
                (Meaning::Other, format!("Sorry, it is {}", carol.1))
            }
            9 => {
                names.extend([TARGETS[0].1.to_owned(), TARGETS[1].1.to_owned()]);
                (
                    Meaning::Other,
                    format!("{}\n{}", TARGETS[0].1, TARGETS[1].1),
                )
            }
            10 if self.outbound[to].saying == "who_asks" => {
                (Meaning::Other, REQUESTERS[0].1.to_owned())
            }
            _ => (Meaning::Yes, "Yes, go ahead".to_owned()),
        };
        if text.starts_with('1') {
            // The choices are his contacts.
            names.extend([TARGETS[0].1.to_owned(), TARGETS[1].1.to_owned()]);
            names.push(TARGETS[2].1.to_owned());
            names.push(TARGETS[3].1.to_owned());
        }
        let proof = self.proof();
        let mut mail = self.reply(bob, proof, to, meaning, &text);
        mail.names = names;
        Some(mail)
    }

    /// "status", "pause", "help", in no thread.
    pub fn command(&mut self, proof: Proof) -> Inbound {
        let who = match self.chance.one_in(4) {
            true => STRANGERS[0],
            false => self.connector(),
        };
        let word = *self
            .chance
            .pick(&["status", "help", "resume", "resume", "pause", "cancel"]);
        let raw = self.writer(who).mail(BOT, "", word, word);
        self.inbound(who, proof, Meaning::Other, raw)
    }

    /// Row 7: a connector passes on what the target wrote.
    pub fn passed_on(&mut self) -> Option<Inbound> {
        let carol = self.target();
        let to = self.last_to(carol.1)?;
        let bob = self.connector();
        let answer = self.reply(carol, Proof::Pass, to, Meaning::Other, "Yes, happy to");
        let letter = askfirst::reader::open(&answer.raw);
        let raw = self.writer(bob).forward(&letter, BOT, "She says yes");
        let proof = self.proof();
        let mut mail = self.inbound(bob, proof, Meaning::Other, raw);
        mail.answers = answer.answers;
        Some(mail)
    }

    /// Somebody who is not the author writes in his name, or in his own with another's secret.
    pub fn forgery(&mut self) -> Inbound {
        let everybody = [
            REQUESTERS[0],
            TARGETS[0],
            TARGETS[1],
            TARGETS[2],
            CONNECTORS[0],
            STRANGERS[0],
            STRANGERS[1],
        ];
        let victim = *self.chance.pick(&everybody);
        let proof = match self.chance.one_in(2) {
            true => Proof::Fail,
            false => Proof::None,
        };
        // Whoever knows a target's secret is kept out by proof alone; under "possession" an unproven
        // forger knows only what was sent to others.
        let insider = CONNECTORS.contains(&victim) || REQUESTERS.contains(&victim);
        let strict = self.house.require_authenticated && !insider;
        let all_known = proof == Proof::Fail || strict;
        let known: Vec<usize> = (0..self.outbound.len())
            .filter(|at| {
                let mail = &self.outbound[*at];
                // A mail that never left is known to nobody.
                // The second secret went to the asked address alone; under "possession" it is proof.
                let second = mail.saying == "confirm_target" && !strict;
                mail.accepted > 0 && (all_known && !second || !mail.is_to(victim.1))
            })
            .collect();
        let text = *self
            .chance
            .pick(&["Yes", "Yes, go ahead", "No", "stop", "cancel", "1"]);
        if known.is_empty() || self.chance.one_in(3) {
            let raw = match (CONNECTORS.contains(&victim), self.chance.below(3)) {
                (true, 0) => return self.forged_request(victim, proof),
                (_, 1) => self.writer(victim).mail(BOT, "", "Re: interested?", text),
                _ => self.writer(victim).mail(
                    BOT,
                    "",
                    "Hello",
                    "Please introduce me to Zoe Quist <zoe@quist.example>.",
                ),
            };
            return self.inbound(victim, proof, Meaning::Other, raw);
        }
        let to = *self.chance.pick(&known);
        let mut mail = self.reply(victim, proof, to, Meaning::Other, text);
        if self.chance.one_in(4) {
            let letter = self.with_guess(to);
            mail.raw = self.writer(victim).reply(&letter, text);
            mail.answers.clear();
        }
        if self.chance.one_in(6) {
            let alice = *self.chance.pick(&REQUESTERS);
            mail.raw = with_field(mail.raw, &format!("Cc: {}", alice.1));
        }
        mail
    }

    /// In the connector's name, and naming somebody whom he never named.
    fn forged_request(&mut self, bob: Who, proof: Proof) -> Inbound {
        let below = self.request(REQUESTERS[1], bob, None);
        let zoe = TARGETS[2];
        let note = format!("Please ask {} <{}>.", zoe.0, zoe.1);
        let raw = self.writer(bob).forward(&below, BOT, &note);
        let mut mail = self.inbound(bob, proof, Meaning::Request, raw);
        mail.names = vec![zoe.1.to_owned()];
        mail
    }

    /// A machine answers one of our mails: out-of-office, or it comes back.
    pub fn machine(&mut self, bounce: bool) -> Option<Inbound> {
        let got: Vec<usize> = (0..self.outbound.len())
            .filter(|at| self.outbound[*at].accepted > 0)
            .collect();
        if got.is_empty() {
            return None;
        }
        let about = *self.chance.pick(&got);
        let recipient = self.outbound[about].recipients.first()?.clone();
        if bounce {
            self.outbound[about].returned = true;
            self.serial += 1;
            let id = &self.outbound[about].message_id;
            let raw = bounce_of(id, &recipient, self.serial);
            let mailer: Who = ("Mail Delivery System", "mailer-daemon@mx.example");
            let mut mail = self.inbound(mailer, Proof::None, Meaning::Machine, raw);
            mail.answers = vec![self.outbound[about].message_id.clone()];
            return Some(mail);
        }
        let all = [REQUESTERS.as_slice(), &CONNECTORS, &TARGETS].concat();
        let who = *all.iter().find(|who| who.1 == recipient)?;
        let proof = self.proof();
        let text = *self
            .chance
            .pick(&["I am away until Monday.", "Yes, I am away.", "Yes"]);
        let mut mail = self.reply(who, proof, about, Meaning::Machine, text);
        mail.raw = with_field(mail.raw, "Auto-Submitted: auto-replied");
        Some(mail)
    }

    /// Everybody answers everything at once, as badly configured programs do (V8).
    pub fn responder(&mut self, at: usize) -> Option<Inbound> {
        if self.outbound[at].accepted == 0 {
            return None;
        }
        let recipient = self.outbound[at].recipients.first()?.clone();
        let all = [REQUESTERS.as_slice(), &CONNECTORS, &TARGETS].concat();
        let who = *all.iter().find(|who| who.1 == recipient)?;
        let text = *self.chance.pick(&[
            "Thanks for writing.",
            "Who is that?",
            "Yes, but the quokka.",
            "ask again",
            "No",
            "stop",
            "Later, in spring.",
        ]);
        Some(self.reply(who, Proof::Pass, at, Meaning::Other, text))
    }
}

/// The shape of Postfix's report (RFC 3464).
pub fn bounce_of(id: &str, recipient: &str, serial: u64) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: {BOT}\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nDate: Tue, 24 Nov 2026 10:01:00 +0000\r\nMessage-ID: <b{serial}@mx.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\nSubject: x\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}
