//! Pictures of what was recorded, as SVG: readable on a light and on a dark page, without a script.
//!
//! Cannot fail; where nothing was recorded nothing is drawn.

use crate::figures::{Figure, thousands};
use crate::record::Found;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
/// Room for the names of bars and of the axis to the left, and of lines to the right.
const LEFT: f64 = 165.0;
const RIGHT: f64 = 215.0;
const TOP: f64 = 48.0;

const STYLE: &str = "<style>\
text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.small{font-size:12px;fill:#59636e}\
.grid{stroke:#d1d9e0}.axis,.whisker{stroke:#59636e}.aim{stroke:#59636e;stroke-dasharray:5 4}\
.ours{fill:#0969da}.other{fill:#8c959f}.line{fill:none;stroke-width:2}\
.c0{stroke:#0969da}.c1{stroke:#bc4c00}.c2{stroke:#1a7f37}.c3{stroke:#8250df}.c4{stroke:#9a6700}.c5{stroke:#cf222e}.c6{stroke:#59636e}\
.dot{stroke:none}.d0{fill:#0969da}.d1{fill:#bc4c00}.d2{fill:#1a7f37}.d3{fill:#8250df}.d4{fill:#9a6700}.d5{fill:#cf222e}.d6{fill:#59636e}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#3d444d}.axis,.whisker,.aim{stroke:#9198a1}\
.ours{fill:#4493f8}.other{fill:#656c76}.c0{stroke:#4493f8}.d0{fill:#4493f8}.c1{stroke:#f0883e}.d1{fill:#f0883e}\
.c2{stroke:#3fb950}.d2{fill:#3fb950}.c3{stroke:#ab7df8}.d3{fill:#ab7df8}.c4{stroke:#d29922}.d4{fill:#d29922}\
.c5{stroke:#f85149}.d5{fill:#f85149}.c6{stroke:#9198a1}.d6{fill:#9198a1}}</style>";

/// The pictures by their file names.
pub fn all(found: &Found) -> Vec<(&'static str, String)> {
    let mut pictures = Vec::new();
    let mut rows: Vec<(String, Figure)> = Vec::new();
    for name in ["drain 10000", "drain 2000", "mlmmj"] {
        for (row, figures) in found.get(name).into_iter().flat_map(|r| &r.figures) {
            if rows.iter().all(|(known, _)| known != row) {
                rows.push((row.clone(), figures["mails/s"]));
            }
        }
    }
    rows.sort_by(|one, other| other.1.median.total_cmp(&one.1.median));
    if !rows.is_empty() {
        let title = "A backlog of requests drained: two mails leave for each";
        pictures.push((
            "throughput-drain.svg",
            bars(
                title,
                "requests a second (log scale; whiskers: least and most)",
                &rows,
            ),
        ));
    }
    if let Some(growth) = found.get("growth") {
        let of = |name: &str| relative(&by_size(&growth.figures, name));
        let series = [
            ("single mail, median", of("single, p50, ms")),
            ("in a backlog", of("in a backlog, ms")),
            ("CPU in a backlog", of("in a backlog, CPU ms")),
        ];
        let chart = Chart {
            title: "What a mail costs, the more introductions lie in the database",
            x: "introductions in the database",
            y: "times as much as with the fewest",
            log_y: false,
            aims: &[(1.4, "aim, single"), (2.5, "aim, backlog")],
        };
        pictures.push(("throughput-growth.svg", chart.draw(&series)));
    }
    if let Some(commands) = found.get("commands") {
        let mut series: Vec<(&str, Points)> = Vec::new();
        for (name, sizes) in &commands.figures {
            let points = sizes
                .iter()
                .map(|(size, figure)| (size.parse().unwrap(), *figure));
            series.push((name, sorted(points.collect())));
        }
        if let Some(growth) = found.get("growth") {
            series.push(("start of the daemon", by_size(&growth.figures, "start, s")));
        }
        let chart = Chart {
            title: "The operator's commands, and the daemon's start",
            x: "introductions in the database",
            y: "seconds",
            log_y: true,
            aims: &[],
        };
        pictures.push(("throughput-commands.svg", chart.draw(&series)));
    }
    pictures
}

type Points = Vec<(f64, Figure)>;
type Figures = std::collections::BTreeMap<String, std::collections::BTreeMap<String, Figure>>;

fn by_size(figures: &Figures, name: &str) -> Points {
    let points = figures
        .iter()
        .map(|(size, row)| (size.parse().unwrap(), row[name]));
    sorted(points.collect())
}

fn sorted(mut points: Points) -> Points {
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

fn relative(points: &Points) -> Points {
    let first = points.first().map_or(1.0, |(_, figure)| figure.median);
    let by = |value: f64| value / first;
    let part = |figure: &Figure| Figure {
        median: by(figure.median),
        least: by(figure.least),
        most: by(figure.most),
    };
    points
        .iter()
        .map(|(x, figure)| (*x, part(figure)))
        .collect()
}

/// From values to places.
struct Scale {
    log: bool,
    from: f64,
    to: f64,
    begin: f64,
    end: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let by = |value: f64| if self.log { value.log10() } else { value };
        let part = (by(value) - by(self.from)) / (by(self.to) - by(self.from));
        self.begin + part * (self.end - self.begin)
    }

    /// Round values on it: powers of ten, or about five steps.
    fn marks(&self) -> Vec<f64> {
        if self.log {
            let (low, high) = (
                self.from.log10().ceil() as i32,
                self.to.log10().floor() as i32,
            );
            return (low..=high).map(|power| 10_f64.powi(power)).collect();
        }
        let rough = (self.to - self.from) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|step| step * power)
            .find(|step| *step >= rough)
            .unwrap_or(rough);
        let count = ((self.to - self.from) / step).floor() as usize;
        (0..=count).map(|at| self.from + at as f64 * step).collect()
    }
}

fn frame(height: f64, title: &str, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         {STYLE}\n<text class=\"title\" x=\"12\" y=\"24\">{title}</text>\n{body}</svg>\n"
    )
}

/// "1,000", "0.01"
fn shown(value: f64) -> String {
    match value {
        value if value >= 10.0 => thousands(value.round() as usize),
        value => {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

fn bars(title: &str, axis: &str, rows: &[(String, Figure)]) -> String {
    const ROW: f64 = 34.0;
    let bottom = TOP + ROW * rows.len() as f64;
    let least = rows.iter().map(|(_, f)| f.least).fold(f64::MAX, f64::min);
    let most = rows.iter().map(|(_, f)| f.most).fold(0.0, f64::max);
    let scale = Scale {
        log: true,
        from: 10_f64.powf((least.log10() - 0.3).floor()),
        to: most * 1.6,
        begin: LEFT,
        end: WIDTH - 40.0,
    };
    let mut body = String::new();
    for mark in scale.marks() {
        let x = scale.at(mark);
        let _ = writeln!(
            body,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
             <text class=\"small\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
            bottom + 18.0,
            shown(mark)
        );
    }
    for (at, (name, figure)) in rows.iter().enumerate() {
        let y = TOP + ROW * at as f64;
        let class = if name == "askfirst" { "ours" } else { "other" };
        let (x, low, high) = (
            scale.at(figure.median),
            scale.at(figure.least),
            scale.at(figure.most),
        );
        let middle = y + ROW / 2.0;
        let _ = writeln!(
            body,
            "<text text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <line class=\"whisker\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            LEFT - 10.0,
            middle + 4.5,
            y + 6.0,
            x - LEFT,
            ROW - 12.0,
            high + 8.0,
            middle + 4.5,
            shown(figure.median)
        );
    }
    let _ = writeln!(
        body,
        "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{LEFT}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
         <text class=\"small\" x=\"{LEFT}\" y=\"{:.1}\">{axis}</text>",
        bottom + 40.0
    );
    frame(bottom + 52.0, title, &body)
}

struct Chart<'a> {
    title: &'a str,
    x: &'a str,
    y: &'a str,
    log_y: bool,
    /// Lines across, with a word each.
    aims: &'a [(f64, &'a str)],
}

impl Chart<'_> {
    fn draw(&self, series: &[(&str, Points)]) -> String {
        const HEIGHT: f64 = 420.0;
        let bottom = HEIGHT - 56.0;
        let points = || series.iter().flat_map(|(_, points)| points);
        let aims = self
            .aims
            .iter()
            .map(|(value, _)| *value)
            .fold(0.0, f64::max);
        let most = points().map(|(_, f)| f.most).fold(aims, f64::max);
        let least = points().map(|(_, f)| f.least).fold(f64::MAX, f64::min);
        let x = Scale {
            log: true,
            from: points().map(|(x, _)| *x).fold(f64::MAX, f64::min),
            to: points().map(|(x, _)| *x).fold(0.0, f64::max),
            begin: 70.0,
            end: WIDTH - RIGHT,
        };
        let y = Scale {
            log: self.log_y,
            from: if self.log_y {
                10_f64.powf(least.log10().floor())
            } else {
                0.0
            },
            to: most * 1.1,
            begin: bottom,
            end: TOP + 20.0,
        };
        let mut body = self.axes(&x, &y, bottom);
        for (value, word) in self.aims {
            let at = y.at(*value);
            let _ = writeln!(
                body,
                "<line class=\"aim\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">{word}</text>",
                x.begin,
                x.end,
                x.begin + 6.0,
                at - 5.0
            );
        }
        let mut ends: Vec<(f64, usize)> = Vec::new();
        for (at, (_, points)) in series.iter().enumerate() {
            let class = at % 7;
            let path: Vec<String> = points
                .iter()
                .map(|(value, f)| format!("{:.1},{:.1}", x.at(*value), y.at(f.median)))
                .collect();
            let _ = writeln!(
                body,
                "<polyline class=\"line c{class}\" points=\"{}\"/>",
                path.join(" ")
            );
            for (value, f) in points {
                let (cx, cy) = (x.at(*value), y.at(f.median));
                let _ = writeln!(
                    body,
                    "<line class=\"whisker\" x1=\"{cx:.1}\" x2=\"{cx:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
                     <circle class=\"dot d{class}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\"/>",
                    y.at(f.least),
                    y.at(f.most)
                );
            }
            if let Some((_, last)) = points.last() {
                ends.push((y.at(last.median), at));
            }
        }
        // Names at the ends of the lines, apart from each other.
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut lowest = f64::MIN;
        for (place, at) in ends {
            let place = place.max(lowest + 17.0);
            lowest = place;
            let (name, points) = &series[at];
            let last = points.last().map_or(0.0, |(_, f)| f.median);
            let _ = writeln!(
                body,
                "<circle class=\"dot d{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{name}: {}</text>",
                at % 7,
                x.end + 14.0,
                place,
                x.end + 22.0,
                place + 4.5,
                shown((last * 100.0).round() / 100.0)
            );
        }
        frame(HEIGHT, self.title, &body)
    }

    fn axes(&self, x: &Scale, y: &Scale, bottom: f64) -> String {
        let mut body = String::new();
        for mark in y.marks() {
            let at = y.at(mark);
            let _ = writeln!(
                body,
                "<line class=\"grid\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text class=\"small\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x.begin,
                x.end,
                x.begin - 8.0,
                at + 4.0,
                shown(mark)
            );
        }
        for mark in x.marks() {
            let at = x.at(mark);
            let _ = writeln!(
                body,
                "<line class=\"axis\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{bottom}\" y2=\"{:.1}\"/>\
                 <text class=\"small\" text-anchor=\"middle\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>",
                bottom + 5.0,
                bottom + 20.0,
                shown(mark)
            );
        }
        let _ = writeln!(
            body,
            "<line class=\"axis\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\
             <text class=\"small\" x=\"12\" y=\"{:.1}\">{}</text>\
             <text class=\"small\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{} (log scale)</text>",
            x.begin,
            x.end,
            TOP,
            self.y.to_owned() + if self.log_y { " (log scale)" } else { "" },
            x.end,
            bottom + 42.0,
            self.x
        );
        body
    }
}
