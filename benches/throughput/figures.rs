//! Medians with their spread, and the tables they are shown in.

use serde::Serialize;

#[derive(Clone, Copy, Serialize)]
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

#[derive(Clone, Serialize)]
pub struct Row {
    pub name: String,
    pub mails: usize,
    pub per_second: Figure,
    pub cpu_ms: Figure,
    pub kernel_ms: Figure,
    pub peak_mib: Figure,
}

/// A Markdown table; times are against the row named `floor`, where there is one.
pub fn table(rows: &[Row]) -> String {
    let floor = rows.iter().find(|row| row.name == "floor");
    let mut text = String::from(
        "| who | mails | mails/s | against the floor | CPU a mail, ms | in the kernel | peak resident, MiB |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let against = floor.map_or(String::new(), |floor| {
            format!("{:.2} ×", floor.per_second.median / row.per_second.median)
        });
        text += &format!(
            "| {} | {} | {} | {against} | {} | {} | {} |\n",
            row.name,
            row.mails,
            row.per_second.shown(0),
            row.cpu_ms.shown(3),
            row.kernel_ms.shown(3),
            row.peak_mib.shown(1)
        );
    }
    text
}
