//! Ids for what operations create, each given out once.

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// The ids of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ids {
    drawn: u64,
}

impl Ids {
    pub(crate) const fn new() -> Self {
        Self { drawn: 0 }
    }

    /// A generator that no other id came from. The time keeps regions and restarts apart.
    pub(crate) fn next(&mut self, now: f64) -> Random {
        self.drawn += 1;
        Random::keyed([self.drawn, now.to_bits()])
    }
}
