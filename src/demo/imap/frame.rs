//! One IMAP command from the wire, literals included, within limits. What can't be understood is handed over whole, for a clean BAD.

use std::time::Duration;

use imap_codec::CommandCodec;
use imap_codec::decode::{CommandDecodeError, Decoder};
use imap_codec::imap_types::core::LiteralMode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::super::faults::Faults;
use super::super::mailboxes::MAX_MAIL_BYTES;
use super::super::mischief::{Course, act_out};
use super::super::peer::{Broken, Peer};

/// A command line without its literals; long sets of UIDs fit, as in Dovecot's imap_max_line_length.
const MAX_LINE: usize = 64 * 1024;
/// All literals of a command other than APPEND: names, passwords, words to search for.
const MAX_SMALL_LITERALS: usize = 64 * 1024;
/// Literals in one command; each is decoded once more from the start.
const MAX_LITERALS: usize = 20;
/// Silence before the server hangs up; RFC 3501 section 5.4 demands at least 30 minutes.
pub(super) const AUTOLOGOUT: Duration = Duration::from_secs(31 * 60);
/// The rest of a command that has begun, and a whole literal.
const REST: Duration = Duration::from_secs(5 * 60);

/// What the client sent.
pub(super) enum Frame {
    /// A whole command; it can be decoded.
    Command(Vec<u8>),
    /// A line that the grammar does not know.
    Unknown(Vec<u8>),
    /// A literal over the limit was refused; this is the answer.
    Refused(String),
    /// The conversation can't go on; this is the last word.
    Hopeless(&'static str),
    /// A fault has answered at a literal, or has ended the session.
    Fault(Course),
}

/// Reads the rest of the command that begins with this line.
pub(super) async fn read_rest<S: AsyncRead + AsyncWrite + Unpin>(
    peer: &mut Peer<S>,
    line: Vec<u8>,
    logged_in: bool,
    faults: &Faults,
    shutdown: &mut watch::Receiver<bool>,
) -> Result<Frame, Broken> {
    let mut bytes = line;
    let mut literal_bytes = 0;
    for _ in 0..MAX_LITERALS {
        let (tag, length, mode) = match CommandCodec::default().decode(&bytes) {
            Ok(([], _)) => return Ok(Frame::Command(bytes)),
            Err(CommandDecodeError::LiteralFound { tag, length, mode }) => {
                (tag.inner().to_owned(), length, mode)
            }
            Ok(_) | Err(CommandDecodeError::Incomplete | CommandDecodeError::Failed) => {
                return swallow_literals(peer, bytes).await;
            }
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        literal_bytes += length.min(MAX_MAIL_BYTES + 1);
        let line = String::from_utf8_lossy(&bytes).into_owned();
        let cap = if logged_in && is_append(&line) {
            MAX_MAIL_BYTES
        } else {
            MAX_SMALL_LITERALS
        };
        if literal_bytes > cap {
            return Ok(match mode {
                LiteralMode::Sync => Frame::Refused(format!(
                    "{tag} NO [TOOBIG] the literal is over the limit of {cap} bytes"
                )),
                // The bytes are on their way already, and they are too many to swallow (RFC 7888 section 4).
                LiteralMode::NonSync => Frame::Hopeless("[TOOBIG] literal over the limit"),
            });
        }
        if let Some(act) = faults.strike("LITERAL", &line) {
            let course = act_out(peer, shutdown, act, &tag).await?;
            if matches!(course, Course::Answered | Course::Over) {
                return Ok(Frame::Fault(course));
            }
        }
        if mode == LiteralMode::Sync {
            peer.send(b"+ go ahead\r\n").await?;
        }
        bytes.extend(peer.exact(length, REST).await?);
        bytes.extend(peer.line(MAX_LINE, REST).await?);
    }
    Ok(Frame::Hopeless("too many literals"))
}

/// The first line of a command.
pub(super) async fn read_line<S: AsyncRead + AsyncWrite + Unpin>(
    peer: &mut Peer<S>,
) -> Result<Vec<u8>, Broken> {
    peer.line(MAX_LINE, AUTOLOGOUT).await
}

/// A command that is not understood may carry non-synchronizing literals; they are no commands (RFC 7888 section 4).
async fn swallow_literals<S: AsyncRead + AsyncWrite + Unpin>(
    peer: &mut Peer<S>,
    bytes: Vec<u8>,
) -> Result<Frame, Broken> {
    let mut line = bytes.clone();
    for _ in 0..MAX_LITERALS {
        let Some(length) = announced_non_sync(&line) else {
            return Ok(Frame::Unknown(bytes));
        };
        if length > MAX_SMALL_LITERALS {
            return Ok(Frame::Hopeless("[TOOBIG] literal over the limit"));
        }
        peer.exact(length, REST).await?;
        line = peer.line(MAX_LINE, REST).await?;
    }
    Ok(Frame::Hopeless("too many literals"))
}

fn announced_non_sync(line: &[u8]) -> Option<usize> {
    let text = line.strip_suffix(b"\n")?;
    let text = text
        .strip_suffix(b"\r")
        .unwrap_or(text)
        .strip_suffix(b"+}")?;
    let open = text.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(text.get(open + 1..)?)
        .ok()?
        .parse()
        .ok()
}

fn is_append(line: &str) -> bool {
    line.split_ascii_whitespace()
        .nth(1)
        .is_some_and(|word| word.eq_ignore_ascii_case("APPEND"))
}

/// The tag of a line, if it can be one.
pub(super) fn tag_of(line: &[u8]) -> Option<String> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    let word = std::str::from_utf8(word).ok()?;
    let plain = |sign: char| sign.is_ascii_graphic() && !"(){%*\"\\+".contains(sign);
    (!word.is_empty() && word.len() <= 100 && word.chars().all(plain)).then(|| word.to_owned())
}

/// The command's name: the word after the tag, with the next one after UID.
pub(super) fn name_of(line: &[u8]) -> String {
    let first = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(first).to_ascii_uppercase();
    let mut words = text.split_ascii_whitespace().skip(1);
    match (words.next(), words.next()) {
        (Some("UID"), Some(next)) => format!("UID {next}"),
        (Some(word), _) => word.to_owned(),
        (None, _) => String::new(),
    }
}
