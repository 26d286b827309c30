//! The request rate AWS grants per account, region and service, as token buckets.

use std::collections::HashMap;
use std::time::Instant;

use crate::service::Service;

/// Buckets of one rate, created full as accounts, regions and services are first called.
#[derive(Debug)]
pub(crate) struct Throttle {
    requests_per_second: f64,
    burst: f64,
    buckets: HashMap<(String, String, Service), Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Throttle {
    /// Buckets that hold `burst` requests, at least one, and refill at the given rate.
    pub(crate) fn new(requests_per_second: f64, burst: u32) -> Self {
        Self {
            requests_per_second,
            burst: f64::from(burst.max(1)),
            buckets: HashMap::new(),
        }
    }

    /// Whether a request may pass at `now`; one that may not takes no token.
    pub(crate) fn admit(
        &mut self,
        (account_id, region, service): (&str, &str, Service),
        now: Instant,
    ) -> bool {
        let bucket = self
            .buckets
            .entry((account_id.to_owned(), region.to_owned(), service))
            .or_insert(Bucket {
                tokens: self.burst,
                filled_at: now,
            });
        let waited = now.saturating_duration_since(bucket.filled_at);
        bucket.tokens =
            (bucket.tokens + waited.as_secs_f64() * self.requests_per_second).min(self.burst);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_grants_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut throttle = Throttle::new(2.0, 3);
        let mut admit = |after: u64| {
            throttle.admit(
                ("1", "r", Service::AppStream),
                start + Duration::from_millis(after),
            )
        };
        let granted: Vec<bool> = [0, 0, 0, 0, 400, 500, 600, 1_000].map(&mut admit).to_vec();
        assert_eq!(granted, [true, true, true, false, false, true, false, true]);
        let granted = (0..5).filter(|_| admit(60_000)).count();
        assert_eq!(granted, 3, "a bucket never holds more than its burst");
    }

    #[test]
    fn accounts_regions_and_services_have_buckets_of_their_own() {
        let now = Instant::now();
        let mut throttle = Throttle::new(1.0, 0);
        for (bucket, expected) in [
            (("1", "a", Service::AppStream), true),
            (("1", "a", Service::AppStream), false),
            (("1", "a", Service::WorkSpaces), true),
            (("1", "b", Service::AppStream), true),
            (("2", "a", Service::AppStream), true),
        ] {
            assert_eq!(throttle.admit(bucket, now), expected, "{bucket:?}");
        }
    }
}
