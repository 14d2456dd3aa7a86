//! Which mails to try next when one of a batch breaks the session: halves, down to the one that does it.
//! It can't fail; it ends because every failed batch is either divided or given up.

/// Batches of UIDs still to fetch. One mail that no parser can read costs one mail, and about
/// 2·log2(batch) reconnections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvage {
    batches: Vec<Vec<u32>>,
    lost: Vec<u32>,
}

impl Salvage {
    /// Divides the UIDs into batches of at most `batch` (at least one).
    pub fn new(uids: &[u32], batch: usize) -> Salvage {
        let mut batches: Vec<Vec<u32>> = uids.chunks(batch.max(1)).map(<[u32]>::to_vec).collect();
        batches.reverse();
        Salvage {
            batches,
            lost: Vec::new(),
        }
    }

    /// The next batch to fetch, or None when all are done.
    pub fn next_batch(&mut self) -> Option<Vec<u32>> {
        self.batches.pop()
    }

    /// The session broke while this batch was read: a single mail is given up, more are divided.
    pub fn broke(&mut self, batch: Vec<u32>) {
        if let [single] = batch.as_slice() {
            self.lost.push(*single);
            return;
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        for half in [second, first] {
            if !half.is_empty() {
                self.batches.push(half.to_vec());
            }
        }
    }

    /// The mails that were given up.
    pub fn lost(&self) -> &[u32] {
        &self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unreadable_mail_costs_one_mail() {
        for poison in 1..=100 {
            let uids: Vec<u32> = (1..=100).collect();
            let mut salvage = Salvage::new(&uids, 50);
            let (mut fetched, mut breaks) = (Vec::new(), 0);
            while let Some(batch) = salvage.next_batch() {
                if batch.contains(&poison) {
                    breaks += 1;
                    salvage.broke(batch);
                } else {
                    fetched.extend(batch);
                }
            }
            assert_eq!(salvage.lost(), [poison]);
            assert_eq!(fetched.len(), 99);
            assert!(fetched.is_sorted(), "oldest first");
            assert!(breaks <= 7, "{breaks}");
        }
    }
}
