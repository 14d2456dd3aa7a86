//! The real program, dead at every named step, against Dovecot and an SMTP server behind it.
//! Fails with the step after which something was lost or happened twice.

use super::killed::{Count, Life};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::Duration;

/// Every step on the way of a mail, in and out: before and after each commit, and on the wire between.
const STEPS: [&str; 28] = [
    "folder.ready",
    "folder.committed",
    "fetch.fetched",
    "store.ready",
    "store.committed",
    "decide.ready",
    "decide.committed",
    "attempt.ready",
    "attempt.committed",
    "recover.ready",
    "recover.committed",
    "take.ready",
    "take.committed",
    "send.noted",
    "send.connected",
    "send.begun",
    "smtp.mail",
    "smtp.recipients",
    "smtp.data",
    "smtp.dot",
    "send.answered",
    "report.ready",
    "report.committed",
    "resolve.ready",
    "resolve.committed",
    "clock.ready",
    "clock.committed",
    "store.committed:2",
];

/// Whether it died by itself within this time.
async fn dies(child: &mut Child, within: Duration) -> bool {
    let until = tokio::time::Instant::now() + within;
    while tokio::time::Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(
                status.signal(),
                Some(6),
                "it ended in another way: {status}"
            );
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn death_at_any_step_loses_nothing_and_doubles_nothing() {
    let mut life = Life::begin().await;
    let mut died = Vec::new();
    for step in STEPS {
        life.request().await;
        life.answers().await;
        // Ten minutes have passed: what is unknown is looked into.
        let mut daemon = life.start(Some(step), 700);
        // A second mail after the start, which is decided on and sent at once; a further one where a busy
        // machine took that another way. Ends as soon as it dies.
        let mut dead = false;
        for waits in [600, 20_000, 20_000, 20_000] {
            dead = dies(&mut daemon.0, Duration::from_millis(waits)).await;
            if dead {
                break;
            }
            life.request().await;
        }
        died.extend(dead.then_some(step));
        drop(daemon);
    }
    life.peace().await;
    let count = life.count();
    println!("died at {} of {} steps: {count:?}", died.len(), STEPS.len());
    assert_eq!(died, STEPS, "each step was reached\n{}", life.bot.log());
    let expected = Count {
        requests: life.requests,
        introduced: life.requests,
        unknown: count.unknown,
        extra_copies: count.extra_copies,
        ..Count::default()
    };
    assert_eq!(count, expected, "{}", life.standing());
    assert!(count.extra_copies <= count.unknown);
}

/// `ASKFIRST_KILLS=1000 cargo test --test suite -- --ignored --nocapture kills_at_random`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half an hour; docs/durability.md has the command and its figures"]
async fn kills_at_random_moments_lose_nothing_and_double_nothing() {
    let number = |name: &str, default: u64| {
        let said = std::env::var(name).ok();
        said.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (kills, seed) = (number("ASKFIRST_KILLS", 1_000), number("ASKFIRST_SEED", 1));
    let mut dice = crate::world::dice(seed);
    let mut below = |limit: u64| {
        let mut bytes = [0; 8];
        dice(&mut bytes);
        u64::from_le_bytes(bytes) % limit
    };
    let mut life = Life::begin().await;
    let began = std::time::Instant::now();
    for kill in 1..=kills {
        // Mail lies there, comes in meanwhile, or both.
        let early = below(2) == 0;
        if early {
            life.request().await;
        }
        let daemon = life.start(None, if below(4) == 0 { 700 } else { 1 });
        tokio::time::sleep(Duration::from_millis(below(1_500))).await;
        if !early {
            life.request().await;
        }
        life.answers().await;
        tokio::time::sleep(Duration::from_millis(below(500))).await;
        // SIGKILL.
        drop(daemon);
        if kill % 50 == 0 {
            println!("{kill} kills in {} s", began.elapsed().as_secs());
        }
    }
    life.peace().await;
    let count = life.count();
    println!(
        "{kills} kills, seed {seed}, {} s: {count:?}",
        began.elapsed().as_secs()
    );
    let expected = Count {
        requests: life.requests,
        introduced: life.requests,
        unknown: count.unknown,
        extra_copies: count.extra_copies,
        ..Count::default()
    };
    assert_eq!(count, expected, "{}", life.standing());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_kills_the_program_is_set_aside_at_the_third_start_and_no_other_is() {
    let mut life = Life::begin().await;
    let poison = b"From: eve@berg.example\r\nTo: agent@bot.example\r\nSubject: hello\r\n\
        Message-ID: <poison@berg.example>\r\nX-Askfirst-Poison: yes\r\n\r\nhello\r\n";
    life.dovecot.deliver(poison).await;
    life.request().await;
    for start in 1..=2 {
        let mut daemon = life.bot.start_with(&[], &[("ASKFIRST_POISON", "1")]);
        let died = dies(&mut daemon.0, Duration::from_secs(20)).await;
        assert!(died, "start {start}: {}", life.bot.log());
    }
    let daemon = life.bot.start_with(&[], &[("ASKFIRST_POISON", "1")]);
    life.bot.logs("a mail is set aside").await;
    // The one behind it is handled, and so is what was only there when somebody pulled the plug.
    life.dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0));
    for step in [
        "decide.ready",
        "decide.ready",
        "decide.ready",
        "decide.ready",
    ] {
        life.request().await;
        let mut daemon = life.start(Some(step), 1);
        assert!(dies(&mut daemon.0, Duration::from_secs(20)).await);
    }
    life.peace().await;
    let count = life.count();
    assert_eq!(
        (count.lost, count.introduced),
        (0, 5),
        "{}",
        life.standing()
    );
}

/// One that hangs is ended from outside it, twice, and then by whoever waits for the child that tried it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_hangs_is_set_aside_at_the_third_start_and_the_next_is_handled() {
    let mut life = Life::begin().await;
    let poison = b"From: eve@berg.example\r\nTo: agent@bot.example\r\nSubject: hello\r\n\
        Message-ID: <poison@berg.example>\r\nX-Askfirst-Poison: hangs\r\n\r\nhello\r\n";
    life.dovecot.deliver(poison).await;
    life.request().await;
    let hangs = [("ASKFIRST_POISON", "1"), ("ASKFIRST_HASTE", "5")];
    for start in 1..=2 {
        let mut daemon = life.bot.start_with(&[], &hangs);
        let died = dies(&mut daemon.0, Duration::from_secs(60)).await;
        assert!(died, "start {start}: {}", life.bot.log());
        let log = life.bot.log();
        assert_eq!(log.matches("a mail takes too long").count(), start, "{log}");
    }
    let daemon = life.bot.start_with(&[], &hangs);
    life.bot.logs("a mail is set aside").await;
    life.dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0));
    life.peace().await;
    let count = life.count();
    assert_eq!(
        (count.lost, count.introduced),
        (0, 1),
        "{}",
        life.standing()
    );
}

/// A large one is tried out by a process of its own before anything here looks into it: this one goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_mail_that_kills_ends_the_child_alone_and_the_next_is_handled() {
    let mut life = Life::begin().await;
    let mut poison = b"From: eve@berg.example\r\nTo: agent@bot.example\r\nSubject: hello\r\n\
        Message-ID: <poison@berg.example>\r\nX-Askfirst-Poison: yes\r\n\r\n"
        .to_vec();
    while poison.len() < askfirst::receive::suspect::LARGE_OCTETS {
        poison.extend_from_slice(b"one more line of the sixty thousand\r\n");
    }
    life.dovecot.deliver(&poison).await;
    life.request().await;
    let daemon = life.bot.start_with(&[], &[("ASKFIRST_POISON", "1")]);
    life.bot
        .logs("can't be read in little memory and time")
        .await;
    life.dovecot.sink.waits_for(2).await;
    assert_eq!(daemon.stop(), Some(0), "it never ended: {}", life.bot.log());
    let listed = life.bot.tell(&["quarantine", "list", "--json"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.contains("a process that tried to read it ended"),
        "{listed}"
    );
    life.peace().await;
    let count = life.count();
    assert_eq!(
        (count.lost, count.introduced),
        (0, 1),
        "{}",
        life.standing()
    );
}
