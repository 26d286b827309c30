//! From the raw configuration of the file to the one that the program runs on.
//!
//! Owns the defaults and every rule that needs more than one key.

use std::collections::BTreeMap;
use std::time::Duration;

use super::file::{Field, RawConfig, RawTarget};
use super::keys::{ALL_REGIONS, format_duration};
use super::{
    AuthenticationType, Aws, Collectors, Config, Problem, Problems, Refresh, Regions, Role,
    Sessions, Tags, Target, regions,
};

/// One minute: AWS's own CloudWatch metrics of fleets come at this pace.
const INTERVAL: Duration = Duration::from_secs(60);
/// Share of the interval, in sixths, after which a refresh is ended: 50 s of a
/// minute, which leaves time to publish what there is before the next one.
const TIMEOUT_SIXTHS: u32 = 5;
/// Two refreshes may fail before a value expires.
const MAX_AGE_INTERVALS: u32 = 3;
/// Stacks and associations are made by people and deployments, a few in a day.
const TOPOLOGY_INTERVAL: Duration = Duration::from_secs(600);
/// What the fleets' own figures do not reveal is found after this at the latest.
const RECHECK_INTERVAL: Duration = Duration::from_secs(600);
/// AWS publishes no rate for these APIs; this leaves room for consoles and deployments beside us.
const REQUESTS_PER_SECOND: f64 = 5.0;
const BURST: u32 = 10;
const MAX_CONCURRENCY: u32 = 8;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const TARGET: &str = "default";

/// Checks what needs several keys, and fills in the defaults.
pub(super) fn validate(mut raw: RawConfig) -> Result<Config, Problems> {
    let mut problems = std::mem::take(&mut raw.problems);
    let refresh = refresh(&raw, &mut problems);
    let collectors = collectors(&raw, &mut problems);
    let targets = targets(raw.targets.take(), &raw.tags, &mut problems);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    Ok(Config {
        refresh,
        collectors,
        sessions: Sessions {
            authentication_types: raw
                .authentication_types
                .unwrap_or_else(|| AuthenticationType::ALL.to_vec()),
            economy: raw.economy.unwrap_or(true),
            recheck_interval: raw.recheck_interval.unwrap_or(RECHECK_INTERVAL),
        },
        aws: Aws {
            requests_per_second: raw.requests_per_second.unwrap_or(REQUESTS_PER_SECOND),
            burst: raw.burst.unwrap_or(BURST),
            max_concurrency: usize::try_from(raw.max_concurrency.unwrap_or(MAX_CONCURRENCY))
                .expect("at most 1000 fits a usize"),
            request_timeout: raw.request_timeout.unwrap_or(REQUEST_TIMEOUT),
            use_fips: raw.use_fips,
            use_dual_stack: raw.use_dual_stack,
        },
        filters: raw.filters,
        tags: raw.tags,
        targets,
    })
}

fn refresh(raw: &RawConfig, problems: &mut Vec<Problem>) -> Refresh {
    let interval = raw.interval.unwrap_or(INTERVAL);
    if problems
        .iter()
        .any(|problem| problem.path == "refresh.interval")
    {
        // Nothing can be compared with an interval that was refused.
        return Refresh {
            interval,
            timeout: interval,
            max_age: interval,
            topology_interval: interval,
        };
    }
    let shown = format_duration(interval);
    let timeout = raw
        .timeout
        .unwrap_or_else(|| truncate_to_millis(interval * TIMEOUT_SIXTHS / 6));
    if timeout > interval {
        problems.push(Problem {
            path: "refresh.timeout".to_owned(),
            message: format!(
                "{} is above refresh.interval, accepted: at most {shown}",
                format_duration(timeout)
            ),
        });
    }
    let max_age = raw.max_age.unwrap_or(interval * MAX_AGE_INTERVALS);
    if max_age < interval {
        problems.push(Problem {
            path: "refresh.max_age".to_owned(),
            message: format!(
                "{} is below refresh.interval, accepted: at least {shown}",
                format_duration(max_age)
            ),
        });
    }
    let everything_every_time = raw.economy == Some(false);
    let topology_interval = raw.topology_interval.unwrap_or(if everything_every_time {
        interval
    } else {
        TOPOLOGY_INTERVAL.max(interval)
    });
    Refresh {
        interval,
        timeout,
        max_age,
        topology_interval,
    }
}

fn collectors(raw: &RawConfig, problems: &mut Vec<Problem>) -> Collectors {
    let collectors = Collectors {
        appstream_fleets: raw.appstream_fleets.unwrap_or(true),
        appstream_stacks: raw.appstream_stacks.unwrap_or(true),
        appstream_sessions: raw.appstream_sessions.unwrap_or(true),
        workspaces_pools: raw.workspaces_pools.unwrap_or(true),
        workspaces_pool_sessions: raw.workspaces_pool_sessions.unwrap_or(true),
    };
    let none = Collectors {
        appstream_fleets: false,
        appstream_stacks: false,
        appstream_sessions: false,
        workspaces_pools: false,
        workspaces_pool_sessions: false,
    };
    if collectors == none {
        problems.push(Problem {
            path: "collectors".to_owned(),
            message: "all are off, accepted: at least one that is true".to_owned(),
        });
    }
    collectors
}

/// Truncates to milliseconds, the smallest unit of the file.
fn truncate_to_millis(duration: Duration) -> Duration {
    let millis = u64::try_from(duration.as_millis()).expect("no interval is longer than a day");
    Duration::from_millis(millis)
}

/// Completes the targets. A region may stand in several of them, since they may be
/// different accounts; whether they are is AWS's to say.
fn targets(raw: Option<Vec<RawTarget>>, tags: &Tags, problems: &mut Vec<Problem>) -> Vec<Target> {
    let raw = raw.unwrap_or_else(|| vec![RawTarget::default()]);
    let tags = tags.label_names();
    let mut names = BTreeMap::new();
    let mut targets = Vec::new();
    for (index, target) in raw.into_iter().enumerate() {
        let path = format!("targets[{index}]");
        let mut reject = |key: &str, message: String| {
            problems.push(Problem {
                path: format!("{path}.{key}"),
                message,
            });
        };
        let name = match &target.name {
            Field::Absent => Some(TARGET.to_owned()),
            Field::Invalid => None,
            Field::Value(name) => Some(name.clone()),
        };
        if let Some(name) = &name
            && let Some(first) = names.insert(name.clone(), index)
        {
            reject(
                "name",
                format!(
                    "{name:?} is the name of targets[{first}] too, accepted: a name of its own"
                ),
            );
        }
        for label in target.labels.keys() {
            if let Some((tag, _)) = tags.iter().find(|(_, name)| name == label) {
                reject(
                    &format!("labels.{label}"),
                    format!(
                        "{label} is what tags.labels makes of the tag {tag:?}, accepted: another name"
                    ),
                );
            }
        }
        let role = role(&target, &mut reject);
        if let Some(role) = &role {
            check_partition(role, &target.regions, problems);
        }
        targets.push(Target {
            name: name.unwrap_or_default(),
            regions: regions_from(target.regions),
            profile: target.profile,
            role,
            labels: target.labels,
            use_fips: target.use_fips,
            use_dual_stack: target.use_dual_stack,
        });
    }
    targets
}

fn regions_from(listed: Vec<(String, String)>) -> Regions {
    match listed.as_slice() {
        [] => Regions::Own,
        [(_, only)] if only == ALL_REGIONS => Regions::All,
        _ => Regions::Listed(listed.into_iter().map(|(_, region)| region).collect()),
    }
}

/// The role of a target. Its other keys mean nothing without it, and one who wrote
/// them expects a role that is not assumed.
fn role(target: &RawTarget, reject: &mut impl FnMut(&str, String)) -> Option<Role> {
    let Field::Value(arn) = &target.role_arn else {
        if target.role_arn.is_absent() {
            let of_a_role = [
                ("external_id", target.external_id.is_absent()),
                ("session_name", target.session_name.is_absent()),
            ];
            for (key, _) in of_a_role.into_iter().filter(|(_, is_absent)| !is_absent) {
                let message = "the target has no role_arn, accepted: only beside role_arn";
                reject(key, message.to_owned());
            }
        }
        return None;
    };
    Some(Role {
        arn: arn.clone(),
        external_id: target.external_id.value(),
        session_name: target
            .session_name
            .value()
            .unwrap_or_else(|| Role::SESSION_NAME.to_owned()),
    })
}

/// Credentials of one partition of AWS are unknown in the others.
fn check_partition(role: &Role, listed: &[(String, String)], problems: &mut Vec<Problem>) {
    for (path, region) in listed {
        let Some(partition) = regions::partition_of(region) else {
            continue;
        };
        if partition != role.partition() {
            problems.push(Problem {
                path: path.clone(),
                message: format!(
                    "{region} is in the partition {partition}, but role_arn in {}, accepted: a role and regions of one partition",
                    role.partition()
                ),
            });
        }
    }
}
