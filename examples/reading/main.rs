//! probe
mod corpus;
use askfirst::reader::{self, Known};
use std::time::Instant;
fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let answers = corpus::answers(3);
    let ask = corpus::ask();
    if mode == "dump" {
        std::fs::create_dir_all("/tmp/sp/dressed").unwrap();
        for (i, a) in answers.iter().enumerate() {
            std::fs::write(format!("/tmp/sp/dressed/{i:05}.eml"), &a.raw).unwrap();
        }
        std::fs::write(
            "/tmp/sp/orig.eml",
            format!("From: intro@bot.example\n\n{ask}"),
        )
        .unwrap();
        return;
    }
    let n = answers.len();
    let bytes: usize = answers.iter().map(|a| a.raw.len()).sum();
    for round in 0..std::env::args()
        .nth(2)
        .and_then(|n| n.parse().ok())
        .unwrap_or(6)
    {
        for (name, original) in [("aligned", Some(ask.as_str())), ("patterns", None)] {
            if !mode.is_empty() && mode != name {
                continue;
            }
            let start = cpu();
            for a in &answers {
                let l = reader::open(&a.raw);
                std::hint::black_box(reader::read(
                    &l,
                    &Known {
                        original,
                        now_secs: corpus::NOW_SECS,
                        ..Known::default()
                    },
                ));
            }
            let t = cpu() - start;
            if round > 0 {
                println!(
                    "{name}: {:.0}/s  {:.1} MB/s  {n} of {bytes}",
                    n as f64 / t,
                    bytes as f64 / t / 1e6
                );
            }
        }
        if mode.is_empty() || mode == "open" {
            let start = cpu();
            for a in &answers {
                std::hint::black_box(reader::open(&a.raw));
            }
            println!("open only: {:.0}/s", n as f64 / (cpu() - start));
        }
    }
    let _ = Instant::now();
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    s.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
