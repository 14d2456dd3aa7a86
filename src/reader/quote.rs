//! The new text of a reply, apart from what it quotes, its signature and its footers.
use crate::reader::Forwarded;
use crate::reader::letter::Letter;

/// The body of a mail divided into what is new and what is passed on.
#[derive(Clone, Default)]
pub struct Body {
    /// Only what the sender newly wrote; LF line ends, trimmed. With an inline forward: the note.
    pub text: String,
    /// The outermost forwarded mail; its body goes on to the end, older history included.
    pub forwarded: Option<Forwarded>,
    /// Every mail down the forwarded (else the quoted) thread in order, the outermost first, each
    /// with its own words only. The desk looks here for the requester.
    pub thread: Vec<Forwarded>,
    /// The mail quoted below an answer, where its author is named.
    pub quoted: Option<Forwarded>,
    /// The subject, for answers prepared by our `mailto:` links.
    pub subject: String,
    /// Plain and HTML parts say different things, or text of another voice could not be told apart;
    /// the words say which. Such a body is never a yes.
    pub doubt: Option<String>,
}

pub fn body(letter: &Letter, _original: Option<&str>) -> Body {
    Body {
        text: letter.plain.clone().unwrap_or_default(),
        ..Body::default()
    }
}

/// Everything that a person sees of a mail, as plain text: what replies are aligned with.
pub fn visible(letter: &Letter) -> String {
    letter.plain.clone().unwrap_or_default()
}
