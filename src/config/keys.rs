//! The keys of the YAML file, declared once: names, what they are for, what they may hold.
//!
//! From here the reader takes which keys there are, their ranges and what its
//! messages call accepted; `config.schema.json`, `--config.print` and the reference
//! in `docs/configuration.md` are made from it too. What a missing key means is `validate`'s to say; [`Key::when_absent`]
//! only describes it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{AuthenticationType, Role, regions};

/// A key with the schema of its value.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// One sentence.
    pub(super) description: &'static str,
    /// What applies when the key is absent, where that is not simply a default value.
    pub(super) when_absent: Option<&'static str>,
    /// What a reload does when its value has changed; unused for a section.
    pub(super) reload: ReloadEffect,
    pub(super) schema: ValueSchema,
}

/// What a reload does with a key whose value has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReloadEffect {
    Refresh,
    NewLimits,
    Relabel,
    Regions,
    Restart,
}

impl ReloadEffect {
    pub(super) const ALL: [Self; 5] = [
        Self::Refresh,
        Self::NewLimits,
        Self::Relabel,
        Self::Regions,
        Self::Restart,
    ];

    /// The word that stands for it in tables.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Refresh => "refreshed",
            Self::NewLimits => "new limits",
            Self::Relabel => "shown",
            Self::Regions => "regions",
            Self::Restart => "anew",
        }
    }

    /// In a sentence.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Refresh => {
                "The value takes effect at once in every region that it concerns. What the exporter knows is kept."
            }
            Self::NewLimits => "The same, and the rate limit starts again, full and unthrottled.",
            Self::Relabel => {
                "What the exporter knows is shown with the new value at once. AWS receives no requests for it."
            }
            Self::Regions => "New regions start, removed regions stop, all others are unaffected.",
            Self::Restart => {
                "The regions of the target start again, without their values and rate limits."
            }
        }
    }
}

/// Which values the file may have under a key or in a list.
#[derive(Debug)]
pub(super) enum ValueSchema {
    /// `true` or `false`.
    Bool,
    /// A duration with its unit.
    Duration {
        range: RangeInclusive<DurationLiteral>,
        example: &'static str,
    },
    /// A whole number.
    Integer(RangeInclusive<u32>),
    /// A number.
    Number(RangeInclusive<f64>),
    /// Text.
    Text(TextSchema),
    /// Values of one schema, in an order.
    List(ListSchema),
    /// Texts under keys that the file chooses.
    Map {
        keys: TextSchema,
        values: TextSchema,
        accepted: &'static str,
    },
    /// Values under these keys and no others.
    Section(&'static [Key]),
}

/// The schema of a text.
#[derive(Debug)]
pub(super) struct TextSchema {
    /// The name of the text in messages.
    pub(super) noun: &'static str,
    /// What is accepted.
    pub(super) accepted: &'static str,
    pub(super) rule: TextRule,
    /// Whether it must not be shown, neither in a message nor in print.
    pub(super) secret: bool,
}

/// Which texts are accepted.
#[derive(Debug)]
pub(super) enum TextRule {
    /// All.
    Any,
    /// Those that are not empty.
    NonEmpty,
    /// Those with this number of characters.
    Length(RangeInclusive<usize>),
    /// Those that match this expression from end to end. It must mean the same to
    /// `regex-lite` and to the ECMAScript of JSON Schema.
    Matches(&'static str),
    /// These.
    OneOf(fn() -> Vec<&'static str>),
    /// Regular expressions.
    Regex,
}

/// The schema of a list.
#[derive(Debug)]
pub(super) struct ListSchema {
    pub(super) entry: &'static ValueSchema,
    /// What is accepted in place of something that is no list.
    pub(super) accepted: &'static str,
    /// What is accepted instead of an empty list; `None` where it may be empty.
    pub(super) non_empty: Option<&'static str>,
    /// Whether each entry may be listed only once.
    pub(super) distinct: bool,
}

/// A duration as documents write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurationLiteral(pub(super) u64, pub(super) DurationUnit);

/// Units of durations, in the order of their size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DurationUnit {
    Ms,
    S,
    M,
    H,
    D,
}

impl DurationUnit {
    pub(super) const ALL: [Self; 5] = [Self::Ms, Self::S, Self::M, Self::H, Self::D];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::S => "s",
            Self::M => "m",
            Self::H => "h",
            Self::D => "d",
        }
    }

    const fn millis(self) -> u64 {
        match self {
            Self::Ms => 1,
            Self::S => 1000,
            Self::M => 60 * 1000,
            Self::H => 60 * 60 * 1000,
            Self::D => 24 * 60 * 60 * 1000,
        }
    }
}

impl DurationLiteral {
    pub(super) const fn duration(self) -> Duration {
        Duration::from_millis(self.0 * self.1.millis())
    }
}

/// A duration as the file writes it, such as `1m 30s`; less than a millisecond is left off.
pub(super) fn format_duration(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut parts = Vec::new();
    for unit in DurationUnit::ALL.into_iter().rev() {
        let millis = u128::from(unit.millis());
        if left >= millis {
            parts.push(format!("{}{}", left / millis, unit.as_str()));
            left %= millis;
        }
    }
    if parts.is_empty() {
        parts.push("0ms".to_owned());
    }
    parts.join(" ")
}

impl ValueSchema {
    /// What the file may say here, as messages put it.
    pub(super) fn accepted(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Duration { range, example } => {
                let (DurationLiteral(from, from_unit), DurationLiteral(to, to_unit)) =
                    (range.start(), range.end());
                format!(
                    "a duration of {from}{} to {to}{} with its unit, such as {example}",
                    from_unit.as_str(),
                    to_unit.as_str()
                )
            }
            Self::Integer(range) => {
                format!("a whole number of {} to {}", range.start(), range.end())
            }
            Self::Number(range) => format!("a number of {} to {}", range.start(), range.end()),
            Self::Text(text) => text.accepted.to_owned(),
            Self::List(list) => list.accepted.to_owned(),
            Self::Map { accepted, .. } => (*accepted).to_owned(),
            Self::Section(keys) => format!("the keys {}", names(keys)),
        }
    }
}

/// The names of keys, as messages list them.
pub(super) fn names(keys: &[Key]) -> String {
    let names: Vec<_> = keys.iter().map(|key| key.name).collect();
    names.join(", ")
}

/// The path of every key of the file, entries of lists as `[]`, in the order of the documentation.
#[must_use]
pub fn key_paths() -> Vec<String> {
    let mut paths = Vec::new();
    collect("", ROOT, &mut paths);
    paths
}

fn collect(prefix: &str, keys: &[Key], paths: &mut Vec<String>) {
    for key in keys {
        let path = format!("{prefix}{}", key.name);
        paths.push(path.clone());
        match &key.schema {
            ValueSchema::Section(keys) => collect(&format!("{path}."), keys, paths),
            ValueSchema::List(ListSchema {
                entry: ValueSchema::Section(keys),
                ..
            }) => collect(&format!("{path}[]."), keys, paths),
            _ => {}
        }
    }
}

const fn key(name: &'static str, description: &'static str, schema: ValueSchema) -> Key {
    Key {
        name,
        description,
        when_absent: None,
        reload: ReloadEffect::Refresh,
        schema,
    }
}

impl Key {
    const fn when_absent(mut self, meaning: &'static str) -> Self {
        self.when_absent = Some(meaning);
        self
    }

    const fn reload(mut self, reload: ReloadEffect) -> Self {
        self.reload = reload;
        self
    }
}

const fn duration(
    from: DurationLiteral,
    to: DurationLiteral,
    example: &'static str,
) -> ValueSchema {
    ValueSchema::Duration {
        range: RangeInclusive::new(from, to),
        example,
    }
}

const fn text(noun: &'static str, accepted: &'static str, rule: TextRule) -> TextSchema {
    TextSchema {
        noun,
        accepted,
        rule,
        secret: false,
    }
}

/// The document.
pub(super) static ROOT: &[Key] = &[
    key(
        "refresh",
        "When AWS is asked, and how long answers count.",
        ValueSchema::Section(REFRESH),
    ),
    key(
        "collectors",
        "What is asked of AWS; a collector that is off has no series.",
        ValueSchema::Section(COLLECTORS),
    ),
    key(
        "sessions",
        "How sessions are asked for.",
        ValueSchema::Section(SESSIONS),
    ),
    key(
        "aws",
        "How hard AWS is asked in each region of each target, and at which endpoints.",
        ValueSchema::Section(AWS),
    ),
    key(
        "filters",
        "What is asked about and shown; everything by default.",
        ValueSchema::Section(FILTERS),
    ),
    key(
        "tags",
        "Which tags of fleets, stacks and pools are shown.",
        ValueSchema::Section(TAGS),
    ),
    key(
        "targets",
        "Accounts, each in some of its regions.",
        ValueSchema::List(ListSchema {
            entry: &ValueSchema::Section(TARGET),
            accepted: "a list of targets such as {name: default, regions: [eu-west-1]}",
            non_empty: Some("at least one target, or no targets key at all"),
            distinct: false,
        }),
    )
    .when_absent("one target, which is the account of the credentials that the AWS SDK finds"),
];

static REFRESH: &[Key] = &[
    key(
        "interval",
        "Time between the starts of two refreshes.",
        duration(DurationLiteral(1, DurationUnit::S), DurationLiteral(24, DurationUnit::H), "60s or 5m"),
    ),
    key(
        "timeout",
        "How long after its start a refresh stops starting reads, while those under way go on; at most the interval.",
        duration(DurationLiteral(1, DurationUnit::Ms), DurationLiteral(24, DurationUnit::H), "50s or 3m"),
    )
    .when_absent("five sixths of the interval"),
    key(
        "max_age",
        "How long the last good value of something that cannot be read again is shown; at least the interval.",
        duration(DurationLiteral(1, DurationUnit::S), DurationLiteral(365, DurationUnit::D), "3m"),
    )
    .when_absent("three intervals"),
    key(
        "topology_interval",
        "How often stacks, associations and tags are read, each at a time of its own.",
        duration(DurationLiteral(1, DurationUnit::S), DurationLiteral(24, DurationUnit::H), "10m"),
    )
    .when_absent(
        "ten minutes, or the interval where that is longer; with sessions.economy off, every refresh reads them",
    ),
];

static COLLECTORS: &[Key] = &[
    key(
        "appstream_fleets",
        "Fleets and their capacity, from DescribeFleets.",
        ValueSchema::Bool,
    ),
    key(
        "appstream_stacks",
        "Stacks and associations, from DescribeStacks and ListAssociatedStacks.",
        ValueSchema::Bool,
    ),
    key(
        "appstream_sessions",
        "Streaming sessions, from DescribeSessions.",
        ValueSchema::Bool,
    ),
    key(
        "workspaces_pools",
        "Pools and their capacity, from DescribeWorkspacesPools.",
        ValueSchema::Bool,
    ),
    key(
        "workspaces_pool_sessions",
        "Sessions of pools, from DescribeWorkspacesPoolSessions.",
        ValueSchema::Bool,
    ),
];

static SESSIONS: &[Key] = &[
    key(
        "authentication_types",
        "Authentication types to ask for; each costs at least one call for every pair of fleet and stack.",
        ValueSchema::List(ListSchema {
            entry: &ValueSchema::Text(text(
                "an authentication type",
                AUTHENTICATION_TYPES,
                TextRule::OneOf(authentication_types),
            )),
            accepted: AUTHENTICATION_TYPES,
            non_empty: Some(
                "a list of API, SAML, USERPOOL, AWS_AD; collectors.appstream_sessions: false asks for none",
            ),
            distinct: true,
        }),
    ),
    key(
        "economy",
        "Whether authentication types without sessions are read less often.",
        ValueSchema::Bool,
    ),
    key(
        "recheck_interval",
        "How often such a type is read; three times as long where the fleet's own figures rule out a session.",
        duration(
            DurationLiteral(1, DurationUnit::S),
            DurationLiteral(24, DurationUnit::H),
            "10m",
        ),
    ),
];

const AUTHENTICATION_TYPES: &str = "a list of API, SAML, USERPOOL, AWS_AD";

fn authentication_types() -> Vec<&'static str> {
    AuthenticationType::ALL
        .map(AuthenticationType::as_str)
        .to_vec()
}

static AWS: &[Key] = &[
    key(
        "requests_per_second",
        "Requests per second to each service in each region of each target, retries included.",
        ValueSchema::Number(RangeInclusive::new(0.01, 1_000_000.0)),
    )
    .reload(ReloadEffect::NewLimits),
    key(
        "burst",
        "Requests that may follow at once after a pause, per service.",
        ValueSchema::Integer(RangeInclusive::new(1, 1_000_000)),
    )
    .reload(ReloadEffect::NewLimits),
    key(
        "max_concurrency",
        "Requests under way at one time in each region of each target; at most a quarter go to reads that timed out the last time.",
        ValueSchema::Integer(RangeInclusive::new(1, 1000)),
    )
    .reload(ReloadEffect::NewLimits),
    key(
        "request_timeout",
        "How long one request may take, each retry on its own; at most half of refresh.timeout counts.",
        duration(
            DurationLiteral(100, DurationUnit::Ms),
            DurationLiteral(5, DurationUnit::M),
            "10s",
        ),
    )
    .reload(ReloadEffect::NewLimits),
    key(
        "use_fips",
        "Whether endpoints validated under FIPS 140 are used.",
        ValueSchema::Bool,
    )
    .reload(ReloadEffect::Restart)
    .when_absent("AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the AWS profile, decides"),
    key(
        "use_dual_stack",
        "Whether endpoints that also speak IPv6 are used.",
        ValueSchema::Bool,
    )
    .reload(ReloadEffect::Restart)
    .when_absent(
        "AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint of the AWS profile, decides",
    ),
];

static FILTERS: &[Key] = &[
    key("fleets", "Fleets by Name.", ValueSchema::Section(NAMES)),
    key("stacks", "Stacks by Name.", ValueSchema::Section(NAMES)),
    key("pools", "Pools by PoolName.", ValueSchema::Section(NAMES)),
    key(
        "tags",
        "Tags that a fleet must have, each with an expression that its whole value must match. Stacks and pools are not selected by tags.",
        ValueSchema::Map {
            keys: TAG_KEY,
            values: EXPRESSION,
            accepted: "tag keys with regular expressions, such as {team: payments}",
        },
    ),
];

static NAMES: &[Key] = &[
    key(
        "include",
        "Expressions of which one must match the whole name; none for every name.",
        EXPRESSIONS,
    ),
    key(
        "exclude",
        "Expressions of which none may match the whole name, whatever include says.",
        EXPRESSIONS,
    ),
];

const EXPRESSIONS: ValueSchema = ValueSchema::List(ListSchema {
    entry: &ValueSchema::Text(EXPRESSION),
    accepted: "a list of regular expressions such as [prod-.*]",
    non_empty: None,
    distinct: false,
});

const EXPRESSION: TextSchema = text(
    "a regular expression",
    "a regular expression in the syntax of RE2, such as prod-.*",
    TextRule::Regex,
);

const TAG_KEY: TextSchema = text(
    "tag key",
    "the key of a tag, 1 to 128 characters",
    TextRule::Length(RangeInclusive::new(1, 128)),
);

static TAGS: &[Key] = &[key(
    "labels",
    "Keys of tags that become labels of appstream_fleet_tags, appstream_stack_tags and workspaces_pool_tags, as tag_ and the key in snake case.",
    ValueSchema::List(ListSchema {
        entry: &ValueSchema::Text(TAG_KEY),
        accepted: "a list of tag keys such as [team, cost-center]",
        non_empty: None,
        distinct: true,
    }),
)
.reload(ReloadEffect::Relabel)];

static TARGET: &[Key] = &[
    key(
        "name",
        "Value of the target label; each name once.",
        ValueSchema::Text(text("name", "a string", TextRule::NonEmpty)),
    )
    .reload(ReloadEffect::Restart),
    key(
        "regions",
        "Where the account is asked: region codes, or all alone for every region in which AppStream answers it.",
        ValueSchema::List(ListSchema {
            entry: &ValueSchema::Text(text(
                "a known region",
                "a region code such as eu-west-1, or all alone for every region",
                TextRule::OneOf(regions_and_all),
            )),
            accepted: "a list of region codes such as [eu-west-1], or [all]",
            non_empty: None,
            distinct: true,
        }),
    )
    .reload(ReloadEffect::Regions)
    .when_absent("the region that the AWS SDK finds"),
    key(
        "role_arn",
        "Role that is assumed with the credentials of the target.",
        ValueSchema::Text(text(
            "the ARN of a role",
            "the form arn:aws:iam::123456789012:role/name, with a path before the name where the role has one",
            TextRule::Matches(
                "arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}",
            ),
        )),
    )
    .reload(ReloadEffect::Restart)
    .when_absent("the credentials themselves are used"),
    key(
        "external_id",
        "What the role's trust policy asks for; needs role_arn, and is never shown.",
        ValueSchema::Text(TextSchema {
            secret: true,
            ..text(
                "an external id",
                "a string of 2 to 1224 characters, each a letter, a digit or one of _+=,.@:/-; in quotes when it is all digits",
                TextRule::Matches("[A-Za-z0-9_+=,.@:/-]{2,1224}"),
            )
        }),
    )
    .reload(ReloadEffect::Restart)
    .when_absent("none is sent"),
    key(
        "session_name",
        "Name under which the sessions of the role appear in CloudTrail; needs role_arn.",
        ValueSchema::Text(text(
            "a session name",
            "a string of 2 to 64 characters, each a letter, a digit or one of _+=,.@-",
            TextRule::Matches("[A-Za-z0-9_+=,.@-]{2,64}"),
        )),
    )
    .reload(ReloadEffect::Restart)
    .when_absent(Role::SESSION_NAME),
    key(
        "profile",
        "Profile of the AWS config file whose credentials are used.",
        ValueSchema::Text(text("profile", "a string", TextRule::NonEmpty)),
    )
    .reload(ReloadEffect::Restart)
    .when_absent("what the AWS SDK finds by itself"),
    key(
        "labels",
        "Labels that every AWS family of this target gets, besides its own.",
        ValueSchema::Map {
            keys: LABEL,
            values: text("a string", "a string, in quotes where YAML reads something else", TextRule::Any),
            accepted: "label names with values, such as {env: prod}",
        },
    )
    .reload(ReloadEffect::Relabel),
    key(
        "use_fips",
        "aws.use_fips for this target alone.",
        ValueSchema::Bool,
    )
    .reload(ReloadEffect::Restart)
    .when_absent("aws.use_fips holds"),
    key(
        "use_dual_stack",
        "aws.use_dual_stack for this target alone.",
        ValueSchema::Bool,
    )
    .reload(ReloadEffect::Restart)
    .when_absent("aws.use_dual_stack holds"),
];

/// Names that Prometheus accepts, without those that begin with `__`, which it keeps.
const LABEL: TextSchema = text(
    "a label name",
    "letters, digits and _, not beginning with a digit or with __",
    TextRule::Matches("_|_?[A-Za-z][A-Za-z0-9_]*|_[0-9][A-Za-z0-9_]*"),
);

/// In place of region codes: every region.
pub(super) const ALL_REGIONS: &str = "all";

fn regions_and_all() -> Vec<&'static str> {
    std::iter::once(ALL_REGIONS).chain(regions::all()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_sentences() {
        fn check(keys: &[Key]) {
            for key in keys {
                assert!(key.description.ends_with('.'), "{}", key.name);
                match &key.schema {
                    ValueSchema::Section(keys)
                    | ValueSchema::List(ListSchema {
                        entry: ValueSchema::Section(keys),
                        ..
                    }) => check(keys),
                    _ => {}
                }
            }
        }
        check(ROOT);
    }

    #[test]
    fn the_message_names_every_authentication_type() {
        let all = authentication_types().join(", ");
        assert_eq!(AUTHENTICATION_TYPES, format!("a list of {all}"));
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        let cases = [
            (0, "0ms"),
            (833, "833ms"),
            (60_000, "1m"),
            (90_500, "1m 30s 500ms"),
            (86_400_000, "1d"),
            (31_536_000_000, "365d"),
        ];
        for (millis, expected) in cases {
            assert_eq!(format_duration(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn label_names() {
        let TextRule::Matches(expression) = LABEL.rule else {
            panic!("names of labels match an expression");
        };
        let label = super::super::Pattern::new(expression).unwrap();
        for name in ["env", "_", "_a", "_1", "E_1", "a__b"] {
            assert!(label.matches(name), "{name}");
        }
        for name in ["", "__", "__name__", "1a", "a-b", "é", "a:b"] {
            assert!(!label.matches(name), "{name}");
        }
    }
}
