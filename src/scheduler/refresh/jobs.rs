//! Jobs of one kind, so many of them at a time, the most urgent first.

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Instant;

/// A job that has ended.
#[derive(Debug)]
pub(super) struct Done<J, R> {
    /// What was to be done.
    pub(super) job: J,
    /// What came of it.
    pub(super) result: R,
    /// When it was started, after its wait for a place.
    pub(super) begun: Instant,
    /// When it ended.
    pub(super) ended: Instant,
}

/// Makes the future of a job.
type Start<'a, J, R> = Box<dyn Fn(&J) -> Pin<Box<dyn Future<Output = R> + Send + 'a>> + Send + 'a>;

type Running<'a, J, R> = Pin<Box<dyn Future<Output = Done<J, R>> + Send + 'a>>;

/// A queue of jobs. A job that waits is its description only; its future, which
/// is large because the SDK's are, is made when its turn comes.
pub(super) struct Jobs<'a, J, R> {
    /// By the age of what the job renews, then in the order of coming.
    waiting: BTreeMap<(Option<Instant>, usize), J>,
    pushed: usize,
    running: FuturesUnordered<Running<'a, J, R>>,
    limit: usize,
    start: Start<'a, J, R>,
}

impl<'a, J: Send + 'a, R: Send + 'a> Jobs<'a, J, R> {
    /// At most `limit` at a time; `start` makes the future of a job.
    pub(super) fn new<F>(limit: usize, start: impl Fn(&J) -> F + Send + 'a) -> Self
    where
        F: Future<Output = R> + Send + 'a,
    {
        Self {
            waiting: BTreeMap::new(),
            pushed: 0,
            running: FuturesUnordered::new(),
            limit: limit.max(1),
            start: Box::new(move |job| Box::pin(start(job))),
        }
    }

    /// Adds jobs, each with the moment at which what it renews was last read:
    /// when time runs out, what has waited longest has been served.
    pub(super) fn extend(&mut self, jobs: impl IntoIterator<Item = (Option<Instant>, J)>) {
        for (read_at, job) in jobs {
            self.waiting.insert((read_at, self.pushed), job);
            self.pushed += 1;
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// The next job to end; `None` when there are no more.
    ///
    /// Nothing is lost when this is dropped before it is ready.
    pub(super) async fn next(&mut self) -> Option<Done<J, R>> {
        while self.running.len() < self.limit {
            let Some((_, job)) = self.waiting.pop_first() else {
                break;
            };
            let future = (self.start)(&job);
            let begun = Instant::now();
            self.running.push(Box::pin(async move {
                let result = future.await;
                Done {
                    job,
                    result,
                    begun,
                    ended: Instant::now(),
                }
            }));
        }
        self.running.next().await
    }
}
