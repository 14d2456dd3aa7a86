//! A second, small reading of the rules: what each introduction of a simple life becomes, and which
//! mails it leads to. Written from the contract and the manners, and shares no code with the bot.
//!
//! It knows of three consents, the stages, the two clocks, the reminder, later, stop, an absence, a
//! bounce, withdrawals and the fuses; not of manners between introductions but a stop, not of doubt
//! about an author, and not of whom a text names.

use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400;
const WINDOW: i64 = 14 * DAY;
const REMIND: i64 = 5 * DAY;
const LATER: i64 = 30 * DAY;
const ABSENCE: i64 = 7 * DAY;
const MOST_MAILS: usize = 12;
const MOST_TO_TARGET: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Forwarded,
    Direct,
    Proposed,
}

/// What somebody does, as he means it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    TargetYes,
    /// One word of assent to "I'll ask again", which asks nothing.
    TargetNods,
    /// More words of assent to it.
    TargetMayAgree,
    TargetNo,
    TargetLater,
    TargetStop,
    TargetUnclear,
    TargetAway,
    TargetBounces,
    RequesterYes,
    /// No to a proposal or to "still interested?".
    RequesterNo,
    RequesterWithdraws,
    ConnectorCancels,
}

/// The name of a stage is that of `list --json`.
struct Affair {
    requester: String,
    target: String,
    stage: &'static str,
    requester_agrees: bool,
    target_agrees: bool,
    close_at: Option<i64>,
    remind_at: Option<i64>,
    again_at: Option<i64>,
    introduce_at: Option<i64>,
    closing_at: Option<i64>,
    closing_sent: bool,
    reminded: bool,
    deferred: bool,
    clarified: bool,
    moved: bool,
    mails: Vec<(&'static str, Party)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Party {
    Requester,
    Target,
    Connector,
    All,
}

/// A kind of mail, of which introduction, to whom; "all" is the introduction's three.
pub type Mail = (i64, &'static str, String);

pub struct Model {
    connector: String,
    reminds: bool,
    hold: i64,
    affairs: Vec<Affair>,
    stopped: BTreeSet<String>,
}

impl Model {
    pub fn new(connector: &str, reminds: bool, hold: i64) -> Model {
        Model {
            connector: connector.to_owned(),
            reminds,
            hold,
            affairs: Vec::new(),
            stopped: BTreeSet::new(),
        }
    }

    /// The stages, in the order in which the introductions were opened.
    pub fn stages(&self) -> Vec<&'static str> {
        self.affairs.iter().map(|affair| affair.stage).collect()
    }

    /// After a no she is asked what she means: doubt is not the model's.
    pub fn has_declined(&self, number: i64) -> bool {
        let at = usize::try_from(number - 1).unwrap();
        self.affairs[at].stage == "declined"
    }

    /// How often each mail was written.
    pub fn mails(&self) -> BTreeMap<Mail, usize> {
        let mut all = BTreeMap::new();
        for (affair, id) in self.affairs.iter().zip(1..) {
            for (kind, party) in &affair.mails {
                let to = match party {
                    Party::Requester => &affair.requester,
                    Party::Target => &affair.target,
                    Party::Connector => &self.connector,
                    Party::All => "all",
                };
                *all.entry((id, *kind, to.to_owned())).or_default() += 1;
            }
        }
        all
    }

    /// A request that names one target: the connector's consent stands, and whoever wrote or was
    /// vouched for has agreed; of a proposal nobody has.
    pub fn open(&mut self, way: Way, requester: &str, target: &str, now: i64) {
        let mut affair = Affair {
            requester: requester.to_owned(),
            target: target.to_owned(),
            stage: "asked",
            requester_agrees: way != Way::Proposed,
            target_agrees: false,
            close_at: Some(now + WINDOW),
            remind_at: Some(morning(now + REMIND)).filter(|_| self.reminds),
            again_at: None,
            introduce_at: None,
            closing_at: None,
            closing_sent: false,
            reminded: false,
            deferred: false,
            clarified: false,
            moved: false,
            mails: Vec::new(),
        };
        if way == Way::Direct {
            affair.closing_at = Some(now + WINDOW);
            affair.write("acknowledge", Party::Requester);
        }
        if self.stopped.contains(target) {
            affair.stage = "closed";
            affair.write("tell_held", Party::Connector);
        } else {
            affair.write("ask", Party::Target);
            if way == Way::Proposed {
                affair.write("propose", Party::Requester);
            }
            affair.write("tell_asked", Party::Connector);
        }
        self.affairs.push(affair);
    }

    /// Somebody does something about the introduction of this number, counted from one.
    pub fn does(&mut self, number: i64, deed: Deed, now: i64) {
        let hold = self.hold;
        let at = usize::try_from(number - 1).unwrap();
        let affair = &mut self.affairs[at];
        match deed {
            Deed::TargetYes => affair.target_says_yes(hold, now),
            Deed::TargetNods => {}
            Deed::TargetMayAgree if affair.is_open() && !affair.target_agrees => {
                affair.target_is_unclear();
            }
            Deed::TargetMayAgree => affair.target_says_yes(hold, now),
            Deed::TargetNo => affair.target_says_no(),
            Deed::TargetLater => affair.target_says_later(now),
            Deed::TargetStop => {
                self.stopped.insert(affair.target.clone());
                affair.target_stops();
            }
            Deed::TargetUnclear => affair.target_is_unclear(),
            Deed::TargetAway => affair.target_is_away(),
            Deed::TargetBounces => affair.target_is_not_reached(),
            Deed::RequesterYes => affair.requester_says_yes(hold, now),
            Deed::RequesterNo => affair.requester_leaves("tell_requester_silent"),
            Deed::RequesterWithdraws => affair.requester_leaves("tell_withdrawn"),
            Deed::ConnectorCancels => {
                if affair.is_open() {
                    affair.stage = "cancelled";
                }
            }
        }
    }

    /// The clock is looked at.
    pub fn tick(&mut self, now: i64) {
        for affair in &mut self.affairs {
            let stopped = self.stopped.contains(&affair.target);
            while affair.time_passes(stopped, now) {}
        }
    }
}

impl Affair {
    /// An introduction and a closing are owed; all else ends at the fuses.
    fn write(&mut self, kind: &'static str, party: Party) {
        let to_target = self.mails.iter().filter(|(_, to)| *to == Party::Target);
        let blown = self.mails.len() >= MOST_MAILS
            || (party == Party::Target && to_target.count() >= MOST_TO_TARGET);
        if !blown || matches!(kind, "introduction" | "closing") {
            self.mails.push((kind, party));
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.stage, "waiting_for_requester" | "asked" | "deferred")
    }

    /// A yes may come at any time before the end, and after a no. After the end it is a matter between
    /// people, but for a requester who was told that it did not come together: he is asked.
    fn target_says_yes(&mut self, hold: i64, now: i64) {
        let late = self.stage == "closed" && !self.target_agrees;
        match self.stage {
            "closed" if late && self.closing_sent => {
                self.target_agrees = true;
                self.meet(hold, now);
            }
            "closed" if late => {
                self.write("tell_stands", Party::Connector);
                self.write("too_late", Party::Target);
            }
            "closed" | "cancelled" => self.write("too_late", Party::Target),
            "introduced" | "undeliverable" => {}
            _ => {
                self.target_agrees = true;
                self.meet(hold, now);
            }
        }
    }

    /// All three consents stand, or the requester is waited for.
    fn meet(&mut self, hold: i64, now: i64) {
        if !self.requester_agrees {
            self.stage = "waiting_for_requester";
            if self.close_at.is_none_or(|at| at <= now) {
                self.close_at = Some(now + WINDOW);
            }
        } else if self.closing_sent {
            self.ask_whether_still_interested(now);
        } else if hold > 0 {
            self.stage = "asked";
            self.introduce_at = Some(now + hold);
        } else {
            self.introduce();
        }
    }

    fn introduce(&mut self) {
        self.stage = "introduced";
        self.write("introduction", Party::All);
    }

    /// He was told that it did not come together: his wish has to be said anew.
    fn ask_whether_still_interested(&mut self, now: i64) {
        self.stage = "waiting_for_requester";
        self.requester_agrees = false;
        self.introduce_at = None;
        self.close_at = Some(now + WINDOW);
        self.write("still_interested", Party::Requester);
    }

    fn takes_back(&mut self) {
        self.target_agrees = false;
        self.introduce_at = None;
    }

    fn target_says_no(&mut self) {
        match self.stage {
            "introduced" => self.write("too_late", Party::Target),
            "declined" | "closed" | "cancelled" | "undeliverable" => {}
            _ => {
                self.takes_back();
                self.stage = "declined";
                self.write("thank_no", Party::Target);
                self.write("tell_declined", Party::Connector);
            }
        }
    }

    /// Once; a second "later" is an end.
    fn target_says_later(&mut self, now: i64) {
        if !self.is_open() {
            return;
        }
        self.takes_back();
        if self.deferred {
            self.stage = "closed";
            self.write("tell_closed", Party::Connector);
            return;
        }
        self.deferred = true;
        self.stage = "deferred";
        self.again_at = Some(morning(now + LATER));
        self.write("acknowledge_later", Party::Target);
        self.write("tell_later", Party::Connector);
    }

    fn target_stops(&mut self) {
        match self.stage {
            "undeliverable" => {}
            "introduced" | "closed" | "cancelled" => self.write("confirm_stop", Party::Target),
            _ => {
                self.takes_back();
                self.stage = "declined";
                self.write("confirm_stop", Party::Target);
                self.write("tell_stopped", Party::Connector);
            }
        }
    }

    fn target_is_unclear(&mut self) {
        if !self.is_open() {
            return;
        }
        if !self.clarified {
            self.clarified = true;
            self.write("clarify", Party::Target);
        }
        self.write("tell_unclear", Party::Connector);
    }

    fn target_is_away(&mut self) {
        if self.stage == "asked" && !self.moved {
            self.moved = true;
            self.remind_at = self.remind_at.map(|at| at + ABSENCE);
            self.close_at = self.close_at.map(|at| at + ABSENCE);
        }
    }

    /// Whoever agreed has been reached.
    fn target_is_not_reached(&mut self) {
        if self.is_open() && !self.target_agrees {
            self.stage = "undeliverable";
            self.write("tell_bounced", Party::Connector);
        }
    }

    fn requester_says_yes(&mut self, hold: i64, now: i64) {
        if self.stage == "declined" {
            self.requester_agrees = true;
        }
        if !self.is_open() {
            return;
        }
        self.requester_agrees = true;
        self.closing_sent = false;
        self.closing_at = None;
        if self.target_agrees {
            self.meet(hold, now);
        }
    }

    /// He hears no more of it. Once it is over his connector need not hear of it either, but where
    /// another address is asked for.
    fn requester_leaves(&mut self, told: &'static str) {
        match self.stage {
            "introduced" => return,
            "declined" | "closed" | "cancelled" => {}
            "undeliverable" => self.write("tell_withdrawn", Party::Connector),
            _ => self.write(told, Party::Connector),
        }
        self.closing_at = None;
        self.stage = "cancelled";
    }

    /// One thing that is due; false: nothing is.
    fn time_passes(&mut self, stopped: bool, now: i64) -> bool {
        let due = |at: Option<i64>| at.is_some_and(|at| at <= now);
        let asked = self.stage == "asked";
        if asked && self.introduce_at.is_some() {
            if due(self.introduce_at) {
                match self.closing_sent {
                    true => self.ask_whether_still_interested(now),
                    false => self.introduce(),
                }
                return true;
            }
        } else if asked && due(self.close_at) {
            self.stage = "closed";
            self.write("tell_closed", Party::Connector);
            return true;
        } else if self.stage == "waiting_for_requester" && due(self.close_at) {
            self.stage = "closed";
            self.write("tell_requester_silent", Party::Connector);
            return true;
        } else if asked && due(self.remind_at) && morning(now) > now {
            self.remind_at = Some(morning(now));
        } else if asked && due(self.remind_at) {
            self.remind_at = None;
            if !self.reminded && !stopped {
                self.reminded = true;
                self.write("reminder", Party::Target);
            }
            return true;
        } else if self.stage == "deferred" && due(self.again_at) && morning(now) > now {
            self.again_at = Some(morning(now));
        } else if self.stage == "deferred" && due(self.again_at) {
            self.again_at = None;
            self.remind_at = None;
            if stopped {
                self.stage = "closed";
                self.write("tell_held", Party::Connector);
            } else {
                self.stage = "asked";
                self.reminded = true;
                self.close_at = Some(now + WINDOW);
                self.write("reminder", Party::Target);
            }
            return true;
        }
        if self.stage != "introduced" && !self.closing_sent && due(self.closing_at) {
            self.closing_sent = true;
            self.write("closing", Party::Requester);
            return true;
        }
        false
    }
}

/// The same second, or nine o'clock of the next working day where it falls into a night or a
/// weekend; all times are UTC here.
fn morning(at: i64) -> i64 {
    // 1 January 1970 was a Thursday.
    let weekday = |day: i64| (day + 3).rem_euclid(7);
    let (mut day, second) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    if weekday(day) < 5 && (9 * 3_600..18 * 3_600).contains(&second) {
        return at;
    }
    if second >= 18 * 3_600 {
        day += 1;
    }
    while weekday(day) >= 5 {
        day += 1;
    }
    day * DAY + 9 * 3_600
}
