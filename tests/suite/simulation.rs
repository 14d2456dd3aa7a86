//! A small share of the simulated lives (`examples/simulate`), in every run of the tests.
//!
//! Fails with the seed, which `cargo run --profile simulate --example simulate -- --only SEED` replays.

#[path = "../../examples/simulate/engine/mod.rs"]
mod engine;

/// Enough for every kind of event and every invariant; about twenty seconds unoptimised.
const HISTORIES: u64 = 200;

#[test]
fn simulated_lives_keep_every_promise() {
    let mut tally = engine::Tally::default();
    let mut broken = Vec::new();
    let start = std::time::Instant::now();
    for seed in 1..=HISTORIES {
        let life = engine::play(seed, false);
        tally.add(&life.tally);
        broken.extend(
            life.violations
                .into_iter()
                .map(|v| format!("seed {seed}: {v}")),
        );
    }
    println!("{}", tally.line(start.elapsed(), broken.len()));
    print!("{}", tally.table());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
