//! Where a password comes from, and how it is fetched when it is needed.
//!
//! Fails with a [`PasswordError`] that names the source and never what it held.

use super::PasswordError;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a password command may take: a person may have to unlock a key ring.
const COMMAND_DEADLINE: Duration = Duration::from_secs(30);
/// Pause between two looks at a running command.
const COMMAND_POLL: Duration = Duration::from_millis(20);
/// A password is a line; this is room for any app password or token.
const MAX_SECRET_OCTETS: u64 = 8 * 1024;

/// Where a password is. Printing shows the source, never a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// In the configuration itself.
    Plain(Secret),
    /// In an environment variable.
    Env(String),
    /// In a file.
    File(PathBuf),
    /// What a program prints; the program and its arguments, run without a shell.
    Command(Vec<String>),
    /// A credential that systemd hands to the service (`LoadCredential=`).
    Credential(String),
}

/// A password. Printing shows dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: String) -> Secret {
        Secret(secret)
    }

    /// The password itself: for the login, and for nothing that is printed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source())
    }
}

impl Password {
    /// The source in words, without the password.
    pub fn source(&self) -> String {
        match self {
            Password::Plain(_) => "the configuration".to_owned(),
            Password::Env(name) => format!("the environment variable {name}"),
            Password::File(path) => format!("the file {}", path.display()),
            // The arguments may hold a secret themselves.
            Password::Command(words) => {
                format!("the command {}", words.first().map_or("", String::as_str))
            }
            Password::Credential(name) => format!("the credential {name}"),
        }
    }

    /// What to do where it can't be fetched.
    pub fn remedy(&self) -> String {
        match self {
            Password::Plain(_) => "Write it there, or say where else it is kept.".to_owned(),
            Password::Env(name) => {
                format!("Set {name} in the environment that askfirst is started in.")
            }
            Password::File(path) => format!(
                "Put the password on the first line of this file, for your eyes only:  (umask 077; cat > {})",
                path.display()
            ),
            Password::Command(_) => format!(
                "Type the command yourself: within {} s it has to print the password and nothing else.",
                COMMAND_DEADLINE.as_secs()
            ),
            Password::Credential(name) => format!(
                "systemd hands it over: LoadCredential={name}:FILE in the unit. By hand, name the folder where the file \
                 lies:  sudo CREDENTIALS_DIRECTORY=/etc/askfirst askfirst check"
            ),
        }
    }

    /// Fetches the password; the line end after it is cut. Blocks: up to 30 seconds for a command.
    pub fn resolve(&self) -> Result<Secret, PasswordError> {
        let text = match self {
            Password::Plain(secret) => return Ok(secret.clone()),
            Password::Env(name) => std::env::var(name).map_err(|error| error.to_string()),
            Password::File(path) => read_file(path),
            Password::Command(words) => run(words, COMMAND_DEADLINE),
            Password::Credential(name) => std::env::var_os("CREDENTIALS_DIRECTORY")
                .ok_or_else(|| {
                    "CREDENTIALS_DIRECTORY is not set: is the service started by systemd with \
                     LoadCredential=?"
                        .to_owned()
                })
                .and_then(|folder| read_file(&PathBuf::from(folder).join(name))),
        };
        let error = |problem: String| PasswordError {
            place: self.source(),
            problem,
        };
        let text = text.map_err(error)?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(error("it is empty".to_owned()));
        }
        if line.contains(['\r', '\n', '\0']) {
            return Err(error("it has more than one line".to_owned()));
        }
        Ok(Secret(line.to_owned()))
    }
}

fn read_file(path: &PathBuf) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    read_capped(file)
}

fn read_capped(source: impl Read) -> Result<String, String> {
    let mut text = String::new();
    source
        .take(MAX_SECRET_OCTETS + 1)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    match text.len() as u64 > MAX_SECRET_OCTETS {
        true => Err(format!("it is longer than {MAX_SECRET_OCTETS} octets")),
        false => Ok(text),
    }
}

/// What the command prints. It is ended at the deadline; its errors go to our standard error, where
/// the operator looks.
fn run(words: &[String], deadline: Duration) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("it names no program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = child.stdout.take().ok_or("its output can't be read")?;
    // A grandchild may hold the pipe open past the child's end: the reader is not joined but asked
    // with a deadline.
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(read_capped(output)));
    let end = Instant::now() + deadline;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(COMMAND_POLL),
            Ok(None) => {
                // Both may only fail when it has ended in this moment.
                child.kill().ok();
                child.wait().ok();
                return Err(format!("it did not end in {} s", deadline.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    let left = end
        .saturating_duration_since(Instant::now())
        .max(COMMAND_POLL);
    receive
        .recv_timeout(left)
        .map_err(|_| "its output did not end".to_owned())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(script: &str) -> Password {
        Password::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn fetches_from_every_source_and_cuts_one_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "pass word \r\n").unwrap();
        assert_eq!(
            Password::File(file).resolve().unwrap().expose(),
            "pass word "
        );
        let printed = command("echo opened").resolve().unwrap();
        assert_eq!(printed.expose(), "opened");
        // Cargo sets this for tests; the environment can't be changed without unsafe code.
        let name = Password::Env("CARGO_PKG_NAME".to_owned()).resolve();
        assert_eq!(name.unwrap().expose(), "askfirst");
        let plain = Password::Plain(Secret::new("as it is\n".to_owned()));
        assert_eq!(plain.resolve().unwrap().expose(), "as it is\n");
    }

    #[test]
    fn says_why_there_is_none() {
        let text = |p: Password| p.resolve().unwrap_err().to_string();
        assert!(text(command("exit 3")).contains("exit status: 3"));
        assert!(text(command("true")).contains("empty"));
        assert!(text(command("echo a; echo b")).contains("more than one line"));
        assert!(text(command("head -c 9000 /dev/zero | tr '\\0' x")).contains("longer than"));
        assert!(text(Password::Command(vec!["/no/such/program".into()])).contains("/no/such"));
        assert!(text(Password::Env("ASKFIRST_NO_SUCH_NAME".into())).contains("ASKFIRST_NO_SUCH"));
        assert!(text(Password::File("/no/such/file".into())).contains("/no/such/file"));
        assert!(text(Password::Credential("mail".into())).contains("LoadCredential"));
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let words = ["sh", "-c", "sleep 60"].map(str::to_owned);
        let start = Instant::now();
        let error = run(&words, Duration::from_millis(200)).unwrap_err();
        assert!(error.contains("did not end"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn printing_shows_no_password() {
        let shown = format!("{:?}", Password::Plain(Secret::new("hunter2".to_owned())));
        assert!(!shown.contains("hunter2"));
        assert!(!format!("{:?}", Secret::new("hunter2".to_owned())).contains("hunter2"));
        let words = ["pass", "--key", "hunter2"].map(str::to_owned).to_vec();
        assert!(!format!("{:?}", Password::Command(words)).contains("hunter2"));
    }
}
