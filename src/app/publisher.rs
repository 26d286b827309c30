//! Carries snapshots from the schedulers to the exposition.
//!
//! Rendering takes some milliseconds for a large account, so it happens on a
//! thread of its own; snapshots that come while it runs are rendered together.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::exposition::Exposition;
use crate::model::Snapshot;

type Snapshots = Vec<Option<Arc<Snapshot>>>;

/// The latest snapshot of each region.
#[derive(Debug)]
pub(super) struct Publisher {
    latest: watch::Sender<Snapshots>,
}

impl Publisher {
    pub(super) fn new(regions: usize) -> Self {
        Self {
            latest: watch::Sender::new(vec![None; regions]),
        }
    }

    /// Where the scheduler of the region at `index` puts its snapshots.
    pub(super) fn slot(&self, index: usize) -> impl FnMut(Snapshot) + Send + use<> {
        let latest = self.latest.clone();
        move |snapshot| {
            let snapshot = Arc::new(snapshot);
            latest.send_modify(|all| {
                if let Some(slot) = all.get_mut(index) {
                    *slot = Some(snapshot);
                }
            });
        }
    }

    /// Renders whatever comes, until `stop`.
    pub(super) async fn run(self, exposition: Arc<Exposition>, stop: CancellationToken) {
        let mut latest = self.latest.subscribe();
        while let Some(Ok(())) = stop.run_until_cancelled(latest.changed()).await {
            let snapshots = latest.borrow_and_update().clone();
            let exposition = Arc::clone(&exposition);
            let rendered = tokio::task::spawn_blocking(move || exposition.publish(snapshots)).await;
            rendered.expect("rendering does not panic");
        }
    }
}
