//! App block builders: `DescribeAppBlockBuilders`, on every refresh where there are
//! any. Most regions have none: these are read as often as the topology.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{self, Read, Resource};
use super::refresh::View;
use crate::aws::Error;
use crate::model::{AppBlockBuilder, AppBlockBuilderName, Collector, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeAppBlockBuilders",
    collectors: &[Collector::AppstreamBuilders],
    needed_by: &[],
    reads: |known, view, visit| {
        let list = &known.app_block_builders;
        let cadence = match &list.last_good {
            Some(builders) if builders.is_empty() => Cadence::topology(view),
            _ => Cadence::EveryRefresh,
        };
        read::list(list, cadence, Read::AppBlockBuilders, visit);
    },
    show: |known, view, snapshot| {
        let builders = known.app_block_builders.current(view);
        snapshot.app_block_builders = builders.map(Arc::clone).unwrap_or_default();
    },
};

/// The operation declares OperationNotPermittedException. Where there is no builder, it
/// says that AWS does not support them here.
pub(super) fn apply(
    known: &mut Known,
    attempt: Attempt<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>,
    view: View<'_>,
) {
    let list = &mut known.app_block_builders;
    let has_any = list.listed().next().is_some();
    let is_refusal =
        |error: &Error| !has_any && (error.is_service_absent() || error.is_unsupported_parameter());
    list.record_unless_refused(attempt, view, is_refusal);
}
