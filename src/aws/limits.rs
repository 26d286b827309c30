//! How hard AWS is asked: a token bucket per service, a bound on requests under way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::Precedence;

/// How far below its rate a bucket goes while AWS throttles it.
const SLOWEST: f64 = 0.125;
/// What is left of the rate after requests were throttled, and for how long
/// others that were sent before that are not held against it again.
const SLOWER: f64 = 0.8;
const SLOW_DOWN_EVERY: Duration = Duration::from_secs(1);
/// In one refresh the rate is never more than halved.
const HALF: f64 = 0.5;
/// What a refresh without throttling gives back, as a share of the rate.
const FASTER: f64 = 0.25;

/// Of so many turns one is everybody's, however many requests come first.
const EVERYBODYS: u64 = 5;

/// A token bucket that serves requests in the order of their asking, and that
/// slows down when AWS throttles them.
///
/// It counts in moments instead of tokens (the generic cell rate algorithm):
/// each request moves the moment at which the bucket would be full again by one
/// interval, and waits until that lies within the burst. Waiters form a queue,
/// so nobody starves, and one that gives up takes nothing with it.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    burst: u32,
    pace: Mutex<Pace>,
    queue: Mutex<Queue>,
    /// The first of the queue may be another one now.
    changed: Notify,
}

/// How fast a bucket lets pass at present.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// When the bucket would be full again.
    full_at: Instant,
    /// Share of the rate.
    share: f64,
    /// How small the share may become in this refresh.
    floor: f64,
    /// Requests at once after a pause.
    burst: u32,
    /// When it last slowed down, and whether that was in this refresh.
    slowed_at: Option<Instant>,
    throttled: bool,
    /// When the refresh under way ends, and how long it may take.
    deadline: Instant,
    timeout: Duration,
    /// Requests that it has sent.
    sent: u64,
}

/// Requests that wait, by their numbers.
#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<u64, Precedence>,
    came: u64,
    served: u64,
}

impl Queue {
    /// Whose turn is next.
    fn next(&self) -> Option<u64> {
        let first = || {
            let mut waiting = self.waiting.iter();
            waiting.find(|(_, precedence)| **precedence == Precedence::First)
        };
        let preferred = if self.served.is_multiple_of(EVERYBODYS) {
            None
        } else {
            first()
        };
        let next = preferred.or_else(|| self.waiting.first_key_value());
        next.map(|(number, _)| *number)
    }
}

/// A request's place in the queue, which it leaves when this is dropped.
struct Ticket<'a> {
    bucket: &'a Bucket,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.bucket.queue().waiting.remove(&self.number);
        self.bucket.changed.notify_waiters();
    }
}

impl Bucket {
    /// `rate` requests a second, `burst` of them at once after a pause.
    pub(super) fn new(rate: f64, burst: u32) -> Self {
        let now = Instant::now();
        let pace = Pace {
            full_at: now,
            share: 1.0,
            floor: HALF,
            burst,
            slowed_at: None,
            throttled: false,
            deadline: now,
            timeout: Duration::ZERO,
            sent: 0,
        };
        Self {
            rate,
            burst,
            pace: Mutex::new(pace),
            queue: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Waits for this request's turn. Returns how long that was.
    pub(super) async fn turn(&self, precedence: Precedence) -> Duration {
        let asked = Instant::now();
        let ticket = self.ticket(precedence);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.queue().next() != Some(ticket.number) {
                changed.await;
                continue;
            }
            match self.pass() {
                Ok(()) => {
                    self.queue().served += 1;
                    return asked.elapsed();
                }
                Err(not_before) => {
                    let _ = tokio::time::timeout_at(not_before, changed).await;
                }
            }
        }
    }

    fn ticket(&self, precedence: Precedence) -> Ticket<'_> {
        let mut queue = self.queue();
        queue.came += 1;
        let number = queue.came;
        queue.waiting.insert(number, precedence);
        drop(queue);
        if precedence == Precedence::First {
            self.changed.notify_waiters();
        }
        Ticket {
            bucket: self,
            number,
        }
    }

    /// Takes a token, or says when there will be one.
    fn pass(&self) -> Result<(), Instant> {
        let now = Instant::now();
        let mut pace = self.pace();
        let interval = Duration::from_secs_f64(1.0 / (self.rate * pace.share));
        let tolerance = interval * pace.burst.saturating_sub(1);
        match pace.full_at.checked_sub(tolerance) {
            Some(not_before) if not_before > now => Err(not_before),
            _ => {
                pace.full_at = pace.full_at.max(now) + interval;
                Ok(())
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue
            .lock()
            .expect("no code panics while it holds this lock")
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
        // Requests that were under way together are throttled together.
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

    /// When the refresh under way ends.
    pub(super) fn deadline(&self) -> Instant {
        self.pace().deadline
    }

    /// How long the refresh under way may take.
    pub(super) fn refresh_timeout(&self) -> Duration {
        self.pace().timeout
    }

    /// A refresh begins, which may take so long. After one without throttling
    /// the rate goes up a step, and when it is whole again, so does the burst.
    pub(super) fn begin_refresh(&self, timeout: Duration) {
        let mut pace = self.pace();
        if !pace.throttled {
            if pace.share >= 1.0 {
                pace.burst = pace.burst.saturating_add(1).min(self.burst);
            }
            pace.share = (pace.share + FASTER).min(1.0);
        }
        pace.throttled = false;
        pace.deadline = Instant::now() + timeout;
        pace.timeout = timeout;
        pace.sent = 0;
        pace.floor = (pace.share * HALF).max(SLOWEST);
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace
            .lock()
            .expect("no code panics while it holds this lock")
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

    /// Waits for a place among those of the service. What waits for the rate limit
    /// holds one of these, and none that another service could use.
    pub(super) async fn take_own(&self) -> SemaphorePermit<'_> {
        self.own.acquire().await.expect(NEVER_CLOSED)
    }

    /// Waits for a place among those of all services.
    pub(super) async fn take(&self) -> SemaphorePermit<'_> {
        self.all.acquire().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "nobody closes the places";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_holds() {
        let bucket = Bucket::new(5.0, 10);
        let start = Instant::now();
        let mut moments = Vec::new();
        for _ in 0..13 {
            bucket.turn(Precedence::Usual).await;
            moments.push(start.elapsed().as_millis());
        }
        assert_eq!(moments[..10], [0; 10]);
        assert_eq!(moments[10..], [200, 400, 600]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_no_more_than_the_burst() {
        let bucket = Bucket::new(10.0, 2);
        for _ in 0..2 {
            bucket.turn(Precedence::Usual).await;
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let waits = [
            bucket.turn(Precedence::Usual).await,
            bucket.turn(Precedence::Usual).await,
            bucket.turn(Precedence::Usual).await,
        ];
        assert_eq!(waits.map(|wait| wait.as_millis()), [0, 0, 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_costs_nothing() {
        let bucket = Bucket::new(1.0, 1);
        bucket.turn(Precedence::Usual).await;
        for _ in 0..100 {
            let wait =
                tokio::time::timeout(Duration::from_millis(1), bucket.turn(Precedence::Usual))
                    .await;
            assert!(wait.is_err());
        }
        let wait = bucket.turn(Precedence::Usual).await;
        assert_eq!(wait.as_millis(), 900);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_slows_down_at_once_and_recovery_goes_by_steps() {
        let bucket = Bucket::new(8.0, 3);
        let rates = |refreshes| -> Vec<f64> {
            let rate = |_| {
                bucket.begin_refresh(Duration::ZERO);
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
            bucket.begin_refresh(Duration::ZERO);
        }
        assert_eq!(bucket.requests_per_second(), 1.0, "an eighth at the least");
    }

    /// How many requests pass at once after a pause.
    async fn bursts(bucket: &Bucket) -> u32 {
        tokio::time::advance(Duration::from_secs(60)).await;
        let mut passed = 0;
        while bucket.turn(Precedence::Usual).await.is_zero() {
            passed += 1;
        }
        passed
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_first_leaves_a_turn_to_everybody() {
        let bucket = Bucket::new(1.0, 1);
        bucket.turn(Precedence::Usual).await;
        let order = Mutex::new(Vec::new());
        let many = |name, precedence, requests| {
            let (bucket, order) = (&bucket, &order);
            async move {
                for _ in 0..requests {
                    bucket.turn(precedence).await;
                    order.lock().unwrap().push(name);
                }
            }
        };
        tokio::join!(
            many("a", Precedence::Usual, 3),
            many("b", Precedence::Usual, 2),
            many("!", Precedence::First, 8),
        );
        assert_eq!(order.into_inner().unwrap().concat(), "!!!!a!!!!baba");
    }

    #[tokio::test]
    async fn a_service_that_hangs_leaves_a_place_to_the_other() {
        let [one, other] = Places::shared::<2>(3);
        let _held = (
            (one.take_own().await, one.take().await),
            (one.take_own().await, one.take().await),
        );
        let blocked = tokio::time::timeout(Duration::from_millis(1), one.take_own()).await;
        assert!(blocked.is_err(), "three places, but not all for one");
        let held = (other.take_own().await, other.take().await);
        let _own = other.take_own().await;
        let blocked = tokio::time::timeout(Duration::from_millis(1), other.take()).await;
        assert!(blocked.is_err(), "three together");
        drop(held);
        drop(other.take().await);
    }

    #[tokio::test]
    async fn a_single_place_serves_everyone_in_turn() {
        let [one, other] = Places::shared::<2>(1);
        drop((one.take_own().await, one.take().await));
        drop((other.take_own().await, other.take().await));
    }
}
