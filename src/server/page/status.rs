//! The status page: what is refreshed and how that goes.
//!
//! Made on request from a [`Status`], the same values that the JSON has.

use maud::{Markup, html};

use super::document::{Document, Links};
use super::formatting::{self, count, duration, rfc3339, timestamp, timestamp_or, utc};
use super::problems::{NO_REGION, Problem, problems, reason};
use crate::server::status::{
    Collector, Outcome, Overall, Region, ServiceStatus, State, Status, Target,
};

/// The page as HTML.
pub(in crate::server) fn status(status: &Status, links: Links<'_>) -> String {
    let verdict = verdict(status);
    let content = html! {
        (head(status, links))
        main {
            (summary(status, &verdict))
            (failing(status))
            @for (number, target) in status.targets.iter().enumerate() {
                (self::target(status, number, target))
            }
        }
        (foot(status))
    };
    let document = Document {
        title: &verdict,
        class: "status",
        update_seconds: 5,
    };
    document.html(&content)
}

fn head(status: &Status, links: Links<'_>) -> Markup {
    html! {
        header {
            h1 { "appstream-exporter" }
            p.muted {
                "Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) and WorkSpaces Pools, version "
                (status.version)
            }
            (links.navigation(&[
                ("/", "fleets and pools"),
                (links.telemetry_path, "metrics"),
                ("/-/healthy", "health"),
                ("/-/ready", "readiness"),
                ("/api/v1/status", "this page as JSON"),
            ]))
        }
    }
}

/// The overall status in a few words.
fn verdict(status: &Status) -> String {
    let summary = &status.summary;
    let (failing, all) = (summary.collectors_failing, summary.collectors);
    match summary.state {
        Overall::Failing => {
            let fail = if failing == 1 { "fails" } else { "fail" };
            format!("{failing} of {} {fail}", count(all, "collector"))
        }
        Overall::Starting => format!(
            "Starting: {} pending",
            count(summary.regions_pending, "region")
        ),
        Overall::Idle => "Nothing to refresh".to_owned(),
        Overall::Ok if !status.config.last_reload_successful => {
            "All collectors work, but the configuration file is invalid".to_owned()
        }
        Overall::Ok => "All well".to_owned(),
    }
}

fn summary(status: &Status, verdict: &str) -> Markup {
    let (summary, now) = (&status.summary, status.now);
    let class = match summary.state {
        Overall::Failing => "failing",
        Overall::Ok if status.config.last_reload_successful => "ok",
        _ => "warn",
    };
    html! {
        section.summary.(class) aria-label="Summary" {
            p.verdict.(class) role="status" { (verdict) }
            @if let Some(since) = summary.failing_since {
                p { (formatting::since(since, now)) }
            }
            p {
                (counts(status).join(", ")) ", as of " time #as-of datetime=(rfc3339(now)) { (utc(now, now)) } "."
                @if summary.state == Overall::Idle {
                    " This exporter has no region: check the configuration and the number of shards."
                }
            }
        }
    }
}

/// The numbers of targets, regions and collectors, and of regions that need attention.
fn counts(status: &Status) -> Vec<String> {
    let summary = &status.summary;
    let mut parts = vec![
        count(summary.targets, "target"),
        count(summary.regions, "region"),
        count(summary.collectors, "collector"),
    ];
    if summary.regions_refused > 0 {
        parts.push(format!(
            "{} refused",
            count(summary.regions_refused, "region")
        ));
    }
    if summary.regions_pending > 0 && summary.state != Overall::Starting {
        parts.push(format!(
            "{} pending",
            count(summary.regions_pending, "region")
        ));
    }
    parts.extend(rate_limited(status));
    parts
}

/// In how many regions a rate limit delays a whole refresh.
fn rate_limited(status: &Status) -> impl Iterator<Item = String> {
    let regions = |is_limited: fn(&ServiceStatus) -> bool| {
        let regions = status.targets.iter().flat_map(|target| &target.regions);
        regions
            .filter(|region| region.services.iter().any(is_limited))
            .count()
    };
    let counts = [
        (regions(|one| one.throttled), "throttled by AWS"),
        (
            regions(|one| one.waits_for_rate_limit),
            "waiting for the rate limit",
        ),
    ];
    let counts = counts.into_iter().filter(|(regions, _)| *regions > 0);
    counts.map(|(regions, what)| format!("{} {what}", count(regions, "region")))
}

/// Everything that someone has to do something about.
fn failing(status: &Status) -> Markup {
    let (problems, config) = (problems(status), &status.config);
    html! {
        @if !problems.is_empty() || !config.last_reload_successful {
            section aria-labelledby="fails" {
                h2 #fails { "What fails" }
                ul.problems {
                    @if !config.last_reload_successful {
                        li {
                            strong { "The configuration file" }
                            " is invalid; the previous configuration stays active. Rejected "
                            (timestamp_or("just now", config.refused_at, status.now)) "."
                            ul.reason { @for problem in &config.problems { li { bdi { (problem) } } } }
                        }
                    }
                    @for problem in &problems { (self::problem(status, problem)) }
                }
            }
        }
    }
}

fn problem(status: &Status, problem: &Problem<'_>) -> Markup {
    html! {
        li {
            strong { (problem.target) } @if problem.is_refused { ", refused" } " in "
            @for (number, region) in problem.regions.iter().enumerate() {
                @if number > 0 { "; " }
                strong { (region.region) } " (" (region.collectors()) ")"
            }
            div.reason { bdi { (problem.reason) } }
            @if let Some(since) = problem.since { div { (formatting::since(since, status.now)) } }
        }
    }
}

fn target(status: &Status, number: usize, target: &Target) -> Markup {
    let id = format!("target-{number}");
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { small { "target" } " " (target.target) }
            @for region in &target.regions { (self::region(status, target, region)) }
        }
    }
}

fn region(status: &Status, target: &Target, region: &Region) -> Markup {
    let name = region.region.as_deref().unwrap_or(match region.state {
        State::LookingForRegions => "all regions",
        _ => NO_REGION,
    });
    let failing = region.collectors.iter().filter(|one| !one.success).count();
    let (class, word) = match region.state {
        State::Ok => ("ok", "ok".to_owned()),
        State::Failing => (
            "failing",
            format!("{failing} of {} failing", region.collectors.len()),
        ),
        State::Refused => ("refused", "refused".to_owned()),
        State::FirstRefresh => ("warn", "first refresh running".to_owned()),
        State::LookingForRegions => ("warn", "searching regions".to_owned()),
    };
    html! {
        div.region {
            h3 { (name) } " " span.badge.(class) { (word) }
            @if !region.account_ids.is_empty() { " " small { "account " (region.account_ids.join(", ")) } }
            ul.facts {
                (when(status, region))
                @for service in &region.services { (self::service(service)) }
            }
            @if !region.collectors.is_empty() { (table(status, target, region)) }
        }
    }
}

/// When the region is refreshed.
fn when(status: &Status, region: &Region) -> Markup {
    let now = status.now;
    html! {
        li {
            @match (region.state, region.refreshing_since, region.next_refresh) {
                (State::Refused, _, _) => "Not refreshed: another target has the same account and region.",
                (State::LookingForRegions, _, _) => {
                    "Its regions are being searched: the exporter checks which of them have AppStream."
                }
                (State::FirstRefresh, Some(since), _) => {
                    "The first refresh is running. It started " (timestamp(since, now)) "."
                }
                (State::FirstRefresh, None, _) => "The first refresh has not ended.",
                (_, Some(since), _) => { "A refresh is running. It started " (timestamp(since, now)) "." }
                (_, None, Some(next)) if next > now => { "Next refresh " (timestamp(next, now)) "." }
                (_, None, Some(next)) => { "The next refresh was due " (timestamp(next, now)) "." }
                (_, None, None) => "The time of the next refresh is unknown.",
            }
        }
    }
}

/// The calls of a region to a service, and their problems.
fn service(service: &ServiceStatus) -> Markup {
    let sent = usize::try_from(service.requests).unwrap_or(usize::MAX);
    let needed = usize::try_from(service.calls_needed).unwrap_or(usize::MAX);
    html! {
        li {
            (service.name) ": " (count(sent, "API request")) " in the last refresh "
            small {
                "(a full refresh needs about " (count(needed, "call")) ", the rate limit allows "
                (service.calls_budget) ")"
            }
            @for warning in warnings(service) { br; strong.warn { (warning) } }
        }
    }
}

fn warnings(service: &ServiceStatus) -> Vec<String> {
    let mut warnings = Vec::new();
    if service.throttled {
        warnings.push(format!(
            "AWS throttles: {:.2} requests per second instead of {}.",
            service.requests_per_second, service.configured_requests_per_second
        ));
    }
    if service.waits_for_rate_limit {
        warnings.push(
            "Waiting for the rate limit: a full refresh needs more calls than it allows."
                .to_owned(),
        );
    }
    if service.ran_out_of_time {
        warnings.push(
            "The last refresh ended before everything was read; the next refresh reads the rest."
                .to_owned(),
        );
    }
    if service.unread_parts > 0 {
        warnings.push(format!(
            "{} not read yet: pairs of fleet and stack, pools, or lists.",
            count(service.unread_parts, "part")
        ));
    }
    warnings
}

/// The roles are in the markup too, because a table that is displayed as blocks loses them.
fn table(status: &Status, target: &Target, region: &Region) -> Markup {
    let region_name = region.region.as_deref().unwrap_or_default();
    let columns = [
        "collector",
        "last refresh",
        "last success",
        "last read",
        "took",
    ];
    html! {
        table.stack role="table" {
            caption { "Collectors of " (target.target) " in " (region_name) }
            thead role="rowgroup" {
                tr role="row" { @for column in columns { th scope="col" role="columnheader" { (column) } } }
            }
            tbody role="rowgroup" { @for collector in &region.collectors { (row(status, collector)) } }
        }
    }
}

fn row(status: &Status, collector: &Collector) -> Markup {
    let now = status.now;
    let (class, word) = match collector.state {
        Outcome::Success => ("ok", "success"),
        Outcome::Kept => ("ok", "kept"),
        Outcome::NothingToAsk => ("ok", "nothing to read"),
        Outcome::Failed => ("failed", "failed"),
    };
    let took = match collector.state {
        Outcome::Kept | Outcome::NothingToAsk => "no API call".to_owned(),
        Outcome::Success | Outcome::Failed => {
            format!("{:.3} s", collector.duration.0.as_secs_f64())
        }
    };
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (collector.collector) }
            td role="cell" data-label="last refresh" {
                strong.(class) { (word) }
                @if collector.state == Outcome::Kept { " " small { "not due yet" } }
            }
            td role="cell" data-label="last success" { (timestamp_or("never", collector.last_success, now)) }
            td role="cell" data-label="last read" { (timestamp_or("never", collector.last_read, now)) }
            td role="cell" data-label="took" { (took) }
        }
        @for (feature, answer) in &collector.unsupported {
            tr.why role="row" {
                td role="cell" colspan="5" { "Not supported here: " bdi { (feature) " (" (answer) ")" } }
            }
        }
        @if collector.state == Outcome::Failed {
            tr.why role="row" { td.bad role="cell" colspan="5" { bdi { (reason(collector)) } } }
        }
    }
}

fn foot(status: &Status) -> Markup {
    let (config, now) = (&status.config, status.now);
    html! {
        footer.muted {
            p {
                "Configuration: hash " (config.hash) ", loaded " (timestamp_or("never", config.loaded_at, now))
                ", a refresh every " (duration(config.interval.0)) "; "
                @if config.last_reload_successful { "the file has not changed since" }
                @else { "the changed file is invalid" }
                "."
            }
            p {
                "Version " (status.version) ", revision " (status.revision) ", shard " (status.shard) " of "
                (status.total_shards) " (counted from 0), " @if !status.ready { "not " } "ready, up "
                (duration(status.uptime.0)) ", started " (utc(status.started_at, now)) "."
            }
        }
    }
}
