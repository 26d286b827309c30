//! Pages for people, made on request from the values that the JSON has.
//!
//! Each is whole without its script, which only fetches it again and again. maud escapes
//! every value; only style and script are put in as they are.

mod chart;
mod detail;
mod document;
mod formatting;
mod policy;
mod problems;
mod sessions;
mod status;
mod wall;

pub(super) use detail::{detail, not_found};
pub(super) use document::Links;
pub(super) use policy::policy;
pub(super) use sessions::sessions;
pub(super) use status::status;
pub(super) use wall::wall;

#[cfg(test)]
mod tests;
