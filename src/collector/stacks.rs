//! Samples of stacks: `DescribeStacks`, the lists of associations, and tags.

use super::{ExtraLabels, Sink, each_snapshot, error_counts};
use crate::catalog;
use crate::model::{Snapshot, Stack, TargetRegion};

/// Fills the families of [`catalog::STACKS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each(target_regions, |[account, region, name], extra, stack| {
        let display_name = stack.display_name.as_deref().unwrap_or_default();
        let labels = [account, region, name, display_name];
        sink.sample(&catalog::STACK_INFO, &labels, extra, 1.0);
    });
    tags(target_regions, sink);
    each_snapshot(target_regions, |_, snapshot, extra| {
        for pair in &snapshot.associations {
            let labels = [
                snapshot.account_of_fleet(&pair.fleet),
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

/// `ListTagsForResource`.
fn tags(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_snapshot(target_regions, |target_region, snapshot, extra| {
        for (stack, tags) in &snapshot.stack_tags {
            if let Some(stack) = snapshot.stacks.get(stack) {
                super::tags(tags, target_region, extra, |extra| {
                    sink.sample(&catalog::STACK_TAGS, &labels(snapshot, stack), extra, 1.0);
                });
            }
        }
    });
}

/// Every stack with the labels of [`catalog::Scope::Stack`].
fn each<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 3], ExtraLabels<'m>, &'a Stack),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for stack in snapshot.stacks.values() {
            visit(labels(snapshot, stack), extra, stack);
        }
    });
}

fn labels<'a>(snapshot: &'a Snapshot, stack: &'a Stack) -> [&'a str; 3] {
    let account = snapshot.account_of(stack.account_id.as_ref());
    [account, &snapshot.region, stack.name.as_str()]
}
