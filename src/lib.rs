//! Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) and WorkSpaces Pools.

pub mod aws;
pub mod catalog;
pub mod collector;
pub mod config;
pub mod exposition;
pub mod model;
pub mod scheduler;
pub mod selfmetrics;
pub mod server;
#[cfg(feature = "simulator")]
pub mod simulator;
