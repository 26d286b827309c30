//! The frame of every page: head, script, and links to elsewhere in the exporter.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::policy::{SCRIPT, STYLE};
use crate::server::overview::{Filter, FleetOrPool};

/// The characters that RFC 3986 leaves unreserved need no encoding.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Links from a page to other paths of the exporter.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Links<'a> {
    /// The external prefix of every path.
    pub(in crate::server) prefix: &'a str,
    pub(in crate::server) telemetry_path: &'a str,
    /// The session list is on.
    pub(in crate::server) has_sessions: bool,
}

impl Links<'_> {
    /// Links to paths, each with what is there.
    pub(super) fn navigation(self, paths: &[(&str, &str)]) -> Markup {
        html! {
            nav aria-label="Endpoints" {
                ul {
                    @for (path, title) in paths {
                        li { a href={ (self.prefix) (path) } { (title) } }
                    }
                    @if self.has_sessions { li { a href={ (self.prefix) "/sessions" } { "sessions" } } }
                }
            }
        }
    }

    /// The address of the page of a fleet or pool.
    pub(super) fn page_of(self, entry: &FleetOrPool, filter: &Filter) -> String {
        let encoded = |segment| utf8_percent_encode(segment, &SEGMENT);
        format!(
            "{}{}{}/{}/{}{}",
            self.prefix,
            entry.kind.path(),
            encoded(entry.account()),
            encoded(&entry.region),
            encoded(entry.key()),
            filter.query()
        )
    }
}

/// A page.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) title: &'a str,
    /// For the style sheet.
    pub(super) class: &'static str,
    /// The interval at which the script reloads it.
    pub(super) update_seconds: u32,
}

impl Document<'_> {
    pub(super) fn html(&self, content: &Markup) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " – appstream-exporter" }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body.(self.class) {
                    p #lost role="alert" hidden {}
                    div #content data-update=(self.update_seconds) { (content) }
                    noscript { p.muted { "Reload the page for newer values." } }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        // HTML forbids control characters, which texts from elsewhere can have.
        let is_forbidden = |one: char| one.is_control() && !one.is_whitespace();
        let page = page.into_string();
        if page.contains(is_forbidden) {
            return page.replace(is_forbidden, "\u{fffd}");
        }
        page
    }
}
