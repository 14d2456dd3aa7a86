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

mod aims;
mod commands;
mod drain;
mod figures;
mod floor;
mod growth;
#[path = "../../tests/suite/harness/mod.rs"]
mod harness;
mod history;
mod idle;
mod lives;
mod load;
mod mails;
mod mlmmj;
mod order;
mod place;
mod plot;
mod postfix;
mod process;
mod profile;
mod record;
mod sink;
mod syncs;
mod template;

use clap::{Parser, Subcommand};
use drain::Contender;
use record::Record;

#[derive(Parser)]
#[command(about = "Measures the daemon against a private Dovecot and a sink on loopback")]
struct Arguments {
    /// Cargo says so
    #[arg(long, hide = true, global = true)]
    bench: bool,
    /// Keep what is found in benches/throughput/found.json, for `plot`
    #[arg(long, global = true)]
    record: bool,
    /// Percent of the CPU that others may take in a round that counts
    #[arg(long, global = true, default_value_t = load::FOREIGN_MOST)]
    foreign_most: u32,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// A backlog of requests drained by askfirst, the floor, and scripts that do the same
    Drain {
        #[arg(long, default_value_t = 2_000)]
        mails: usize,
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// Leave the scripts out (they are slow)
        #[arg(long)]
        no_script: bool,
    },
    /// A backlog of the targets' answers drained
    Answers {
        #[arg(long, default_value_t = 2_000)]
        mails: usize,
        #[arg(long, default_value_t = 7)]
        rounds: usize,
    },
    /// EXISTS seen, and mail delivered, to the ask at the sink
    Idle {
        #[arg(long, default_value_t = 200)]
        mails: usize,
    },
    /// Resident memory: idle, and with one mail of 25 MB
    Memory,
    /// Makes the databases with a past, under target/past; the largest takes minutes and gigabytes
    Past {
        #[arg(long, value_delimiter = ',', default_values_t = SIZES)]
        sizes: Vec<usize>,
        /// Remove them instead
        #[arg(long)]
        remove: bool,
    },
    /// Single mails, a backlog and the start, at each number of introductions
    Growth {
        #[arg(long, value_delimiter = ',', default_values_t = SIZES)]
        sizes: Vec<usize>,
        #[arg(long, default_value_t = 4)]
        rounds: usize,
        #[arg(long, default_value_t = 1_000)]
        backlog: usize,
    },
    /// Backlogs of these lengths: what a mail costs, and memory
    Backlog {
        #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
        mails: Vec<usize>,
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// list, show, queue, stats, backup and /metrics at each number of introductions
    Commands {
        #[arg(long, value_delimiter = ',', default_values_t = SIZES)]
        sizes: Vec<usize>,
    },
    /// Into a real Postfix's queue, askfirst and the floor over as many connections each
    Postfix {
        #[arg(long, default_value_t = 1_000)]
        mails: usize,
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        #[arg(long, value_delimiter = ',', default_values_t = [4, 16])]
        connections: Vec<usize>,
    },
    /// mlmmj, a list with two subscribers
    Mlmmj {
        #[arg(long, default_value_t = 1_000)]
        mails: usize,
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// Processes at a time
        #[arg(long, default_value_t = 16)]
        at_a_time: usize,
    },
    /// fsyncs of a backlog and of a single mail, counted by strace
    Syncs,
    /// Instructions of a drain by where they are spent, counted by callgrind
    Profile {
        #[arg(long, default_value_t = 400)]
        mails: usize,
    },
    /// Writes down for the linker which functions run (link/), found by callgrind
    Order,
    /// Writes the tables of docs/throughput.md and the pictures anew, from what was recorded
    Plot,
}

/// Introductions in the database.
const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

fn main() {
    let raw: Vec<String> = std::env::args().collect();
    if raw.get(1).map(String::as_str) == Some("--play-floor") {
        let port = |at: usize| raw[at].parse().unwrap();
        return floor::run(&floor::Task {
            imap: port(2),
            smtp: port(3),
            database: raw[4].as_ref(),
            user: &raw[5],
            password: &raw[6],
            copies: raw[7].parse().unwrap(),
            connections: raw[8].parse().unwrap(),
        });
    }
    let arguments = Arguments::parse();
    load::allow(arguments.foreign_most);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let Some(what) = arguments.what else {
        return eprintln!("say what to measure (see --help)");
    };
    let Some((name, mut record)) = runtime.block_on(measure(what)) else {
        return;
    };
    let words: Vec<&str> = raw[1..]
        .iter()
        .map(String::as_str)
        .filter(|word| !["--bench", "--record"].contains(word))
        .collect();
    record.command = format!(
        "cargo bench {}--bench throughput -- {}",
        profile(),
        words.join(" ")
    );
    print!("{}", record.shown());
    if arguments.record {
        record::keep(&name, &record);
    }
}

/// How this program was built: it lies in target/PROFILE/deps.
fn profile() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().and_then(std::path::Path::parent);
    match folder.and_then(std::path::Path::file_name) {
        Some(name) if name != "release" => format!("--profile {} ", name.to_string_lossy()),
        _ => String::new(),
    }
}

/// What was found, and the name under which it is kept.
async fn measure(what: What) -> Option<(String, Record)> {
    Some(match what {
        What::Drain {
            mails,
            rounds,
            no_script,
        } => {
            let mut with = vec![Contender::Askfirst, Contender::Floor];
            if !no_script {
                with.extend([Contender::Python, Contender::Node]);
            }
            let (rows, note) = drain::requests(mails, rounds, &with).await;
            let mut record = figures::record(&rows);
            record.note = note;
            (format!("drain {mails}"), record)
        }
        What::Answers { mails, rounds } => {
            let (row, note) = drain::answers(mails, rounds).await;
            let mut record = figures::record(&[row]);
            record.note = note;
            (format!("answers {mails}"), record)
        }
        What::Idle { mails } => ("idle".to_owned(), idle::latency(mails).await),
        What::Memory => ("memory".to_owned(), idle::memory().await),
        What::Past { sizes, remove } => {
            for size in sizes {
                match remove {
                    true => history::remove(size),
                    false => drop(history::make(size)),
                }
            }
            return None;
        }
        What::Growth {
            sizes,
            rounds,
            backlog,
        } => {
            let record = growth::growth(&sizes, rounds, backlog).await;
            ("growth".to_owned(), record)
        }
        What::Backlog { mails, rounds } => {
            ("backlog".to_owned(), growth::backlog(&mails, rounds).await)
        }
        What::Commands { sizes } => ("commands".to_owned(), commands::commands(&sizes).await),
        What::Postfix {
            mails,
            rounds,
            connections,
        } => {
            let record = postfix::postfix(mails, rounds, &connections).await;
            ("postfix".to_owned(), record)
        }
        What::Mlmmj {
            mails,
            rounds,
            at_a_time,
        } => ("mlmmj".to_owned(), mlmmj::mlmmj(mails, rounds, at_a_time)),
        What::Syncs => ("syncs".to_owned(), syncs::syncs().await),
        What::Profile { mails } => ("profile".to_owned(), profile::profile(mails).await),
        What::Order => {
            order::order().await;
            return None;
        }
        What::Plot => {
            let mut found = record::load();
            for (name, svg) in plot::all(&found) {
                record::picture(name, &svg);
            }
            found.insert("aims".to_owned(), aims::table(&found));
            record::publish(&found);
            return None;
        }
    })
}
