//! Promise: the AWS SDK can create, use, change and delete fleets, pools and scaling in the simulator, and after each
//! step the exporter shows exactly that change.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTargetAction, ServiceNamespace,
};
use aws_sdk_appstream::types::{ComputeCapacity, FleetType};
use aws_sdk_workspaces::types::Capacity;
use serde_json::json;

use crate::common::REGION;
use crate::common::account::{Account, FLEET_LIFE};

/// What every client runs on.
async fn config(account: &Account) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(account.simulator.endpoint_url())
        .region(REGION)
        .credentials_provider(Credentials::new(
            "simulated",
            "simulated",
            None,
            None,
            "test",
        ))
        .load()
        .await
}

/// A client of AppStream and its account, whose fleet goes through the steps of [`FLEET_LIFE`].
struct Life {
    account: Account,
    client: aws_sdk_appstream::Client,
    steps_shown: usize,
}

impl Life {
    async fn start() -> Self {
        let account = Account::start().await;
        Self {
            client: aws_sdk_appstream::Client::new(&config(&account).await),
            account,
            steps_shown: 0,
        }
    }

    /// The exporter shows the next step.
    async fn shows(&mut self, step: &str) {
        assert_eq!(FLEET_LIFE[self.steps_shown].0, step);
        self.account.fleet_shows(step).await;
        self.steps_shown += 1;
    }

    async fn create(&mut self) {
        let create = self.client.create_fleet().name("desks");
        let create = create.instance_type("stream.standard.medium");
        let create = create
            .image_name("office-2026")
            .fleet_type(FleetType::AlwaysOn);
        let create = create.max_sessions_per_instance(4);
        let create =
            create.compute_capacity(ComputeCapacity::builder().desired_sessions(8).build());
        create.clone().send().await.expect("the fleet is created");
        self.shows("create the fleet").await;
        let error = create.send().await.expect_err("the fleet exists");
        let error = error.into_service_error();
        assert!(error.is_resource_already_exists_exception(), "{error:?}");
        let create = self.client.create_stack().name("office");
        create.send().await.expect("the stack is created");
        self.shows("create the stack").await;
        let associate = self.client.associate_fleet();
        let associate = associate.fleet_name("desks").stack_name("office");
        associate.send().await.expect("the fleet is associated");
        self.shows("associate").await;
    }

    async fn run(&mut self) {
        let start = self.client.start_fleet().name("desks");
        start.send().await.expect("the fleet starts");
        self.shows("start").await;
        self.account.pass("2m").await;
        self.shows("one instance is ready").await;
        self.account.pass("20s").await;
        self.shows("both instances are ready").await;
    }

    /// A streaming URL of the user.
    async fn url(&self, user: &str) -> String {
        let create = self.client.create_streaming_url().user_id(user);
        let create = create
            .fleet_name("desks")
            .stack_name("office")
            .validity(600);
        let created = create.send().await.expect("the fleet runs");
        created.streaming_url.expect("an answer has a URL")
    }

    async fn use_and_drain(&mut self) {
        let (ana, bob) = (self.url("ana").await, self.url("bob").await);
        let session = self.account.fetch(&ana).await;
        self.shows("ana connects").await;
        self.account.fetch(&bob).await;
        self.shows("bob connects").await;
        self.account
            .fetch(&format!("{ana}?action=disconnect"))
            .await;
        self.shows("ana disconnects").await;
        self.account.fetch(&format!("{bob}?action=end")).await;
        self.shows("bob ends his session").await;
        self.account.pass("60s").await;
        self.shows("the ended session is no longer listed").await;
        let id = session["SessionId"].as_str().expect("a session has an id");
        let drain = self.client.drain_session_instance().session_id(id);
        drain.send().await.expect("the instance drains");
        self.shows("drain ana's instance").await;
    }

    async fn change(&mut self) {
        let more_sessions = self.client.update_fleet().name("desks");
        let more_sessions = more_sessions.max_sessions_per_instance(6);
        let error = more_sessions.clone().send().await;
        let error = error.expect_err("the fleet runs").into_service_error();
        assert!(error.is_resource_in_use_exception(), "{error:?}");
        let capacity = ComputeCapacity::builder().desired_sessions(12).build();
        let update = self.client.update_fleet().name("desks");
        let update = update.compute_capacity(capacity).send().await;
        update.expect("a running fleet accepts a capacity");
        self.shows("update the capacity").await;
        let stop = self.client.stop_fleet().name("desks");
        stop.send().await.expect("the fleet stops");
        self.shows("stop").await;
        self.account.pass("2m").await;
        self.shows("the fleet is stopped").await;
        let update = more_sessions.send().await;
        update.expect("a stopped fleet accepts everything");
        self.shows("update the sessions per instance").await;
    }

    async fn delete(&mut self) {
        let error = self.client.delete_fleet().name("desks").send().await;
        let error = error
            .expect_err("the fleet has a stack")
            .into_service_error();
        assert!(error.is_resource_in_use_exception(), "{error:?}");
        let disassociate = self.client.disassociate_fleet();
        let disassociate = disassociate.fleet_name("desks").stack_name("office");
        disassociate
            .send()
            .await
            .expect("the fleet has no sessions");
        self.shows("disassociate").await;
        let delete = self.client.delete_fleet().name("desks");
        delete.send().await.expect("the fleet is deleted");
        self.shows("delete the fleet").await;
        let delete = self.client.delete_stack().name("office");
        delete.send().await.expect("the stack is deleted");
        self.shows("delete the stack").await;
    }
}

#[tokio::test]
async fn the_sdk_plays_the_life_of_a_fleet() {
    let mut life = Life::start().await;
    life.create().await;
    life.run().await;
    life.use_and_drain().await;
    life.change().await;
    life.delete().await;
    assert_eq!(life.steps_shown, FLEET_LIFE.len());
}

const POOL_CREATED: &str = "\
workspaces_pool_disconnect_timeout_seconds{branch} 900
workspaces_pool_idle_disconnect_timeout_seconds{branch} 0
workspaces_pool_info{wsb-0a1b2c3d4,wsd-0a1b2c3d4,branch,AUTO_STOP} 1
workspaces_pool_max_user_duration_seconds{branch} 57600
workspaces_pool_session_duration_seconds_count{branch} 0
workspaces_pool_session_users{branch} 0
workspaces_pool_sessions_ended_total{branch} 0
workspaces_pool_sessions_started_total{branch} 0
workspaces_pool_state{branch,CREATING} 1
workspaces_pool_user_sessions_active{branch} 0
workspaces_pool_user_sessions_actual{branch} 0
workspaces_pool_user_sessions_available{branch} 0
workspaces_pool_user_sessions_desired{branch} 2";
const POOL_READY: &str = "\
workspaces_pool_state{branch,CREATING} -
workspaces_pool_state{branch,STOPPED} 1";
const POOL_STARTING: &str = "\
workspaces_pool_state{branch,STOPPED} -
workspaces_pool_state{branch,STARTING} 1";
const POOL_RUNNING: &str = "\
workspaces_pool_state{branch,STARTING} -
workspaces_pool_state{branch,RUNNING} 1
workspaces_pool_user_sessions_actual{branch} 2
workspaces_pool_user_sessions_available{branch} 2";
const DEE_CONNECTS: &str = "\
workspaces_pool_session_users{branch} 1
workspaces_pool_sessions_started_total{branch} 1
workspaces_pool_sessions{SAML,CONNECTED,branch} 1
workspaces_pool_user_sessions_active{branch} 1
workspaces_pool_user_sessions_available{branch} 1";
const DEE_DISCONNECTS: &str = "\
workspaces_pool_sessions{SAML,CONNECTED,branch} -
workspaces_pool_sessions{SAML,NOT_CONNECTED,branch} 1";
const SESSION_TERMINATED: &str = "\
workspaces_pool_session_duration_seconds_count{branch} 1
workspaces_pool_session_users{branch} 0
workspaces_pool_sessions_ended_total{branch} 1
workspaces_pool_sessions{SAML,NOT_CONNECTED,branch} -
workspaces_pool_user_sessions_active{branch} 0
workspaces_pool_user_sessions_actual{branch} 1";
const POOL_STOPPING: &str = "\
workspaces_pool_state{branch,RUNNING} -
workspaces_pool_state{branch,STOPPING} 1
workspaces_pool_user_sessions_actual{branch} 0
workspaces_pool_user_sessions_available{branch} 0";
const POOL_STOPPED: &str = "\
workspaces_pool_state{branch,STOPPING} -
workspaces_pool_state{branch,STOPPED} 1";
const POOL_DELETING: &str = "\
workspaces_pool_state{branch,STOPPED} -
workspaces_pool_state{branch,DELETING} 1";

#[tokio::test]
async fn the_sdk_plays_the_life_of_a_pool() {
    let mut account = Account::start().await;
    let client = aws_sdk_workspaces::Client::new(&config(&account).await);
    let capacity = Capacity::builder().desired_user_sessions(2).build();
    let create = client
        .create_workspaces_pool()
        .pool_name("branch")
        .description("Branch");
    let create = create
        .bundle_id("wsb-0a1b2c3d4")
        .directory_id("wsd-0a1b2c3d4");
    let created = create.capacity(capacity.expect("a capacity")).send().await;
    let pool = created.expect("the pool is created").workspaces_pool;
    let pool_id = pool.expect("an answer has a pool").pool_id;
    account.shows("create", POOL_CREATED).await;
    account.pass("1m").await;
    account.shows("ready", POOL_READY).await;
    let start = client.start_workspaces_pool().pool_id(&pool_id);
    start.send().await.expect("the pool starts");
    account.shows("start", POOL_STARTING).await;
    account.pass("140s").await;
    account.shows("running", POOL_RUNNING).await;

    let user = json!({"region": REGION, "pool": pool_id, "user": "dee"});
    let url = account.control("pool-users", &user).await["StreamingURL"].clone();
    let url = url.as_str().expect("an answer has a URL");
    let session = account.fetch(url).await;
    account.shows("dee connects", DEE_CONNECTS).await;
    account.fetch(&format!("{url}?action=disconnect")).await;
    account.shows("dee disconnects", DEE_DISCONNECTS).await;
    let id = session["SessionId"].as_str().expect("a session has an id");
    let terminate = client.terminate_workspaces_pool_session().session_id(id);
    terminate.clone().send().await.expect("the session ends");
    account
        .shows("terminate the session", SESSION_TERMINATED)
        .await;
    let error = terminate.send().await.expect_err("the session is gone");
    let error = error.into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");

    let stop = client.stop_workspaces_pool().pool_id(&pool_id);
    stop.send().await.expect("the pool stops");
    account.shows("stop", POOL_STOPPING).await;
    account.pass("2m").await;
    account.shows("stopped", POOL_STOPPED).await;
    let terminate = client.terminate_workspaces_pool().pool_id(&pool_id);
    terminate.send().await.expect("the pool is deleted");
    account.shows("terminate", POOL_DELETING).await;
    account.pass("2m").await;
    account.shows("gone", "branch").await;
}

const TARGET_REGISTERED: &str = "\
fleet_instances_desired{desks} 2
fleet_scaling_max_capacity{desks} 5
fleet_scaling_min_capacity{desks} 2
fleet_scaling_suspended{dynamic_scale_in,desks} 0
fleet_scaling_suspended{dynamic_scale_out,desks} 0
fleet_scaling_suspended{scheduled,desks} 0";
const ACTION_PUT: &str = "\
fleet_scheduled_action_info{desks,rate(1 hour),morning} 1
fleet_scheduled_action_min_capacity{desks,morning} 3";
const ACTION_DONE: &str = "\
fleet_instances_available{desks} 3
fleet_instances_desired{desks} 3
fleet_instances_running{desks} 3
fleet_scaling_min_capacity{desks} 3";
const DEREGISTERED: &str = "\
fleet_scaling_max_capacity{desks} -
fleet_scaling_min_capacity{desks} -
fleet_scaling_suspended{dynamic_scale_in,desks} -
fleet_scaling_suspended{dynamic_scale_out,desks} -
fleet_scaling_suspended{scheduled,desks} -
fleet_scheduled_action_info{desks,rate(1 hour),morning} -
fleet_scheduled_action_min_capacity{desks,morning} -";
const RUNNING_FLEET: &str = "\
fleet_default_internet_access{desks} 0
fleet_disconnect_timeout_seconds{desks} 900
fleet_idle_disconnect_timeout_seconds{desks} 0
fleet_imdsv1_disabled{desks} 0
fleet_info{desks,ALWAYS_ON,office-2026,stream.standard.medium,APP} 1
fleet_instances_available{desks} 1
fleet_instances_desired{desks} 1
fleet_instances_in_use{desks} 0
fleet_instances_running{desks} 1
fleet_max_user_duration_seconds{desks} 57600
fleet_state{desks,RUNNING} 1
session_instances{desks} 0";

#[tokio::test]
async fn the_sdk_scales_a_fleet() {
    let mut account = Account::start().await;
    let config = config(&account).await;
    let appstream = aws_sdk_appstream::Client::new(&config);
    let create = appstream
        .create_fleet()
        .name("desks")
        .image_name("office-2026");
    let create = create
        .instance_type("stream.standard.medium")
        .fleet_type(FleetType::AlwaysOn);
    let create = create.compute_capacity(ComputeCapacity::builder().desired_instances(1).build());
    create.send().await.expect("the fleet is created");
    let start = appstream.start_fleet().name("desks");
    start.send().await.expect("the fleet starts");
    account.pass("2m").await;
    account.shows("running", RUNNING_FLEET).await;

    let client = aws_sdk_applicationautoscaling::Client::new(&config);
    let (namespace, dimension) = (
        ServiceNamespace::Appstream,
        ScalableDimension::AppstreamFleetDesiredCapacity,
    );
    let put = client
        .put_scheduled_action()
        .scheduled_action_name("morning");
    let put = put
        .service_namespace(namespace.clone())
        .scalable_dimension(dimension.clone());
    let put = put.resource_id("fleet/desks").schedule("rate(1 hour)");
    let action = ScalableTargetAction::builder().min_capacity(3).build();
    let put = put.scalable_target_action(action);
    let error = put.clone().send().await.expect_err("there is no target");
    let error = error.into_service_error();
    assert!(error.is_object_not_found_exception(), "{error:?}");
    let register = client.register_scalable_target().resource_id("fleet/desks");
    let register = register.service_namespace(namespace.clone());
    let register = register.scalable_dimension(dimension.clone());
    let register = register.min_capacity(2).max_capacity(5);
    register.send().await.expect("the target is registered");
    account.shows("register", TARGET_REGISTERED).await;
    account.pass("2m").await;
    let second = "fleet_instances_available{desks} 2\nfleet_instances_running{desks} 2";
    account.shows("the second instance", second).await;
    put.send().await.expect("the target exists");
    account.shows("put the action", ACTION_PUT).await;
    account.pass("1h").await;
    account.pass("2m").await;
    account.shows("the action", ACTION_DONE).await;

    let deregister = client
        .deregister_scalable_target()
        .resource_id("fleet/desks");
    let deregister = deregister
        .service_namespace(namespace)
        .scalable_dimension(dimension);
    deregister.send().await.expect("the target is registered");
    account.shows("deregister", DEREGISTERED).await;
}
