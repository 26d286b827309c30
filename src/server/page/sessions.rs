//! The session list for a helpdesk: a search, and one page of what it finds.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::document::{Document, Links};
use super::formatting::{count, duration, rfc3339, utc};
use super::wall::choice;
use crate::model::TargetRegion;
use crate::server::sessions::{CONNECTIONS, Query, STATES, Session, SessionPage, choices};
use crate::server::time::Timestamp;

/// Columns of the table.
const COLUMNS: [&str; 8] = [
    "User", "Where", "State", "Started", "Expires", "Instance", "Network", "Data age",
];

/// The page as HTML.
pub(in crate::server) fn sessions(
    page: &SessionPage<'_>,
    query: &Query,
    target_regions: &[TargetRegion],
    links: Links<'_>,
) -> String {
    let next = page.next_cursor.as_deref();
    let content = html! {
        (head(query, links))
        main {
            (summary(page, query))
            (form(query, target_regions, links))
            @if page.sessions.is_empty() {
                p.nothing { (nothing(query)) }
            } @else {
                table.sessions.stack role="table" {
                    caption { "Sessions" }
                    thead role="rowgroup" {
                        tr role="row" { @for column in COLUMNS { th scope="col" role="columnheader" { (column) } } }
                    }
                    tbody role="rowgroup" { @for session in &page.sessions { (row(session, page.now)) } }
                }
            }
            (pages(query, next, links))
        }
        footer.muted { p { "Personal data: do not share this page. Times are in UTC." } }
    };
    let document = Document {
        title: "Sessions",
        class: "wide",
        update_seconds: 15,
    };
    document.html(&content)
}

fn head(query: &Query, links: Links<'_>) -> Markup {
    // Not to itself.
    let links = Links {
        has_sessions: false,
        ..links
    };
    let json = format!("/api/v1/sessions?{}", query.with_cursor(None));
    html! {
        header {
            h1 { "Sessions" }
            (links.navigation(&[
                ("/", "fleets and pools"),
                ("/status", "exporter status"),
                (json.trim_end_matches('?'), "sessions as JSON"),
            ]))
        }
    }
}

fn summary(page: &SessionPage<'_>, query: &Query) -> Markup {
    let now = page.now;
    let ages = page.sessions.iter().map(|one| one.read_at.age(now));
    let order = if query.is_continued() { "Next " } else { "" };
    let class = if page.complete { "ok" } else { "warn" };
    html! {
        section.summary.(class) aria-label="Summary" {
            p.verdict.(class) role="status" {
                (order) (count(page.sessions.len(), "session"))
                @if page.next_cursor.is_some() { ", more follow" }
            }
            p {
                @if let Some(oldest) = ages.max() { "Read from AWS at most " (duration(oldest)) " ago. " }
                "As of " time #as-of datetime=(rfc3339(now)) { (utc(now, now)) } "."
            }
            @if !page.complete {
                p { "Some sessions may be missing: the exporter has not read all of them." }
            }
        }
    }
}

fn form(query: &Query, target_regions: &[TargetRegion], links: Links<'_>) -> Markup {
    let (accounts, regions) = choices(target_regions);
    let texts = [
        ("User", "user"),
        ("Fleet", "fleet"),
        ("Stack", "stack"),
        ("Pool", "pool"),
    ];
    let action = format!("{}/sessions", links.prefix);
    html! {
        form.filter method="get" action=(action) role="search" aria-label="Search" {
            @for (label, name) in texts {
                label { (label) " " input type="search" name=(name) value=(query.get(name)); }
            }
            (choice("Account", "account", &accounts, query.get("account")))
            (choice("Region", "region", &regions, query.get("region")))
            (choice("State", "state", &BTreeSet::from(STATES), query.get("state")))
            (choice("Connection", "connection", &BTreeSet::from(CONNECTIONS), query.get("connection")))
            button { "Search" }
            @if query.is_filtered() { a href=(action) { "Show all" } }
            p.where { "* stands for any characters: jane* finds jane.doe@example.com." }
        }
    }
}

fn nothing(query: &Query) -> &'static str {
    if query.is_filtered() || query.is_continued() {
        "No session matches the search."
    } else {
        "No session was found."
    }
}

/// Links to the next page and the first.
fn pages(query: &Query, next: Option<&str>, links: Links<'_>) -> Markup {
    let address = |cursor| {
        let address = format!("{}/sessions?{}", links.prefix, query.with_cursor(cursor));
        address.trim_end_matches('?').to_owned()
    };
    html! {
        @if next.is_some() || query.is_continued() {
            nav aria-label="Pages" {
                ul {
                    @if query.is_continued() { li { a href=(address(None)) { "First page" } } }
                    @if next.is_some() { li { a rel="next" href=(address(next)) { "Next page" } } }
                }
            }
        }
    }
}

fn row(session: &Session<'_>, now: Timestamp) -> Markup {
    let dash = |text: Option<&str>| text.unwrap_or("–").to_owned();
    let [
        _,
        place,
        state,
        started,
        expires,
        instance,
        network,
        data_age,
    ] = COLUMNS;
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                bdi { (dash(session.user)) }
                div.where { (dash(session.authentication_type)) " · " bdi { (session.id) } }
            }
            td role="cell" data-label=(place) {
                @if let Some(pool) = session.pool {
                    "pool " bdi { (dash(session.pool_name)) } " (" bdi { (pool) } ")"
                } @else {
                    bdi { (dash(session.fleet)) } " · " bdi { (dash(session.stack)) }
                }
                div.where { (session.target) " · " (dash(session.account_id)) " · " (session.region) }
            }
            td role="cell" data-label=(state) {
                @if let Some(state) = session.state { (state) ", " }
                (dash(session.connection))
            }
            td role="cell" data-label=(started) { (moment(session.start, now)) }
            td role="cell" data-label=(expires) { (moment(session.expiry, now)) }
            td role="cell" data-label=(instance) {
                bdi { (dash(session.instance)) }
                @if let Some(status) = session.drain_status { div.where { (status) } }
            }
            td role="cell" data-label=(network) {
                bdi { (dash(session.network_interface)) }
                @for address in &session.addresses { div { bdi { (address) } } }
            }
            td role="cell" data-label=(data_age) { (duration(session.read_at.age(now))) }
        }
    }
}

fn moment(seconds: Option<f64>, now: Timestamp) -> Markup {
    let at = seconds.and_then(Timestamp::from_unix);
    html! {
        @match at {
            Some(at) => time datetime=(rfc3339(at)) { (utc(at, now)) },
            None => "–",
        }
    }
}
