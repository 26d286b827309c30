//! What is shown of every site: carries snapshots from the schedulers to the exposition.
//!
//! Two targets can turn out to be the same account in the same region. Here is
//! where that is seen, before anything of the second is shown: every series of
//! it would be there twice, and Prometheus would refuse them all.
//!
//! Rendering takes some milliseconds for a large account, so it happens on a
//! thread of its own; snapshots that come while it runs are rendered together.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::plan::SitePlan;
use crate::aws::Login;
use crate::exposition::Exposition;
use crate::model::{AccountId, Collector, Snapshot, TargetRegion};

/// A site, and what is known of whose it is.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Counts sites; a site that comes again has another.
    pub(super) id: u64,
    /// What is shown.
    pub(super) site: TargetRegion,
    /// The collectors that are on.
    pub(super) collectors: Vec<Collector>,
    /// How AWS is reached.
    pub(super) login: Login,
    /// The accounts that it was seen to be in: one, unless AWS gave ARNs that do not say.
    pub(super) accounts: BTreeSet<AccountId>,
    /// The target that has this account and region already.
    pub(super) same_as: Option<Arc<str>>,
    /// Ends its refreshes.
    pub(super) stop: CancellationToken,
}

/// All sites, in the order of the configuration. Cheap to clone; clones are one board.
#[derive(Clone, Debug)]
pub(super) struct Board {
    slots: watch::Sender<Vec<Slot>>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            slots: watch::Sender::new(Vec::new()),
        }
    }

    /// The sites as they are.
    pub(super) fn slots(&self) -> Vec<Slot> {
        self.slots.borrow().clone()
    }

    /// What is shown.
    pub(super) fn sites(&self) -> Vec<TargetRegion> {
        shown(&self.slots.borrow())
    }

    /// Puts other sites in the place of all. Gives them back as they are shown:
    /// some may be the same as others.
    pub(super) fn replace(&self, mut slots: Vec<Slot>) -> Vec<Slot> {
        settle(&mut slots);
        self.slots.send_replace(slots.clone());
        slots
    }

    /// Where the scheduler of a site puts its snapshots.
    pub(super) fn slot(&self, id: u64) -> impl FnMut(Snapshot) + Send + use<> {
        let board = self.clone();
        move |snapshot| board.put(id, snapshot)
    }

    /// Shows a snapshot.
    pub(super) fn put(&self, id: u64, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        self.slots.send_modify(|slots| {
            let Some(slot) = slots.iter_mut().find(|slot| slot.id == id) else {
                return;
            };
            if slot.same_as.is_some() {
                return;
            }
            slot.accounts.extend(snapshot.accounts().cloned());
            slot.site.snapshot = Some(snapshot);
            settle(slots);
        });
    }

    /// Renders whatever comes, until `stop`.
    pub(super) async fn render(self, exposition: Arc<Exposition>, stop: CancellationToken) {
        let mut slots = self.slots.subscribe();
        slots.mark_changed();
        while let Some(Ok(())) = stop.run_until_cancelled(slots.changed()).await {
            let sites = shown(&slots.borrow_and_update());
            let exposition = Arc::clone(&exposition);
            let rendered = tokio::task::spawn_blocking(move || exposition.publish(sites)).await;
            rendered.expect("rendering does not panic");
        }
    }
}

impl Slot {
    /// A site of which nothing is known but what the configuration says.
    pub(super) fn of(plan: &SitePlan, id: u64, stop: CancellationToken) -> Self {
        let account = plan.login.account_id().map(AccountId::from);
        Self {
            id,
            site: TargetRegion {
                target: Arc::clone(&plan.target),
                region: Arc::clone(&plan.region),
                labels: Arc::clone(&plan.labels),
                tag_labels: Arc::clone(&plan.tag_labels),
                snapshot: None,
            },
            collectors: plan.settings.plan.collectors().collect(),
            login: plan.login.clone(),
            accounts: account.into_iter().collect(),
            same_as: None,
            stop,
        }
    }

    /// Whether both are one account in one region, as far as that is known.
    fn is_same_as(&self, other: &Self) -> bool {
        self.site.region == other.site.region
            && !self.site.region.is_empty()
            && (self.login.is_same_identity(&other.login)
                || !self.accounts.is_disjoint(&other.accounts))
    }
}

fn shown(slots: &[Slot]) -> Vec<TargetRegion> {
    slots.iter().map(|slot| slot.site.clone()).collect()
}

/// Finds sites that are the same as one before them: those are shown as failed,
/// say why, and ask AWS nothing more.
fn settle(slots: &mut [Slot]) {
    for index in 0..slots.len() {
        let (before, rest) = slots.split_at_mut(index);
        let Some(slot) = rest.first_mut() else {
            return;
        };
        // The same as one that is itself the same as a third is the same as that.
        let same = before.iter().find(|other| other.is_same_as(slot));
        let first = same.map(|other| {
            let first = other.same_as.as_ref().unwrap_or(&other.site.target);
            Arc::clone(first)
        });
        match &first {
            Some(first) if slot.same_as.as_ref() != Some(first) => {
                tell(slot, first);
                refuse(slot, first);
            }
            Some(first) if slot.site.snapshot.is_none() => refuse(slot, first),
            _ => {}
        }
        slot.same_as = first;
    }
}

fn tell(slot: &Slot, first: &str) {
    tracing::error!(
        target = &*slot.site.target,
        aws_region = &*slot.site.region,
        same_as = first,
        "target not refreshed: it is the same account and region as another"
    );
}

fn refuse(slot: &mut Slot, first: &Arc<str>) {
    let TargetRegion { target, region, .. } = &slot.site;
    let reason =
        format!("the same account and region as target {first:?}, which shows it: remove one");
    let collectors = slot.collectors.iter().copied();
    let snapshot = Snapshot::refused(Arc::clone(target), Arc::clone(region), collectors, &reason);
    slot.site.snapshot = Some(Arc::new(snapshot));
    slot.stop.cancel();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Role, Target};
    use crate::scheduler::Settings;

    /// A site in one region; `role` says which account it is, where it has one.
    fn slot(id: u64, target: &str, role: Option<&str>) -> Slot {
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
        let plan = SitePlan {
            target: target.name.as_str().into(),
            region: "eu-west-1".into(),
            login: Login::of(&target, &config.aws),
            aws: config.aws,
            settings: Settings::from(&config),
            labels: Arc::default(),
            tag_labels: Arc::default(),
        };
        Slot::of(&plan, id, CancellationToken::new())
    }

    fn same_as(board: &Board) -> Vec<Option<String>> {
        let slots = board.slots();
        let same_as = |slot: &Slot| slot.same_as.as_ref().map(ToString::to_string);
        slots.iter().map(same_as).collect()
    }

    /// What a refresh finds in an account.
    fn snapshot(account: &str) -> Snapshot {
        let mut snapshot = Snapshot::refused("t".into(), "eu-west-1".into(), [], "");
        let pair = crate::model::Association {
            fleet: "f".into(),
            stack: "s".into(),
        };
        snapshot.associations.push((account.into(), pair));
        snapshot
    }

    #[test]
    fn what_is_the_same_as_the_second_is_the_same_as_the_first() {
        let board = Board::new();
        let (a, b, c) = (
            slot(1, "a", Some("111111111111")),
            slot(2, "b", None),
            slot(3, "c", None),
        );
        let stops = [a.stop.clone(), b.stop.clone(), c.stop.clone()];
        board.replace(vec![a, b, c]);
        assert_eq!(same_as(&board), [None, None, Some("b".to_owned())]);
        board.put(2, snapshot("111111111111"));
        let a = || Some("a".to_owned());
        assert_eq!(same_as(&board), [None, a(), a()]);
        assert_eq!(stops.map(|stop| stop.is_cancelled()), [false, true, true]);
        let shown = board.sites().into_iter().skip(1);
        for site in shown {
            let snapshot = site.snapshot.expect("a site that is refused says so");
            assert!(snapshot.associations.is_empty());
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
    fn another_account_in_the_region_is_another_site() {
        let board = Board::new();
        board.replace(vec![
            slot(1, "a", Some("111111111111")),
            slot(2, "b", Some("222222222222")),
            slot(3, "c", None),
        ]);
        board.put(3, snapshot("333333333333"));
        assert_eq!(same_as(&board), [None, None, None]);
    }
}
