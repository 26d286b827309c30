//! The page of one fleet or pool.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use super::chart::{self, Chart};
use super::document::{Document, Links};
use super::formatting::{duration, rfc3339, timestamp_or, utc};
use super::wall::{capacity_chart, class, numbers, state};
use crate::history::{Point, SPAN};
use crate::server::overview::{
    Filter, FleetOrPool, Kind, Overview, Settings, Urgency, error_in_words,
};
use crate::server::time::Timestamp;

/// Width and height of the drawings.
const SIZE: (u32, u32) = (720, 160);

/// The page as HTML.
pub(in crate::server) fn detail(
    overview: &Overview,
    entry: &FleetOrPool,
    filter: &Filter,
    links: Links<'_>,
) -> String {
    let now = overview.now;
    let content = html! {
        (head(entry, filter, links))
        main {
            (summary(entry))
            (errors(entry))
            section aria-labelledby="capacity" {
                h2 #capacity { "Capacity" }
                div.region { (chart::bar(entry)) (numbers(entry)) }
                (figure(&capacity_chart(overview, &entry.points, SIZE)))
            }
            (sessions(overview, entry))
            (scaling(entry))
            (settings(entry, now))
        }
        footer.muted {
            p {
                "As of " time #as-of datetime=(rfc3339(now)) { (utc(now, now)) } ". "
                "Capacity read " (timestamp_or("never", entry.read_at, now)) ", sessions read "
                (timestamp_or("never", entry.sessions_read_at, now)) "."
            }
        }
    };
    let document = Document {
        title: &format!("{}: {}", entry.name, verdict(entry)),
        class: "detail",
        update_seconds: 15,
    };
    document.html(&content)
}

/// The page of a fleet or pool that is not known.
pub(in crate::server) fn not_found(kind: Kind, filter: &Filter, links: Links<'_>) -> String {
    let content = html! {
        header {
            h1 { "No such " (kind.noun()) }
            (links.navigation(&[(&format!("/{}", filter.query()), "fleets and pools"), ("/status", "exporter status")]))
        }
        main {
            p.nothing {
                "The exporter has no " (kind.noun()) " with this name, account and region. It may have been deleted, "
                "excluded by a filter, or not readable for a while."
            }
        }
    };
    let document = Document {
        title: "Not found",
        class: "detail",
        update_seconds: 15,
    };
    document.html(&content)
}

fn head(entry: &FleetOrPool, filter: &Filter, links: Links<'_>) -> Markup {
    html! {
        header {
            (links.navigation(&[
                (&format!("/{}", filter.query()), "fleets and pools"),
                ("/status", "exporter status"),
            ]))
            h1 { bdi { (entry.name) } " " span.badge.muted { (state(entry)) } }
            p.muted {
                (entry.kind.noun()) @if let Some(id) = &entry.id { " " (id) } ", target " (entry.target)
                ", account " (entry.account()) ", " (entry.region)
            }
        }
    }
}

fn verdict(entry: &FleetOrPool) -> String {
    match (&*entry.attention, entry.urgency) {
        ([], Urgency::Stopped) => "stopped".to_owned(),
        ([], _) => "all well".to_owned(),
        (reasons, _) => reasons.join(". "),
    }
}

/// With a capital at its beginning.
fn upper(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    first
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

fn summary(entry: &FleetOrPool) -> Markup {
    let summary = match entry.urgency {
        Urgency::Critical => "failing",
        Urgency::Warning => "warn",
        Urgency::Ok | Urgency::Stopped => "ok",
    };
    let sessions = entry.sessions.as_ref().map(|sessions| {
        [
            ("connected", sessions.connected),
            ("disconnected", sessions.disconnected),
            ("waiting", sessions.waiting),
            ("users", sessions.users),
        ]
    });
    html! {
        section.summary.(summary).(class(entry.urgency)) aria-label="Summary" {
            p.verdict.(summary) role="status" { (upper(&verdict(entry))) }
            ul.numbers {
                @for (name, number) in sessions.into_iter().flatten() { li { b { (number) } " " (name) } }
            }
            @if entry.sessions.is_none() { p { "Its sessions are unknown." } }
        }
    }
}

fn errors(entry: &FleetOrPool) -> Markup {
    html! {
        @if !entry.errors.is_empty() {
            section aria-labelledby="errors" {
                h2 #errors { "Errors from AWS" }
                ul.problems {
                    @for (code, times) in &entry.errors {
                        li {
                            strong { (error_in_words(code)) } " " code { (code) }
                            @if *times > 1 { ", " (times) " times" }
                        }
                    }
                }
            }
        }
    }
}

/// A large chart with its axes.
fn figure(chart: &Chart<'_>) -> Markup {
    let now = chart.now;
    let at = |ago: Duration| time_of_day(now.checked_sub(ago).unwrap_or(now));
    html! {
        figure {
            figcaption {
                span.key.used {} " " (chart.area.0) ", " span.key.line {} " " (chart.line.0)
            }
            @if let Some(highest) = chart.highest() {
                div.plot {
                    div.axis aria-hidden="true" { span { (highest) } span { "0" } }
                    (chart.svg())
                }
                div.times aria-hidden="true" {
                    span { (at(SPAN)) } span { (at(SPAN / 2)) } span { (at(Duration::ZERO)) " UTC" }
                }
            } @else {
                p.muted { "No data in the last 2 hours." }
            }
        }
    }
}

/// Hours and minutes in UTC.
fn time_of_day(at: SystemTime) -> String {
    let text = rfc3339(Timestamp(at));
    let time = text.split_once('T').map_or("", |(_, time)| time);
    time.chars().take(5).collect()
}

fn sessions(overview: &Overview, entry: &FleetOrPool) -> Markup {
    let chart = Chart {
        area: ("connected", Point::connected),
        line: ("disconnected", Point::disconnected),
        ..capacity_chart(overview, &entry.points, SIZE)
    };
    let is_fleet = entry.kind == Kind::Fleet;
    html! {
        section aria-labelledby="sessions" {
            h2 #sessions { "Sessions" }
            (figure(&chart))
            @if entry.session_counts.is_empty() { p { "No sessions." } } @else {
                table {
                    caption { "Sessions" }
                    thead {
                        tr {
                            @if is_fleet { th scope="col" { "Stack" } }
                            th scope="col" { "Authentication" }
                            @if is_fleet { th scope="col" { "State" } }
                            th scope="col" { "Connection" }
                            th.number scope="col" { "Sessions" }
                        }
                    }
                    tbody {
                        @for one in &entry.session_counts {
                            tr {
                                @if let Some(stack) = &one.stack { td { bdi { (stack) } } }
                                td { (one.authentication_type) }
                                @if let Some(state) = &one.state { td { (state) } }
                                td { (one.connection_state) }
                                td.number { (one.sessions) }
                            }
                        }
                    }
                }
            }
            @if is_fleet {
                p {
                    "Stacks: "
                    @match entry.stacks.as_deref() {
                        None => "not known",
                        Some([]) => "none",
                        Some(stacks) => @for (number, stack) in stacks.iter().enumerate() {
                            @if number > 0 { ", " }
                            bdi { (stack) }
                        },
                    }
                    "."
                }
            }
        }
    }
}

fn scaling(entry: &FleetOrPool) -> Markup {
    let known = |number: Option<i32>| number.map_or_else(|| "–".to_owned(), |one| one.to_string());
    html! {
        @if let Some(scaling) = &entry.scaling {
            section aria-labelledby="scaling" {
                h2 #scaling { "Scaling" }
                p {
                    "Minimum " (known(scaling.min_capacity)) ", maximum " (known(scaling.max_capacity)) " "
                    (entry.capacity.unit.as_str()) "."
                    @if !scaling.suspended.is_empty() {
                        " " strong.warn { "Suspended: " (scaling.suspended.join(", ").replace('_', " ")) "." }
                    }
                }
                @if entry.scheduled_actions.is_empty() { p { "No scheduled actions." } } @else {
                    table {
                        caption { "Scheduled actions" }
                        thead {
                            tr {
                                @for column in ["Scheduled action", "Schedule", "Time zone", "Minimum", "Maximum"] {
                                    th scope="col" { (column) }
                                }
                            }
                        }
                        tbody {
                            @for action in &entry.scheduled_actions {
                                tr {
                                    th scope="row" { bdi { (action.name) } }
                                    td { code { (action.schedule.as_deref().unwrap_or("–")) } }
                                    td { (action.timezone.as_deref().unwrap_or("UTC")) }
                                    td { (known(action.min_capacity)) }
                                    td { (known(action.max_capacity)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn settings(entry: &FleetOrPool, now: Timestamp) -> Markup {
    let rows = rows(&entry.settings, now);
    html! {
        section aria-labelledby="settings" {
            h2 #settings { "Settings" }
            dl {
                @for (name, value) in rows {
                    @if let Some(value) = value { div { dt { (name) } dd { bdi { (value) } } } }
                }
            }
        }
    }
}

/// Each setting with its value, where it is known.
fn rows(settings: &Settings, now: Timestamp) -> Vec<(&'static str, Option<String>)> {
    let number = |number: Option<i32>| number.map(|one| one.to_string());
    let yes = |is_on: Option<bool>| is_on.map(|is_on| if is_on { "yes" } else { "no" }.to_owned());
    let (mut rows, limits) = match settings {
        Settings::Fleet(fleet) => (
            vec![
                ("Display name", fleet.display_name.clone()),
                ("Fleet type", fleet.fleet_type.clone()),
                ("Instance type", fleet.instance_type.clone()),
                ("Platform", fleet.platform.clone()),
                ("Image", fleet.image.clone()),
                ("Stream view", fleet.stream_view.clone()),
                (
                    "Sessions per instance",
                    number(fleet.max_sessions_per_instance),
                ),
                (
                    "Maximum concurrent sessions",
                    number(fleet.max_concurrent_sessions),
                ),
                (
                    "Default internet access",
                    yes(fleet.default_internet_access),
                ),
                ("Root volume in GiB", number(fleet.root_volume_gib)),
                ("IMDSv1 disabled", yes(fleet.imdsv1_disabled)),
            ],
            &fleet.limits,
        ),
        Settings::Pool(pool) => (
            vec![
                ("Bundle", pool.bundle_id.clone()),
                ("Directory", pool.directory_id.clone()),
                ("Running mode", pool.running_mode.clone()),
            ],
            &pool.limits,
        ),
    };
    rows.extend([
        (
            "Maximum session duration",
            seconds(limits.max_user_duration_seconds),
        ),
        (
            "Disconnect timeout",
            seconds(limits.disconnect_timeout_seconds),
        ),
        (
            "Idle disconnect timeout",
            seconds(limits.idle_disconnect_timeout_seconds),
        ),
        ("Created", limits.created_at.map(|at| utc(at, now))),
    ]);
    rows
}

/// A duration; AWS counts in seconds.
fn seconds(number: Option<i32>) -> Option<String> {
    let seconds = u64::try_from(number?).ok()?;
    Some(duration(Duration::from_secs(seconds)))
}
