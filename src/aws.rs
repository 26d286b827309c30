//! Asking AWS: the only room that names SDK types.
//!
//! Owns credentials, endpoints, wire formats, retries, page lists, limits and
//! the counting of requests. Out of it come plain values of [`crate::model`]
//! and [`Error`]s; no SDK type leaves.
//!
//! [`Source`] lists every call that the exporter makes, so it is also the list
//! of IAM actions that it needs.

mod absence;
mod account_health;
mod appstream;
mod attempt;
mod builders;
mod ca_bundle;
mod call;
mod classify;
mod clients;
mod cloudwatch;
mod connect;
mod credential_source;
mod credentials;
mod error;
mod http_client;
mod images;
mod limits;
mod metadata;
mod no_credentials;
mod operations;
mod own_region;
mod pages;
mod profile;
mod progress;
mod proxy;
mod quotas;
mod raw_body;
mod refusals;
mod regions;
mod role;
mod scaling;
mod source;
mod time;
mod transport;
mod workspaces;

pub use ca_bundle::CaBundleError;
pub use clients::Client;
pub(crate) use cloudwatch::incomplete;
pub use connect::{Account, ConnectError, Endpoint};
pub use credential_source::CredentialSource;
pub use error::{Cause, Error};
pub use progress::Progress;
pub use regions::Presence;
pub use source::{
    AccountHealthSource, AppstreamSource, BuilderSource, ImageSource, Listed, MetricSource,
    QuotaSource, Response, ScalingSource, Source, WorkspacesSource,
};
