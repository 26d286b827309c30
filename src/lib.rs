//! Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) fleets and
//! sessions and for WorkSpaces Pools.
//!
//! # Where things are
//!
//! Data flows one way:
//!
//! ```text
//! config -> scheduler -> aws -> model::Snapshot -> collector -> exposition -> server
//! ```
//!
//! - [`config`]: the YAML file, checked and completed.
//! - [`scheduler`]: what is read from AWS and when, what is kept while that fails.
//! - [`report`]: the status of each collector, and a log that says each change once.
//! - [`aws`]: the calls, with credentials, limits and retries; the only room that names SDK types.
//! - [`model`]: plain values; a [`model::Snapshot`] is all that is known at a moment.
//! - [`catalog`]: every metric family, declared once; `METRICS.md` is written from it.
//! - [`collector`]: snapshots turned into samples.
//! - [`selfmetrics`]: what the exporter counts about itself.
//! - [`exposition`]: samples as bytes, once per refresh.
//! - [`history`]: the last two hours of each fleet and pool, for the charts of the pages.
//! - [`server`]: sockets, paths, status codes.
//! - [`yaml`]: the reading of both YAML files, and what is wrong with them.
//! - [`webconfig`]: TLS, passwords, headers and rate limit, from the file that exporters share.
//! - [`cli`], [`logging`], [`shutdown`]: the edges of the process.
//! - [`app`]: puts the rooms together.
//!
//! The crate `appstream-simulator` in `simulator/` is the AWS control plane for `--demo` and tests. It is
//! reached through an endpoint URL only and shares no type with this crate.
//!
//! `tests/packaging/rooms.rs` holds the imports to this picture.

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
pub mod scheduler;
pub mod selfmetrics;
pub mod server;
pub mod shutdown;
pub mod webconfig;
pub mod yaml;
