//! The distribution of accounts and regions among several exporters.

use std::hash::Hasher as _;

use fnv::FnvHasher;

use crate::cli::Shard;

impl Shard {
    /// Whether an account in a region is this shard's. Exactly one shard says so,
    /// and adding a shard moves about one in so many.
    ///
    /// As kube-state-metrics does it: FNV-1a, then jump consistent hash.
    pub(super) fn has(self, account: &str, region: &str) -> bool {
        let mut hasher = FnvHasher::default();
        hasher.write(account.as_bytes());
        hasher.write(b"/");
        hasher.write(region.as_bytes());
        jump(hasher.finish(), self.total) == self.index
    }
}

/// Jump consistent hash (Lamping and Veach, 2014): the bucket of a key among so many.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the result is below the number of buckets"
)]
fn jump(mut key: u64, buckets: u32) -> u32 {
    let mut bucket: i64 = -1;
    let mut next: i64 = 0;
    while next < i64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let share = f64::from(1_u32 << 31) / ((key >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * share) as i64;
    }
    bucket as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty accounts in twenty-five regions.
    fn pairs() -> impl Iterator<Item = (String, String)> {
        (0..40_u64).flat_map(|account| {
            let account = format!("{:012}", 100_000_000_000 + account * 7_919);
            (0..25).map(move |region| (account.clone(), format!("eu-west-{region}")))
        })
    }

    /// The shard of each pair, which is exactly one.
    fn owners(total: u32) -> Vec<u32> {
        let owner = |(account, region): (String, String)| {
            let has = |index: &u32| {
                let shard = Shard {
                    index: *index,
                    total,
                };
                shard.has(&account, &region)
            };
            let owners: Vec<_> = (0..total).filter(has).collect();
            assert_eq!(owners.len(), 1, "{account} {region}: {owners:?}");
            owners[0]
        };
        pairs().map(owner).collect()
    }

    #[test]
    fn every_pair_is_of_exactly_one_shard_and_all_have_their_share() {
        for total in [1, 2, 3, 5, 16] {
            let owners = owners(total);
            assert_eq!(owners.len(), 1_000);
            for shard in 0..total {
                let share = owners.iter().filter(|owner| **owner == shard).count();
                let even = 1_000 / usize::try_from(total).unwrap();
                assert!(
                    (even / 2..=even * 2).contains(&share),
                    "{share} of shard {shard} of {total}"
                );
            }
        }
    }

    #[test]
    fn one_shard_more_moves_only_what_it_takes() {
        for total in 1..10 {
            let (before, after) = (owners(total), owners(total + 1));
            let moved: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
            assert!(moved.iter().all(|(_, now)| **now == total));
            let even = 1_000 / usize::try_from(total + 1).unwrap();
            assert!(
                (even / 2..=even * 2).contains(&moved.len()),
                "{} moved to shard {total}",
                moved.len()
            );
        }
    }
}
