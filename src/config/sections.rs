//! Sections of the configuration with their defaults. `collectors`, `filters`, `tags` and
//! `targets` have their own files.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::MetricGroup;
use crate::yaml::duration::{self, DAY, HOUR, MINUTE, SECOND, between};

/// For settings that change a few times a year.
const HOURLY: Duration = Duration::from_secs(3600);

/// `refresh`: the timer that reads AWS, and the age limit of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Refresh {
    /// Interval between refresh starts.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
    /// Time limit for starting reads; at most the interval. Reads in progress continue.
    ///
    /// Left out: 5/6 of the interval.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<1, DAY>")]
    pub timeout: Duration,
    /// Age at which an outdated value is removed; at least the interval.
    ///
    /// Left out: 3 intervals.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, { 365 * DAY }>")]
    pub max_age: Duration,
    /// Interval between reads of stacks, associations and tags.
    ///
    /// Left out: the interval if longer, or if sessions.economy is false.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub topology_interval: Duration,
}

impl Default for Refresh {
    fn default() -> Self {
        // CloudWatch publishes fleet metrics at this interval.
        Self::every(Duration::from_secs(60))
    }
}

impl Refresh {
    /// The section with this interval and the defaults that depend on it.
    pub(super) fn every(interval: Duration) -> Self {
        // The rest of the interval is for reads in progress. The smallest unit of the file
        // is a millisecond.
        let timeout = (interval * 5 / 6).as_millis();
        Self {
            interval,
            timeout: Duration::from_millis(u64::try_from(timeout).unwrap_or(u64::MAX)),
            // Two refreshes may fail before a value expires.
            max_age: interval * 3,
            // People and deployments create stacks and associations, a few a day.
            topology_interval: interval.max(Duration::from_secs(600)),
        }
    }
}

/// `sessions`: reads of sessions, and their list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// Authentication types to read; each costs at least one API call per fleet and stack.
    ///
    /// Accepted: a list of at least one of API, SAML, USERPOOL, AWS_AD; to read none, set collectors.appstream_sessions: false.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub authentication_types: Vec<AuthenticationType>,
    /// Read authentication types without sessions less often.
    pub economy: bool,
    /// Interval between reads of an authentication type without sessions. Tripled if the fleet's capacity shows no missing session.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub recheck_interval: Duration,
    /// Show each session, with user ID and addresses, on /sessions and /api/v1/sessions. The web configuration must require passwords or client certificates.
    pub list: bool,
    /// Allow sessions.list without passwords or client certificates.
    #[schemars(extend("x-reload" = "nothing"))]
    pub list_without_authentication: bool,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            authentication_types: AuthenticationType::ALL.to_vec(),
            economy: true,
            // A session that the capacity figures do not reveal is found within this time.
            recheck_interval: Duration::from_secs(600),
            list: false,
            list_without_authentication: false,
        }
    }
}

/// `images`: reads of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// Interval between reads of an image. New images are read at once.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
}

impl Default for Images {
    fn default() -> Self {
        Self { interval: HOURLY }
    }
}

/// `account`: reads of account settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Interval between reads of directory configs and usage reports.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
}

impl Default for Account {
    fn default() -> Self {
        Self { interval: HOURLY }
    }
}

/// An authentication type that `DescribeSessions` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "an authentication type")]
pub enum AuthenticationType {
    /// Streaming URLs.
    #[serde(rename = "API")]
    Api,
    /// SAML 2.0 federation.
    #[serde(rename = "SAML")]
    Saml,
    /// The AppStream user pool.
    #[serde(rename = "USERPOOL")]
    UserPool,
    /// Active Directory.
    #[serde(rename = "AWS_AD")]
    AwsAd,
}

impl AuthenticationType {
    /// All of them, in the order of AWS's documentation.
    pub const ALL: [Self; 4] = [Self::Api, Self::Saml, Self::UserPool, Self::AwsAd];

    /// The value that goes over the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Saml => "SAML",
            Self::UserPool => "USERPOOL",
            Self::AwsAd => "AWS_AD",
        }
    }
}

/// `scaling`: reads of scaling settings and activities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scaling {
    /// Interval between reads of scheduled actions, policies and activities. Limits are read on every refresh.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
}

impl Default for Scaling {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(600),
        }
    }
}

/// Accepted: a code or name, without spaces at its start or end.
#[derive(JsonSchema)]
#[schemars(title = "a quota")]
struct QuotaName(
    #[schemars(regex(pattern = r"^\S(.*\S)?$"))]
    #[expect(dead_code, reason = "this type is only a schema")]
    String,
);

/// `quotas`: reads of AppStream quotas, and additional ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Interval between reads of quota values. Usage is counted on every refresh.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, { 7 * DAY }>")]
    pub interval: Duration,
    /// Codes or names of additional quotas to show.
    ///
    /// Accepted: a list of quota codes (L-6A8C9986) or names (Users in the user pool).
    #[schemars(with = "Vec<QuotaName>", extend("uniqueItems" = true))]
    pub include: Vec<String>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            // Quotas change only when AWS grants an increase.
            interval: Duration::from_secs(6 * 3600),
            include: Vec::new(),
        }
    }
}

/// `cloudwatch`: the metrics to read, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cloudwatch {
    /// Interval between reads of CloudWatch metrics. AWS charges for each metric; see docs/sizing.md.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
    /// Time to wait for late datapoints.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<0, HOUR>")]
    pub delay: Duration,
    /// Groups of metrics to read.
    ///
    /// Accepted: a list of at least one of rejections, latency, packet_loss, frame_rate, cpu, memory.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub metrics: Vec<MetricGroup>,
}

impl Default for Cloudwatch {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(300),
            delay: Duration::from_secs(420),
            metrics: vec![MetricGroup::Rejections],
        }
    }
}

/// `aws`: request limits per account and region, and endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("x-reload" = "new limits"))]
pub struct Aws {
    /// Maximum requests per second to each AWS service, including retries.
    #[schemars(range(min = 0.01, max = 1_000_000.0))]
    pub requests_per_second: f64,
    /// Maximum requests sent to a service at once after a pause.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub burst: u32,
    /// Maximum concurrent requests. At most a quarter are for lists that timed out.
    #[schemars(range(min = 1, max = 1000))]
    pub max_concurrency: usize,
    /// Timeout of one request or retry; limited to half of refresh.timeout.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<100, { 5 * MINUTE }>")]
    pub request_timeout: Duration,
    /// Use FIPS 140 endpoints.
    ///
    /// Left out: AWS_USE_FIPS_ENDPOINT or the AWS profile.
    #[schemars(extend("x-reload" = "restarted"))]
    pub use_fips: Option<bool>,
    /// Use endpoints that also support IPv6.
    ///
    /// Left out: AWS_USE_DUALSTACK_ENDPOINT or the AWS profile.
    #[schemars(extend("x-reload" = "restarted"))]
    pub use_dual_stack: Option<bool>,
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            // AWS publishes no rate limit for these APIs. This rate leaves capacity for
            // consoles and deployments in the same account.
            requests_per_second: 5.0,
            burst: 10,
            max_concurrency: 8,
            request_timeout: Duration::from_secs(10),
            use_fips: None,
            use_dual_stack: None,
        }
    }
}
