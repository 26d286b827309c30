//! When a region of `regions: [all]` is probed: at once, and again later until it answers.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::Presence;

/// The longest pause after probes that did not show whether the region has AppStream, once
/// another region has answered.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The intervals at which regions are probed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intervals {
    /// `refresh.interval`.
    pub(super) refresh: Duration,
    /// `refresh.topology_interval`.
    pub(super) topology: Duration,
}

/// A region that may have AppStream.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) region: String,
    state: State,
    /// When it is probed next; `None` once it has answered.
    due: Option<Instant>,
}

/// The result of the probes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Answers,
    Absent,
    /// Nothing, in so many probes in a row that sent a request.
    Unknown(u32),
}

impl Candidate {
    /// A region that is to be probed now.
    pub(super) fn new(region: &str, now: Instant) -> Self {
        Self {
            region: region.to_owned(),
            state: State::Unknown(0),
            due: Some(now),
        }
    }

    pub(super) fn answers(&self) -> bool {
        self.state == State::Answers
    }

    pub(super) fn is_known(&self) -> bool {
        matches!(self.state, State::Answers | State::Absent)
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Takes note of what a probe has shown.
    pub(super) fn probed(&mut self, presence: &Presence) {
        self.state = match (presence, self.state) {
            (Presence::Answers, _) => State::Answers,
            (Presence::Absent { .. }, _) => State::Absent,
            // No request was sent.
            (Presence::NoCredentials { .. }, _) => State::Unknown(0),
            (Presence::Unknown { .. }, State::Unknown(times)) => {
                State::Unknown(times.saturating_add(1))
            }
            (Presence::Unknown { .. }, _) => State::Unknown(1),
        };
    }

    /// Plans the probe after the one at `now`. While no region has answered, all of AWS may be
    /// out of reach, and pauses do not get as long.
    pub(super) fn plan(&mut self, now: Instant, any_answers: bool, intervals: Intervals) {
        let Intervals { refresh, topology } = intervals;
        let pause = match self.state {
            State::Answers => None,
            State::Absent => Some(topology),
            State::Unknown(times) => {
                let doubled = 1_u32.checked_shl(times.saturating_sub(1));
                let pause = refresh.saturating_mul(doubled.unwrap_or(u32::MAX));
                let longest = if any_answers { LONGEST_PAUSE } else { topology };
                Some(pause.min(longest.max(refresh)))
            }
        };
        self.due = pause.map(|pause| now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVALS: Intervals = Intervals {
        refresh: Duration::from_secs(60),
        topology: Duration::from_secs(600),
    };

    fn unknown() -> Presence {
        let reason = "no answer".to_owned();
        Presence::Unknown { reason }
    }

    /// The pauses in seconds after probes with these outcomes.
    fn pauses(outcomes: &[Presence], any_answers: bool) -> Vec<u64> {
        let now = Instant::now();
        let mut candidate = Candidate::new("eu-west-1", now);
        assert!(candidate.is_due(now));
        let pauses = outcomes.iter().map(|presence| {
            candidate.probed(presence);
            candidate.plan(now, any_answers, INTERVALS);
            let due = candidate.due().expect("it has not answered");
            assert!(candidate.is_due(due) && !candidate.is_due(now));
            (due - now).as_secs()
        });
        pauses.collect()
    }

    #[test]
    fn a_region_that_cannot_be_told_is_probed_less_and_less_often() {
        let outcomes = vec![unknown(); 9];
        let doubling = [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600];
        assert_eq!(pauses(&outcomes, true), doubling);
        let many = vec![unknown(); 100];
        assert_eq!(pauses(&many, true).last(), Some(&3600));
    }

    #[test]
    fn while_no_region_answers_pauses_stay_short() {
        let outcomes = vec![unknown(); 7];
        assert_eq!(pauses(&outcomes, false), [60, 120, 240, 480, 600, 600, 600]);
    }

    #[test]
    fn what_a_probe_shows_starts_the_pauses_over() {
        let reason = String::new();
        let absent = Presence::Absent {
            reason: reason.clone(),
        };
        let none = Presence::NoCredentials { reason };
        let outcomes = [
            unknown(),
            unknown(),
            absent,
            unknown(),
            unknown(),
            none.clone(),
            none,
            unknown(),
        ];
        assert_eq!(pauses(&outcomes, true), [60, 120, 600, 60, 120, 60, 60, 60]);
    }

    #[test]
    fn a_region_that_answers_is_not_probed_again() {
        let now = Instant::now();
        let mut candidate = Candidate::new("eu-west-1", now);
        assert!(!candidate.answers() && !candidate.is_known());
        candidate.probed(&Presence::Answers);
        candidate.plan(now, true, INTERVALS);
        assert!(candidate.answers() && candidate.is_known());
        assert_eq!(candidate.due(), None);
        assert!(!candidate.is_due(now + LONGEST_PAUSE));
    }
}
