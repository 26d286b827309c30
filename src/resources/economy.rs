//! The read interval of each authentication type of a fleet and stack.
//!
//! AWS lists sessions of one authentication type at a time, and most pairs only have sessions of
//! one type. So a type without sessions is read less often. On every refresh, AWS reports how much
//! of a fleet is in use. If this exceeds the sessions found, the whole fleet is read at once.

use super::entry::Cadence;
use super::evidence::CapacityEvidence;
use super::settings::Settings;

/// A pair without sessions, of a fleet that is not in use, is read once in so many refreshes.
const IDLE_REFRESHES: u32 = 5;
/// If the figures rule out that a type has a session, it is read so many times less often.
const RULED_OUT: u32 = 3;

/// The state of one authentication type of a fleet and stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeState {
    /// AWS does not support it here.
    Unsupported,
    /// It has sessions, or was not read yet.
    Used,
    /// The pair has no session, and its first is likely to be of this type.
    Likeliest,
    /// It had no session.
    Empty,
}

/// The read interval of a type, by the capacity figures of its fleet.
pub(super) fn cadence(
    state: TypeState,
    evidence: CapacityEvidence,
    settings: &Settings,
) -> Cadence {
    use CapacityEvidence::{Idle, Inconclusive, Missing, Pending};
    let every = |period| Cadence::every(period, settings.interval);
    let recheck = settings.recheck_interval;
    match (state, evidence) {
        (TypeState::Unsupported, _) => every(recheck),
        (TypeState::Used, _) => Cadence::EveryRefresh,
        _ if !settings.economy => Cadence::EveryRefresh,
        (_, Pending) => Cadence::Never,
        (TypeState::Likeliest, Inconclusive | Missing) => Cadence::EveryRefresh,
        (TypeState::Empty, Inconclusive | Missing) => every(recheck),
        (TypeState::Likeliest, Idle) => {
            every((settings.interval * IDLE_REFRESHES).min(recheck * RULED_OUT))
        }
        _ => every(recheck * RULED_OUT),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::CapacityEvidence::{Explained, Idle, Inconclusive, Missing, Pending};
    use super::*;
    use crate::config::Config;

    #[test]
    fn types_without_sessions_are_read_less_often() {
        let minutes = |minutes: u64| Cadence::Every(Duration::from_secs(60 * minutes));
        let every_refresh = Cadence::EveryRefresh;
        let cases = [
            (TypeState::Used, Explained, every_refresh),
            (TypeState::Unsupported, Missing, minutes(10)),
            (TypeState::Used, Pending, every_refresh),
            (TypeState::Likeliest, Pending, Cadence::Never),
            (TypeState::Likeliest, Inconclusive, every_refresh),
            (TypeState::Likeliest, Missing, every_refresh),
            (TypeState::Likeliest, Idle, minutes(5)),
            (TypeState::Likeliest, Explained, minutes(30)),
            (TypeState::Empty, Inconclusive, minutes(10)),
            (TypeState::Empty, Idle, minutes(30)),
            (TypeState::Empty, Explained, minutes(30)),
        ];
        let mut config = Config::default();
        let with = Settings::from(&config);
        config.sessions.economy = false;
        let without = Settings::from(&config);
        for (state, evidence, expected) in cases {
            let case = format!("{state:?} {evidence:?}");
            assert_eq!(cadence(state, evidence, &with), expected, "{case}");
            let expected = match state {
                TypeState::Unsupported => minutes(10),
                _ => every_refresh,
            };
            assert_eq!(cadence(state, evidence, &without), expected, "{case}");
        }
    }
}
