//! Rate limits for AWS: a token bucket for each service of a region.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

/// The lowest share of the configured rate that throttling leaves.
const SLOWEST: f64 = 0.125;
/// The share of the rate that remains after throttling, and the time in which further throttled
/// requests do not reduce it again.
const SLOWER: f64 = 0.8;
const SLOW_DOWN_EVERY: Duration = Duration::from_secs(1);
/// In one refresh the rate is never more than halved.
const HALF: f64 = 0.5;
/// The share of the rate that a refresh without throttling restores.
const FASTER: f64 = 0.25;

/// Requests that wait go in groups of up to so many. Waking the process for each of
/// them, with cold caches, takes more CPU than the request itself.
const GROUP: u32 = 5;

/// A token bucket that slows down when AWS throttles, and recovers.
///
/// It counts in moments instead of tokens (the generic cell rate algorithm):
/// each request moves the moment at which the bucket would be full again by one
/// interval, and waits until that lies within the burst.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    burst: u32,
    made_at: Instant,
    pace: Mutex<Pace>,
}

/// The current rate of a bucket.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// When the bucket would be full again.
    full_at: Instant,
    /// Share of the rate.
    share: f64,
    /// The lowest share in this refresh.
    floor: f64,
    /// Requests at once after a pause.
    burst: u32,
    /// When it last slowed down, and whether that was in this refresh.
    slowed_at: Option<Instant>,
    throttled: bool,
    /// Requests that it has let pass in this refresh.
    sent: u64,
}

impl Bucket {
    /// `rate` requests a second, `burst` of them at once after a pause.
    pub(super) fn new(rate: f64, burst: u32) -> Self {
        let made_at = Instant::now();
        let pace = Pace {
            full_at: made_at,
            share: 1.0,
            floor: HALF,
            burst,
            slowed_at: None,
            throttled: false,
            sent: 0,
        };
        Self {
            rate,
            burst,
            made_at,
            pace: Mutex::new(pace),
        }
    }

    /// Waits for a token. Returns how long that was.
    pub(super) async fn wait(&self) -> Duration {
        let token_at = self.take_token();
        let wait = token_at.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep_until(token_at).await;
        }
        wait
    }

    /// Takes the next token, and says from when on it may be used.
    fn take_token(&self) -> Instant {
        let now = Instant::now();
        let mut pace = self.pace();
        let interval = Duration::from_secs_f64(1.0 / (self.rate * pace.share));
        let tolerance = interval * pace.burst.saturating_sub(1);
        let token_at = pace.full_at.checked_sub(tolerance);
        pace.full_at = pace.full_at.max(now) + interval;
        let Some(token_at) = token_at.filter(|at| *at > now) else {
            return now;
        };
        let group = interval * pace.burst.min(GROUP);
        let since = token_at.saturating_duration_since(self.made_at);
        let groups = since.div_duration_f64(group).ceil();
        self.made_at + group.mul_f64(groups)
    }

    /// Requests that may be sent in a second at present.
    pub(super) fn requests_per_second(&self) -> f64 {
        self.rate * self.pace().share
    }

    /// AWS has throttled a request: no more bursts, and a slower rate.
    pub(super) fn throttled(&self) {
        let now = Instant::now();
        let mut pace = self.pace();
        pace.throttled = true;
        pace.burst = 1;
        // Concurrent requests are throttled together.
        if pace.slowed_at.is_none_or(|at| at + SLOW_DOWN_EVERY <= now) {
            pace.slowed_at = Some(now);
            pace.share = (pace.share * SLOWER).max(pace.floor);
        }
    }

    /// A request goes out.
    pub(super) fn count_sent(&self) {
        self.pace().sent += 1;
    }

    /// Requests that went out since the refresh began.
    pub(super) fn sent(&self) -> u64 {
        self.pace().sent
    }

    /// A refresh begins. Where none of the last one's requests was throttled, the
    /// rate goes up a step, and when it is whole again, so does the burst.
    pub(super) fn begin_refresh(&self) {
        let mut pace = self.pace();
        if !pace.throttled {
            if pace.share >= 1.0 {
                pace.burst = pace.burst.saturating_add(1).min(self.burst);
            }
            pace.share = (pace.share + FASTER).min(1.0);
        }
        pace.throttled = false;
        pace.sent = 0;
        pace.floor = (pace.share * HALF).max(SLOWEST);
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace
            .lock()
            .expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_holds() {
        let bucket = Bucket::new(5.0, 10);
        let start = Instant::now();
        let mut moments = Vec::new();
        for _ in 0..13 {
            bucket.wait().await;
            moments.push(start.elapsed().as_millis());
        }
        assert_eq!(moments[..10], [0; 10]);
        assert_eq!(moments[10..], [1000, 1000, 1000]);
        for _ in 0..50 {
            bucket.wait().await;
        }
        assert_eq!(start.elapsed().as_secs(), 11, "53 at 5 a second");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_wait_together_pass_one_after_the_other() {
        let bucket = Bucket::new(5.0, 1);
        let waits = tokio::join!(bucket.wait(), bucket.wait(), bucket.wait());
        assert_eq!(
            [waits.0, waits.1, waits.2].map(|wait| wait.as_millis()),
            [0, 200, 400]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_no_more_than_the_burst() {
        let bucket = Bucket::new(10.0, 2);
        for _ in 0..2 {
            bucket.wait().await;
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let waits = [
            bucket.wait().await,
            bucket.wait().await,
            bucket.wait().await,
        ];
        assert_eq!(waits.map(|wait| wait.as_millis()), [0, 0, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_slows_down_at_once_and_recovery_goes_by_steps() {
        let bucket = Bucket::new(8.0, 3);
        let rates = |refreshes| -> Vec<f64> {
            let rate = |_| {
                bucket.begin_refresh();
                bucket.requests_per_second()
            };
            (0..refreshes).map(rate).collect()
        };
        assert_eq!(rates(2), [8.0, 8.0]);
        for _ in 0..20 {
            bucket.throttled();
        }
        assert_eq!(bucket.requests_per_second(), 6.4, "together is once");
        for _ in 0..10 {
            tokio::time::advance(SLOW_DOWN_EVERY).await;
            bucket.throttled();
        }
        assert_eq!(bucket.requests_per_second(), 4.0, "half in one refresh");
        assert_eq!(rates(3), [4.0, 6.0, 8.0]);
        assert_eq!(bursts(&bucket).await, 1);
        rates(1);
        assert_eq!(bursts(&bucket).await, 2, "the burst comes back last");
        for _ in 0..10 {
            tokio::time::advance(SLOW_DOWN_EVERY).await;
            bucket.throttled();
            bucket.begin_refresh();
        }
        assert_eq!(bucket.requests_per_second(), 1.0, "an eighth at the least");
    }

    /// The burst after a pause.
    async fn bursts(bucket: &Bucket) -> u32 {
        tokio::time::advance(Duration::from_secs(60)).await;
        let mut passed = 0;
        while bucket.wait().await.is_zero() {
            passed += 1;
        }
        passed
    }
}
