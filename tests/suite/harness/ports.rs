//! Ports for servers that other programs open. Fails where none of twenty thousand is free.
//!
//! A port that the system chose and that was let go again is soon somebody else's: every outgoing
//! connection on the machine takes one of those. These lie below them (ip_local_port_range).

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 11_000;
const COUNT: u32 = 20_000;

/// A port that nobody listens at, and that this process has not given out lately.
pub fn free() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Test programs run beside each other, and begin at different places.
    let place = std::process::id().wrapping_mul(7_919);
    for _ in 0..COUNT {
        let next = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + place.wrapping_add(next) % COUNT;
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
