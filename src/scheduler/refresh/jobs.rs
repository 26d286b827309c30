//! Jobs of one kind, so many of them at a time, the most urgent first.

use std::cmp::Reverse;
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

/// What is to be done, as far as the queue cares.
pub(super) trait Job {
    /// How many requests it has under way at one time.
    fn weight(&self) -> usize {
        1
    }
}

/// Which of the jobs that wait comes first. What was never tried always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// What takes longest, so that it is not what is left to be waited for at the end.
    LargestFirst,
    /// What was tried longest ago, so that everything has its turn although time runs out.
    OldestFirst,
}

impl Order {
    fn place(self, turn: Turn) -> Place {
        let Turn {
            tried_at, calls, ..
        } = turn;
        match self {
            Self::OldestFirst => (tried_at, Reverse(0)),
            Self::LargestFirst if tried_at.is_none() => (None, Reverse(u32::MAX)),
            Self::LargestFirst => (None, Reverse(calls)),
        }
    }
}

/// Where a job stands among those that wait.
type Place = (Option<Instant>, Reverse<u32>);

/// Makes the future of a job.
type Start<'a, J, R> = Box<dyn Fn(&J) -> Pin<Box<dyn Future<Output = R> + Send + 'a>> + Send + 'a>;

/// A job under way, with whether it is suspect and its weight.
type Running<'a, J, R> = Pin<Box<dyn Future<Output = (bool, usize, Done<J, R>)> + Send + 'a>>;

/// A queue of jobs. A job that waits is its description only; its future, which
/// is large because the SDK's are, is made when its turn comes.
///
/// Jobs that failed the last time have a few places of their own: those that
/// hang can then not keep the others from their turn. When one of them succeeds,
/// whatever it was may be over, and they get more.
pub(super) struct Jobs<'a, J, R> {
    order: Order,
    trusted: Lane<J>,
    suspect: Lane<J>,
    running: FuturesUnordered<Running<'a, J, R>>,
    pushed: usize,
    start: Start<'a, J, R>,
}

/// Jobs that wait, and the places for those under way.
struct Lane<J> {
    waiting: BTreeMap<(Place, usize), J>,
    places: usize,
    taken: usize,
    /// So many jobs may be under way however heavy they are.
    least: usize,
    jobs: usize,
}

impl<J: Job> Lane<J> {
    fn new(places: usize, least: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            places,
            taken: 0,
            least,
            jobs: 0,
        }
    }

    /// The next job, if there is a place for it.
    fn take(&mut self) -> Option<J> {
        if self.taken >= self.places && self.jobs >= self.least {
            return None;
        }
        let (_, job) = self.waiting.pop_first()?;
        self.taken += job.weight();
        self.jobs += 1;
        Some(job)
    }

    fn give_back(&mut self, weight: usize) {
        self.taken -= weight;
        self.jobs -= 1;
    }
}

impl<'a, J: Job + Send + 'a, R: Outcome + Send + 'a> Jobs<'a, J, R> {
    /// At most `places` requests at a time, and a quarter as many for what is
    /// suspect; `start` makes the future of a job.
    ///
    /// Two jobs go on at the least: one that hangs must not be all there is.
    pub(super) fn new<F>(order: Order, places: usize, start: impl Fn(&J) -> F + Send + 'a) -> Self
    where
        F: Future<Output = R> + Send + 'a,
    {
        Self {
            order,
            trusted: Lane::new(places, 2),
            suspect: Lane::new(places / 4, 1),
            running: FuturesUnordered::new(),
            pushed: 0,
            start: Box::new(move |job| Box::pin(start(job))),
        }
    }

    /// Adds jobs.
    pub(super) fn extend(&mut self, jobs: impl IntoIterator<Item = (Turn, J)>) {
        for (turn, job) in jobs {
            let lane = if turn.suspect {
                &mut self.suspect
            } else {
                &mut self.trusted
            };
            let place = (self.order.place(turn), self.pushed);
            lane.waiting.insert(place, job);
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
        let (suspect, weight, done) = self.running.next().await?;
        if suspect {
            self.suspect.give_back(weight);
            if done.result.is_good() {
                let more = self.suspect.places.max(1).saturating_mul(2);
                self.suspect.places = more.min(self.trusted.places);
            }
        } else {
            self.trusted.give_back(weight);
        }
        Some(done)
    }

    fn run(&mut self, job: J, suspect: bool) {
        let future = (self.start)(&job);
        let weight = job.weight();
        let begun = Instant::now();
        self.running.push(Box::pin(async move {
            let result = future.await;
            let done = Done {
                job,
                result,
                begun,
                ended: Instant::now(),
            };
            (suspect, weight, done)
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

    /// Those below 10 make a request, the others two.
    impl Job for u32 {
        fn weight(&self) -> usize {
            if *self < 10 { 1 } else { 2 }
        }
    }

    /// Jobs that take a second, and those above 100 for ever.
    fn jobs<'a>(order: Order, places: usize) -> Jobs<'a, u32, Result<(), ()>> {
        Jobs::new(order, places, |job: &u32| {
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
        Turn {
            tried_at,
            calls: 1,
            suspect,
            cut: false,
        }
    }

    async fn order_of(mut jobs: Jobs<'_, u32, Result<(), ()>>) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(done) = jobs.next().await {
            order.push(done.job);
        }
        assert!(jobs.is_idle());
        order
    }

    #[tokio::test(start_paused = true)]
    async fn what_waited_longest_or_takes_longest_comes_first() {
        let now = Instant::now();
        let later = Some(now + Duration::from_secs(1));
        let turns = [
            (turn(later, false), 3),
            (
                Turn {
                    calls: 2,
                    ..turn(later, false)
                },
                4,
            ),
            (turn(Some(now), false), 2),
            (turn(None, false), 1),
        ];
        let mut oldest = jobs(Order::OldestFirst, 1);
        oldest.extend(turns);
        assert_eq!(order_of(oldest).await, [1, 2, 3, 4]);
        let mut largest = jobs(Order::LargestFirst, 1);
        largest.extend(turns);
        assert_eq!(order_of(largest).await, [1, 4, 3, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_takes_as_many_places_as_it_makes_requests() {
        let mut jobs = jobs(Order::OldestFirst, 6);
        jobs.extend((10..22).map(|job| (turn(None, false), job)));
        let start = Instant::now();
        order_of(jobs).await;
        assert_eq!(start.elapsed(), Duration::from_secs(4), "three at a time");
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_that_hang_keep_nobody_from_a_turn() {
        let mut jobs = jobs(Order::OldestFirst, 4);
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
        let mut jobs = jobs(Order::OldestFirst, 8);
        jobs.extend((0..10).map(|job| (turn(None, true), job)));
        jobs.extend((0..10).map(|job| (turn(None, true), job)));
        jobs.extend((0..10).map(|job| (turn(None, true), job)));
        let start = Instant::now();
        while jobs.next().await.is_some() {}
        // Two at first; they make room for eight.
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }
}
