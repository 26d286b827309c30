//! The account that the resources of a snapshot are in, by their ARNs.

use super::name::{AccountId, FleetName};
use super::snapshot::Snapshot;

impl Snapshot {
    /// The accounts that are known of this snapshot: one, since a region of a target is in
    /// one account; none, when neither an ARN nor a role names it.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        let fleets = self.fleets.values().map(|fleet| &fleet.account_id);
        let stacks = self.stacks.values().map(|stack| &stack.account_id);
        let image_builders = self.image_builders.values();
        let image_builders = image_builders.map(|builder| &builder.account_id);
        let app_block_builders = self.app_block_builders.values();
        let app_block_builders = app_block_builders.map(|builder| &builder.account_id);
        let pools = self.pools.values().map(|pool| &pool.account_id);
        let builders = image_builders.chain(app_block_builders);
        let in_arns = fleets.chain(stacks).chain(builders).chain(pools);
        in_arns.chain([&self.account_id]).flatten()
    }

    /// The account of a resource: the one in its ARN, or else the one that is known.
    /// Empty when none is.
    #[must_use]
    pub fn account_of<'a>(&'a self, in_arn: Option<&'a AccountId>) -> &'a str {
        let account_id = in_arn.or(self.account_id.as_ref());
        account_id.map_or("", AccountId::as_str)
    }

    /// The account of a fleet, which need not be in this snapshot.
    #[must_use]
    pub fn account_of_fleet(&self, fleet: &FleetName) -> &str {
        let fleet = self.fleets.get(fleet);
        self.account_of(fleet.and_then(|fleet| fleet.account_id.as_ref()))
    }
}
