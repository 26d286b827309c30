//! Tests of the real binary over sockets, with the simulator as AWS, and requests as from
//! Prometheus, a browser or systemd.
//!
//! Each file begins with the promise that it protects. `cargo test --test exporter -- reload::` runs the tests of one file.

mod answers;
mod arns;
mod cloudwatch;
#[path = "../common/mod.rs"]
mod common;
mod config;
mod credentials;
mod economy;
mod emulator;
mod failures;
mod faults;
mod filters;
mod formats;
mod fuzz;
mod golden;
mod inventory;
mod listen;
mod log;
mod network;
mod pages;
mod paused;
mod regions;
mod reload;
mod scaling;
mod scrape;
mod session_list;
mod sessions_over_time;
mod shards;
mod shutdown;
mod simulator;
mod sizing;
mod slow;
mod status;
mod tags;
mod targets;
#[path = "../common/tls.rs"]
mod tls;
mod unsupported;
mod web;
mod worlds;
