//! What is known of the sessions of one pair of fleet and stack.

use std::sync::Arc;

use tokio::time::Instant;

use crate::aws::{Cause, Error, Listed};
use crate::model::{SessionTally, TypeTally};
use crate::scheduler::economy::{Known, Pair, Round, Standing};
use crate::scheduler::held::Held;

/// Authentication types that were read together, by their places among those asked for.
pub(in crate::scheduler) type TypesRead = Vec<(usize, Listed<TypeTally>)>;

/// The sessions of a pair, and when they are to be asked for.
#[derive(Debug)]
pub(in crate::scheduler) struct PairMemory {
    pub(in crate::scheduler) held: Held<PairValue>,
    serial: u32,
    types: usize,
    /// The refresh in which it was last read well, and in which a read of it last failed.
    read_in: u64,
    failed_in: u64,
    /// Calls that it takes at the least, from a read that had to end before the last page.
    at_least: u32,
    /// When it was last young enough, before that refresh.
    good_before: Option<Instant>,
    /// The type that last had a session when others had none.
    home: Option<usize>,
}

/// The sessions of a pair: each authentication type as it was last read, and all together.
#[derive(Debug)]
pub(in crate::scheduler) struct PairValue {
    types: Vec<Option<TypeValue>>,
    pub(in crate::scheduler) tally: Arc<SessionTally>,
}

/// One authentication type of a pair.
#[derive(Clone, Debug)]
struct TypeValue {
    tally: Arc<TypeTally>,
    asked_at: Instant,
    calls: u32,
}

impl PairValue {
    /// The authentication types, each for itself.
    pub(in crate::scheduler) fn tallies(&self) -> impl Iterator<Item = &TypeTally> {
        self.types.iter().flatten().map(|value| &*value.tally)
    }
}

impl PairMemory {
    /// A pair that was never asked for; `serial` counts pairs.
    pub(in crate::scheduler) fn new(serial: u32, types: usize) -> Self {
        Self {
            held: Held::default(),
            serial,
            types,
            read_in: 0,
            failed_in: 0,
            at_least: 0,
            good_before: None,
            home: None,
        }
    }

    /// The types as they were last read; none while the value is unknown.
    fn known(&self) -> &[Option<TypeValue>] {
        self.held.value().map_or(&[], |value| &value.types)
    }

    fn value_of(&self, place: usize) -> Option<&TypeValue> {
        self.known().get(place)?.as_ref()
    }

    /// How the economy sees it. `common` is the type that most sessions of the
    /// region have, for a pair that never had one.
    pub(in crate::scheduler) fn as_seen(&self, standing: Standing, common: Option<usize>) -> Pair {
        let known = |place| {
            self.value_of(place).map(|value| Known {
                asked_at: value.asked_at,
                is_empty: value.tally.is_empty(),
            })
        };
        Pair {
            types: (0..self.types).map(known).collect(),
            home: self.home.or(common),
            serial: self.serial,
            read_in: self.read_in,
            standing,
            is_failing: self.held.is_failing(),
        }
    }

    /// The types that were not asked for since a moment.
    pub(in crate::scheduler) fn not_asked_since(&self, moment: Instant) -> Vec<usize> {
        (0..self.types)
            .filter(|place| {
                self.value_of(*place)
                    .is_none_or(|value| value.asked_at < moment)
            })
            .collect()
    }

    /// Calls that reading a type took; 1 for one that was never read.
    pub(in crate::scheduler) fn calls_of(&self, place: usize) -> u32 {
        self.value_of(place).map_or(1, |value| value.calls)
    }

    /// Calls that the last read that had to end early shows to be needed beyond those of the last whole one.
    pub(in crate::scheduler) fn further_calls(&self) -> u32 {
        self.at_least
            .saturating_sub(self.held.calls().unwrap_or_default())
    }

    /// The type with the most sessions, and how many those are.
    pub(in crate::scheduler) fn largest_type(&self) -> Option<(usize, usize)> {
        let sizes = self
            .known()
            .iter()
            .enumerate()
            .filter_map(|(place, value)| {
                let sessions = value.as_ref()?.tally.len();
                (sessions > 0).then_some((place, sessions))
            });
        sizes.max_by_key(|(_, sessions)| *sessions)
    }

    /// The types that are asked for whatever the fleet's figures say: those that
    /// had sessions. None while something is wrong with the pair.
    pub(in crate::scheduler) fn certain(&self) -> Vec<usize> {
        if self.held.is_failing() {
            return Vec::new();
        }
        let has_sessions = |place: &usize| {
            self.value_of(*place)
                .is_some_and(|value| !value.tally.is_empty())
        };
        (0..self.types).filter(has_sessions).collect()
    }

    /// Takes in what was read: these types as they are now, the others as they were.
    ///
    /// A refresh can ask for the types of a pair in several steps. When one of
    /// them fails, the pair has failed, and its value grows old from before the first.
    pub(in crate::scheduler) fn settle(
        &mut self,
        read: Result<TypesRead, Error>,
        ended: Instant,
        round: Round,
    ) -> Option<Error> {
        let result = read.map(|read| {
            let mut types = self.known().to_vec();
            types.resize(self.types, None);
            for (place, Listed { value, calls }) in read {
                if let Some(slot) = types.get_mut(place) {
                    *slot = Some(TypeValue {
                        tally: Arc::new(value),
                        asked_at: ended,
                        calls,
                    });
                }
            }
            let calls = types.iter().flatten().map(|value| value.calls).sum();
            let tallies = types.iter().flatten().map(|value| &*value.tally);
            let tally = Arc::new(SessionTally::of(tallies));
            Listed {
                value: PairValue { types, tally },
                calls,
            }
        });
        if self.read_in < round.number && self.failed_in < round.number {
            self.good_before = self.held.good_at();
        }
        let error = self.held.settle_or_forget(result, ended);
        if let Some(error) = &error {
            self.failed_in = round.number;
            if let Cause::Unfinished { pages } | Cause::TooSlow { pages } = error.cause {
                self.at_least = self.at_least.max(pages + 1);
            }
        } else {
            self.at_least = 0;
        }
        if self.failed_in == round.number && (error.is_none() || self.read_in == round.number) {
            self.held.age_from(self.good_before);
        }
        if error.is_none() {
            self.read_in = round.number;
            self.home = self.largest_type().map(|(place, _)| place).or(self.home);
        }
        error
    }
}
