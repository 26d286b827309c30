//! Failing collectors, grouped: the same reason in several regions is one problem.

use std::collections::BTreeMap;

use crate::server::status::{Collector, State, Status, Target};
use crate::server::time::Timestamp;

/// In place of the region of a target that waits for instance metadata to say it.
pub(super) const NO_REGION: &str = "no region yet";

/// A reason for which collectors of a target fail.
#[derive(Debug, PartialEq)]
pub(super) struct Problem<'a> {
    pub(super) target: &'a str,
    /// In words: how much failed, and the first of it.
    pub(super) reason: String,
    /// Since when the first of them fails.
    pub(super) since: Option<Timestamp>,
    /// The target is rejected as a duplicate: it makes no calls and has no failures of its own.
    pub(super) is_refused: bool,
    /// The regions in which they fail.
    pub(super) regions: Vec<FailingRegion<'a>>,
}

/// A region in which collectors fail.
#[derive(Debug, PartialEq)]
pub(super) struct FailingRegion<'a> {
    pub(super) region: &'a str,
    failing: Vec<&'a str>,
    /// Collectors that the region has.
    total: usize,
}

impl FailingRegion<'_> {
    /// Which collectors, in words.
    pub(super) fn collectors(&self) -> String {
        if self.failing.len() == self.total && self.total > 1 {
            "all collectors".to_owned()
        } else {
            self.failing.join(", ")
        }
    }
}

/// All of them, in the order of the configuration.
pub(super) fn problems(status: &Status) -> Vec<Problem<'_>> {
    status.targets.iter().flat_map(of_target).collect()
}

fn of_target(target: &Target) -> Vec<Problem<'_>> {
    let mut problems: Vec<Problem<'_>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for region in &target.regions {
        let name = region.region.as_deref().unwrap_or(NO_REGION);
        for collector in region.collectors.iter().filter(|one| !one.success) {
            let reason = reason(collector);
            let index = *known.entry(reason.clone()).or_insert(problems.len());
            if index == problems.len() {
                problems.push(Problem {
                    target: &target.target,
                    reason,
                    since: None,
                    is_refused: region.state == State::Refused,
                    regions: Vec::new(),
                });
            }
            let problem = &mut problems[index];
            let earlier = problem.since.into_iter().chain(collector.failing_since);
            problem.since = earlier.min();
            match problem.regions.last_mut() {
                Some(last) if last.region == name => last.failing.push(collector.collector),
                _ => problem.regions.push(FailingRegion {
                    region: name,
                    failing: vec![collector.collector],
                    total: region.collectors.len(),
                }),
            }
        }
    }
    problems
}

/// The number of failures, and the first one.
pub(super) fn reason(collector: &Collector) -> String {
    match (&collector.error, collector.failures) {
        (None, _) => "unknown reason".to_owned(),
        (Some(first), 0 | 1) => first.clone(),
        (Some(first), failures) => format!("{failures} failures, the first: {first}"),
    }
}
