//! Medians with their spread, and the tables they are shown in. Cannot fail.

use crate::record::Record;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Figure {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Figure {
    pub fn of(mut values: Vec<f64>) -> Figure {
        values.sort_by(f64::total_cmp);
        let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
        Figure {
            median: at(0.5),
            least: at(0.0),
            most: at(1.0),
        }
    }

    pub fn shown(&self, digits: usize) -> String {
        format!(
            "{:.digits$} ({:.digits$}–{:.digits$})",
            self.median, self.least, self.most
        )
    }
}

pub struct Row {
    pub name: String,
    pub mails: usize,
    pub per_second: Figure,
    pub cpu_ms: Figure,
    pub kernel_ms: Figure,
    pub peak_mib: Figure,
}

/// A record of these rows; times are against the row named `floor`, where there is one.
pub fn record(rows: &[Row]) -> Record {
    let floor = rows.iter().find(|row| row.name == "floor");
    let mut record = Record::new(&[
        "who",
        "mails",
        "mails/s",
        "time against the floor's",
        "CPU a mail, ms",
        "of it in the kernel",
        "peak resident, MiB",
    ]);
    for row in rows {
        let against = floor.map_or(String::new(), |floor| {
            format!("{:.2} ×", floor.per_second.median / row.per_second.median)
        });
        record.row(&[
            row.name.clone(),
            thousands(row.mails),
            row.per_second.shown(0),
            against,
            row.cpu_ms.shown(3),
            row.kernel_ms.shown(3),
            row.peak_mib.shown(1),
        ]);
        record.figure(&row.name, "mails/s", row.per_second);
        record.figure(&row.name, "CPU a mail, ms", row.cpu_ms);
        record.figure(&row.name, "peak resident, MiB", row.peak_mib);
    }
    record
}

/// The value below which this part of them lies.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

/// "1,000,000"
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
