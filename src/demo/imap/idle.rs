//! IDLE (RFC 2177): pushes what happens in the selected folder until the client says DONE; any other line ends it with BAD.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::super::listen::stopped;
use super::super::mischief::Course;
use super::super::peer::{Broken, trim_line_end};
use super::Session;
use super::dispatch::{Tagged, bad, ok};
use super::frame::AUTOLOGOUT;

/// A sign of life, as Dovecot gives it, so that nothing between forgets the connection.
const STILL_HERE: Duration = Duration::from_secs(120);
/// DONE is four letters; more than a line's worth is no IMAP.
const MAX_DONE: usize = 1024;

enum Event {
    Line(Vec<u8>),
    Change,
    StillHere,
    Stop,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) async fn idle(&mut self) -> Result<Tagged, Broken> {
        // Subscribed before the first look: a mail that comes between them is not missed.
        let mut changes = self.mailboxes.changes();
        let mut shutdown = self.shutdown.clone();
        self.say("+ idling\r\n");
        let mut last_sign = Instant::now();
        let until = Instant::now() + AUTOLOGOUT;
        loop {
            if !self.push_news().await? {
                return Err(Broken::Closed);
            }
            let event = tokio::select! {
                line = self.peer.line(MAX_DONE, AUTOLOGOUT) => Event::Line(line?),
                changed = changes.changed() => if changed.is_ok() { Event::Change } else { Event::Stop },
                () = sleep_until(last_sign + STILL_HERE) => Event::StillHere,
                () = sleep_until(until) => return Err(Broken::Late),
                () = stopped(&mut shutdown) => Event::Stop,
            };
            match event {
                Event::Line(line) if trim_line_end(&line).eq_ignore_ascii_case(b"DONE") => {
                    return Ok(ok("IDLE completed"));
                }
                Event::Line(_) => return Ok(bad("DONE was expected")),
                Event::Change => {}
                Event::StillHere => {
                    last_sign = Instant::now();
                    self.say("* OK still here\r\n");
                }
                Event::Stop => {
                    self.farewell("* BYE the server stops\r\n").await;
                    return Err(Broken::Closed);
                }
            }
        }
    }

    async fn push_news(&mut self) -> Result<bool, Broken> {
        let before = self.out.len();
        if !self.tell_news(true).await? {
            return Ok(false);
        }
        let news = String::from_utf8_lossy(self.out.get(before..).unwrap_or_default()).into_owned();
        if !news.is_empty() {
            match self.meet_fault("IDLE PUSH", &news, "*").await? {
                Course::Over => return Ok(false),
                Course::Answered => self.out.truncate(before),
                _ => {}
            }
        }
        self.flush().await?;
        Ok(true)
    }
}
