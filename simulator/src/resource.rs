//! An account's resources, their settings and metrics, and its client's host.

pub(crate) mod account;
pub(crate) mod builder;
pub(crate) mod fleet;
pub(crate) mod instance;
pub(crate) mod metric;
pub(crate) mod pool;
pub(crate) mod role;
pub(crate) mod scaling;
pub(crate) mod session;
