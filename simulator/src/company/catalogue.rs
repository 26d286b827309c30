//! What the company owns: its fleets, stacks and pools, and who uses them.

use std::ops::Range;

use super::clock::{Minute, span};
use super::day::Supply;
use super::habits::Habit;
use crate::fault::Fault;

/// Where the company's headquarters stream from.
pub(super) const FRANKFURT: &str = "eu-central-1";
/// Where its American branch streams from. Each region lives by its own local time.
pub(super) const VIRGINIA: &str = "us-east-1";

/// A fleet of the company.
#[derive(Debug)]
pub(super) struct FleetPlan {
    pub(super) region: &'static str,
    pub(super) name: &'static str,
    pub(super) display_name: &'static str,
    /// Its tag `team`.
    pub(super) team: &'static str,
    pub(super) description: &'static str,
    pub(super) fleet_type: &'static str,
    pub(super) instance_type: &'static str,
    pub(super) platform: &'static str,
    pub(super) image: &'static str,
    pub(super) stream_view: &'static str,
    /// How long a session may last, in seconds of real time.
    pub(super) max_user_duration_seconds: i32,
    pub(super) schedule: Schedule,
    /// The stacks people come through; all but every fourth person use the first.
    pub(super) stacks: &'static [&'static str],
    pub(super) users: Users,
    pub(super) supply: Supply,
    pub(super) error_window: Option<ErrorWindow>,
}

/// A stack of the company.
#[derive(Debug)]
pub(super) struct StackPlan {
    pub(super) region: &'static str,
    pub(super) name: &'static str,
    /// Its tag `team`.
    pub(super) team: &'static str,
    pub(super) display_name: &'static str,
    pub(super) description: &'static str,
    pub(super) error_window: Option<ErrorWindow>,
}

/// A WorkSpaces pool of the company.
#[derive(Debug)]
pub(super) struct PoolPlan {
    pub(super) region: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// Its tag `team`.
    pub(super) team: &'static str,
    pub(super) description: &'static str,
    pub(super) schedule: Schedule,
    pub(super) running_mode: &'static str,
    pub(super) users: Users,
    pub(super) supply: Supply,
    pub(super) error_window: Option<ErrorWindow>,
}

/// When a fleet or pool is open to its users.
#[derive(Clone, Debug)]
pub(super) enum Schedule {
    Always,
    /// It is started by hand, and by hand it is stopped, no matter who is in it.
    ByHand {
        starting: Range<Minute>,
        stopping: Range<Minute>,
    },
}

/// The people who use a fleet or pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Users {
    pub(super) people: u32,
    pub(super) habit: Habit,
    /// Authentication types with the percentage of people who use them.
    pub(super) authentication: &'static [(&'static str, u32)],
}

/// An error that shows for part of the day.
#[derive(Clone, Debug)]
pub(super) struct ErrorWindow {
    pub(super) during: Range<Minute>,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

/// Sessions of one fleet that cannot be listed for part of the day.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    pub(super) during: Range<Minute>,
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

/// How AppStream fleets of single sessions behave unless their plan says otherwise.
const SINGLE_SESSION: Supply = Supply {
    min_instances: 4,
    max_instances: 100,
    sessions_per_instance: 1,
    headroom: 6,
    launch: 12,
    pending: 5,
    linger: 45,
};

/// AWS's default for how long a session may last: 16 hours.
const WORKING_DAY_AND_MORE: i32 = 57_600;

const NO_USERS: Users = Users {
    people: 0,
    habit: Habit::Office,
    authentication: &[("SAML", 100)],
};

/// The company's fleets.
pub(super) const FLEETS: [FleetPlan; 9] = [
    FleetPlan {
        region: FRANKFURT,
        name: "office-desktops",
        display_name: "Office desktop",
        team: "workplace",
        description: "Full desktops for head office staff and contractors",
        fleet_type: "ALWAYS_ON",
        instance_type: "stream.standard.large",
        platform: "WINDOWS_SERVER_2022",
        image: "office-2026-01",
        stream_view: "DESKTOP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["office", "contractors"],
        users: Users {
            people: 96,
            habit: Habit::Office,
            authentication: &[("SAML", 92), ("AWS_AD", 8)],
        },
        supply: Supply {
            min_instances: 8,
            max_instances: 120,
            headroom: 18,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: FRANKFURT,
        name: "service-desk",
        display_name: "Service desk",
        team: "support",
        description: "Ticketing and telephony in three shifts, several agents per instance",
        fleet_type: "ALWAYS_ON",
        instance_type: "stream.memory.2xlarge",
        platform: "WINDOWS_SERVER_2022",
        image: "service-desk-2026-02",
        stream_view: "APP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["office"],
        users: Users {
            people: 80,
            habit: Habit::Shifts,
            authentication: &[("SAML", 100)],
        },
        supply: Supply {
            min_instances: 2,
            max_instances: 12,
            sessions_per_instance: 8,
            headroom: 12,
            linger: 20,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: FRANKFURT,
        name: "engineering-cad",
        display_name: "CAD workstation",
        team: "engineering",
        description: "Graphics workstations, started when somebody connects",
        fleet_type: "ON_DEMAND",
        instance_type: "stream.graphics.g4dn.xlarge",
        platform: "WINDOWS_SERVER_2022",
        image: "cad-2025-11",
        stream_view: "DESKTOP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["engineering"],
        users: Users {
            people: 42,
            habit: Habit::TwoBlocks,
            authentication: &[("SAML", 90), ("API", 10)],
        },
        supply: Supply {
            // Fewer than there are engineers: at the peak some must wait.
            min_instances: 2,
            max_instances: 36,
            headroom: 8,
            pending: 10,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: FRANKFURT,
        name: "training-lab",
        display_name: "Training lab",
        team: "training",
        description: "Started by hand before courses",
        fleet_type: "ALWAYS_ON",
        instance_type: "stream.standard.medium",
        platform: "WINDOWS_SERVER_2019",
        image: "training-2025-06",
        stream_view: "APP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        // Starting takes too long, and it is stopped before the course has ended.
        schedule: Schedule::ByHand {
            starting: span((12, 0), (13, 0)),
            stopping: span((16, 30), (16, 48)),
        },
        stacks: &["training"],
        users: Users {
            people: 16,
            habit: Habit::Course,
            authentication: &[("SAML", 100)],
        },
        supply: Supply {
            min_instances: 20,
            max_instances: 20,
            headroom: 0,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: VIRGINIA,
        name: "sales-desktops",
        display_name: "Sales desktop",
        team: "sales",
        description: "Customer relationship and quoting applications",
        fleet_type: "ALWAYS_ON",
        instance_type: "stream.standard.large",
        platform: "WINDOWS_SERVER_2022",
        image: "sales-2026-01",
        stream_view: "DESKTOP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["sales"],
        users: Users {
            people: 58,
            habit: Habit::Office,
            authentication: &[("SAML", 95), ("API", 5)],
        },
        supply: Supply {
            // Reached at the peak, with a few instances to spare.
            max_instances: 62,
            headroom: 14,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: VIRGINIA,
        name: "partner-portal",
        display_name: "Partner portal",
        team: "sales",
        description: "Configurator for partners, opened by streaming URL",
        fleet_type: "ELASTIC",
        instance_type: "stream.standard.small",
        platform: "AMAZON_LINUX2",
        image: "",
        stream_view: "APP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["partners"],
        users: Users {
            people: 64,
            habit: Habit::Visits,
            authentication: &[("API", 100)],
        },
        supply: Supply {
            // Fewer than want in at once when it is busiest.
            min_instances: 24,
            max_instances: 24,
            headroom: 0,
            pending: 3,
            linger: 10,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: VIRGINIA,
        name: "accounting-apps",
        display_name: "Accounting",
        team: "finance",
        description: "Ledger and payroll, several accountants per instance",
        fleet_type: "ON_DEMAND",
        instance_type: "stream.compute.2xlarge",
        platform: "WINDOWS_SERVER_2025",
        image: "accounting-2026-01",
        stream_view: "APP",
        // So short that whoever stays long is near the end of it in a day of ten minutes.
        max_user_duration_seconds: 1_080,
        schedule: Schedule::Always,
        stacks: &["back-office"],
        users: Users {
            people: 38,
            habit: Habit::Office,
            authentication: &[("USERPOOL", 60), ("AWS_AD", 40)],
        },
        supply: Supply {
            min_instances: 1,
            max_instances: 14,
            sessions_per_instance: 4,
            headroom: 9,
            pending: 8,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    FleetPlan {
        region: VIRGINIA,
        name: "analytics-notebooks",
        display_name: "Analytics",
        team: "data",
        description: "Notebooks and statistics for analysts",
        fleet_type: "ON_DEMAND",
        instance_type: "stream.memory.large",
        platform: "ROCKY_LINUX8",
        image: "analytics-2025-12",
        stream_view: "APP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["back-office"],
        users: Users {
            people: 30,
            habit: Habit::Visits,
            authentication: &[("SAML", 100)],
        },
        supply: Supply {
            min_instances: 1,
            max_instances: 24,
            headroom: 6,
            pending: 8,
            ..SINGLE_SESSION
        },
        error_window: Some(ErrorWindow {
            during: span((11, 0), (14, 30)),
            code: "SUBNET_HAS_INSUFFICIENT_IP_ADDRESSES",
            message: "The subnet does not have enough free IP addresses for new instances",
        }),
    },
    FleetPlan {
        region: VIRGINIA,
        name: "archive-viewer",
        display_name: "Archive",
        team: "finance",
        description: "Old ledgers, kept running though nobody looks at them",
        fleet_type: "ALWAYS_ON",
        instance_type: "stream.standard.medium",
        platform: "WINDOWS_SERVER_2019",
        image: "archive-2023-04",
        stream_view: "APP",
        max_user_duration_seconds: WORKING_DAY_AND_MORE,
        schedule: Schedule::Always,
        stacks: &["back-office"],
        users: NO_USERS,
        supply: Supply {
            min_instances: 2,
            max_instances: 2,
            headroom: 0,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
];

/// The company's stacks.
pub(super) const STACKS: [StackPlan; 7] = [
    StackPlan {
        region: FRANKFURT,
        name: "office",
        team: "workplace",
        display_name: "Office",
        description: "Everything head office staff needs",
        error_window: None,
    },
    StackPlan {
        region: FRANKFURT,
        name: "contractors",
        team: "workplace",
        display_name: "Contractors",
        description: "Office desktops without clipboard and file transfer",
        error_window: None,
    },
    StackPlan {
        region: FRANKFURT,
        name: "engineering",
        team: "engineering",
        display_name: "Engineering",
        description: "Computer aided design",
        error_window: None,
    },
    StackPlan {
        region: FRANKFURT,
        name: "training",
        team: "training",
        display_name: "Training",
        description: "Courses",
        error_window: None,
    },
    StackPlan {
        region: VIRGINIA,
        name: "sales",
        team: "sales",
        display_name: "Sales",
        description: "Field and inside sales",
        error_window: None,
    },
    StackPlan {
        region: VIRGINIA,
        name: "partners",
        team: "sales",
        display_name: "Partners",
        description: "Applications offered to partners",
        error_window: Some(ErrorWindow {
            during: span((8, 0), (18, 0)),
            code: "STORAGE_CONNECTOR_ERROR",
            message: "The storage connector could not be reached",
        }),
    },
    StackPlan {
        region: VIRGINIA,
        name: "back-office",
        team: "finance",
        display_name: "Back office",
        description: "Accounting and analytics",
        error_window: None,
    },
];

/// The company's WorkSpaces pools.
pub(super) const POOLS: [PoolPlan; 4] = [
    PoolPlan {
        region: FRANKFURT,
        id: "wspool-3f9k2m7qa",
        name: "branch-counters",
        team: "support",
        description: "Shared desktops at branch counters",
        schedule: Schedule::Always,
        running_mode: "ALWAYS_ON",
        users: Users {
            people: 48,
            habit: Habit::Office,
            authentication: &[("SAML", 100)],
        },
        supply: Supply {
            min_instances: 6,
            max_instances: 60,
            ..SINGLE_SESSION
        },
        error_window: Some(ErrorWindow {
            during: span((15, 0), (17, 30)),
            code: "DOMAIN_JOIN_ERROR_ACCESS_DENIED",
            message: "The account of the directory configuration may not join the domain",
        }),
    },
    PoolPlan {
        region: VIRGINIA,
        id: "wspool-8c1x5t0zd",
        name: "claims-processing",
        team: "claims",
        description: "Desktops for claims in three shifts",
        schedule: Schedule::Always,
        running_mode: "AUTO_STOP",
        users: Users {
            people: 45,
            habit: Habit::Shifts,
            authentication: &[("SAML", 100)],
        },
        supply: Supply {
            // Too few while one shift hands over to the next.
            min_instances: 2,
            max_instances: 30,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    PoolPlan {
        region: VIRGINIA,
        id: "wspool-5b7w4h6ne",
        name: "migration-pilot",
        team: "training",
        description: "Pilot of the migration, started by hand for courses",
        // Starting takes too long, and it is stopped before the course has ended.
        schedule: Schedule::ByHand {
            starting: span((12, 0), (13, 0)),
            stopping: span((16, 30), (16, 48)),
        },
        running_mode: "AUTO_STOP",
        users: Users {
            people: 6,
            habit: Habit::Course,
            authentication: &[("SAML", 100)],
        },
        supply: Supply {
            min_instances: 8,
            max_instances: 8,
            headroom: 0,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
    PoolPlan {
        region: VIRGINIA,
        id: "wspool-2q9d7k1xm",
        name: "holiday-reserve",
        team: "support",
        description: "Kept for the end of the year",
        schedule: Schedule::Always,
        running_mode: "ALWAYS_ON",
        users: NO_USERS,
        supply: Supply {
            min_instances: 3,
            max_instances: 3,
            headroom: 0,
            ..SINGLE_SESSION
        },
        error_window: None,
    },
];

/// What goes wrong between the company and AWS: in the evening, and away from most fleets.
pub(super) const OUTAGES: [Outage; 2] = [
    // A deployment that asks too much shares its limit with everybody who asks.
    Outage {
        during: span((16, 30), (19, 0)),
        cause: Cause::Throttled,
        region: FRANKFURT,
        fleet: "office-desktops",
    },
    // A policy that somebody corrects later.
    Outage {
        during: span((20, 0), (22, 0)),
        cause: Cause::Denied,
        region: VIRGINIA,
        fleet: "analytics-notebooks",
    },
];

impl Schedule {
    /// The state that AWS reports at this minute.
    pub(super) fn state(&self, minute: Minute) -> &'static str {
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

impl Outage {
    /// What it does to calls.
    pub(super) fn fault(&self) -> Fault {
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

impl Users {
    /// How a person signs in; the types take their shares of every hundred people.
    pub(super) fn authentication_of(&self, person: u32) -> &'static str {
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
