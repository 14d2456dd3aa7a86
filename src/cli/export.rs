//! `askfirst export`: everything the database knows, as one JSON object; docs/operating.md says what is in it.
//!
//! Written piece by piece, so that a large database needs no large memory. Without the instance's key.

use crate::cli::{Failure, desk, now_secs, quarantine, show};
use crate::desk::DeskError;
use crate::desk::views;
use crate::store::looks;
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::path::Path;

pub fn run(config: Option<&Path>, raw: bool) -> Result<(), Failure> {
    let desk = desk(config)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match write(&desk, raw, &mut out) {
        // A reader who has had enough (`| head`) is no failure.
        Err(Broken::Pipe(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(Broken::Pipe(error)) => {
            Err(Failure::Failed(format!("the export is not whole: {error}")))
        }
        Err(Broken::Desk(error)) => Err(error.into()),
        Ok(()) => Ok(()),
    }
}

enum Broken {
    Pipe(std::io::Error),
    Desk(DeskError),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Broken::Pipe(error)
    }
}
impl From<DeskError> for Broken {
    fn from(error: DeskError) -> Self {
        Broken::Desk(error)
    }
}
impl From<crate::store::StoreError> for Broken {
    fn from(error: crate::store::StoreError) -> Self {
        Broken::Desk(error.into())
    }
}

fn write(desk: &crate::desk::Desk, raw: bool, out: &mut impl Write) -> Result<(), Broken> {
    let db = desk.store().reading();
    writeln!(
        out,
        "{{\n\"askfirst\": {}, \"exported_at\": {},",
        json!(env!("CARGO_PKG_VERSION")),
        json!(views::rfc3339(now_secs()))
    )?;
    let facts: serde_json::Map<String, Value> = looks::facts(db)?
        .into_iter()
        .map(|(key, value)| (key, Value::from(value)))
        .collect();
    writeln!(
        out,
        "\"instance\": {},\n\"introductions\": [",
        Value::from(facts)
    )?;
    let mut first = true;
    let mut ids = Vec::new();
    desk.each(true, |introduction| ids.push(introduction.id))?;
    for id in ids {
        let Some(view) = desk.show(id)? else {
            continue;
        };
        let mut whole = show::json_of(&view);
        if let Some(whole) = whole.as_object_mut() {
            whole.insert("request".to_owned(), json!(view.introduction.request));
        }
        item(out, &mut first, &whole)?;
    }
    writeln!(out, "\n],\n\"other_mails_sent\": [")?;
    first = true;
    for mail in looks::sent_of_none(db)? {
        item(out, &mut first, &show::sent_json(&mail))?;
    }
    writeln!(out, "\n],\n\"inbox\": [")?;
    first = true;
    looks::each_received::<Broken>(db, |mail| {
        let mut one = quarantine::as_json(&mail);
        if let (true, Some(one), Some(bytes)) = (raw, one.as_object_mut(), &mail.raw) {
            let text = data_encoding::BASE64.encode(bytes);
            one.insert("raw_base64".to_owned(), Value::from(text));
        }
        item(out, &mut first, &one)
    })?;
    writeln!(out, "\n],\n\"wishes\": [")?;
    first = true;
    for (person, wish, at) in looks::wishes(db)? {
        let wish = json!({"person_hash": person, "wish": wish, "at": views::rfc3339(at)});
        item(out, &mut first, &wish)?;
    }
    writeln!(out, "\n]\n}}")?;
    out.flush()?;
    Ok(())
}

/// One element of an array, on a line of its own.
fn item(out: &mut impl Write, first: &mut bool, value: &Value) -> Result<(), Broken> {
    if !std::mem::take(first) {
        out.write_all(b",\n")?;
    }
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(())
}
