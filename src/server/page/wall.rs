//! The wall: all fleets and pools, the most urgent first.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::chart::{self, Chart};
use super::document::{Document, Links};
use super::formatting::{count, duration, rfc3339, utc};
use crate::history::Point;
use crate::model::{Occupancy, Slots};
use crate::server::overview::{Filter, FleetOrPool, Overview, Urgency};

/// More stacks than these are a number.
const STACKS_NAMED: usize = 2;
/// Columns of the table; the style sheet repeats them for phones.
const COLUMNS: [&str; 8] = [
    "Name",
    "State",
    "Capacity",
    "Last 2 hours",
    "Sessions",
    "Users",
    "Stacks",
    "Data age",
];

/// The page as HTML.
pub(in crate::server) fn wall(overview: &Overview, filter: &Filter, links: Links<'_>) -> String {
    let shown = overview.entries.iter();
    let shown: Vec<_> = shown.filter(|entry| filter.matches(entry)).collect();
    let verdict = verdict(overview);
    let content = html! {
        (head(filter, links))
        main {
            (summary(overview, &verdict, &shown))
            (troubles(overview, links))
            (form(overview, filter, links))
            @if shown.is_empty() { (nothing(overview, links)) } @else {
                table.wall.stack role="table" {
                    caption { "Fleets and pools, the most urgent first" }
                    thead role="rowgroup" {
                        tr role="row" { @for column in COLUMNS { th scope="col" role="columnheader" { (column) } } }
                    }
                    tbody role="rowgroup" {
                        @for entry in &shown { (row(overview, entry, filter, links)) }
                    }
                }
            }
        }
        (legend())
    };
    let document = Document {
        title: &verdict,
        class: "wide",
        update_seconds: 15,
    };
    document.html(&content)
}

fn head(filter: &Filter, links: Links<'_>) -> Markup {
    let query = filter.query();
    html! {
        header {
            h1 { "AppStream fleets and WorkSpaces pools" }
            (links.navigation(&[
                ("/status", "exporter status"),
                (links.telemetry_path, "metrics"),
                (&format!("/api/v1/fleets{query}"), "fleets as JSON"),
                (&format!("/api/v1/pools{query}"), "pools as JSON"),
            ]))
        }
    }
}

fn verdict(overview: &Overview) -> String {
    let entries = &overview.entries;
    let urgent = entries.iter().filter(|entry| needs_attention(entry));
    match (urgent.count(), entries.len()) {
        (0, _) if overview.regions_failing > 0 => "Some data cannot be read".to_owned(),
        (_, 0) => "No fleets or pools".to_owned(),
        (0, 1) => "All well: 1 fleet or pool".to_owned(),
        (0, all) => format!("All well: {all} fleets and pools"),
        (1, all) => format!("1 of {all} needs attention"),
        (urgent, all) => format!("{urgent} of {all} need attention"),
    }
}

fn needs_attention(entry: &FleetOrPool) -> bool {
    entry.urgency <= Urgency::Warning
}

fn summary(overview: &Overview, verdict: &str, shown: &[&FleetOrPool]) -> Markup {
    let worst = overview.entries.iter().map(|entry| entry.urgency).min();
    let class = match worst {
        Some(Urgency::Critical) => "failing",
        Some(Urgency::Warning) => "warn",
        _ if overview.regions_failing > 0 => "warn",
        _ => "ok",
    };
    let sum = |number: fn(&Occupancy) -> i32| -> i64 {
        let sessions = shown.iter().filter_map(|entry| entry.sessions.as_ref());
        sessions.map(|sessions| i64::from(number(sessions))).sum()
    };
    let numbers = [
        ("connected", sum(|sessions| sessions.connected)),
        ("disconnected", sum(|sessions| sessions.disconnected)),
        ("waiting", sum(|sessions| sessions.waiting)),
        ("users", sum(|sessions| sessions.users)),
    ];
    let now = overview.now;
    html! {
        section.summary.(class) aria-label="Summary" {
            p.verdict.(class) role="status" { (verdict) }
            ul.numbers {
                @for (name, number) in numbers { li { b { (number) } " " (name) } }
            }
            p {
                "Shown: " (shown.len()) " of " (overview.entries.len()) ", as of "
                time #as-of datetime=(rfc3339(now)) { (utc(now, now)) } "."
            }
        }
    }
}

fn troubles(overview: &Overview, links: Links<'_>) -> Markup {
    let failing = overview.regions_failing;
    html! {
        @if failing > 0 {
            p.notice {
                strong { "The exporter cannot read everything in " (count(failing, "region")) "." }
                " Numbers may be old or missing. "
                a href={ (links.prefix) "/status" } { "See the reason" } "."
            }
        }
    }
}

fn form(overview: &Overview, filter: &Filter, links: Links<'_>) -> Markup {
    let accounts: BTreeSet<&str> = overview.entries.iter().map(FleetOrPool::account).collect();
    let regions: BTreeSet<&str> = overview
        .entries
        .iter()
        .map(|entry| &*entry.region)
        .collect();
    html! {
        form.filter method="get" action={ (links.prefix) "/" } role="search" aria-label="Filter" {
            label { "Text " input type="search" name="q" value=(filter.text); }
            (choice("Account", "account", &accounts, &filter.account))
            (choice("Region", "region", &regions, &filter.region))
            label.check {
                input type="checkbox" name="attention" value="true" checked[filter.attention];
                " Needs attention"
            }
            button { "Filter" }
            @if !filter.query().is_empty() { a href={ (links.prefix) "/" } { "Show all" } }
        }
    }
}

pub(super) fn choice(label: &str, name: &str, values: &BTreeSet<&str>, chosen: &str) -> Markup {
    html! {
        label {
            (label) " "
            select name=(name) {
                option value="" { "all" }
                // A value that nothing has any more can still be chosen.
                @if !chosen.is_empty() && !values.contains(chosen) {
                    option value=(chosen) selected { (chosen) }
                }
                @for value in values { option value=(value) selected[*value == chosen] { (value) } }
            }
        }
    }
}

fn nothing(overview: &Overview, links: Links<'_>) -> Markup {
    html! {
        p.nothing {
            @if !overview.entries.is_empty() {
                "Nothing matches the filter. " a href={ (links.prefix) "/" } { "Show all" } "."
            } @else if overview.is_ready {
                "No fleet or pool was found. "
                a href={ (links.prefix) "/status" } { "See which accounts and regions are read" } "."
            } @else {
                "The first refresh has not ended. Fleets and pools appear in a moment."
            }
        }
    }
}

fn row(overview: &Overview, entry: &FleetOrPool, filter: &Filter, links: Links<'_>) -> Markup {
    html! {
        tr.(class(entry.urgency)) role="row" {
            th scope="row" role="rowheader" {
                a href=(links.page_of(entry, filter)) { bdi { (entry.name) } }
                div.where { (entry.kind.noun()) " · " (entry.target) " · " (entry.account()) " · " (entry.region) }
                @for reason in &entry.attention { div.reason { (reason) } }
            }
            td role="cell" { (state(entry)) }
            td role="cell" { (chart::bar(entry)) (numbers(entry)) }
            td role="cell" { (capacity_chart(overview, &entry.points, (60, 24)).svg()) }
            td role="cell" { (sessions(entry.sessions.as_ref())) }
            td role="cell" { @match &entry.sessions { Some(sessions) => (sessions.users), None => "–" } }
            td role="cell" { (stacks(entry)) }
            td role="cell" { (data_age(overview, entry)) }
        }
    }
}

/// The class of the style sheet.
pub(super) fn class(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Critical => "critical",
        Urgency::Warning => "warning",
        Urgency::Ok => "well",
        Urgency::Stopped => "stopped",
    }
}

pub(super) fn state(entry: &FleetOrPool) -> &str {
    entry.state.as_deref().unwrap_or("–")
}

/// Slots in use against those that there are.
pub(super) fn capacity_chart<'a>(
    overview: &Overview,
    points: &'a [Point],
    size: (u32, u32),
) -> Chart<'a> {
    Chart {
        points,
        now: overview.now.0,
        max_age: overview.max_age,
        area: ("in use", Point::in_use),
        line: ("capacity", Point::total),
        size,
    }
}

/// The capacity in words.
pub(super) fn numbers(entry: &FleetOrPool) -> Markup {
    let Slots {
        unit,
        in_use,
        available,
        pending,
        total,
    } = entry.capacity;
    let known = |number: Option<i32>| number.map_or_else(|| "–".to_owned(), |one| one.to_string());
    let more = [
        (available, "available"),
        (pending.filter(|pending| *pending > 0), "pending"),
        (entry.maximum(), "maximum"),
    ];
    let more = more
        .into_iter()
        .filter_map(|(number, name)| Some(format!("{} {name}", number?)));
    html! {
        div { b { (known(in_use)) } " of " (known(total)) " " (unit.as_str()) }
        div.where { (more.collect::<Vec<_>>().join(", ")) }
    }
}

fn sessions(sessions: Option<&Occupancy>) -> Markup {
    let Some(sessions) = sessions else {
        return html! { "–" };
    };
    html! {
        div { b { (sessions.connected) } " connected" }
        @for (number, name) in [
            (sessions.disconnected, "disconnected"),
            (sessions.waiting, "waiting"),
            (sessions.unknown, "unknown"),
        ] {
            @if number > 0 { div { b { (number) } " " (name) } }
        }
    }
}

fn stacks(entry: &FleetOrPool) -> Markup {
    let Some(stacks) = &entry.stacks else {
        return html! { "–" };
    };
    let named = stacks.iter().take(STACKS_NAMED);
    html! {
        @if stacks.is_empty() { "none" }
        @for stack in named { div { bdi { (stack) } } }
        @if stacks.len() > STACKS_NAMED { div.where { "and " (stacks.len() - STACKS_NAMED) " more" } }
    }
}

fn data_age(overview: &Overview, entry: &FleetOrPool) -> Markup {
    html! {
        @match entry.read_at {
            Some(at) => (duration(at.age(overview.now))),
            None => "–",
        }
    }
}

fn legend() -> Markup {
    html! {
        footer.muted {
            p {
                "Bar: " span.key.used {} " in use, " span.key.available {} " available, " span.key.pending {}
                " pending, up to the scaling maximum. Chart: " span.key.used {} " in use, " span.key.line {}
                " capacity; gaps are times without data."
            }
            p { "A user of two stacks counts twice. Times are in UTC." }
        }
    }
}
