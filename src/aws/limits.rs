//! How hard AWS is asked: a token bucket per service, a bound on requests under way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// A token bucket that serves requests in the order of their asking.
///
/// It counts in moments instead of tokens (the generic cell rate algorithm):
/// each request moves the moment at which the bucket would be full again by one
/// interval, and waits until that lies within the burst. The lock is a queue, so
/// nobody starves, and a waiter that gives up takes nothing with it.
#[derive(Debug)]
pub(super) struct Bucket {
    interval: Duration,
    tolerance: Duration,
    full_at: Mutex<Instant>,
}

impl Bucket {
    /// `rate` requests a second, `burst` of them at once after a pause.
    pub(super) fn new(rate: f64, burst: u32) -> Self {
        let interval = Duration::from_secs_f64(1.0 / rate);
        Self {
            interval,
            tolerance: interval * burst.saturating_sub(1),
            full_at: Mutex::new(Instant::now()),
        }
    }

    /// Waits for this request's turn. Returns how long that was.
    pub(super) async fn turn(&self) -> Duration {
        let asked = Instant::now();
        let mut full_at = self.full_at.lock().await;
        if let Some(turn) = full_at.checked_sub(self.tolerance) {
            tokio::time::sleep_until(turn).await;
        }
        *full_at = (*full_at).max(Instant::now()) + self.interval;
        asked.elapsed()
    }
}

/// Places for requests under way: of one service, and of all services of an
/// account and region together.
///
/// One place is always left to the other services, so that one that hangs does
/// not keep them from being asked.
#[derive(Clone, Debug)]
pub(super) struct Places {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

impl Places {
    /// The places of each of `N` services, `limit` of them together.
    pub(super) fn shared<const N: usize>(limit: usize) -> [Self; N] {
        let all = Arc::new(Semaphore::new(limit));
        std::array::from_fn(|_| {
            let own = Arc::new(Semaphore::new(limit.saturating_sub(1).max(1)));
            Self {
                own,
                all: Arc::clone(&all),
            }
        })
    }

    /// Waits for a place, which is free again when what is returned is dropped.
    pub(super) async fn take(&self) -> [SemaphorePermit<'_>; 2] {
        let own = self.own.acquire().await;
        let all = self.all.acquire().await;
        [own, all].map(|place| place.expect("nobody closes the places"))
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
            bucket.turn().await;
            moments.push(start.elapsed().as_millis());
        }
        assert_eq!(moments[..10], [0; 10]);
        assert_eq!(moments[10..], [200, 400, 600]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_no_more_than_the_burst() {
        let bucket = Bucket::new(10.0, 2);
        for _ in 0..2 {
            bucket.turn().await;
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let waits = [
            bucket.turn().await,
            bucket.turn().await,
            bucket.turn().await,
        ];
        assert_eq!(waits.map(|wait| wait.as_millis()), [0, 0, 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_costs_nothing() {
        let bucket = Bucket::new(1.0, 1);
        bucket.turn().await;
        for _ in 0..100 {
            let wait = tokio::time::timeout(Duration::from_millis(1), bucket.turn()).await;
            assert!(wait.is_err());
        }
        let wait = bucket.turn().await;
        assert_eq!(wait.as_millis(), 900);
    }

    #[tokio::test]
    async fn a_service_that_hangs_leaves_a_place_to_the_other() {
        let [one, other] = Places::shared::<2>(3);
        let _held = (one.take().await, one.take().await);
        let blocked = tokio::time::timeout(Duration::from_millis(1), one.take()).await;
        assert!(blocked.is_err(), "three places, but not all for one");
        let held = other.take().await;
        assert!(
            tokio::time::timeout(Duration::from_millis(1), other.take())
                .await
                .is_err(),
            "three together"
        );
        drop(held);
        drop(other.take().await);
    }

    #[tokio::test]
    async fn a_single_place_serves_everyone_in_turn() {
        let [one, other] = Places::shared::<2>(1);
        drop(one.take().await);
        drop(other.take().await);
    }
}
