//! Whether refreshes fit into what AWS allows, logged once per change.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Service, ServiceUse};

/// A shortage is over after so many refreshes in time.
const CALM_REFRESHES: u32 = 3;

/// Calls of one service that a refresh needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CallsNeeded {
    /// On average, with one page for what was never read.
    pub on_average: f64,
    /// The fewest that it can come to once everything was read.
    pub at_least: f64,
    /// Entries that were never read.
    pub unread: usize,
}

impl CallsNeeded {
    /// Calls that later refreshes need. While not everything was read, that is
    /// not known, but this is the least.
    fn later(self) -> f64 {
        if self.unread == 0 {
            self.on_average
        } else {
            self.at_least
        }
    }

    /// The average as calls that are made: a part of one is one.
    fn whole(self) -> u32 {
        // Less than what sums of shares are out by.
        let calls = whole((self.on_average - 1e-6).ceil());
        u32::try_from(calls).unwrap_or(u32::MAX)
    }
}

/// The whole calls in a number of calls.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of calls is positive; beyond the largest u64 it stays there"
)]
fn whole(calls: f64) -> u64 {
    calls.floor() as u64
}

/// The time and rate that a refresh of one service used.
#[derive(Clone, Copy, Debug)]
pub struct Pressure {
    /// The service.
    pub service: Service,
    /// The refresh ended before everything was read.
    pub ran_out_of_time: bool,
    /// Calls that a refresh needs.
    pub needed: CallsNeeded,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests per second at present.
    pub requests_per_second: f64,
    /// The configured pace.
    pub pace: Pace,
}

/// The configured interval and rate of a service.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// `refresh.interval`.
    pub interval: Duration,
    /// `refresh.timeout`.
    pub timeout: Duration,
    /// `aws.requests_per_second`.
    pub requests_per_second: f64,
}

/// Why a refresh ran out of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shortage {
    /// It did not, or had more to read than usual.
    #[default]
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
    fn budget(&self) -> u64 {
        whole(self.requests_per_second * self.pace.timeout.as_secs_f64())
    }

    /// The same for a snapshot.
    #[must_use]
    pub fn service_use(&self) -> ServiceUse {
        ServiceUse {
            service: self.service,
            needed: self.needed.whole(),
            budget: self.budget(),
            sent: self.sent,
            requests_per_second: self.requests_per_second,
            configured_per_second: self.pace.requests_per_second,
            unread: self.needed.unread,
            ran_out_of_time: self.ran_out_of_time,
        }
    }

    /// Whether AWS throttles at present.
    fn is_slowed(&self) -> bool {
        self.requests_per_second < self.pace.requests_per_second
    }

    fn shortage(&self, before: Shortage, is_explained: bool) -> Shortage {
        let budget = self.budget() as f64;
        if !self.ran_out_of_time {
            // Where the calls are a few too many, every other refresh has time enough.
            let lasts = before == Shortage::Rate && self.needed.on_average > budget;
            if lasts { before } else { Shortage::None }
        } else if self.needed.later() > budget {
            Shortage::Rate
        } else if self.needed.unread > 0 {
            Shortage::FirstLook
        } else if is_explained || self.sent as f64 > budget * 0.9 {
            // Reads that are due every few minutes came together; the rest is next.
            Shortage::None
        } else {
            Shortage::SlowAnswers
        }
    }

    /// Settings with which the calls fit into a refresh.
    fn hint(&self) -> String {
        let Pace {
            interval, timeout, ..
        } = self.pace;
        let calls = self.needed.later().ceil();
        let seconds = |time: f64| {
            let time = Duration::from_secs_f64((time / 10.0).ceil() * 10.0);
            let time = humantime::format_duration(time).to_string();
            time.replace(' ', "")
        };
        let longer = calls / self.requests_per_second;
        let interval = seconds(longer * interval.div_duration_f64(timeout));
        let longer = seconds(longer);
        let fits = format!("set refresh.interval: {interval} and refresh.timeout: {longer}");
        if self.is_slowed() {
            return format!("AWS throttles, so do not raise the rate; {fits}");
        }
        let rate = (calls / timeout.as_secs_f64() * 10.0).ceil() / 10.0;
        let fewer_calls = match self.service {
            Service::Appstream => ", or list fewer sessions.authentication_types",
            Service::ApplicationAutoscaling => ", or raise scaling.interval",
            _ => "",
        };
        format!("{fits}; or set aws.requests_per_second: {rate}{fewer_calls}")
    }
}

/// The last logged state of each service.
#[derive(Debug, Default)]
pub(super) struct PressureLog(BTreeMap<Service, Reported>);

#[derive(Debug, Default)]
struct Reported {
    shortage: Shortage,
    /// Refreshes in a row that ended in time.
    calm: u32,
    is_slowed: bool,
}

impl PressureLog {
    /// Logs what has changed since the last refresh.
    pub(super) fn log(&mut self, pressure: &Pressure, is_explained: bool) {
        let reported = self.0.entry(pressure.service).or_default();
        let before = reported.shortage;
        let shortage = pressure.shortage(before, is_explained);
        let is_over = shortage == Shortage::None && before != Shortage::None;
        reported.calm = if is_over { reported.calm + 1 } else { 0 };
        // One refresh in time is not the end of a shortage.
        if shortage != before && (!is_over || reported.calm >= CALM_REFRESHES) {
            reported.shortage = shortage;
            log_shortage(shortage, pressure);
        }
        let was_slowed = reported.is_slowed;
        reported.is_slowed = pressure.is_slowed();
        if was_slowed != reported.is_slowed {
            log_pace(pressure, reported.is_slowed);
        }
    }
}

fn log_shortage(shortage: Shortage, pressure: &Pressure) {
    let (message, hint) = match shortage {
        Shortage::None => ("refreshes complete in time again", None),
        Shortage::FirstLook => (
            "the first read of all resources takes more than one refresh; collectors fail until it is complete",
            None,
        ),
        Shortage::Rate => (
            "refresh ran out of time: it needs more calls than the rate limit allows, so values are updated less often and expire after refresh.max_age",
            Some(pressure.hint()),
        ),
        Shortage::SlowAnswers => (
            "refresh ran out of time: AWS responds too slowly, so values are updated less often",
            Some("raise refresh.timeout and refresh.interval, or aws.max_concurrency".to_owned()),
        ),
    };
    let aws_service = pressure.service.as_str();
    let calls_needed = whole(pressure.needed.later().ceil());
    let (unread, calls_budget) = (pressure.needed.unread, pressure.budget());
    macro_rules! log {
        ($level:ident) => {
            tracing::$level!(
                aws_service,
                calls_needed,
                calls_budget,
                hint,
                unread,
                "{message}"
            )
        };
    }
    if hint.is_some() {
        log!(warn);
    } else {
        log!(info);
    }
}

fn log_pace(pressure: &Pressure, is_slowed: bool) {
    let aws_service = pressure.service.as_str();
    let requests_per_second = (pressure.requests_per_second * 100.0).round() / 100.0;
    macro_rules! log {
        ($level:ident, $message:literal) => {
            tracing::$level!(aws_service, requests_per_second, $message)
        };
    }
    if is_slowed {
        log!(warn, "AWS throttles: request rate reduced");
    } else {
        log!(info, "request rate restored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressure(on_average: f64, at_least: f64, is_complete: bool) -> Pressure {
        Pressure {
            service: Service::Appstream,
            ran_out_of_time: true,
            needed: CallsNeeded {
                on_average,
                at_least,
                unread: usize::from(!is_complete),
            },
            sent: 100,
            requests_per_second: 5.0,
            pace: Pace {
                interval: Duration::from_secs(60),
                timeout: Duration::from_secs(50),
                requests_per_second: 5.0,
            },
        }
    }

    #[test]
    fn a_shortage_is_named_by_its_cause() {
        let usual = pressure(250.0, 240.0, true);
        let cases = [
            (pressure(600.0, 240.0, false), Shortage::FirstLook),
            (pressure(600.0, 260.0, false), Shortage::Rate),
            (pressure(260.0, 240.0, true), Shortage::Rate),
            (usual, Shortage::SlowAnswers),
            (Pressure { sent: 249, ..usual }, Shortage::None),
            (
                Pressure {
                    requests_per_second: 2.5,
                    ..usual
                },
                Shortage::Rate,
            ),
        ];
        for (pressure, shortage) in cases {
            assert_eq!(
                pressure.shortage(Shortage::None, false),
                shortage,
                "{pressure:?}"
            );
        }
        assert_eq!(usual.shortage(Shortage::None, true), Shortage::None);
        let in_time = Pressure {
            ran_out_of_time: false,
            ..pressure(260.0, 240.0, true)
        };
        for before in [Shortage::Rate, Shortage::None] {
            assert_eq!(in_time.shortage(before, false), before);
        }
    }

    #[test]
    fn the_hint_fits() {
        assert_eq!(
            pressure(611.0, 611.0, true).hint(),
            "set refresh.interval: 2m30s and refresh.timeout: 2m10s; or set aws.requests_per_second: 12.3, or list fewer sessions.authentication_types"
        );
        let slowed = Pressure {
            requests_per_second: 2.5,
            ..pressure(240.0, 240.0, true)
        };
        assert_eq!(
            slowed.hint(),
            "AWS throttles, so do not raise the rate; set refresh.interval: 2m and refresh.timeout: 1m40s"
        );
    }
}
