//! Schedules of scheduled actions: `at(...)`, `rate(...)` and `cron(...)`, all in UTC.

use std::time::{Duration, UNIX_EPOCH};

/// The search range for the next time of `cron`: a schedule for February 29 has one within eight
/// years.
const DAYS_AHEAD: u64 = 8 * 366;
/// Characters in `yyyy-mm-ddThh:mm:ss`.
const AT_LENGTH: usize = 19;
const DAY_SECONDS: u64 = 86_400;
/// The last day whose year has four digits.
const LAST_DAY: u64 = 2_932_896;
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
/// In the order of `cron`, where Sunday is 1.
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// When a scheduled action takes place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Schedule {
    At(f64),
    /// Every so many seconds.
    Rate(f64),
    Cron(Box<Cron>),
}

/// The values that each field of a `cron` expression accepts; `None` accepts all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: Vec<u64>,
    hours: Vec<u64>,
    days: Option<Vec<u64>>,
    months: Option<Vec<u64>>,
    weekdays: Option<Vec<u64>>,
    years: Option<Vec<u64>>,
}

impl Schedule {
    /// Reads a schedule; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.trim().split_once('(')?;
        let inside = rest.strip_suffix(')')?.trim();
        match kind {
            "at" => {
                // The whole time without a time zone.
                let is_whole = inside.len() == AT_LENGTH && inside.contains('T');
                let time = humantime::parse_rfc3339_weak(inside)
                    .ok()
                    .filter(|_| is_whole)?;
                let since_epoch = time.duration_since(UNIX_EPOCH).ok()?;
                Some(Self::At(since_epoch.as_secs_f64()))
            }
            "rate" => {
                let (count, unit) = inside.split_once(' ')?;
                let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
                let seconds = match unit.trim().trim_end_matches('s') {
                    "minute" => 60.0,
                    "hour" => 3_600.0,
                    "day" => 86_400.0,
                    _ => return None,
                };
                Some(Self::Rate(f64::from(count) * seconds))
            }
            "cron" => Cron::parse(inside).map(|cron| Self::Cron(Box::new(cron))),
            _ => None,
        }
    }

    /// Whether there is more than one moment.
    pub(crate) fn is_recurring(&self) -> bool {
        !matches!(self, Self::At(_))
    }

    /// The first moment after `now`; `None` when there is no further one.
    pub(crate) fn next(&self, now: f64) -> Option<f64> {
        match self {
            Self::At(at) => Some(*at).filter(|at| *at > now),
            Self::Rate(seconds) => Some(now + seconds),
            Self::Cron(cron) => cron.next(now),
        }
    }
}

impl Cron {
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields.try_into().ok()?;
        // One of the two kinds of days must be left open, and the other must not.
        if (days == "?") == (weekdays == "?") {
            return None;
        }
        Some(Self {
            minutes: values(minutes, 0, 59, &[])?.unwrap_or_else(|| (0..=59).collect()),
            hours: values(hours, 0, 23, &[])?.unwrap_or_else(|| (0..=23).collect()),
            days: values(days, 1, 31, &[])?,
            months: values(months, 1, 12, &MONTHS)?,
            weekdays: values(weekdays, 1, 7, &DAYS)?,
            years: values(years, 1970, 2199, &[])?,
        })
    }

    fn next(&self, now: f64) -> Option<f64> {
        let now = Duration::try_from_secs_f64(now).ok()?.as_secs();
        let today = now / DAY_SECONDS;
        let times = self.hours.iter().flat_map(|hour| {
            let minutes = self.minutes.iter();
            minutes.map(move |minute| hour * 3_600 + minute * 60)
        });
        let times: Vec<u64> = times.collect();
        for day in (today..today + DAYS_AHEAD).filter(|day| self.is_on(*day)) {
            let moments = times.iter().map(|time| day * DAY_SECONDS + time);
            if let Some(next) = moments.filter(|moment| *moment > now).min() {
                return Some(Duration::from_secs(next).as_secs_f64());
            }
        }
        None
    }

    /// Whether the expression accepts this day, counted from the Unix epoch.
    fn is_on(&self, day: u64) -> bool {
        let accepts = |field: &Option<Vec<u64>>, value| {
            field.as_ref().is_none_or(|values| values.contains(&value))
        };
        let (year, month, day_of_month) = date(day);
        // The first day of the epoch was a Thursday.
        let weekday = (day + 4) % 7 + 1;
        accepts(&self.years, year)
            && accepts(&self.months, month)
            && accepts(&self.days, day_of_month)
            && accepts(&self.weekdays, weekday)
    }
}

/// Year, month and day of a day that is counted from the Unix epoch.
fn date(day: u64) -> (u64, u64, u64) {
    let time = UNIX_EPOCH + Duration::from_secs(day.min(LAST_DAY) * DAY_SECONDS);
    let text = humantime::format_rfc3339_seconds(time).to_string();
    let mut parts = text[..10]
        .split('-')
        .map(|part| part.parse().unwrap_or_default());
    let mut part = || parts.next().unwrap_or_default();
    (part(), part(), part())
}

/// The values of a field: numbers or names, ranges, steps and lists of these. The inner `None` is `*` or `?`.
#[expect(
    clippy::option_option,
    reason = "a field is unreadable, unbounded, or has values"
)]
fn values(field: &str, min: u64, max: u64, names: &[&str]) -> Option<Option<Vec<u64>>> {
    if field == "*" || field == "?" {
        return Some(None);
    }
    let number = |text: &str| {
        let named = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|index| u64::try_from(index).ok());
        let number = named.map_or_else(|| text.parse().ok(), |index| Some(index + min))?;
        (min..=max).contains(&number).then_some(number)
    };
    let mut all = Vec::new();
    for part in field.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: usize = step.parse().ok().filter(|step| *step > 0)?;
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (min, max),
            None if part.contains('/') => (number(range)?, max),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return None;
        }
        all.extend((first..=last).step_by(step));
    }
    Some(Some(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T08:00:00Z, a Thursday.
    const THURSDAY: f64 = 1_767_254_400.0;

    #[test]
    fn the_next_moment_follows_from_the_schedule() {
        let hour = 3_600.0;
        for (text, expected) in [
            ("at(2026-01-01T09:00:00)", Some(THURSDAY + hour)),
            ("at(2026-01-01T08:00:00)", None),
            ("rate(5 minutes)", Some(THURSDAY + 300.0)),
            ("rate(1 day)", Some(THURSDAY + 24.0 * hour)),
            ("cron(0 9 * * ? *)", Some(THURSDAY + hour)),
            ("cron(0 8 * * ? *)", Some(THURSDAY + 24.0 * hour)),
            ("cron(0/15 * * * ? *)", Some(THURSDAY + 900.0)),
            ("cron(30 7 ? * MON-FRI *)", Some(THURSDAY + 23.5 * hour)),
            ("cron(0 8 ? * SAT,SUN *)", Some(THURSDAY + 48.0 * hour)),
            (
                "cron(0 8 1 FEB ? 2026)",
                Some(THURSDAY + 31.0 * 24.0 * hour),
            ),
            ("cron(0 8 1 1 ? 2025)", None),
        ] {
            let schedule = Schedule::parse(text).expect(text);
            assert_eq!(schedule.next(THURSDAY), expected, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_schedule_are_refused() {
        for text in [
            "",
            "daily",
            "at(soon)",
            "rate(0 minutes)",
            "rate(5 years)",
            "cron(0 9 * * ?)",
            "cron(61 9 * * ? *)",
            "cron(0 9 * * FOO *)",
            "cron(0/0 9 * * ? *)",
            "cron(0 9 * * ? *",
            "cron(0 9 * * * *)",
            "cron(0 9 ? * ? *)",
            "cron(0 22-2 * * ? *)",
            "at(2026-01-01)",
            "at(2026-01-01T09:00:00Z)",
            "at(2026-01-01 09:00:00)",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }
}
