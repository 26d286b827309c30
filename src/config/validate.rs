//! From what the file says to what the program runs on.
//!
//! Owns the defaults and every rule that needs more than one key.

use std::collections::BTreeMap;
use std::time::Duration;

use super::file::{File, FileTarget, Given};
use super::keys::{ALL_REGIONS, written};
use super::{
    AuthenticationType, Aws, Collectors, Config, Problem, Problems, Refresh, Regions, Role,
    Sessions, Tags, Target, regions,
};

/// One minute: AWS's own CloudWatch metrics of fleets come at this pace.
const INTERVAL: Duration = Duration::from_secs(60);
/// Share of the interval, in sixths, after which a refresh is ended: 50 s of a
/// minute, which leaves time to publish what there is before the next one.
const TIMEOUT_SIXTHS: u32 = 5;
/// Two refreshes may fail before a value vanishes.
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
pub(super) fn validate(mut file: File) -> Result<Config, Problems> {
    let mut problems = std::mem::take(&mut file.problems);
    let refresh = refresh(&file, &mut problems);
    let collectors = collectors(&file, &mut problems);
    let targets = targets(file.targets.take(), &file.tags, &mut problems);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    Ok(Config {
        refresh,
        collectors,
        sessions: Sessions {
            authentication_types: file
                .authentication_types
                .unwrap_or_else(|| AuthenticationType::ALL.to_vec()),
            economy: file.economy.unwrap_or(true),
            recheck_interval: file.recheck_interval.unwrap_or(RECHECK_INTERVAL),
        },
        aws: Aws {
            requests_per_second: file.requests_per_second.unwrap_or(REQUESTS_PER_SECOND),
            burst: file.burst.unwrap_or(BURST),
            max_concurrency: usize::try_from(file.max_concurrency.unwrap_or(MAX_CONCURRENCY))
                .expect("at most 1000 fits a usize"),
            request_timeout: file.request_timeout.unwrap_or(REQUEST_TIMEOUT),
            use_fips: file.use_fips,
            use_dual_stack: file.use_dual_stack,
        },
        filters: file.filters,
        tags: file.tags,
        targets,
    })
}

fn refresh(file: &File, problems: &mut Vec<Problem>) -> Refresh {
    let interval = file.interval.unwrap_or(INTERVAL);
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
    let shown = written(interval);
    let timeout = file
        .timeout
        .unwrap_or_else(|| whole_millis(interval * TIMEOUT_SIXTHS / 6));
    if timeout > interval {
        problems.push(Problem {
            path: "refresh.timeout".to_owned(),
            message: format!(
                "{} is above refresh.interval, accepted: at most {shown}",
                written(timeout)
            ),
        });
    }
    let max_age = file.max_age.unwrap_or(interval * MAX_AGE_INTERVALS);
    if max_age < interval {
        problems.push(Problem {
            path: "refresh.max_age".to_owned(),
            message: format!(
                "{} is below refresh.interval, accepted: at least {shown}",
                written(max_age)
            ),
        });
    }
    let everything_every_time = file.economy == Some(false);
    let topology_interval = file.topology_interval.unwrap_or(if everything_every_time {
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

fn collectors(file: &File, problems: &mut Vec<Problem>) -> Collectors {
    let collectors = Collectors {
        appstream_fleets: file.appstream_fleets.unwrap_or(true),
        appstream_stacks: file.appstream_stacks.unwrap_or(true),
        appstream_sessions: file.appstream_sessions.unwrap_or(true),
        workspaces_pools: file.workspaces_pools.unwrap_or(true),
        workspaces_pool_sessions: file.workspaces_pool_sessions.unwrap_or(true),
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

/// Without what is less than a millisecond, which a file cannot say.
fn whole_millis(duration: Duration) -> Duration {
    let millis = u64::try_from(duration.as_millis()).expect("no interval is longer than a day");
    Duration::from_millis(millis)
}

/// Completes the targets. A region may stand in several of them, since they may be
/// different accounts; whether they are is AWS's to say.
fn targets(file: Option<Vec<FileTarget>>, tags: &Tags, problems: &mut Vec<Problem>) -> Vec<Target> {
    let file = file.unwrap_or_else(|| vec![FileTarget::default()]);
    let tags = tags.label_names();
    let mut names = BTreeMap::new();
    let mut targets = Vec::new();
    for (index, target) in file.into_iter().enumerate() {
        let path = format!("targets[{index}]");
        let mut reject = |key: &str, message: String| {
            problems.push(Problem {
                path: format!("{path}.{key}"),
                message,
            });
        };
        let name = match &target.name {
            Given::LeftOut => Some(TARGET.to_owned()),
            Given::Refused => None,
            Given::Is(name) => Some(name.clone()),
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
            one_partition(role, &target.regions, problems);
        }
        targets.push(Target {
            name: name.unwrap_or_default(),
            regions: where_asked(target.regions),
            profile: target.profile,
            role,
            labels: target.labels,
            use_fips: target.use_fips,
            use_dual_stack: target.use_dual_stack,
        });
    }
    targets
}

fn where_asked(listed: Vec<(String, String)>) -> Regions {
    match listed.as_slice() {
        [] => Regions::Own,
        [(_, only)] if only == ALL_REGIONS => Regions::All,
        _ => Regions::Listed(listed.into_iter().map(|(_, region)| region).collect()),
    }
}

/// The role of a target. Its other keys mean nothing without it, and one who wrote
/// them believes in a role that nobody assumes.
fn role(target: &FileTarget, reject: &mut impl FnMut(&str, String)) -> Option<Role> {
    let Given::Is(arn) = &target.role_arn else {
        if target.role_arn.is_left_out() {
            let of_a_role = [
                ("external_id", target.external_id.is_left_out()),
                ("session_name", target.session_name.is_left_out()),
            ];
            for (key, _) in of_a_role.into_iter().filter(|(_, left_out)| !left_out) {
                let message = "the target has no role_arn, accepted: only beside role_arn";
                reject(key, message.to_owned());
            }
        }
        return None;
    };
    Some(Role {
        arn: arn.clone(),
        external_id: target.external_id.given(),
        session_name: target
            .session_name
            .given()
            .unwrap_or_else(|| Role::SESSION_NAME.to_owned()),
    })
}

/// Credentials of one partition of AWS are unknown in the others.
fn one_partition(role: &Role, listed: &[(String, String)], problems: &mut Vec<Problem>) {
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
