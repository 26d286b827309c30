//! `METRICS.md`, written from the catalogue.

use std::fmt::Write as _;

use super::{Family, SECTIONS, Scope};

const PREAMBLE: &str = "\
# Metrics

Every family of `/metrics`. This file is generated from the catalogue in `src/catalog.rs`;
`make metrics` writes it and `make packaging` fails when it is stale.

## How to read the numbers

- The exporter reads AWS on a timer (`refresh.interval`), not on a Prometheus scrape. Values are shown when
  their refresh has ended, and new resources as soon as they are read.
  `appstream_exporter_collector_last_success_timestamp_seconds` is the time of the last refresh without a failure. Stacks, associations and tags are read once per
  `refresh.topology_interval`, and authentication types without sessions less often, as docs/sizing.md says under
  *How long a session can go unseen*.
- Absent stays absent: a number that AWS leaves out has no series, never 0. Counts that the exporter makes
  itself (sessions) are 0 when there are none.
- A failed read keeps its last good value until it is older than `refresh.max_age`; then its series are removed.
  Meanwhile `appstream_exporter_collector_success` is 0. Each list is read on its own: one authentication type of a
  pair of fleet and stack, one pool, one list of a region of a target. The others stay fresh.
- Enum values that AWS adds later pass through as label values.
- Every family that comes from AWS has the labels of its target too, `targets[].labels` of the configuration; a
  target without one of them has series without it. The exporter's own families have `target` instead.
- No sample carries a timestamp, and no label carries a user, a session, an instance or a network address.
";

const PROCESS: &str = "\
## The process

The families `process_cpu_seconds_total`, `process_open_fds`, `process_max_fds`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_start_time_seconds` and `process_threads` have Prometheus' usual meaning.
They are read from `/proc`, so they are there on Linux only.
";

/// The whole text of `METRICS.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(PREAMBLE);
    out.push_str("\n## Labels that identify\n\n| scope | labels |\n|---|---|\n");
    for (name, scope) in [
        ("fleet", Scope::Fleet),
        ("stack", Scope::Stack),
        ("fleet and stack", Scope::FleetStack),
        ("pool", Scope::Pool),
        ("collector", Scope::Collector),
        ("target", Scope::Target),
        ("service", Scope::Service),
        ("process", Scope::Process),
    ] {
        line(
            &mut out,
            format_args!("| {name} | {} |", code_list(scope.labels())),
        );
    }
    for section in SECTIONS {
        line(
            &mut out,
            format_args!("\n## {}\n\n{}\n", section.title, section.intro),
        );
        line(
            &mut out,
            format_args!("| family | type | labels | source | meaning |\n|---|---|---|---|---|"),
        );
        for family in section.families {
            line(&mut out, format_args!("{}", row(family)));
        }
    }
    out.push('\n');
    out.push_str(PROCESS);
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

fn row(family: &Family) -> String {
    let labels: Vec<_> = family.label_names().collect();
    format!(
        "| `{}` | {} | {} | {} | {} |",
        family.name,
        family.kind.as_str(),
        code_list(&labels),
        family.source,
        family.help
    )
}

fn code_list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" ")
}
