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

pub fn pause(config: Option<&Path>, paused: bool) -> Result<(), Failure> {
    desk(config)?.set_paused(paused, now_secs())?;
    print(match paused {
        true => "Nothing is sent until `askfirst resume`. What arrives is kept and read.\n",
        false => "Mail is sent again.\n",
    });
    Ok(())
}
