//! Settings of fleets and pools, as AWS has them.

use serde::Serialize;

use crate::model::{Fleet, Pool};
use crate::server::time::Timestamp;

/// Settings of a fleet or a pool. Those that AWS leaves out are `None`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::server) enum Settings {
    Fleet(Box<FleetSettings>),
    Pool(Box<PoolSettings>),
}

#[derive(Debug, Serialize)]
pub(in crate::server) struct FleetSettings {
    pub(in crate::server) display_name: Option<String>,
    pub(in crate::server) fleet_type: Option<String>,
    pub(in crate::server) instance_type: Option<String>,
    pub(in crate::server) platform: Option<String>,
    pub(in crate::server) image: Option<String>,
    pub(in crate::server) stream_view: Option<String>,
    pub(in crate::server) max_sessions_per_instance: Option<i32>,
    pub(in crate::server) max_concurrent_sessions: Option<i32>,
    pub(in crate::server) default_internet_access: Option<bool>,
    pub(in crate::server) root_volume_gib: Option<i32>,
    pub(in crate::server) imdsv1_disabled: Option<bool>,
    #[serde(flatten)]
    pub(in crate::server) limits: Limits,
}

#[derive(Debug, Serialize)]
pub(in crate::server) struct PoolSettings {
    pub(in crate::server) bundle_id: Option<String>,
    pub(in crate::server) directory_id: Option<String>,
    pub(in crate::server) running_mode: Option<String>,
    #[serde(flatten)]
    pub(in crate::server) limits: Limits,
}

/// Settings that fleets and pools share.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Limits {
    pub(in crate::server) max_user_duration_seconds: Option<i32>,
    pub(in crate::server) disconnect_timeout_seconds: Option<i32>,
    pub(in crate::server) idle_disconnect_timeout_seconds: Option<i32>,
    #[serde(rename = "created_timestamp_seconds")]
    pub(in crate::server) created_at: Option<Timestamp>,
}

impl Settings {
    pub(super) fn of_fleet(fleet: &Fleet) -> Self {
        Self::Fleet(Box::new(FleetSettings {
            display_name: fleet.display_name.clone(),
            fleet_type: fleet.fleet_type.as_deref().map(str::to_owned),
            instance_type: fleet.instance_type.clone(),
            platform: fleet.platform.clone(),
            image: fleet.image.clone(),
            stream_view: fleet.stream_view.clone(),
            max_sessions_per_instance: fleet.max_sessions_per_instance,
            max_concurrent_sessions: fleet.max_concurrent_sessions,
            default_internet_access: fleet.default_internet_access,
            root_volume_gib: fleet.root_volume_gib,
            imdsv1_disabled: fleet.is_imdsv1_disabled,
            limits: Limits {
                max_user_duration_seconds: fleet.max_user_duration_seconds,
                disconnect_timeout_seconds: fleet.disconnect_timeout_seconds,
                idle_disconnect_timeout_seconds: fleet.idle_disconnect_timeout_seconds,
                created_at: fleet.created.and_then(Timestamp::from_unix),
            },
        }))
    }

    pub(super) fn of_pool(pool: &Pool) -> Self {
        Self::Pool(Box::new(PoolSettings {
            bundle_id: pool.bundle_id.clone(),
            directory_id: pool.directory_id.clone(),
            running_mode: pool.running_mode.clone(),
            limits: Limits {
                max_user_duration_seconds: pool.max_user_duration_seconds,
                disconnect_timeout_seconds: pool.disconnect_timeout_seconds,
                idle_disconnect_timeout_seconds: pool.idle_disconnect_timeout_seconds,
                created_at: pool.created.and_then(Timestamp::from_unix),
            },
        }))
    }
}
