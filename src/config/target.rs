//! `targets`: the accounts and regions that the exporter reads.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{AuthenticationType, Collectors, Sessions, regions};
use crate::yaml::schema;

/// An entry of `targets`: an account and its regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("x-reload" = "restarted"))]
pub struct Target {
    /// Unique value of the label target.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Region codes, or `[all]` for every region with AppStream.
    ///
    /// Accepted: a list of region codes such as `[eu-west-1]`, or `[all]`.
    ///
    /// Left out: the AWS SDK's region.
    #[schemars(schema_with = "listed_regions", extend("x-reload" = "regions"))]
    pub regions: Regions,
    /// IAM role to assume.
    #[serde(flatten)]
    pub role: Option<Role>,
    /// AWS profile that provides the credentials.
    ///
    /// Left out: the AWS SDK's credentials.
    #[schemars(length(min = 1))]
    pub profile: Option<String>,
    /// Labels for all AppStream and WorkSpaces series of the target.
    ///
    /// Accepted: label names with values, such as {env: prod}.
    #[schemars(extend("propertyNames" = schema::of::<LabelName>(), "x-reload" = "shown"))]
    pub labels: BTreeMap<String, String>,
    /// Overrides aws.use_fips for this target.
    ///
    /// Left out: aws.use_fips.
    pub use_fips: Option<bool>,
    /// Overrides aws.use_dual_stack for this target.
    ///
    /// Left out: aws.use_dual_stack.
    pub use_dual_stack: Option<bool>,
    /// Overrides collectors for this target.
    ///
    /// Left out: collectors.
    #[schemars(transform = inherited, extend("x-reload" = "refreshed"))]
    pub collectors: Collectors,
    /// Overrides sessions.authentication_types for this target.
    #[schemars(transform = inherited, extend("x-reload" = "refreshed"))]
    pub sessions: TargetSessions,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            regions: Regions::Own,
            role: None,
            profile: None,
            labels: BTreeMap::new(),
            use_fips: None,
            use_dual_stack: None,
            collectors: Collectors::default(),
            sessions: TargetSessions::default(),
        }
    }
}

/// `targets[].sessions`: how the sessions of one target are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TargetSessions {
    /// Authentication types to read.
    ///
    /// Accepted: a list of at least one of API, SAML, USERPOOL, AWS_AD; to read none, set collectors.appstream_sessions: false.
    ///
    /// Left out: sessions.authentication_types.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub authentication_types: Vec<AuthenticationType>,
}

impl Default for TargetSessions {
    fn default() -> Self {
        Self {
            authentication_types: Sessions::default().authentication_types,
        }
    }
}

/// Removes the defaults of keys that inherit the values for all targets.
fn inherited(section: &mut Schema) {
    let keys = section.get_mut("properties").and_then(Value::as_object_mut);
    for (_, key) in keys.into_iter().flatten() {
        if let Some(keywords) = key.as_object_mut() {
            keywords.remove("default");
        }
    }
}

/// Accepted: letters, digits and _, not beginning with a digit or with __.
///
/// Prometheus reserves names that begin with `__`.
#[derive(JsonSchema)]
#[schemars(title = "a label name")]
struct LabelName(
    #[schemars(regex(pattern = r"^(?:_|_?[A-Za-z][A-Za-z0-9_]*|_[0-9][A-Za-z0-9_]*)$"))]
    #[expect(dead_code, reason = "this type is only a schema")]
    String,
);

/// The regions of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub enum Regions {
    /// The region that the AWS SDK finds.
    Own,
    /// Every region in which the account has AppStream.
    All,
    /// These regions: at least one, each once.
    Listed(Vec<String>),
}

impl Regions {
    /// The word that stands for every region.
    pub(super) const ALL: &'static str = "all";

    /// The regions that the file lists.
    pub(super) fn listed(&self) -> &[String] {
        match self {
            Self::Listed(regions) => regions,
            Self::Own | Self::All => &[],
        }
    }
}

impl From<Vec<String>> for Regions {
    fn from(regions: Vec<String>) -> Self {
        match regions.as_slice() {
            [] => Self::Own,
            [only] if only == Self::ALL => Self::All,
            _ => Self::Listed(regions),
        }
    }
}

impl From<Regions> for Vec<String> {
    fn from(regions: Regions) -> Self {
        match regions {
            Regions::Own => Self::new(),
            Regions::All => vec![Regions::ALL.to_owned()],
            Regions::Listed(regions) => regions,
        }
    }
}

fn listed_regions(_: &mut SchemaGenerator) -> Schema {
    let known: Vec<_> = std::iter::once(Regions::ALL)
        .chain(regions::all())
        .collect();
    json_schema!({
        "type": "array",
        "uniqueItems": true,
        "items": {
            "type": "string",
            "title": "a known region",
            "description": "Accepted: a region code such as eu-west-1, or all as the only entry",
            "enum": known,
        },
    })
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// IAM role to assume.
    ///
    /// Accepted: the form arn:aws:iam::123456789012:role/name, with the role's path if it has one.
    ///
    /// Left out: none.
    #[serde(rename = "role_arn")]
    #[schemars(
        title = "the ARN of a role",
        regex(
            pattern = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}$"
        )
    )]
    pub arn: String,
    /// External ID that the role's trust policy requires. Needs role_arn. Never shown.
    ///
    /// Accepted: a string of 2 to 1224 characters, each a letter, a digit or one of _+=,.@:/-; quoted if it has only digits.
    ///
    /// Left out: none.
    #[schemars(
        with = "String",
        title = "an external id",
        regex(pattern = r"^[A-Za-z0-9_+=,.@:/-]{2,1224}$"),
        extend("writeOnly" = true)
    )]
    pub external_id: Option<Secret>,
    /// Session name of the role in CloudTrail. Needs role_arn.
    ///
    /// Accepted: a string of 2 to 64 characters, each a letter, a digit or one of _+=,.@-.
    #[serde(default = "session_name")]
    #[schemars(
        title = "a session name",
        regex(pattern = r"^[A-Za-z0-9_+=,.@-]{2,64}$")
    )]
    pub session_name: String,
}

fn session_name() -> String {
    Role::SESSION_NAME.to_owned()
}

impl Role {
    /// Default session name of a role.
    pub const SESSION_NAME: &'static str = "appstream-exporter";

    /// The account of the role: the fifth field of its ARN.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The partition of the role: the second field of its ARN.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or_default()
    }
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Stands in place of a secret.
const REDACTED: &str = "<redacted>";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(REDACTED)
    }
}
