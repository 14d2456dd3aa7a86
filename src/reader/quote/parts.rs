//! Whether the plain and the HTML part of a mail say the same, word for word.
//!
//! Where they don't, the body is doubted: a reader of one part must not say yes for the other.

use crate::reader::quote::line::is_emoji;
use crate::reader::quote::{Body, doubt};

/// The body that both parts agree on.
pub fn agreed(plain: Body, plain_text: &str, html: Body, html_text: &str) -> Body {
    let (in_plain, in_html) = (words_of(&plain.text), words_of(&html.text));
    let same_mail = plain.forwarded.is_some() == html.forwarded.is_some();
    if in_plain == in_html {
        return if same_mail || plain.forwarded.is_some() {
            plain
        } else {
            html
        };
    }
    let known = words_of(html_text).contains(&in_plain) && words_of(plain_text).contains(&in_html);
    if !known {
        let mut body = plain;
        doubt(
            &mut body,
            "the plain and the HTML part say different things",
        );
        return body;
    }
    // The same words in both, only the border was found at two places: less is safer.
    let (shorter, longer) = if in_plain.len() <= in_html.len() {
        (plain, html)
    } else {
        (html, plain)
    };
    let inside = in_plain.contains(&in_html) || in_html.contains(&in_plain);
    if inside && (!shorter.text.is_empty() || shorter.forwarded.is_some()) {
        return shorter;
    }
    let mut body = longer;
    doubt(&mut body, "the border of the quote is not certain");
    body
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

    fn body(text: &str) -> Body {
        Body {
            text: text.to_owned(),
            ..Body::default()
        }
    }

    #[test]
    fn the_same_words_in_other_dress_agree() {
        let a = agreed(
            body("*Yes*, see <https://x.example>\n1. a"),
            "*Yes*, see\n1. a",
            body("Yes,\nsee\na"),
            "Yes, see a",
        );
        assert_eq!(a.doubt, None);
    }

    #[test]
    fn pictures_are_no_words() {
        let a = agreed(
            body("Yes\n[image: our logo.png] x"),
            "Yes\n[image: our logo.png] x",
            body("Yes x"),
            "Yes x",
        );
        assert_eq!(a.doubt, None);
    }

    #[test]
    fn other_words_are_doubted() {
        let a = agreed(body("no"), "no", body("yes"), "yes");
        assert!(a.doubt.is_some());
    }

    #[test]
    fn of_two_borders_the_nearer_counts() {
        let a = agreed(
            body("yes quoted words"),
            "yes quoted words",
            body("yes"),
            "yes quoted words",
        );
        assert_eq!((a.text.as_str(), a.doubt), ("yes", None));
        let a = agreed(body(""), "yes quoted", body("yes"), "yes quoted");
        assert!(a.doubt.is_some());
    }
}
