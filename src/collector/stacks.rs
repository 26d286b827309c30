//! Samples of stacks: `DescribeStacks` and the lists of associations.

use std::sync::Arc;

use super::{Sink, error_counts};
use crate::catalog;
use crate::model::Snapshot;

/// Fills the families of [`catalog::STACKS`].
pub(super) fn collect(snapshots: &[Arc<Snapshot>], sink: &mut impl Sink) {
    for snapshot in snapshots {
        for stack in snapshot.stacks.values() {
            let display_name = stack.display_name.as_deref().unwrap_or_default();
            let labels = [
                stack.account_id.as_str(),
                &snapshot.region,
                stack.name.as_str(),
                display_name,
            ];
            sink.sample(&catalog::STACK_INFO, &labels, 1.0);
        }
    }
    for snapshot in snapshots {
        for (account_id, pair) in &snapshot.associations {
            let labels = [
                account_id.as_str(),
                &snapshot.region,
                pair.fleet.as_str(),
                pair.stack.as_str(),
            ];
            sink.sample(&catalog::STACK_FLEET_ASSOCIATION, &labels, 1.0);
        }
    }
    for snapshot in snapshots {
        for stack in snapshot.stacks.values() {
            error_counts(&stack.errors, |code, count| {
                let labels = [
                    stack.account_id.as_str(),
                    &snapshot.region,
                    stack.name.as_str(),
                    code,
                ];
                sink.sample(&catalog::STACK_ERRORS, &labels, count);
            });
        }
    }
}
