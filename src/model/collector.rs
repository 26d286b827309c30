//! Collectors and AWS services, and the results of their last refresh.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a refresh that can be switched off, and that succeeds or fails independently.
///
/// Each variant is a key of `collectors` in the configuration file, with its comment as the
/// description.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// Fleets and their capacity.
    AppstreamFleets,
    /// Stacks and their associations with fleets.
    AppstreamStacks,
    /// Streaming sessions.
    AppstreamSessions,
    /// Image builders and app block builders.
    AppstreamBuilders,
    /// Images that fleets and image builders use.
    AppstreamImages,
    /// Directory configs and usage reports.
    AppstreamAccount,
    /// WorkSpaces Pools and their capacity.
    WorkspacesPools,
    /// Sessions of WorkSpaces Pools.
    WorkspacesPoolSessions,
    /// Application Auto Scaling of fleets and pools.
    Scaling,
    /// AppStream quotas and their usage.
    Quotas,
    /// Rejected sessions, latency and more, from CloudWatch GetMetricData, for which AWS charges.
    Cloudwatch,
}

impl Collector {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 11] = [
        Self::AppstreamFleets,
        Self::AppstreamStacks,
        Self::AppstreamSessions,
        Self::AppstreamBuilders,
        Self::AppstreamImages,
        Self::AppstreamAccount,
        Self::WorkspacesPools,
        Self::WorkspacesPoolSessions,
        Self::Scaling,
        Self::Quotas,
        Self::Cloudwatch,
    ];

    /// The service that its own lists are read from.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::AppstreamFleets
            | Self::AppstreamStacks
            | Self::AppstreamSessions
            | Self::AppstreamBuilders
            | Self::AppstreamImages
            | Self::AppstreamAccount => Service::Appstream,
            Self::WorkspacesPools | Self::WorkspacesPoolSessions => Service::Workspaces,
            Self::Scaling => Service::ApplicationAutoscaling,
            Self::Quotas => Service::ServiceQuotas,
            Self::Cloudwatch => Service::Cloudwatch,
        }
    }

    /// Name in the configuration and in the `collector` label; a test of `config` compares it
    /// with the name that is read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AppstreamFleets => "appstream_fleets",
            Self::AppstreamStacks => "appstream_stacks",
            Self::AppstreamSessions => "appstream_sessions",
            Self::AppstreamBuilders => "appstream_builders",
            Self::AppstreamImages => "appstream_images",
            Self::AppstreamAccount => "appstream_account",
            Self::WorkspacesPools => "workspaces_pools",
            Self::WorkspacesPoolSessions => "workspaces_pool_sessions",
            Self::Scaling => "scaling",
            Self::Quotas => "quotas",
            Self::Cloudwatch => "cloudwatch",
        }
    }
}

/// An AWS service that the exporter calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// AppStream 2.0, now WorkSpaces Applications.
    Appstream,
    /// WorkSpaces, for its pools.
    Workspaces,
    /// Application Auto Scaling.
    ApplicationAutoscaling,
    /// Service Quotas.
    ServiceQuotas,
    /// CloudWatch.
    Cloudwatch,
}

impl Service {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Appstream,
        Self::Workspaces,
        Self::ApplicationAutoscaling,
        Self::ServiceQuotas,
        Self::Cloudwatch,
    ];

    /// Value of the `aws_service` label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Appstream => "appstream",
            Self::Workspaces => "workspaces",
            Self::ApplicationAutoscaling => "application-autoscaling",
            Self::ServiceQuotas => "service-quotas",
            Self::Cloudwatch => "cloudwatch",
        }
    }
}

/// The result of one collector in the last refresh.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectorStatus {
    /// Which one.
    pub collector: Collector,
    /// Whether the last refresh had no failure in it.
    pub success: bool,
    /// Whether the last refresh called AWS for it. There are no calls if all data is cached, or
    /// if there are no resources.
    pub asked: bool,
    /// Lists that belong to it, read or not.
    pub lists: usize,
    /// When a refresh without a failure last ended.
    pub last_success: Option<SystemTime>,
    /// The last successful call to AWS for it; before `last_success` if that refresh used cached
    /// data.
    pub last_read: Option<SystemTime>,
    /// When the first of the refreshes ended that have failed in a row; `None`
    /// after a success, and where there was no refresh.
    pub failing_since: Option<SystemTime>,
    /// The duration of the last refresh.
    pub duration: Duration,
    /// The number of failed parts in the last refresh.
    pub failures: usize,
    /// The first error; `None` after a success.
    pub error: Option<String>,
    /// Unsupported authentication types, or an empty text for the whole collector, each with
    /// AWS's error.
    pub unsupported: BTreeMap<String, String>,
}

/// The calls to one service that a refresh needs, that the rate limit allows, and that the last
/// refresh made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServiceUse {
    /// Which service.
    pub service: Service,
    /// Calls that a whole refresh needs.
    pub needed: u32,
    /// Calls that the rate limit allows within the refresh timeout.
    pub budget: u64,
    /// Requests that were sent, retries among them.
    pub sent: u64,
    /// Requests that may be sent in a second: fewer than configured while AWS throttles.
    pub requests_per_second: f64,
    /// The same as it is configured.
    pub configured_per_second: f64,
    /// Lists that were never read.
    pub unread: usize,
    /// The refresh ended before everything was read.
    pub ran_out_of_time: bool,
}
