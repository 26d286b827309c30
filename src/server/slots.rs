//! Connection slots: a bounded number of connections, and which of them is evicted.
//!
//! To refuse a connection would lock Prometheus out, so a full server accepts it
//! and evicts the one that has been idle for longest.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::stream::Peer;

/// Timeout from the connection to the end of the first request's head, including TLS.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle timeout of a connection, longer than the usual scrape interval of one minute.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// The connection slots of a server.
#[derive(Debug)]
pub(super) struct ConnectionSlots {
    limit: usize,
    opened: Instant,
    next: AtomicU64,
    taken: Mutex<HashMap<u64, Arc<ConnectionSlot>>>,
}

impl ConnectionSlots {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit: limit.max(1),
            opened: Instant::now(),
            next: AtomicU64::new(0),
            taken: Mutex::default(),
        })
    }

    /// Evicts the connection that has been idle for longest, if there is any.
    pub(super) fn evict_one(&self, reason: &str) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        evict_idlest(&mut taken, reason);
    }

    /// A slot for a new connection; evicts another one when all slots are taken.
    pub(super) fn take(self: &Arc<Self>, peer: Peer) -> SlotGuard {
        let slot = Arc::new(ConnectionSlot {
            peer,
            opened: self.opened,
            last_active: AtomicU64::new(millis(self.opened.elapsed())),
            open_responses: AtomicUsize::new(0),
            has_sent_request: AtomicBool::new(false),
            evicted: CancellationToken::new(),
        });
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while taken.len() >= self.limit {
            if !evict_idlest(&mut taken, "--web.max-connections is reached") {
                break;
            }
        }
        taken.insert(id, Arc::clone(&slot));
        SlotGuard {
            id,
            slot,
            slots: Arc::clone(self),
        }
    }
}

/// Evicts the connection that has been idle for longest. Connections with an open
/// response come last; of them, the one whose response has stalled for longest.
fn evict_idlest(taken: &mut HashMap<u64, Arc<ConnectionSlot>>, reason: &str) -> bool {
    let longest = taken.iter().min_by_key(|(id, slot)| {
        let last_active = slot.last_active.load(Ordering::Relaxed);
        (slot.is_responding(), last_active, **id)
    });
    let id = longest.map(|(id, _)| *id);
    let slot = id.and_then(|id| taken.remove(&id));
    if let Some(slot) = &slot {
        tracing::debug!(peer = %slot.peer, reason, "connection evicted");
        slot.evicted.cancel();
    }
    slot.is_some()
}

/// Holds the slot of a connection, and frees it on drop.
#[derive(Debug)]
pub(super) struct SlotGuard {
    id: u64,
    slot: Arc<ConnectionSlot>,
    slots: Arc<ConnectionSlots>,
}

impl SlotGuard {
    pub(super) fn slot(&self) -> &Arc<ConnectionSlot> {
        &self.slot
    }
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        let taken = self.slots.taken.lock();
        let mut taken = taken.unwrap_or_else(PoisonError::into_inner);
        taken.remove(&self.id);
    }
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    pub(super) peer: Peer,
    opened: Instant,
    /// When there was a request or a write last, in milliseconds since `opened`.
    last_active: AtomicU64,
    open_responses: AtomicUsize,
    has_sent_request: AtomicBool,
    evicted: CancellationToken,
}

impl ConnectionSlot {
    /// There was a request, or a part of a response was written.
    pub(super) fn touch(&self) {
        let now = millis(self.opened.elapsed());
        self.last_active.store(now, Ordering::Relaxed);
    }

    /// A request was received.
    pub(super) fn request_received(&self) {
        self.has_sent_request.store(true, Ordering::Relaxed);
        self.touch();
    }

    /// Begins a response, which is open until the guard is dropped.
    pub(super) fn begin_response(self: &Arc<Self>) -> ResponseGuard {
        self.open_responses.fetch_add(1, Ordering::Relaxed);
        self.request_received();
        ResponseGuard(Arc::clone(self))
    }

    pub(super) fn is_responding(&self) -> bool {
        self.open_responses.load(Ordering::Relaxed) > 0
    }

    /// Waits until the connection is evicted for another one.
    pub(super) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// Waits until the connection has been idle for too long.
    pub(super) async fn idle_timeout(&self) {
        loop {
            let allowed = if self.has_sent_request.load(Ordering::Relaxed) {
                IDLE_TIMEOUT
            } else {
                FIRST_REQUEST_TIMEOUT
            };
            let last_active = Duration::from_millis(self.last_active.load(Ordering::Relaxed));
            let deadline = self.opened + last_active + allowed;
            if Instant::now() < deadline {
                tokio::time::sleep_until(deadline).await;
            } else if self.is_responding() {
                tokio::time::sleep(IDLE_TIMEOUT).await;
            } else {
                return;
            }
        }
    }
}

/// Holds a response open.
#[derive(Debug)]
pub(super) struct ResponseGuard(Arc<ConnectionSlot>);

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        self.0.touch();
        self.0.open_responses.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_evicted(guard: &SlotGuard) -> bool {
        guard.slot.evicted.is_cancelled()
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_connection_is_evicted() {
        let slots = ConnectionSlots::new(3);
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(slots.take(Peer::Unix));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // The first has an open response, the second was active last: the third is evicted.
        let response = open[0].slot.begin_response();
        open[1].slot.touch();
        tokio::time::advance(Duration::from_secs(1)).await;
        let fourth = slots.take(Peer::Unix);
        let evicted: Vec<_> = open.iter().map(is_evicted).collect();
        assert_eq!(evicted, [false, false, true]);

        drop(fourth);
        let _fifth = slots.take(Peer::Unix);
        let evicted: Vec<_> = open.iter().map(is_evicted).collect();
        assert_eq!(
            evicted,
            [false, false, true],
            "a free slot evicts no connection"
        );

        drop(response);
        let _sixth = slots.take(Peer::Unix);
        assert!(is_evicted(&open[1]) && !is_evicted(&open[0]));
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connections_end_and_busy_ones_do_not() {
        let slots = ConnectionSlots::new(2);
        let guard = slots.take(Peer::Unix);
        let start = Instant::now();
        guard.slot.idle_timeout().await;
        assert_eq!(start.elapsed(), FIRST_REQUEST_TIMEOUT);

        let guard = slots.take(Peer::Unix);
        drop(guard.slot.begin_response());
        let start = Instant::now();
        guard.slot.idle_timeout().await;
        assert_eq!(start.elapsed(), IDLE_TIMEOUT);

        let _response = guard.slot.begin_response();
        let stale = tokio::time::timeout(10 * IDLE_TIMEOUT, guard.slot.idle_timeout()).await;
        assert!(stale.is_err());
    }
}
