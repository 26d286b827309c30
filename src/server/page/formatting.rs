//! Formatting for the pages: texts, durations and timestamps.

use std::time::{Duration, UNIX_EPOCH};

use maud::{Markup, html};

use crate::server::time::Timestamp;

/// A duration in its two largest units.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: u64, name: &str, small: u64, small_name: &str| match small {
        0 => format!("{large} {name}"),
        _ => format!("{large} {name} {small} {small_name}"),
    };
    match () {
        () if days > 0 => two(days, "d", hours % 24, "h"),
        () if hours > 0 => two(hours, "h", minutes % 60, "min"),
        () if minutes > 0 => two(minutes, "min", seconds % 60, "s"),
        () => format!("{seconds} s"),
    }
}

/// A timestamp relative to now: "12 s ago" or "in 12 s".
fn relative(timestamp: Timestamp, now: Timestamp) -> String {
    match now.0.duration_since(timestamp.0) {
        Ok(age) => format!("{} ago", duration(age)),
        // The part of a second that is left is a second to go.
        Err(ahead) => {
            let ahead = ahead.duration() + Duration::from_millis(999);
            format!("in {}", duration(ahead))
        }
    }
}

/// A timestamp in UTC: the time of day if it is today, else with the date.
pub(super) fn utc(timestamp: Timestamp, now: Timestamp) -> String {
    let (text, today) = (rfc3339(timestamp), rfc3339(now));
    let (Some((date, time)), Some((day, _))) = (text.split_once('T'), today.split_once('T')) else {
        return text;
    };
    let time = time.trim_end_matches('Z');
    if date == day {
        format!("{time} UTC")
    } else {
        format!("{date} {time} UTC")
    }
}

/// A timestamp in both ways, as HTML that machines can read.
pub(super) fn timestamp(timestamp: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(rfc3339(timestamp)) { (relative(timestamp, now)) } " " small { (utc(timestamp, now)) }
    }
}

/// The same in the other order, for "since".
pub(super) fn since(timestamp: Timestamp, now: Timestamp) -> Markup {
    html! {
        "since " time datetime=(rfc3339(timestamp)) { (utc(timestamp, now)) } ", " (relative(timestamp, now))
    }
}

/// A timestamp in both ways, or a word where there is none.
pub(super) fn timestamp_or(word: &str, maybe: Option<Timestamp>, now: Timestamp) -> Markup {
    maybe.map_or_else(|| html! { (word) }, |known| timestamp(known, now))
}

/// A timestamp as `datetime` has it. A time before 1970, from a wrong clock, counts as 1970.
pub(super) fn rfc3339(timestamp: Timestamp) -> String {
    humantime::format_rfc3339_seconds(timestamp.0.max(UNIX_EPOCH)).to_string()
}

/// "1 region", "2 regions".
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (250, "4 min 10 s"),
            (3_600, "1 h"),
            (11_120, "3 h 5 min"),
            (86_399, "23 h 59 min"),
            (187_200, "2 d 4 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn timestamps_are_relative_and_have_their_time_of_day() {
        let now = at(1_763_840_712);
        assert_eq!(
            timestamp(at(1_763_840_700), now).into_string(),
            "<time datetime=\"2025-11-22T19:45:00Z\">12 s ago</time> <small>19:45:00 UTC</small>"
        );
        assert_eq!(utc(at(1_763_740_700), now), "2025-11-21 15:58:20 UTC");
        let soon = Timestamp(now.0 + Duration::from_millis(40_001));
        assert_eq!(relative(soon, now), "in 41 s");
        assert_eq!(relative(now, now), "0 s ago");
        assert_eq!(timestamp_or("never", None, now).into_string(), "never");
    }
}
