//! The sections `refresh`, `sessions`, `scaling`, `quotas` and `aws`, with their defaults.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::yaml::duration::{self, DAY, MINUTE, SECOND, between};

/// For what changes a few times in a year.
const HOURLY: Duration = Duration::from_secs(3600);

/// `refresh`: when AWS is asked, and how long answers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Refresh {
    /// Time between the starts of two refreshes.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
    /// How long after its start a refresh stops starting reads, while those under way go on; at most the interval.
    ///
    /// Left out: five sixths of the interval.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<1, DAY>")]
    pub timeout: Duration,
    /// How long the last good value of something that cannot be read again is shown; at least the interval.
    ///
    /// Left out: three intervals.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, { 365 * DAY }>")]
    pub max_age: Duration,
    /// How often stacks, associations and tags are read, each at a time of its own.
    ///
    /// Left out: ten minutes, or the interval where that is longer; with sessions.economy off, every refresh reads them.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub topology_interval: Duration,
}

impl Default for Refresh {
    fn default() -> Self {
        // AWS's own CloudWatch metrics of fleets come at this pace.
        Self::every(Duration::from_secs(60))
    }
}

impl Refresh {
    /// An interval, and what follows from it.
    pub(super) fn every(interval: Duration) -> Self {
        // 50 s of a minute leave time to publish what there is. The smallest unit of the
        // file is a millisecond.
        let timeout = (interval * 5 / 6).as_millis();
        Self {
            interval,
            timeout: Duration::from_millis(u64::try_from(timeout).unwrap_or(u64::MAX)),
            // Two refreshes may fail before a value expires.
            max_age: interval * 3,
            // Stacks and associations are made by people and deployments, a few in a day.
            topology_interval: interval.max(Duration::from_secs(600)),
        }
    }
}

/// `sessions`: how sessions are asked for, and whether they are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// Authentication types to ask for; each costs at least one call for every pair of fleet and stack.
    ///
    /// Accepted: a list of at least one of API, SAML, USERPOOL, AWS_AD; collectors.appstream_sessions: false asks for none.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub authentication_types: Vec<AuthenticationType>,
    /// Whether authentication types without sessions are read less often.
    pub economy: bool,
    /// How often such a type is read; three times as long where the fleet's own figures rule out a session.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub recheck_interval: Duration,
    /// Whether the sessions themselves, with user ids and addresses, are kept and shown under /sessions and /api/v1/sessions; the web configuration must ask for passwords or client certificates.
    pub list: bool,
    /// Whether they are shown without either, to everyone who can reach the exporter.
    #[schemars(extend("x-reload" = "nothing"))]
    pub list_without_authentication: bool,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            authentication_types: AuthenticationType::ALL.to_vec(),
            economy: true,
            // What the fleets' own figures do not reveal is found after this at the latest.
            recheck_interval: Duration::from_secs(600),
            list: false,
            list_without_authentication: false,
        }
    }
}

/// `images`: when images are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// How often the images that fleets and image builders use are read; a new one is read at once.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
}

impl Default for Images {
    fn default() -> Self {
        Self { interval: HOURLY }
    }
}

/// `account`: when settings of the account are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// How often directory configs and usage reports are read.
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

/// `scaling`: how often the scaling of fleets and pools is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scaling {
    /// How often scheduled actions, policies and activities are read; limits are read in every refresh.
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

/// `quotas`: which quotas of AppStream are shown, and how often they are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// How often quotas are read; how much of them is used is counted in every refresh.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, { 7 * DAY }>")]
    pub interval: Duration,
    /// Codes or names of quotas whose limit is shown although the exporter cannot count how much of it is used.
    ///
    /// Accepted: a list of codes such as L-6A8C9986, or of names such as Users in the user pool.
    #[schemars(extend("uniqueItems" = true))]
    pub include: Vec<String>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            // A quota changes when AWS grants a request, a few times in a year.
            interval: Duration::from_secs(6 * 3600),
            include: Vec::new(),
        }
    }
}

/// `aws`: how hard AWS is asked, per account and region.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("x-reload" = "new limits"))]
pub struct Aws {
    /// Requests per second to each service in each region of each target, retries included.
    #[schemars(range(min = 0.01, max = 1_000_000.0))]
    pub requests_per_second: f64,
    /// Requests that may follow at once after a pause, per service.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub burst: u32,
    /// Requests under way at one time in each region of each target; at most a quarter go to reads that timed out the last time.
    #[schemars(range(min = 1, max = 1000))]
    pub max_concurrency: usize,
    /// How long one request may take, each retry on its own; at most half of refresh.timeout counts.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<100, { 5 * MINUTE }>")]
    pub request_timeout: Duration,
    /// Whether endpoints validated under FIPS 140 are used.
    ///
    /// Left out: AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the AWS profile, decides.
    #[schemars(extend("x-reload" = "restarted"))]
    pub use_fips: Option<bool>,
    /// Whether endpoints that also speak IPv6 are used.
    ///
    /// Left out: AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint of the AWS profile, decides.
    #[schemars(extend("x-reload" = "restarted"))]
    pub use_dual_stack: Option<bool>,
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            // AWS publishes no rate for these APIs; this leaves room for consoles and
            // deployments beside us.
            requests_per_second: 5.0,
            burst: 10,
            max_concurrency: 8,
            request_timeout: Duration::from_secs(10),
            use_fips: None,
            use_dual_stack: None,
        }
    }
}
