//! How fast the daemon is against a real Dovecot and a sink, beside a floor and a script, in one run.
//!
//! `cargo bench --bench throughput -- drain --mails 2000 --rounds 5` and the like; without arguments it
//! says what there is. Only ratios within one run mean anything. Fails by panicking: then the run is void.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod drain;
mod figures;
mod floor;
#[path = "../../tests/suite/harness/mod.rs"]
mod harness;
mod idle;
mod mails;
mod place;
mod process;
mod sink;

use clap::{Parser, Subcommand};
use drain::Contender;

#[derive(Parser)]
#[command(about = "Measures the daemon against a private Dovecot and a sink on loopback")]
struct Arguments {
    /// Cargo says so
    #[arg(long, hide = true, global = true)]
    bench: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// A backlog of requests drained by askfirst, the floor and a Python script
    Drain {
        #[arg(long, default_value_t = 2_000)]
        mails: usize,
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Leave the script out (it is slow)
        #[arg(long)]
        no_script: bool,
    },
    /// A backlog of the targets' answers drained
    Answers {
        #[arg(long, default_value_t = 2_000)]
        mails: usize,
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// EXISTS seen, and mail delivered, to the ask at the sink
    Idle {
        #[arg(long, default_value_t = 200)]
        mails: usize,
    },
    /// Resident memory: idle, and with one mail of 25 MB
    Memory,
}

fn main() {
    let raw: Vec<String> = std::env::args().collect();
    if raw.get(1).map(String::as_str) == Some("--play-floor") {
        let port = |at: usize| raw[at].parse().unwrap();
        return floor::run(
            port(2),
            port(3),
            raw[4].as_ref(),
            &raw[5],
            &raw[6],
            raw[7].parse().unwrap(),
        );
    }
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match arguments.what {
            None => eprintln!("say what to measure: drain, answers, idle, memory (see --help)"),
            Some(What::Drain {
                mails,
                rounds,
                no_script,
            }) => {
                let mut with = vec![Contender::Askfirst, Contender::Floor];
                if !no_script {
                    with.push(Contender::Script);
                }
                print!(
                    "{}",
                    figures::table(&drain::requests(mails, rounds, &with).await)
                );
            }
            Some(What::Answers { mails, rounds }) => {
                print!("{}", figures::table(&[drain::answers(mails, rounds).await]));
            }
            Some(What::Idle { mails }) => idle::latency(mails).await,
            Some(What::Memory) => idle::memory().await,
        }
    });
}
