//! A configuration rendered as the file has it: every key, with `null` for a missing value.

use serde_json::{Map, Value, json};

use super::keys::format_duration;
use super::{
    Aws, Collectors, Config, Filters, NameFilter, Pattern, Refresh, Regions, Sessions, Target,
};

/// What stands in place of a secret.
const REDACTED: &str = "<redacted>";

/// The values of all keys, without secrets.
pub(super) fn render(config: &Config) -> Value {
    json!({
        "refresh": refresh(&config.refresh),
        "collectors": collectors(&config.collectors),
        "sessions": sessions(&config.sessions),
        "aws": aws(&config.aws),
        "filters": filters(&config.filters),
        "tags": { "labels": config.tags.labels },
        "targets": config.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

fn refresh(refresh: &Refresh) -> Value {
    json!({
        "interval": format_duration(refresh.interval),
        "timeout": format_duration(refresh.timeout),
        "max_age": format_duration(refresh.max_age),
        "topology_interval": format_duration(refresh.topology_interval),
    })
}

fn collectors(collectors: &Collectors) -> Value {
    json!({
        "appstream_fleets": collectors.appstream_fleets,
        "appstream_stacks": collectors.appstream_stacks,
        "appstream_sessions": collectors.appstream_sessions,
        "workspaces_pools": collectors.workspaces_pools,
        "workspaces_pool_sessions": collectors.workspaces_pool_sessions,
    })
}

fn sessions(sessions: &Sessions) -> Value {
    let types = sessions.authentication_types.iter();
    json!({
        "authentication_types": types.map(|one| one.as_str()).collect::<Vec<_>>(),
        "economy": sessions.economy,
        "recheck_interval": format_duration(sessions.recheck_interval),
    })
}

fn aws(aws: &Aws) -> Value {
    json!({
        "requests_per_second": aws.requests_per_second,
        "burst": aws.burst,
        "max_concurrency": aws.max_concurrency,
        "request_timeout": format_duration(aws.request_timeout),
        "use_fips": aws.use_fips,
        "use_dual_stack": aws.use_dual_stack,
    })
}

fn filters(filters: &Filters) -> Value {
    let tags = filters.tags.iter();
    json!({
        "fleets": names(&filters.fleets),
        "stacks": names(&filters.stacks),
        "pools": names(&filters.pools),
        "tags": tags
            .map(|(key, pattern)| (key.clone(), pattern.as_str().into()))
            .collect::<Map<_, _>>(),
    })
}

fn names(filter: &NameFilter) -> Value {
    let texts = |patterns: &[Pattern]| patterns.iter().map(Pattern::as_str).collect::<Value>();
    json!({ "include": texts(&filter.include), "exclude": texts(&filter.exclude) })
}

fn target(target: &Target) -> Value {
    let role = target.role.as_ref();
    let external_id = role.and_then(|role| role.external_id.as_ref());
    json!({
        "name": target.name,
        "regions": match &target.regions {
            Regions::Own => json!([]),
            Regions::All => json!([super::keys::ALL_REGIONS]),
            Regions::Listed(regions) => json!(regions),
        },
        "role_arn": role.map(|role| &role.arn),
        "external_id": external_id.map(|_| REDACTED),
        "session_name": role.map(|role| &role.session_name),
        "profile": target.profile,
        "labels": target.labels,
        "use_fips": target.use_fips,
        "use_dual_stack": target.use_dual_stack,
    })
}
