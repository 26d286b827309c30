//! Jobs of one kind, so many of them at a time, the most urgent first.

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Instant;

use crate::scheduler::held::Turn;

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

/// A job under way, and whether it is suspect.
type Running<'a, J, R> = Pin<Box<dyn Future<Output = (bool, Done<J, R>)> + Send + 'a>>;

/// A queue of jobs. A job that waits is its description only; its future, which
/// is large because the SDK's are, is made when its turn comes.
///
/// Jobs that failed the last time have a few places of their own: those that
/// hang can then not keep the others from their turn. When one of them succeeds,
/// whatever it was may be over, and they get more.
pub(super) struct Jobs<'a, J, R> {
    trusted: Lane<J>,
    suspect: Lane<J>,
    running: FuturesUnordered<Running<'a, J, R>>,
    pushed: usize,
    start: Start<'a, J, R>,
}

/// Jobs that wait, by the time of their last try and then in the order of
/// coming; and the places for them.
struct Lane<J> {
    waiting: BTreeMap<(Option<Instant>, usize), J>,
    places: usize,
    taken: usize,
}

impl<J> Lane<J> {
    fn new(places: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            places: places.max(1),
            taken: 0,
        }
    }

    /// The next job, if there is a place for it.
    fn take(&mut self) -> Option<J> {
        if self.taken >= self.places {
            return None;
        }
        let (_, job) = self.waiting.pop_first()?;
        self.taken += 1;
        Some(job)
    }
}

impl<'a, J: Send + 'a, R: Outcome + Send + 'a> Jobs<'a, J, R> {
    /// At most `places` at a time, and a quarter as many that are suspect;
    /// `start` makes the future of a job.
    pub(super) fn new<F>(places: usize, start: impl Fn(&J) -> F + Send + 'a) -> Self
    where
        F: Future<Output = R> + Send + 'a,
    {
        Self {
            trusted: Lane::new(places),
            suspect: Lane::new(places / 4),
            running: FuturesUnordered::new(),
            pushed: 0,
            start: Box::new(move |job| Box::pin(start(job))),
        }
    }

    /// Adds jobs. Those that waited longest since their last try come first, so
    /// that everything has its turn when time runs out again and again.
    pub(super) fn extend(&mut self, jobs: impl IntoIterator<Item = (Turn, J)>) {
        for (Turn { tried_at, suspect }, job) in jobs {
            let lane = if suspect {
                &mut self.suspect
            } else {
                &mut self.trusted
            };
            lane.waiting.insert((tried_at, self.pushed), job);
            self.pushed += 1;
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.trusted.waiting.is_empty()
            && self.suspect.waiting.is_empty()
            && self.running.is_empty()
    }

    /// The next job to end; `None` when there are no more.
    ///
    /// Nothing is lost when this is dropped before it is ready.
    pub(super) async fn next(&mut self) -> Option<Done<J, R>> {
        while let Some(job) = self.trusted.take() {
            self.run(job, false);
        }
        while let Some(job) = self.suspect.take() {
            self.run(job, true);
        }
        let (suspect, done) = self.running.next().await?;
        if suspect {
            self.suspect.taken -= 1;
            if done.result.is_good() {
                let more = self.suspect.places.saturating_mul(2);
                self.suspect.places = more.min(self.trusted.places);
            }
        } else {
            self.trusted.taken -= 1;
        }
        Some(done)
    }

    fn run(&mut self, job: J, suspect: bool) {
        let future = (self.start)(&job);
        let begun = Instant::now();
        self.running.push(Box::pin(async move {
            let result = future.await;
            (
                suspect,
                Done {
                    job,
                    result,
                    begun,
                    ended: Instant::now(),
                },
            )
        }));
    }
}

/// The result of a job, as far as the queue cares.
pub(super) trait Outcome {
    /// Whether the job did what it was to do.
    fn is_good(&self) -> bool;
}

impl<T, E> Outcome for Result<T, E> {
    fn is_good(&self) -> bool {
        self.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Jobs that take a second, and those above 100 for ever.
    fn jobs<'a>(places: usize) -> Jobs<'a, u32, Result<(), ()>> {
        Jobs::new(places, |job: &u32| {
            let hangs = *job > 100;
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(())
            }
        })
    }

    fn turn(tried_at: Option<Instant>, suspect: bool) -> Turn {
        Turn { tried_at, suspect }
    }

    #[tokio::test(start_paused = true)]
    async fn what_waited_longest_comes_first() {
        let now = Instant::now();
        let mut jobs = jobs(1);
        let later = Some(now + Duration::from_secs(1));
        jobs.extend([
            (turn(later, false), 3),
            (turn(Some(now), false), 2),
            (turn(None, false), 1),
        ]);
        let mut order = Vec::new();
        while let Some(done) = jobs.next().await {
            order.push(done.job);
        }
        assert_eq!(order, [1, 2, 3]);
        assert!(jobs.is_idle());
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_that_hang_keep_nobody_from_a_turn() {
        let mut jobs = jobs(4);
        jobs.extend((101..150).map(|job| (turn(None, true), job)));
        jobs.extend((0..8).map(|job| (turn(Some(Instant::now()), false), job)));
        let start = Instant::now();
        for _ in 0..8 {
            assert!(jobs.next().await.unwrap().job < 100);
        }
        assert_eq!(
            start.elapsed(),
            Duration::from_secs(2),
            "all four places were theirs"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn suspects_that_succeed_make_room_for_others() {
        let mut jobs = jobs(8);
        jobs.extend((0..30).map(|job| (turn(None, true), job)));
        let start = Instant::now();
        while jobs.next().await.is_some() {}
        // Two at first; they make room for eight.
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }
}
