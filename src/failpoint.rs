//! Places where a test ends the process as a crash does; a release build has none of them.
//!
//! `ASKFIRST_DIE_AT=decide.committed` ends it there, `…:3` at the third time.

/// The process ends here without another word, if the environment says so.
#[cfg(debug_assertions)]
pub fn here(step: &str) {
    die_at(step);
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn here(_: &str) {}

/// Around a commit: what the transaction is for stands before the dot.
#[cfg(debug_assertions)]
pub fn commit(what: &str, committed: bool) {
    let when = if committed { "committed" } else { "ready" };
    die_at(&format!("{what}.{when}"));
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn commit(_: &str, _: bool) {}

/// A mail with the field `X-Askfirst-Poison` ends the process that takes it apart, as an unknown bug would;
/// `hangs` in it never ends.
#[cfg(debug_assertions)]
pub fn poison(raw: &[u8]) {
    let says = |words: &[u8]| raw.windows(words.len()).any(|at| at == words);
    if std::env::var_os("ASKFIRST_POISON").is_none() || !says(b"X-Askfirst-Poison:") {
        return;
    }
    while says(b"X-Askfirst-Poison: hangs") {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    std::process::abort();
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn poison(_: &[u8]) {}

#[cfg(debug_assertions)]
static HURRY: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// From now on the loops of this process pause for moments only.
#[cfg(debug_assertions)]
pub fn hurry() {
    HURRY.store(true, std::sync::atomic::Ordering::SeqCst);
}

/// How long a loop pauses.
#[cfg(debug_assertions)]
pub fn pause(meant: std::time::Duration) -> std::time::Duration {
    match HURRY.load(std::sync::atomic::Ordering::SeqCst) {
        true => meant.min(std::time::Duration::from_millis(20)),
        false => meant,
    }
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn pause(meant: std::time::Duration) -> std::time::Duration {
    meant
}

/// `ASKFIRST_HASTE=5`: what is waited for before a mail is said to hang is that much shorter.
#[cfg(debug_assertions)]
pub fn haste(meant: std::time::Duration) -> std::time::Duration {
    let haste = std::env::var("ASKFIRST_HASTE").ok();
    let haste = haste.and_then(|times| times.parse::<u32>().ok());
    meant / haste.unwrap_or(1).max(1)
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn haste(meant: std::time::Duration) -> std::time::Duration {
    meant
}

/// How far the clock is moved ahead, so that a test need not wait ten minutes.
#[cfg(debug_assertions)]
pub fn clock_ahead_secs() -> i64 {
    let ahead = std::env::var("ASKFIRST_CLOCK_AHEAD").ok();
    ahead.and_then(|secs| secs.parse().ok()).unwrap_or(0)
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn clock_ahead_secs() -> i64 {
    0
}

#[cfg(debug_assertions)]
fn die_at(step: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering};
    static WHERE: OnceLock<Option<(String, AtomicI64)>> = OnceLock::new();
    let place = WHERE.get_or_init(|| {
        let said = std::env::var("ASKFIRST_DIE_AT").ok()?;
        let (name, times) = said.split_once(':').unwrap_or((&said, "1"));
        Some((name.to_owned(), AtomicI64::new(times.parse().unwrap_or(1))))
    });
    if let Some((name, left)) = place
        && name == step
        && left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        // No destructor runs, no buffer is flushed: for the files it is the end of a kill -9.
        std::process::abort();
    }
}
