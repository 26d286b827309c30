//! Who is connected: a bounded number of connections, and who makes room.
//!
//! A connection that cannot be taken would lock Prometheus out, so a full server
//! takes it and lets go of the one that has been idle for longest.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a client may take from its connection to the end of its first
/// request's head, TLS included.
const FIRST_REQUEST: Duration = Duration::from_secs(30);
/// How long a connection may be idle. Longer than the usual scrape interval of one minute.
pub(super) const IDLE: Duration = Duration::from_secs(75);

/// The connections of a server.
#[derive(Debug)]
pub(super) struct Seats {
    limit: usize,
    opened: Instant,
    next: AtomicU64,
    taken: Mutex<HashMap<u64, Arc<Seat>>>,
}

impl Seats {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit: limit.max(1),
            opened: Instant::now(),
            next: AtomicU64::new(0),
            taken: Mutex::default(),
        })
    }

    /// Tells the connection that has been idle for longest to leave, if there is any.
    pub(super) fn make_room(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let_go(&mut taken);
    }

    /// A place for a new connection; another one is told to leave when all are taken.
    pub(super) fn take(self: &Arc<Self>) -> Taken {
        let seat = Arc::new(Seat {
            opened: self.opened,
            touched: AtomicU64::new(millis(self.opened.elapsed())),
            answering: AtomicUsize::new(0),
            has_asked: AtomicBool::new(false),
            leave: CancellationToken::new(),
        });
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while taken.len() >= self.limit {
            if !let_go(&mut taken) {
                break;
            }
        }
        taken.insert(id, Arc::clone(&seat));
        Taken {
            id,
            seat,
            seats: Arc::clone(self),
        }
    }
}

/// Tells the connection to leave that has been idle for longest. Those that are
/// being answered come last, and of them the one that stands still.
fn let_go(taken: &mut HashMap<u64, Arc<Seat>>) -> bool {
    let longest = taken.iter().min_by_key(|(id, seat)| {
        let touched = seat.touched.load(Ordering::Relaxed);
        (seat.is_answering(), touched, **id)
    });
    let id = longest.map(|(id, _)| *id);
    let seat = id.and_then(|id| taken.remove(&id));
    if let Some(seat) = &seat {
        seat.leave.cancel();
    }
    seat.is_some()
}

/// A connection's place; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    id: u64,
    seat: Arc<Seat>,
    seats: Arc<Seats>,
}

impl Taken {
    pub(super) fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let taken = self.seats.taken.lock();
        let mut taken = taken.unwrap_or_else(PoisonError::into_inner);
        taken.remove(&self.id);
    }
}

/// What is known of one connection.
#[derive(Debug)]
pub(super) struct Seat {
    opened: Instant,
    /// When something last happened, in milliseconds since `opened`.
    touched: AtomicU64,
    answering: AtomicUsize,
    has_asked: AtomicBool,
    leave: CancellationToken,
}

impl Seat {
    /// Something happened: a request, or a part of an answer went out.
    pub(super) fn touch(&self) {
        let now = millis(self.opened.elapsed());
        self.touched.store(now, Ordering::Relaxed);
    }

    /// A request came that is not answered but refused.
    pub(super) fn asked(&self) {
        self.has_asked.store(true, Ordering::Relaxed);
        self.touch();
    }

    /// A request that is being answered, until what this returns is dropped.
    pub(super) fn answer(self: &Arc<Self>) -> Answering {
        self.answering.fetch_add(1, Ordering::Relaxed);
        self.asked();
        Answering(Arc::clone(self))
    }

    pub(super) fn is_answering(&self) -> bool {
        self.answering.load(Ordering::Relaxed) > 0
    }

    /// Ends when another connection needs the place.
    pub(super) async fn left(&self) {
        self.leave.cancelled().await;
    }

    /// Ends when the connection has been idle for too long.
    pub(super) async fn stale(&self) {
        loop {
            let patience = if self.has_asked.load(Ordering::Relaxed) {
                IDLE
            } else {
                FIRST_REQUEST
            };
            let touched = Duration::from_millis(self.touched.load(Ordering::Relaxed));
            let deadline = self.opened + touched + patience;
            if Instant::now() < deadline {
                tokio::time::sleep_until(deadline).await;
            } else if self.is_answering() {
                tokio::time::sleep(IDLE).await;
            } else {
                return;
            }
        }
    }
}

/// A request whose answer is being made.
#[derive(Debug)]
pub(super) struct Answering(Arc<Seat>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.touch();
        self.0.answering.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_left(taken: &Taken) -> bool {
        taken.seat.leave.is_cancelled()
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_makes_room() {
        let seats = Seats::new(3);
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(seats.take());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // The first is the busiest, the second has just been heard of: the third goes.
        let answering = open[0].seat.answer();
        open[1].seat.touch();
        tokio::time::advance(Duration::from_secs(1)).await;
        let fourth = seats.take();
        let left: Vec<_> = open.iter().map(has_left).collect();
        assert_eq!(left, [false, false, true]);

        drop(fourth);
        let _fifth = seats.take();
        let left: Vec<_> = open.iter().map(has_left).collect();
        assert_eq!(
            left,
            [false, false, true],
            "a free place needs nobody to go"
        );

        drop(answering);
        let _sixth = seats.take();
        assert!(has_left(&open[1]) && !has_left(&open[0]));
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connections_end_and_busy_ones_do_not() {
        let seats = Seats::new(2);
        let taken = seats.take();
        let start = Instant::now();
        taken.seat.stale().await;
        assert_eq!(start.elapsed(), FIRST_REQUEST);

        let taken = seats.take();
        drop(taken.seat.answer());
        let start = Instant::now();
        taken.seat.stale().await;
        assert_eq!(start.elapsed(), IDLE);

        let _answering = taken.seat.answer();
        let stale = tokio::time::timeout(10 * IDLE, taken.seat.stale()).await;
        assert!(stale.is_err());
    }
}
