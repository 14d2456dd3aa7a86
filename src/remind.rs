//! The loop from the clock to the desk: whoever's time has come is looked at.
//!
//! Only a fault of the desk ends it.

use crate::clerk::{Clerk, Now, RunError};
use crate::receive::Progress;
use crate::steady::Steady;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The clock is looked at this often at least: the system's may be set, or the machine may sleep.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// And not more often than this.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);

pub struct Loop {
    pub clerk: Clerk,
    /// No time passes for anybody before the mails that wait in the mailbox have been read.
    pub progress: watch::Receiver<Progress>,
    /// Where time is kept from jumping.
    pub steady: Option<Arc<Steady>>,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
}

impl Loop {
    pub async fn run(mut self) -> Result<(), RunError> {
        let mut progress = self.progress.clone();
        tokio::select! {
            _ = progress.wait_for(|progress| *progress == Progress::Synced) => {}
            () = crate::clerk::stopped(&mut self.stop) => return Ok(()),
        }
        while !*self.stop.borrow() {
            self.keep_the_clock().await?;
            let now_secs = (self.now)();
            let next = self.clerk.ask(move |desk| desk.tick(now_secs)).await?;
            self.clerk.bell.outbox.notify_one();
            let pause = next
                .and_then(|next| u64::try_from(next - (self.now)()).ok())
                .map_or(LONGEST_WAIT, Duration::from_secs)
                .clamp(SHORTEST_WAIT, LONGEST_WAIT);
            // What nobody should have to wait for is done once there is nothing else to do.
            if self.is_quiet_for(SHORTEST_WAIT).await {
                self.clerk.ask(|desk| desk.tidy_log()).await?;
                self.is_quiet_for(pause).await;
            }
        }
        Ok(())
    }

    /// Whether the bell was not rung for so long, nor the end.
    async fn is_quiet_for(&mut self, pause: Duration) -> bool {
        tokio::select! {
            () = self.clerk.bell.clock.notified() => false,
            () = tokio::time::sleep(pause) => true,
            () = crate::clerk::stopped(&mut self.stop) => false,
        }
    }

    /// What the clock says is kept for the next start; the operator's word lets it jump.
    async fn keep_the_clock(&self) -> Result<(), RunError> {
        let Some(steady) = &self.steady else {
            return Ok(());
        };
        let now_secs = (self.now)();
        let trusted = self
            .clerk
            .ask(move |desk| desk.keep_clock(now_secs))
            .await?;
        if trusted {
            tracing::info!("the system's clock is trusted again");
            steady.accept();
        }
        Ok(())
    }
}
