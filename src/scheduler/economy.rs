//! How often an authentication type of a pair of fleet and stack is read.
//!
//! AWS lists sessions of one authentication type at a time, and most pairs only
//! ever have one. So a type that had no session is read less often. That is safe
//! because a fleet says with every refresh how much of it is in use: when that
//! is more than was found, everything of the fleet is read at once.

use std::time::Duration;

use super::entry::Cadence;
use super::evidence::CapacityEvidence;
use super::settings::Settings;

/// A pair without sessions, of a fleet that is not in use, is read once in so many refreshes.
const IDLE_REFRESHES: u32 = 5;
/// Where the figures rule out that a type has a session, it is read so many times less often.
const RULED_OUT: u32 = 3;

/// What is known of one authentication type of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeState {
    /// AWS does not support it here.
    pub(super) is_unsupported: bool,
    /// It was read, and had no session.
    pub(super) is_empty: bool,
    /// The pair has no session of any type, and this is the likeliest to come.
    pub(super) is_likeliest: bool,
}

/// How often a type is read, by what the figures of its fleet say.
pub(super) fn cadence(state: TypeState, figures: CapacityEvidence, settings: &Settings) -> Cadence {
    let recheck = match figures {
        CapacityEvidence::Open | CapacityEvidence::Missing => settings.recheck_interval,
        _ => settings.recheck_interval * RULED_OUT,
    };
    let idle: Duration = settings.interval * IDLE_REFRESHES;
    let every = |period| Cadence::every(period, settings.interval);
    match figures {
        _ if state.is_unsupported => every(settings.recheck_interval),
        _ if !settings.economy || !state.is_empty => Cadence::EveryRefresh,
        CapacityEvidence::Pending => Cadence::Never,
        CapacityEvidence::Open | CapacityEvidence::Missing if state.is_likeliest => {
            Cadence::EveryRefresh
        }
        CapacityEvidence::Idle if state.is_likeliest => every(idle.min(recheck)),
        _ => every(recheck),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn types_without_sessions_are_read_less_often() {
        let settings = Settings::from(&Config::default());
        let minutes = |minutes: u64| Cadence::Every(Duration::from_secs(60 * minutes));
        let cases = [
            (
                "with sessions",
                false,
                false,
                CapacityEvidence::Explained,
                Cadence::EveryRefresh,
            ),
            (
                "likeliest, open",
                true,
                true,
                CapacityEvidence::Open,
                Cadence::EveryRefresh,
            ),
            (
                "likeliest, idle",
                true,
                true,
                CapacityEvidence::Idle,
                minutes(5),
            ),
            (
                "likeliest, explained",
                true,
                true,
                CapacityEvidence::Explained,
                minutes(30),
            ),
            (
                "not known yet",
                true,
                true,
                CapacityEvidence::Pending,
                Cadence::Never,
            ),
            (
                "likeliest, missing",
                true,
                true,
                CapacityEvidence::Missing,
                Cadence::EveryRefresh,
            ),
            (
                "other, open",
                true,
                false,
                CapacityEvidence::Open,
                minutes(10),
            ),
            (
                "other, idle",
                true,
                false,
                CapacityEvidence::Idle,
                minutes(30),
            ),
            (
                "other, explained",
                true,
                false,
                CapacityEvidence::Explained,
                minutes(30),
            ),
        ];
        for (name, is_empty, is_likeliest, figures, expected) in cases {
            let state = TypeState {
                is_unsupported: false,
                is_empty,
                is_likeliest,
            };
            assert_eq!(cadence(state, figures, &settings), expected, "{name}");
        }
        let mut config = Config::default();
        config.sessions.economy = false;
        let without = Settings::from(&config);
        let mut state = TypeState {
            is_unsupported: false,
            is_empty: true,
            is_likeliest: false,
        };
        let idle = CapacityEvidence::Idle;
        assert_eq!(cadence(state, idle, &without), Cadence::EveryRefresh);
        state.is_unsupported = true;
        assert_eq!(cadence(state, idle, &without), minutes(10));
    }
}
