//! AppStream streaming sessions as the simulated account holds them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A streaming session of one user on one fleet, opened through one stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub(crate) id: String,
    pub(crate) fleet: String,
    pub(crate) stack: String,
    pub(crate) listed_as: Cow<'static, str>,
    /// `UserId`.
    pub user_id: String,
    /// `State`: `ACTIVE`, `PENDING` or `EXPIRED`.
    pub state: Option<Cow<'static, str>>,
    /// `ConnectionState`: `CONNECTED` or `NOT_CONNECTED`.
    pub connection_state: Option<Cow<'static, str>>,
    /// `StartTime`, in seconds since the Unix epoch.
    pub started_at: Option<f64>,
    /// `MaxExpirationTime`, in seconds since the Unix epoch.
    pub expires_at: Option<f64>,
    /// `AuthenticationType` as answered; which requests list the session was
    /// settled by the builder and does not change with this field.
    pub authentication_type: Option<Cow<'static, str>>,
    /// `InstanceId`.
    pub instance_id: Option<String>,
    /// `InstanceDrainStatus`, multi-session fleets only.
    pub instance_drain_status: Option<Cow<'static, str>>,
    /// `NetworkAccessConfiguration`.
    pub network: Option<NetworkInterface>,
    /// `EniIpv6Addresses` of the network interface.
    #[serde(default)]
    pub ipv6_addresses: Vec<String>,
    /// When the session changes by itself.
    #[serde(default)]
    pub(crate) timing: Timing,
}

/// When a session changes by itself; never, unless an operation has changed its fleet or pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// When a pending session becomes active, a disconnected one ends, and an expired one is no longer listed.
    pub(crate) phase_ends_at: Option<f64>,
    /// When the session ends because it has lasted as long as it may.
    pub(crate) ends_at: Option<f64>,
}

/// A streaming URL that was given out, and its user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StreamingUrl {
    #[serde(rename = "place")]
    pub(crate) destination: Destination,
    pub(crate) user_id: String,
    /// When the URL stops opening sessions.
    pub(crate) expires_at: f64,
    /// The session that the URL opened last.
    pub(crate) session_id: Option<String>,
}

/// Where a streaming URL leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Destination {
    Fleet { fleet: String, stack: String },
    Pool { pool: String },
}

/// `NetworkAccessConfiguration`: the interface of a session's instance in the customer's network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `EniPrivateIpAddress`.
    pub private_ip_address: String,
    /// `EniId`.
    pub eni_id: String,
}

impl Session {
    /// An active, connected session of its own user, opened by a streaming URL (`API`).
    pub fn new(id: impl Into<String>, fleet: impl Into<String>, stack: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            user_id: format!("{id}@example.com"),
            id,
            fleet: fleet.into(),
            stack: stack.into(),
            listed_as: "API".into(),
            state: Some("ACTIVE".into()),
            connection_state: Some("CONNECTED".into()),
            started_at: None,
            expires_at: None,
            authentication_type: Some("API".into()),
            instance_id: None,
            instance_drain_status: None,
            network: None,
            ipv6_addresses: Vec::new(),
            timing: Timing::default(),
        }
    }

    /// `Id`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the session takes up a slot.
    pub(crate) fn is_live(&self) -> bool {
        self.state.as_deref() != Some("EXPIRED")
    }

    /// `FleetName`.
    pub fn fleet(&self) -> &str {
        &self.fleet
    }

    /// `StackName`.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// Sets the user.
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = user_id.into();
        self
    }

    /// Opened by SAML 2.0 federation.
    pub fn saml(self) -> Self {
        self.authentication_type("SAML")
    }

    /// Opened by a streaming URL, the default type of `DescribeSessions`.
    pub fn api(self) -> Self {
        self.authentication_type("API")
    }

    /// Opened by a user of the AppStream user pool.
    pub fn user_pool(self) -> Self {
        self.authentication_type("USERPOOL")
    }

    /// Opened through Active Directory.
    pub fn active_directory(self) -> Self {
        self.authentication_type("AWS_AD")
    }

    /// Sets the authentication type that lists this session, known to AWS or not.
    pub fn authentication_type(mut self, kind: impl Into<Cow<'static, str>>) -> Self {
        self.listed_as = kind.into();
        self.authentication_type = Some(self.listed_as.clone());
        self
    }

    /// Active with a user at the screen.
    pub fn connected(self) -> Self {
        self.state("ACTIVE").connection_state("CONNECTED")
    }

    /// Active, but the user has gone away.
    pub fn disconnected(self) -> Self {
        self.state("ACTIVE").connection_state("NOT_CONNECTED")
    }

    /// Waiting for its instance.
    pub fn pending(self) -> Self {
        self.state("PENDING").connection_state("NOT_CONNECTED")
    }

    /// Over, yet still listed.
    pub fn expired(self) -> Self {
        self.state("EXPIRED").connection_state("NOT_CONNECTED")
    }

    /// Sets the state, known to AWS or not.
    pub fn state(mut self, state: impl Into<Cow<'static, str>>) -> Self {
        self.state = Some(state.into());
        self
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

    /// Sets `MaxExpirationTime`, in seconds since the Unix epoch.
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
