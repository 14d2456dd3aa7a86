//! Which mails are fetched together: one round trip for many, bounded in number and octets. Pure.

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

#[cfg(test)]
mod tests {
    use super::*;

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
