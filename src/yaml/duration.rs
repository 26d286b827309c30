//! Durations of a file: numbers with their units, such as `1m 30s`.

use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

/// Units with their milliseconds, from the smallest to the largest.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", SECOND),
    ("m", MINUTE),
    ("h", HOUR),
    ("d", DAY),
];

/// A second, in milliseconds.
pub(crate) const SECOND: u64 = 1000;
/// A minute, in milliseconds.
pub(crate) const MINUTE: u64 = 60 * SECOND;
/// An hour, in milliseconds.
pub(crate) const HOUR: u64 = 60 * MINUTE;
/// A day, in milliseconds.
pub(crate) const DAY: u64 = 24 * HOUR;

/// The schema of a duration of this many milliseconds.
pub(crate) fn between<const MIN: u64, const MAX: u64>(_: &mut SchemaGenerator) -> Schema {
    let units = UNITS.map(|(unit, _)| unit).join("|");
    json_schema!({
        "type": "string",
        "title": "a duration",
        "pattern": format!("^([0-9]+ *({units}) *)+$"),
        "x-min-millis": MIN,
        "x-max-millis": MAX,
    })
}

/// Reads a duration. A number without a unit is none, because it could be seconds or
/// milliseconds.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    // The parser supports months, which differ from minutes only in case.
    let known = |word: &str| word.is_empty() || UNITS.iter().any(|(unit, _)| *unit == word);
    let mut words = text.split(|c: char| c.is_ascii_digit() || c.is_ascii_whitespace());
    words.all(known).then_some(())?;
    humantime::parse_duration(text).ok()
}

/// A duration as the file writes it; less than a millisecond is left off.
pub(crate) fn format(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut parts = Vec::new();
    for (unit, millis) in UNITS.into_iter().rev() {
        let millis = u128::from(millis);
        if left >= millis {
            parts.push(format!("{}{unit}", left / millis));
            left %= millis;
        }
    }
    if parts.is_empty() {
        parts.push("0ms".to_owned());
    }
    parts.join(" ")
}

/// For `#[serde(with = "duration")]`.
pub(crate) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*duration))
}

/// For `#[serde(with = "duration")]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).ok_or_else(|| D::Error::custom("not a duration"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_they_are_read() {
        let cases = [
            (0, "0ms"),
            (833, "833ms"),
            (60_000, "1m"),
            (90_500, "1m 30s 500ms"),
            (86_400_000, "1d"),
            (31_536_000_000, "365d"),
        ];
        for (millis, text) in cases {
            let duration = Duration::from_millis(millis);
            assert_eq!(format(duration), text);
            assert_eq!(parse(text), Some(duration));
        }
        for text in ["", "60", "1.5s", "3M", "2 fortnights", "-1s", "1m30"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
