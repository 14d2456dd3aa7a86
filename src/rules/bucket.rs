//! Token buckets: how many mails something may cause at once, and how many after that.
//!
//! Can't fail: an empty bucket says how long to wait.

/// So many at once, and then one in each `secs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub at_once: i64,
    pub secs: i64,
}

/// What the mails of authors nobody proved, and of strangers with somebody's secret, may cause: for
/// one claimed author, for one domain (a ticket system answers from a new address each time), in all.
pub const CLAIMED_AUTHOR: Limit = Limit {
    at_once: 40,
    secs: 900,
};
pub const CLAIMED_DOMAIN: Limit = Limit {
    at_once: 100,
    secs: 360,
};
pub const CLAIMED_BY_ANYBODY: Limit = Limit {
    at_once: 300,
    secs: 120,
};
/// Mails to one target, whoever causes them; six an introduction is the fuse.
pub const TO_TARGET: Limit = Limit {
    at_once: 12,
    secs: 4 * 3_600,
};

/// When the bucket will be full again if nothing more is taken, in seconds since 1970: all there is to
/// remember of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full(pub i64);

/// Takes one out. The error is the seconds until there is one again.
pub fn take(full: Option<Full>, limit: Limit, now_secs: i64) -> Result<Full, i64> {
    let full_at = full.map_or(now_secs, |Full(at)| at.max(now_secs));
    let next = full_at + limit.secs;
    let latest = now_secs + limit.at_once * limit.secs;
    match next <= latest {
        true => Ok(Full(next)),
        false => Err(next - latest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_in_a_while() {
        let limit = Limit {
            at_once: 3,
            secs: 60,
        };
        let mut full = None;
        for _ in 0..3 {
            full = Some(take(full, limit, 1_000).unwrap());
        }
        assert_eq!(take(full, limit, 1_000), Err(60));
        assert_eq!(take(full, limit, 1_059), Err(1));
        full = Some(take(full, limit, 1_060).unwrap());
        assert_eq!(take(full, limit, 1_061), Err(59));
        // A long rest fills it, and not more than that.
        for _ in 0..3 {
            full = Some(take(full, limit, 900_000).unwrap());
        }
        assert!(take(full, limit, 900_000).is_err());
        // A clock that was set back empties nothing for ever.
        assert!(take(Some(Full(2_000)), limit, 1_000).is_err());
        assert!(take(Some(Full(2_000)), limit, 2_000).is_ok());
    }
}
