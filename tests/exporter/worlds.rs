//! Promise: for any account, the series match its resources, and there are no others.
//!
//! Accounts are drawn at random, with anything left out that AWS may leave out,
//! and what `/metrics` must show is counted here a second time, by hand.

mod inventory;
mod scaling;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::common::{ACCOUNT, REGION, exposition, once, simulator};
use appstream_simulator::{
    Capacity, Fleet, Pool, PoolCapacity, PoolSession, PoolTimeouts, Region, ResourceError, Scaled,
    Session, Stack, World,
};
use fastrand::Rng;

const WORLDS: u64 = 30;
const CONFIG: &str = "\
aws: {requests_per_second: 100000, burst: 1000, max_concurrency: 16}
tags: {labels: [team]}
";
const TYPES: [&str; 4] = ["API", "SAML", "USERPOOL", "AWS_AD"];
const STATES: [&str; 3] = ["ACTIVE", "PENDING", "EXPIRED"];
const CONNECTIONS: [&str; 2] = ["CONNECTED", "NOT_CONNECTED"];
const NAMES: [&str; 6] = [
    "plain",
    "with space",
    "Büro",
    "quo\"ted",
    "back\\slash",
    "東京",
];

/// Its value is the moment of the refresh, and stands as 1 here.
const DISCONNECTED: &str = "appstream_sessions_disconnected_oldest_timestamp_seconds";

type Labels = BTreeMap<String, String>;
type Expected = BTreeMap<(String, Labels), f64>;

/// Draws values, and leaves out one in four.
struct Draw(Rng);

impl Draw {
    fn number(&mut self) -> Option<i32> {
        self.maybe(|rng| rng.i32(0..5_000))
    }

    fn moment(&mut self) -> Option<f64> {
        self.maybe(|rng| {
            f64::from(rng.u32(1_600_000_000..1_900_000_000)) + 0.25 * f64::from(rng.u8(0..4))
        })
    }

    fn word(&mut self, words: &[&'static str]) -> Option<Cow<'static, str>> {
        self.maybe(|rng| Cow::Borrowed(words[rng.usize(..words.len())]))
    }

    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Rng) -> T) -> Option<T> {
        if self.0.u8(0..4) == 0 {
            None
        } else {
            Some(draw(&mut self.0))
        }
    }

    fn name(&mut self, number: usize) -> String {
        format!("{} {number}", NAMES[self.0.usize(..NAMES.len())])
    }

    fn tags(&mut self) -> BTreeMap<String, String> {
        let longest = "v".repeat(255);
        let values = ["", "pay\"ments", "東京", &longest];
        let team = self.maybe(|rng| values[rng.usize(..values.len())].to_owned());
        let team = team.map(|value| ("team".to_owned(), value));
        let other = self.maybe(|_| ("k".repeat(127), "not shown".to_owned()));
        team.into_iter().chain(other).collect()
    }

    fn errors(&mut self) -> Vec<ResourceError> {
        let codes = ["SUBNET_NOT_FOUND", "IMAGE_NOT_FOUND", "SOMETHING_NEW"];
        (0..self.0.usize(0..4))
            .map(|_| ResourceError::new(codes[self.0.usize(..3)], "why"))
            .collect()
    }
}

/// A region with its sessions by the type that lists them.
struct Account {
    region: Region,
    listed_as: BTreeMap<String, &'static str>,
}

fn draw_account(seed: u64) -> Account {
    let mut draw = Draw(Rng::with_seed(seed));
    let mut region = Region::new();
    let fleets: Vec<_> = (0..draw.0.usize(0..9))
        .map(|number| draw.name(number))
        .collect();
    let stacks: Vec<_> = (0..draw.0.usize(0..9))
        .map(|number| draw.name(number))
        .collect();
    for name in &fleets {
        region.put_fleet(draw_fleet(&mut draw, name));
    }
    for name in &stacks {
        let stack = Stack::new(name.clone());
        region.put_stack(stack.with(|stack| {
            stack.display_name = draw.maybe(|_| "Shown \"name\"".to_owned());
            stack.errors = draw.errors();
            stack.tags = draw.tags();
        }));
    }
    let mut listed_as = BTreeMap::new();
    for fleet in &fleets {
        for stack in &stacks {
            if draw.0.u8(0..3) == 0 {
                region.put_association(fleet.clone(), stack.clone());
                let sessions = [0, 1, 7, 50, 120][draw.0.usize(..5)];
                for number in 0..sessions {
                    let session = draw_session(&mut draw, fleet, stack, number);
                    listed_as.insert(session.0.id().to_owned(), session.1);
                    region.put_session(session.0);
                }
            }
        }
    }
    for number in 0..draw.0.usize(0..5) {
        draw_pool(&mut draw, number, &mut region);
    }
    let has_arn = !fleets.is_empty() || !stacks.is_empty() || !region.pools().is_empty();
    if has_arn {
        inventory::draw(&mut draw, &mut region);
    }
    scaling::draw(&mut draw, &mut region);
    Account { region, listed_as }
}

fn draw_fleet(draw: &mut Draw, name: &str) -> Fleet {
    let mut fleet = Fleet::new(name);
    fleet.fleet_type = draw.word(&["ALWAYS_ON", "ON_DEMAND", "ELASTIC", "BRAND_NEW"]);
    fleet.state = draw.word(&["STARTING", "RUNNING", "STOPPING", "STOPPED", "FROZEN"]);
    fleet.instance_type = draw.word(&["stream.standard.small", "stream.graphics.g4dn.xlarge"]);
    fleet.platform = draw.word(&["WINDOWS_SERVER_2022", "RHEL8", "PLAN9"]);
    fleet.stream_view = draw.word(&["APP", "DESKTOP"]);
    fleet.display_name = draw.maybe(|_| "Shown \\ name".to_owned());
    fleet.image_name = draw.maybe(|_| "Image".to_owned());
    fleet.image_arn = draw.image_arn();
    fleet.root_volume_gib = draw.number();
    fleet.imdsv1_disabled = draw.maybe(Rng::bool);
    fleet.created_at = draw.moment();
    fleet.default_internet_access = draw.maybe(Rng::bool);
    fleet.max_concurrent_sessions = draw.number();
    fleet.max_sessions_per_instance = draw.number();
    fleet.max_user_duration_seconds = draw.number();
    fleet.disconnect_timeout_seconds = draw.number();
    fleet.idle_disconnect_timeout_seconds = draw.number();
    fleet.errors = draw.errors();
    fleet.tags = draw.tags();
    fleet.capacity = Some(Capacity {
        desired: draw.number(),
        running: draw.number(),
        in_use: draw.number(),
        available: draw.number(),
        desired_user_sessions: draw.number(),
        available_user_sessions: draw.number(),
        active_user_sessions: draw.number(),
        actual_user_sessions: draw.number(),
        draining: draw.number(),
        drain_mode_active_user_sessions: draw.number(),
        drain_mode_unused_user_sessions: draw.number(),
    });
    fleet
}

/// A session, and the type under which it is listed.
fn draw_session(
    draw: &mut Draw,
    fleet: &str,
    stack: &str,
    number: usize,
) -> (Session, &'static str) {
    let listed_as = TYPES[draw.0.usize(..4)];
    let mut session = Session::new(format!("{fleet}/{stack}/{number}"), fleet, stack)
        .authentication_type(listed_as);
    if draw.0.u8(0..8) == 0 {
        session.authentication_type = None;
    }
    session.user_id = format!("user {}", draw.0.u8(0..40));
    session.instance_id = draw.maybe(|rng| format!("i-{}", rng.u8(0..30)));
    session.state = Some(Cow::Borrowed(
        ["ACTIVE", "PENDING", "EXPIRED", "ASLEEP"][draw.0.usize(..4)],
    ));
    session.connection_state = draw.word(&CONNECTIONS);
    session.instance_drain_status = draw.word(&["ACTIVE", "DRAINING", "NOT_APPLICABLE", "LEAKING"]);
    session.started_at = draw.moment();
    session.expires_at = draw.moment();
    (session, listed_as)
}

fn draw_pool(draw: &mut Draw, number: usize, region: &mut Region) {
    let id = format!("wspool-{number:09}");
    let mut pool = Pool::new(id.clone(), draw.name(number));
    pool.state = Some(Cow::Borrowed(
        ["RUNNING", "STOPPED", "UPDATING", "HIBERNATED"][draw.0.usize(..4)],
    ));
    pool.running_mode = draw.word(&["AUTO_STOP", "ALWAYS_ON"]);
    pool.created_at = draw.moment();
    pool.errors = draw.errors();
    pool.tags = draw.tags();
    pool.capacity = draw.maybe(|_| ()).map(|()| PoolCapacity {
        available_user_sessions: draw.number(),
        desired_user_sessions: draw.number(),
        actual_user_sessions: draw.number(),
        active_user_sessions: draw.number(),
    });
    pool.timeouts = draw.maybe(|_| ()).map(|()| PoolTimeouts {
        disconnect_seconds: draw.number(),
        idle_disconnect_seconds: draw.number(),
        max_user_duration_seconds: draw.number(),
    });
    region.put_pool(pool);
    for session in 0..draw.0.usize(0..70) {
        let mut session = PoolSession::new(format!("{number}-{session}"), id.clone());
        session.user_id = format!("user {}", draw.0.u8(0..20));
        session.authentication_type = draw.word(&["SAML"]);
        session.connection_state = draw.word(&CONNECTIONS);
        session.started_at = draw.moment();
        region.put_pool_session(session);
    }
}

/// Collects what must be shown.
#[derive(Default)]
struct Sheet(Expected);

impl Sheet {
    fn put(&mut self, family: &str, labels: &[(&str, &str)], value: impl Into<Option<f64>>) {
        let Some(value) = value.into() else { return };
        let place = [("aws_account_id", ACCOUNT), ("aws_region", REGION)];
        let labels: Labels = place
            .iter()
            .chain(labels)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(self.0.insert((family.to_owned(), labels), value), None);
    }

    fn count(&mut self, family: &str, labels: &[(&str, &str)], errors: &[ResourceError]) {
        let codes: BTreeSet<_> = errors
            .iter()
            .map(|error| error.code.as_deref().expect("drawn with one"))
            .collect();
        for code in codes {
            let entries = errors
                .iter()
                .filter(|error| error.code.as_deref() == Some(code))
                .count();
            self.put(
                family,
                &[labels, &[("error_code", code)]].concat(),
                entries as f64,
            );
        }
    }

    fn tags(&mut self, family: &str, labels: &[(&str, &str)], tags: &BTreeMap<String, String>) {
        let team = tags.get("team").map_or("", String::as_str);
        self.put(family, &[labels, &[("tag_team", team)]].concat(), 1.0);
    }

    /// A histogram of sessions of which none has ended yet.
    fn durations(&mut self, family: &str, labels: &[(&str, &str)]) {
        for bound in [
            "300", "900", "1800", "3600", "7200", "14400", "28800", "43200", "57600", "86400",
            "432000", "+Inf",
        ] {
            let labels = [labels, &[("le", bound)]].concat();
            self.put(&format!("{family}_bucket"), &labels, 0.0);
        }
        self.put(&format!("{family}_sum"), labels, 0.0);
        self.put(&format!("{family}_count"), labels, 0.0);
    }

    fn state(
        &mut self,
        family: &str,
        labels: &[(&str, &str)],
        known: &[&str],
        state: Option<&str>,
    ) {
        let Some(state) = state else { return };
        let all: BTreeSet<_> = known.iter().copied().chain([state]).collect();
        for one in all {
            let value = if one == state { 1.0 } else { 0.0 };
            self.put(family, &[labels, &[("state", one)]].concat(), value);
        }
    }
}

fn expected(account: &Account) -> Expected {
    let mut sheet = Sheet::default();
    for fleet in account.region.fleets().values() {
        expect_fleet(&mut sheet, fleet, account);
    }
    for stack in account.region.stacks().values() {
        let display_name = stack.display_name.as_deref().unwrap_or("");
        sheet.put(
            "appstream_stack_info",
            &[("stack", &stack.name), ("display_name", display_name)],
            1.0,
        );
        let s = [("stack", stack.name.as_str())];
        sheet.tags("appstream_stack_tags", &s, &stack.tags);
        sheet.count(
            "appstream_stack_errors",
            &[("stack", &stack.name)],
            &stack.errors,
        );
    }
    for (fleet, stack) in account.region.associations() {
        sheet.put(
            "appstream_stack_fleet_association",
            &[("fleet", fleet), ("stack", stack)],
            1.0,
        );
        expect_sessions(&mut sheet, fleet, stack, account);
    }
    for pool in account.region.pools().values() {
        expect_pool(&mut sheet, pool, &account.region);
    }
    inventory::expect(&mut sheet, &account.region);
    scaling::expect_quotas(&mut sheet, &account.region);
    sheet.0
}

fn expect_fleet(sheet: &mut Sheet, fleet: &Fleet, account: &Account) {
    let f = [("fleet", fleet.name.as_str())];
    let text = |value: &Option<Cow<'static, str>>| value.as_deref().unwrap_or("").to_owned();
    let arn = fleet
        .image_arn
        .as_deref()
        .map(|arn| arn.rsplit('/').next().expect("a text has a last part"));
    let info = [
        ("fleet", fleet.name.clone()),
        ("fleet_type", text(&fleet.fleet_type)),
        ("instance_type", text(&fleet.instance_type)),
        ("platform", text(&fleet.platform)),
        (
            "image",
            fleet.image_name.as_deref().or(arn).unwrap_or("").to_owned(),
        ),
        ("stream_view", text(&fleet.stream_view)),
        (
            "display_name",
            fleet.display_name.clone().unwrap_or_default(),
        ),
    ];
    let info: Vec<_> = info
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    sheet.put("appstream_fleet_info", &info, 1.0);
    sheet.tags("appstream_fleet_tags", &f, &fleet.tags);
    sheet.state(
        "appstream_fleet_state",
        &f,
        &["STARTING", "RUNNING", "STOPPING", "STOPPED"],
        fleet.state.as_deref(),
    );
    let capacity = fleet.capacity.expect("drawn with one");
    for (family, value) in [
        ("instances_desired", capacity.desired),
        ("instances_running", capacity.running),
        ("instances_in_use", capacity.in_use),
        ("instances_available", capacity.available),
        ("instances_draining", capacity.draining),
        ("user_sessions_desired", capacity.desired_user_sessions),
        ("user_sessions_actual", capacity.actual_user_sessions),
        ("user_sessions_active", capacity.active_user_sessions),
        ("user_sessions_available", capacity.available_user_sessions),
        (
            "user_sessions_drain_active",
            capacity.drain_mode_active_user_sessions,
        ),
        (
            "user_sessions_drain_unused",
            capacity.drain_mode_unused_user_sessions,
        ),
        ("max_sessions_per_instance", fleet.max_sessions_per_instance),
        ("max_concurrent_sessions", fleet.max_concurrent_sessions),
        ("max_user_duration_seconds", fleet.max_user_duration_seconds),
        (
            "disconnect_timeout_seconds",
            fleet.disconnect_timeout_seconds,
        ),
        (
            "idle_disconnect_timeout_seconds",
            fleet.idle_disconnect_timeout_seconds,
        ),
    ] {
        sheet.put(
            &format!("appstream_fleet_{family}"),
            &f,
            value.map(f64::from),
        );
    }
    sheet.put(
        "appstream_fleet_created_timestamp_seconds",
        &f,
        fleet.created_at,
    );
    let access = fleet
        .default_internet_access
        .map(|on| if on { 1.0 } else { 0.0 });
    sheet.put("appstream_fleet_default_internet_access", &f, access);
    let size = fleet
        .root_volume_gib
        .map(|size| f64::from(size) * 1_073_741_824.0);
    sheet.put("appstream_fleet_root_volume_size_bytes", &f, size);
    let disabled = fleet.imdsv1_disabled.map(|on| if on { 1.0 } else { 0.0 });
    sheet.put("appstream_fleet_imdsv1_disabled", &f, disabled);
    sheet.count("appstream_fleet_errors", &f, &fleet.errors);
    let scaled = Scaled::fleet(&fleet.name);
    scaling::expect(sheet, ("appstream_fleet", &f), &scaled, &account.region);
    let live = account
        .region
        .sessions()
        .filter(|session| session.fleet() == fleet.name);
    let live: Vec<_> = live
        .filter(|session| session.state.as_deref() != Some("EXPIRED"))
        .collect();
    let instances: BTreeSet<_> = live
        .iter()
        .filter_map(|session| session.instance_id.as_deref())
        .collect();
    let capacity = fleet.capacity.unwrap_or_default();
    let in_use = capacity.in_use.max(capacity.active_user_sessions);
    let found = i32::try_from(live.len()).expect("a few");
    let is_elastic = fleet.fleet_type.as_deref() == Some("ELASTIC");
    if live_pairs(account, &fleet.name) {
        sheet.durations("appstream_session_duration_seconds", &f);
    }
    // More in use than was found: the number would be too low.
    if is_elastic || in_use.is_none_or(|in_use| in_use <= found) {
        sheet.put("appstream_session_instances", &f, instances.len() as f64);
    }
}

/// Whether a fleet has a stack.
fn live_pairs(account: &Account, fleet: &str) -> bool {
    let mut pairs = account.region.associations().iter();
    pairs.any(|(of, _)| of == fleet)
}

fn expect_sessions(sheet: &mut Sheet, fleet: &str, stack: &str, account: &Account) {
    let s = [("fleet", fleet), ("stack", stack)];
    let of_pair = |session: &&Session| session.fleet() == fleet && session.stack() == stack;
    let sessions: Vec<_> = account.region.sessions().filter(of_pair).collect();
    let mut cells: BTreeMap<[&str; 3], f64> = BTreeMap::new();
    let types = |sessions: &[&Session]| -> BTreeSet<&str> {
        let types = sessions
            .iter()
            .map(|session| account.listed_as[session.id()]);
        types.collect()
    };
    let everywhere: Vec<_> = account.region.sessions().collect();
    let candidates = [types(&sessions), types(&everywhere), TYPES.into()];
    let shown = candidates.into_iter().find(|types| !types.is_empty());
    for kind in shown.expect("there are types") {
        for state in STATES {
            for connection in CONNECTIONS {
                cells.insert([kind, state, connection], 0.0);
            }
        }
    }
    for session in &sessions {
        let kind = account.listed_as[session.id()];
        let state = session.state.as_deref().expect("drawn with one");
        let connection = session.connection_state.as_deref().unwrap_or("UNKNOWN");
        *cells.entry([kind, state, connection]).or_default() += 1.0;
    }
    for ([kind, state, connection], value) in cells {
        let labels = [
            ("authentication_type", kind),
            ("state", state),
            ("connection_state", connection),
        ];
        sheet.put("appstream_sessions", &[&s[..], &labels].concat(), value);
    }
    let live: Vec<_> = sessions
        .iter()
        .filter(|session| session.state.as_deref() != Some("EXPIRED"))
        .collect();
    sheet.put("appstream_sessions_started_total", &s, 0.0);
    sheet.put("appstream_sessions_ended_total", &s, 0.0);
    let mut connections = live
        .iter()
        .map(|session| session.connection_state.as_deref());
    let is_left = connections.any(|connection| connection == Some("NOT_CONNECTED"));
    sheet.put(DISCONNECTED, &s, is_left.then_some(1.0));
    let users: BTreeSet<_> = live.iter().map(|session| &session.user_id).collect();
    sheet.put("appstream_session_users", &s, users.len() as f64);
    let oldest = live
        .iter()
        .filter_map(|session| session.started_at)
        .min_by(f64::total_cmp);
    sheet.put(
        "appstream_sessions_oldest_start_timestamp_seconds",
        &s,
        oldest,
    );
    let is_draining =
        |session: &&&&Session| session.instance_drain_status.as_deref() == Some("DRAINING");
    let draining = live.iter().filter(is_draining).count();
    sheet.put("appstream_sessions_draining", &s, draining as f64);
    let pending = live
        .iter()
        .filter(|session| session.state.as_deref() == Some("PENDING"));
    let pending = pending.filter_map(|session| session.started_at);
    sheet.put(
        "appstream_sessions_pending_oldest_start_timestamp_seconds",
        &s,
        pending.min_by(f64::total_cmp),
    );
    let next = live
        .iter()
        .filter_map(|session| session.expires_at)
        .min_by(f64::total_cmp);
    sheet.put(
        "appstream_sessions_next_expiration_timestamp_seconds",
        &s,
        next,
    );
}

fn expect_pool(sheet: &mut Sheet, pool: &Pool, region: &Region) {
    let p = [("pool_id", pool.id()), ("pool_name", pool.name.as_str())];
    let info = [
        ("bundle_id", pool.bundle_id.as_deref().unwrap_or("")),
        ("directory_id", pool.directory_id.as_deref().unwrap_or("")),
        ("running_mode", pool.running_mode.as_deref().unwrap_or("")),
    ];
    sheet.put("workspaces_pool_info", &[&p[..], &info].concat(), 1.0);
    sheet.tags("workspaces_pool_tags", &p, &pool.tags);
    let known = [
        "CREATING", "DELETING", "RUNNING", "STARTING", "STOPPED", "STOPPING", "UPDATING",
    ];
    sheet.state("workspaces_pool_state", &p, &known, pool.state.as_deref());
    if let Some(capacity) = &pool.capacity {
        for (family, value) in [
            ("desired", capacity.desired_user_sessions),
            ("actual", capacity.actual_user_sessions),
            ("active", capacity.active_user_sessions),
            ("available", capacity.available_user_sessions),
        ] {
            sheet.put(
                &format!("workspaces_pool_user_sessions_{family}"),
                &p,
                value.map(f64::from),
            );
        }
    }
    if let Some(timeouts) = &pool.timeouts {
        for (family, value) in [
            (
                "max_user_duration_seconds",
                timeouts.max_user_duration_seconds,
            ),
            ("disconnect_timeout_seconds", timeouts.disconnect_seconds),
            (
                "idle_disconnect_timeout_seconds",
                timeouts.idle_disconnect_seconds,
            ),
        ] {
            sheet.put(
                &format!("workspaces_pool_{family}"),
                &p,
                value.map(f64::from),
            );
        }
    }
    sheet.put(
        "workspaces_pool_created_timestamp_seconds",
        &p,
        pool.created_at,
    );
    sheet.count("workspaces_pool_errors", &p, &pool.errors);
    scaling::expect(
        sheet,
        ("workspaces_pool", &p),
        &Scaled::pool(pool.id()),
        region,
    );
    let sessions: Vec<_> = region
        .pool_sessions()
        .filter(|session| session.pool() == pool.id())
        .collect();
    let mut cells = BTreeMap::from([
        (["SAML", "CONNECTED"], 0.0),
        (["SAML", "NOT_CONNECTED"], 0.0),
    ]);
    for session in &sessions {
        let kind = session.authentication_type.as_deref().unwrap_or("UNKNOWN");
        let connection = session.connection_state.as_deref().unwrap_or("UNKNOWN");
        *cells.entry([kind, connection]).or_default() += 1.0;
    }
    for ([kind, connection], value) in cells {
        let labels = [
            ("authentication_type", kind),
            ("connection_state", connection),
        ];
        sheet.put(
            "workspaces_pool_sessions",
            &[&p[..], &labels].concat(),
            value,
        );
    }
    sheet.put("workspaces_pool_sessions_started_total", &p, 0.0);
    sheet.put("workspaces_pool_sessions_ended_total", &p, 0.0);
    sheet.durations("workspaces_pool_session_duration_seconds", &p);
    let users: BTreeSet<_> = sessions.iter().map(|session| &session.user_id).collect();
    sheet.put("workspaces_pool_session_users", &p, users.len() as f64);
    let oldest = sessions
        .iter()
        .filter_map(|session| session.started_at)
        .min_by(f64::total_cmp);
    sheet.put(
        "workspaces_pool_sessions_oldest_start_timestamp_seconds",
        &p,
        oldest,
    );
}

#[tokio::test]
async fn every_series_is_what_the_account_holds() {
    let mut series_seen = 0;
    for seed in 0..WORLDS {
        let account = draw_account(seed);
        let expected = expected(&account);
        let page_size = Rng::with_seed(seed).usize(1..20);
        let world = World::new(ACCOUNT)
            .page_size(page_size)
            .most_results(page_size)
            .region(REGION, account.region);
        let simulator = simulator(world).await;
        let (output, metrics) = once(&simulator, &format!("{CONFIG}{}", scaling::INCLUDE)).await;
        assert!(
            output.status.success(),
            "world {seed}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let own =
            |name: &str| name.starts_with("appstream_exporter_") || name.starts_with("process_");
        let shown = metrics.series().iter().filter(|series| !own(&series.name));
        let value = |series: &exposition::Series| match series.name.as_str() {
            DISCONNECTED => 1.0,
            _ => series.value,
        };
        let mut shown: Expected = shown
            .map(|series| ((series.name.clone(), series.labels.clone()), value(series)))
            .collect();
        for (key, value) in &expected {
            assert_eq!(shown.remove(key), Some(*value), "world {seed}: {key:?}");
            series_seen += 1;
        }
        assert!(
            shown.is_empty(),
            "world {seed}: nobody asked for {shown:#?}"
        );
    }
    assert!(
        series_seen > 5_000,
        "{series_seen} series are too few to mean anything"
    );
}
