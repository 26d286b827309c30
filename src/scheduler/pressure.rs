//! Whether refreshes fit into what AWS allows, and saying so once per change.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Settings;
use super::outcome::Log;
use crate::model::Service;

/// So many refreshes in time end a shortage.
const CALM_REFRESHES: u32 = 3;

/// How a refresh of one service got by with the time and the rate that it had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pressure {
    /// The service.
    pub(super) service: Service,
    /// The refresh ended before everything was read.
    pub(super) ran_out_of_time: bool,
    /// Something failed by itself, which was told: that explains why time ran out.
    pub(super) is_explained: bool,
    /// Everything that is known of had been read before.
    pub(super) was_complete: bool,
    /// Pairs, pools and lists that were never read.
    pub(super) unread: usize,
    /// Calls that a refresh needs, the fewest that it could come to once
    /// everything was read, and the most that one can take.
    pub(super) needed: u32,
    pub(super) least: u32,
    pub(super) most: u32,
    /// Requests per second at present.
    pub(super) requests_per_second: f64,
}

/// What of it was said last, by service.
#[derive(Debug, Default)]
pub(super) struct Told {
    time: BTreeMap<Service, Shortage>,
    /// Refreshes in a row that ended in time.
    calm: BTreeMap<Service, u32>,
    slowed: BTreeMap<Service, bool>,
}

/// Why a refresh ran out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortage {
    /// It did not, or had more to read than usual.
    None,
    /// Everything is read for the first time; later refreshes will fit.
    FirstLook,
    /// The rate limit allows fewer calls than it takes.
    Rate,
    /// The calls would fit, but AWS takes too long.
    SlowAnswers,
}

impl Pressure {
    /// Calls that fit into a refresh.
    fn budget(&self, settings: &Settings) -> u32 {
        let budget = super::whole(self.requests_per_second * settings.timeout.as_secs_f64());
        u32::try_from(budget).unwrap_or(u32::MAX)
    }

    /// Whether AWS throttles at present.
    fn is_slowed(&self, settings: &Settings) -> bool {
        self.requests_per_second < settings.requests_per_second
    }

    fn shortage(&self, settings: &Settings, before: Shortage) -> Shortage {
        let budget = self.budget(settings);
        if !self.ran_out_of_time {
            // Where the calls are a few too many, every other refresh has time enough.
            if before == Shortage::Rate && self.needed > budget {
                before
            } else {
                Shortage::None
            }
        } else if self.least > budget || self.was_complete && self.needed > budget {
            Shortage::Rate
        } else if !self.was_complete {
            Shortage::FirstLook
        } else if self.most > budget || self.is_explained {
            // What comes round every few minutes came together; the rest has its turn next.
            Shortage::None
        } else {
            Shortage::SlowAnswers
        }
    }
}

impl Told {
    /// Says what has changed since the last refresh.
    pub(super) fn tell(&mut self, pressure: &Pressure, settings: &Settings, log: Log<'_>) {
        self.tell_shortage(pressure, settings, log);
        self.tell_pace(pressure, settings, log);
    }

    fn tell_shortage(&mut self, pressure: &Pressure, settings: &Settings, log: Log<'_>) {
        let before = self.time.get(&pressure.service).copied();
        let before = before.unwrap_or(Shortage::None);
        let shortage = pressure.shortage(settings, before);
        if shortage == Shortage::None && before != Shortage::None {
            // Not before it has lasted for a while is it said that all is well.
            let calm = self.calm.entry(pressure.service).or_default();
            *calm += 1;
            if *calm < CALM_REFRESHES {
                return;
            }
        }
        self.calm.insert(pressure.service, 0);
        self.time.insert(pressure.service, shortage);
        if before == shortage {
            return;
        }
        let (target, aws_region) = (log.target, log.region);
        let aws_service = pressure.service.as_str();
        // While not everything was read, what it will come to is not known, but this is the least.
        let calls_needed = if pressure.was_complete {
            pressure.needed
        } else {
            pressure.least
        };
        let unread = pressure.unread;
        let calls_budget = pressure.budget(settings);
        match shortage {
            Shortage::None => tracing::info!(
                target,
                aws_region,
                aws_service,
                calls_needed,
                calls_budget,
                "refreshes end in time again"
            ),
            Shortage::FirstLook => tracing::info!(
                target,
                aws_region,
                aws_service,
                unread,
                "reading everything for the first time takes more than one refresh; collectors fail until nothing is unread"
            ),
            Shortage::Rate => {
                let hint = settings.hint(calls_needed, pressure);
                tracing::warn!(
                    target,
                    aws_region,
                    aws_service,
                    calls_needed,
                    calls_budget,
                    hint,
                    unread,
                    "refresh ran out of time: it needs more calls than the rate limit allows, so values are updated less often, and vanish where they become older than refresh.max_age"
                );
            }
            Shortage::SlowAnswers => tracing::warn!(
                target,
                aws_region,
                aws_service,
                calls_needed,
                calls_budget,
                hint = "raise refresh.timeout and refresh.interval, or aws.max_concurrency",
                "refresh ran out of time: AWS answers too slowly, so values are updated less often"
            ),
        }
    }

    fn tell_pace(&mut self, pressure: &Pressure, settings: &Settings, log: Log<'_>) {
        let is_slowed = pressure.is_slowed(settings);
        let requests_per_second = (pressure.requests_per_second * 100.0).round() / 100.0;
        let was_slowed = self.slowed.insert(pressure.service, is_slowed);
        if was_slowed.unwrap_or(false) == is_slowed {
            return;
        }
        let (target, aws_region) = (log.target, log.region);
        let aws_service = pressure.service.as_str();
        if is_slowed {
            tracing::warn!(
                target,
                aws_region,
                aws_service,
                requests_per_second,
                "AWS throttles: asking more slowly until it does not"
            );
        } else {
            tracing::info!(
                target,
                aws_region,
                aws_service,
                requests_per_second,
                "asking at the configured rate again"
            );
        }
    }
}

impl Settings {
    /// Settings with which so many calls fit into a refresh.
    fn hint(&self, calls: u32, pressure: &Pressure) -> String {
        let calls = f64::from(calls);
        let rate = (calls / self.timeout.as_secs_f64() * 10.0).ceil() / 10.0;
        let seconds = |time: f64| {
            let time = Duration::from_secs_f64((time / 10.0).ceil() * 10.0);
            humantime::format_duration(time)
                .to_string()
                .replace(' ', "")
        };
        let timeout = calls / pressure.requests_per_second;
        let interval = timeout * self.interval.div_duration_f64(self.timeout);
        let (interval, timeout) = (seconds(interval), seconds(timeout));
        if pressure.is_slowed(self) {
            return format!(
                "AWS throttles, so a higher rate would not help; refresh.interval: {interval} with refresh.timeout: {timeout} would fit"
            );
        }
        format!(
            "refresh.interval: {interval} with refresh.timeout: {timeout} would fit, and so would aws.requests_per_second: {rate}; fewer sessions.authentication_types need fewer calls"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn pressure(needed: u32, least: u32, was_complete: bool) -> Pressure {
        Pressure {
            service: Service::Appstream,
            ran_out_of_time: true,
            is_explained: false,
            was_complete,
            unread: 0,
            needed,
            least,
            most: needed,
            requests_per_second: 5.0,
        }
    }

    #[test]
    fn a_shortage_is_named_by_its_cause() {
        let settings = Settings::from(&Config::default());
        let cases = [
            (pressure(600, 240, false), Shortage::FirstLook),
            (pressure(600, 260, false), Shortage::Rate),
            (pressure(260, 240, true), Shortage::Rate),
            (pressure(250, 240, true), Shortage::SlowAnswers),
            (
                Pressure {
                    most: 600,
                    ..pressure(250, 240, true)
                },
                Shortage::None,
            ),
            (
                Pressure {
                    is_explained: true,
                    ..pressure(250, 240, true)
                },
                Shortage::None,
            ),
        ];
        for (pressure, shortage) in cases {
            assert_eq!(
                pressure.shortage(&settings, Shortage::None),
                shortage,
                "{pressure:?}"
            );
        }
        let slowed = Pressure {
            requests_per_second: 2.5,
            ..pressure(240, 240, true)
        };
        assert_eq!(slowed.shortage(&settings, Shortage::None), Shortage::Rate);
        let in_time = Pressure {
            ran_out_of_time: false,
            ..pressure(260, 240, true)
        };
        for before in [Shortage::Rate, Shortage::None] {
            assert_eq!(in_time.shortage(&settings, before), before);
        }
    }

    #[test]
    fn the_hint_fits() {
        let settings = Settings::from(&Config::default());
        assert_eq!(
            settings.hint(611, &pressure(611, 611, true)),
            "refresh.interval: 2m30s with refresh.timeout: 2m10s would fit, and so would aws.requests_per_second: 12.3; fewer sessions.authentication_types need fewer calls"
        );
        let slowed = Pressure {
            requests_per_second: 2.5,
            ..pressure(240, 240, true)
        };
        assert_eq!(
            settings.hint(240, &slowed),
            "AWS throttles, so a higher rate would not help; refresh.interval: 2m with refresh.timeout: 1m40s would fit"
        );
    }
}
