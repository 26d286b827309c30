//! Sessions over time: two readings of one list of sessions, compared.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The stored data of one session: 24 bytes, without identifiers.
#[derive(Clone, Copy, Debug)]
pub struct SeenSession {
    /// Hash of its identifier.
    pub(super) id: u64,
    /// `StartTime`, Unix time in seconds; NaN where AWS gives none, as an option takes
    /// 8 bytes more.
    started: f64,
    /// Since when it has been NOT_CONNECTED, Unix time in seconds.
    disconnected_since: Option<NonZeroU32>,
    /// The place of its cell in the tally.
    pub(super) cell: u16,
    /// Not EXPIRED.
    is_live: bool,
    is_disconnected: bool,
}

impl SeenSession {
    pub(super) fn new(id: u64, started: Option<f64>, connection_state: Option<&str>) -> Self {
        Self {
            id,
            started: started.unwrap_or(f64::NAN),
            disconnected_since: None,
            cell: 0,
            is_live: true,
            is_disconnected: connection_state == Some("NOT_CONNECTED"),
        }
    }

    pub(super) fn counted(self, cell: u16, is_live: bool) -> Self {
        Self {
            cell,
            is_live,
            ..self
        }
    }

    /// Since when it has been disconnected, Unix time; `None` for an EXPIRED session.
    pub(super) fn disconnected_since(&self) -> Option<f64> {
        let since = self.disconnected_since.filter(|_| self.is_live)?;
        Some(f64::from(since.get()))
    }

    /// Whether it is not EXPIRED.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    fn ended(&self, at: SystemTime) -> EndedSession {
        let duration = since_epoch(at).as_secs_f64() - self.started;
        EndedSession {
            id: self.id,
            // A clock that is behind that of AWS makes no negative duration.
            duration: (!duration.is_nan()).then_some(duration.max(0.0)),
        }
    }
}

/// A session that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndedSession {
    /// Hash of its identifier.
    pub id: u64,
    /// Seconds from `StartTime` to the read that no longer had it; `None` without a `StartTime`.
    pub duration: Option<f64>,
}

/// The differences between two readings of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionChanges {
    /// Hashes of the identifiers of sessions that are new.
    pub started: Vec<u64>,
    /// Sessions that are gone or EXPIRED.
    pub ended: Vec<EndedSession>,
}

/// Compares the last good list of one authentication type with the one that was read at `at`.
///
/// `others` are the last good lists of the other types: a session that one of them has is
/// neither new nor ended. All lists are in the order of [`SeenSession`]'s hashes. A session
/// that is new and EXPIRED started and ended between the two readings.
#[must_use]
pub fn session_changes(
    before: &[SeenSession],
    after: &[SeenSession],
    others: &[&[SeenSession]],
    at: SystemTime,
) -> SessionChanges {
    let mut changes = SessionChanges::default();
    let elsewhere = |id| others.iter().filter_map(move |list| find(list, id));
    let is_live_elsewhere = |id| elsewhere(id).any(|session| session.is_live);
    for session in after {
        let was = find(before, session.id);
        let was_live = was.is_some_and(|was| was.is_live) || is_live_elsewhere(session.id);
        let is_known = was.is_some() || elsewhere(session.id).next().is_some();
        let is_new = !was_live && (session.is_live || !is_known);
        if is_new {
            changes.started.push(session.id);
        }
        let has_ended = !session.is_live && !is_live_elsewhere(session.id);
        if has_ended && (is_new || was_live) {
            changes.ended.push(session.ended(at));
        }
    }
    let gone = before
        .iter()
        .filter(|session| session.is_live && find(after, session.id).is_none());
    let gone = gone.filter(|session| !is_live_elsewhere(session.id));
    changes.ended.extend(gone.map(|session| session.ended(at)));
    changes
}

/// Gives each disconnected session of a list that was read at `at` the moment since when it
/// has been disconnected: that of the earlier list which has it, or else `at`.
pub fn date_disconnections(list: &mut [SeenSession], before: &[&[SeenSession]], at: SystemTime) {
    let at = u32::try_from(since_epoch(at).as_secs()).unwrap_or(u32::MAX);
    for session in list.iter_mut().filter(|session| session.is_disconnected) {
        let earlier = before.iter().filter_map(|list| find(list, session.id));
        let since = earlier.filter_map(|earlier| earlier.disconnected_since);
        session.disconnected_since = since.min().or(NonZeroU32::new(at));
    }
}

/// The session with this hash in a list.
#[must_use]
pub fn find(list: &[SeenSession], id: u64) -> Option<&SeenSession> {
    let place = list.binary_search_by_key(&id, |session| session.id);
    list.get(place.ok()?)
}

fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list as text: `1` is a live session that started at 100 s, `1x` an EXPIRED one, `1?`
    /// one without `StartTime`, `1-` a disconnected one.
    fn list(text: &str) -> Vec<SeenSession> {
        let session = |word: &str| {
            let id = word.trim_end_matches(['x', '?', '-']).parse().unwrap();
            let started = (!word.contains('?')).then_some(100.0);
            let state = word.contains('-').then_some("NOT_CONNECTED");
            SeenSession::new(id, started, state).counted(0, !word.contains('x'))
        };
        text.split_whitespace().map(session).collect()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_session_is_24_bytes() {
        assert_eq!(size_of::<SeenSession>(), 24);
    }

    #[test]
    fn lists_are_compared() {
        // Before, after, and the other types: started, and ended.
        let cases: [([&str; 3], &[u64], &[u64]); 16] = [
            (["", "", ""], &[], &[]),
            (["1 2", "1 2", ""], &[], &[]),
            (["1", "1 2", ""], &[2], &[]),
            (["1 2", "2", ""], &[], &[1]),
            (["1", "2", ""], &[2], &[1]),
            // EXPIRED is the end, which is counted once.
            (["1", "1x", ""], &[], &[1]),
            (["1x", "1x", ""], &[], &[]),
            (["1x", "", ""], &[], &[]),
            // Started and ended between two readings.
            (["", "1x", ""], &[1], &[1]),
            // It was not the end.
            (["1x", "1", ""], &[1], &[]),
            // Another type lists it too.
            (["", "1", "1"], &[], &[]),
            (["1", "", "1"], &[], &[]),
            (["1", "1x", "1"], &[], &[]),
            (["", "1x", "1"], &[], &[]),
            (["", "1x", "1x"], &[], &[]),
            (["1", "", "1x"], &[], &[1]),
        ];
        for (lists, started, ended) in cases {
            let [before, after, other] = lists.map(list);
            let changes = session_changes(&before, &after, &[&other, &[]], at(160));
            let ids: Vec<_> = changes.ended.iter().map(|ended| ended.id).collect();
            assert_eq!((&*changes.started, &*ids), (started, ended), "{lists:?}");
            for ended in changes.ended {
                assert_eq!(ended.duration, Some(60.0), "{lists:?}");
            }
        }
    }

    #[test]
    fn durations_are_never_guessed_and_never_negative() {
        let changes = session_changes(&list("1? 2"), &[], &[], at(40));
        let durations: Vec<_> = changes.ended.iter().map(|ended| ended.duration).collect();
        assert_eq!(durations, [None, Some(0.0)]);
    }

    #[test]
    fn disconnections_are_dated_by_the_first_list_that_has_them() {
        let mut first = list("1- 2- 3- 4 5x-");
        date_disconnections(&mut first, &[], at(10));
        let mut second = list("1- 2 3- 4- 5x-");
        date_disconnections(&mut second, &[&first], at(20));
        let mut third = list("1- 2- 4- 6-");
        date_disconnections(&mut third, &[&[], &second], at(30));
        let since = |list: &[SeenSession]| -> Vec<_> {
            list.iter().map(SeenSession::disconnected_since).collect()
        };
        assert_eq!(
            since(&first),
            [Some(10.0), Some(10.0), Some(10.0), None, None]
        );
        assert_eq!(
            since(&second),
            [Some(10.0), None, Some(10.0), Some(20.0), None]
        );
        assert_eq!(
            since(&third),
            [Some(10.0), Some(30.0), Some(20.0), Some(30.0)]
        );
    }
}
