//! CSV files to people: Google's two forms, Outlook's in several languages, and plain tables.
//!
//! Fails as a whole only where no column can hold an address.

use super::Found;
use crate::reader::address::Address;

/// Separators of fields: Excel writes semicolons where the comma is the decimal sign.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Columns of addresses that are read; Google's exports have about ten.
const MAX_ADDRESS_COLUMNS: usize = 50;
/// Google puts several values into one field between these.
const GOOGLE_SEPARATOR: &str = ":::";

const FULL: &[&str] = &[
    "name",
    "fullname",
    "displayname",
    "formattedname",
    "anzeigename",
    "nomcomplet",
    "nombrecompleto",
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
];
const MIDDLE: &[&str] = &[
    "middlename",
    "additionalname",
    "weiterevornamen",
    "deuxièmeprénom",
    "segundonombre",
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
];
const NICK: &[&str] = &["nickname", "spitzname", "surnom", "apodo", "sobrenombre"];
/// Beginnings of the headers of address columns, as [`plain`] leaves them.
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
    "para",
    "listen",
    "ingaddress",
    "ingcity",
];

/// Where a table keeps what.
#[derive(Default)]
struct Columns {
    full: Option<usize>,
    first: Option<usize>,
    middle: Option<usize>,
    last: Option<usize>,
    nick: Option<usize>,
    emails: Vec<usize>,
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
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut columns: Option<Columns> = None;
    for row in rows.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                found.problem(
                    usize::try_from(line).unwrap_or(0),
                    "this row can't be read; it is left out",
                );
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(0);
        match &columns {
            Some(columns) => add(&row, columns, line, found),
            None => {
                let (head, is_header) = header(&row)?;
                if !is_header {
                    add(&row, &head, line, found);
                }
                columns = Some(head);
            }
        }
    }
    match columns {
        Some(_) => Ok(()),
        None => Err("is empty: neither a vCard file nor a table".to_owned()),
    }
}

/// The columns by the first row, and whether it is a header; a first row that holds an address
/// itself is a person: name, address.
fn header(row: &csv::StringRecord) -> Result<(Columns, bool), String> {
    let mut columns = Columns::default();
    for (at, field) in row.iter().enumerate() {
        let title = plain(field);
        let is = |titles: &[&str]| titles.contains(&title.as_str());
        let place = match () {
            () if is(FULL) => &mut columns.full,
            () if is(FIRST) => &mut columns.first,
            () if is(MIDDLE) => &mut columns.middle,
            () if is(LAST) => &mut columns.last,
            () if is(NICK) => &mut columns.nick,
            () => {
                let is_email = EMAIL.iter().any(|start| title.starts_with(start));
                if is_email && !NOT_EMAIL.iter().any(|word| title.contains(word)) {
                    if columns.emails.len() < MAX_ADDRESS_COLUMNS {
                        columns.emails.push(at);
                    }
                }
                continue;
            }
        };
        place.get_or_insert(at);
    }
    if !columns.emails.is_empty() {
        return Ok((columns, true));
    }
    let Some(email) = row.iter().position(|field| Address::parse(field).is_ok()) else {
        return Err(
            "has no column for addresses; name one \"Email\" in the first row, or export \
                    the contacts as vCard"
                .to_owned(),
        );
    };
    let columns = Columns {
        full: (0..row.len()).find(|at| *at != email),
        emails: vec![email],
        ..Columns::default()
    };
    Ok((columns, false))
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
    let parts = [columns.first, columns.middle, columns.last].map(field);
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let name = super::spoken(
        field(columns.full),
        field(columns.last),
        field(columns.first),
    );
    let name = match name.is_empty() || field(columns.full).is_empty() {
        true => parts.join(" "),
        false => name,
    };
    let nicknames: Vec<String> = field(columns.nick)
        .split([',', ';'])
        .map(str::to_owned)
        .collect();
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
    found.add(line, &name, &nicknames, &addresses);
}
