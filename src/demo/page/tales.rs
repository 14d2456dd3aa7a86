//! The stories that the page plays: what each does step by step, and what is to be seen in it.
//!
//! Texts only; nothing here can fail.

use serde::{Deserialize, Serialize};

/// What a step does.
#[derive(Clone, Copy)]
pub(super) enum Deed {
    AliceAsks,
    BobForwards,
    /// Carol answers the newest mail of the bot.
    CarolSays(&'static str),
    /// Carol's mail program answers for her.
    CarolAway,
    /// Somebody who got hold of the ask answers it in Carol's name.
    Forgery(&'static str),
    Days(u32),
    /// Up to the moment for which the bot waits.
    NextMoment,
}

/// One step of a story.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) deed: Deed,
    /// On the button before it happens.
    pub(super) title: &'static str,
    /// Shown after it has happened.
    pub(super) told: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tale {
    Yes,
    No,
    Silence,
    Later,
    Away,
    Forged,
}

impl Tale {
    pub(super) const ALL: [Tale; 6] = [
        Tale::Yes,
        Tale::No,
        Tale::Silence,
        Tale::Later,
        Tale::Away,
        Tale::Forged,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Tale::Yes => "Carol says yes",
            Tale::No => "Carol says no",
            Tale::Silence => "Carol stays silent",
            Tale::Later => "“Yes, but next month”",
            Tale::Away => "Carol is on holiday",
            Tale::Forged => "Somebody forges a yes",
        }
    }

    pub(super) fn steps(self) -> &'static [Step] {
        match self {
            Tale::Yes => &[ASKS, FORWARDS, YES],
            Tale::No => &[ASKS, FORWARDS, NO, NINE_DAYS_AFTER_NO],
            Tale::Silence => &[ASKS, FORWARDS, FIVE_DAYS, NINE_DAYS],
            Tale::Later => &[ASKS, FORWARDS, LATER, THE_DAY_COMES, YES],
            Tale::Away => &[ASKS, FORWARDS, AWAY, YES],
            Tale::Forged => &[ASKS, FORWARDS, FORGED, NOT_ME],
        }
    }
}

const ASKS: Step = Step {
    deed: Deed::AliceAsks,
    title: "Alice asks Bob for an introduction",
    told: "Alice wrote to Bob, because Bob knows Carol. Carol knows nothing of it, and so far the bot doesn’t either. Bob could just introduce the two – but nobody has asked Carol.",
};
const FORWARDS: Step = Step {
    deed: Deed::BobForwards,
    title: "Bob forwards it to the bot: “Please ask Carol”",
    told: "One line from Bob was enough. The bot asked Carol, and only Carol, in Bob’s name with Alice’s own words below. Two lamps are lit: Bob’s own mail, and Alice’s wish for which Bob vouches. The third is Carol’s alone to light.",
};
const YES: Step = Step {
    deed: Deed::CarolSays("Yes, happy to talk. Tuesdays are best."),
    title: "Carol answers “Yes, happy to talk”",
    told: "All three lamps are lit, so the bot introduced Alice and Carol in one mail to both, Bob in copy, and left. Carol’s remark about Tuesdays stayed with the bot: the introduction is a new mail and quotes nothing she wrote.",
};
const NO: Step = Step {
    deed: Deed::CarolSays("No, sorry, I have no time for this before summer."),
    title: "Carol answers “No, sorry”",
    told: "Carol was thanked in one line, and Bob was told in confidence. Look at Alice’s inbox: nothing. She can’t tell a no from silence, so a no costs Carol nothing.",
};
const NINE_DAYS_AFTER_NO: Step = Step {
    deed: Deed::Days(14),
    title: "Let fourteen days pass",
    told: "Nothing more happened. Carol was not asked again and not reminded, and Alice’s inbox is exactly as it would be if Carol had never answered.",
};
const FIVE_DAYS: Step = Step {
    deed: Deed::Days(5),
    title: "Let five days pass",
    told: "Carol has said nothing for five days, so she got a reminder: one, the only one. Nobody else heard of it.",
};
const NINE_DAYS: Step = Step {
    deed: Deed::Days(10),
    title: "Let ten more days pass",
    told: "Still silence, and silence is an answer. The bot closed the matter and told Bob. Alice’s inbox is the same as after a no.",
};
const LATER: Step = Step {
    deed: Deed::CarolSays("Yes, but next month please."),
    title: "Carol answers “Yes, but next month please”",
    told: "That begins with a yes and isn’t one: the bot read it as “later” and noted a day. Her lamp stays dark, Alice hears nothing, and Carol is left in peace until then.",
};
const THE_DAY_COMES: Step = Step {
    deed: Deed::NextMoment,
    title: "Let the noted day come",
    told: "The day has come and the bot asks Carol once more, in the same thread. It did not take last month’s words for a yes.",
};
const AWAY: Step = Step {
    deed: Deed::CarolAway,
    title: "Carol’s out-of-office answers",
    told: "A machine answered, so it decides nothing, whatever its words. The bot only moved its reminder by a week: Carol should find one mail after her holiday, not two.",
};
const FORGED: Step = Step {
    deed: Deed::Forgery("Yes, please introduce us!"),
    title: "Somebody answers “Yes” in Carol’s name",
    told: "A stranger who got hold of the question wrote “Yes” with Carol’s address as sender. The mail server could not prove it was hers, so her lamp stays dark and the bot asks Carol’s own mailbox for one word.",
};
const NOT_ME: Step = Step {
    deed: Deed::CarolSays("No, that was not me."),
    title: "Carol answers “No, that was not me”",
    told: "Only Carol’s own mail counts. No introduction was made, and the stranger gained nothing.",
};

/// What Alice writes to Bob.
pub(super) const WISH_SUBJECT: &str = "An introduction to Carol?";
pub(super) const WISH: &str = "Hi Bob,\n\ncould you introduce me to Carol Danvers? I am building a small sensor for beehives, and she has shipped radio hardware that survives ten winters. Twenty minutes of her advice would save me a year.\n\nThanks,\nAlice";
/// What Bob adds on top.
pub(super) const NOTE: &str = "Please ask Carol.";
pub(super) const AWAY_SUBJECT: &str = "Automatic reply: ";
pub(super) const AWAY_TEXT: &str = "Thank you for your mail. Yes, I am on holiday! I am back in two weeks and will answer then.\n\nCarol";
