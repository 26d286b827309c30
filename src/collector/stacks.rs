//! Samples of stacks: `DescribeStacks` and the lists of associations.

use super::{ExtraLabels, Sink, each_snapshot, error_counts};
use crate::catalog;
use crate::model::{Stack, TargetRegion};

/// Fills the families of [`catalog::STACKS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut impl Sink) {
    each(target_regions, |[account, region, name], extra, stack| {
        let display_name = stack.display_name.as_deref().unwrap_or_default();
        let labels = [account, region, name, display_name];
        sink.sample(&catalog::STACK_INFO, &labels, extra, 1.0);
    });
    each_snapshot(target_regions, |_, snapshot, extra| {
        for (account_id, pair) in &snapshot.associations {
            let labels = [
                account_id.as_str(),
                &snapshot.region,
                pair.fleet.as_str(),
                pair.stack.as_str(),
            ];
            sink.sample(&catalog::STACK_FLEET_ASSOCIATION, &labels, extra, 1.0);
        }
    });
    each(target_regions, |[account, region, name], extra, stack| {
        error_counts(&stack.errors, |code, count| {
            let labels = [account, region, name, code];
            sink.sample(&catalog::STACK_ERRORS, &labels, extra, count);
        });
    });
}

/// Every stack with the labels of [`catalog::Scope::Stack`].
fn each<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 3], ExtraLabels<'m>, &'a Stack),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for stack in snapshot.stacks.values() {
            let labels = [
                stack.account_id.as_str(),
                &*snapshot.region,
                stack.name.as_str(),
            ];
            visit(labels, extra, stack);
        }
    });
}
