//! The constraints on the input of operations that change WorkSpaces Pools, from its API model.
//!
//! Patterns that regular expressions here cannot express are wider than those of AWS, never narrower.

use super::{Kind, MANY, Member, between, list, matching, optional, required, text};

/// The members of each operation.
pub(super) const OPERATIONS: &[(&str, &[Member])] = &[
    (
        "CreateWorkspacesPool",
        &[
            required("PoolName", WORKSPACES_POOL_NAME),
            required("Description", UPDATE_DESCRIPTION),
            required("BundleId", BUNDLE_ID),
            required("DirectoryId", DIRECTORY_ID),
            required("Capacity", CAPACITY),
            optional("Tags", TAG_LIST),
            optional("ApplicationSettings", APPLICATION_SETTINGS_REQUEST),
            optional("TimeoutSettings", TIMEOUT_SETTINGS),
            optional("RunningMode", POOLS_RUNNING_MODE),
        ],
    ),
    (
        "UpdateWorkspacesPool",
        &[
            required("PoolId", WORKSPACES_POOL_ID),
            optional("Description", UPDATE_DESCRIPTION),
            optional("BundleId", BUNDLE_ID),
            optional("DirectoryId", DIRECTORY_ID),
            optional("Capacity", CAPACITY),
            optional("ApplicationSettings", APPLICATION_SETTINGS_REQUEST),
            optional("TimeoutSettings", TIMEOUT_SETTINGS),
            optional("RunningMode", POOLS_RUNNING_MODE),
        ],
    ),
    (
        "StartWorkspacesPool",
        &[required("PoolId", WORKSPACES_POOL_ID)],
    ),
    (
        "StopWorkspacesPool",
        &[required("PoolId", WORKSPACES_POOL_ID)],
    ),
    (
        "TerminateWorkspacesPool",
        &[required("PoolId", WORKSPACES_POOL_ID)],
    ),
    (
        "TerminateWorkspacesPoolSession",
        &[required("SessionId", AMAZON_UUID)],
    ),
];

const WORKSPACES_POOL_NAME: Kind = matching(0, MANY, r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$");
const UPDATE_DESCRIPTION: Kind = matching(1, 255, r"^[a-zA-Z0-9_./() -]+$");
const BUNDLE_ID: Kind = matching(0, MANY, r"^wsb-[0-9a-z]{8,63}$");
const DIRECTORY_ID: Kind = matching(10, 65, r"^(d-[0-9a-f]{8,63}$)|(wsd-[0-9a-z]{8,63}$)");
const CAPACITY: Kind = Kind::Structure(&[required("DesiredUserSessions", between(0, i64::MAX))]);
const TAG: Kind = Kind::Structure(&[
    required("Key", text(1, 127)),
    optional("Value", text(0, 255)),
]);
const TAG_LIST: Kind = list(&TAG, 0, MANY);
const APPLICATION_SETTINGS_STATUS_ENUM: Kind = Kind::One(&["DISABLED", "ENABLED"]);
const SETTINGS_GROUP: Kind = matching(0, 100, r"^[A-Za-z0-9_./()!*'-]+$");
const APPLICATION_SETTINGS_REQUEST: Kind = Kind::Structure(&[
    required("Status", APPLICATION_SETTINGS_STATUS_ENUM),
    optional("SettingsGroup", SETTINGS_GROUP),
]);
const TIMEOUT_SETTINGS: Kind = Kind::Structure(&[
    optional("DisconnectTimeoutInSeconds", between(60, 36000)),
    optional("IdleDisconnectTimeoutInSeconds", between(0, 36000)),
    optional("MaxUserDurationInSeconds", between(600, 432000)),
]);
const POOLS_RUNNING_MODE: Kind = Kind::One(&["AUTO_STOP", "ALWAYS_ON"]);
const WORKSPACES_POOL_ID: Kind = matching(0, MANY, r"^wspool-[0-9a-z]{9}$");
const AMAZON_UUID: Kind = matching(
    36,
    36,
    r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
);
