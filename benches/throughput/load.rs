//! How much of the machine others took while something was measured.
//!
//! What this process and its descendants used, and the kernel's own threads (writing back what we wrote),
//! is ours; the rest of the busy time is foreign, and so is what a hypervisor kept. Panics without `/proc`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// Percent of the CPU time; above it a round says little.
pub const FOREIGN_MOST: u32 = 12;
static ALLOWED: AtomicU32 = AtomicU32::new(FOREIGN_MOST);
/// The most that others took in a round that counted, in percent.
static WORST: AtomicU32 = AtomicU32::new(0);

/// Lets rounds count in which others took more: the notes then say how much it was.
pub fn allow(percent: u32) {
    ALLOWED.store(percent, Ordering::Relaxed);
}

/// Whether a round counts in which others took this part of the CPU time.
pub fn counts(foreign: f64) -> bool {
    let percent = (foreign * 100.0).ceil() as u32;
    let counts = percent <= ALLOWED.load(Ordering::Relaxed);
    if counts {
        WORST.fetch_max(percent, Ordering::Relaxed);
    }
    counts
}

/// What the notes say of it.
pub fn note() -> String {
    format!(
        "others took up to {} % of the CPU",
        WORST.load(Ordering::Relaxed)
    )
}

/// CPU time in ticks, since the machine started.
#[derive(Clone, Copy)]
struct Ticks {
    all: u64,
    busy: u64,
    own: u64,
}

pub struct Load {
    from: Ticks,
}

impl Load {
    pub fn start() -> Load {
        Load { from: read() }
    }

    /// The part of all CPU time since then that others took.
    pub fn foreign(&self) -> f64 {
        let to = read();
        let all = (to.all - self.from.all).max(1) as f64;
        let busy = (to.busy - self.from.busy) as f64;
        let own = to.own.saturating_sub(self.from.own) as f64;
        ((busy - own) / all).max(0.0)
    }
}

fn read() -> Ticks {
    // Fields of proc(5): user nice system idle iowait irq softirq steal guest guest_nice. Time in
    // interrupts belongs to nobody, and on loopback is ours.
    let stat = std::fs::read_to_string("/proc/stat").unwrap();
    let fields: Vec<u64> = stat
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .skip(1)
        .map(|field| field.parse().unwrap())
        .collect();
    Ticks {
        all: fields.iter().take(8).sum(),
        busy: fields[0] + fields[1] + fields[2] + fields[7],
        own: own(),
    }
}

fn own() -> u64 {
    let mut processes: HashMap<u64, (u64, u64)> = HashMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let Ok(pid) = name.parse::<u64>() else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((_, rest)) = stat.rsplit_once(") ") else {
            continue;
        };
        let fields: Vec<&str> = rest.split(' ').collect();
        // ppid is field 4; utime, stime, cutime, cstime are 14 to 17, counted from 1 and from the pid.
        let number = |at: usize| fields[at - 3].parse::<u64>().unwrap_or_default();
        let used = number(14) + number(15) + number(16) + number(17);
        processes.insert(pid, (number(4), used));
    }
    let me = u64::from(std::process::id());
    let is_ours = |pid: u64| {
        let mut at = pid;
        while at > 2 {
            if at == me {
                return true;
            }
            at = processes.get(&at).map_or(0, |(parent, _)| *parent);
        }
        // kthreadd and its children.
        at == 2
    };
    let ours = processes.iter().filter(|(pid, _)| is_ours(**pid));
    ours.map(|(_, (_, used))| used).sum()
}
