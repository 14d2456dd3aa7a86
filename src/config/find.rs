//! Where the configuration lies, when the command line does not say.
//!
//! Fails with the list of the places that were looked at.

use super::ConfigError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const NAME: &str = "askfirst.toml";

/// `explicit` where given; else `askfirst.toml` here, then in the user's configuration folder, then
/// `/etc/askfirst/askfirst.toml`: the first that exists.
pub fn find(explicit: Option<&Path>) -> Result<PathBuf, ConfigError> {
    if let Some(path) = explicit {
        return Ok(path.to_owned());
    }
    let places = places(|name| std::env::var_os(name));
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let list: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
    Err(ConfigError::about_file(
        Path::new(NAME),
        format!("not found; looked for {}", list.join(", ")),
        "`askfirst init` writes one, --config FILE names another; `askfirst demo` needs none.",
    ))
}

/// The places in order. Relative values of the variables are ignored, as the XDG base directory
/// specification asks.
fn places(env: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let folder = |name: &str| env(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let mut places = vec![PathBuf::from(NAME)];
    let mut add = |folder: PathBuf| {
        let place = folder.join("askfirst").join(NAME);
        if !places.contains(&place) {
            places.push(place);
        }
    };
    let home = folder("HOME");
    if let Some(user) = folder("XDG_CONFIG_HOME").or(home.as_ref().map(|h| h.join(".config"))) {
        add(user);
    }
    if cfg!(target_os = "macos")
        && let Some(home) = &home
    {
        add(home.join("Library/Application Support"));
    }
    if cfg!(windows)
        && let Some(user) = folder("APPDATA")
    {
        add(user);
    }
    add(PathBuf::from("/etc"));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(env: &[(&str, &str)]) -> Vec<String> {
        places(|name| {
            env.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| OsString::from(value))
        })
        .iter()
        .map(|p| p.display().to_string())
        .collect()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn looks_here_then_at_the_user_then_at_the_host() {
        assert_eq!(
            listed(&[("HOME", "/home/bo")]),
            [
                "askfirst.toml",
                "/home/bo/.config/askfirst/askfirst.toml",
                "/etc/askfirst/askfirst.toml"
            ]
        );
        assert_eq!(
            listed(&[("HOME", "/home/bo"), ("XDG_CONFIG_HOME", "/cfg")])[1],
            "/cfg/askfirst/askfirst.toml"
        );
        assert_eq!(
            listed(&[("HOME", "/home/bo"), ("XDG_CONFIG_HOME", "cfg")])[1],
            "/home/bo/.config/askfirst/askfirst.toml"
        );
        assert_eq!(listed(&[]).len(), 2);
    }

    #[test]
    fn what_is_named_is_taken() {
        let path = Path::new("/nowhere/else.toml");
        assert_eq!(find(Some(path)).unwrap(), path);
    }
}
