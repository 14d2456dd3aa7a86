//! A contender as a process: what it costs, and its end by its process id.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Linux counts CPU time in ticks of 10 ms (`getconf CLK_TCK` is 100 everywhere it matters).
const TICK: Duration = Duration::from_millis(10);

pub struct Process {
    child: Child,
    pub started: Instant,
}

/// What a process has used so far.
#[derive(Clone, Copy, Default)]
pub struct Used {
    pub cpu: Duration,
    /// The part of it that was spent in the kernel.
    pub kernel: Duration,
    pub resident_kib: u64,
    pub peak_kib: u64,
}

impl Process {
    pub fn spawn(mut command: Command) -> Process {
        let started = Instant::now();
        Process {
            child: command.spawn().unwrap(),
            started,
        }
    }

    pub fn used(&self) -> Used {
        let read = |file: &str| {
            std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
        };
        let stat = read("stat");
        let fields: Vec<&str> = stat
            .rsplit_once(") ")
            .map_or(Vec::new(), |(_, rest)| rest.split(' ').collect());
        let ticks = |at: usize| -> u32 { fields.get(at).map_or(0, |field| field.parse().unwrap()) };
        let status = read("status");
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next())
                .map_or(0, |number| number.parse().unwrap())
        };
        Used {
            // utime and stime are fields 14 and 15 of proc(5), counted from 1 and from the pid.
            cpu: TICK * (ticks(11) + ticks(12)),
            kernel: TICK * ticks(12),
            resident_kib: kib("VmRSS:"),
            peak_kib: kib("VmHWM:"),
        }
    }

    /// Whether it ended well, once it has ended.
    pub fn ended(&mut self) -> Option<bool> {
        let status = self.child.try_wait().unwrap();
        status.map(|status| status.success())
    }

    /// SIGTERM, and whether it ended well.
    pub fn stop(mut self) -> bool {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        for _ in 0..3_000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
