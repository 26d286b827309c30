//! Faults between the company and AWS.

use std::ops::Range;

use super::plan::{FRANKFURT, VIRGINIA};
use crate::company::clock::{Minute, span};
use crate::fault::Fault;

/// Sessions of one fleet that cannot be listed for part of the day.
#[derive(Clone, Debug)]
pub(in crate::company) struct Outage {
    pub(in crate::company) during: Range<Minute>,
    cause: Cause,
    region: &'static str,
    fleet: &'static str,
}

/// Why sessions cannot be listed.
#[derive(Clone, Copy, Debug)]
enum Cause {
    Throttled,
    Denied,
}

/// The outages: in the evening, and of few fleets.
pub(in crate::company) const OUTAGES: [Outage; 2] = [
    // A deployment with too many requests, which shares the limit with all clients.
    Outage {
        during: span((16, 30), (19, 0)),
        cause: Cause::Throttled,
        region: FRANKFURT,
        fleet: "office-desktops",
    },
    // A policy that is corrected later.
    Outage {
        during: span((20, 0), (22, 0)),
        cause: Cause::Denied,
        region: VIRGINIA,
        fleet: "analytics-notebooks",
    },
];

impl Outage {
    /// Its effect on calls.
    pub(in crate::company) fn fault(&self) -> Fault {
        let fault = match self.cause {
            Cause::Throttled => Fault::throttle(),
            Cause::Denied => Fault::deny(),
        };
        fault
            .operation("DescribeSessions")
            .region(self.region)
            .fleet(self.fleet)
    }
}
