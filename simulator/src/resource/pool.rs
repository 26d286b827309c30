//! WorkSpaces pools and their sessions as the simulated account holds them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resource::fleet::{DEFAULT_CREATED_AT, ResourceError, Settings};
use crate::resource::session::{NetworkInterface, Timing};
use crate::supply::Supply;

/// A WorkSpaces pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub(crate) id: String,
    /// `PoolName`.
    pub name: String,
    /// `Description`.
    pub description: Option<String>,
    /// `CapacityStatus`.
    pub capacity: Option<PoolCapacity>,
    /// `State`: `CREATING`, `DELETING`, `RUNNING`, `STARTING`, `STOPPED`, `STOPPING` or `UPDATING`.
    pub state: Option<Cow<'static, str>>,
    /// `CreatedAt`, in seconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// `BundleId`.
    pub bundle_id: Option<String>,
    /// `DirectoryId`.
    pub directory_id: Option<String>,
    /// `Errors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<ResourceError>,
    /// `TimeoutSettings`.
    pub timeouts: Option<PoolTimeouts>,
    /// `RunningMode`: `AUTO_STOP` or `ALWAYS_ON`.
    pub running_mode: Option<Cow<'static, str>>,
    /// Tags, which only `DescribeTags` returns.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Members that are stored and answered but mean nothing here.
    #[serde(default)]
    pub(crate) settings: Settings,
    /// The instances, once an operation has changed the pool; before that, capacity stays as it was set.
    pub(crate) supply: Option<Supply>,
}

/// `CapacityStatus` of a pool; what is `None` is left out of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolCapacity {
    /// `AvailableUserSessions`.
    pub available_user_sessions: Option<i32>,
    /// `DesiredUserSessions`.
    pub desired_user_sessions: Option<i32>,
    /// `ActualUserSessions`.
    pub actual_user_sessions: Option<i32>,
    /// `ActiveUserSessions`.
    pub active_user_sessions: Option<i32>,
}

/// `TimeoutSettings` of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolTimeouts {
    /// `DisconnectTimeoutInSeconds`.
    pub disconnect_seconds: Option<i32>,
    /// `IdleDisconnectTimeoutInSeconds`.
    pub idle_disconnect_seconds: Option<i32>,
    /// `MaxUserDurationInSeconds`.
    pub max_user_duration_seconds: Option<i32>,
}

/// A session of one user in one WorkSpaces pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolSession {
    pub(crate) id: String,
    pub(crate) pool: String,
    /// `UserId`.
    pub user_id: String,
    /// `AuthenticationType`; the API knows `SAML` alone.
    pub authentication_type: Option<Cow<'static, str>>,
    /// `ConnectionState`: `CONNECTED` or `NOT_CONNECTED`.
    pub connection_state: Option<Cow<'static, str>>,
    /// `StartTime`, in seconds since the Unix epoch.
    pub started_at: Option<f64>,
    /// `ExpirationTime`, in seconds since the Unix epoch.
    pub expires_at: Option<f64>,
    /// `InstanceId`.
    pub instance_id: Option<String>,
    /// `NetworkAccessConfiguration`.
    pub network: Option<NetworkInterface>,
    /// When the session changes by itself.
    #[serde(default)]
    pub(crate) timing: Timing,
}

impl Pool {
    /// A running always-on pool with one free session slot.
    ///
    /// AWS writes ids as `wspool-` and nine lower-case letters or digits.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            description: None,
            capacity: Some(PoolCapacity::sessions(1, 1, 0)),
            state: Some("RUNNING".into()),
            created_at: Some(DEFAULT_CREATED_AT),
            bundle_id: Some("wsb-0a1b2c3d4".to_owned()),
            directory_id: Some("wsd-0a1b2c3d4".to_owned()),
            errors: Vec::new(),
            timeouts: Some(PoolTimeouts {
                disconnect_seconds: Some(900),
                idle_disconnect_seconds: Some(1_800),
                max_user_duration_seconds: Some(57_600),
            }),
            running_mode: Some("ALWAYS_ON".into()),
            tags: BTreeMap::new(),
            settings: Settings::new(),
            supply: None,
        }
    }

    /// `PoolId`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sets the pool's state.
    pub fn state(mut self, state: impl Into<Cow<'static, str>>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Sets the running mode.
    pub fn running_mode(mut self, mode: impl Into<Cow<'static, str>>) -> Self {
        self.running_mode = Some(mode.into());
        self
    }

    /// Sets the session slots wanted, present and taken; what is available follows.
    pub fn sessions(mut self, desired: i32, actual: i32, active: i32) -> Self {
        self.capacity = Some(PoolCapacity::sessions(desired, actual, active));
        self
    }

    /// Adds a tag or replaces the one of that key.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Adds an entry to `Errors`.
    pub fn error(mut self, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        self.errors.push(ResourceError::new(code, message));
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl PoolCapacity {
    /// Slots wanted, present and taken, with `AvailableUserSessions` following from them.
    pub fn sessions(desired: i32, actual: i32, active: i32) -> Self {
        Self {
            available_user_sessions: Some(actual - active),
            desired_user_sessions: Some(desired),
            actual_user_sessions: Some(actual),
            active_user_sessions: Some(active),
        }
    }
}

impl PoolSession {
    /// A connected session of its own user, opened by SAML 2.0 federation.
    pub fn new(id: impl Into<String>, pool: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            user_id: format!("{id}@example.com"),
            id,
            pool: pool.into(),
            authentication_type: Some("SAML".into()),
            connection_state: Some("CONNECTED".into()),
            started_at: None,
            expires_at: None,
            instance_id: None,
            network: None,
            timing: Timing::default(),
        }
    }

    /// `SessionId`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `PoolId`.
    pub fn pool(&self) -> &str {
        &self.pool
    }

    /// Sets the user.
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = user_id.into();
        self
    }

    /// A user is at the screen.
    pub fn connected(self) -> Self {
        self.connection_state("CONNECTED")
    }

    /// The user has gone away.
    pub fn disconnected(self) -> Self {
        self.connection_state("NOT_CONNECTED")
    }

    /// Sets the connection state, known to AWS or not.
    pub fn connection_state(mut self, state: impl Into<Cow<'static, str>>) -> Self {
        self.connection_state = Some(state.into());
        self
    }

    /// Leaves `ConnectionState` out of the answer.
    pub fn without_connection_state(mut self) -> Self {
        self.connection_state = None;
        self
    }

    /// Sets `StartTime`, in seconds since the Unix epoch.
    pub fn started_at(mut self, epoch_seconds: f64) -> Self {
        self.started_at = Some(epoch_seconds);
        self
    }

    /// Sets `ExpirationTime`, in seconds since the Unix epoch.
    pub fn expires_at(mut self, epoch_seconds: f64) -> Self {
        self.expires_at = Some(epoch_seconds);
        self
    }

    /// Sets the instance the session runs on.
    pub fn instance(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(instance_id.into());
        self
    }

    /// Sets the network interface of the session's instance.
    pub fn network(
        mut self,
        private_ip_address: impl Into<String>,
        eni_id: impl Into<String>,
    ) -> Self {
        self.network = Some(NetworkInterface {
            private_ip_address: private_ip_address.into(),
            eni_id: eni_id.into(),
        });
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}
