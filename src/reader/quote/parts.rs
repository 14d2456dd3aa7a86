//! Whether the plain and the HTML part of a mail say the same, word for word.
//!
//! Where they don't, the body is doubted: a reader of one part must not say yes for the other.

use crate::reader::quote::line::is_emoji;
use crate::reader::quote::{Half, doubt};

/// The half that both parts agree on, and the other one.
pub fn agreed<'a>(plain: Half<'a>, html: Half<'a>) -> [Half<'a>; 2] {
    let same = plain.body.text == html.body.text;
    let words_of_own = |half: &Half<'_>| match same {
        // They are no others, whichever they are.
        true => String::new(),
        false => words_of(&half.body.text),
    };
    let (in_plain, in_html) = (words_of_own(&plain), words_of_own(&html));
    if in_plain == in_html {
        return if plain.forwards || !html.forwards {
            [plain, html]
        } else {
            [html, plain]
        };
    }
    let known =
        words_of(html.source).contains(&in_plain) && words_of(plain.source).contains(&in_html);
    if !known {
        return doubted(
            [plain, html],
            "the plain and the HTML part say different things",
        );
    }
    // The same words in both, only the border was found at two places: less is safer.
    let (shorter, longer) = if in_plain.len() <= in_html.len() {
        (plain, html)
    } else {
        (html, plain)
    };
    let inside = in_plain.contains(&in_html) || in_html.contains(&in_plain);
    if inside && (!shorter.body.text.is_empty() || shorter.forwards) {
        return [searched_beside(shorter, &longer), longer];
    }
    doubted([longer, shorter], "the border of the quote is not certain")
}

/// What the longer half says more is searched for what takes an answer back.
fn searched_beside<'a>(mut shorter: Half<'a>, longer: &Half<'_>) -> Half<'a> {
    let said = words_of(&shorter.body.text);
    for line in longer.body.text.lines() {
        if !said.contains(&words_of(line)) {
            shorter.body.beside.push_str(line);
            shorter.body.beside.push('\n');
        }
    }
    for cut in [&longer.body.signature, &longer.body.beside] {
        shorter.body.beside.push_str(cut);
    }
    shorter
}

fn doubted<'a>([mut half, other]: [Half<'a>; 2], why: &str) -> [Half<'a>; 2] {
    doubt(&mut half.body, why);
    [half, other]
}

/// The words with a space on either side, links and list marks left out: programs write those
/// into one part and not into the other.
fn words_of(text: &str) -> String {
    let mut out = String::from(" ");
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '>', '*', '-', '•', '\t']);
        let mark = line
            .split_once(['.', ')'])
            .filter(|(number, _)| number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit()));
        let line = mark.map_or(line, |(_, rest)| rest);
        let mut picture = false;
        for token in line.split_whitespace() {
            // `[image: name of the file]` goes on to its bracket.
            picture |= token.starts_with("[image:") || token.starts_with("[cid:");
            if picture || is_link(token) {
                picture &= !token.contains(']');
                continue;
            }
            for word in token.split(|c: char| !(c.is_alphanumeric() || is_emoji(c))) {
                if !word.is_empty() {
                    out.extend(word.chars().flat_map(char::to_lowercase));
                    out.push(' ');
                }
            }
        }
    }
    out
}

/// `<https://…>`, `[cid:…]`, `[image:`, `name<mailto:…>`.
fn is_link(token: &str) -> bool {
    [
        "http://", "https://", "mailto:", "cid:", "tel:", "[image:", "www.",
    ]
    .iter()
    .any(|mark| token.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::Body;

    fn half<'a>(own: &str, source: &'a str) -> Half<'a> {
        Half {
            source,
            apart: Default::default(),
            division: Default::default(),
            body: Body {
                text: own.to_owned(),
                ..Body::default()
            },
            forwards: false,
        }
    }

    #[test]
    fn the_same_words_in_other_dress_agree() {
        let plain = half("*Yes*, see <https://x.example>\n1. a", "*Yes*, see\n1. a");
        let [agreed, _] = agreed(plain, half("Yes,\nsee\na", "Yes, see a"));
        assert_eq!(agreed.body.doubt, None);
    }

    #[test]
    fn pictures_are_no_words() {
        let text = "Yes\n[image: our logo.png] x";
        let [agreed, _] = agreed(half(text, text), half("Yes x", "Yes x"));
        assert_eq!(agreed.body.doubt, None);
    }

    #[test]
    fn other_words_are_doubted() {
        let [agreed, _] = agreed(half("no", "no"), half("yes", "yes"));
        assert!(agreed.body.doubt.is_some());
    }

    #[test]
    fn of_two_borders_the_nearer_counts() {
        let text = "yes quoted words";
        let [a, _] = agreed(half(text, text), half("yes", text));
        assert_eq!((a.body.text.as_str(), a.body.doubt), ("yes", None));
        let [a, _] = agreed(half("", "yes quoted"), half("yes", "yes quoted"));
        assert!(a.body.doubt.is_some());
    }
}
