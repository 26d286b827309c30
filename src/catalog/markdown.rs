//! `METRICS.md`, generated from the catalogue.

use std::fmt::Write as _;

use super::{Family, Kind, SECTIONS, Scope, Section};

const PREAMBLE: &str = "\
# Metrics

All metric families of `/metrics`, with their labels in braces.

## Rules for all families

- Metrics whose names end in `_total` are counters. Histograms are marked. All other metrics are gauges.
- Timestamps are in Unix time. *Whether* means 1 for yes and 0 for no. Info, tag and association metrics are always 1.
- The exporter queries AWS every `refresh.interval`, not on each scrape. It queries stacks, associations and tags every
  `refresh.topology_interval`.
- If AWS does not return a value, the metric has no series. An info metric has an empty label instead. Session counts
  can be 0.
- If an API call fails, the exporter keeps the last values for `refresh.max_age`, and then removes their series. Until a
  call succeeds, `appstream_exporter_collector_success` is 0.
- If AWS adds an enum value, it appears as a label value.
- No label contains a user, session or instance ID, or a network address.
- AppStream and WorkSpaces metrics also have the labels `aws_account_id` and `aws_region`, and the labels from
  `targets[].labels`.
- In the protobuf format, session durations are also available as native histograms.
";

const PROCESS: &str = "
## The process

On Linux, the exporter also has the standard process metrics: `process_cpu_seconds_total`, `process_open_fds`,
`process_max_fds`, `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_start_time_seconds` and
`process_threads`.
";

/// The whole text of `METRICS.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(PREAMBLE);
    for section in SECTIONS {
        let (title, intro) = (section.title, section.intro);
        line(&mut out, format_args!("\n## {title}\n\n{intro}\n"));
        let shared = shared_labels(section);
        if !shared.is_empty() {
            let shared = code_list(shared);
            line(&mut out, format_args!("Common labels: {shared}.\n"));
        }
        if let Some(operations) = operations(section) {
            line(&mut out, format_args!("Source: {operations}.\n"));
        }
        line(&mut out, format_args!("family | meaning"));
        line(&mut out, format_args!("---|---"));
        for family in section.families {
            let row = row(family, shared.len());
            line(&mut out, format_args!("{row}"));
        }
    }
    out.push_str(PROCESS);
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

/// The AWS operations of a section, each once; `None` for the exporter's own families.
fn operations(section: &Section) -> Option<String> {
    let mut operations = Vec::new();
    for family in section.families {
        let names = family.source.split(", ").filter(|name| !name.contains(' '));
        for name in names {
            if !operations.contains(&name) {
                operations.push(name);
            }
        }
    }
    (!operations.is_empty()).then(|| code_list(&operations))
}

/// The labels of a scope without those that the preamble gives to all AWS resources.
fn own_labels(scope: Scope) -> &'static [&'static str] {
    let labels = scope.labels();
    labels
        .strip_prefix(Scope::Account.labels())
        .unwrap_or(labels)
}

/// The labels that all families of a section begin with, if they have one scope.
fn shared_labels(section: &Section) -> &'static [&'static str] {
    let scope = section.families[0].scope;
    let mut families = section.families.iter();
    match families.all(|family| family.scope == scope) {
        true => own_labels(scope),
        false => &[],
    }
}

/// A family as a selector, with the labels that do not belong to the whole section.
fn row(family: &Family, shared: usize) -> String {
    let labels = own_labels(family.scope).iter().chain(family.labels);
    let labels: Vec<_> = labels.copied().skip(shared).collect();
    let labels = match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.join(", ")),
    };
    let kind = match family.kind {
        Kind::Histogram => " (histogram)",
        Kind::Gauge | Kind::Counter => "",
    };
    let (name, help) = (family.name, family.help);
    format!("`{name}{labels}`{kind} | {help}")
}

fn code_list(names: &[&str]) -> String {
    let names = names.iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}
