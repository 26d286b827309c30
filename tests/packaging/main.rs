//! All that is shipped beside the program: chart, manifests, image, package, IAM, dashboards, rules and documents; how it is
//! released; and how its source is laid out.
//!
//! `make packaging` installs the tools that these tests need and runs them. Each file begins with the promise that it
//! protects. `cargo test --test packaging -- chart::` runs the tests of one file.

mod chart;
mod circles;
#[allow(dead_code, reason = "tests/exporter uses the rest")]
#[path = "../common/mod.rs"]
mod common;
mod container;
mod dashboards;
mod docs;
mod emulator;
mod exposition;
mod iam;
mod links;
mod manifests;
mod package;
mod plain_english;
mod prometheus;
mod queries;
mod release;
mod rooms;
mod rules;
mod status_page;
mod supply;
mod support;
#[allow(dead_code, reason = "tests/exporter uses the rest")]
#[path = "../common/tls.rs"]
mod tls;
mod tutorial;
mod workflows;
