//! The operator's hand: `cancel`, `pause`, `resume`.

use crate::cli::{Failure, desk, now_secs, print};
use std::path::Path;

pub fn run(config: Option<&Path>, id: i64) -> Result<(), Failure> {
    let mut desk = desk(config)?;
    match desk.cancel(id, now_secs())? {
        true => {
            print(&format!(
                "Introduction {id} is called off. Nobody is written to.\n"
            ));
            Ok(())
        }
        false => Err(Failure::Failed(format!(
            "there is no open introduction {id}; `askfirst list` shows the open ones"
        ))),
    }
}

pub fn pause(config: Option<&Path>) -> Result<(), Failure> {
    desk(config)?.set_paused(true, now_secs())?;
    print("Nothing is sent until `askfirst resume`. What arrives is kept and read.\n");
    Ok(())
}

/// Sends again, as far as the operator says what he trusts.
pub fn resume(
    config: Option<&Path>,
    trust_database: bool,
    trust_clock: bool,
) -> Result<(), Failure> {
    let mut desk = desk(config)?;
    desk.set_paused(false, now_secs())?;
    if trust_database {
        desk.trust(now_secs())?;
    }
    if trust_clock {
        desk.trust_clock(now_secs())?;
    }
    match desk.silence(now_secs())? {
        None => {
            print("Mail is sent again.\n");
            let paused = desk.paused_by()?;
            if !paused.is_empty() {
                print(&format!(
                    "Their own introductions still wait for a \"resume\" by mail from: {}.\n",
                    paused.join(", ")
                ));
            }
            Ok(())
        }
        Some(why) => Err(Failure::Failed(why)),
    }
}
