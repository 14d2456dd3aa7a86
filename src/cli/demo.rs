//! `askfirst demo`: the whole job on this machine, with nothing to configure.

use crate::cli::run::{runtime, stop_sign};
use crate::cli::{Failure, log, print};
use crate::demo::page::Page;
use crate::demo::script;
use crate::demo::village::{BOT, PEOPLE};

pub fn run(script: bool) -> Result<(), Failure> {
    log::start("warn", log::Form::Text);
    runtime()?
        .block_on(async {
            match script {
                true => script::play(&mut |line| print(&format!("{line}\n"))).await,
                false => stay().await,
            }
        })
        .map_err(Failure::Failed)
}

/// Keeps servers, daemon and page running until Ctrl-C.
async fn stay() -> Result<(), String> {
    let stop = stop_sign();
    let page = Page::open().await?;
    let village = page.village();
    print(&format!(
        "A village of four and their bot, on this machine alone.\n\nOpen its page in a browser:\n\n  {}\n\n\
         Or point a mail program here:\n\n  \
         IMAP  127.0.0.1 port {}, no encryption\n  SMTP  127.0.0.1 port {}, no encryption, log in to send\n\n",
        page.address, village.imap_port, village.smtp_port
    ));
    for villager in PEOPLE.into_iter().chain([&BOT]) {
        print(&format!(
            "  {:<21}  {:<22}  user {:<5}  password {}\n",
            villager.name, villager.address, villager.user, villager.password
        ));
    }
    print(&format!(
        "\nBob is the connector. Forward a request to {}\nand name whom to ask.\n\
         Ctrl-C ends it all and leaves nothing behind.\n\n",
        BOT.address
    ));
    page.serve(stop, |passed| {
        let letter = crate::reader::open(&passed.bytes);
        let from = letter.from.person().map_or("?", |person| person.called());
        print(&format!(
            "{from} to {}: {}\n",
            passed.recipients.join(", "),
            letter.subject
        ));
    })
    .await
}
