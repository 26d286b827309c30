//! The store of the newest snapshot of every target region: carries snapshots from the
//! schedulers to the exposition.
//!
//! Two targets can turn out to be the same account in the same region. The store
//! detects this before it publishes the second: its series would be duplicates, and
//! Prometheus would refuse the whole scrape.
//!
//! Rendering takes some milliseconds for a large account, so it runs on a thread of
//! its own. Snapshots that arrive meanwhile are rendered together.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::plan::TargetRegionPlan;
use crate::aws::CredentialSource;
use crate::logging::region_span;
use crate::model::{AccountId, Collector, Snapshot, TargetRegion};

/// A target region, with the accounts that it may be in.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Never used again: a target region that is removed and added has another id.
    pub(super) id: u64,
    /// The target region, with its newest snapshot.
    pub(super) target_region: TargetRegion,
    /// The collectors that are on.
    pub(super) collectors: Vec<Collector>,
    /// The connection to AWS.
    pub(super) credential_source: CredentialSource,
    /// The accounts of its resources: one, unless AWS returned ARNs without an account.
    pub(super) accounts: BTreeSet<AccountId>,
    /// The target that has this account and region already.
    pub(super) same_as: Option<Arc<str>>,
    /// Stops its refreshes.
    pub(super) stop: CancellationToken,
}

/// All target regions, in the order of the configuration. Cheap to clone; clones share
/// their entries.
#[derive(Clone, Debug)]
pub(super) struct SnapshotStore {
    entries: watch::Sender<Vec<Entry>>,
}

impl SnapshotStore {
    pub(super) fn new() -> Self {
        Self {
            entries: watch::Sender::new(Vec::new()),
        }
    }

    /// A copy of all entries.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.borrow().clone()
    }

    /// The target regions, as the exposition shows them.
    pub(super) fn target_regions(&self) -> Vec<TargetRegion> {
        target_regions_of(&self.entries.borrow())
    }

    /// Replaces all entries. Returns them as they are stored: duplicates are refused.
    pub(super) fn replace(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        mark_duplicates(&mut entries);
        self.entries.send_replace(entries.clone());
        entries
    }

    /// A function that stores the snapshots of one target region.
    pub(super) fn writer(&self, id: u64) -> impl FnMut(Snapshot) + Send + use<> {
        let store = self.clone();
        move |snapshot| store.update(id, snapshot)
    }

    /// Stores a snapshot of a target region.
    pub(super) fn update(&self, id: u64, snapshot: Snapshot) {
        self.entries.send_modify(|entries| {
            let Some(entry) = entries.iter_mut().find(|entry| entry.id == id) else {
                return;
            };
            if entry.same_as.is_some() {
                return;
            }
            entry.accounts.extend(snapshot.accounts().cloned());
            entry.target_region.snapshot = Some(Arc::new(snapshot));
            mark_duplicates(entries);
        });
    }

    /// Hands all target regions to `publish` after each change, until `stop`.
    pub(super) async fn render(
        self,
        publish: impl Fn(Vec<TargetRegion>) + Clone + Send + 'static,
        stop: CancellationToken,
    ) {
        let mut entries = self.entries.subscribe();
        entries.mark_changed();
        while let Some(Ok(())) = stop.run_until_cancelled(entries.changed()).await {
            let target_regions = target_regions_of(&entries.borrow_and_update());
            let publish = publish.clone();
            let rendered = tokio::task::spawn_blocking(move || publish(target_regions)).await;
            rendered.expect("rendering does not panic");
        }
    }
}

impl Entry {
    /// A target region without a snapshot, as the configuration has it.
    pub(super) fn of(plan: &TargetRegionPlan, id: u64, stop: CancellationToken) -> Self {
        let account = plan.credential_source.account_id().map(AccountId::from);
        Self {
            id,
            target_region: TargetRegion {
                target: Arc::clone(&plan.target),
                region: Arc::clone(&plan.region),
                labels: Arc::clone(&plan.labels),
                tag_labels: Arc::clone(&plan.tag_labels),
                snapshot: None,
            },
            collectors: plan.settings.collectors.iter().copied().collect(),
            credential_source: plan.credential_source.clone(),
            accounts: account.into_iter().collect(),
            same_as: None,
            stop,
        }
    }

    /// A target region in which nothing can be refreshed yet.
    pub(super) fn failed(
        plan: &TargetRegionPlan,
        id: u64,
        stop: CancellationToken,
        reason: &str,
    ) -> Self {
        let mut entry = Self::of(plan, id, stop);
        let TargetRegion { target, region, .. } = &entry.target_region;
        let collectors = entry.collectors.iter().copied();
        let (target, region) = (Arc::clone(target), Arc::clone(region));
        let snapshot = Snapshot::failed(target, region, collectors, reason);
        entry.target_region.snapshot = Some(Arc::new(snapshot));
        entry
    }

    /// Whether both are one account in one region, as far as that is known.
    fn is_same_as(&self, other: &Self) -> bool {
        self.target_region.region == other.target_region.region
            && !self.target_region.region.is_empty()
            && (self
                .credential_source
                .is_same_identity(&other.credential_source)
                || !self.accounts.is_disjoint(&other.accounts))
    }
}

fn target_regions_of(entries: &[Entry]) -> Vec<TargetRegion> {
    entries
        .iter()
        .map(|entry| entry.target_region.clone())
        .collect()
}

/// Marks every target region that is the same as one before it: it shows as failed
/// with the reason, and sends no more requests to AWS.
fn mark_duplicates(entries: &mut [Entry]) {
    for index in 0..entries.len() {
        let (before, rest) = entries.split_at_mut(index);
        let Some(entry) = rest.first_mut() else {
            return;
        };
        // A duplicate of a duplicate names the target that is refreshed.
        let same = before.iter().find(|other| other.is_same_as(entry));
        let first = same.map(|other| {
            let first = other
                .same_as
                .as_ref()
                .unwrap_or(&other.target_region.target);
            Arc::clone(first)
        });
        match &first {
            Some(first) if entry.same_as.as_ref() != Some(first) => {
                log_duplicate(entry, first);
                refuse(entry, first);
            }
            Some(first) if entry.target_region.snapshot.is_none() => refuse(entry, first),
            _ => {}
        }
        entry.same_as = first;
    }
}

fn log_duplicate(entry: &Entry, first: &str) {
    let TargetRegion { target, region, .. } = &entry.target_region;
    region_span(target, region).in_scope(|| {
        tracing::error!(
            same_as = first,
            "target not refreshed: another target has the same account and region"
        );
    });
}

fn refuse(entry: &mut Entry, first: &Arc<str>) {
    let TargetRegion { target, region, .. } = &entry.target_region;
    let reason = format!("same account and region as target {first:?}: remove one of them");
    let collectors = entry.collectors.iter().copied();
    let snapshot = Snapshot::refused(Arc::clone(target), Arc::clone(region), collectors, &reason);
    entry.target_region.snapshot = Some(Arc::new(snapshot));
    entry.stop.cancel();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Role, Target};
    use crate::scheduler::Settings;

    /// A target in one region, in the account of the role, if it has one.
    fn entry(id: u64, target: &str, role: Option<&str>) -> Entry {
        let config = Config::default();
        let target = Target {
            name: target.to_owned(),
            role: role.map(|account| Role {
                arn: format!("arn:aws:iam::{account}:role/r"),
                external_id: None,
                session_name: "s".to_owned(),
            }),
            ..config.targets[0].clone()
        };
        let plan = TargetRegionPlan {
            target: target.name.as_str().into(),
            region: "eu-west-1".into(),
            credential_source: CredentialSource::of(&target, &config.aws),
            aws: config.aws,
            settings: Settings::from(&config),
            labels: Arc::default(),
            tag_labels: Arc::default(),
        };
        Entry::of(&plan, id, CancellationToken::new())
    }

    fn same_as(store: &SnapshotStore) -> Vec<Option<String>> {
        let entries = store.entries();
        let same_as = |entry: &Entry| entry.same_as.as_ref().map(ToString::to_string);
        entries.iter().map(same_as).collect()
    }

    /// A snapshot with a resource of this account.
    fn snapshot(account: &str) -> Snapshot {
        let mut snapshot = Snapshot::refused("t".into(), "eu-west-1".into(), [], "");
        snapshot.account_id = Some(account.into());
        snapshot
    }

    #[test]
    fn a_duplicate_of_the_second_is_a_duplicate_of_the_first() {
        let store = SnapshotStore::new();
        let (a, b, c) = (
            entry(1, "a", Some("111111111111")),
            entry(2, "b", None),
            entry(3, "c", None),
        );
        let stops = [a.stop.clone(), b.stop.clone(), c.stop.clone()];
        store.replace(vec![a, b, c]);
        assert_eq!(same_as(&store), [None, None, Some("b".to_owned())]);
        store.update(2, snapshot("111111111111"));
        let a = || Some("a".to_owned());
        assert_eq!(same_as(&store), [None, a(), a()]);
        assert_eq!(stops.map(|stop| stop.is_cancelled()), [false, true, true]);
        let refused = store.target_regions().into_iter().skip(1);
        for target_region in refused {
            let snapshot = target_region
                .snapshot
                .expect("a refused target region has a snapshot");
            assert_eq!(snapshot.accounts().next(), None);
            assert!(snapshot.collectors.iter().all(|status| {
                !status.success
                    && status
                        .error
                        .as_ref()
                        .is_some_and(|text| text.contains("\"a\""))
            }));
        }
    }

    #[test]
    fn targets_whose_accounts_are_unknown_are_no_duplicates() {
        let store = SnapshotStore::new();
        store.replace(vec![
            entry(1, "a", Some("111111111111")),
            entry(2, "b", None),
        ]);
        for id in [1, 2] {
            store.update(id, Snapshot::empty("t".into(), "eu-west-1".into()));
        }
        assert_eq!(same_as(&store), [None, None]);
    }

    #[test]
    fn another_account_in_the_region_is_no_duplicate() {
        let store = SnapshotStore::new();
        store.replace(vec![
            entry(1, "a", Some("111111111111")),
            entry(2, "b", Some("222222222222")),
            entry(3, "c", None),
        ]);
        store.update(3, snapshot("333333333333"));
        assert_eq!(same_as(&store), [None, None, None]);
    }
}
