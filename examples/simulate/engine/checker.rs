//! The promises (FAULTS V1 to V8), judged from what went in and what came out. The desk's own labels
//! (which introduction, which kind of mail) only say what to compare; what is compared is our record.

use super::cast::{self, CANARY, CONNECTORS, DAY, REQUESTERS, TARGETS, addresses_of, plain};
use super::mailroom::{Inbound, Mailroom, Meaning, Outbound, Proof};
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::Direct;

/// Mails to a target in one introduction, and in all, but for the introduction and the closing.
const MAX_TO_TARGET: usize = 6;
const MAX_IN_ALL: usize = 12;

/// A mail was just written: everything that can be said of it now.
pub fn written(room: &mut Mailroom, mail: &Outbound) {
    count(room, &mail.saying);
    recipients(room, mail);
    if mail.recipients.len() == 1 {
        taint(room, mail);
        after_stop(room, mail);
        never_asked(room, mail);
    }
    match mail.saying.as_str() {
        "introduction" => introduction(room, mail),
        "ask" => asked(room, mail),
        "reminder" => reminded(room, mail),
        "clarify" => clarified(room, mail),
        _ => {}
    }
    fuses(room, mail);
}

fn count(room: &mut Mailroom, saying: &str) {
    let named = [
        ("ask", "mail: ask"),
        ("introduction", "mail: introduction"),
        ("confirm_target", "mail: confirm_target"),
        ("closing", "mail: closing"),
        ("still_interested", "mail: still_interested"),
        ("reminder", "mail: reminder"),
        ("confirm_connector", "mail: confirm_connector"),
        ("tell_bounced", "mail: tell_bounced"),
        ("which_target", "mail: which_target"),
        ("clarify", "mail: clarify"),
        ("tell_held", "mail: tell_held"),
        ("tell_stands", "mail: tell_stands"),
        ("approve", "mail: approve"),
    ];
    if let Some((_, what)) = named.iter().find(|(name, _)| *name == saying) {
        room.tally.count(what);
    }
}

fn is_requester(address: &str) -> bool {
    REQUESTERS.iter().any(|who| who.1 == address)
}

fn is_connector(address: &str) -> bool {
    CONNECTORS.iter().any(|who| who.1 == address)
}

fn is_target(address: &str) -> bool {
    TARGETS.iter().any(|who| who.1 == address) || address == cast::CAROL_AT_HOME.1
}

/// V7: nobody but the people of the affair, and each kind of mail only to whom it is for.
fn recipients(room: &mut Mailroom, mail: &Outbound) {
    let to: Vec<String> = mail.recipients.iter().map(|a| plain(a)).collect();
    let is_target = |address: &str| is_target(address) || room.peer == Some(address);
    let fits = match (mail.saying.as_str(), to.as_slice()) {
        ("introduction", [alice, carol, bob]) => {
            !is_connector(alice) && is_target(carol) && is_connector(bob)
        }
        (
            "ask" | "reminder" | "clarify" | "confirm_target" | "thank_no" | "acknowledge_later"
            | "confirm_stop" | "confirm_start" | "too_late",
            [carol],
        ) => is_target(carol),
        (
            "acknowledge" | "closing" | "ask_words" | "which_connector" | "which_wish" | "refuse"
            | "propose" | "still_interested" | "too_many",
            // A stranger who proves himself may be a requester.
            [alice],
        ) => !is_connector(alice),
        (_, [bob]) => is_connector(bob),
        _ => false,
    } || {
        // Whoever writes "stop" or "start" of his own accord is told that it is kept.
        let author = room.inbound.last().map(|last| last.from.as_str());
        matches!(mail.saying.as_str(), "confirm_stop" | "confirm_start")
            && mail.introduction.is_none()
            && to.first().map(String::as_str) == author
    };
    if !fits {
        room.blame("V7 recipients", &format!("{} goes to {to:?}", mail.saying));
    }
    if mail.bytes.is_empty() {
        // Written and taken out again in one go; what is sent is compared with what was written.
        return;
    }
    let (_, shown) = super::conduct::envelope(&mail.bytes);
    let mut shown: Vec<String> = shown.iter().map(|to| plain(to)).collect();
    shown.sort();
    let mut sent = to;
    sent.sort();
    if shown != sent {
        room.blame("V7 recipients", "the envelope is not what To and Cc say");
    }
}

/// V7: what a mail that proves nothing may cause.
pub fn caused(room: &mut Mailroom, created: usize) {
    let Some(mail) = room.inbound.last().cloned() else {
        return;
    };
    let new = &room.outbound[created.min(room.outbound.len())..];
    let any = room
        .house
        .connectors
        .iter()
        .any(|c| c.direct == Direct::Any);
    let kinds: Vec<String> = new.iter().map(|m| m.saying.clone()).collect();
    let bound = mail
        .answers
        .iter()
        .any(|id| room.outbound.iter().any(|o| &o.message_id == id));
    let problem = if mail.again && !kinds.is_empty() {
        Some("a mail that had arrived before caused a mail")
    } else if kinds.is_empty() || mail.proof == Proof::Pass || mail.meaning == Meaning::Machine {
        None
    } else if !bound && kinds.len() > 1 && !any {
        Some("unproven mail caused more than one mail")
    } else if !bound
        && !any
        && !kinds.iter().all(|k| {
            matches!(
                k.as_str(),
                "confirm_connector"
                    | "approve"
                    | "which_target"
                    | "confirm_target"
                    | "report"
                    // In the place of "approve", where the target is on the list of those never asked.
                    | "tell_held"
            )
        })
    {
        Some("unproven mail caused something else than a question to confirm it")
    } else if bound
        && kinds != ["confirm_connector"]
        && mail.proof == Proof::Fail
        && (is_connector(&mail.from) || is_requester(&mail.from))
        && mail.answers.iter().any(|id| {
            room.outbound
                .iter()
                .any(|o| &o.message_id == id && o.is_to(&mail.from))
        })
    {
        Some("a mail caused something though proof of its author fails")
    } else {
        None
    };
    if let Some(problem) = problem {
        room.blame("V7 unproven", &format!("{problem} ({kinds:?})"));
    }
}

/// The mails to people of this introduction, so far.
fn of(room: &Mailroom, introduction: Option<i64>) -> impl Iterator<Item = &Outbound> {
    room.outbound
        .iter()
        .filter(move |mail| introduction.is_some() && mail.introduction == introduction)
}

/// V1 and V2, when an introduction is written.
fn introduction(room: &mut Mailroom, mail: &Outbound) {
    let to: Vec<String> = mail.recipients.iter().map(|a| plain(a)).collect();
    let [alice, carol, _] = to.as_slice() else {
        return;
    };
    let earlier: Vec<Outbound> = of(room, mail.introduction)
        .filter(|old| old.saying == "introduction")
        .cloned()
        .collect();
    if !earlier.iter().all(|old| taken_out(room, old)) {
        room.blame("V2 unique creation", "an introduction is written twice");
    }
    let yes = (0..room.inbound.len())
        .rev()
        .find(|at| consents(room, &room.inbound[*at], mail, carol));
    let Some(yes) = yes else {
        return room.blame("V1 consent", "an introduction without the target's own yes");
    };
    if taken_back(room, mail, carol, yes) {
        room.blame(
            "V1 consent",
            "the target's yes was taken back before the introduction",
        );
    }
    if asked_for_another(room, mail, alice, carol) {
        room.blame("V1 consent", "the target was asked for somebody else");
    }
    requester_consents(room, mail, alice);
}

/// Whether the target said no after the mail that is her yes.
fn taken_back(room: &Mailroom, made: &Outbound, carol: &String, yes: usize) -> bool {
    room.inbound[yes + 1..].iter().any(|later| {
        matches!(later.meaning, Meaning::No | Meaning::Stop)
            && later.proof != Proof::Fail
            && !later.again
            && addresses_of(carol).contains(&later.from.as_str())
            && answers(room, later, made.introduction, std::slice::from_ref(carol))
    })
}

/// V1: what waited to leave while the target said no does not leave.
fn still_wanted(room: &mut Mailroom, made: &Outbound) {
    let carol = made.recipients.get(1).map(|to| plain(to));
    let Some(carol) = carol.filter(|_| made.accepted == 0 && made.unknown == 0) else {
        return;
    };
    let yes = (0..made.arrived_before)
        .rev()
        .find(|at| consents(room, &room.inbound[*at], made, &carol));
    if yes.is_some_and(|yes| taken_back(room, made, &carol, yes)) {
        let why = "the target's yes was taken back before the introduction left";
        room.blame("V1 consent", why);
    }
}

/// Whether an ask of this introduction to the target names another requester.
fn asked_for_another(room: &Mailroom, made: &Outbound, alice: &str, carol: &str) -> bool {
    let name = REQUESTERS
        .iter()
        .find(|who| who.1 == alice)
        .map(|who| who.0);
    let proposed = of(room, made.introduction).any(|old| old.saying == "propose");
    !proposed
        && of(room, made.introduction)
            .filter(|old| old.saying == "ask" && old.is_to(carol))
            // By the address where the connector gave nothing else.
            .any(|ask| {
                let named = |name: &str| ask.text().contains(name) || ask.text().contains(alice);
                name.is_some_and(|name| !named(name))
            })
}

/// Whether this mail answers one of our mails of the introduction to one of these people alone.
fn answers(room: &Mailroom, mail: &Inbound, introduction: Option<i64>, people: &[String]) -> bool {
    of(room, introduction).any(|ours| {
        mail.answers.contains(&ours.message_id) && people.iter().any(|to| ours.is_to(to))
    })
}

/// V1: the target's own mail, bound by a secret that went to him alone, and not disproved.
fn consents(room: &Mailroom, mail: &Inbound, made: &Outbound, carol: &str) -> bool {
    let own = addresses_of(carol);
    if mail.meaning != Meaning::Yes || !own.contains(&mail.from.as_str()) {
        return false;
    }
    let strict = room.house.require_authenticated;
    // In the connector's own thread: he wrote to the target, the target answers him, proven.
    let by_thread = mail.proof == Proof::Pass
        && room.inbound.iter().any(|ask| {
            mail.in_thread.contains(&ask.message_id)
                && is_connector(&ask.from)
                && ask.proof == Proof::Pass
                && ask.to.iter().any(|to| to == carol)
        });
    let by_secret = of(room, made.introduction).any(|ours| {
        ours.is_to(carol)
            && mail.answers.contains(&ours.message_id)
            && match mail.proof {
                Proof::Pass => true,
                Proof::None => !strict,
                Proof::Fail => !strict && ours.saying == "confirm_target",
            }
    });
    by_thread || by_secret
}

/// The requester's own yes where he was asked for one, and no withdrawal after it.
fn requester_consents(room: &mut Mailroom, made: &Outbound, alice: &str) {
    let people = [alice.to_owned()];
    let own = |mail: &Inbound| {
        addresses_of(alice).contains(&mail.from.as_str())
            && mail.proof != Proof::Fail
            && answers(room, mail, made.introduction, &people)
    };
    let asked = of(room, made.introduction)
        .filter(|old| old.is_to(alice) && matches!(old.saying.as_str(), "propose" | "closing"))
        .map(|old| old.arrived_before)
        .max();
    let agreed = |since: usize| {
        room.inbound[since..]
            .iter()
            .any(|mail| mail.meaning == Meaning::Yes && own(mail))
    };
    let silent = asked.is_some_and(|since| !agreed(since));
    let withdrawn = room
        .inbound
        .iter()
        .rposition(|mail| mail.meaning == Meaning::Cancel && own(mail));
    let withdrawn = withdrawn.is_some_and(|at| !agreed(at));
    if silent {
        room.blame("V1 consent", "the requester was asked and did not agree");
    }
    if withdrawn {
        room.blame("V1 consent", "the requester had withdrawn");
    }
}

/// V2: one open ask for two people; and on whose word it goes out.
fn asked(room: &mut Mailroom, mail: &Outbound) {
    let Some(carol) = mail.recipients.first().map(|to| plain(to)) else {
        return;
    };
    // By address: what is written below may name others.
    let requester = |text: &str| REQUESTERS.iter().find(|who| text.contains(who.1));
    let now = mail.at_secs;
    let alice = requester(mail.text());
    let repeated = room.outbound.iter().any(|old| {
        old.saying == "ask"
            && old.introduction != mail.introduction
            && old.is_to(&carol)
            && old.at_secs > now - 90 * DAY
            && alice.is_some()
            && requester(old.text()) == alice
            && !of(room, old.introduction).any(|m| m.returned)
            // Only a clock that ran backwards makes an older ask younger.
            && old.at_secs <= now
    });
    if repeated {
        room.blame(
            "V2 unique creation",
            "the same two are brought together twice in the quiet time",
        );
    }
    if of(room, mail.introduction).any(|old| old.saying == "ask" && old.is_to(&carol)) {
        room.blame("V2 unique creation", "one introduction asks twice");
    }
    let came_back = |old: &Outbound| {
        let to = old
            .recipients
            .first()
            .map(|to| plain(to))
            .unwrap_or_default();
        of(room, mail.introduction).any(|other| other.is_to(&to) && other.returned)
    };
    let of_another = of(room, mail.introduction)
        .any(|old| old.saying == "ask" && !old.is_to(&carol) && !came_back(old));
    if of_another {
        room.blame(
            "V2 unique creation",
            "one introduction asks two people, and the first was reached",
        );
    }
    if !room.inbound.iter().any(|old| authorises(room, old, &carol)) {
        room.blame("V1 consent", "an ask on nobody's word");
    }
}

/// V2: who is reminded was asked in the same introduction, by the bot or by the connector himself.
fn reminded(room: &mut Mailroom, mail: &Outbound) {
    let Some(carol) = mail.recipients.first().map(|to| plain(to)) else {
        return;
    };
    let asked = of(room, mail.introduction).any(|old| old.saying == "ask" && old.is_to(&carol))
        || room
            .inbound
            .iter()
            .any(|old| is_connector(&old.from) && old.to.contains(&carol));
    if !asked {
        room.blame(
            "V2 unique creation",
            "a reminder of what this introduction never asked",
        );
    }
}

/// V7: a plain answer is asked only of who has given another.
fn clarified(room: &mut Mailroom, mail: &Outbound) {
    // What another bot writes is not recorded as an answer.
    if room.peer.is_some() {
        return;
    }
    let to: Vec<String> = mail.recipients.iter().map(|to| plain(to)).collect();
    let answered = |old: &Inbound| {
        // Row 3 answers the connector's own mail.
        let in_his_thread = !old.in_thread.is_empty() && to.contains(&old.from);
        in_his_thread || answers(room, old, mail.introduction, &to)
    };
    if !room.inbound.iter().any(answered) {
        let why = "a plain answer is asked of somebody who gave none";
        room.blame("V7 manners", why);
    }
}

/// A mail is handed to the server: nobody is reminded of what has not reached him, or reached him today.
pub fn leaves(room: &mut Mailroom, known: usize) {
    let mail = room.outbound[known].clone();
    if mail.saying == "introduction" {
        return still_wanted(room, &mail);
    }
    let Some(carol) = mail.recipients.first().map(|to| plain(to)) else {
        return;
    };
    let asks =
        || of(room, mail.introduction).filter(|old| old.saying == "ask" && old.is_to(&carol));
    // "Next month" may be tomorrow, and a connector may have somebody asked again at once.
    let ended = of(room, mail.introduction).any(|old| {
        old.returned || matches!(old.saying.as_str(), "tell_closed" | "acknowledge_later")
    });
    if mail.saying != "reminder" || ended {
        return;
    }
    let now = room.now_secs;
    // A clock that ran backwards tells nothing.
    let recent = |at: i64| (0..DAY).contains(&(now - at));
    let early = asks().any(|ask| ask.left_at_secs.is_none_or(recent));
    if early {
        room.blame("V7 manners", "a reminder leaves before its ask, or with it");
    }
}

/// Whether a mail may lead to an ask to this address: the connector's, proven or with his secret, or a
/// requester's as far as the house lets him.
fn authorises(room: &Mailroom, mail: &Inbound, carol: &str) -> bool {
    let with_secret = |party: &str| {
        mail.proof != Proof::Fail
            && room
                .outbound
                .iter()
                .any(|ours| mail.answers.contains(&ours.message_id) && ours.is_to(party))
    };
    let direct = room
        .house
        .connectors
        .first()
        .map(|connector| connector.direct);
    if is_connector(&mail.from) {
        let vouches = mail.proof == Proof::Pass || with_secret(&mail.from);
        // A yes to a question is about whom the question named.
        return vouches
            && (mail.names.iter().any(|name| name == carol) || mail.meaning == Meaning::Yes);
    }
    let contact = carol == TARGETS[0].1 || carol == TARGETS[1].1;
    let named = mail.names.iter().any(|name| name == carol);
    match direct {
        Some(Direct::Any) => mail.proof != Proof::Fail,
        Some(Direct::Contacts) => {
            (mail.proof == Proof::Pass || with_secret(&mail.from)) && contact && named
        }
        Some(Direct::Ask | Direct::Off) | None => false,
    }
}

/// V6: nothing of the target's in a mail to a requester, before they are introduced, beyond what he
/// or his connector wrote to him.
fn taint(room: &mut Mailroom, mail: &Outbound) {
    let Some(alice) = mail
        .recipients
        .first()
        .map(|to| plain(to))
        .filter(|to| is_requester(to))
    else {
        return;
    };
    let letter = mail.letter();
    let mut text = format!(
        "{}\n{}\n{}",
        letter.subject,
        mail.text(),
        letter.html.as_deref().unwrap_or_default()
    );
    for (name, value) in letter.headers.iter() {
        text.push('\n');
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
    }
    if text.contains(CANARY) {
        room.blame(
            "V6 secrecy",
            "the target's words in a mail to the requester",
        );
    }
    let written = |word: &str| {
        room.inbound
            .iter()
            .filter(|old| old.from == alice || old.to.contains(&alice))
            .any(|old| String::from_utf8_lossy(&old.raw).contains(word))
    };
    let mut told = false;
    for (name, address) in TARGETS {
        let met = room.outbound.iter().any(|old| {
            old.saying == "introduction"
                && old.recipients.iter().any(|to| plain(to) == alice)
                && old.recipients.iter().any(|to| plain(to) == address)
        });
        let domain = address.split_once('@').map_or("", |(_, domain)| domain);
        let last = name.split(' ').next_back().unwrap_or_default();
        let tells = |canary: &str| text.contains(canary) && !written(canary);
        // A proposal names the other person, and only by name.
        let named = mail.saying != "propose" && tells(last) && !forwarded_words(room, last);
        told |= (named || tells(domain)) && !met;
    }
    if told {
        room.blame(
            "V6 secrecy",
            &format!("{} tells the requester of the target", mail.saying),
        );
    }
}

/// The requester's words as the connector passed them on are the requester's.
fn forwarded_words(room: &Mailroom, word: &str) -> bool {
    room.inbound.iter().any(|mail| {
        let text = String::from_utf8_lossy(&mail.raw).to_string();
        let below = text
            .split_once("Forwarded message")
            .map(|(_, below)| below.to_owned());
        below.is_some_and(|below| below.contains(word))
    })
}

/// Never again: no ask and no reminder to somebody who said stop.
fn after_stop(room: &mut Mailroom, mail: &Outbound) {
    if !matches!(mail.saying.as_str(), "ask" | "reminder") {
        return;
    }
    let Some(carol) = mail.recipients.first().map(|to| plain(to)) else {
        return;
    };
    let stopped = room.inbound.iter().any(|old| {
        old.meaning == Meaning::Stop
            && old.from == carol
            && old.proof != Proof::Fail
            && room.outbound.iter().any(|ours| {
                let to_target = matches!(
                    ours.saying.as_str(),
                    "ask" | "reminder" | "clarify" | "confirm_target" | "acknowledge_later"
                );
                to_target && old.answers.contains(&ours.message_id) && ours.is_to(&carol)
            })
    });
    if stopped {
        room.blame("V7 stop", &format!("{} after a stop", mail.saying));
    }
}

/// Whom the operator's list holds is neither asked, nor reminded, nor proposed to.
fn never_asked(room: &mut Mailroom, mail: &Outbound) {
    if !matches!(mail.saying.as_str(), "ask" | "reminder" | "propose") {
        return;
    }
    let to = mail
        .recipients
        .first()
        .map(|to| plain(to))
        .unwrap_or_default();
    if room.house.never_asked(&cast::address(&to)) {
        room.blame(
            "V7 never",
            &format!("{} to somebody on the list", mail.saying),
        );
    }
}

/// V8, counted with the mail that was just written.
fn fuses(room: &mut Mailroom, mail: &Outbound) {
    let counted = |m: &&Outbound| !matches!(m.saying.as_str(), "introduction" | "closing");
    let all: Vec<&Outbound> = of(room, mail.introduction)
        .chain([mail])
        .filter(counted)
        .collect();
    let all = match mail.introduction {
        Some(_) => all,
        None => return,
    };
    let to_target = all
        .iter()
        .filter(|m| {
            let to = m.recipients.first().map(|to| plain(to));
            to.is_some_and(|to| is_target(&to) && mail.is_to(&to))
        })
        .count();
    if all.len() > MAX_IN_ALL || to_target > MAX_TO_TARGET {
        room.blame(
            "V8 loop bound",
            &format!("{to_target} to the target, {} in all", all.len()),
        );
    }
    let closings = of(room, mail.introduction)
        .chain([mail])
        .filter(|m| m.saying == "closing")
        .count();
    if closings > 1 && !of(room, mail.introduction).any(|m| m.saying == "still_interested") {
        room.blame("V8 loop bound", "two closings");
    }
}

/// A question to a target, or the introduction itself, that waited while the affair was called off is
/// rightly not sent.
fn called_off(room: &mut Mailroom, mail: &Outbound) -> bool {
    let question = matches!(
        mail.saying.as_str(),
        "ask" | "reminder" | "clarify" | "confirm_target"
    );
    let parties: Vec<String> = of(room, mail.introduction)
        .flat_map(|ours| ours.recipients.iter().map(|to| plain(to)))
        .collect();
    let ends = |later: &Inbound| {
        use Meaning::{Cancel, Later, No, Stop};
        matches!(later.meaning, No | Stop | Later | Cancel)
            // A refusal counts whoever writes it, if he holds a secret of the affair (docs/threats.md).
            || later.refuses && answers(room, later, mail.introduction, &parties)
    };
    let written = mail.arrived_before.min(room.inbound.len());
    let another = of(room, mail.introduction)
        .any(|other| other.saying == mail.saying && other.message_id != mail.message_id);
    let ended = another || room.inbound[written..].iter().any(ends);
    let stage = mail.introduction.and_then(|id| {
        let view = room.desk().show(id).ok().flatten()?;
        Some(view.introduction.stage)
    });
    let may =
        question || (mail.saying == "introduction" && (ended || stage != Some(Stage::Introduced)));
    may && taken_out(room, mail)
}

/// The desk says that it took this mail out of the queue, and no server can have it.
fn taken_out(room: &mut Mailroom, mail: &Outbound) -> bool {
    let view = mail
        .introduction
        .and_then(|id| room.desk().show(id).ok().flatten());
    let may_be_there = mail.saying == "introduction" && (mail.accepted > 0 || mail.unknown > 0);
    !may_be_there
        && view.is_some_and(|view| {
            view.mails.iter().any(|row| {
                row.message_id == mail.message_id
                    && row.reply.as_deref() == Some("called off before it was sent")
            })
        })
}

/// The whole life is over: nothing waits, and nobody who is owed a mail is without it.
pub fn whole(room: &mut Mailroom) {
    let open = room.desk().list(false).unwrap_or_default();
    if let Some(stuck) = open.first() {
        let why = format!("an introduction stays for ever at {}", stuck.stage.name());
        room.blame("V4 no loss", &why);
    }
    let aside = room.desk().quarantine().unwrap_or_default();
    if let Some(mail) = aside.first() {
        let why = format!("an ordinary mail was set aside: {}", mail.reason);
        room.blame("V4 no loss", &why);
    }
    let undelivered: Vec<Outbound> = room
        .outbound
        .iter()
        .filter(|mail| mail.accepted == 0 && !mail.returned)
        .cloned()
        .collect();
    for mail in undelivered {
        if !called_off(room, &mail) {
            let row: (String, Option<String>) = room
                .desk()
                .store()
                .reading()
                .query_row(
                    "SELECT state, reply FROM outbox WHERE message_id = ?1",
                    [&mail.message_id],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap_or_default();
            let why = format!("{} was written and never delivered: {row:?}", mail.saying);
            room.blame("V4 no loss", &why);
        }
    }
}
