//! A real mail server for one test: Dovecot with its own folder, ports and certificate, stopped when it goes out of scope.
//! It fails by panicking: without Dovecot on the machine with a sentence that says what installs it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use askfirst::wire::{Login, Secret, Security, Server};
use tokio::net::TcpStream;

use super::certs::Certs;
use super::dovecot_conf::{Listens, configuration, oauth2_configuration, token_endpoint};
use super::peer::Peer;
use super::ports;
use super::sink::Sink;

/// The one account: its name, password and address.
pub const USER: &str = "agent";
pub const PASSWORD: &str = "seCr3t-of-the-test";
pub const ADDRESS: &str = "agent@bot.example";
/// The OAuth2 token that the account's endpoint knows.
pub const TOKEN: &str = "ya29.token-of-the-test";

/// Ports are probed free; should another process take one in between, the next set is tried.
const STARTS_MAX: usize = 5;
const READY_WITHIN: Duration = Duration::from_secs(15);
const STOPPED_WITHIN: Duration = Duration::from_secs(5);

/// A running Dovecot, with an SMTP sink behind its submission service.
pub struct Dovecot {
    pub ports: Ports,
    pub certs: Certs,
    pub sink: Sink,
    running: Running,
}

/// Where it listens, on 127.0.0.1.
#[derive(Clone, Copy)]
pub struct Ports {
    pub imap: u16,
    pub imaps: u16,
    pub submission: u16,
    pub submissions: u16,
    pub lmtp: u16,
}

/// The process and its folder; dropping it stops the one and removes the other.
struct Running {
    folder: tempfile::TempDir,
    process: Child,
}

impl Dovecot {
    /// Starts one and waits until it listens.
    pub async fn start() -> Dovecot {
        let tokens = token_endpoint().await;
        Dovecot::with_tokens(tokens, "xoauth2").await
    }

    /// One that takes OAuth2 tokens by this mechanism, and asks on this port whom they belong to.
    pub async fn with_tokens(tokens: u16, mechanism: &str) -> Dovecot {
        let sink = Sink::start().await;
        let certs = Certs::for_names(&["localhost"]);
        let mut log = String::new();
        for _ in 0..STARTS_MAX {
            let ports = free_ports();
            // Sockets in the folder have to fit into 108 bytes, so it is not below a long TMPDIR.
            let folder = tempfile::Builder::new()
                .prefix("dv")
                .tempdir_in("/tmp")
                .unwrap();
            let at = Listens {
                ports,
                sink: sink.port,
                tokens,
            };
            prepare(folder.path(), &at, &certs, mechanism);
            let process = spawn(folder.path());
            let mut running = Running { folder, process };
            if running.listens_on(&ports).await {
                return Dovecot {
                    ports,
                    certs,
                    sink,
                    running,
                };
            }
            log = running.log();
        }
        panic!("Dovecot did not start; its log:\n{log}");
    }

    /// The account over IMAP, protected like this.
    pub fn imap(&self, security: Security) -> Server {
        let port = if security == Security::Tls {
            self.ports.imaps
        } else {
            self.ports.imap
        };
        self.server(port, security)
    }

    /// The account over SMTP submission, protected like this.
    pub fn smtp(&self, security: Security) -> Server {
        let port = if security == Security::Tls {
            self.ports.submissions
        } else {
            self.ports.submission
        };
        self.server(port, security)
    }

    fn server(&self, port: u16, security: Security) -> Server {
        let password = Secret::new(PASSWORD);
        Server {
            host: "localhost".to_owned(),
            port,
            security,
            login: Some(Login::Password {
                user: USER.to_owned(),
                password,
            }),
            ca_file: Some(self.certs.ca_file()),
        }
    }

    /// Delivers by LMTP, as a mail server in front would; lone LFs become CRLF.
    pub async fn deliver(&self, bytes: &[u8]) {
        let stream = TcpStream::connect(("127.0.0.1", self.ports.lmtp))
            .await
            .unwrap();
        let mut lmtp = Peer::new(stream);
        lmtp.hears("220").await;
        for (command, reply) in [
            ("LHLO test".to_owned(), "250 "),
            ("MAIL FROM:<sender@req.example>".to_owned(), "250 "),
            (format!("RCPT TO:<{ADDRESS}>"), "250 "),
            ("DATA".to_owned(), "354"),
        ] {
            lmtp.says(format!("{command}\r\n")).await;
            while !lmtp.line().await.starts_with(reply) {}
        }
        lmtp.says(for_the_wire(bytes)).await;
        lmtp.hears("250").await;
        lmtp.says("QUIT\r\n").await;
    }

    /// Puts a file's bytes into a mailbox as they are, without LMTP's headers.
    pub fn save(&self, mailbox: &str, bytes: &[u8]) {
        let mut child = self
            .doveadm(&["save", "-u", USER, "-m", mailbox])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        assert!(
            child.wait().unwrap().success(),
            "doveadm save failed: {}",
            self.running.log()
        );
    }

    /// Ends all sessions of the account: a BYE, then the end of the stream.
    pub fn kick(&self) {
        assert!(
            self.doveadm(&["kick", USER])
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
    }

    /// Removes mails, as another mail program would.
    pub fn expunge(&self, uids: &str) {
        let arguments = ["expunge", "-u", USER, "mailbox", "INBOX", "uid", uids];
        assert!(self.doveadm(&arguments).status().unwrap().success());
    }

    /// Makes the server forget its numbering: new UIDVALIDITY, new UIDs. No session may be open.
    pub fn renumber(&self) {
        for entry in fs::read_dir(self.maildir()).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let is_index = [
                "dovecot-uidlist",
                "dovecot-uidvalidity",
                "dovecot.index",
                "dovecot.list",
            ];
            if is_index.iter().any(|begin| name.starts_with(begin)) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// The names of the mail files in INBOX; a name's end holds the flags (`:2,S` for \Seen).
    pub fn files(&self) -> Vec<String> {
        ["new", "cur"]
            .iter()
            .flat_map(|part| {
                fs::read_dir(self.maildir().join(part))
                    .into_iter()
                    .flatten()
                    .flatten()
            })
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    }

    /// Where INBOX lies, as a Maildir.
    pub fn maildir(&self) -> PathBuf {
        self.running.folder.path().join("mail").join(USER)
    }

    fn doveadm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(find("doveadm"));
        command
            .arg("-c")
            .arg(self.running.folder.path().join("dovecot.conf"))
            .args(arguments);
        command
    }
}

impl Running {
    async fn listens_on(&mut self, ports: &Ports) -> bool {
        let until = Instant::now() + READY_WITHIN;
        let all = [
            ports.imap,
            ports.imaps,
            ports.submission,
            ports.submissions,
            ports.lmtp,
        ];
        'again: while Instant::now() < until {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            for port in all {
                if TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue 'again;
                }
            }
            return true;
        }
        false
    }

    /// What it said on its standard error (about its configuration) and in its log.
    fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join("log").join(name));
        ["stderr", "dovecot.log"]
            .map(|name| read(name).unwrap_or_default())
            .concat()
    }
}

impl Drop for Running {
    /// By process id; the master takes its children with it.
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let until = Instant::now() + STOPPED_WITHIN;
        while Instant::now() < until {
            if matches!(self.process.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An ordinary user's PATH on Debian leaves out the folders for servers.
fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|file| file.is_file()).unwrap_or_else(|| {
        panic!("{program} is not installed: `tests/run` installs Dovecot (dovecot-imapd, dovecot-lmtpd, dovecot-submissiond)")
    })
}

fn spawn(folder: &Path) -> Child {
    let dovecot = find("dovecot");
    // Should the tests be killed, the kernel ends Dovecot with them.
    let setpriv = Path::new("/usr/bin/setpriv");
    let mut command = if setpriv.is_file() {
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "TERM"]).arg(dovecot);
        command
    } else {
        Command::new(dovecot)
    };
    command.arg("-c").arg(folder.join("dovecot.conf")).arg("-F");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("log/stderr")).unwrap());
    command.spawn().unwrap()
}

fn free_ports() -> Ports {
    Ports {
        imap: ports::free(),
        imaps: ports::free(),
        submission: ports::free(),
        submissions: ports::free(),
        lmtp: ports::free(),
    }
}

/// Under which account Dovecot's processes run and the mail lies.
pub struct Account {
    pub user: String,
    pub group: String,
}

impl Account {
    /// As root nobody's; else one's own: then every process keeps it, and Dovecot needs no privilege.
    fn find() -> (Account, bool) {
        let id = |flag: &str| {
            let output = Command::new("id").arg(flag).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        match id("-u").as_str() {
            "0" => (
                Account {
                    user: "nobody".into(),
                    group: "nogroup".into(),
                },
                true,
            ),
            _ => (
                Account {
                    user: id("-un"),
                    group: id("-gn"),
                },
                false,
            ),
        }
    }
}

fn prepare(folder: &Path, at: &Listens, certs: &Certs, mechanism: &str) {
    let (account, is_root) = Account::find();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for part in ["run", "state", "log", "tls", "mail"] {
        fs::create_dir(folder.join(part)).unwrap();
    }
    if is_root {
        let id = |flag: &str| {
            let output = Command::new("id")
                .args([flag, &account.user])
                .output()
                .unwrap();
            String::from_utf8(output.stdout)
                .unwrap()
                .trim()
                .parse::<u32>()
                .unwrap()
        };
        chown(folder.join("mail"), Some(id("-u")), Some(id("-g"))).unwrap();
    }
    fs::write(folder.join("tls/leaf.pem"), &certs.leaf_pem).unwrap();
    fs::write(folder.join("tls/leaf.key"), &certs.key_pem).unwrap();
    fs::write(
        folder.join("users"),
        format!("{USER}:{{PLAIN}}{PASSWORD}::::::\n"),
    )
    .unwrap();
    fs::write(
        folder.join("oauth2.conf.ext"),
        oauth2_configuration(at.tokens),
    )
    .unwrap();
    let version = Command::new(find("dovecot"))
        .arg("--version")
        .output()
        .unwrap();
    let version = String::from_utf8_lossy(&version.stdout);
    fs::write(
        folder.join("dovecot.conf"),
        configuration(&version, folder, at, &account).replace("xoauth2", mechanism),
    )
    .unwrap();
}

/// With CRLF line endings, dots doubled, and the final dot.
fn for_the_wire(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}
