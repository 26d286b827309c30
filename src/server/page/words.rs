//! Texts, times and moments as they stand on the page.

use std::fmt::{self, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use crate::server::status::Moment;

/// Text that comes from elsewhere, as text of the page or of an attribute and
/// never as markup.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // They are not allowed in HTML, nor could anybody read them.
                other if other.is_control() && !other.is_whitespace() => {
                    f.write_char('\u{fffd}')?
                }
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// How long something is, in its two largest units.
pub(super) fn time(time: Duration) -> String {
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

/// How far a moment is from now: "12 s ago" or "in 12 s".
pub(super) fn distance(moment: Moment, now: Moment) -> String {
    match now.0.duration_since(moment.0) {
        Ok(age) => format!("{} ago", time(age)),
        // The part of a second that is left is a second to go.
        Err(ahead) => {
            let ahead = ahead.duration() + Duration::from_millis(999);
            format!("in {}", time(ahead))
        }
    }
}

/// A moment in UTC: its time of day if that is today's, else its date too.
pub(super) fn utc(moment: Moment, now: Moment) -> String {
    let (text, today) = (rfc3339(moment), rfc3339(now));
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

/// Both, as HTML that machines can read.
pub(super) fn moment(moment: Moment, now: Moment) -> String {
    format!(
        "<time datetime=\"{}\">{}</time> <small>{}</small>",
        rfc3339(moment),
        distance(moment, now),
        utc(moment, now)
    )
}

/// The same the other way round, for "since".
pub(super) fn since(moment: Moment, now: Moment) -> String {
    format!(
        "since <time datetime=\"{}\">{}</time>, {}",
        rfc3339(moment),
        utc(moment, now),
        distance(moment, now)
    )
}

/// The same, or a word where there is none.
pub(super) fn moment_or(word: &str, maybe: Option<Moment>, now: Moment) -> String {
    maybe.map_or_else(|| word.to_owned(), |known| moment(known, now))
}

/// A moment as `datetime` has it. What a wrong clock dates before 1970 is of 1970.
pub(super) fn rfc3339(moment: Moment) -> String {
    humantime::format_rfc3339_seconds(moment.0.max(UNIX_EPOCH)).to_string()
}

/// "1 region", "2 regions".
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn times_have_their_two_largest_units() {
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
        for (seconds, words) in cases {
            assert_eq!(time(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn moments_have_their_distance_and_their_time_of_day() {
        let now = at(1_763_840_712);
        assert_eq!(
            moment(at(1_763_840_700), now),
            "<time datetime=\"2025-11-22T19:45:00Z\">12 s ago</time> <small>19:45:00 UTC</small>"
        );
        assert_eq!(utc(at(1_763_740_700), now), "2025-11-21 15:58:20 UTC");
        let soon = Moment(now.0 + Duration::from_millis(40_001));
        assert_eq!(distance(soon, now), "in 41 s");
        assert_eq!(distance(now, now), "0 s ago");
        assert_eq!(moment_or("never", None, now), "never");
    }

    #[test]
    fn nothing_that_is_escaped_is_markup() {
        assert_eq!(
            Escaped("<b a='\"'>&\u{0}\u{7}\n</b>").to_string(),
            "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}\u{fffd}\n&lt;/b&gt;"
        );
    }
}
