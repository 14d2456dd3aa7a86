//! A small share of the simulated lives (`examples/simulate`), in every run of the tests.
//!
//! Fails with the seed, which `cargo run --profile simulate --example simulate -- --only SEED` replays.

#[path = "../../examples/simulate/engine/mod.rs"]
mod engine;

/// Enough for every kind of event and every invariant; about twenty seconds unoptimised.
const HISTORIES: u64 = 200;
/// Up to here those beside the reference model too: they are short, and a rule that one of the two does not know
/// shows in one of hundreds.
const LAST_BESIDE: u64 = 1_400;

#[test]
fn simulated_lives_keep_every_promise() {
    let mut tally = engine::Tally::default();
    let mut broken = Vec::new();
    let start = std::time::Instant::now();
    let beside = HISTORIES + 1..=LAST_BESIDE;
    let beside = beside.filter(|seed| seed.is_multiple_of(engine::MODEL_EVERY));
    for seed in (1..=HISTORIES).chain(beside) {
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
