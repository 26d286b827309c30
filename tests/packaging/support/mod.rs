//! Helpers that several files of these tests use.

pub(crate) mod browser;
pub(crate) mod chroot;
pub(crate) mod documents;
pub(crate) mod keys;
pub(crate) mod kubernetes;
pub(crate) mod prometheus;
pub(crate) mod schema;
pub(crate) mod tools;
