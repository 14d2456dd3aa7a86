//! Plots: the beginnings of lives that chance alone seldom plays, each aimed at one way to go wrong.
//!
//! A step is left out now and then, and other things happen between the steps, so that each plot is
//! many. A step that is not possible yet is passed over.

use super::cast::{BOT, CONNECTORS, DAY, HOUR, REQUESTERS, STRANGERS, TARGETS, Who};
use super::conduct::{LATER, NO, STOP, YES};
use super::life::Player;
use super::mailroom::{Meaning, Proof};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Row 1: the connector forwards the request of the first or second requester, naming a target.
    Forward(usize, usize),
    /// Row 6: a requester writes, naming a target.
    Direct(usize, usize),
    /// … naming nobody, and names two when he is asked.
    DirectVague,
    NamesTwo,
    /// … wishing nothing yet.
    DirectWishless,
    NamesTwoInALine,
    /// Row 5.
    Propose,
    /// A target answers her newest mail.
    Says(usize, Said, Proof),
    /// A target's answer to a mail of ours that went to another address of that name.
    SaysToOther,
    /// Somebody who got hold of the newest mail to the first target.
    StrangerSaysYes,
    RequesterSaysYesForTarget,
    /// The requester answers his newest mail.
    Requester(Said, Proof),
    /// The connector picks two of the numbered choices, or names the right address.
    Picks,
    Corrects(usize),
    /// … in answer to the older mail that told of the bounce.
    CorrectsBounced(usize),
    /// The connector answers his newest mail so.
    AsksAgain,
    ConnectorYes(Proof),
    MachineSaysYes,
    /// The connector's order in a mail of its own.
    Order(&'static str),
    /// The row of a target's secret with made-up bits.
    Guess,
    Bounces(usize),
    Wait(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Yes,
    No,
    Later,
    Stop,
    Cancel,
}

impl Said {
    fn meaning(self) -> Meaning {
        match self {
            Said::Yes => Meaning::Yes,
            Said::No => Meaning::No,
            Said::Later => Meaning::Later,
            Said::Stop => Meaning::Stop,
            Said::Cancel => Meaning::Cancel,
        }
    }
}

use Proof::{Fail, None as Nothing, Pass};
use Step::*;

const PLOTS: [&[Step]; 19] = [
    // A yes long after the closing.
    &[
        Direct(0, 0),
        Says(0, Said::Later, Pass),
        Wait(45 * DAY),
        Wait(60 * DAY),
        Says(0, Said::Yes, Pass),
    ],
    // Stop in one introduction, a reminder due in another.
    &[
        Forward(0, 0),
        Direct(1, 0),
        Says(0, Said::Stop, Pass),
        Wait(3 * DAY),
        Wait(5 * DAY),
        Wait(5 * DAY),
    ],
    &[
        Forward(0, 3),
        Bounces(3),
        Corrects(0),
        SaysToOther,
        Wait(DAY),
    ],
    &[
        DirectVague,
        NamesTwo,
        Says(0, Said::Yes, Pass),
        Says(1, Said::Yes, Pass),
    ],
    &[
        DirectWishless,
        NamesTwoInALine,
        Says(0, Said::Yes, Pass),
        Says(1, Said::Yes, Pass),
    ],
    // A no to an introduction that has not left.
    &[
        Forward(0, 0),
        Wait(HOUR),
        Order("pause"),
        Says(0, Said::Yes, Pass),
        Says(0, Said::No, Pass),
        Order("resume"),
        Wait(3 * DAY),
    ],
    // A wrong address answers after all, and the right one is held back.
    &[
        Forward(0, 3),
        Bounces(3),
        Corrects(0),
        Says(3, Said::Stop, Pass),
        Forward(1, 3),
    ],
    &[
        Forward(0, 3),
        Bounces(3),
        Forward(0, 0),
        CorrectsBounced(0),
        AsksAgain,
        Wait(DAY),
    ],
    &[Forward(0, 0), StrangerSaysYes, Wait(HOUR)],
    &[Forward(0, 0), RequesterSaysYesForTarget, Wait(HOUR)],
    &[
        Direct(0, 0),
        Requester(Said::Cancel, Pass),
        Says(0, Said::Yes, Pass),
        Wait(DAY),
    ],
    &[
        Direct(0, 0),
        Wait(HOUR),
        Says(0, Said::Yes, Pass),
        Requester(Said::Cancel, Pass),
        Wait(3 * DAY),
    ],
    &[
        DirectVague,
        NamesTwo,
        Picks,
        Wait(HOUR),
        Picks,
        Wait(8 * DAY),
        Wait(8 * DAY),
    ],
    &[Forward(1, 0), MachineSaysYes, Wait(HOUR)],
    &[Forward(0, 0), Guess, Wait(HOUR)],
    // What waits through a pause is still well-mannered afterwards.
    &[
        Order("pause"),
        Forward(0, 0),
        Wait(8 * DAY),
        Wait(9 * DAY),
        Order("resume"),
        Wait(DAY),
        Wait(8 * DAY),
        Says(0, Said::Yes, Pass),
    ],
    &[
        Forward(0, 0),
        Wait(DAY),
        Order("pause"),
        Wait(8 * DAY),
        Says(0, Said::No, Pass),
        Order("resume"),
        Wait(DAY),
    ],
    // In the requester's name, with the secret of his own mail.
    &[
        Propose,
        Says(0, Said::Yes, Pass),
        Requester(Said::Yes, Fail),
        Wait(DAY),
    ],
    &[
        Direct(0, 2),
        ConnectorYes(Fail),
        ConnectorYes(Nothing),
        Says(2, Said::Yes, Nothing),
        Says(2, Said::No, Pass),
    ],
];

impl Player {
    /// Plays one of the plots.
    pub fn plot(&mut self) {
        let at = self.room.chance.below(PLOTS.len());
        self.room.tally.count("plots");
        self.room.say(|| format!("plot {at}"));
        for step in PLOTS[at] {
            if self.room.chance.one_in(12) {
                continue;
            }
            if self.room.chance.one_in(8) {
                self.event();
            }
            self.room.tally.count("events");
            self.step(*step);
        }
    }

    fn step(&mut self, step: Step) {
        let mail = match step {
            Forward(alice, carol) => Some(self.forward_of(REQUESTERS[alice], TARGETS[carol])),
            Direct(alice, carol) => Some(self.direct_of(
                REQUESTERS[alice],
                &format!(
                    "Could you introduce me to {} <{}>?",
                    TARGETS[carol].0, TARGETS[carol].1
                ),
                &[TARGETS[carol].1],
            )),
            DirectVague => {
                Some(self.direct_of(REQUESTERS[0], "I would like to meet somebody.", &[]))
            }
            DirectWishless => {
                let text = "Hello, I would like to meet somebody. I build sensors.\n\nAlice";
                let alice = REQUESTERS[0];
                let raw = self.room.writer(alice).mail(BOT, "", "A word", text);
                Some(self.room.inbound(alice, Pass, Meaning::Request, raw))
            }
            NamesTwoInALine => {
                let both = format!("{} and {}", TARGETS[0].0, TARGETS[1].0);
                self.answer(REQUESTERS[0], Pass, Meaning::Other, &both)
            }
            NamesTwo => self.answer(REQUESTERS[0], Pass, Meaning::Other, &both()),
            Propose => Some(self.room.proposed(Pass)),
            Says(carol, said, proof) => {
                let text = self.words(said);
                self.answer(TARGETS[carol], proof, said.meaning(), text)
            }
            SaysToOther => self.answer_as(TARGETS[3].1, TARGETS[0], Nothing, "Yes"),
            StrangerSaysYes => {
                self.answer_as(TARGETS[0].1, STRANGERS[0], Pass, "Yes, happy to talk.")
            }
            RequesterSaysYesForTarget => self.answer_as(TARGETS[0].1, REQUESTERS[0], Pass, "Yes"),
            Requester(said, proof) => {
                let text = self.words(said);
                self.answer(REQUESTERS[0], proof, said.meaning(), text)
            }
            Picks => self.answer(CONNECTORS[0], Pass, Meaning::Other, &both()),
            Corrects(carol) => {
                let text = format!("Sorry, it is {}", TARGETS[carol].1);
                self.answer(CONNECTORS[0], Pass, Meaning::Other, &text)
            }
            CorrectsBounced(carol) => {
                let text = format!("Sorry, it is {}", TARGETS[carol].1);
                let told = |mail: &super::mailroom::Outbound| {
                    mail.saying == "tell_bounced" && mail.accepted > 0
                };
                let to = self.room.outbound.iter().rposition(told);
                to.map(|to| {
                    self.room
                        .reply(CONNECTORS[0], Pass, to, Meaning::Other, &text)
                })
            }
            AsksAgain => self.answer(CONNECTORS[0], Pass, Meaning::Other, "ask again"),
            ConnectorYes(proof) => self.answer(CONNECTORS[0], proof, Meaning::Yes, "Yes, go ahead"),
            MachineSaysYes => {
                let mut mail = self.answer_as(TARGETS[0].1, TARGETS[0], Pass, "Yes");
                if let Some(mail) = &mut mail {
                    mail.meaning = Meaning::Machine;
                    mail.raw = super::conduct::with_field(
                        std::mem::take(&mut mail.raw),
                        "Auto-Submitted: auto-replied",
                    );
                }
                mail
            }
            Guess => self.guess(),
            Bounces(carol) => self.bounce(TARGETS[carol]),
            Order(word) => {
                let raw = self.room.writer(CONNECTORS[0]).mail(BOT, "", word, word);
                let bob = CONNECTORS[0];
                Some(self.room.inbound(bob, Pass, Meaning::Other, raw))
            }
            Wait(secs) => {
                self.wait(secs);
                None
            }
        };
        if let Some(mut mail) = mail {
            mail.names
                .extend(TARGETS.iter().map(|who| who.1.to_owned()).filter(|_| {
                    matches!(
                        step,
                        NamesTwo
                            | NamesTwoInALine
                            | Picks
                            | Corrects(_)
                            | CorrectsBounced(_)
                            | ConnectorYes(_)
                    )
                }));
            self.post(mail);
        }
    }

    fn words(&mut self, said: Said) -> &'static str {
        let all: &[&'static str] = match said {
            Said::Yes => &YES,
            Said::No => &NO,
            Said::Later => &LATER,
            Said::Stop => &STOP,
            Said::Cancel => &["cancel"],
        };
        let word: &&'static str = self.room.chance.pick(all);
        word
    }

    fn forward_of(&mut self, alice: Who, carol: Who) -> super::mailroom::Inbound {
        let bob = CONNECTORS[0];
        let below = self.room.request(alice, bob, None);
        let note = format!("Please ask {} <{}>.", carol.0, carol.1);
        let raw = self.room.writer(bob).forward(&below, BOT, &note);
        let mut mail = self.room.inbound(bob, Pass, Meaning::Request, raw);
        mail.names = vec![carol.1.to_owned()];
        mail
    }

    fn direct_of(&mut self, alice: Who, wish: &str, names: &[&str]) -> super::mailroom::Inbound {
        let text = format!("Hello,\n\n{wish} I build sensors.\n\n{}", alice.0);
        let raw = self
            .room
            .writer(alice)
            .mail(BOT, CONNECTORS[0].1, "An introduction", &text);
        let mut mail = self.room.inbound(alice, Pass, Meaning::Request, raw);
        mail.names = names.iter().map(|name| (*name).to_owned()).collect();
        mail
    }

    /// Somebody answers his own newest mail.
    fn answer(
        &mut self,
        who: Who,
        proof: Proof,
        meaning: Meaning,
        text: &str,
    ) -> Option<super::mailroom::Inbound> {
        let to = self.room.last_to(who.1)?;
        Some(self.room.reply(who, proof, to, meaning, text))
    }

    /// Somebody answers the newest mail of another.
    fn answer_as(
        &mut self,
        owner: &str,
        who: Who,
        proof: Proof,
        text: &str,
    ) -> Option<super::mailroom::Inbound> {
        let to = *self.room.mailbox(owner).last()?;
        Some(self.room.reply(who, proof, to, Meaning::Other, text))
    }

    fn guess(&mut self) -> Option<super::mailroom::Inbound> {
        let to = *self.room.mailbox(TARGETS[0].1).last()?;
        let mut mail = self.answer_as(TARGETS[0].1, TARGETS[0], Pass, "Yes")?;
        let letter = self.room.with_guess(to);
        mail.raw = self.room.writer(TARGETS[0]).reply(&letter, "Yes");
        mail.answers.clear();
        Some(mail)
    }

    fn bounce(&mut self, who: Who) -> Option<super::mailroom::Inbound> {
        let about = *self.room.mailbox(who.1).last()?;
        self.room.outbound[about].returned = true;
        self.room.serial += 1;
        let id = self.room.outbound[about].message_id.clone();
        let raw = super::conduct::bounce_of(&id, who.1, self.room.serial);
        let mailer: Who = ("Mail Delivery System", "mailer-daemon@mx.example");
        let mut mail = self.room.inbound(mailer, Nothing, Meaning::Machine, raw);
        mail.answers = vec![id];
        Some(mail)
    }
}

fn both() -> String {
    format!("{}\n{}", TARGETS[0].1, TARGETS[1].1)
}
