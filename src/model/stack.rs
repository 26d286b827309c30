//! AppStream stacks, and which fleets they are associated with.

use super::{AccountId, ErrorCounts, FleetName, StackName};

/// A stack from `DescribeStacks`. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// `Name`.
    pub name: StackName,
    /// Account number in `Arn`.
    pub account_id: Option<AccountId>,
    /// `Arn`, by which its tags are read.
    pub arn: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `StackErrors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}

/// A fleet and a stack that belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Association {
    /// The fleet.
    pub fleet: FleetName,
    /// The stack.
    pub stack: StackName,
}
