//! Calls over hours of refreshes, and the time until new sessions are found.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::account::{Account, Taken, live, pair, scheduler, scheduler_at};
use crate::config::Config;
use crate::model::{AppBlockBuilder, Snapshot};
use crate::scheduler::Scheduler;

const MINUTE: Duration = Duration::from_secs(60);

/// A scheduler whose minutes pass as they are called for.
struct Hours {
    account: Account,
    scheduler: Scheduler<Account>,
}

impl Hours {
    fn new(account: &Account, config: &Config) -> Self {
        Self {
            account: account.clone(),
            scheduler: scheduler(account, config),
        }
    }

    /// The calls and the snapshot of the next refresh, a minute after the last.
    async fn refresh(&mut self) -> (Taken, Snapshot) {
        let snapshot = self.scheduler.refresh().await;
        tokio::time::advance(MINUTE).await;
        (self.account.taken(), snapshot)
    }

    /// The number of refreshes until a pair shows this number of sessions.
    async fn refreshes_until(&mut self, live_sessions: i32, fleet: &str, stack: &str) -> u32 {
        for number in 1..=100 {
            let (_, snapshot) = self.refresh().await;
            if live(&snapshot, fleet, stack) == Some(live_sessions) {
                return number;
            }
        }
        panic!("never seen")
    }
}

/// Fleets that are in use by sessions of one type, all of them explained.
fn busy(fleets: usize, sessions: usize) -> Account {
    let account = Account::default();
    for number in 0..fleets {
        let name = format!("fleet-{number:03}");
        let mut hold = account.hold();
        hold.put(&name, "ON_DEMAND", Some(i32::try_from(sessions).unwrap()));
        hold.stream(&name, &name, "SAML", sessions);
    }
    account
}

#[tokio::test(start_paused = true)]
async fn a_steady_state_costs_little_more_than_what_there_is() {
    for sessions in [30, 100] {
        let account = busy(100, sessions);
        let mut hours = Hours::new(&account, &Config::default());
        let (first, snapshot) = hours.refresh().await;
        let pages = u32::try_from(100 * sessions.div_ceil(50)).unwrap();
        assert_eq!(first.calls("DescribeSessions"), pages + 300);
        assert_eq!(first.calls("ListAssociatedStacks"), 100);
        let floor = f64::from(1 + pages);
        let (mut total, mut lists) = (0, 0);
        let mut asked: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for minute in 1..=90 {
            let (taken, snapshot) = hours.refresh().await;
            let calls = taken.calls("DescribeFleets") + taken.calls("DescribeSessions");
            assert!(
                f64::from(calls) <= 1.25 * floor,
                "{calls} in minute {minute}"
            );
            total += calls;
            for of in taken.of("DescribeSessions") {
                asked.entry(of.to_owned()).or_default().push(minute);
            }
            lists += taken.calls("ListAssociatedStacks") + taken.calls("DescribeStacks");
            assert_eq!(snapshot.sessions.len(), 100);
        }
        assert!(f64::from(total) / 90.0 <= 1.11 * floor, "{total} in all");
        assert_eq!(lists, 9 * 101, "each every ten minutes");
        // Every type of every pair has its turn, three in 90 minutes where nothing is to be found.
        assert_eq!(asked.len(), 400);
        for (of, minutes) in asked {
            let expected = if of.ends_with("SAML") { 90 } else { 3 };
            assert_eq!(minutes.len(), expected, "{of}: {minutes:?}");
        }
        // Fleets and image builders 2, a tenth of 101 for the topology, a thirtieth of 300 for
        // other types.
        assert_eq!(snapshot.services[0].needed, pages + 23);
    }
}

#[tokio::test(start_paused = true)]
async fn app_block_builders_are_read_in_every_refresh_only_where_there_are_any() {
    let account = busy(1, 1);
    let mut hours = Hours::new(&account, &Config::default());
    let mut calls = Vec::new();
    for minute in 0..40 {
        if minute == 20 {
            let builder = AppBlockBuilder {
                name: "builder".into(),
                account_id: None,
                instance_type: None,
                platform: None,
                display_name: None,
                state: None,
                created: None,
                errors: BTreeMap::new(),
            };
            let mut hold = account.hold();
            let builders = &mut hold.app_block_builders;
            builders.insert(builder.name.clone(), builder);
        }
        let (taken, _) = hours.refresh().await;
        assert_eq!(taken.calls("DescribeImageBuilders"), 1, "minute {minute}");
        calls.push(taken.calls("DescribeAppBlockBuilders"));
    }
    let of = |minutes: std::ops::Range<usize>| calls[minutes].iter().sum::<u32>();
    assert_eq!((of(0..1), of(1..11), of(11..21)), (1, 1, 1), "{calls:?}");
    // The first builder is seen within a topology interval, and then every change at once.
    let seen = (20..30).find(|minute| calls[*minute] == 1).unwrap();
    assert_eq!(of(seen..40), u32::try_from(40 - seen).unwrap(), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_fleet_has_in_use_is_found_in_the_same_refresh() {
    let account = busy(3, 10);
    let mut hours = Hours::new(&account, &Config::default());
    hours.refresh().await;
    // Of a type that was never seen, and in an association that is not known.
    {
        let mut hold = account.hold();
        hold.use_instances("fleet-000", 12);
        hold.stream("fleet-000", "fleet-000", "API", 2);
        hold.use_instances("fleet-001", 13);
        hold.associate("fleet-001", "annex");
        hold.stream("fleet-001", "annex", "USERPOOL", 3);
    }
    let (taken, snapshot) = hours.refresh().await;
    assert_eq!(live(&snapshot, "fleet-000", "fleet-000"), Some(12));
    assert_eq!(live(&snapshot, "fleet-001", "annex"), Some(3));
    assert_eq!(live(&snapshot, "fleet-002", "fleet-002"), Some(10));
    for fleet in ["fleet-000", "fleet-001"] {
        assert!(taken.of("ListAssociatedStacks").contains(&fleet));
    }
    // Three known types, then three others of two fleets, and four of the annex.
    let sessions = taken.calls("DescribeSessions");
    assert!((13..=14).contains(&sessions), "{sessions}");
    let (taken, _) = hours.refresh().await;
    let sessions = taken.calls("DescribeSessions");
    assert!(
        (5..=7).contains(&sessions),
        "what was found stays: {sessions}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_full_look_does_not_explain_is_remembered() {
    let account = busy(1, 10);
    account.hold().use_instances("fleet-000", 15);
    let mut hours = Hours::new(&account, &Config::default());
    let mut looks = Vec::new();
    for minute in 0..44 {
        // A larger difference is news; a smaller one, and the old one again, are not,
        // unless there was none for a while.
        match minute {
            4 => account.hold().use_instances("fleet-000", 17),
            6 => account.hold().use_instances("fleet-000", 12),
            8 => account.hold().use_instances("fleet-000", 17),
            30 => account.hold().use_instances("fleet-000", 10),
            32 => account.hold().use_instances("fleet-000", 11),
            33 => account.hold().use_instances("fleet-000", 10),
            36 => account.hold().use_instances("fleet-000", 11),
            _ => {}
        }
        let (taken, _) = hours.refresh().await;
        if minute > 0 && taken.calls("DescribeSessions") == 4 {
            looks.push(minute);
        }
    }
    assert_eq!(looks, [4, 14, 24, 36]);
}

#[tokio::test(start_paused = true)]
async fn nothing_stays_unseen_for_longer_than_is_documented() {
    let account = busy(20, 10);
    {
        let mut hold = account.hold();
        hold.put("idle", "ON_DEMAND", Some(0));
        hold.put("elastic", "ELASTIC", None);
        hold.put("silent", "ALWAYS_ON", None);
        hold.put("stopped", "ELASTIC", None);
        let stopped = hold.fleets.get_mut(&"stopped".into()).unwrap();
        stopped.state = Some("STOPPED".into());
    }
    // The capacity figures stay the same, as if AWS updated them late.
    let cases = [
        ("fleet-000", "SAML", 11, 1),
        ("fleet-001", "API", 11, 30),
        ("idle", "SAML", 1, 5),
        ("idle", "AWS_AD", 1, 30),
        ("stopped", "SAML", 1, 5),
        ("stopped", "API", 1, 30),
        ("elastic", "SAML", 1, 1),
        ("elastic", "USERPOOL", 1, 10),
        ("silent", "SAML", 1, 1),
        ("silent", "API", 1, 10),
    ];
    for warm_up in [1, 2, 3, 7, 18] {
        for (fleet, kind, shown, within) in cases {
            let mut hours = Hours::new(&account, &Config::default());
            for _ in 0..warm_up {
                hours.refresh().await;
            }
            let new = if fleet.starts_with("fleet") && kind == "SAML" {
                11
            } else {
                1
            };
            account.hold().stream(fleet, fleet, kind, new);
            let took = hours.refreshes_until(shown, fleet, fleet).await;
            assert!(
                took <= within,
                "{fleet} {kind}: {took} refreshes after {warm_up}"
            );
            account
                .hold()
                .stream(fleet, fleet, kind, if new == 11 { 10 } else { 0 });
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pairs_without_sessions_are_read_in_turns() {
    let account = busy(10, 10);
    for number in 0..20 {
        account
            .hold()
            .put(&format!("idle-{number:02}"), "ON_DEMAND", Some(0));
    }
    let mut hours = Hours::new(&account, &Config::default());
    hours.refresh().await;
    let mut turns: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for minute in 1..=60 {
        let (taken, _) = hours.refresh().await;
        for of in taken.of("DescribeSessions") {
            if of.starts_with("idle") && of.ends_with("SAML") {
                turns.entry(of.to_owned()).or_default().push(minute);
            }
        }
    }
    assert_eq!(turns.len(), 20);
    let mut minutes_in_use = std::collections::BTreeSet::new();
    for (of, minutes) in turns {
        assert!(
            minutes.windows(2).all(|two| two[1] - two[0] == 5),
            "{of}: {minutes:?}"
        );
        minutes_in_use.insert(minutes[0]);
    }
    assert!(
        minutes_in_use.len() >= 4,
        "they are spread: {minutes_in_use:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_read_in_every_refresh_for_the_type_that_it_last_had() {
    let account = Account::default();
    account.hold().put("f", "ELASTIC", None);
    let mut hours = Hours::new(&account, &Config::default());
    for (kind, sessions) in [("API", 1), ("API", 0), ("SAML", 2), ("SAML", 0)] {
        account.hold().stream("f", "f", kind, sessions);
        let sessions = i32::try_from(sessions).unwrap();
        hours.refreshes_until(sessions, "f", "f").await;
    }
    account.hold().stream("f", "f", "SAML", 1);
    assert_eq!(hours.refreshes_until(1, "f", "f").await, 1);
}

#[tokio::test(start_paused = true)]
async fn without_economy_everything_is_asked_for_every_time() {
    let account = busy(5, 10);
    account.hold().put("idle", "ON_DEMAND", Some(0));
    let mut config = Config::default();
    config.sessions.economy = false;
    config.refresh.topology_interval = config.refresh.interval;
    let mut hours = Hours::new(&account, &config);
    for _ in 0..3 {
        let (taken, snapshot) = hours.refresh().await;
        assert_eq!(taken.calls("DescribeSessions"), 6 * 4);
        assert_eq!(taken.calls("ListAssociatedStacks"), 6);
        assert_eq!(taken.calls("DescribeStacks"), 1);
        // Fleets, stacks and builders, and a small share of two lists that are read every hour.
        assert_eq!(snapshot.services[0].needed, 24 + 6 + 1 + 1 + 2 + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_appears_is_listed_at_once() {
    let account = Account::default();
    for number in 0..6 {
        account
            .hold()
            .put(&format!("fleet-{number}"), "ON_DEMAND", Some(0));
    }
    let mut config = Config::default();
    // Nothing is listed again for its own sake.
    config.refresh.topology_interval = 1000 * MINUTE;
    let mut hours = Hours::new(&account, &config);
    let (taken, snapshot) = hours.refresh().await;
    assert_eq!(taken.calls("ListAssociatedStacks"), 6);
    assert_eq!(snapshot.associations.len(), 6);

    {
        let mut hold = account.hold();
        hold.put("new", "ON_DEMAND", Some(1));
        hold.stream("new", "new", "SAML", 1);
        hold.associate("new", "desk");
    }
    let (taken, snapshot) = hours.refresh().await;
    assert!(taken.of("ListAssociatedStacks").contains(&"new"));
    assert_eq!(
        taken.calls("DescribeStacks"),
        1,
        "it has stacks that are new"
    );
    assert_eq!(snapshot.associations.len(), 8);
    assert_eq!(live(&snapshot, "new", "new"), Some(1));

    // Created again under the same name, with another association.
    {
        let mut hold = account.hold();
        hold.fleets.get_mut(&"new".into()).unwrap().created = Some(1.0);
        hold.pairs.remove(&pair("new", "desk"));
    }
    let (taken, snapshot) = hours.refresh().await;
    assert!(taken.of("ListAssociatedStacks").contains(&"new"));
    assert_eq!(snapshot.associations.len(), 7);

    // Deleted resources disappear with the list that no longer has them.
    account.hold().fleets.remove(&"new".into());
    let (taken, snapshot) = hours.refresh().await;
    assert_eq!(snapshot.associations.len(), 6);
    assert!(!taken.of("ListAssociatedStacks").contains(&"new"));
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_one_refresh_leaves_nothing_behind_in_pairs_without_sessions() {
    let account = busy(2, 10);
    for number in 0..8 {
        account
            .hold()
            .put(&format!("idle-{number}"), "ON_DEMAND", Some(0));
    }
    let mut hours = Hours::new(&account, &Config::default());
    for _ in 0..3 {
        hours.refresh().await;
    }
    account.hold().is_down = true;
    let (_, snapshot) = hours.refresh().await;
    assert!(!snapshot.collectors[0].success && !snapshot.collectors[2].success);
    account.hold().is_down = false;
    for minute in 0..8 {
        let (_, snapshot) = hours.refresh().await;
        assert!(snapshot.collectors.iter().all(|status| status.success));
        assert_eq!(snapshot.sessions.len(), 10, "{minute} minutes after it");
    }
}

#[tokio::test(start_paused = true)]
async fn one_pair_that_fails_does_not_blind_its_fleet() {
    let account = busy(1, 10);
    account.hold().associate("fleet-000", "annex");
    let mut hours = Hours::new(&account, &Config::default());
    hours.refresh().await;
    account.hold().down.insert(pair("fleet-000", "annex"));
    for _ in 0..2 {
        hours.refresh().await;
    }
    account.hold().use_instances("fleet-000", 15);
    account.hold().stream("fleet-000", "fleet-000", "API", 5);
    let (_, snapshot) = hours.refresh().await;
    assert_eq!(live(&snapshot, "fleet-000", "fleet-000"), Some(15));
}

#[tokio::test(start_paused = true)]
async fn pairs_beside_a_busy_one_cost_next_to_nothing() {
    let account = busy(10, 40);
    for number in 0..10 {
        for annex in ["a", "b", "c"] {
            let fleet = format!("fleet-{number:03}");
            account
                .hold()
                .associate(&fleet, &format!("{fleet}-{annex}"));
        }
    }
    let mut hours = Hours::new(&account, &Config::default());
    hours.refresh().await;
    let mut calls = 0;
    for _ in 0..30 {
        calls += hours.refresh().await.0.calls("DescribeSessions");
    }
    // Ten pages a refresh, and every other type of 40 pairs about once.
    let most = 30 * 10 + 40 * 4 - 10;
    assert!((most - 10..=most + 10).contains(&calls), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_type_that_fails_leaves_the_others_of_its_pair_fresh() {
    let account = busy(1, 10);
    account.hold().use_instances("fleet-000", 12);
    let mut hours = Hours::new(&account, &Config::default());
    hours.refresh().await;
    // More instances are in use, so all types are read, the one with sessions first.
    account.hold().use_instances("fleet-000", 13);
    account.hold().refused.insert("AWS_AD");
    let mut shown = Vec::new();
    for _ in 0..4 {
        let (_, snapshot) = hours.refresh().await;
        let sessions = snapshot.collectors[2].clone();
        assert!(!sessions.success, "{sessions:?}");
        assert_eq!(live(&snapshot, "fleet-000", "fleet-000"), Some(10));
        shown.push(snapshot.sessions[0].tally.users.is_some());
    }
    assert_eq!(
        shown,
        [true, true, false, false],
        "users of all types are unknown three minutes after all were read"
    );
    account.hold().refused.clear();
    account.hold().stream("fleet-000", "fleet-000", "AWS_AD", 3);
    let (_, snapshot) = hours.refresh().await;
    assert!(snapshot.collectors[2].success);
    assert_eq!(live(&snapshot, "fleet-000", "fleet-000"), Some(13));
}

static WALL: AtomicU64 = AtomicU64::new(0);

fn stepping_clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(WALL.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn a_step_of_the_wall_clock_ages_nothing() {
    const DAY: u64 = 24 * 60 * 60;
    let account = busy(2, 10);
    let mut hours = Hours {
        account: account.clone(),
        scheduler: scheduler_at(&account, &Config::default(), stepping_clock),
    };
    WALL.store(100 * DAY, Ordering::Relaxed);
    hours.refresh().await;
    for day in [200, 50, 100] {
        WALL.store(day * DAY, Ordering::Relaxed);
        let (taken, snapshot) = hours.refresh().await;
        let sessions = taken.calls("DescribeSessions");
        assert!(sessions <= 3, "nothing seems due or old: {sessions}");
        assert_eq!(snapshot.sessions.len(), 2);
        for status in &snapshot.collectors {
            assert!(status.success, "{status:?}");
            assert_eq!(
                status.last_success,
                Some(stepping_clock()),
                "dated by the new clock"
            );
        }
    }
}
