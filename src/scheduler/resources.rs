//! The list of resources. Each has a file of its own, which says when its entries
//! are due (`reads`), what an answer changes (`apply`), and what is shown (`show`).

use super::entry::{Attempt, History};
use super::known::Known;
use super::read::{Change, Read, Visit};
use super::round::View;
use super::{associations, fleets, pool_sessions, pools, sessions, stacks, tags};
use crate::aws::{Error, Listed, Source};
use crate::model::{Association, Snapshot};
use crate::report::Span;

/// Shows every entry that the collectors which are on need.
pub(super) fn each(known: &Known, view: View<'_>, visit: Visit<'_>) {
    fleets::reads(known, view, visit);
    tags::reads(known, view, visit);
    associations::reads(known, view, visit);
    stacks::reads(known, view, visit);
    sessions::reads(known, view, visit);
    pools::reads(known, view, visit);
    pool_sessions::reads(known, view, visit);
}

/// Adds what is known and not too old to a snapshot.
pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    fleets::show(known, view, snapshot);
    tags::show(known, view, snapshot);
    associations::show(known, view, snapshot);
    stacks::show(known, view, snapshot);
    sessions::show(known, view, snapshot);
    pools::show(known, view, snapshot);
    pool_sessions::show(known, view, snapshot);
}

/// The history of the entry that a read is for; `None` if it is gone.
pub(super) fn history_mut<'a>(
    known: &'a mut Known,
    view: View<'_>,
    read: &Read,
) -> Option<&'a mut History> {
    Some(match read {
        Read::Fleets => &mut known.fleets.history,
        Read::Tags(fleet, _) => &mut known.tags.0.get_mut(fleet)?.history,
        Read::Associations(fleet) => &mut known.associations.0.get_mut(fleet)?.history,
        Read::Stacks => &mut known.stacks.history,
        Read::Sessions(pair, kind) => &mut sessions::entry_mut(known, view, pair, kind)?.history,
        Read::Pools => &mut known.pools.history,
        Read::PoolSessions(pool) => &mut known.pool_sessions.0.get_mut(pool)?.history,
    })
}

/// Reads a list. Gives back what puts the answer where it belongs.
pub(super) async fn perform(read: Read, source: impl Source) -> Answer {
    match read {
        Read::Fleets => Answer::new((), source.describe_fleets().await, fleets::apply),
        Read::Tags(fleet, arn) => Answer::new(fleet, source.list_tags(&arn).await, tags::apply),
        Read::Associations(fleet) => {
            let stacks = source.list_associated_stacks(&fleet).await;
            Answer::new(fleet, stacks, associations::apply)
        }
        Read::Stacks => Answer::new((), source.describe_stacks().await, stacks::apply),
        Read::Sessions(pair, kind) => {
            let Association { fleet, stack } = &pair;
            let tally = source.describe_sessions(fleet, stack, &kind).await;
            Answer::new((pair, kind), tally, sessions::apply)
        }
        Read::Pools => Answer::new((), source.describe_workspaces_pools().await, pools::apply),
        Read::PoolSessions(pool) => {
            let tally = source.describe_workspaces_pool_sessions(&pool).await;
            Answer::new(pool, tally, pool_sessions::apply)
        }
    }
}

/// Takes an answer in.
type Apply = dyn FnOnce(&mut Known, Span, View<'_>) -> Change + Send;

/// The answer to a read, with the way to take it in.
pub(super) struct Answer {
    /// Whether the list was read.
    pub(super) is_good: bool,
    apply: Box<Apply>,
}

impl Answer {
    fn new<K: Send + 'static, T: Send + 'static>(
        key: K,
        result: Result<Listed<T>, Error>,
        apply: fn(&mut Known, K, Attempt<T>, View<'_>) -> Change,
    ) -> Self {
        let is_good = result.is_ok();
        let apply = move |known: &mut Known, span: Span, view: View<'_>| {
            apply(known, key, Attempt { result, span }, view)
        };
        let apply = Box::new(apply);
        Self { is_good, apply }
    }

    /// Takes the answer in. Says whether other reads may be due by that.
    pub(super) fn apply(self, known: &mut Known, span: Span, view: View<'_>) -> bool {
        let change = (self.apply)(known, span, view);
        if change == Change::Entries {
            known.reconcile(view);
        }
        change != Change::None
    }
}
