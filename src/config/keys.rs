//! The keys of the YAML file, declared once: names, what they are for, what they may hold.
//!
//! From here the reader takes which keys there are, their ranges and what its
//! messages call accepted; `config.schema.json`, `--config.print` and the reference
//! in `docs/configuration.md` are made from it too. What a missing key means is `validate`'s to say; [`Key::left_out`]
//! only describes it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{AuthenticationType, Role, regions};

/// A key with what may stand under it.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// One sentence.
    pub(super) about: &'static str,
    /// What holds when it is left out, where that is not simply a default value.
    pub(super) left_out: Option<&'static str>,
    /// What a reload does when it says something else; of a section, nothing.
    pub(super) reload: Reload,
    pub(super) shape: Shape,
}

/// What a reload does with a key that says something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
    Refreshed,
    Limits,
    Shown,
    Regions,
    Anew,
}

impl Reload {
    pub(super) const ALL: [Self; 5] = [
        Self::Refreshed,
        Self::Limits,
        Self::Shown,
        Self::Regions,
        Self::Anew,
    ];

    /// The word that stands for it in tables.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Refreshed => "refreshed",
            Self::Limits => "new limits",
            Self::Shown => "shown",
            Self::Regions => "regions",
            Self::Anew => "anew",
        }
    }

    /// In a sentence.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Refreshed => {
                "Every region that it concerns keeps what it knows, and is refreshed at once by what the key says now."
            }
            Self::Limits => {
                "The same, and the rate limit begins anew, as after a pause and unthrottled."
            }
            Self::Shown => "What is known is shown with it at once. AWS is not asked.",
            Self::Regions => {
                "Regions that are new begin, those that are gone vanish, the others go on."
            }
            Self::Anew => {
                "The regions of the target begin anew, without the values and the rate limits that they had."
            }
        }
    }
}

/// What may stand in one place of the file.
#[derive(Debug)]
pub(super) enum Shape {
    /// `true` or `false`.
    Bool,
    /// A length of time with its unit.
    Duration {
        range: RangeInclusive<Span>,
        such_as: &'static str,
    },
    /// A whole number.
    Whole(RangeInclusive<u32>),
    /// A number.
    Number(RangeInclusive<f64>),
    /// Text.
    Text(Text),
    /// Values of one shape, in an order.
    List(List),
    /// Texts under keys that the file chooses.
    Map {
        keys: Text,
        values: Text,
        accepted: &'static str,
    },
    /// Values under these keys and no others.
    Section(&'static [Key]),
}

/// Text of some form.
#[derive(Debug)]
pub(super) struct Text {
    /// The thing that it is, as messages name it.
    pub(super) noun: &'static str,
    /// What is accepted.
    pub(super) accepted: &'static str,
    pub(super) form: Form,
    /// Whether it must not be shown, neither in a message nor in print.
    pub(super) secret: bool,
}

/// Which texts are of a form.
#[derive(Debug)]
pub(super) enum Form {
    /// All.
    Any,
    /// Those that are not empty.
    Filled,
    /// Those of so many characters.
    Long(RangeInclusive<usize>),
    /// Those that match this expression from end to end. It must mean the same to
    /// `regex-lite` and to the ECMAScript of JSON Schema.
    Matching(&'static str),
    /// These.
    OneOf(fn() -> Vec<&'static str>),
    /// Regular expressions.
    Expression,
}

/// A list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) entry: &'static Shape,
    /// What is accepted in place of something that is no list.
    pub(super) accepted: &'static str,
    /// What is accepted in place of an empty list; `None` where it may be empty.
    pub(super) filled: Option<&'static str>,
    /// Whether an entry may stand in it once only.
    pub(super) distinct: bool,
}

/// A length of time as documents write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub(super) u64, pub(super) Unit);

/// Units of durations, in the order of their size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Ms,
    S,
    M,
    H,
    D,
}

impl Unit {
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

impl Span {
    pub(super) const fn duration(self) -> Duration {
        Duration::from_millis(self.0 * self.1.millis())
    }
}

/// A duration as the file writes it, such as `1m 30s`; less than a millisecond is left off.
pub(super) fn written(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut parts = Vec::new();
    for unit in Unit::ALL.into_iter().rev() {
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

impl Shape {
    /// What the file may say here, as messages put it.
    pub(super) fn accepted(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Duration { range, such_as } => {
                let (Span(from, from_unit), Span(to, to_unit)) = (range.start(), range.end());
                format!(
                    "a duration of {from}{} to {to}{} with its unit, such as {such_as}",
                    from_unit.as_str(),
                    to_unit.as_str()
                )
            }
            Self::Whole(range) => format!("a whole number of {} to {}", range.start(), range.end()),
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
        match &key.shape {
            Shape::Section(keys) => collect(&format!("{path}."), keys, paths),
            Shape::List(List {
                entry: Shape::Section(keys),
                ..
            }) => collect(&format!("{path}[]."), keys, paths),
            _ => {}
        }
    }
}

const fn key(name: &'static str, about: &'static str, shape: Shape) -> Key {
    Key {
        name,
        about,
        left_out: None,
        reload: Reload::Refreshed,
        shape,
    }
}

impl Key {
    const fn left_out(mut self, meaning: &'static str) -> Self {
        self.left_out = Some(meaning);
        self
    }

    const fn reload(mut self, reload: Reload) -> Self {
        self.reload = reload;
        self
    }
}

const fn duration(from: Span, to: Span, such_as: &'static str) -> Shape {
    Shape::Duration {
        range: RangeInclusive::new(from, to),
        such_as,
    }
}

const fn text(noun: &'static str, accepted: &'static str, form: Form) -> Text {
    Text {
        noun,
        accepted,
        form,
        secret: false,
    }
}

/// The document.
pub(super) static ROOT: &[Key] = &[
    key(
        "refresh",
        "When AWS is asked, and how long answers count.",
        Shape::Section(REFRESH),
    ),
    key(
        "collectors",
        "What is asked of AWS; a collector that is off has no series.",
        Shape::Section(COLLECTORS),
    ),
    key(
        "sessions",
        "How sessions are asked for.",
        Shape::Section(SESSIONS),
    ),
    key(
        "aws",
        "How hard AWS is asked in each region of each target, and at which endpoints.",
        Shape::Section(AWS),
    ),
    key(
        "filters",
        "What is asked about and shown; everything by default.",
        Shape::Section(FILTERS),
    ),
    key(
        "tags",
        "Which tags of fleets are shown.",
        Shape::Section(TAGS),
    ),
    key(
        "targets",
        "Accounts, each in some of its regions.",
        Shape::List(List {
            entry: &Shape::Section(TARGET),
            accepted: "a list of targets such as {name: default, regions: [eu-west-1]}",
            filled: Some("at least one target, or no targets key at all"),
            distinct: false,
        }),
    )
    .left_out("one target, which is the account of the credentials that the AWS SDK finds"),
];

static REFRESH: &[Key] = &[
    key(
        "interval",
        "Time between the starts of two refreshes.",
        duration(Span(1, Unit::S), Span(24, Unit::H), "60s or 5m"),
    ),
    key(
        "timeout",
        "When a refresh is ended with what it has; at most the interval.",
        duration(Span(1, Unit::Ms), Span(24, Unit::H), "50s or 3m"),
    )
    .left_out("five sixths of the interval"),
    key(
        "max_age",
        "How long the last good values of something that fails are shown; at least the interval.",
        duration(Span(1, Unit::S), Span(365, Unit::D), "3m"),
    )
    .left_out("three intervals"),
    key(
        "topology_interval",
        "How long stacks and associations are kept.",
        duration(Span(1, Unit::S), Span(24, Unit::H), "10m"),
    )
    .left_out(
        "ten minutes, or the interval where that is longer; with sessions.economy off, every refresh reads them",
    ),
];

static COLLECTORS: &[Key] = &[
    key(
        "appstream_fleets",
        "Fleets and their capacity, from DescribeFleets.",
        Shape::Bool,
    ),
    key(
        "appstream_stacks",
        "Stacks and associations, from DescribeStacks, ListAssociatedStacks and ListAssociatedFleets.",
        Shape::Bool,
    ),
    key(
        "appstream_sessions",
        "Streaming sessions, from DescribeSessions.",
        Shape::Bool,
    ),
    key(
        "workspaces_pools",
        "Pools and their capacity, from DescribeWorkspacesPools.",
        Shape::Bool,
    ),
    key(
        "workspaces_pool_sessions",
        "Sessions of pools, from DescribeWorkspacesPoolSessions.",
        Shape::Bool,
    ),
];

static SESSIONS: &[Key] = &[
    key(
        "authentication_types",
        "Authentication types to ask for; each costs at least one call for every pair of fleet and stack.",
        Shape::List(List {
            entry: &Shape::Text(text(
                "an authentication type",
                AUTHENTICATION_TYPES,
                Form::OneOf(authentication_types),
            )),
            accepted: AUTHENTICATION_TYPES,
            filled: Some(
                "a list of API, SAML, USERPOOL, AWS_AD; collectors.appstream_sessions: false asks for none",
            ),
            distinct: true,
        }),
    ),
    key(
        "economy",
        "Whether a type that had no session for a pair is left alone for a while.",
        Shape::Bool,
    ),
    key(
        "recheck_interval",
        "How long such a type is left alone.",
        duration(Span(1, Unit::S), Span(24, Unit::H), "10m"),
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
        Shape::Number(RangeInclusive::new(0.01, 1_000_000.0)),
    )
    .reload(Reload::Limits),
    key(
        "burst",
        "Requests that may follow at once after a pause, per service.",
        Shape::Whole(RangeInclusive::new(1, 1_000_000)),
    )
    .reload(Reload::Limits),
    key(
        "max_concurrency",
        "Requests under way at one time in each region of each target.",
        Shape::Whole(RangeInclusive::new(1, 1000)),
    )
    .reload(Reload::Limits),
    key(
        "request_timeout",
        "How long one request may take, each retry on its own.",
        duration(Span(100, Unit::Ms), Span(5, Unit::M), "10s"),
    )
    .reload(Reload::Limits),
    key(
        "use_fips",
        "Whether endpoints validated under FIPS 140 are used.",
        Shape::Bool,
    )
    .reload(Reload::Anew)
    .left_out("AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the AWS profile, decides"),
    key(
        "use_dual_stack",
        "Whether endpoints that also speak IPv6 are used.",
        Shape::Bool,
    )
    .reload(Reload::Anew)
    .left_out("AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint of the AWS profile, decides"),
];

static FILTERS: &[Key] = &[
    key("fleets", "Fleets by Name.", Shape::Section(NAMES)),
    key("stacks", "Stacks by Name.", Shape::Section(NAMES)),
    key("pools", "Pools by PoolName.", Shape::Section(NAMES)),
    key(
        "tags",
        "Tags that a fleet must have, each with an expression that its whole value must match.",
        Shape::Map {
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

const EXPRESSIONS: Shape = Shape::List(List {
    entry: &Shape::Text(EXPRESSION),
    accepted: "a list of regular expressions such as [prod-.*]",
    filled: None,
    distinct: false,
});

const EXPRESSION: Text = text(
    "a regular expression",
    "a regular expression in the syntax of RE2, such as prod-.*",
    Form::Expression,
);

const TAG_KEY: Text = text(
    "tag key",
    "the key of a tag, 1 to 128 characters",
    Form::Long(RangeInclusive::new(1, 128)),
);

static TAGS: &[Key] = &[key(
    "labels",
    "Keys of tags that become labels of appstream_fleet_tags, as tag_ and the key in snake case.",
    Shape::List(List {
        entry: &Shape::Text(TAG_KEY),
        accepted: "a list of tag keys such as [team, cost-center]",
        filled: None,
        distinct: true,
    }),
)
.reload(Reload::Shown)];

static TARGET: &[Key] = &[
    key(
        "name",
        "Value of the target label; each name once.",
        Shape::Text(text("name", "a string", Form::Filled)),
    )
    .reload(Reload::Anew),
    key(
        "regions",
        "Where the account is asked: region codes, or all alone for every region in which AppStream answers it.",
        Shape::List(List {
            entry: &Shape::Text(text(
                "a known region",
                "a region code such as eu-west-1, or all alone for every region",
                Form::OneOf(regions_and_all),
            )),
            accepted: "a list of region codes such as [eu-west-1], or [all]",
            filled: None,
            distinct: true,
        }),
    )
    .reload(Reload::Regions)
    .left_out("the region that the AWS SDK finds"),
    key(
        "role_arn",
        "Role that is assumed with the credentials of the target.",
        Shape::Text(text(
            "the ARN of a role",
            "the form arn:aws:iam::123456789012:role/name, with a path before the name where the role has one",
            Form::Matching(
                "arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}",
            ),
        )),
    )
    .reload(Reload::Anew)
    .left_out("the credentials themselves are used"),
    key(
        "external_id",
        "What the role's trust policy asks for; needs role_arn, and is never shown.",
        Shape::Text(Text {
            secret: true,
            ..text(
                "an external id",
                "a string of 2 to 1224 characters, each a letter, a digit or one of _+=,.@:/-; in quotes when it is all digits",
                Form::Matching("[A-Za-z0-9_+=,.@:/-]{2,1224}"),
            )
        }),
    )
    .reload(Reload::Anew)
    .left_out("none is sent"),
    key(
        "session_name",
        "Name under which the sessions of the role appear in CloudTrail; needs role_arn.",
        Shape::Text(text(
            "a session name",
            "a string of 2 to 64 characters, each a letter, a digit or one of _+=,.@-",
            Form::Matching("[A-Za-z0-9_+=,.@-]{2,64}"),
        )),
    )
    .reload(Reload::Anew)
    .left_out(Role::SESSION_NAME),
    key(
        "profile",
        "Profile of the AWS config file whose credentials are used.",
        Shape::Text(text("profile", "a string", Form::Filled)),
    )
    .reload(Reload::Anew)
    .left_out("what the AWS SDK finds by itself"),
    key(
        "labels",
        "Labels that every AWS family of this target gets, besides its own.",
        Shape::Map {
            keys: LABEL,
            values: text("a string", "a string, in quotes where YAML reads something else", Form::Any),
            accepted: "label names with values, such as {env: prod}",
        },
    )
    .reload(Reload::Shown),
    key(
        "use_fips",
        "aws.use_fips for this target alone.",
        Shape::Bool,
    )
    .reload(Reload::Anew)
    .left_out("aws.use_fips holds"),
    key(
        "use_dual_stack",
        "aws.use_dual_stack for this target alone.",
        Shape::Bool,
    )
    .reload(Reload::Anew)
    .left_out("aws.use_dual_stack holds"),
];

/// Names that Prometheus accepts, without those that begin with `__`, which it keeps.
const LABEL: Text = text(
    "a label name",
    "letters, digits and _, not beginning with a digit or with __",
    Form::Matching("_|_?[A-Za-z][A-Za-z0-9_]*|_[0-9][A-Za-z0-9_]*"),
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
    fn abouts_are_sentences() {
        fn check(keys: &[Key]) {
            for key in keys {
                assert!(key.about.ends_with('.'), "{}", key.name);
                match &key.shape {
                    Shape::Section(keys)
                    | Shape::List(List {
                        entry: Shape::Section(keys),
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
            assert_eq!(written(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn label_names() {
        let Form::Matching(expression) = LABEL.form else {
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
