//! Whom the exporter asks: accounts, each in some of its regions.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{AuthenticationType, Collectors, Sessions, regions};
use crate::yaml::schema;

/// An entry of `targets`: an account, in some of its regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("x-reload" = "restarted"))]
pub struct Target {
    /// Value of the target label; each name once.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Where the account is asked: region codes, or all alone for every region in which AppStream answers it.
    ///
    /// Accepted: a list of region codes such as `[eu-west-1]`, or `[all]`.
    ///
    /// Left out: the region that the AWS SDK finds.
    #[schemars(schema_with = "listed_regions", extend("x-reload" = "regions"))]
    pub regions: Regions,
    /// Role that is assumed with the credentials of the target.
    #[serde(flatten)]
    pub role: Option<Role>,
    /// Profile of the AWS config file whose credentials are used.
    ///
    /// Left out: what the AWS SDK finds by itself.
    #[schemars(length(min = 1))]
    pub profile: Option<String>,
    /// Labels that every AWS family of this target gets, besides its own.
    ///
    /// Accepted: label names with values, such as {env: prod}.
    #[schemars(extend("propertyNames" = schema::of::<LabelName>(), "x-reload" = "shown"))]
    pub labels: BTreeMap<String, String>,
    /// aws.use_fips for this target alone.
    ///
    /// Left out: aws.use_fips holds.
    pub use_fips: Option<bool>,
    /// aws.use_dual_stack for this target alone.
    ///
    /// Left out: aws.use_dual_stack holds.
    pub use_dual_stack: Option<bool>,
    /// For this target alone.
    ///
    /// Left out: the same key of collectors holds.
    #[schemars(transform = inherited, extend("x-reload" = "refreshed"))]
    pub collectors: Collectors,
    /// For this target alone.
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

/// `targets[].sessions`: how sessions of one target are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TargetSessions {
    /// Authentication types to ask for.
    ///
    /// Accepted: a list of at least one of API, SAML, USERPOOL, AWS_AD; collectors.appstream_sessions: false asks for none.
    ///
    /// Left out: sessions.authentication_types holds.
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

/// Takes the defaults away from keys that are left to the keys of all targets.
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
/// Prometheus keeps names that begin with `__`.
#[derive(JsonSchema)]
#[schemars(title = "a label name")]
struct LabelName(
    #[schemars(regex(pattern = r"^(?:_|_?[A-Za-z][A-Za-z0-9_]*|_[0-9][A-Za-z0-9_]*)$"))]
    #[expect(dead_code, reason = "this type is only a schema")]
    String,
);

/// Where a target is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub enum Regions {
    /// In the region that the AWS SDK finds.
    Own,
    /// In every region in which AppStream answers this account.
    All,
    /// In these, each once; at least one.
    Listed(Vec<String>),
}

impl Regions {
    /// In place of region codes: every region.
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
            "description": "Accepted: a region code such as eu-west-1, or all alone for every region",
            "enum": known,
        },
    })
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// Role that is assumed with the credentials of the target.
    ///
    /// Accepted: the form arn:aws:iam::123456789012:role/name, with a path before the name where the role has one.
    ///
    /// Left out: the credentials themselves are used.
    #[serde(rename = "role_arn")]
    #[schemars(
        title = "the ARN of a role",
        regex(
            pattern = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}$"
        )
    )]
    pub arn: String,
    /// Secret that the role's trust policy asks for; needs role_arn, and is never shown.
    ///
    /// Accepted: a string of 2 to 1224 characters, each a letter, a digit or one of _+=,.@:/-; in quotes when it is all digits.
    ///
    /// Left out: none is sent.
    #[schemars(
        with = "String",
        title = "an external id",
        regex(pattern = r"^[A-Za-z0-9_+=,.@:/-]{2,1224}$"),
        extend("writeOnly" = true)
    )]
    pub external_id: Option<Secret>,
    /// Name under which the sessions of the role appear in CloudTrail; needs role_arn.
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
    /// Name of a role's sessions unless another is configured.
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

/// Text that is shown to nobody.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whom it is meant.
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
