//! `askfirst explain`: how a mail would be read.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub fn run(_files: &[PathBuf], _json: bool, _original: Option<&Path>) -> ExitCode {
    ExitCode::FAILURE
}
