//! The company's WorkSpaces pools.

use super::plan::{
    ErrorWindow, FRANKFURT, NO_USERS, PoolPlan, SINGLE_SESSION, Schedule, Users, VIRGINIA,
};
use crate::company::clock::span;
use crate::company::day::Supply;
use crate::company::habits::Habit;

/// The company's WorkSpaces pools.
pub(in crate::company) const POOLS: [PoolPlan; 4] = [
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
