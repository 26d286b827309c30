//! What is said of refreshes: the status of each collector, and the log.
//!
//! Owns the rule that the log says each change once. Knows nothing of how
//! refreshes are made.

mod budget;
mod health;
mod log;

pub use budget::{CallsNeeded, Pace, Pressure, PressureLog, whole};
pub use health::{Failure, Outcome, Span};
pub use log::{FailureLog, Log, LogDedup};
