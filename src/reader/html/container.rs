//! Elements in which mail programs put what they quote and their signatures, by class, id or name.
//!
//! Fails by knowing fewer: what stands in an unknown container is told from its text.

use crate::reader::html::tag::Tag;
use std::sync::LazyLock;

/// Names of containers, without the prefixes that other programs add (`x_`, `ydp8a3c4c2d`, `m_-12`).
struct Names {
    names: &'static [&'static str],
    /// A bit for the last two octets of each: most classes of most elements end otherwise.
    ends: u64,
}

static QUOTES: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "gmail_quote",
        "gmail_quote_container",
        "gmail_attr",
        "gmail_extra_quote",
        "yahoo_quoted",
        "moz-cite-prefix",
        "moz-forward-container",
        "outlookmessageheader",
        "divrplyfwdmsg",
        "appendonsend",
        "mail-editor-reference-message-container",
        "ms-outlook-mobile-reference-message",
        "protonmail_quote",
        "tutanota_quote",
        "zmail_extra",
        "zmail_extra_hr",
        "zwchr",
        "isreplycontent",
        "ntes-mailmaster-quote",
        "bloop_original_html",
        "airmail_on",
        "mailspring-quote",
        "cm_quote",
        "replyheader",
        "reply_header",
        "quotedreply",
        "yandex-quote",
        "mail-quote-container",
        "hm_quote",
        "front-blockquote",
        "freebird-quote",
        "aolmail_quote",
        "original_message",
        "messagereplysection",
        "quote",
    ])
});

static SIGNATURES: LazyLock<Names> = LazyLock::new(|| {
    Names::of(&[
        "gmail_signature",
        "gmail_signature_prefix",
        "moz-signature",
        "signature",
        "ms-outlook-mobile-signature",
        "protonmail_signature_block",
        "mobile-signature",
        "zmail_signature",
        "mailspring-signature",
        "bloop_sign",
        "yahoo-signature",
        "messagesignaturesection",
    ])
});

/// What an element is a container of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// In which a program put what it quotes.
    Quote,
    Signature,
}

impl Container {
    /// A blockquote is a quote by its depth, whatever its names.
    pub fn of(tag: &Tag<'_>, is_blockquote: bool) -> Option<Container> {
        if tag.is_bare() {
            return None;
        }
        let (quotes, signatures) = (&*QUOTES, &*SIGNATURES);
        let mut found = None;
        for attribute in ["class", "id", "name"] {
            let Some(names) = tag.attribute(attribute) else {
                continue;
            };
            for name in names.split_ascii_whitespace() {
                let end = end(name);
                if !is_blockquote && quotes.ends & end != 0 && quotes.has(name) {
                    return Some(Container::Quote);
                }
                if found.is_none() && signatures.ends & end != 0 && signatures.has(name) {
                    found = Some(Container::Signature);
                }
            }
        }
        found
    }
}

impl Names {
    fn of(names: &'static [&'static str]) -> Names {
        Names {
            names,
            ends: names.iter().fold(0, |all, name| all | end(name)),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| {
            without_suffix(name, n).is_some_and(|prefix| {
                prefix.is_empty()
                    || prefix.ends_with('_')
                    || begins(prefix, "ydp")
                    || begins(prefix, "yiv")
            })
        })
    }
}

fn end(name: &str) -> u64 {
    match name.as_bytes() {
        [.., a, b] => {
            let sum = 7 * u32::from(a.to_ascii_lowercase()) + u32::from(b.to_ascii_lowercase());
            1 << (sum % u64::BITS)
        }
        _ => 0,
    }
}

/// What stands before a suffix that is written in letters of either case.
fn without_suffix<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

fn begins(text: &str, prefix: &str) -> bool {
    let head = text.get(..prefix.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}
