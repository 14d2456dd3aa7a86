//! Runs the fuzz targets on a stable toolchain: mutated mails of `tests/`, every one of them made
//! from its number, so that a failure can be made again.
//!
//! `cargo run --profile quick --example fuzz -- --target letter --executions 100000`
//! (`--target all`; `--seconds N` bounds the time of each; `--only N` runs one again and keeps its
//! bytes). Exit status 1 on a panic, on an execution over [`MAX_SECS`], or on memory past
//! [`MAX_GROWTH_KB`].

#[path = "../reading/corpus.rs"]
mod corpus;
mod mutate;
#[path = "../../fuzz/targets.rs"]
mod targets;

use askfirst::reader;
use mutate::Mutator;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seconds of one execution.
const MAX_SECS: f64 = 2.0;
/// Memory that a target may need beyond what it had after the first executions.
const MAX_GROWTH_KB: u64 = 64 << 10;
/// Executions after which all tables are loaded.
const WARM: u64 = 2_000;
/// Seconds after which an execution hangs.
const HANG_SECS: u64 = 60;

/// The execution that runs now, for the panic's message.
static NOW: AtomicU64 = AtomicU64::new(0);
static NAME: Mutex<String> = Mutex::new(String::new());

struct Options {
    target: String,
    executions: u64,
    seconds: u64,
    seed: u64,
    only: Option<u64>,
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str| value(name).and_then(|v| v.parse().ok());
    Options {
        target: value("--target").unwrap_or_else(|| String::from("all")),
        executions: number("--executions").unwrap_or(100_000),
        seconds: number("--seconds").unwrap_or(u64::MAX),
        seed: number("--seed").unwrap_or(1),
        only: number("--only"),
    }
}

/// Seeds as the target takes them.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mails = corpus::every_mail();
    let answers = corpus::answers(2);
    let bodies = || answers.iter().map(|a| a.body.clone().into_bytes());
    let letters = || mails.iter().map(|raw| reader::open(raw));
    let plain = || letters().filter_map(|l| l.plain).map(String::into_bytes);
    let html = || letters().filter_map(|l| l.html).map(String::into_bytes);
    let names = [
        "Carol Diaz <carol@target.example>\nmx.example.org; dmarc=pass header.from=target.example; dkim=pass header.d=target.example",
        "\"Diaz, Carol\" <carol@target.example>\nother.example 1; spf=pass (a (b) c) smtp.mailfrom=x@y.example; dmarc=fail reason=\"a;b\"",
        "=?utf-8?Q?Carol?= <carol@target.example> (x)\nspf=pass (sender IP is 1.2.3.4) smtp.mailfrom=target.example; dmarc=pass action=none header.from=target.example;compauth=pass",
    ];
    let cards = [
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Carol Diaz\r\nNICKNAME:Caro\r\nEMAIL;TYPE=PREF:carol@target.example\r\nEND:VCARD\r\n",
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:D=C3=ADaz;Carol\r\nEMAIL:carol@target.example\r\nEND:VCARD\r\n",
        "First Name,Last Name,E-mail 1 - Value,Nickname\r\nCarol,Diaz,carol@target.example,Caro\r\n\"Roe, Dave\",,dave@other.example,\r\n",
        "name;email\n\"Carol \"\"C\"\" Diaz\";carol@target.example\n",
    ];
    let owned = |texts: &[&str]| texts.iter().map(|t| t.as_bytes().to_vec()).collect();
    match target {
        "letter" | "bounce" => {
            let dressed = answers.iter().take(400).map(|a| a.raw.clone());
            mails.iter().cloned().chain(dressed).collect()
        }
        "quote" | "forward" => plain().chain(html()).collect(),
        "html" => {
            let dressed = answers.iter().filter_map(|a| reader::open(&a.raw).html);
            html()
                .chain(dressed.take(300).map(String::into_bytes))
                .collect()
        }
        "author" => owned(&names),
        "contacts" => owned(&cards),
        "address" => owned(&[
            "carol@target.example",
            "Ä.b+c@münchen.example",
            "a@b.c.example.",
        ]),
        "secret" => owned(&[
            "intro+12-aeaqcaibaeaqcaibaeaqcaibae@bot.example",
            "[7-aeaqcaibaeaqcaibaeaqcaibae]",
        ]),
        "command" => bodies()
            .chain(
                owned(&["cancel", "2, 3 and 4", "ask carol@target.example", "status"])
                    as Vec<Vec<u8>>,
            )
            .collect(),
        "request" => plain()
            .chain(owned(&[
                "Please introduce Alice to Carol Diaz and dave@other.example",
                "ask Caro\n\n1. Carol\n2. Dave Roe",
            ]) as Vec<Vec<u8>>)
            .collect(),
        _ => bodies().collect(),
    }
}

/// The most memory that the process had, in kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// Says which execution broke, in time for `panic = "abort"`.
fn tell_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let name = NAME.lock().map(|n| n.clone()).unwrap_or_default();
        let number = NOW.load(Ordering::Relaxed);
        eprintln!(
            "FAILED {name}: execution {number}: {panic}\nagain: --target {name} --only {number}"
        );
        std::process::exit(1);
    }));
}

/// Ends the process where one execution does not.
fn watch_for_hangs() {
    std::thread::spawn(|| {
        let mut before = (0, Instant::now());
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = NOW.load(Ordering::Relaxed);
            if now != before.0 {
                before = (now, Instant::now());
            } else if now > 0 && before.1.elapsed().as_secs() > HANG_SECS {
                eprintln!("FAILED: execution {now} hangs");
                std::process::exit(1);
            }
        }
    });
}

fn run(name: &str, target: fn(&[u8]), options: &Options) -> bool {
    if let Ok(mut known) = NAME.lock() {
        name.clone_into(&mut known);
    }
    let mutator = Mutator::new(seeds(name), options.seed);
    if let Some(number) = options.only {
        let input = mutator.input(number);
        let file = std::env::temp_dir().join(format!("askfirst-fuzz-{name}-{number}"));
        let kept = std::fs::write(&file, &input).is_ok();
        println!(
            "{} octets{}",
            input.len(),
            if kept {
                format!(", kept as {}", file.display())
            } else {
                String::new()
            }
        );
        NOW.store(number, Ordering::Relaxed);
        target(&input);
        return true;
    }
    let start = Instant::now();
    let (mut octets, mut slowest, mut done) = (0, (0.0_f64, 0), 0);
    let mut base_kb = 0;
    for number in 1..=options.executions {
        let input = mutator.input(number);
        octets += input.len();
        NOW.store(number, Ordering::Relaxed);
        let once = || {
            let began = Instant::now();
            target(&input);
            began.elapsed().as_secs_f64()
        };
        let mut took = once();
        // Others use the machine as well: only what is slow twice is slow.
        if took > MAX_SECS {
            took = took.min(once());
        }
        if took > slowest.0 {
            slowest = (took, number);
        }
        done = number;
        if took > MAX_SECS {
            println!(
                "FAILED {name}: execution {number} of {} octets took {took:.1} s",
                input.len()
            );
            return false;
        }
        if number == WARM {
            base_kb = peak_kb();
        }
        if number > WARM && number % 512 == 0 && peak_kb() > base_kb + MAX_GROWTH_KB {
            println!(
                "FAILED {name}: {} kB, from {base_kb} kB, at execution {number}",
                peak_kb()
            );
            return false;
        }
        if number % 64 == 0 && start.elapsed().as_secs() >= options.seconds {
            break;
        }
    }
    let grown = peak_kb().saturating_sub(if base_kb == 0 { peak_kb() } else { base_kb });
    println!(
        "| {name} | {done} | {} MB | {:.0} s | {:.1} ms (execution {}) | {grown} kB |",
        octets / 1_000_000,
        start.elapsed().as_secs_f64(),
        slowest.0 * 1e3,
        slowest.1
    );
    true
}

fn main() -> std::process::ExitCode {
    let options = options();
    tell_of_panics();
    watch_for_hangs();
    println!(
        "| target | executions | input | time | slowest | memory grown |\n|---|---|---|---|---|---|"
    );
    let mut good = true;
    let mut found = false;
    for (name, target) in targets::TARGETS {
        if options.target == "all" || options.target == name {
            found = true;
            good &= run(name, target, &options);
        }
    }
    if !found {
        eprintln!("no such target: {}", options.target);
    }
    std::process::ExitCode::from(u8::from(!(good && found)))
}
