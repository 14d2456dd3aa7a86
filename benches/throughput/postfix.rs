//! A real Postfix as the next hop: a private instance whose queue holds what it takes (nothing leaves it).
//!
//! Needs Debian's package `postfix` and root (its daemons change their user). Panics where it fails; it is
//! stopped when it goes out of scope.

use crate::drain::{BOT, COPIES, Contender, Outcome, Rounds};
use crate::figures::{self, Row};
use crate::harness::ports;
use crate::load::Load;
use crate::mails;
use crate::place::Place;
use crate::record::Record;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(120);
const MASTER: &str = "/usr/lib/postfix/sbin/master";

struct Postfix {
    folder: tempfile::TempDir,
    master: Child,
    port: u16,
}

impl Postfix {
    fn start() -> Postfix {
        assert!(
            Path::new(MASTER).exists(),
            "Postfix is not installed: `apt-get install --no-install-recommends postfix`"
        );
        let folder = tempfile::Builder::new()
            .prefix("pf")
            .tempdir_in("/tmp")
            .unwrap();
        let port = ports::free();
        let at = folder.path();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(at, open).unwrap();
        for part in ["etc", "queue", "data"] {
            std::fs::create_dir(at.join(part)).unwrap();
        }
        let owner = Command::new("chown")
            .arg("postfix")
            .arg(at.join("data"))
            .status();
        assert!(owner.unwrap().success());
        // Every mail is held: it is in the queue, durably, and nobody tries to deliver it.
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {0}/queue\ndata_directory = {0}/data\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\nmyhostname = mx.test\n\
             mydestination =\nsmtpd_relay_restrictions = permit_mynetworks, reject\n\
             smtpd_recipient_restrictions = static:HOLD, permit_mynetworks\n\
             smtpd_client_connection_count_limit = 0\nsmtpd_client_connection_rate_limit = 0\n\
             smtpd_peername_lookup = no\nalias_maps =\nmaillog_file = /dev/stdout\nmaillog_file_prefixes = /dev\n",
            at.display()
        );
        std::fs::write(at.join("etc/main.cf"), main).unwrap();
        let master = format!(
            "127.0.0.1:{port} inet n - n - - smtpd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n\
             qmgr unix n - n 300 1 qmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n\
             defer unix - - n - 0 bounce\nproxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\n\
             error unix - - n - - error\nretry unix - - n - - error\npostlog unix-dgram n - n - 1 postlogd\n"
        );
        std::fs::write(at.join("etc/master.cf"), master).unwrap();
        let config = at.join("etc");
        let check = Command::new("postfix")
            .arg("-c")
            .arg(&config)
            .arg("check")
            .stderr(Stdio::null())
            .status();
        assert!(check.unwrap().success(), "postfix check");
        let master = Command::new(MASTER)
            .arg("-c")
            .arg(&config)
            .arg("-d")
            .env("MAIL_CONFIG", &config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postfix = Postfix {
            folder,
            master,
            port,
        };
        let until = Instant::now() + LONGEST;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "Postfix does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        postfix
    }

    fn held(&self) -> PathBuf {
        self.folder.path().join("queue/hold")
    }

    fn count(&self) -> usize {
        std::fs::read_dir(self.held()).map_or(0, Iterator::count)
    }

    /// To whom the mails go that are held, and how many there are.
    fn targets(&self) -> (HashSet<String>, usize) {
        let pattern = regex::bytes::Regex::new(r"carol\d+[^@\x00]*@t[0-9.a-z]*example").unwrap();
        let mut found = HashSet::new();
        let mut count = 0;
        for entry in std::fs::read_dir(self.held()).unwrap().flatten() {
            let bytes = std::fs::read(entry.path()).unwrap();
            // The envelope stands before the mail's text.
            let head = &bytes[..bytes.len().min(1_000)];
            let target = pattern.find(head).map(|found| found.as_bytes().to_vec());
            if let Some(target) = target {
                found.insert(String::from_utf8(target).unwrap());
            }
            count += 1;
        }
        (found, count)
    }
}

impl Drop for Postfix {
    /// By process id; the master takes its children with it.
    fn drop(&mut self) {
        let pid = self.master.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if matches!(self.master.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.master.kill();
        let _ = self.master.wait();
    }
}

/// askfirst and the floor into a Postfix queue, over so many connections each.
pub async fn postfix(count: usize, rounds: usize, connections: &[usize]) -> Record {
    let mut played = Rounds::none();
    while played.wants(rounds) {
        let number = played.counted + played.dropped;
        let mut keys: Vec<(Contender, usize)> = Vec::new();
        for lines in connections {
            keys.extend([(Contender::Askfirst, *lines), (Contender::Floor, *lines)]);
        }
        let turn = number % keys.len();
        keys.rotate_left(turn);
        let mut round = Vec::new();
        for (contender, lines) in keys {
            let outcome = one(contender, lines, count).await;
            eprintln!(
                "  round {number} {} over {lines}: {:.0} mails/s",
                contender.name(),
                count as f64 / outcome.wall.as_secs_f64()
            );
            round.push(((contender, lines), outcome));
        }
        played.add(round);
    }
    let mut record = Record::new(&[
        "connections",
        "askfirst, requests/s",
        "floor, requests/s",
        "askfirst against the floor",
    ]);
    for lines in connections {
        let row = |contender| -> Row { played.row((contender, *lines), "", count) };
        let (ours, floor) = (
            row(Contender::Askfirst).per_second,
            row(Contender::Floor).per_second,
        );
        record.row(&[
            lines.to_string(),
            ours.shown(0),
            floor.shown(0),
            format!("{:.2}", ours.median / floor.median),
        ]);
        record.figure("askfirst", &lines.to_string(), ours);
        record.figure("floor", &lines.to_string(), floor);
    }
    record.note = format!(
        "{} requests, two mails each; {}",
        figures::thousands(count),
        played.note()
    );
    record
}

async fn one(contender: Contender, lines: usize, count: usize) -> Outcome {
    let postfix = Postfix::start();
    let mut place = Place::new(false).await;
    place.smtp = postfix.port;
    place.connections = lines;
    place.configure(place.dovecot.ports.imap);
    place.fill((0..count).map(|number| mails::request(number, BOT)));
    let load = Load::start();
    let mut process = contender.start(&place);
    let until = Instant::now() + LONGEST;
    let mut used = process.used();
    while postfix.count() < count * COPIES {
        assert!(
            Instant::now() < until,
            "{} mails in the queue; {}",
            postfix.count(),
            place.log()
        );
        std::thread::sleep(Duration::from_millis(10));
        let now = process.used();
        if now.peak_kib > 0 {
            used = now;
        }
    }
    let wall = process.started.elapsed();
    let foreign = load.foreign();
    if contender == Contender::Askfirst {
        crate::drain::settled(&place);
        assert!(process.stop(), "{}", place.log());
    } else {
        while process.ended().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let (targets, held) = postfix.targets();
    assert_eq!(held, count * COPIES);
    let asked = if contender == Contender::Askfirst {
        count
    } else {
        count * COPIES
    };
    assert_eq!(
        targets.len(),
        asked,
        "somebody was asked twice or not at all"
    );
    Outcome {
        wall,
        used,
        foreign,
    }
}
