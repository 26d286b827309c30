//! From what the file says to what the program runs on.
//!
//! Owns the defaults and every rule that needs more than one key.

use std::collections::BTreeMap;
use std::time::Duration;

use super::file::{File, FileTarget};
use super::{
    AuthenticationType, Aws, Collectors, Config, Filters, Problem, Problems, Refresh, Regions,
    Sessions, Tags, Target,
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
    let targets = targets(file.targets.take(), &mut problems);
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
            use_fips: None,
            use_dual_stack: None,
        },
        filters: Filters::default(),
        tags: Tags::default(),
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
    let shown = humantime::format_duration(interval);
    let timeout = file.timeout.unwrap_or(interval * TIMEOUT_SIXTHS / 6);
    if timeout > interval {
        problems.push(Problem {
            path: "refresh.timeout".to_owned(),
            message: format!(
                "{} is above refresh.interval, accepted: at most {shown}",
                humantime::format_duration(timeout)
            ),
        });
    }
    let max_age = file.max_age.unwrap_or(interval * MAX_AGE_INTERVALS);
    if max_age < interval {
        problems.push(Problem {
            path: "refresh.max_age".to_owned(),
            message: format!(
                "{} is below refresh.interval, accepted: at least {shown}",
                humantime::format_duration(max_age)
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

/// Completes the targets. All of them use the same credentials, so a region that
/// stands in two of them would give every series twice.
fn targets(written: Option<Vec<FileTarget>>, problems: &mut Vec<Problem>) -> Vec<Target> {
    let written = written.unwrap_or_else(|| vec![FileTarget::default()]);
    let mut names = BTreeMap::new();
    let mut regions = BTreeMap::new();
    let mut targets = Vec::new();
    for (index, target) in written.into_iter().enumerate() {
        if target.refused {
            continue;
        }
        let name = target.name.unwrap_or_else(|| TARGET.to_owned());
        if let Some(first) = names.insert(name.clone(), index) {
            problems.push(Problem {
                path: format!("targets[{index}].name"),
                message: format!(
                    "{name:?} is the name of targets[{first}] too, accepted: a name of its own"
                ),
            });
        }
        let claims: Vec<Option<&String>> = if target.regions.is_empty() {
            vec![None]
        } else {
            target.regions.iter().map(Some).collect()
        };
        for (position, claim) in claims.into_iter().enumerate() {
            if let Some(owner) = regions.insert(claim.cloned(), index) {
                problems.push(region_twice(index, position, owner, claim));
            }
        }
        targets.push(Target {
            name,
            regions: if target.regions.is_empty() {
                Regions::Own
            } else {
                Regions::Listed(target.regions)
            },
            profile: None,
            role: None,
            labels: BTreeMap::new(),
            use_fips: None,
            use_dual_stack: None,
        });
    }
    targets
}

fn region_twice(index: usize, position: usize, owner: usize, region: Option<&String>) -> Problem {
    match region {
        Some(region) => Problem {
            path: format!("targets[{index}].regions[{position}]"),
            message: format!("{region} is in targets[{owner}] already, accepted: each region once"),
        },
        None => Problem {
            path: format!("targets[{index}].regions"),
            message: format!(
                "no regions means the AWS SDK's own region, as in targets[{owner}], accepted: each region once"
            ),
        },
    }
}
