//! State changes of fleet sessions.

use crate::resource::session::Session;

/// The time that a session of an on-demand fleet waits for its instance. AWS documents one to two
/// minutes.
pub(crate) const ON_DEMAND_WAIT_SECONDS: f64 = 90.0;
/// The default disconnect timeout.
pub(crate) const DISCONNECT_TIMEOUT_SECONDS: i32 = 900;
/// The time for which an expired session is still listed. AWS does not document it.
const LISTED_SECONDS: f64 = 60.0;

impl Session {
    /// Brings the session to the state that follows from the time.
    pub(super) fn settle(&mut self, now: f64) {
        let phase_is_over = self.timing.phase_ends_at.is_some_and(|at| at <= now);
        let is_over = self.timing.ends_at.is_some_and(|at| at <= now);
        let is_pending = self.state.as_deref() == Some("PENDING");
        if !self.is_live() {
            return;
        }
        if is_over || (phase_is_over && !is_pending) {
            self.end(now);
        } else if phase_is_over {
            self.state = Some("ACTIVE".into());
            self.connection_state = Some("CONNECTED".into());
            self.timing.phase_ends_at = None;
        }
    }

    /// Ends the session, which stays listed for a while.
    pub(crate) fn end(&mut self, now: f64) {
        if self.is_live() {
            self.state = Some("EXPIRED".into());
            self.connection_state = Some("NOT_CONNECTED".into());
            self.timing.phase_ends_at = Some(now + LISTED_SECONDS);
            self.timing.ends_at = None;
        }
    }

    /// The user has gone away; without a return, the session ends after `timeout` seconds.
    pub(crate) fn disconnect(&mut self, now: f64, timeout: i32) {
        // Without its user, a pending session does not start.
        if self.state.as_deref() == Some("PENDING") {
            return self.end(now);
        }
        self.connection_state = Some("NOT_CONNECTED".into());
        self.timing.phase_ends_at = Some(now + f64::from(timeout));
    }

    /// The user is back.
    pub(crate) fn reconnect(&mut self) {
        if self.state.as_deref() != Some("PENDING") {
            self.connection_state = Some("CONNECTED".into());
            self.timing.phase_ends_at = None;
        }
    }

    /// Gives a session that was set by hand an end, where it has not passed yet.
    pub(super) fn manage(&mut self, now: f64, disconnect_timeout: i32) {
        self.timing.ends_at = self.expires_at.filter(|at| *at > now && self.is_live());
        let state = self.state.as_deref();
        let connection_state = self.connection_state.as_deref();
        self.timing.phase_ends_at = match (state, connection_state) {
            (Some("EXPIRED"), _) => Some(now + LISTED_SECONDS),
            (Some("PENDING"), _) => Some(now + ON_DEMAND_WAIT_SECONDS),
            (_, Some("NOT_CONNECTED")) => Some(now + f64::from(disconnect_timeout)),
            _ => None,
        };
    }

    /// When the session changes next.
    pub(super) fn changes_at(&self) -> Option<f64> {
        let changes = self
            .timing
            .phase_ends_at
            .into_iter()
            .chain(self.timing.ends_at);
        changes.reduce(f64::min)
    }

    /// Whether the session is no longer listed.
    pub(super) fn is_gone(&self, now: f64) -> bool {
        !self.is_live() && self.timing.phase_ends_at.is_some_and(|at| at <= now)
    }
}
