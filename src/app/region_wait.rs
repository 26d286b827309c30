//! Waits for the region from instance metadata, which responds late on a booting host.

use std::time::Duration;

use tokio::time::Instant;

use super::plan::{RegionPlan, TargetPlan};
use crate::aws::Account;

/// First pause before a retry of instance metadata. The pause doubles up to the refresh interval.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Calls instance metadata until it returns a region.
pub(super) struct RegionWait {
    account: Account,
    next_at: Instant,
    pause: Duration,
    longest_pause: Duration,
}

impl RegionWait {
    /// `None` if no target would be refreshed in another way with a region.
    pub(super) fn start(targets: &[TargetPlan]) -> Option<Self> {
        let target = targets.iter().find(|target| waits(target))?;
        Some(Self {
            account: target.account.clone(),
            next_at: Instant::now() + FIRST_PAUSE,
            pause: FIRST_PAUSE,
            longest_pause: target.template.settings.interval,
        })
    }

    /// Waits until instance metadata has a region. Cancel safe.
    pub(super) async fn ended(&mut self) {
        loop {
            tokio::time::sleep_until(self.next_at).await;
            let has_region = self.account.metadata_has_region().await;
            self.pause = (self.pause * 2).min(self.longest_pause);
            self.next_at = Instant::now() + self.pause;
            if has_region {
                return;
            }
        }
    }
}

/// A target in the host's own region waits for it. One in all regions does not, but a region
/// says which partition they are in.
fn waits(target: &TargetPlan) -> bool {
    match &target.regions {
        RegionPlan::Awaited { .. } => true,
        RegionPlan::Search { .. } => target.account.region_is_awaited().is_some(),
        RegionPlan::Known(_) => false,
    }
}

/// Logs which targets wait, and why. Returns whether there are any.
pub(super) fn log_awaited(targets: &[TargetPlan]) -> bool {
    let mut any = false;
    for target in targets {
        if let Some(error) = target.awaited() {
            any = true;
            let target = &*target.template.target;
            tracing::warn!(target, error, "target not refreshed yet");
        }
    }
    any
}
