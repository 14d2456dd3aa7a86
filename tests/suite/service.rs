//! The daemon as a supervisor sees it: ready, alive, its figures, its log; and what the operator hears by mail.

use super::harness::authority::{Authority, get};
use super::harness::dovecot::{ADDRESS, Dovecot, PASSWORD, USER};
use super::harness::ports;
use super::harness::sink::Delivered;
use super::oauth::servers;
use askfirst::clerk::Clerk;
use askfirst::daemon;
use askfirst::pulse::Pulse;
use askfirst::service::Page;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Long for a loaded machine, never waited out.
const TRIES: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

struct Daemon {
    child: Child,
    folder: tempfile::TempDir,
    supervisor: UnixDatagram,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    fn start(config: &str, arguments: &[&str]) -> Daemon {
        let folder = tempfile::Builder::new()
            .prefix("af")
            .tempdir_in("/tmp")
            .unwrap();
        Daemon::start_in(folder, config, arguments)
    }

    fn start_in(folder: tempfile::TempDir, config: &str, arguments: &[&str]) -> Daemon {
        std::fs::write(folder.path().join("askfirst.toml"), config).unwrap();
        let socket = folder.path().join("notify");
        let _ = std::fs::remove_file(&socket);
        let supervisor = UnixDatagram::bind(&socket).unwrap();
        supervisor.set_nonblocking(true).unwrap();
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(folder.path().join("log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_askfirst"))
            .arg("run")
            .args(arguments)
            .current_dir(folder.path())
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", "600000")
            .env_remove("RUST_LOG")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Daemon {
            child,
            folder,
            supervisor,
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits until the supervisor has been told this, so many times.
    async fn tells(&self, what: &str, times: usize) -> Vec<String> {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        for _ in 0..TRIES {
            while let Ok(count) = self.supervisor.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                heard.extend(text.lines().map(str::to_owned));
            }
            if heard.iter().filter(|line| line.starts_with(what)).count() >= times {
                return heard;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!(
            "the supervisor never heard {what}: {heard:?}\n{}",
            self.log()
        );
    }

    async fn logs(&self, words: &str) {
        for _ in 0..TRIES {
            if self.log().contains(words) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no {words:?} in the log:\n{}", self.log());
    }

    async fn page(&self, port: u16, path: &str, words: &str) -> String {
        let mut page = String::new();
        for _ in 0..TRIES {
            let path = path.to_owned();
            page = tokio::task::spawn_blocking(move || get(port, &path))
                .await
                .unwrap();
            if page.contains(words) {
                return page;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no {words:?} at {path}:\n{page}\n{}", self.log());
    }

    /// SIGTERM, and the exit status.
    async fn stop(mut self) -> (Option<i32>, tempfile::TempDir) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        for _ in 0..TRIES {
            if let Some(status) = self.child.try_wait().unwrap() {
                let empty = tempfile::tempdir().unwrap();
                return (status.code(), std::mem::replace(&mut self.folder, empty));
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the daemon did not end:\n{}", self.log());
    }
}

fn configuration(dovecot: &Dovecot, imaps: u16, service: &str) -> String {
    let ca = format!("ca_file = {:?}", dovecot.certs.ca_file());
    format!(
        "[bot]\naddress = {ADDRESS:?}\nname = \"Introductions\"\nsubaddressing = \"+\"\n\
         [imap]\nhost = \"localhost\"\nport = {imaps}\nuser = {USER:?}\npassword = {PASSWORD:?}\n{ca}\n\
         [smtp]\nhost = \"localhost\"\nport = {}\nuser = {USER:?}\npassword = {PASSWORD:?}\n{ca}\n\
         [trust]\nauthserv_ids = [\"mx.bot.example\"]\n\
         [service]\n{service}\n\
         [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\n",
        dovecot.ports.submissions
    )
}

fn subject(mail: &Delivered) -> String {
    askfirst::reader::open(&mail.bytes).subject
}

fn body(mail: &Delivered) -> String {
    askfirst::reader::open(&mail.bytes).plain.unwrap()
}

const REQUEST: &[u8] = b"Authentication-Results: mx.bot.example; dmarc=pass header.from=req.example\r\n\
    From: Alice Ng <alice@req.example>\r\nTo: agent@bot.example\r\nSubject: Secret beehives\r\n\
    Date: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <r1@req.example>\r\n\r\n\
    Dear Bob,\r\n\r\nplease introduce me to Carol Danvers <carol@target.example>: I keep beehives and would like to\r\n\
    hear how she moved hers into the city.\r\n\r\nAlice\r\n";

#[tokio::test]
async fn a_supervisor_sees_that_it_is_ready_lives_and_works() {
    let dovecot = Dovecot::start().await;
    let port = ports::free();
    let service = format!("listen = \"127.0.0.1:{port}\"\nlog = \"json\"");
    let config = configuration(&dovecot, dovecot.ports.imaps, &service);
    let daemon = Daemon::start(&config, &[]);
    let mut heard = daemon.tells("STATUS=Reading and sending mail", 1).await;
    heard.extend(daemon.tells("WATCHDOG=1", 1).await);
    assert!(heard.iter().any(|line| line == "READY=1"), "{heard:?}");
    assert!(
        heard
            .iter()
            .any(|line| line == "STATUS=Reading and sending mail"),
        "{heard:?}"
    );
    assert!(get(port, "/healthz").starts_with("HTTP/1.1 200"));
    daemon.page(port, "/readyz", "sending: well").await;
    assert!(get(port, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(get(port, "/").starts_with("HTTP/1.1 404"));
    dovecot.deliver(REQUEST).await;
    let waiting = "askfirst_introductions{state=\"waiting_for_connector\"} 1";
    let figures = daemon.page(port, "/metrics", waiting).await;
    let figures = match figures.contains("askfirst_queue_length 0") {
        true => figures,
        false => {
            daemon
                .page(port, "/metrics", "askfirst_queue_length 0")
                .await
        }
    };
    for line in [
        "# TYPE askfirst_mails_read_total counter",
        "askfirst_mails_read_total 1",
        "askfirst_read_ok 1",
        "askfirst_send_ok 1",
        "askfirst_up 1",
        "askfirst_written_mails{kind=\"approve\"} 1",
        "askfirst_paused 0",
    ] {
        assert!(figures.contains(line), "{line} is not in\n{figures}");
    }
    // Each line is a comment or `name{label} value`, as the text format wants it.
    let (_, body) = figures.split_once("\r\n\r\n").unwrap();
    for line in body.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(
            name.starts_with("askfirst_") && value.parse::<f64>().is_ok(),
            "{line}"
        );
    }
    let log = daemon.log();
    for (place, text) in [("figures", figures.as_str()), ("log", log.as_str())] {
        for secret in ["alice", "carol", "bob@", "beehives", PASSWORD, ADDRESS] {
            assert!(!text.contains(secret), "{secret} in the {place}:\n{text}");
        }
    }
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    let supervisor = daemon.supervisor.try_clone().unwrap();
    let (status, _folder) = daemon.stop().await;
    assert_eq!(status, Some(0));
    let mut last = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = supervisor.recv(&mut buffer) {
        last.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
    }
    assert!(
        last.iter().any(|line| line.contains("STOPPING=1")),
        "{last:?}"
    );
}

/// A way to Dovecot's IMAP that can be closed.
async fn gate(to: u16) -> (u16, Arc<AtomicBool>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let open = Arc::new(AtomicBool::new(true));
    let is_open = open.clone();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            if is_open.load(Ordering::Relaxed) {
                tokio::spawn(async move {
                    let mut far = tokio::net::TcpStream::connect(("127.0.0.1", to))
                        .await
                        .unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        }
    });
    (port, open)
}

#[tokio::test]
async fn the_operator_hears_once_that_mail_is_not_read_and_once_that_it_is_again() {
    let dovecot = Dovecot::start().await;
    let (imaps, open) = gate(dovecot.ports.imaps).await;
    let port = ports::free();
    let service = format!(
        "listen = \"127.0.0.1:{port}\"\nalarm_after = \"0s\"\noperator = \"ops@bot.example\""
    );
    let config = configuration(&dovecot, imaps, &service);
    let daemon = Daemon::start(&config, &[]);
    daemon.tells("STATUS=Reading and sending mail", 1).await;
    open.store(false, Ordering::Relaxed);
    // A connection that drops is made anew and no reason for a mail; here that fails.
    dovecot.kick();
    daemon.tells("STATUS=Can't read mail", 1).await;
    assert!(get(port, "/readyz").starts_with("HTTP/1.1 503"));
    assert!(
        get(port, "/healthz").starts_with("HTTP/1.1 200"),
        "a restart would not help"
    );
    let mails = dovecot.sink.waits_for(1).await;
    assert_eq!(mails[0].to, ["ops@bot.example"]);
    assert_eq!(subject(&mails[0]), "I can’t read my mail");
    assert!(
        body(&mails[0]).contains("the connection ended"),
        "{}",
        body(&mails[0])
    );
    // A restart repeats nothing.
    let (status, folder) = daemon.stop().await;
    assert_eq!(status, Some(0));
    let daemon = Daemon::start_in(folder, &config, &[]);
    let heard = daemon.tells("STATUS=Can't read mail", 1).await;
    assert!(heard.iter().any(|line| line == "READY=1"), "{heard:?}");
    daemon.tells("WATCHDOG=1", 3).await;
    open.store(true, Ordering::Relaxed);
    let mails = dovecot.sink.waits_for(2).await;
    assert_eq!(subject(&mails[1]), "I read my mail again");
    daemon.page(port, "/readyz", "reading: well").await;
    assert_eq!(daemon.stop().await.0, Some(0));
    assert_eq!(dovecot.sink.mails().len(), 2);
}

#[tokio::test]
async fn the_operator_hears_of_the_end_of_a_sign_in_while_a_mail_still_can_say_so() {
    let authority = Authority::start();
    let dovecot = Dovecot::with_tokens(authority.port, "xoauth2").await;
    let config = servers::configuration(&dovecot, &servers::microsoft(&authority));
    // Shorter than the time at which a token is renewed: every look renews it.
    authority.set(|state| state.expires_in_secs = 110);
    let folder = tempfile::Builder::new()
        .prefix("af")
        .tempdir_in("/tmp")
        .unwrap();
    std::fs::write(folder.path().join("askfirst.toml"), &config).unwrap();
    sign_in(folder.path());
    let daemon = Daemon::start_in(folder, &config, &[]);
    daemon.logs("watching the mailbox").await;
    daemon.tells("WATCHDOG=1", 2).await;
    assert!(dovecot.sink.mails().is_empty());
    authority.end_sign_in();
    let mails = dovecot.sink.waits_for(1).await;
    assert_eq!(mails[0].to, ["bob@kim.example"]);
    assert!(
        subject(&mails[0]).starts_with("Please sign in again before"),
        "{}",
        subject(&mails[0])
    );
    assert!(body(&mails[0]).contains("askfirst login microsoft"));
    assert!(
        daemon
            .log()
            .contains("sign in again with `askfirst login microsoft`")
    );
    sign_in(daemon.folder.path());
    daemon.logs("what was wrong is well again").await;
    for secret in ["access-", "refresh-", "GOCSPX"] {
        assert!(!daemon.log().contains(secret), "{secret} in the log");
    }
    assert_eq!(daemon.stop().await.0, Some(0));
    assert_eq!(dovecot.sink.mails().len(), 1);
}

fn sign_in(folder: &Path) {
    let done = Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["login", "microsoft"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[tokio::test]
async fn a_loop_that_hangs_is_not_healthy() {
    let store = askfirst::store::Store::in_memory().unwrap();
    let house = crate::world::house();
    let desk = askfirst::desk::Desk::open(store, house, daemon::system_dice()).unwrap();
    let pulse = Pulse::default();
    pulse.reads(1);
    pulse.promise(Duration::ZERO);
    let page = Page {
        clerk: Clerk::hire(desk),
        pulse: pulse.clone(),
        now: daemon::system_clock(),
        started_at_secs: 0,
        store: None,
        counted: Default::default(),
    };
    let port = ports::free();
    let (_sign, stop) = watch::channel(false);
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    tokio::spawn(page.serve(Some(listen), stop));
    let ask = move |path: &'static str| async move {
        for _ in 0..TRIES {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        tokio::task::spawn_blocking(move || get(port, path))
            .await
            .unwrap()
    };
    tokio::time::sleep(Duration::from_millis(5)).await;
    let sick = ask("/healthz").await;
    assert!(
        sick.starts_with("HTTP/1.1 503") && sick.contains("hangs"),
        "{sick}"
    );
    assert!(ask("/metrics").await.contains("askfirst_up 0"));
    pulse.promise(Duration::from_secs(600));
    assert!(ask("/healthz").await.starts_with("HTTP/1.1 200"));
}
