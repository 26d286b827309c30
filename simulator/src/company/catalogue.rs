//! The resources of the company: its fleets, stacks and pools, their users, and the outages.

mod fleets;
mod outages;
mod plan;
mod pools;
mod stacks;

pub(super) use self::fleets::FLEETS;
pub(super) use self::outages::{OUTAGES, Outage};
pub(super) use self::plan::{
    ErrorWindow, FRANKFURT, FleetPlan, PoolPlan, Schedule, StackPlan, Users, VIRGINIA,
};
pub(super) use self::pools::POOLS;
pub(super) use self::stacks::STACKS;
