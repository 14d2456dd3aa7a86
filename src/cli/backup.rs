//! `askfirst backup`: a copy of the database, as it is at one moment, while the daemon may run.
//!
//! Fails where the file exists already, or can't be written; then there is none.

use crate::cli::{Failure, is_there, load, print};
use crate::desk::DeskError;
use crate::store::Store;
use std::path::Path;

pub fn run(config: Option<&Path>, file: &Path) -> Result<(), Failure> {
    let config = load(config)?;
    is_there(&config)?;
    if file.exists() {
        return Err(Failure::Failed(format!(
            "{}: there is a file of this name already, and nothing was written; name another one",
            file.display()
        )));
    }
    let store = Store::existing(&config.store.path).map_err(DeskError::Store)?;
    store.quick_check().map_err(DeskError::Store)?;
    store.copy_to(file).map_err(DeskError::Store)?;
    print(&format!("{}: written.\n", file.display()));
    Ok(())
}
