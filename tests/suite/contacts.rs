//! What a connector settles in his contacts: never, always yes, a time zone; and whom he introduced before.

use crate::world::*;
use askfirst::desk::Desk;
use askfirst::desk::house::House;
use askfirst::rules::consent::ConnectorEvidence;
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::{Direct, Settled, Standing};
use askfirst::store::Store;
use std::path::Path;

const EVE: (&str, &str) = ("Eve Berg", "eve@berg.example");
const FAY: (&str, &str) = ("Fay Moor", "fay@moor.example");

/// Bob's house, with his contacts as a file says them.
fn house_with(direct: Direct, card: &str) -> House {
    let text = format!(
        "BEGIN:VCARD\nVERSION:4.0\nFN:Carol Danvers\nEMAIL;PREF=1:carol@target.example\n\
         EMAIL:carol@home.example\n{card}END:VCARD\n\
         BEGIN:VCARD\nVERSION:4.0\nFN:Dan Ortiz\nEMAIL:dan@ortiz.example\nEND:VCARD\n"
    );
    let read = askfirst::contacts::parse(text.as_bytes(), Path::new("c.vcf")).unwrap();
    assert_eq!(read.problems, [""; 0]);
    let mut house = house();
    house.connectors[0].contacts = read.people;
    house.connectors[0].settled = read.settled;
    house.connectors[0].direct = direct;
    house
}

const WISH: &str =
    "Dear bot,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives.\n\nAlice";

fn kinds(w: &World, id: i64) -> Vec<(String, Option<String>)> {
    let view = w.desk.show(id).unwrap().unwrap();
    view.mails.into_iter().map(|m| (m.saying, m.why)).collect()
}

#[test]
fn always_yes_is_the_connectors_standing_consent_and_names_its_rule() {
    let mut w = World::with(house_with(
        Direct::Ask,
        "NOTE:Astronaut.\\naskfirst: always yes\n",
    ));
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let ask = left
        .iter()
        .find(|sent| sent.to == [CAROL.1])
        .unwrap()
        .clone();
    let told = left.iter().find(|sent| sent.to == [BOB.1]).unwrap();
    let told = told.letter.plain.as_ref().unwrap();
    assert!(
        told.contains("your contacts say “always yes” for Carol"),
        "{told}"
    );
    let made = &w.introductions()[0];
    let connector = made.consents.connector.as_ref().unwrap();
    assert!(matches!(
        &connector.evidence,
        ConnectorEvidence::Standing { rule } if rule == "contact = \"always yes\""
    ));
    assert!(
        made.consents.target.is_none(),
        "the target's is only ever her own mail"
    );
    // She is asked all the same, and may say no.
    w.answer(CAROL, &ask, "No, thank you.");
    assert_eq!(w.stages(), [Stage::Declined]);
}

#[test]
fn always_yes_helps_no_stranger_and_nobody_else() {
    let mut w = World::with(house_with(Direct::Ask, "X-ASKFIRST:always yes\n"));
    let mail = w.direct(WISH);
    let left = w.unproven(&mail);
    assert!(
        left.iter().all(|sent| sent.to == [BOB.1]),
        "only Bob is asked"
    );
    let mail = w.direct(&WISH.replace("Carol Danvers", "Dan Ortiz"));
    let left = w.proven(&mail);
    assert!(
        left.iter().all(|sent| sent.to != [DAN.1]),
        "Dan has no such word"
    );
    assert_eq!(kinds(&w, 2).last().unwrap().0, "approve");
    let mut off = World::with(house_with(Direct::Off, "X-ASKFIRST:always yes\n"));
    let mail = off.direct(WISH);
    let left = off.proven(&mail);
    assert!(left.iter().all(|sent| sent.to == [ALICE.1]), "off is off");
}

#[test]
fn never_holds_every_ask_and_tells_the_connector() {
    for direct in [Direct::Contacts, Direct::Ask, Direct::Any] {
        let mut w = World::with(house_with(direct, "NOTE:askfirst: never\n"));
        let mail = w.direct(WISH);
        let mut left = w.proven(&mail);
        assert_eq!(w.stages(), [Stage::Closed], "{}", direct.name());
        assert_eq!(
            kinds(&w, 1).last().unwrap(),
            &("tell_held".to_owned(), Some("never".to_owned()))
        );
        left.extend(w.wait(15 * DAY));
        assert!(
            left.iter()
                .all(|sent| !sent.to.contains(&CAROL.1.to_owned()))
        );
        // Alice hears what she would hear after a no.
        let closing = left.iter().rfind(|sent| sent.to == [ALICE.1]).unwrap();
        assert!(!closing.letter.plain.as_ref().unwrap().contains("never"));
        assert_eq!(kinds(&w, 1).last().unwrap().0, "closing");
    }
}

#[test]
fn never_holds_what_the_connector_names_himself_at_any_address() {
    for note in [
        "Please ask Carol",
        "Please ask carol@home.example",
        "Ask carol+x@target.example",
    ] {
        let mut w = World::with(house_with(Direct::Contacts, "X-ASKFIRST:never\n"));
        let left = w.forward(note);
        assert_eq!(left.len(), 1, "{note}");
        assert_eq!(left[0].to, [BOB.1]);
        let told = left[0].letter.plain.as_ref().unwrap();
        assert!(told.contains("your contacts say “never”"), "{told}");
        assert_eq!(w.stages(), [Stage::Closed]);
    }
}

#[test]
fn a_reminder_waits_for_the_working_hours_where_the_target_lives() {
    let zone = "Pacific/Auckland";
    let mut w = World::with(house_with(Direct::Contacts, &format!("TZ:{zone}\n")));
    w.forward("Please ask Carol");
    let due = w.introductions()[0].clock.remind_at_secs.unwrap();
    let there = jiff::Timestamp::from_second(due)
        .unwrap()
        .to_zoned_datetime(jiff::tz::TimeZone::get(zone).unwrap());
    assert!((9..18).contains(&there.hour()), "{there}");
    let mut utc = World::with(house_with(Direct::Contacts, ""));
    utc.forward("Please ask Carol");
    assert_ne!(utc.introductions()[0].clock.remind_at_secs, Some(due));
}

#[test]
fn whom_a_connector_introduced_before_he_can_name() {
    let mut w = World::new();
    let left = w.forward("Please ask Eve Berg <eve@berg.example>");
    let ask = left.iter().find(|sent| sent.to == [EVE.1]).unwrap().clone();
    // Before, her name means nothing.
    let request = w.writer(FAY).mail(
        "bob@kim.example",
        "",
        "Eve?",
        "Could I meet Eve? I grow mushrooms.",
    );
    let request = askfirst::reader::open(&request);
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Eve Berg");
    let left = w.proven(&forward);
    assert!(
        left.iter().all(|sent| sent.to == [BOB.1]),
        "he is asked whom he means"
    );
    w.answer(EVE, &ask, "Yes, happy to.");
    assert_eq!(w.stages()[0], Stage::Introduced);
    let again = w.writer(DAN).mail(
        "bob@kim.example",
        "",
        "Eve?",
        "Could I meet Eve? I grow figs.",
    );
    let again = askfirst::reader::open(&again);
    let forward = w.writer(BOB).forward(&again, BOT, "Please ask Eve Berg");
    let left = w.proven(&forward);
    assert!(
        left.iter().any(|sent| sent.to == [EVE.1]),
        "now she is known by name"
    );
}

/// The daemon keeps whom a connector knows; a command beside it forgets one of them.
#[test]
fn who_is_forgotten_by_a_command_is_no_longer_known_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    let mut w = World::new();
    let open = |seed| Desk::open(Store::open(&path).unwrap(), house(), dice(seed)).unwrap();
    w.desk = open(7);
    let left = w.forward("Please ask Eve Berg <eve@berg.example>");
    let ask = left.iter().find(|sent| sent.to == [EVE.1]).unwrap().clone();
    w.answer(EVE, &ask, "Yes, happy to.");
    let names_her = |w: &mut World, who: (&'static str, &'static str)| {
        let words = "Could I meet Eve? I grow figs.";
        let mail = w.writer(who).mail("bob@kim.example", "", "Eve?", words);
        let mail = askfirst::reader::open(&mail);
        let forward = w.writer(BOB).forward(&mail, BOT, "Please ask Eve Berg");
        let left = w.proven(&forward);
        left.iter().any(|sent| sent.to == [EVE.1])
    };
    assert!(names_her(&mut w, DAN));
    let mut beside = open(11);
    beside.forget(&address(EVE.1), w.now_secs).unwrap();
    assert!(!names_her(&mut w, FAY));
}

#[test]
fn whom_he_introduced_before_is_no_contact_of_his() {
    let mut w = World::new();
    let left = w.forward("Please ask Eve Berg <eve@berg.example>");
    let ask = left.iter().find(|sent| sent.to == [EVE.1]).unwrap().clone();
    w.answer(EVE, &ask, "Yes, happy to.");
    let mail = w.writer(FAY).mail(
        "Example Introductions <intro@bot.example>",
        "",
        "An introduction",
        "Could you introduce me to Eve Berg? I grow mushrooms.",
    );
    let left = w.proven(&mail);
    assert!(
        left.iter().all(|sent| sent.to != [EVE.1]),
        "a direct request waits for Bob's yes"
    );
    assert_eq!(kinds(&w, 2).last().unwrap().0, "approve");
}

#[test]
fn an_address_to_use_comes_first() {
    let house = house_with(Direct::Contacts, "X-ASKFIRST-ADDRESS:carol@home.example\n");
    let mut w = World::with(house);
    let left = w.forward("Please ask Carol");
    assert!(left.iter().any(|sent| sent.to == ["carol@home.example"]));
}

#[test]
fn what_is_settled_is_settled_by_the_entry() {
    let read = |text: &str| askfirst::contacts::parse(text.as_bytes(), Path::new("c.csv")).unwrap();
    let standing = |settled: Option<&Settled>| settled.and_then(|settled| settled.standing);
    let google = "Name,E-mail 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value,Notes\n\
                  Carol,c@x.example,askfirst,never,\n\
                  Dan,d@x.example,Pet,always yes,\"old friend\naskfirst: always yes\"\n\
                  Eve,e@x.example,,,never ask her for money\n";
    let read_google = read(google);
    let of = |address: &str| standing(read_google.settled.get(address));
    assert_eq!(of("c@x.example"), Some(Standing::Never));
    assert_eq!(of("d@x.example"), Some(Standing::AlwaysYes));
    assert_eq!(of("e@x.example"), None);
    let own =
        read("Name,Email,askfirst,askfirst time zone\nCarol,c@x.example,nevr,Europe/Berlin\n");
    assert_eq!(own.problems.len(), 1, "a slip of the pen is told");
    let zone = own.settled["c@x.example"].time_zone.as_ref().unwrap();
    assert_eq!(zone.iana_name(), Some("Europe/Berlin"));
}
