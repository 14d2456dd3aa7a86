//! The file of tokens: JSON, readable by its owner alone, replaced whole or not at all.
//!
//! Fails with a sentence that names the file and never what it holds.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A handful of sign-ins of a few kB each.
const MAX_OCTETS: u64 = 1024 * 1024;

/// One sign-in. Printing shows neither tokens nor the user.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Entry {
    pub provider: String,
    pub client_id: String,
    pub user: String,
    pub access_token: String,
    /// Seconds since 1970; null: the provider does not tell.
    pub expires_at: Option<i64>,
    /// When the access token was given.
    pub given_at: i64,
    pub refresh_token: Option<String>,
    /// When the refresh token itself ends; null: not told, or only when it is not used.
    pub refresh_expires_at: Option<i64>,
    pub signed_in_at: i64,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, …)", self.provider)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Contents {
    accounts: Vec<Entry>,
}

/// Whose tokens are looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Whose {
    pub provider: &'static str,
    pub client_id: String,
    pub user: String,
}

impl Whose {
    fn is(&self, entry: &Entry) -> bool {
        entry.provider == self.provider
            && entry.client_id == self.client_id
            && entry.user == self.user
    }
}

/// Held while tokens are renewed: another process (`check` beside the daemon) must not use up the
/// same refresh token.
pub struct Held {
    _lock: std::fs::File,
    path: PathBuf,
}

/// The entry, if the file has it; no file is no entry.
pub fn read(path: &Path, whose: &Whose) -> Result<Option<Entry>, String> {
    let contents = contents(path)?;
    Ok(contents.accounts.into_iter().find(|entry| whose.is(entry)))
}

/// Waits until nobody else renews.
pub fn hold(path: &Path) -> Result<Held, String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let at = |error: std::io::Error| format!("{}: {error}", beside.display());
    let lock = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&beside)
        .map_err(at)?;
    give_to_owner(&lock, folder_of(path));
    lock.lock().map_err(at)?;
    Ok(Held {
        _lock: lock,
        path: path.to_owned(),
    })
}

impl Held {
    pub fn read(&self, whose: &Whose) -> Result<Option<Entry>, String> {
        read(&self.path, whose)
    }

    /// Puts the entry in the place of the one for the same account.
    pub fn write(&self, entry: &Entry) -> Result<(), String> {
        let same = |other: &Entry| {
            other.provider == entry.provider
                && other.client_id == entry.client_id
                && other.user == entry.user
        };
        let mut contents = contents(&self.path)?;
        contents.accounts.retain(|other| !same(other));
        contents.accounts.push(entry.clone());
        let at = |error: std::io::Error| format!("{}: {error}", self.path.display());
        let folder = folder_of(&self.path);
        // The new file is made for its owner alone (0600) and takes the old one's name only when it
        // is whole and on the disk: a refresh token that is good once must survive a crash.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(at)?;
        let json = serde_json::to_vec_pretty(&contents).map_err(|error| error.to_string())?;
        file.write_all(&json).map_err(at)?;
        give_to_owner(file.as_file(), folder);
        file.as_file().sync_all().map_err(at)?;
        file.persist(&self.path).map_err(|error| at(error.error))?;
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(at)
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// `sudo askfirst login` beside a service that has a user of its own: what is made in its folder is its.
/// For anybody but root there is nothing to do, and nothing is done.
fn give_to_owner(file: &std::fs::File, folder: &Path) {
    if let (Ok(made), Ok(folder)) = (file.metadata(), std::fs::metadata(folder))
        && made.uid() != folder.uid()
    {
        let _ = std::os::unix::fs::fchown(file, Some(folder.uid()), Some(folder.gid()));
    }
}

fn contents(path: &Path) -> Result<Contents, String> {
    let at = |error: String| format!("{}: {error}", path.display());
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Contents::default());
        }
        Err(error) => return Err(at(error.to_string())),
    };
    let mode = file.metadata().map_err(|error| at(error.to_string()))?;
    if mode.permissions().mode() & 0o077 != 0 {
        return Err(at(
            "others than its owner may read these tokens; say chmod 600, and sign in again if somebody may have"
                .to_owned(),
        ));
    }
    let mut text = Vec::new();
    file.take(MAX_OCTETS)
        .read_to_end(&mut text)
        .map_err(|error| at(error.to_string()))?;
    // The parser's own words may quote what it found.
    serde_json::from_slice(&text)
        .map_err(|_| at("it is no file of tokens; move it away and sign in again".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(user: &str, token: &str) -> Entry {
        Entry {
            provider: "google".to_owned(),
            client_id: "id".to_owned(),
            user: user.to_owned(),
            access_token: token.to_owned(),
            expires_at: Some(5),
            given_at: 1,
            refresh_token: Some("r".to_owned()),
            refresh_expires_at: None,
            signed_in_at: 1,
        }
    }

    fn whose(user: &str) -> Whose {
        Whose {
            provider: "google",
            client_id: "id".to_owned(),
            user: user.to_owned(),
        }
    }

    #[test]
    fn entries_are_kept_side_by_side_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tokens");
        assert_eq!(read(&path, &whose("one")), Ok(None));
        for entry in [entry("one", "a"), entry("two", "b"), entry("one", "c")] {
            hold(&path).unwrap().write(&entry).unwrap();
        }
        assert_eq!(read(&path, &whose("one")), Ok(Some(entry("one", "c"))));
        assert_eq!(read(&path, &whose("two")), Ok(Some(entry("two", "b"))));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let beside = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(beside, 2, "the file and its lock, nothing half written");
        assert!(!format!("{:?}", entry("one", "hunter2")).contains("hunter2"));
    }

    #[test]
    fn what_root_makes_in_a_services_folder_belongs_to_the_service() {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().metadata().unwrap().uid();
        // Only root can give away; for others the folder is already their own.
        let owner = if mine == 0 { 1 } else { mine };
        std::os::unix::fs::chown(folder.path(), Some(owner), None).unwrap();
        let path = folder.path().join("a.tokens");
        hold(&path).unwrap().write(&entry("one", "a")).unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().uid(), owner);
        }
    }

    #[test]
    fn a_file_that_others_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tokens");
        hold(&path).unwrap().write(&entry("one", "a")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(
            read(&path, &whose("one"))
                .unwrap_err()
                .contains("chmod 600")
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "{\"accounts\": [\"hunter2\"]}").unwrap();
        let error = read(&path, &whose("one")).unwrap_err();
        assert!(
            error.contains("a.tokens") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(hold(&path).unwrap().write(&entry("one", "b")).is_err());
    }
}
