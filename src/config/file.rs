//! The raw configuration: the values of the YAML file, key by key.
//!
//! Judges every value for itself, as `keys` declares it; what depends on several
//! keys, and what a missing key means, is `validate`'s.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_yaml::Value;

use super::keys::ALL_REGIONS;
use super::node::{CollectedProblems, Node};
use super::{
    AuthenticationType, Filters, NameFilter, Pattern, Problem, Secret, Tags, labels, regions,
};

/// The values of the file, key by key; `None` for a key that is absent.
#[derive(Clone, Debug, Default)]
pub(super) struct RawConfig {
    pub(super) interval: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) max_age: Option<Duration>,
    pub(super) topology_interval: Option<Duration>,
    pub(super) appstream_fleets: Option<bool>,
    pub(super) appstream_stacks: Option<bool>,
    pub(super) appstream_sessions: Option<bool>,
    pub(super) workspaces_pools: Option<bool>,
    pub(super) workspaces_pool_sessions: Option<bool>,
    pub(super) authentication_types: Option<Vec<AuthenticationType>>,
    pub(super) economy: Option<bool>,
    pub(super) recheck_interval: Option<Duration>,
    pub(super) requests_per_second: Option<f64>,
    pub(super) burst: Option<u32>,
    pub(super) max_concurrency: Option<u32>,
    pub(super) request_timeout: Option<Duration>,
    pub(super) use_fips: Option<bool>,
    pub(super) use_dual_stack: Option<bool>,
    pub(super) filters: Filters,
    pub(super) tags: Tags,
    pub(super) targets: Option<Vec<RawTarget>>,
    /// Problems of single values, in the order of the keys.
    pub(super) problems: Vec<Problem>,
}

/// An entry of `targets`.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTarget {
    pub(super) name: Field<String>,
    /// Region codes, each with its key path; `all` stands alone.
    pub(super) regions: Vec<(String, String)>,
    pub(super) role_arn: Field<String>,
    pub(super) external_id: Field<Secret>,
    pub(super) session_name: Field<String>,
    pub(super) profile: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) use_fips: Option<bool>,
    pub(super) use_dual_stack: Option<bool>,
}

/// The value of a key, for the rules that compare it with others. An invalid value
/// must not count as absent: the intended value is unknown.
#[derive(Clone, Debug, Default)]
pub(super) enum Field<T> {
    #[default]
    Absent,
    Invalid,
    Value(T),
}

impl<T> Field<T> {
    fn read<'a>(node: Option<Node<'a>>, read: impl FnOnce(&Node<'a>) -> Option<T>) -> Self {
        match node.as_ref().map(read) {
            None => Self::Absent,
            Some(None) => Self::Invalid,
            Some(Some(value)) => Self::Value(value),
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Clone> Field<T> {
    pub(super) fn value(&self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Absent | Self::Invalid => None,
        }
    }
}

/// Reads the document.
///
/// Problems of single values stay in [`RawConfig::problems`], so that `validate` can
/// add its own and the user sees them all.
pub(super) fn read(document: &Value) -> RawConfig {
    let problems = CollectedProblems::default();
    let root = Node::root(document, &problems);
    let mut raw = RawConfig::default();
    let [refresh, collectors, sessions, aws, filters, tags, targets] = root.keys([
        "refresh",
        "collectors",
        "sessions",
        "aws",
        "filters",
        "tags",
        "targets",
    ]);
    if let Some(node) = refresh {
        read_refresh(&node, &mut raw);
    }
    if let Some(node) = collectors {
        read_collectors(&node, &mut raw);
    }
    if let Some(node) = sessions {
        let [types, economy, recheck_interval] =
            node.keys(["authentication_types", "economy", "recheck_interval"]);
        raw.authentication_types = types.and_then(|node| read_authentication_types(&node));
        raw.economy = economy.and_then(|node| node.bool());
        raw.recheck_interval = recheck_interval.and_then(|node| node.duration());
    }
    if let Some(node) = aws {
        read_aws(&node, &mut raw);
    }
    if let Some(node) = filters {
        raw.filters = read_filters(&node);
    }
    if let Some(node) = tags {
        let [labels] = node.keys(["labels"]);
        raw.tags.labels = labels.map(|node| read_texts(&node)).unwrap_or_default();
    }
    raw.targets = targets.and_then(|node| read_targets(&node));
    raw.problems = problems.into_inner();
    raw
}

fn read_refresh(node: &Node<'_>, raw: &mut RawConfig) {
    let [interval, timeout, max_age, topology_interval] =
        node.keys(["interval", "timeout", "max_age", "topology_interval"]);
    raw.interval = interval.and_then(|node| node.duration());
    raw.timeout = timeout.and_then(|node| node.duration());
    raw.max_age = max_age.and_then(|node| node.duration());
    raw.topology_interval = topology_interval.and_then(|node| node.duration());
}

fn read_collectors(node: &Node<'_>, raw: &mut RawConfig) {
    let [fleets, stacks, sessions, pools, pool_sessions] = node.keys([
        "appstream_fleets",
        "appstream_stacks",
        "appstream_sessions",
        "workspaces_pools",
        "workspaces_pool_sessions",
    ]);
    let read = |node: Option<Node<'_>>| node.and_then(|node| node.bool());
    raw.appstream_fleets = read(fleets);
    raw.appstream_stacks = read(stacks);
    raw.appstream_sessions = read(sessions);
    raw.workspaces_pools = read(pools);
    raw.workspaces_pool_sessions = read(pool_sessions);
}

fn read_authentication_types(node: &Node<'_>) -> Option<Vec<AuthenticationType>> {
    let named = |text| {
        let mut all = AuthenticationType::ALL.into_iter();
        all.find(|known| known.as_str() == text)
    };
    let texts = node.texts()?;
    Some(texts.iter().filter_map(|(_, text)| named(*text)).collect())
}

fn read_aws(node: &Node<'_>, raw: &mut RawConfig) {
    let [rate, burst, concurrency, timeout, fips, dual_stack] = node.keys([
        "requests_per_second",
        "burst",
        "max_concurrency",
        "request_timeout",
        "use_fips",
        "use_dual_stack",
    ]);
    raw.requests_per_second = rate.and_then(|node| node.number());
    raw.burst = burst.and_then(|node| node.integer());
    raw.max_concurrency = concurrency.and_then(|node| node.integer());
    raw.request_timeout = timeout.and_then(|node| node.duration());
    raw.use_fips = fips.and_then(|node| node.bool());
    raw.use_dual_stack = dual_stack.and_then(|node| node.bool());
}

fn read_filters(node: &Node<'_>) -> Filters {
    let [fleets, stacks, pools, tags] = node.keys(["fleets", "stacks", "pools", "tags"]);
    let names =
        |node: Option<Node<'_>>| node.map(|node| read_name_filter(&node)).unwrap_or_default();
    Filters {
        fleets: names(fleets),
        stacks: names(stacks),
        pools: names(pools),
        tags: tags
            .and_then(|node| node.map())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(_, key, text)| Some((key, Pattern::new(text).ok()?)))
            .collect(),
    }
}

fn read_name_filter(node: &Node<'_>) -> NameFilter {
    let [include, exclude] = node.keys(["include", "exclude"]);
    let patterns = |node: Option<Node<'_>>| {
        let texts = node.and_then(|node| node.texts()).unwrap_or_default();
        // Those that do not compile were refused.
        let compiled = texts.iter().filter_map(|(_, text)| Pattern::new(text).ok());
        compiled.collect()
    };
    NameFilter {
        include: patterns(include),
        exclude: patterns(exclude),
    }
}

fn read_texts(node: &Node<'_>) -> Vec<String> {
    let texts = node.texts().unwrap_or_default();
    texts.iter().map(|(_, text)| (*text).to_owned()).collect()
}

fn read_targets(node: &Node<'_>) -> Option<Vec<RawTarget>> {
    Some(node.entries()?.iter().map(read_target).collect())
}

fn read_target(node: &Node<'_>) -> RawTarget {
    let problems = node.problem_count();
    if !node.require_value() {
        return RawTarget {
            name: Field::Invalid,
            ..RawTarget::default()
        };
    }
    let [
        name,
        regions,
        role_arn,
        external_id,
        session_name,
        profile,
        labels,
        use_fips,
        use_dual_stack,
    ] = node.keys([
        "name",
        "regions",
        "role_arn",
        "external_id",
        "session_name",
        "profile",
        "labels",
        "use_fips",
        "use_dual_stack",
    ]);
    // An unknown key may be a misspelt `name`, and then its absence says nothing.
    let unsure = node.problem_count() > problems;
    let text = |node: &Node<'_>| node.text().map(str::to_owned);
    RawTarget {
        name: match Field::read(name, text) {
            Field::Absent if unsure => Field::Invalid,
            name => name,
        },
        regions: regions.map(|node| read_regions(&node)).unwrap_or_default(),
        role_arn: match Field::read(role_arn, read_role_arn) {
            Field::Absent if unsure => Field::Invalid,
            role_arn => role_arn,
        },
        external_id: Field::read(external_id, |node| node.text().map(Secret::new)),
        session_name: Field::read(session_name, text),
        profile: profile.and_then(|node| text(&node)),
        labels: labels.map(|node| read_labels(&node)).unwrap_or_default(),
        use_fips: use_fips.and_then(|node| node.bool()),
        use_dual_stack: use_dual_stack.and_then(|node| node.bool()),
    }
}

fn read_regions(node: &Node<'_>) -> Vec<(String, String)> {
    let entries = node.texts().unwrap_or_default();
    if entries.len() > 1 {
        for (entry, _) in entries.iter().filter(|(_, text)| *text == ALL_REGIONS) {
            entry.reject(
                "all stands beside other regions",
                "all alone, or regions without it",
            );
        }
    }
    entries
        .iter()
        .map(|(entry, text)| (entry.path().to_owned(), (*text).to_owned()))
        .collect()
}

fn read_role_arn(node: &Node<'_>) -> Option<String> {
    let arn = node.text()?;
    let partition = arn.split(':').nth(1)?;
    let known: Vec<_> = regions::partitions().collect();
    if !known.contains(&partition) {
        node.reject(
            &format!("{partition} in {arn:?} is not a partition of AWS"),
            &known.join(", "),
        );
        return None;
    }
    Some(arn.to_owned())
}

fn read_labels(node: &Node<'_>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (entry, name, value) in node.map().unwrap_or_default() {
        match labels::reserved(&name) {
            Some(reason) => entry.reject(&reason, "another name"),
            None => {
                labels.insert(name, value.to_owned());
            }
        }
    }
    labels
}
