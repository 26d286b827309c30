//! The AppStream half of a refresh: fleets and stacks, what belongs together, sessions.

mod progress;
mod reads;

use std::sync::Mutex;

use tokio::time::sleep_until;

use super::Refresh;
use super::jobs::{Jobs, Order};
use crate::aws::Source;
use crate::scheduler::memory::{Anchor, AppStream, lock};
use crate::scheduler::outcome::Outcome;
use progress::Progress;
use reads::{Describe, PairJob, TagJob};

impl<S: Source> Refresh<'_, S> {
    /// Fleets and, when their time has come, stacks and tags; then sessions of what is
    /// known to belong together, and beside them the associations whose time has come.
    pub(super) async fn appstream(&self, memory: &Mutex<AppStream>) -> Vec<Outcome> {
        let order = if lock(memory).ran_out_of_time {
            Order::OldestFirst
        } else {
            Order::LargestFirst
        };
        let settings = self.settings;
        let mut progress = Progress::new(memory, settings, self.start);
        let mut describes = Jobs::new(order, 2, |job: &Describe| self.describe(*job));
        let places = settings.list_places();
        let mut tags = Jobs::new(order, places, |job: &TagJob| self.tags(job.clone()));
        let mut lists = Jobs::new(order, places, |anchor: &Anchor| self.list(anchor.clone()));
        let places = settings.session_places();
        let mut pairs = Jobs::new(order, places, |job: &PairJob| self.pair(job.clone()));
        progress.begin(self.age());
        let mut went_on = false;
        loop {
            describes.extend(progress.to_describe.drain(..));
            tags.extend(progress.to_tag.drain(..));
            lists.extend(progress.to_list.drain(..));
            pairs.extend(progress.to_count.drain(..));
            let waits = !describes.is_idle() || progress.awaits_tags();
            let mut is_news = false;
            tokio::select! {
                Some(done) = describes.next() => is_news = progress.described(done, self.age()),
                Some(done) = tags.next() => is_news = progress.tagged(done, self.age()),
                Some(done) = lists.next() => progress.listed(done, self.age()),
                Some(done) = pairs.next() => progress.counted(done, self.age()),
                () = sleep_until(self.patience()), if !went_on && waits && progress.can_go_on(self.age()) => {
                    went_on = true;
                    progress.go_on_without_tags(self.age());
                    progress.plan(self.age());
                }
                else => break,
            }
            let still_waits = !describes.is_idle() || progress.awaits_tags();
            // Once others went on without it, a failure changes nothing any more.
            if is_news && went_on || waits && !still_waits && !went_on {
                went_on = true;
                progress.plan(self.age());
            }
        }
        progress.conclude(self.age())
    }
}
