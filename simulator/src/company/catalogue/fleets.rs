//! The company's fleets.

use super::plan::{
    ErrorWindow, FRANKFURT, FleetPlan, NO_USERS, SINGLE_SESSION, Schedule, Users, VIRGINIA,
};
use crate::company::clock::span;
use crate::company::day::Supply;
use crate::company::habits::Habit;

/// AWS's default for how long a session may last: 16 hours.
const WORKING_DAY_AND_MORE: i32 = 57_600;

/// The company's fleets.
pub(in crate::company) const FLEETS: [FleetPlan; 9] = [
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
        // So short that long sessions come near it in a day of ten minutes.
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
