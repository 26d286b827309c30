//! The shape of the YAML file: which keys there are and what each may hold.
//!
//! Judges every value for itself; what depends on several keys, and what a
//! missing key means, is `validate`'s.

use std::time::Duration;

use serde_yaml::Value;

use super::node::{Found, Node};
use super::{AuthenticationType, Problem};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const INTERVAL: &str = "a duration of 1s to 24h with its unit, such as 60s or 5m";
const POSITIVE_DURATION: &str = "a duration of 1ms to 24h with its unit, such as 50s or 3m";
const MAX_AGE: &str = "a duration of 1s to 365d with its unit, such as 3m";
const TOPOLOGY_INTERVAL: &str = "a duration of 1s to 24h with its unit, such as 10m";
const RECHECK_INTERVAL: &str = TOPOLOGY_INTERVAL;
const REQUEST_TIMEOUT: &str = "a duration of 100ms to 5m with its unit, such as 10s";

/// What the file says, key by key; `None` where it says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
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
    pub(super) targets: Option<Vec<FileTarget>>,
    /// Problems of single values, in the order of the keys.
    pub(super) problems: Vec<Problem>,
}

/// An entry of `targets`.
#[derive(Clone, Debug, Default)]
pub(super) struct FileTarget {
    pub(super) name: Option<String>,
    pub(super) regions: Vec<String>,
    /// Something in it was refused, so that what is missing may not be what was meant.
    pub(super) refused: bool,
}

/// Reads the document.
///
/// Problems of single values stay in [`File::problems`], so that `validate` can
/// add its own and the user sees them all.
pub(super) fn read(document: &Value) -> File {
    let found = Found::default();
    let root = Node::root(document, &found);
    let mut file = File::default();
    let [refresh, collectors, sessions, aws, targets] =
        root.keys(["refresh", "collectors", "sessions", "aws", "targets"]);
    if let Some(node) = refresh {
        read_refresh(&node, &mut file);
    }
    if let Some(node) = collectors {
        read_collectors(&node, &mut file);
    }
    if let Some(node) = sessions {
        let [types, economy, recheck_interval] =
            node.keys(["authentication_types", "economy", "recheck_interval"]);
        file.authentication_types = types.and_then(|node| read_authentication_types(&node));
        file.economy = economy.and_then(|node| node.bool());
        file.recheck_interval = recheck_interval
            .and_then(|node| node.duration(Duration::from_secs(1)..=DAY, RECHECK_INTERVAL));
    }
    if let Some(node) = aws {
        read_aws(&node, &mut file);
    }
    file.targets = targets.and_then(|node| read_targets(&node));
    file.problems = found.into_inner();
    file
}

fn read_refresh(node: &Node<'_>, file: &mut File) {
    let [interval, timeout, max_age, topology_interval] =
        node.keys(["interval", "timeout", "max_age", "topology_interval"]);
    file.interval = interval.and_then(|node| node.duration(Duration::from_secs(1)..=DAY, INTERVAL));
    file.timeout =
        timeout.and_then(|node| node.duration(Duration::from_millis(1)..=DAY, POSITIVE_DURATION));
    file.max_age =
        max_age.and_then(|node| node.duration(Duration::from_secs(1)..=DAY * 365, MAX_AGE));
    file.topology_interval = topology_interval
        .and_then(|node| node.duration(Duration::from_secs(1)..=DAY, TOPOLOGY_INTERVAL));
}

fn read_collectors(node: &Node<'_>, file: &mut File) {
    let [fleets, stacks, sessions, pools, pool_sessions] = node.keys([
        "appstream_fleets",
        "appstream_stacks",
        "appstream_sessions",
        "workspaces_pools",
        "workspaces_pool_sessions",
    ]);
    let read = |node: Option<Node<'_>>| node.and_then(|node| node.bool());
    file.appstream_fleets = read(fleets);
    file.appstream_stacks = read(stacks);
    file.appstream_sessions = read(sessions);
    file.workspaces_pools = read(pools);
    file.workspaces_pool_sessions = read(pool_sessions);
}

fn read_authentication_types(node: &Node<'_>) -> Option<Vec<AuthenticationType>> {
    let accepted = format!(
        "a list of {}",
        AuthenticationType::ALL
            .map(AuthenticationType::as_str)
            .join(", ")
    );
    let entries = node.entries(&accepted)?;
    if entries.is_empty() {
        node.reject(
            "the list is empty",
            &format!("{accepted}; collectors.appstream_sessions: false asks for none"),
        );
    }
    let mut types = Vec::new();
    for entry in entries {
        let Some(text) = entry.string(&accepted) else {
            continue;
        };
        match AuthenticationType::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
        {
            None => entry.reject(
                &format!("{text:?} is not an authentication type"),
                &accepted,
            ),
            Some(known) if types.contains(&known) => {
                entry.reject(&format!("{text} is listed twice"), "each once")
            }
            Some(known) => types.push(known),
        }
    }
    Some(types)
}

fn read_aws(node: &Node<'_>, file: &mut File) {
    let [rate, burst, concurrency, timeout] = node.keys([
        "requests_per_second",
        "burst",
        "max_concurrency",
        "request_timeout",
    ]);
    file.requests_per_second =
        rate.and_then(|node| node.number(0.01..=1_000_000.0, "a number of 0.01 to 1000000"));
    file.burst = burst.and_then(|node| node.whole(1..=1_000_000, "a whole number of 1 to 1000000"));
    file.max_concurrency =
        concurrency.and_then(|node| node.whole(1..=1000, "a whole number of 1 to 1000"));
    file.request_timeout = timeout.and_then(|node| {
        node.duration(
            Duration::from_millis(100)..=Duration::from_secs(300),
            REQUEST_TIMEOUT,
        )
    });
}

fn read_targets(node: &Node<'_>) -> Option<Vec<FileTarget>> {
    let accepted = "a list of targets such as {name: default, regions: [eu-west-1]}";
    let entries = node.entries(accepted)?;
    if entries.is_empty() {
        node.reject(
            "the list is empty",
            "at least one target, or no targets key at all",
        );
    }
    Some(entries.iter().map(read_target).collect())
}

fn read_target(node: &Node<'_>) -> FileTarget {
    let problems = node.problems();
    if !node.must_be_mapping("the keys name, regions") {
        return FileTarget {
            refused: true,
            ..FileTarget::default()
        };
    }
    let [name, regions] = node.keys(["name", "regions"]);
    let name = name.and_then(|node| {
        let text = node.string("a string")?;
        if text.is_empty() {
            node.reject("the name is empty", "a string that is not empty");
        }
        Some(text.to_owned())
    });
    let regions = regions
        .and_then(|node| read_regions(&node))
        .unwrap_or_default();
    FileTarget {
        name,
        regions,
        refused: node.problems() > problems,
    }
}

fn read_regions(node: &Node<'_>) -> Option<Vec<String>> {
    let accepted = "a list of region codes such as eu-west-1";
    let mut regions = Vec::new();
    for entry in node.entries(accepted)? {
        let Some(text) = entry.string(accepted) else {
            continue;
        };
        if is_region_code(text) {
            regions.push(text.to_owned());
        } else {
            entry.reject(
                &format!("{text:?} is not a region code"),
                "a code such as eu-west-1",
            );
        }
    }
    Some(regions)
}

/// Whether `text` has the form of a region code: lower-case words and a number,
/// joined by hyphens. Which regions there are is AWS's to say.
fn is_region_code(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    words.len() >= 2
        && words
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}
