//! When people want a session, drawn once for the day that repeats.

use std::ops::Range;

use super::clock::{Minute, at};
use crate::random::Random;

/// The latest end of work, so that every session has ended and expired at the end of the day.
const LAST_CALL: Minute = at(2, 0);

/// The daily habits of the people of a fleet or pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Morning to evening with a break at noon.
    Office,
    /// One of three shifts from six in the morning until half past one.
    Shifts,
    /// A long stretch before noon and another after.
    TwoBlocks,
    /// Two or three short visits at any time of the day.
    Visits,
    /// A course in the afternoon, for which everybody comes at once.
    Course,
}

/// A session that a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedSession {
    /// Number of the person among those of the fleet or pool.
    pub(super) person: u32,
    pub(super) arrives: Minute,
    pub(super) leaves: Minute,
    /// A break with the session left open; empty for none.
    pub(super) away: Range<Minute>,
    /// Leaves by closing the laptop, so that the session lingers.
    pub(super) forgets_to_end: bool,
}

impl Habit {
    /// The planned sessions of this many people in order of arrival.
    pub(super) fn planned(self, people: u32, random: &mut Random) -> Vec<PlannedSession> {
        let mut planned: Vec<PlannedSession> = (0..people)
            .flat_map(|person| self.planned_for(person, random))
            .collect();
        planned.sort_by_key(|session| session.arrives);
        planned
    }

    fn planned_for(self, person: u32, random: &mut Random) -> Vec<PlannedSession> {
        let stretches = match self {
            Self::Office => vec![office_day(random)],
            Self::Shifts => vec![shift(person, random)],
            Self::TwoBlocks => two_blocks(random).to_vec(),
            Self::Visits => visits(random),
            Self::Course => vec![course(random)],
        };
        stretches
            .into_iter()
            .map(|stretch| PlannedSession {
                person,
                arrives: stretch.start,
                leaves: stretch.end.min(LAST_CALL),
                away: break_within(&stretch, random),
                forgets_to_end: random.percent(45),
            })
            .collect()
    }
}

fn office_day(random: &mut Random) -> Range<Minute> {
    around(at(8, 40), 80, random)..around(at(17, 0), 90, random)
}

fn shift(person: u32, random: &mut Random) -> Range<Minute> {
    let (from, until) = match person % 5 {
        0 | 1 => (at(6, 0), at(14, 0)),
        2 | 3 => (at(13, 30), at(21, 30)),
        _ => (at(20, 0), at(1, 30)),
    };
    around(from, 15, random)..around(until, 15, random)
}

fn two_blocks(random: &mut Random) -> [Range<Minute>; 2] {
    [
        around(at(9, 10), 60, random)..around(at(12, 15), 40, random),
        around(at(13, 40), 40, random)..around(at(18, 0), 90, random),
    ]
}

fn visits(random: &mut Random) -> Vec<Range<Minute>> {
    let mut visits = Vec::new();
    let mut free = at(7, 0) + random.below(150);
    for _ in 0..random.between(2, 3) {
        let end = free + random.between(25, 120);
        visits.push(free..end);
        free = end + random.between(60, 240);
    }
    visits
}

fn course(random: &mut Random) -> Range<Minute> {
    around(at(13, 20), 10, random)..around(at(17, 20), 10, random)
}

/// A break at noon for most of those who stay across it, else none.
fn break_within(stretch: &Range<Minute>, random: &mut Random) -> Range<Minute> {
    let start = around(at(12, 20), 45, random);
    let end = start + random.between(30, 65);
    let across_noon = stretch.start + 60 < start && end + 60 < stretch.end;
    if across_noon && random.percent(80) {
        start..end
    } else {
        0..0
    }
}

/// A minute near `middle`, rarely as far as `spread` away from it.
fn around(middle: Minute, spread: Minute, random: &mut Random) -> Minute {
    middle - spread + random.below(spread + 1) + random.below(spread + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_ordered_and_lie_within_the_day() {
        for habit in [
            Habit::Office,
            Habit::Shifts,
            Habit::TwoBlocks,
            Habit::Visits,
            Habit::Course,
        ] {
            let planned = habit.planned(100, &mut Random::new(3));
            assert!(planned.len() >= 100, "{habit:?}");
            assert!(
                planned.is_sorted_by_key(|session| session.arrives),
                "{habit:?}"
            );
            for session in planned {
                assert!(session.arrives < session.leaves, "{session:?}");
                assert!(session.leaves <= LAST_CALL, "{session:?}");
                let stay = session.arrives..session.leaves;
                assert!(
                    session.away.is_empty() || stay.contains(&session.away.start),
                    "{session:?}"
                );
                assert!(
                    session.away.is_empty() || stay.contains(&session.away.end),
                    "{session:?}"
                );
            }
        }
    }
}
