//! The plans that describe the company: which values a fleet, a stack and a pool have, and who uses it.

use std::ops::Range;

use crate::company::clock::Minute;
use crate::company::day::Supply;
use crate::company::habits::Habit;

/// Where the company's headquarters stream from.
pub(in crate::company) const FRANKFURT: &str = "eu-central-1";
/// Where its American branch streams from. Each region lives by its own local time.
pub(in crate::company) const VIRGINIA: &str = "us-east-1";

/// A fleet of the company.
#[derive(Debug)]
pub(in crate::company) struct FleetPlan {
    pub(in crate::company) region: &'static str,
    pub(in crate::company) name: &'static str,
    pub(in crate::company) display_name: &'static str,
    /// Its tag `team`.
    pub(in crate::company) team: &'static str,
    pub(in crate::company) description: &'static str,
    pub(in crate::company) fleet_type: &'static str,
    pub(in crate::company) instance_type: &'static str,
    pub(in crate::company) platform: &'static str,
    pub(in crate::company) image: &'static str,
    pub(in crate::company) stream_view: &'static str,
    /// Maximum duration of a session, in seconds of real time.
    pub(in crate::company) max_user_duration_seconds: i32,
    pub(in crate::company) schedule: Schedule,
    /// The stacks people come through; all but every fourth person use the first.
    pub(in crate::company) stacks: &'static [&'static str],
    pub(in crate::company) users: Users,
    pub(in crate::company) supply: Supply,
    pub(in crate::company) error_window: Option<ErrorWindow>,
}

/// A stack of the company.
#[derive(Debug)]
pub(in crate::company) struct StackPlan {
    pub(in crate::company) region: &'static str,
    pub(in crate::company) name: &'static str,
    /// Its tag `team`.
    pub(in crate::company) team: &'static str,
    pub(in crate::company) display_name: &'static str,
    pub(in crate::company) description: &'static str,
    pub(in crate::company) error_window: Option<ErrorWindow>,
}

/// A WorkSpaces pool of the company.
#[derive(Debug)]
pub(in crate::company) struct PoolPlan {
    pub(in crate::company) region: &'static str,
    pub(in crate::company) id: &'static str,
    pub(in crate::company) name: &'static str,
    /// Its tag `team`.
    pub(in crate::company) team: &'static str,
    pub(in crate::company) description: &'static str,
    pub(in crate::company) schedule: Schedule,
    pub(in crate::company) running_mode: &'static str,
    pub(in crate::company) users: Users,
    pub(in crate::company) supply: Supply,
    pub(in crate::company) error_window: Option<ErrorWindow>,
}

/// When a fleet or pool is open to its users.
#[derive(Clone, Debug)]
pub(in crate::company) enum Schedule {
    Always,
    /// It is started by hand, and by hand it is stopped, no matter who is in it.
    ByHand {
        starting: Range<Minute>,
        stopping: Range<Minute>,
    },
}

/// The people who use a fleet or pool.
#[derive(Clone, Copy, Debug)]
pub(in crate::company) struct Users {
    pub(in crate::company) people: u32,
    pub(in crate::company) habit: Habit,
    /// Authentication types with the percentage of people who use them.
    pub(in crate::company) authentication: &'static [(&'static str, u32)],
}

/// An error that shows for part of the day.
#[derive(Clone, Debug)]
pub(in crate::company) struct ErrorWindow {
    pub(in crate::company) during: Range<Minute>,
    pub(in crate::company) code: &'static str,
    pub(in crate::company) message: &'static str,
}

/// The default plan of single-session fleets.
pub(super) const SINGLE_SESSION: Supply = Supply {
    min_instances: 4,
    max_instances: 100,
    sessions_per_instance: 1,
    headroom: 6,
    launch: 12,
    pending: 5,
    linger: 45,
};

pub(super) const NO_USERS: Users = Users {
    people: 0,
    habit: Habit::Office,
    authentication: &[("SAML", 100)],
};

impl Schedule {
    /// The state that AWS reports at this minute.
    pub(in crate::company) fn state(&self, minute: Minute) -> &'static str {
        match self {
            Self::Always => "RUNNING",
            Self::ByHand { starting, .. } if starting.contains(&minute) => "STARTING",
            Self::ByHand { stopping, .. } if stopping.contains(&minute) => "STOPPING",
            Self::ByHand { starting, stopping }
                if (starting.end..stopping.start).contains(&minute) =>
            {
                "RUNNING"
            }
            Self::ByHand { .. } => "STOPPED",
        }
    }
}

impl Users {
    /// The authentication type of a person, by shares of a hundred people.
    pub(in crate::company) fn authentication_of(&self, person: u32) -> &'static str {
        // 37 is prime to 100, so neighbours fall to different shares.
        let mut rank = person * 37 % 100;
        for (kind, share) in self.authentication {
            if rank < *share {
                return kind;
            }
            rank -= share;
        }
        "SAML"
    }
}
