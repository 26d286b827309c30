//! The host that a client runs on.

use serde::{Deserialize, Serialize};

/// The EC2 instance that a client runs on, as instance metadata describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The region that metadata names; `None` answers 404.
    pub region: Option<String>,
    /// The role whose credentials metadata gives out; `None` answers 404.
    pub role: Option<String>,
}

impl Instance {
    /// An instance whose metadata has neither region nor role.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the region that metadata names.
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.region = Some(name.into());
        self
    }

    /// Gives the instance a role.
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.role = Some(name.into());
        self
    }
}
