//! A filled template as blocks, and the blocks as the plain text and the HTML a person sees.
//!
//! Templates mark blocks with one control character that no stranger's string can hold, so nothing
//! in a name or a subject can pass for a block. Fails where a template names a box that is not there.

use crate::writer::fill::Lines;
use crate::writer::text::{self, Block};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Begins and ends a mark in a filled template; `text` removes it from every value.
pub const SIGN: char = '\u{1}';
/// Characters of a quoted row in the plain text, without its prefix: a longer one would be wrapped
/// by terminals into rows that have no prefix and could pass for ours.
const MAX_QUOTED_CHARS: usize = 74;
/// Before every row of a stranger's words.
const QUOTE_PREFIX: &str = "> ";
/// The border between our words and what stands below them.
pub const RULE: &str = "––––––––––––";

/// A part of a mail.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Paragraph(String),
    /// Lines that stay apart, each a sentence of ours.
    Lines(Vec<String>),
    /// One-tap answers: the word to send, and the label.
    Taps(Vec<(String, String)>),
    Rule(String),
    /// A stranger's words below a small heading.
    Boxed {
        head: Vec<String>,
        words: Block,
    },
    Small(Vec<String>),
}

pub struct Page {
    parts: Vec<Part>,
    /// What it says about how to answer, to the end of each paragraph.
    how: Vec<String>,
}

/// Before the words that say how to answer: a mail without them is refused.
const HOW: &str = "\u{1}how\u{1}";

/// Where a prepared answer goes.
pub struct AnswerTo<'a> {
    pub address: &'a str,
    pub token: &'a str,
}

impl Page {
    /// Reads a filled template; `boxes` are the strangers' words by name.
    pub fn read(filled: &str, boxes: &BTreeMap<&'static str, Block>) -> Result<Page, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut how: Vec<String> = Vec::new();
        let mut open = false;
        for line in filled.lines() {
            let line = line.trim();
            let marked = line.strip_prefix(SIGN).filter(|_| !line.starts_with(HOW));
            let Some(marked) = marked else {
                match (line.is_empty(), open, parts.last_mut()) {
                    (true, _, _) => open = false,
                    (false, true, Some(Part::Paragraph(text))) => {
                        text.push(' ');
                        text.push_str(line);
                    }
                    _ => {
                        parts.push(Part::Paragraph(line.to_owned()));
                        open = true;
                    }
                }
                continue;
            };
            open = false;
            let (mark, rest) = marked.split_once(SIGN).unwrap_or((marked, ""));
            let (kind, argument) = mark.split_once(':').unwrap_or((mark, ""));
            add(&mut parts, kind, argument, rest.trim(), boxes)?;
        }
        for part in &mut parts {
            if let Part::Paragraph(text) = part {
                // A no-break space before a French question mark stays one.
                *text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                if let Some((before, says)) = text.split_once(HOW) {
                    how.push(says.trim().to_owned());
                    *text = format!("{before}{says}");
                }
            }
        }
        Ok(Page { parts, how })
    }

    /// What the mail says about how to answer it.
    pub fn how(&self) -> &[String] {
        &self.how
    }

    /// The words that one-tap answers send.
    pub fn taps(&self) -> Vec<&str> {
        let taps = self.parts.iter().filter_map(|part| match part {
            Part::Taps(taps) => Some(taps),
            _ => None,
        });
        taps.flatten().map(|(word, _)| word.as_str()).collect()
    }

    /// The lines of the footer.
    pub fn small(&self) -> Vec<&str> {
        let small = self.parts.iter().filter_map(|part| match part {
            Part::Small(lines) => Some(lines),
            _ => None,
        });
        small.flatten().map(String::as_str).collect()
    }

    /// The strangers' words as paragraphs, box by box: both texts are made of them.
    pub fn boxed(&self) -> Vec<Lines<'_>> {
        let boxes = self.parts.iter().filter_map(|part| match part {
            Part::Boxed { words, .. } => Some(Lines::of(words.lines())),
            _ => None,
        });
        boxes.collect()
    }

    /// The plain text, LF line ends.
    pub fn plain(&self, boxed: &[Lines<'_>]) -> String {
        let mut boxed = boxed.iter();
        let mut out = String::with_capacity(PLAIN_OCTETS);
        for part in &self.parts {
            if !out.is_empty() {
                out.push('\n');
            }
            match part {
                Part::Paragraph(text) => lines(&mut out, [text.as_str()]),
                Part::Lines(all) | Part::Small(all) => {
                    lines(&mut out, all.iter().map(String::as_str))
                }
                Part::Taps(taps) => {
                    let labels: Vec<&str> = taps.iter().map(|(_, label)| label.as_str()).collect();
                    lines(&mut out, [labels.join("  ·  ").as_str()]);
                }
                Part::Rule(title) => lines(
                    &mut out,
                    [RULE, title.as_str()].into_iter().filter(|l| !l.is_empty()),
                ),
                Part::Boxed { head, .. } => {
                    let gap = (!head.is_empty()).then_some("");
                    let head = head
                        .iter()
                        .flat_map(|line| text::rows(line, MAX_QUOTED_CHARS))
                        .chain(gap);
                    for row in head {
                        quoted(&mut out, "", 0, row);
                    }
                    for paragraph in boxed.next().into_iter().flat_map(Lines::paragraphs) {
                        paragraph.each_row(MAX_QUOTED_CHARS, |marks, indent, row| {
                            quoted(&mut out, marks, indent, row);
                        });
                    }
                }
            }
        }
        out
    }

    /// The same words as HTML: no images, nothing remote, no colours that a dark screen would hide.
    pub fn html(
        &self,
        boxed: &[Lines<'_>],
        language: &str,
        answer_to: Option<&AnswerTo<'_>>,
    ) -> String {
        let mut boxed = boxed.iter();
        let mut out = String::with_capacity(HTML_OCTETS);
        out.push_str(HTML_START);
        escape_into(&mut out, language);
        out.push_str(HTML_HEAD);
        for part in &self.parts {
            match part {
                Part::Paragraph(text) => {
                    tag(&mut out, "p", PARAGRAPH, |out| escape_into(out, text))
                }
                Part::Lines(all) => tag(&mut out, "p", PARAGRAPH, |out| broken(out, all)),
                Part::Small(all) => tag(&mut out, "p", SMALL, |out| broken(out, all)),
                Part::Taps(taps) => tag(&mut out, "p", TAPS, |out| links(out, taps, answer_to)),
                Part::Rule(title) => {
                    out.push_str(HTML_RULE);
                    if !title.is_empty() {
                        tag(&mut out, "p", HEADING, |out| escape_into(out, title));
                    }
                }
                Part::Boxed { head, .. } => tag(&mut out, "blockquote", BOX, |out| {
                    if !head.is_empty() {
                        tag(out, "p", HEAD, |out| broken(out, head));
                    }
                    // The words may run from right to left; ours around them do not.
                    for piece in ["<p dir=\"auto\" style=\"", WORDS, "\">"] {
                        out.push_str(piece);
                    }
                    let paragraphs = boxed.next().into_iter().flat_map(Lines::paragraphs);
                    for (at, paragraph) in paragraphs.enumerate() {
                        one_of_broken(out, at, &paragraph.joined());
                    }
                    out.push_str("</p>\n");
                }),
            }
        }
        out.push_str(HTML_END);
        out
    }
}

fn add(
    parts: &mut Vec<Part>,
    kind: &str,
    argument: &str,
    rest: &str,
    boxes: &BTreeMap<&'static str, Block>,
) -> Result<(), String> {
    let rest = rest.to_owned();
    match (kind, parts.last_mut()) {
        ("line", Some(Part::Lines(lines))) | ("small", Some(Part::Small(lines))) => {
            lines.push(rest)
        }
        ("line", _) => parts.push(Part::Lines(vec![rest])),
        ("small", _) => parts.push(Part::Small(vec![rest])),
        ("tap", Some(Part::Taps(taps))) => taps.push((argument.to_owned(), rest)),
        ("tap", _) => parts.push(Part::Taps(vec![(argument.to_owned(), rest)])),
        ("rule", _) => parts.push(Part::Rule(rest)),
        ("head", Some(Part::Boxed { head, words })) if words.is_empty() => head.push(rest),
        ("head", _) => parts.push(Part::Boxed {
            head: vec![rest],
            words: Block::default(),
        }),
        ("box", last) => {
            let block = boxes
                .get(argument)
                .ok_or_else(|| format!("there is no box called {argument}"))?;
            match last {
                Some(Part::Boxed { words, .. }) if words.is_empty() => *words = block.clone(),
                _ => parts.push(Part::Boxed {
                    head: Vec::new(),
                    words: block.clone(),
                }),
            }
        }
        _ => return Err(format!("there is no mark called {kind}")),
    }
    Ok(())
}

fn lines<'a>(out: &mut String, lines: impl IntoIterator<Item = &'a str>) {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
}

fn quoted(out: &mut String, marks: &str, indent: usize, row: &str) {
    out.push_str(QUOTE_PREFIX);
    out.push_str(marks);
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(row);
    out.truncate(out.trim_end().len());
    out.push('\n');
}

fn tag(out: &mut String, name: &str, style: &str, inner: impl FnOnce(&mut String)) {
    for piece in ["<", name, " style=\"", style, "\">"] {
        out.push_str(piece);
    }
    inner(out);
    for piece in ["</", name, ">\n"] {
        out.push_str(piece);
    }
}

/// Escaped lines, their indentation kept.
fn broken(out: &mut String, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        one_of_broken(out, at, line);
    }
}

fn one_of_broken(out: &mut String, at: usize, line: &str) {
    if at > 0 {
        out.push_str("<br>\n");
    }
    let text = line.trim_start_matches(' ');
    out.extend(std::iter::repeat_n("&nbsp;", line.len() - text.len()));
    escape_into(out, text);
}

fn escape_into(out: &mut String, text: &str) {
    // Without a branch, so that many are compared together.
    let means_nothing = |octet| {
        (octet != b'&') & (octet != b'<') & (octet != b'>') & (octet != b'"') & (octet != b'\'')
    };
    let mut rest = text;
    loop {
        let plain = text::leading(rest.as_bytes(), means_nothing);
        let (plain, from) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut chars = from.chars();
        out.push_str(match chars.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            Some(_) => "&#39;",
            None => return,
        });
        rest = chars.as_str();
    }
}

/// Links that open a mail ready to send (RFC 6068), so that a program which follows links can't answer.
fn links(out: &mut String, taps: &[(String, String)], answer_to: Option<&AnswerTo<'_>>) {
    for (at, (word, label)) in taps.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let Some(to) = answer_to else {
            escape_into(out, label);
            continue;
        };
        out.push_str("<a href=\"mailto:");
        percent(out, to.address, b"@");
        out.push_str("?subject=");
        percent(out, word, b"");
        percent(out, " [", b"");
        percent(out, to.token, b"");
        percent(out, "]", b"");
        out.push_str("&amp;body=");
        percent(out, word, b"");
        for piece in ["\" style=\"", TAP, "\">"] {
            out.push_str(piece);
        }
        escape_into(out, label);
        out.push_str("</a>");
    }
}

/// Percent-encoded but for unreserved characters (RFC 3986 section 2.3) and `keep`.
fn percent(out: &mut String, text: &str, keep: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// What most mails take.
const PLAIN_OCTETS: usize = 3 * 1024;
const HTML_OCTETS: usize = 8 * 1024;
/// Up to the language, and from there to the first part.
const HTML_START: &str = "<!DOCTYPE html>\n<html lang=\"";
const HTML_HEAD: &str = concat!(
    "\"><head><meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    "<meta name=\"color-scheme\" content=\"light dark\">\n",
    "<meta name=\"supported-color-schemes\" content=\"light dark\">\n",
    "</head>\n<body style=\"margin:0;padding:0\">\n",
    "<div style=\"max-width:36em;padding:16px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;",
    "font-size:16px;line-height:1.5;overflow-wrap:anywhere\">\n"
);
const HTML_END: &str = "</div>\n</body></html>\n";
const HTML_RULE: &str =
    "<hr style=\"border:0;border-top:1px solid #8a8a8a;opacity:.5;margin:24px 0 16px\">\n";
const PARAGRAPH: &str = "margin:0 0 16px";
const HEADING: &str = "margin:0 0 8px;font-weight:600";
const TAPS: &str = "margin:0 0 16px;line-height:3";
const TAP: &str = "display:inline-block;padding:10px 13px;margin:0 6px 0 0;border:1px solid #8a8a8a;border-radius:8px;\
line-height:1.2;color:inherit;text-decoration:none;font-weight:600;white-space:nowrap";
const BOX: &str = "margin:0 0 16px;padding:2px 0 2px 14px;border-left:3px solid #8a8a8a";
const HEAD: &str = "margin:0 0 10px;font-size:14px;opacity:.75";
const WORDS: &str = "margin:0";
const SMALL: &str = "margin:24px 0 0;font-size:13px;line-height:1.5;opacity:.7";
