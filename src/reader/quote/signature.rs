//! What is under an answer without being part of it: signatures with and without a delimiter,
//! footers of phones, disclaimers, banners of mail servers, footers of lists.
//!
//! Fails towards less text: a cut that takes an answer's last words makes it unclear, never a yes.

use crate::reader::address::Address;
use crate::reader::answer::lists::UNSIGNED;
use crate::reader::fold::fold;
use crate::reader::plain::trim;
use crate::reader::quote::banner::{take_armor, take_banner};
use crate::reader::quote::border::is_rule;
use crate::reader::quote::closing::{closing, closing_name, dashed_name, goes_on, is_postscript};
use crate::reader::quote::contact::{contact_block, is_sentence, is_signature};
use crate::reader::quote::device::is_device;
use crate::reader::quote::disclaimer::{
    disclaimer, disclaimer_start, is_boilerplate, is_disclaimer, speaks,
};
use crate::reader::quote::footer::{inline_footer, is_footer, is_programs};
use crate::reader::quote::line::{SIGNATURE_MARK, has_words};
use crate::reader::quote::signed::signed;

/// Characters of a line of a signature.
pub const MAX_SIGNATURE_CHARS: usize = 90;

/// Words of a program's footer that say nothing else.
const MAX_FOOTER_WORDS: usize = 6;

/// Words of a line that takes something back.
const MAX_TERSE_WORDS: usize = 4;

/// Drawn lines below which a signature is looked for; nobody draws more in a letter.
const MAX_RULES: usize = 40;

/// Who wrote the segment, as far as it tells a signature from somebody who is named.
#[derive(Clone, Default)]
pub struct Writer {
    /// Words of the name, folded.
    pub name: Vec<String>,
    pub address: Option<Address>,
    /// The mail answers another one: people are named less often than in a request.
    pub answers: bool,
}

/// The own words of a segment, and why they may not be all.
pub struct Cut<'a> {
    pub text: String,
    /// What was taken for the writer's own signature.
    pub signature: Vec<&'a str>,
    /// Other words that were cut off, but for those of lawyers.
    pub beside: Vec<&'a str>,
    pub doubt: Option<&'static str>,
}

/// Takes signature, footer, disclaimer and banner off.
pub fn cut<'a>(lines: Vec<&'a str>, writer: &Writer) -> Cut<'a> {
    let mut cutter = Cutter {
        lines,
        signature: Vec::new(),
        delimited: Vec::new(),
        beside: Vec::new(),
        doubt: None,
    };
    let pictures = cutter.lines.extract_if(.., |line| is_picture(line));
    cutter.beside.extend(pictures);
    take_banner(&mut cutter.lines);
    take_armor(&mut cutter.lines);
    cutter.below_delimiter();
    cutter.below_footer();
    cutter.disclaimer();
    cutter.below_closing();
    cutter.signed(|lines| signed(lines, writer));
    cutter.signed(|lines| contact_block(lines, writer));
    cutter.signed(dashed_name);
    cutter.signature.append(&mut cutter.delimited);
    let mut text = cutter.lines.join("\n");
    text.truncate(text.trim_end().len());
    let mut last = cutter.lines.iter().rev().map(|line| line.trim_end());
    if let Some(last) = last.find(|line| !line.is_empty())
        && let Some((kept, footer)) = inline_footer(last)
    {
        text.truncate(text.len() - last.len() + kept);
        cutter.keep_footers(&[footer]);
    }
    while text.lines().next_back().is_some_and(is_rule) {
        let end = text.rfind('\n').unwrap_or(0);
        text.truncate(end);
        text.truncate(text.trim_end().len());
    }
    let start = text.len() - text.trim_start_matches(['\n', ' ', '\t']).len();
    text.drain(..start);
    Cut {
        text,
        signature: cutter.signature,
        beside: cutter.beside,
        doubt: cutter.doubt,
    }
}

struct Cutter<'a> {
    lines: Vec<&'a str>,
    signature: Vec<&'a str>,
    /// The same below the usual mark.
    delimited: Vec<&'a str>,
    beside: Vec<&'a str>,
    doubt: Option<&'static str>,
}

impl<'a> Cutter<'a> {
    fn below(&self, at: usize) -> Vec<&'a str> {
        self.lines.get(at + 1..).unwrap_or_default().to_vec()
    }

    fn below_delimiter(&mut self) {
        let Some(at) = delimiter(&self.lines) else {
            return;
        };
        let line = self.lines.get(at).map(|l| l.trim());
        let standard = matches!(line, Some("--" | SIGNATURE_MARK));
        let below = self.below(at);
        let below = below.get(..disclaimer_start(&below)).unwrap_or_default();
        // A dash alone may also be a pause between two thoughts.
        if standard {
            for line in searched(below) {
                self.keep_delimited(line);
            }
            // Programs leave out the space of the usual one, and people draw a line with it.
            if below.iter().any(|l| goes_on(l)) {
                self.doubt = Some("there is text below a line that may be no signature's");
            }
        } else {
            let goes_on = below.iter().any(|l| is_sentence(l.trim()) || goes_on(l));
            self.signature.extend(searched(below));
            if goes_on {
                self.doubt = Some("there is a sentence below a line that may be no signature's");
            }
        }
        let lawyers = at + 1 + below.len();
        self.lawyers(lawyers);
        self.lines.truncate(at);
    }

    fn disclaimer(&mut self) {
        if let Some(at) = disclaimer(&self.lines) {
            self.lawyers(at);
            self.lines.truncate(at);
        }
    }

    /// What lawyers wrote, from here on: it is searched for nothing but a person who speaks in it.
    fn lawyers(&mut self, from: usize) {
        let lines = self.lines.get(from..).unwrap_or_default().to_vec();
        if lines.iter().any(|line| speaks(line) && !is_footer(line)) {
            self.doubt = Some("somebody speaks among the words of lawyers");
        }
        // Below them somebody may have gone on.
        for paragraph in lines.split(|line| trim(line).is_empty()).skip(1) {
            if !is_disclaimer(paragraph) && !paragraph.iter().any(|line| is_footer(line)) {
                self.beside.extend(searched(paragraph));
            }
        }
    }

    fn below_footer(&mut self) {
        let Some(at) = footer(&self.lines) else {
            return;
        };
        let below = self.below(at);
        if !has_words(self.lines.get(..at).unwrap_or_default()) && has_words(&below) {
            // A phone's footer above the words: they were written below it.
            let footer = self.lines.remove(at);
            self.keep_footers(&[footer]);
            return;
        }
        let cut: Vec<&str> = self.lines.get(at..).unwrap_or_default().to_vec();
        self.keep_footers(&cut);
        // A footer below a footer adds nothing: a phone's, then the company's.
        let below: Vec<&str> = below.iter().filter(|l| !is_footer(l)).copied().collect();
        if has_words(&below) && !is_signature(&below) {
            self.doubt = Some("there is text below a footer");
        }
        self.lines.truncate(at);
    }

    fn keep_footers(&mut self, lines: &[&'a str]) {
        if lines.iter().any(|line| goes_on_behind(line)) {
            self.doubt = Some("there is text behind a footer");
        }
        for line in searched(lines) {
            // `Sent by mistake`, `My son has my iPhone`: no program says so.
            match is_programs(line) {
                Some(true) if line.split_whitespace().count() <= MAX_FOOTER_WORDS => {}
                Some(true) => self.beside.push(line),
                Some(false) => self.doubt = Some("a line like a footer that no program writes"),
                None => self.signature.push(line),
            }
        }
    }

    /// A program's footer says nothing; what is only like one is searched.
    fn keep_delimited(&mut self, line: &'a str) {
        match is_programs(line) {
            Some(true) if line.split_whitespace().count() <= MAX_FOOTER_WORDS => {}
            Some(true) => self.beside.push(line),
            Some(false) => self.doubt = Some("a line like a footer that no program writes"),
            None => self.delimited.push(line),
        }
    }

    fn below_closing(&mut self) {
        let Some(at) = closing(&self.lines) else {
            return;
        };
        // `Regards, No`
        let named = self.lines.get(at).and_then(|line| closing_name(line));
        let below = self.below(at);
        let goes_on = below.iter().any(|l| is_sentence(l.trim()) || goes_on(l));
        let postscript = below.iter().position(|l| is_postscript(l));
        let signature = below.get(..postscript.unwrap_or(below.len()));
        self.signature.extend(signature.unwrap_or_default());
        self.beside.extend(named);
        if goes_on {
            self.doubt = Some("there is a sentence below the closing words");
        }
        match postscript {
            Some(first) => drop(self.lines.drain(at..at + 1 + first)),
            None => self.lines.truncate(at),
        }
    }

    /// What this finds goes down to the end.
    fn signed(&mut self, find: impl FnOnce(&[&str]) -> Option<usize>) {
        if let Some(at) = find(&self.lines) {
            self.signature.extend(self.lines.drain(at..));
        }
    }
}

/// The lines that a person may have written, and not a firm.
fn searched<'a>(lines: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let written =
        |line: &&str| !trim(line).is_empty() && (!is_boilerplate(line) || takes_back(line));
    lines.iter().copied().filter(written)
}

/// `Please consider the environment before printing this mail. Not so fast.`: a firm's sentence, and one of nobody
/// known behind it.
fn goes_on_behind(line: &str) -> bool {
    let said = |part: &str| {
        part.contains(char::is_alphabetic) && !is_boilerplate(part) && !is_footer(part.trim())
    };
    is_boilerplate(line) && !is_disclaimer(&[line]) && line.split_inclusive(". ").skip(1).any(said)
}

/// `Sent in error`, alone on a line, is no lawyer's.
fn takes_back(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphabetic());
    line.split_whitespace().nth(MAX_TERSE_WORDS).is_none()
        && words.any(|word| UNSIGNED.has(&fold(word)))
}

/// `[image: logo.png]`, `[cid:image001.png]`: what stands for a picture in a plain text.
fn is_picture(line: &str) -> bool {
    let line = trim(line);
    line.strip_prefix('[')
        .and_then(|l| l.strip_suffix(']'))
        .is_some_and(|inside| {
            !inside.contains(']')
                && ["image:", "cid:", "Image:", "inline image", "Inline image"]
                    .iter()
                    .any(|mark| inside.starts_with(mark))
        })
}

/// Whether nothing stands there but a delimiter, such as that of our mail among lines of a quote.
pub fn is_delimiter_alone<'l>(lines: impl Iterator<Item = &'l str>) -> bool {
    let mut drawn = lines.map(trim).filter(|line| !line.is_empty());
    drawn.next().is_some_and(is_delimiter) && drawn.next().is_none()
}

/// `-- ` and what people type for it (RFC 3676 section 4.3).
fn is_delimiter(line: &str) -> bool {
    matches!(
        line,
        SIGNATURE_MARK | "--" | "—" | "–" | "---" | "- --" | "-- -"
    )
}

/// A delimiter alone on a line.
fn delimiter(lines: &[&str]) -> Option<usize> {
    let mut rules = 0;
    lines.iter().enumerate().position(|(at, line)| {
        let line = trim(line);
        match line {
            _ if is_delimiter(line) => true,
            _ if line.starts_with("__") && line.chars().all(|c| c == '_') => true,
            _ if rules < MAX_RULES && is_rule(line) => {
                rules += 1;
                let below = lines.get(at + 1..).unwrap_or_default();
                has_words(lines.get(..at).unwrap_or_default()) && is_signature(below)
            }
            _ => false,
        }
    })
}

/// The first footer: one that names a device or a program, or that stands alone.
fn footer(lines: &[&str]) -> Option<usize> {
    (0..lines.len()).find(|at| {
        let blank = |line: Option<&&str>| line.is_none_or(|l| trim(l).is_empty());
        let alone = blank(at.checked_sub(1).and_then(|above| lines.get(above)));
        lines
            .get(*at)
            .is_some_and(|line| is_footer(line) && (alone || is_device(&fold(line))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        let answer = Writer {
            answers: true,
            ..Writer::default()
        };
        cut(text.lines().collect(), &answer).text
    }

    #[test]
    fn what_hangs_below_is_cut() {
        for text in [
            "Yes please.\n-- \nBob",
            "Yes please.\n[image: logo.png]",
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nYes please.\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----",
            "Yes please.\n\nSent from my iPhone",
            "Yes please.\n\nSent from my Wiko RIDGE FAB 4G",
            "Yes please. Sent from my iPhone",
            "Yes please.\n\nSent from my iPhone, please excuse brevity and typos.",
            "Yes please.\n\n[https://a.example/i.png]<https://www.avast.example> Virus-free.www.avast.com<https://a.example>",
            "Yes please.\n\nVon meinem iPhone gesendet",
            "Yes please.\n\nEnvoyé à partir de Outlook pour iOS<https://aka.ms/o0ukef>",
            "Yes please.\n\niPhone'umdan gönderildi",
            "Yes please.\n\niPhoneから送信",
            "Yes please.\n\nKind regards,\n\nBob Kim\nCEO",
            "Yes please.\n\nBest, Bob",
            "Yes please.\n\nMit besten Grüßen aus Berlin\nBob",
            "Yes please.\n\nMit freundlichen Grüßen\nBob Kim",
            "Yes please.\n\nBob Kim\nDirector of Sales | ACME Inc\n+1 (555) 010-2030\nwww.acme.example",
            "Yes please.\n\n-Bob Kim",
            "Yes please.\n\nThis e-mail is confidential and intended solely for the addressee. If you received this message in error, notify the sender and delete this message.",
            "Yes please.\n\n_______________________________________________\nlist mailing list\nlist@l.example",
        ] {
            assert_eq!(kept(text), "Yes please.", "{text}");
        }
    }

    #[test]
    fn what_the_person_says_stays() {
        for text in [
            "Yes please.\n\nSent from my desk, is much easier then my mobile phone.",
            "Yes please.\n\nBob",
            "Yes please.\n\nSent from my iPhone, but only if she pays.",
            "Yes please.\n\nSent from my iPhone, and only if she pays",
            "Call me at +1 555 010 2030 tomorrow, please.",
            "Please treat this as confidential.",
            "Yes please.\nThanks,\nBob",
        ] {
            assert_eq!(kept(text), text, "{text}");
        }
        assert_eq!(kept("Sent from my iPhone\n\nYes"), "Yes");
    }

    #[test]
    fn many_drawn_lines_are_not_all_tried() {
        let lines = "**********\nmple\nSMTP 550 5.1.1 user not found carol@target.example\n";
        let many = lines.repeat(5_000);
        assert!(cut(many.lines().collect(), &Writer::default()).text.len() > 100_000);
    }

    #[test]
    fn text_of_unknown_origin_is_doubted() {
        let lines = "Yes\n\nSent from my iPhone\n\nWould you like to meet Ann?".lines();
        let cut = cut(lines.collect(), &Writer::default());
        assert_eq!((cut.text.as_str(), cut.doubt.is_some()), ("Yes", true));
    }

    #[test]
    fn who_is_named_is_no_signature() {
        let bob = Writer {
            name: vec![String::from("bob"), String::from("kim")],
            address: Address::parse("bob@connector.example").ok(),
            answers: false,
        };
        let kept = |text: &str| cut(text.lines().collect(), &bob).text;
        for named in [
            "Please introduce Ann to\n\nCarol Diaz\nHead of Research, ACME",
            "Please introduce Ann to:\n\ncarol@target.example",
            "Can you ask her?\n\nCarol Diaz\ncarol@target.example",
            "Ann meets these two.\n\nCarol Diaz <carol@target.example>\nDave Roe <dave@other.example>",
        ] {
            assert_eq!(kept(named), named);
        }
        for own in [
            "Please ask her.\n\nBob Kim\nHead of Sales, ACME",
            "Please ask her.\n\nBob\nbob@connector.example\n+1 555 010 2030",
        ] {
            assert_eq!(kept(own), "Please ask her.", "{own}");
        }
    }

    #[test]
    fn conditions_below_the_closing_words_are_doubted() {
        for below in [
            "only if she pays",
            "Not before March",
            "but let me think about it",
        ] {
            let text = format!("Yes.\nBest,\nBob\n{below}");
            let cut = cut(text.lines().collect(), &Writer::default());
            assert!(cut.doubt.is_some(), "{below}");
        }
        let dash: Vec<&str> = "Yes.\n—\nBut only if she pays.".lines().collect();
        assert!(super::cut(dash, &Writer::default()).doubt.is_some());
        let text = "Yes.\nBest,\nBob\nHead of Research\nACME Inc\ntel. +1 555 010 2030";
        let cut = cut(text.lines().collect(), &Writer::default());
        assert_eq!((cut.text.as_str(), cut.doubt), ("Yes.", None));
    }

    #[test]
    fn what_stands_below_the_closing_words_is_not_lost() {
        fn cut(text: &str) -> Cut<'_> {
            super::cut(text.lines().collect(), &Writer::default())
        }
        assert_eq!(
            cut("Yes.\nBest,\nBob\n\nPS: only in March").text,
            "Yes.\nPS: only in March"
        );
        assert!(
            cut("Yes.\nBest,\nBob\nBut only if she pays me.")
                .doubt
                .is_some()
        );
    }
}
