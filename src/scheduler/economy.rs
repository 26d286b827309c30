//! What of a pair of fleet and stack is worth asking for in a refresh.
//!
//! AWS lists sessions of one authentication type at a time, and most pairs only
//! ever have one. So a type that had no session is left alone for a while. What
//! makes this safe are the figures that come with every DescribeFleets: when a
//! fleet has more in use than was found, everything of it is asked for at once,
//! and when it has not, there is nothing to be found.
//!
//! None of this changes what a count means: what is not asked for again had no
//! session when it was last asked for.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Capacity, Fleet};

/// A pair without a session, of a fleet that is not in use, is asked for again
/// after so many refreshes.
const IDLE_REFRESHES: u32 = 5;
/// Where the fleet's own figures leave no room for a session of a type, it is
/// asked for so many times more seldom.
const RULED_OUT: u32 = 3;
/// After so many refreshes without an unexplained difference any is a new one.
const CALM_REFRESHES: u32 = 3;
/// Fractional part of the golden ratio: its multiples, without their whole
/// parts, are spread evenly however many of them there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// How sessions are asked for economically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Economy {
    /// `sessions.economy`: off asks for everything every time.
    pub(super) on: bool,
    /// How long a type without a session is left alone.
    pub(super) recheck_interval: Duration,
}

/// Which refresh it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// Counts refreshes from 1.
    pub(super) number: u64,
    /// When it began.
    pub(super) start: Instant,
    /// What phases are counted from.
    pub(super) epoch: Instant,
}

/// What the figures of a fleet say of sessions that were not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing, or that there are some: the fleet is elastic, its figures are
    /// missing, or more is in use than was found.
    Open,
    /// That there are none: it is not in use, or stopped.
    Idle,
    /// That there are none: what is in use was found.
    Explained,
}

/// What is known of one authentication type of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// When it was last asked for.
    pub(super) asked_at: Instant,
    /// Whether it had no session then.
    pub(super) is_empty: bool,
}

/// A pair as the economy sees it.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Its authentication types; `None` for one that was never asked for.
    pub(super) types: Vec<Option<Known>>,
    /// The type in which a session is to be expected first.
    pub(super) home: Option<usize>,
    /// The pair's number, in the order of coming: spreads pairs over refreshes.
    pub(super) serial: u32,
    /// The refresh in which it was last read well.
    pub(super) read_in: u64,
    /// What its fleet says.
    pub(super) standing: Standing,
    /// The last read of it failed.
    pub(super) is_failing: bool,
}

impl Pair {
    fn known(&self, place: usize) -> Option<Known> {
        self.types.get(place).copied().flatten()
    }
}

/// The last time that everything of a fleet was asked for, and how much more was
/// in use then than was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct FullLook {
    /// When.
    pub(super) at: Instant,
    /// What it did not explain.
    pub(super) unexplained: i64,
    /// In how many refreshes since, one after the other, nothing was unexplained.
    pub(super) explained: u32,
}

impl FullLook {
    /// Notes what is unexplained at the end of a refresh.
    ///
    /// A session that ends while a refresh is under way makes a difference that is
    /// gone with the next. Once there was none for some refreshes, one that
    /// appears is new, however small.
    pub(super) fn note(&mut self, excess: i64) {
        if excess > 0 {
            self.explained = 0;
            return;
        }
        self.explained += 1;
        if self.explained >= CALM_REFRESHES {
            self.unexplained = 0;
        }
    }
}

/// What a fleet says is in use: instances, or user sessions where an instance
/// serves several; `None` where it says nothing.
pub(super) fn in_use(fleet: &Fleet) -> Option<i64> {
    let Capacity {
        in_use,
        active_user_sessions,
        ..
    } = fleet.capacity;
    in_use.max(active_user_sessions).map(i64::from)
}

/// What a fleet's figures say of sessions beside the `live` ones that were found.
pub(super) fn standing(fleet: Option<&Fleet>, live: i64) -> Standing {
    let Some(fleet) = fleet else {
        return Standing::Open;
    };
    let is_stopped = fleet.state.as_deref() == Some("STOPPED");
    let is_elastic = fleet.fleet_type.as_deref() == Some("ELASTIC");
    match in_use(fleet) {
        None | Some(0) if is_stopped => Standing::Idle,
        _ if is_elastic => Standing::Open,
        Some(in_use) if in_use > live => Standing::Open,
        Some(0) => Standing::Idle,
        Some(_) => Standing::Explained,
        None => Standing::Open,
    }
}

impl Economy {
    /// The authentication types of a pair that are to be asked for in a refresh, by their places.
    ///
    /// - Types that were never asked for, and those that had a session: always.
    /// - Others every `recheck_interval`, or three times that where the fleet's
    ///   figures rule a session out; each pair at a time of its own.
    /// - Of a pair without any session the likeliest type: always where the figures
    ///   leave room for one, every fifth refresh where the fleet is not in use, and
    ///   when something is wrong with the pair, so that it can be seen to be right again.
    pub(super) fn due(&self, pair: &Pair, round: Round) -> Vec<usize> {
        let expected = self.expected(pair, round);
        let is_due = |place: &usize| {
            pair.known(*place).is_none_or(|known| {
                !self.on
                    || !known.is_empty
                    || expected == Some(*place)
                    || self.recheck_is_due(pair, *place, known, round)
            })
        };
        (0..pair.types.len()).filter(is_due).collect()
    }

    /// Of a pair without a session, the type to ask for in this refresh.
    fn expected(&self, pair: &Pair, round: Round) -> Option<usize> {
        if pair.types.iter().flatten().any(|known| !known.is_empty) {
            return None;
        }
        let turn = (u64::from(pair.serial) + round.number) / u64::from(IDLE_REFRESHES);
        let turn_before = (u64::from(pair.serial) + pair.read_in) / u64::from(IDLE_REFRESHES);
        let is_left_alone = match pair.standing {
            Standing::Open => false,
            Standing::Idle => turn == turn_before,
            Standing::Explained => true,
        };
        if is_left_alone && !pair.is_failing {
            return None;
        }
        // Where nothing is to be expected, the one that was left alone for longest.
        let longest_ago = || {
            let asked_at = |place: &usize| pair.known(*place).map(|known| known.asked_at);
            (0..pair.types.len()).min_by_key(asked_at)
        };
        pair.home.or_else(longest_ago)
    }

    fn recheck_is_due(&self, pair: &Pair, place: usize, known: Known, round: Round) -> bool {
        let period = self.recheck_period(pair.standing).as_secs_f64();
        let share = float(place) / float(pair.types.len().max(1));
        let phase = (f64::from(pair.serial) * GOLDEN + share).fract();
        // How many turns have come up to a moment.
        let turns = |moment: Instant| {
            let since = moment.saturating_duration_since(round.epoch).as_secs_f64();
            (since / period - phase).floor()
        };
        turns(round.start) > turns(known.asked_at)
    }

    fn recheck_period(&self, standing: Standing) -> Duration {
        match standing {
            Standing::Open => self.recheck_interval,
            Standing::Idle | Standing::Explained => self.recheck_interval * RULED_OUT,
        }
    }

    /// How often a type of a pair is asked for in the long run, as a share of refreshes.
    pub(super) fn frequency(&self, pair: &Pair, place: usize, interval: Duration) -> f64 {
        if !self.on || pair.known(place).is_none_or(|known| !known.is_empty) {
            return 1.0;
        }
        let recheck = interval.div_duration_f64(self.recheck_period(pair.standing));
        let is_expected = pair.home.unwrap_or(0) == place
            && pair.types.iter().flatten().all(|known| known.is_empty);
        let expected = match pair.standing {
            _ if !is_expected => 0.0,
            Standing::Open => 1.0,
            Standing::Idle => 1.0 / f64::from(IDLE_REFRESHES),
            Standing::Explained => 0.0,
        };
        recheck.max(expected).min(1.0)
    }

    /// Whether everything of a fleet is to be asked for now, because `excess`
    /// more is in use than was found.
    ///
    /// What a full look could not explain is not looked for again before it has
    /// grown or `recheck_interval` has passed.
    pub(super) fn wants_full_look(
        &self,
        last: Option<FullLook>,
        excess: i64,
        now: Instant,
    ) -> bool {
        self.on
            && excess > 0
            && last.is_none_or(|last| {
                excess > last.unexplained || last.at + self.recheck_interval <= now
            })
    }
}

/// A number of places as one to calculate shares with.
pub(super) fn float(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}
