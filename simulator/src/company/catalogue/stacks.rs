//! The company's stacks.

use super::plan::{ErrorWindow, FRANKFURT, StackPlan, VIRGINIA};
use crate::company::clock::span;

/// The company's stacks.
pub(in crate::company) const STACKS: [StackPlan; 7] = [
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
