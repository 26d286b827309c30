//! Random operations on pools, and what must hold of pools after each.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Play, REGION};
use crate::Region;
use crate::resource::session::{Destination, StreamingUrl};
use crate::streaming_url;

impl Play {
    /// Does something with the only pool, or creates it.
    pub(super) fn step_pool(&mut self) {
        let count = self.random.below(5);
        let region = self.world.region_mut(REGION);
        let session = region.pool_sessions().next();
        let session = json!({"SessionId": session.map(|session| session.id().to_owned())});
        let Some(id) = region.pools().keys().next().cloned() else {
            let input = json!({
                "PoolName": "branch", "Capacity": {"DesiredUserSessions": count},
                "TimeoutSettings": {"DisconnectTimeoutInSeconds": 60, "MaxUserDurationInSeconds": 600},
            });
            self.perform("CreateWorkspacesPool", &input);
            return;
        };
        let pool = json!({"PoolId": id});
        match self.random.below(12) {
            0..=2 => drop(self.perform("StartWorkspacesPool", &pool)),
            3 => {
                let input = json!({"PoolId": id, "Capacity": {"DesiredUserSessions": count}});
                self.perform("UpdateWorkspacesPool", &input);
            }
            4 => self.scale(&format!("workspacespool/{id}")),
            5 | 6 => drop(self.perform("TerminateWorkspacesPoolSession", &session)),
            7 if self.random.percent(50) => {
                self.perform("StopWorkspacesPool", &pool);
                self.now += 130.0;
                self.world.advance(self.now);
                self.perform("TerminateWorkspacesPool", &pool);
            }
            _ => self.visit_pool(&id),
        }
    }

    fn visit_pool(&mut self, pool: &str) {
        let url = StreamingUrl {
            destination: Destination::Pool {
                pool: pool.to_owned(),
            },
            user_id: format!("user-{}", self.random.below(12)),
            expires_at: self.now + 900.0,
            session_id: None,
        };
        streaming_url::offer(self.world.region_mut(REGION), url, self.now);
        self.act();
    }
}

pub(super) fn check(region: &Region) {
    for session in region.pool_sessions() {
        assert!(region.pools().contains_key(session.pool()), "{session:?}");
        assert!(session.instance_id.is_some(), "{session:?}");
    }
    for (id, pool) in region.pools() {
        let sessions = region.sessions_of_pool(id);
        let instances: BTreeSet<_> = sessions.iter().map(|one| &one.instance_id).collect();
        assert_eq!(instances.len(), sessions.len(), "{pool:?}");
        let capacity = pool.capacity.expect("a pool has a capacity");
        let figure = |figure: Option<i32>| figure.expect("the figure is there");
        let actual = figure(capacity.actual_user_sessions);
        let active = figure(capacity.active_user_sessions);
        assert_eq!(usize::try_from(active).unwrap(), sessions.len(), "{pool:?}");
        assert_eq!(
            figure(capacity.available_user_sessions),
            actual - active,
            "{pool:?}"
        );
        assert!(actual >= active, "{pool:?}");
        let pending = figure(capacity.desired_user_sessions) - actual;
        assert!(pending >= 0, "{pool:?}");
        if matches!(pool.state.as_deref(), Some("STARTING" | "RUNNING")) {
            let instances = pool.supply.as_ref().map_or(0, |one| one.instances.len());
            let instances = i32::try_from(instances).unwrap();
            assert_eq!(pending, instances - actual, "{pool:?}");
        }
    }
}
