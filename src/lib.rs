//! Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) fleets and
//! sessions and for WorkSpaces Pools.
//!
//! # Where things are
//!
//! Data flows one way:
//!
//! ```text
//! config -> scheduler -> aws -> resources -> report -> model::Snapshot -> collector -> exposition -> server
//! ```
//!
//! - [`config`]: reads the YAML file, checks it and adds defaults.
//! - [`scheduler`]: starts reads when they are due, and publishes snapshots.
//! - [`resources`]: the lists that the exporter reads, with their last good values and due times.
//! - [`report`]: the status of each collector, and a log line for each change.
//! - [`aws`]: API calls with credentials, limits and retries; the only module that uses SDK types.
//! - [`model`]: plain values; a [`model::Snapshot`] has all data at one time.
//! - [`catalog`]: every metric family, declared once; `METRICS.md` is generated from it.
//! - [`collector`]: converts snapshots into samples.
//! - [`selfmetrics`]: the exporter's own metrics.
//! - [`exposition`]: renders samples, once per refresh for each format and encoding.
//! - [`history`]: the last two hours of each fleet and pool, for the charts of the pages.
//! - [`server`]: sockets, paths, status codes.
//! - [`yaml`]: reads and checks both YAML files.
//! - [`webconfig`]: TLS, passwords, headers and rate limit, from the exporter toolkit's file.
//! - [`cli`], [`logging`], [`shutdown`]: flags, log and signals of the process.
//! - [`app`]: connects the modules.
//!
//! The crate `appstream-simulator` in `simulator/` is the AWS control plane for `--demo` and tests. This
//! crate connects to it only by its endpoint URL, and shares no type with it.
//!
//! `tests/packaging/rooms.rs` checks the imports between modules.

pub mod app;
pub mod aws;
pub mod catalog;
pub mod cli;
pub mod collector;
pub mod config;
pub mod exposition;
pub mod history;
pub mod logging;
pub mod model;
pub mod report;
pub mod resources;
pub mod scheduler;
pub mod selfmetrics;
pub mod server;
pub mod shutdown;
pub mod webconfig;
pub mod yaml;
