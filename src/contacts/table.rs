//! CSV files to people: Google's two forms, Outlook's in several languages, and plain tables.
//!
//! Fails as a whole only where no column can hold an address.

use super::{Entry, Found, Words};
use crate::reader::address::Address;

/// Separators of fields: Excel writes semicolons where the comma is the decimal sign.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Columns of addresses that are read; Google's exports have about ten.
const MAX_ADDRESS_COLUMNS: usize = 50;
/// Google puts several values into one field between these.
const GOOGLE_SEPARATOR: &str = ":::";

/// Titles as [`plain`] leaves them; Outlook writes them in the language of its user.
const FULL: &[&str] = &[
    "name",
    "fullname",
    "displayname",
    "formattedname",
    "anzeigename",
    "nomcomplet",
    "nombrecompleto",
    "nomecompleto",
    "volledigenaam",
    "fileas",
];
const FIRST: &[&str] = &[
    "firstname",
    "givenname",
    "first",
    "vorname",
    "prénom",
    "prenom",
    "nombre",
    "nome",
    "nomepróprio",
    "primeironome",
    "voornaam",
    "imię",
    "förnamn",
    "fornavn",
    "etunimi",
    "jméno",
    "křestníjméno",
    "meno",
    "ime",
    "prenume",
    "utónév",
    "keresztnév",
    "ad",
    "όνομα",
    "имя",
    "імя",
    "ім'я",
    "名",
    "이름",
];
const MIDDLE: &[&str] = &[
    "middlename",
    "additionalname",
    "weiterevornamen",
    "deuxièmeprénom",
    "segundonombre",
    "secondonome",
    "segundonome",
    "middelstenaam",
    "drugieimię",
    "mellannamn",
    "mellemnavn",
    "mellomnavn",
    "toinennimi",
    "druhéjméno",
    "отчество",
    "ミドルネーム",
];
const LAST: &[&str] = &[
    "lastname",
    "familyname",
    "surname",
    "last",
    "nachname",
    "nom",
    "apellidos",
    "apellido",
    "cognome",
    "sobrenome",
    "apelido",
    "achternaam",
    "nazwisko",
    "efternamn",
    "efternavn",
    "etternavn",
    "sukunimi",
    "příjmení",
    "priezvisko",
    "prezime",
    "priimek",
    "nume",
    "numedefamilie",
    "vezetéknév",
    "soyadı",
    "επώνυμο",
    "фамилия",
    "прізвище",
    "姓",
    "성",
];
/// Where the family's name is said first.
const FAMILY_FIRST: &[&str] = &["vezetéknév", "姓", "성"];
const NICK: &[&str] = &[
    "nickname",
    "spitzname",
    "surnom",
    "apodo",
    "sobrenombre",
    "soprannome",
    "apelidofamiliar",
    "bijnaam",
    "pseudonim",
    "smeknamn",
    "kaldenavn",
    "kallenavn",
];
const NOTES: &[&str] = &[
    "notes",
    "note",
    "notizen",
    "notiz",
    "notas",
    "anotações",
    "notities",
    "notatki",
    "anteckningar",
    "noter",
    "notater",
    "muistiinpanot",
    "poznámky",
    "jegyzetek",
    "notlar",
    "заметки",
    "メモ",
];
/// Beginnings of the titles of address columns. A language that is missing here is found by what
/// its columns hold.
const EMAIL: &[&str] = &[
    "email",
    "mail",
    "adressedemessagerie",
    "adressedecourrier",
    "adresseemail",
    "courriel",
    "direccióndecorreo",
    "correo",
    "dirección",
    "indirizzopostaelettronica",
    "indirizzoemail",
    "indirizzodiposta",
    "endereçodecorreio",
    "endereçodeemail",
    "adresemail",
    "epostadress",
    "epostadresse",
    "sähköpostiosoite",
    "电子邮件地址",
    "電子メールアドレス",
];
/// What such a column holds instead of an address.
const NOT_EMAIL: &[&str] = &[
    "type",
    "label",
    "display",
    "typ",
    "anzeige",
    "nom",
    "nombre",
    "nome",
    "naam",
    "para",
    "listen",
    "ingaddress",
    "ingcity",
];
/// Rows that are looked at to find the columns that hold addresses.
const MAX_LOOK: usize = 200;

/// Where a table keeps what.
#[derive(Default)]
struct Columns {
    full: Option<usize>,
    first: Option<usize>,
    middle: Option<usize>,
    last: Option<usize>,
    nick: Option<usize>,
    notes: Option<usize>,
    family_first: bool,
    emails: Vec<usize>,
    /// Columns of ours, with their titles.
    ours: Vec<(usize, String)>,
    /// Google's own fields: where the label and where the value is.
    custom: Vec<(usize, usize)>,
}

pub(super) fn read(text: &str, found: &mut Found<'_>) -> Result<(), String> {
    let head = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let count = |delimiter: u8| head.bytes().filter(|octet| *octet == delimiter).count();
    let delimiter = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|d| count(*d))
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(usize, csv::StringRecord)> = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = |position: Option<&csv::Position>| {
            let line = position.map_or(0, csv::Position::line);
            usize::try_from(line).unwrap_or(0)
        };
        match reader.read_record(&mut record) {
            Ok(false) => break,
            // The record has room for the longest row so far, and a copy of it would have that too:
            // where quotes do not match one row may be half of the file.
            Ok(true) => rows.push((line(record.position()), record.iter().collect())),
            Err(error) => {
                let line = line(error.position());
                found.problem(line, "this row can't be read; it is left out");
            }
        }
    }
    let Some((_, head)) = rows.first() else {
        return Err("is empty: neither a vCard file nor a table".to_owned());
    };
    let below: Vec<&csv::StringRecord> = rows.iter().skip(1).map(|(_, row)| row).collect();
    let (columns, is_header) = header(head, &below)?;
    for (line, row) in rows.iter().skip(usize::from(is_header)) {
        add(row, &columns, *line, found);
    }
    Ok(())
}

/// How many titles of a first line are known here: tells which code page a file is in.
pub(super) fn known_titles(head: &str) -> usize {
    let titles = head.split([',', ';', '\t']).map(plain);
    let lists = [FIRST, MIDDLE, LAST, NICK, NOTES];
    titles
        .filter(|title| {
            let email = EMAIL.iter().any(|start| title.starts_with(start));
            email || lists.iter().any(|list| list.contains(&title.as_str()))
        })
        .count()
}

/// The columns by the first row, and whether it is a header; a first row that holds an address
/// itself is a person: name, address.
fn header(
    row: &csv::StringRecord,
    below: &[&csv::StringRecord],
) -> Result<(Columns, bool), String> {
    let mut columns = Columns::default();
    for (at, field) in row.iter().enumerate() {
        let title = plain(field);
        if title.starts_with("askfirst") {
            columns.ours.push((at, field.to_owned()));
            continue;
        }
        if title.starts_with("customfield") && title.ends_with("label") {
            columns.custom.push((at, at + 1));
            continue;
        }
        let is = |titles: &[&str]| titles.contains(&title.as_str());
        let place = match () {
            () if is(FULL) => &mut columns.full,
            () if is(FIRST) => &mut columns.first,
            () if is(MIDDLE) => &mut columns.middle,
            () if is(LAST) => {
                columns.family_first |= is(FAMILY_FIRST);
                &mut columns.last
            }
            () if is(NICK) => &mut columns.nick,
            () if is(NOTES) => &mut columns.notes,
            () => {
                let is_email = EMAIL.iter().any(|start| title.starts_with(start));
                if is_email
                    && !NOT_EMAIL.iter().any(|word| title.contains(word))
                    && columns.emails.len() < MAX_ADDRESS_COLUMNS
                {
                    columns.emails.push(at);
                }
                continue;
            }
        };
        place.get_or_insert(at);
    }
    if !columns.emails.is_empty() {
        return Ok((columns, true));
    }
    if let Some(email) = row.iter().position(|field| Address::parse(field).is_ok()) {
        let columns = Columns {
            full: (0..row.len()).find(|at| *at != email),
            emails: vec![email],
            ..Columns::default()
        };
        return Ok((columns, false));
    }
    columns.emails = (0..row.len())
        .filter(|at| holds_addresses(*at, below))
        .take(MAX_ADDRESS_COLUMNS)
        .collect();
    match columns.emails.is_empty() {
        false => Ok((columns, true)),
        true => Err(
            "has no column for addresses; name one \"Email\" in the first row, or export \
                    the contacts as vCard"
                .to_owned(),
        ),
    }
}

/// Whether most of what stands in this column is an address, whatever its title says.
fn holds_addresses(column: usize, rows: &[&csv::StringRecord]) -> bool {
    let fields = rows.iter().take(MAX_LOOK).filter_map(|row| row.get(column));
    let filled: Vec<&str> = fields.filter(|field| !field.trim().is_empty()).collect();
    let addresses = filled.iter().filter(|field| Address::parse(field).is_ok());
    let addresses = addresses.count();
    addresses > 0 && addresses * 2 >= filled.len()
}

/// A title in lower case, letters and digits alone.
fn plain(title: &str) -> String {
    title
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn add(row: &csv::StringRecord, columns: &Columns, line: usize, found: &mut Found<'_>) {
    let field = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().trim();
    // Google marks the preferred address by a star in the label before it.
    let is_preferred = |at: usize| field(at.checked_sub(1)).starts_with('*');
    let mut emails = columns.emails.clone();
    emails.sort_by_key(|at| !is_preferred(*at));
    let addresses: Vec<String> = emails
        .iter()
        .flat_map(|at| field(Some(*at)).split(GOOGLE_SEPARATOR))
        .map(|address| address.trim().to_owned())
        // Outlook's internal form of an address; its plain one is in another column or nowhere.
        .filter(|address| !address.to_ascii_lowercase().starts_with("/o="))
        .collect();
    let mut words = Words::default();
    for (at, title) in &columns.ours {
        words.take_titled(title, field(Some(*at)));
    }
    for (label, value) in &columns.custom {
        words.take_titled(field(Some(*label)), field(Some(*value)));
    }
    words.take_note(field(columns.notes));
    found.add(Entry {
        line,
        name: name(row, columns),
        nicknames: field(columns.nick)
            .split([',', ';'])
            .map(str::to_owned)
            .collect(),
        addresses,
        words,
    });
}

fn name(row: &csv::StringRecord, columns: &Columns) -> String {
    let field = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().trim();
    let (first, middle, last) = (columns.first, columns.middle, columns.last);
    let order = match columns.family_first {
        true => [last, first, middle],
        false => [first, middle, last],
    };
    let parts = order.map(field).into_iter().filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.collect();
    let full = super::spoken(field(columns.full), field(last), field(first));
    match full.is_empty() || field(columns.full).is_empty() {
        true => parts.join(" "),
        false => full,
    }
}
