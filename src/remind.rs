//! The loop from the clock to the desk: whoever's time has come is looked at.
//!
//! Only a fault of the desk ends it.

use crate::clerk::{Clerk, Now, RunError};
use std::time::Duration;
use tokio::sync::watch;

/// The clock is looked at this often at least: the system's may be set, or the machine may sleep.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// And not more often than this.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);

pub struct Loop {
    pub clerk: Clerk,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
}

impl Loop {
    pub async fn run(mut self) -> Result<(), RunError> {
        while !*self.stop.borrow() {
            let now_secs = (self.now)();
            let next = self.clerk.ask(move |desk| desk.tick(now_secs)).await?;
            self.clerk.bell.outbox.notify_one();
            let pause = next
                .and_then(|next| u64::try_from(next - (self.now)()).ok())
                .map_or(LONGEST_WAIT, Duration::from_secs)
                .clamp(SHORTEST_WAIT, LONGEST_WAIT);
            tokio::select! {
                () = self.clerk.bell.clock.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = crate::clerk::stopped(&mut self.stop) => {}
            }
        }
        Ok(())
    }
}
