//! Subscriptions to usage reports.

use std::collections::BTreeMap;

use super::ErrorCounts;

/// The subscriptions of a region together, of which AWS allows one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageReports {
    /// The newest `LastGeneratedReportDate` by `Schedule`, Unix time in seconds.
    pub last_generated: BTreeMap<String, f64>,
    /// `SubscriptionErrors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}
