//! Which mails are fetched together: one round trip for many, bounded in number and octets. Pure.

use crate::desk::views::Known;
use crate::wire::imap::Listed;

/// Mails in one FETCH: one round trip for many, and a fault costs little.
pub const MAX_BATCH: usize = 100;
/// Octets in one FETCH, so that memory does not grow with the backlog.
const MAX_BATCH_OCTETS: u64 = 8 * 1024 * 1024;
/// A larger mail is fetched only in part: nothing a person writes by hand is longer.
const MAX_WHOLE_OCTETS: u32 = 5 * 1024 * 1024;
/// What is fetched of a larger one: headers and the beginning of the text.
pub const FIRST_OCTETS: u32 = 64 * 1024;

/// The next FETCH.
pub struct Portion {
    pub uids: Vec<u32>,
    /// Octets of each; None: whole mails.
    pub first: Option<u32>,
}

/// Takes the next portion of at most `most` mails off the list; None: it is empty.
pub fn next(rest: &mut &[Listed], most: usize) -> Option<Portion> {
    let large = |size: u32| size > MAX_WHOLE_OCTETS;
    let part = large(rest.first()?.size);
    let mut octets = 0_u64;
    let count = rest
        .iter()
        .take(most.max(1))
        .take_while(|listed| {
            octets += u64::from(if part { FIRST_OCTETS } else { listed.size });
            large(listed.size) == part
                && (octets <= MAX_BATCH_OCTETS || octets == u64::from(listed.size))
        })
        .count()
        .max(1);
    let (portion, others) = rest.split_at(count.min(rest.len()));
    *rest = others;
    Some(Portion {
        uids: portion.iter().map(|listed| listed.uid).collect(),
        first: part.then_some(FIRST_OCTETS),
    })
}

/// Clocks of server and bot differ by less, and a mail is on its way for less.
const LONG_BEFORE_SECS: i64 = 7 * 86_400;
/// Servers that know no date give 1970 or the like (2000-01-01).
const OLDEST_CLOCK_SECS: i64 = 946_684_800;

/// Whether a mail that arrives now was there before the first start: in a folder that is numbered
/// anew, or long before, in a mailbox that was put back or that somebody moved old mail into.
pub fn is_old(internal_date_secs: Option<i64>, known: &Known) -> bool {
    let Some(date) = internal_date_secs else {
        return false;
    };
    let start = known.started_at_secs;
    (known.moved && date < start) || (OLDEST_CLOCK_SECS..start - LONG_BEFORE_SECS).contains(&date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_from_before_the_first_start_is_old() {
        const START: i64 = 1_795_514_400;
        let known = |moved, started_at_secs| Known {
            first_uid: 1,
            last_uid: 0,
            moved,
            started_at_secs,
        };
        let day = 86_400;
        for (ago, same, moved) in [
            (-day, false, false),
            (0, false, false),
            (60, false, true),
            (6 * day, false, true),
            (8 * day, true, true),
            (3_000 * day, true, true),
            // 1970: no date, unless everything is listed anew.
            (START, false, true),
        ] {
            let date = Some(START - ago);
            assert_eq!(is_old(date, &known(false, START)), same, "{ago}");
            assert_eq!(is_old(date, &known(true, START)), moved, "{ago}");
            // `--from-start`: nothing is old.
            assert!(!is_old(date, &known(false, 0)), "{ago}");
        }
        assert!(!is_old(None, &known(true, START)));
    }

    #[test]
    fn small_mails_go_together_large_ones_in_part_and_none_is_left_out() {
        let sizes = [4_000, 6_000_000, 4_000_000, 4_000_000, 4_000_000, 100];
        let listed: Vec<Listed> = (1..)
            .zip(sizes)
            .map(|(uid, size)| Listed { uid, size })
            .collect();
        let mut rest = listed.as_slice();
        let mut portions = Vec::new();
        while let Some(portion) = next(&mut rest, MAX_BATCH) {
            portions.push((portion.uids, portion.first));
        }
        assert_eq!(
            portions,
            [
                (vec![1], None),
                (vec![2], Some(FIRST_OCTETS)),
                (vec![3, 4], None),
                (vec![5, 6], None),
            ]
        );
    }
}
