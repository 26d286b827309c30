//! The status page: what is refreshed and how that goes, for people.
//!
//! Made on request from a [`Status`], the same values that the JSON has. It is
//! whole without its script, which only fetches it again and again.

mod formatting;
mod policy;
mod problems;

use std::fmt::{self, Write as _};

use super::status::{Collector, Outcome, Overall, Region, ServiceStatus, State, Status, Target};
use formatting::{Escaped, count, duration, rfc3339, timestamp, timestamp_or, utc};
pub(super) use policy::policy;
use policy::{SCRIPT, STYLE};
use problems::{NO_REGION, Problem, problems, reason};

/// The page as HTML.
pub(super) fn page(status: &Status, telemetry_path: &str) -> String {
    let mut html = Html::default();
    let verdict = verdict(status);
    html.put(format_args!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{verdict} – appstream-exporter</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{STYLE}</style>\n</head>\n<body>\n\
         <p id=\"lost\" role=\"alert\" hidden></p>\n<div id=\"status\">\n"
    ));
    head(&mut html, status, telemetry_path);
    html.text("<main>\n");
    summary(&mut html, status, &verdict);
    failing(&mut html, status);
    for (number, target) in status.targets.iter().enumerate() {
        self::target(&mut html, status, number, target);
    }
    html.text("</main>\n");
    foot(&mut html, status);
    html.put(format_args!(
        "</div>\n<noscript><p class=\"muted\">Reload the page for newer values.</p></noscript>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n"
    ));
    html.0
}

/// The text of the page.
#[derive(Default)]
struct Html(String);

impl Html {
    /// Text that is markup.
    fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        self.0
            .write_fmt(text)
            .expect("writing to a string does not fail");
    }
}

fn head(html: &mut Html, status: &Status, telemetry_path: &str) {
    html.put(format_args!(
        "<header>\n<h1>appstream-exporter</h1>\n<p class=\"muted\">Prometheus exporter for AWS AppStream 2.0 \
         (WorkSpaces Applications) and WorkSpaces Pools, version {}</p>\n<nav aria-label=\"Endpoints\"><ul>\n",
        Escaped(status.version)
    ));
    let links = [
        (telemetry_path, "metrics"),
        ("/-/healthy", "health"),
        ("/-/ready", "readiness"),
        ("/api/v1/status", "this page as JSON"),
    ];
    for (path, what) in links {
        html.put(format_args!(
            "<li><a href=\"{0}\">{0}</a> <small>{what}</small></li>\n",
            Escaped(path)
        ));
    }
    html.text("</ul></nav>\n</header>\n");
}

/// How everything is, in a few words.
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
            "All collectors work, but the configuration file cannot be used".to_owned()
        }
        Overall::Ok => "All well".to_owned(),
    }
}

fn summary(html: &mut Html, status: &Status, verdict: &str) {
    let (summary, now) = (&status.summary, status.now);
    let class = match summary.state {
        Overall::Failing => "failing",
        Overall::Ok if status.config.last_reload_successful => "ok",
        _ => "warn",
    };
    html.put(format_args!(
        "<section class=\"summary {class}\" aria-label=\"Summary\">\n<p class=\"verdict {class}\" role=\"status\">{verdict}</p>\n"
    ));
    if let Some(since) = summary.failing_since {
        html.put(format_args!("<p>{}</p>\n", formatting::since(since, now)));
    }
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
    let idle = match summary.state {
        Overall::Idle => {
            " No region is this exporter's: see the configuration and the number of shards."
        }
        _ => "",
    };
    html.put(format_args!(
        "<p>{}, as of <time id=\"as-of\" datetime=\"{}\">{}</time>.{idle}</p>\n</section>\n",
        parts.join(", "),
        rfc3339(now),
        utc(now, now),
    ));
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
fn failing(html: &mut Html, status: &Status) {
    let problems = problems(status);
    let config = &status.config;
    if problems.is_empty() && config.last_reload_successful {
        return;
    }
    html.text("<section aria-labelledby=\"fails\">\n<h2 id=\"fails\">What fails</h2>\n<ul class=\"problems\">\n");
    if !config.last_reload_successful {
        html.put(format_args!(
            "<li><strong>The configuration file</strong> cannot be used; the configuration before stays in force. Refused {}.<ul class=\"reason\">\n",
            timestamp_or("just now", config.refused_at, status.now)
        ));
        for problem in &config.problems {
            html.put(format_args!("<li><bdi>{}</bdi></li>\n", Escaped(problem)));
        }
        html.text("</ul></li>\n");
    }
    for problem in &problems {
        self::problem(html, status, problem);
    }
    html.text("</ul>\n</section>\n");
}

fn problem(html: &mut Html, status: &Status, problem: &Problem<'_>) {
    html.put(format_args!(
        "<li><strong>{}</strong>{} in ",
        Escaped(problem.target),
        if problem.is_refused { ", refused" } else { "" }
    ));
    for (number, region) in problem.regions.iter().enumerate() {
        let comma = if number > 0 { "; " } else { "" };
        html.put(format_args!(
            "{comma}<strong>{}</strong> ({})",
            Escaped(region.region),
            region.collectors()
        ));
    }
    html.put(format_args!(
        "<div class=\"reason\"><bdi>{}</bdi></div>",
        Escaped(&problem.reason)
    ));
    if let Some(since) = problem.since {
        html.put(format_args!(
            "<div>{}</div>",
            formatting::since(since, status.now)
        ));
    }
    html.text("</li>\n");
}

fn target(html: &mut Html, status: &Status, number: usize, target: &Target) {
    html.put(format_args!(
        "<section aria-labelledby=\"target-{number}\">\n<h2 id=\"target-{number}\"><small>target</small> {}</h2>\n",
        Escaped(&target.target)
    ));
    for region in &target.regions {
        self::region(html, status, target, region);
    }
    html.text("</section>\n");
}

fn region(html: &mut Html, status: &Status, target: &Target, region: &Region) {
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
        State::FirstRefresh => ("warn", "first refresh under way".to_owned()),
        State::LookingForRegions => ("warn", "looking for regions".to_owned()),
    };
    html.put(format_args!(
        "<div class=\"region\">\n<h3>{}</h3> <span class=\"badge {class}\">{word}</span>{}\n<ul class=\"facts\">\n",
        Escaped(name),
        accounts(region)
    ));
    when(html, status, region);
    for service in &region.services {
        self::service(html, service);
    }
    html.text("</ul>\n");
    if !region.collectors.is_empty() {
        table(html, status, target, region);
    }
    html.text("</div>\n");
}

fn accounts(region: &Region) -> String {
    match &region.account_ids[..] {
        [] => String::new(),
        ids => format!(" <small>account {}</small>", Escaped(&ids.join(", "))),
    }
}

/// When the region is refreshed.
fn when(html: &mut Html, status: &Status, region: &Region) {
    let now = status.now;
    let text = match (region.state, region.refreshing_since, region.next_refresh) {
        (State::Refused, _, _) => {
            "Not refreshed: another target shows the same account and region.".to_owned()
        }
        (State::LookingForRegions, _, _) => {
            "Its regions are being looked for: each is asked whether AppStream answers there."
                .to_owned()
        }
        (State::FirstRefresh, Some(since), _) => {
            format!(
                "The first refresh has not ended. It began {}.",
                timestamp(since, now)
            )
        }
        (State::FirstRefresh, None, _) => "The first refresh has not ended.".to_owned(),
        (_, Some(since), _) => format!(
            "A refresh is under way. It began {}.",
            timestamp(since, now)
        ),
        (_, None, Some(next)) if next > now => format!("Next refresh {}.", timestamp(next, now)),
        (_, None, Some(next)) => format!("The next refresh was due {}.", timestamp(next, now)),
        (_, None, None) => "When the next refresh begins is not known.".to_owned(),
    };
    html.put(format_args!("<li>{text}</li>\n"));
}

/// What the region asks of a service, and what stands in the way of that.
fn service(html: &mut Html, service: &ServiceStatus) {
    let sent = service.requests.map_or_else(
        || "no refresh has ended".to_owned(),
        |requests| {
            let requests = usize::try_from(requests).unwrap_or(usize::MAX);
            format!("{} in the last refresh", count(requests, "API request"))
        },
    );
    html.put(format_args!(
        "<li>{}: {sent} <small>(a whole refresh needs about {} calls, the rate limit allows {})</small>",
        service.name, service.calls_needed, service.calls_budget
    ));
    let mut warn = |text: fmt::Arguments<'_>| {
        html.put(format_args!("<br><strong class=\"warn\">{text}</strong>"));
    };
    if let (true, Some(rate), Some(configured)) = (
        service.throttled,
        service.requests_per_second,
        service.configured_requests_per_second,
    ) {
        warn(format_args!(
            "AWS throttles: {rate:.2} requests per second instead of {configured}."
        ));
    }
    if service.waits_for_rate_limit {
        warn(format_args!(
            "Waits for the rate limit: a whole refresh does not fit into it."
        ));
    }
    if service.ran_out_of_time {
        warn(format_args!(
            "The last refresh ended before everything was read; the rest has its turn in the next."
        ));
    }
    if let Some(unread @ 1..) = service.unread_parts {
        warn(format_args!(
            "{} not read yet: pairs of fleet and stack, pools, or lists.",
            count(unread, "part")
        ));
    }
    html.text("</li>\n");
}

fn table(html: &mut Html, status: &Status, target: &Target, region: &Region) {
    // The roles are said once more, because a table that is displayed as blocks loses them.
    html.put(format_args!(
        "<table role=\"table\">\n<caption>Collectors of {} in {}</caption>\n\
         <thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\">collector</th>\
         <th scope=\"col\" role=\"columnheader\">last refresh</th><th scope=\"col\" role=\"columnheader\">last success</th>\
         <th scope=\"col\" role=\"columnheader\">last read</th><th scope=\"col\" role=\"columnheader\">took</th></tr></thead>\n\
         <tbody role=\"rowgroup\">\n",
        Escaped(&target.target),
        Escaped(region.region.as_deref().unwrap_or_default())
    ));
    for collector in &region.collectors {
        row(html, status, collector);
    }
    html.text("</tbody>\n</table>\n");
}

fn row(html: &mut Html, status: &Status, collector: &Collector) {
    let now = status.now;
    let (class, word) = match collector.state {
        Outcome::Success => ("ok", "success"),
        Outcome::Kept => ("ok", "kept"),
        Outcome::NothingToAsk => ("ok", "nothing to ask"),
        Outcome::Failed => ("failed", "failed"),
    };
    let note = match collector.state {
        Outcome::Kept => " <small>not asked again yet</small>",
        _ => "",
    };
    let took = match collector.state {
        Outcome::Kept | Outcome::NothingToAsk => "nothing asked".to_owned(),
        Outcome::Success | Outcome::Failed => {
            format!("{:.3} s", collector.duration.0.as_secs_f64())
        }
    };
    html.put(format_args!(
        "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{}</th>\
         <td role=\"cell\" data-label=\"last refresh\"><strong class=\"{class}\">{word}</strong>{note}</td>\
         <td role=\"cell\" data-label=\"last success\">{}</td>\
         <td role=\"cell\" data-label=\"last read\">{}</td>\
         <td role=\"cell\" data-label=\"took\">{took}</td></tr>\n",
        collector.collector,
        timestamp_or("never", collector.last_success, now),
        timestamp_or("never", collector.last_read, now),
    ));
    if collector.state == Outcome::Failed {
        html.put(format_args!(
            "<tr role=\"row\" class=\"why\"><td role=\"cell\" colspan=\"5\" class=\"bad\"><bdi>{}</bdi></td></tr>\n",
            Escaped(&reason(collector))
        ));
    }
}

fn foot(html: &mut Html, status: &Status) {
    let (config, now) = (&status.config, status.now);
    html.put(format_args!(
        "<footer class=\"muted\">\n<p>Configuration: hash {}, loaded {}, a refresh every {}; {}.</p>\n",
        config.hash,
        timestamp_or("never", config.loaded_at, now),
        duration(config.interval.0),
        if config.last_reload_successful {
            "it is what was read last"
        } else {
            "what was read last cannot be used"
        },
    ));
    html.put(format_args!(
        "<p>Version {}, revision {}, shard {} of {} (counted from 0), {}, up {}, started {}.</p>\n</footer>\n",
        Escaped(status.version),
        Escaped(status.revision),
        status.shard,
        status.total_shards,
        if status.ready { "ready" } else { "not ready" },
        duration(status.uptime.0),
        utc(status.started_at, now),
    ));
}
