//! `askfirst demo`: the whole job on this machine, with nothing to configure.

use crate::cli::Failure;

pub fn run(_script: bool) -> Result<(), Failure> {
    Ok(())
}
