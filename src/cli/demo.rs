//! `askfirst demo`: the whole job on this machine, with nothing to configure.

use crate::cli::run::{runtime, stop_sign};
use crate::cli::{Failure, log, print};
use crate::daemon;
use crate::demo::script;
use crate::demo::village::{BOT, PEOPLE, Village};

pub fn run(script: bool) -> Result<(), Failure> {
    log::start("warn");
    runtime()?
        .block_on(async {
            match script {
                true => script::play(&mut |line| print(&format!("{line}\n"))).await,
                false => stay().await,
            }
        })
        .map_err(Failure::Failed)
}

/// Keeps servers and daemon running until Ctrl-C.
async fn stay() -> Result<(), String> {
    let mut stop = stop_sign();
    let mut village = Village::start(daemon::system_clock()).await?;
    print(&format!(
        "A village of four and their bot, on this machine alone. Point a mail program here:\n\n  \
         IMAP  127.0.0.1 port {}, no encryption\n  SMTP  127.0.0.1 port {}, no encryption, log in to send\n\n",
        village.imap_port, village.smtp_port
    ));
    for villager in PEOPLE.into_iter().chain([&BOT]) {
        print(&format!(
            "  {:<24} {:<24} user {:<7} password {}\n",
            villager.name, villager.address, villager.user, villager.password
        ));
    }
    print(&format!(
        "\nBob is the connector. Forward a request to {} and name whom to ask.\n\
         Ctrl-C ends it all and leaves nothing behind.\n\n",
        BOT.address
    ));
    loop {
        tokio::select! {
            () = crate::daemon::stopped(&mut stop) => break,
            passed = village.passed.recv() => match passed {
                Some(passed) => {
                    let letter = crate::reader::open(&passed.bytes);
                    let from = letter.from.person().map_or("?", |person| person.called());
                    print(&format!("{from} to {}: {}\n", passed.recipients.join(", "), letter.subject));
                }
                None => return Err("the mail server has ended".to_owned()),
            },
        }
    }
    village.end().await;
    Ok(())
}
