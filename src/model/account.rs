//! The account that the resources of a snapshot are in, by their ARNs.

use std::sync::Arc;

use super::name::AccountId;
use super::snapshot::Snapshot;

impl Snapshot {
    /// The accounts that ARNs of this snapshot name: one, since a region of a target is in
    /// one account; none, when AWS gave no ARN.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.account_ids().filter(|account| !is_unknown(account))
    }

    /// Puts everything whose ARN AWS left out into this account.
    pub fn fill_account(&mut self, account: &AccountId) {
        // The maps are shared, and a copy costs something.
        if !self.account_ids().any(is_unknown) {
            return;
        }
        let fleets = Arc::make_mut(&mut self.fleets).values_mut();
        let stacks = Arc::make_mut(&mut self.stacks).values_mut();
        let pools = Arc::make_mut(&mut self.pools).values_mut();
        let pairs = self.associations.iter_mut();
        fleets
            .map(|fleet| &mut fleet.account_id)
            .chain(stacks.map(|stack| &mut stack.account_id))
            .chain(pools.map(|pool| &mut pool.account_id))
            .chain(pairs.map(|(account_id, _)| account_id))
            .chain(self.sessions.iter_mut().map(|pair| &mut pair.account_id))
            .chain(
                self.pool_sessions
                    .iter_mut()
                    .map(|pool| &mut pool.account_id),
            )
            .chain(
                self.fleet_instances
                    .iter_mut()
                    .map(|fleet| &mut fleet.account_id),
            )
            .chain(self.fleet_tags.iter_mut().map(|tags| &mut tags.account_id))
            .filter(|account_id| is_unknown(account_id))
            .for_each(|account_id| *account_id = account.clone());
    }

    fn account_ids(&self) -> impl Iterator<Item = &AccountId> {
        let fleets = self.fleets.values().map(|fleet| &fleet.account_id);
        let stacks = self.stacks.values().map(|stack| &stack.account_id);
        let pools = self.pools.values().map(|pool| &pool.account_id);
        let pairs = self.associations.iter().map(|(account_id, _)| account_id);
        let sessions = self.sessions.iter().map(|pair| &pair.account_id);
        let pool_sessions = self.pool_sessions.iter().map(|pool| &pool.account_id);
        fleets
            .chain(stacks)
            .chain(pools)
            .chain(pairs)
            .chain(sessions)
            .chain(pool_sessions)
    }
}

fn is_unknown(account: &AccountId) -> bool {
    account.as_str().is_empty()
}
