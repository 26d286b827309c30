//! Excluded resources cost no calls, and do not affect the selected ones.

use std::time::Duration;

use super::account::{Account, Step, live, scheduler};
use crate::config::{Config, NameFilter, Pattern};
use crate::model::{Collector, Snapshot};

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).unwrap()
}

/// Without WorkSpaces, which has its own half of a refresh.
fn config() -> Config {
    let mut config = Config::default();
    config.collectors.set(Collector::WorkspacesPools, false);
    config
        .collectors
        .set(Collector::WorkspacesPoolSessions, false);
    config
}

/// Names of the fleets that are shown.
fn fleets(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.fleets.keys().map(|name| name.as_str()).collect()
}

fn tag(account: &Account, fleet: &str, key: &str, value: &str) {
    let mut held = account.hold();
    let tags = held.tags.entry(fleet.to_owned()).or_default();
    tags.insert(key.to_owned(), value.to_owned());
}

#[tokio::test(start_paused = true)]
async fn what_is_in_use_in_a_stack_that_is_left_out_is_looked_for_nowhere() {
    let account = Account::default();
    {
        let mut held = account.hold();
        held.put("f", "ALWAYS_ON", Some(3));
        held.associate("f", "hidden");
        held.put("g", "ALWAYS_ON", Some(1));
        held.stream("f", "f", "SAML", 1);
        held.stream("f", "hidden", "SAML", 2);
        held.stream("g", "g", "SAML", 1);
    }
    let mut config = config();
    config.filters.stacks.exclude = vec![pattern("hidden")];
    let mut scheduler = scheduler(&account, &config);
    let first = scheduler.refresh().await;
    assert_eq!(live(&first, "f", "f"), Some(1));
    assert_eq!(live(&first, "f", "hidden"), None);
    assert!(
        first
            .associations
            .iter()
            .all(|pair| pair.stack.as_str() != "hidden")
    );
    account.taken();
    let (mut calls, mut lists) = (0, 0);
    for in_use in 4..10 {
        // More and more is in use, and none of it is to be seen.
        account.hold().use_instances("f", in_use);
        tokio::time::advance(Duration::from_secs(60)).await;
        scheduler.refresh().await;
        let taken = account.taken();
        calls += taken.calls("DescribeSessions");
        lists += taken.calls("ListAssociatedStacks");
    }
    // Types with sessions in each refresh, and types without in turn: five types in ten minutes.
    assert!((12..=12 + 5).contains(&calls), "{calls}");
    assert!(lists <= 2, "each list every ten minutes: {lists}");
}

#[tokio::test(start_paused = true)]
async fn tags_decide_once_they_are_known_and_are_read_with_the_topology() {
    let account = Account::default();
    for (fleet, team) in [("a", "blue"), ("b", "red"), ("c", "blue")] {
        account.hold().put(fleet, "ALWAYS_ON", Some(0));
        tag(&account, fleet, "team", team);
    }
    let mut config = config();
    config
        .filters
        .tags
        .insert("team".to_owned(), pattern("bl.e"));
    let mut scheduler = scheduler(&account, &config);
    let snapshot = scheduler.refresh().await;
    assert_eq!(fleets(&snapshot), ["a", "c"]);
    assert_eq!(snapshot.associations.len(), 2);
    let taken = account.taken();
    assert_eq!(taken.of("ListTagsForResource"), ["a", "b", "c"]);
    let asked = taken.of("DescribeSessions");
    assert!(
        !asked.is_empty() && asked.iter().all(|of| !of.contains('b')),
        "{asked:?}"
    );

    tag(&account, "b", "team", "blue");
    account.hold().put("d", "ALWAYS_ON", Some(0));
    let mut reads = Vec::new();
    for minute in 1..=12 {
        tokio::time::advance(Duration::from_secs(60)).await;
        let snapshot = scheduler.refresh().await;
        let taken = account.taken();
        let read = taken.of("ListTagsForResource");
        if minute == 1 {
            assert!(read.contains(&"d"), "what appears is read at once");
        }
        let shows_b = fleets(&snapshot).contains(&"b");
        reads.extend(read.iter().map(|fleet| (*fleet).to_owned()));
        assert_eq!(shows_b, reads.contains(&"b".to_owned()), "minute {minute}");
        assert!(!fleets(&snapshot).contains(&"d"));
    }
    for fleet in ["a", "b", "c"] {
        let count = reads.iter().filter(|read| *read == fleet).count();
        assert!((1..=2).contains(&count), "every ten minutes: {reads:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_is_created_again_has_its_tags_read_again() {
    let account = Account::default();
    account.hold().put("f", "ALWAYS_ON", Some(0));
    tag(&account, "f", "team", "blue");
    let mut config = config();
    config.tags.labels = vec!["team".to_owned()];
    let mut scheduler = scheduler(&account, &config);
    scheduler.refresh().await;
    tag(&account, "f", "team", "red");
    let created = |at| {
        let mut held = account.hold();
        held.fleets.get_mut(&"f".into()).unwrap().created = Some(at);
    };
    created(1.0);
    tokio::time::advance(Duration::from_secs(60)).await;
    let snapshot = scheduler.refresh().await;
    assert_eq!(snapshot.fleet_tags[&"f".into()]["team"], "red");
}

#[tokio::test(start_paused = true)]
async fn left_out_names_are_not_asked_about() {
    let account = Account::default();
    account.hold().put("prod-1", "ALWAYS_ON", Some(0));
    account.hold().put("test-1", "ALWAYS_ON", Some(0));
    account.hold().put("prod-2", "ALWAYS_ON", Some(0));
    let mut config = config();
    config.filters.fleets = NameFilter {
        include: vec![pattern("prod-.*"), pattern("test")],
        exclude: vec![pattern(".*-2")],
    };
    let mut scheduler = scheduler(&account, &config);
    for _ in 0..3 {
        let snapshot = scheduler.refresh().await;
        assert_eq!(fleets(&snapshot), ["prod-1"]);
        assert_eq!(snapshot.fleet_instances.len(), 1);
        assert!(snapshot.collectors.iter().all(|status| status.success));
        tokio::time::advance(Duration::from_secs(600)).await;
    }
    let taken = account.taken();
    for operation in ["DescribeSessions", "ListAssociatedStacks"] {
        let of = taken.of(operation);
        assert!(
            of.iter().all(|of| of.starts_with("prod-1")),
            "{operation}: {of:?}"
        );
    }
    assert!(taken.of("ListTagsForResource").is_empty());
    let switched_off = |snapshot: &Snapshot| {
        let mut collectors = snapshot.collectors.iter();
        !collectors.any(|status| status.collector == Collector::WorkspacesPools)
    };
    assert!(switched_off(&scheduler.refresh().await));
}

#[tokio::test(start_paused = true)]
async fn tags_that_do_not_come_hold_up_only_their_own_fleet() {
    let account = Account::default();
    for fleet in ["a", "b"] {
        account.hold().put(fleet, "ALWAYS_ON", Some(1));
        account.hold().stream(fleet, fleet, "SAML", 1);
        tag(&account, fleet, "team", "blue");
    }
    account.hold().silent_tags.insert("b".to_owned());
    let mut config = config();
    config
        .filters
        .tags
        .insert("team".to_owned(), pattern("blue"));
    let mut scheduler = scheduler(&account, &config);
    let first = scheduler.refresh().await;
    assert_eq!(fleets(&first), ["a"]);
    assert_eq!(live(&first, "a", "a"), Some(1));
    assert!(!first.collectors[0].success);
    account.hold().silent_tags.clear();
    account.hold().answer_tags.notify_waiters();
    let second = scheduler.refresh().await;
    assert_eq!(fleets(&second), ["a", "b"]);
    assert!(second.collectors[0].success);
}

#[tokio::test(start_paused = true)]
async fn an_outage_hides_nothing_of_what_tags_select_once_it_is_over() {
    let account = Account::default();
    for (fleet, team) in [("a", "blue"), ("b", "red")] {
        account.hold().put(fleet, "ELASTIC", None);
        account.hold().associate(fleet, "shared");
        account.hold().stream(fleet, "shared", "SAML", 1);
        tag(&account, fleet, "team", team);
    }
    let mut config = config();
    config
        .filters
        .tags
        .insert("team".to_owned(), pattern("blue"));
    let mut scheduler = scheduler(&account, &config);
    // In the middle, fleets are unknown for longer than they may be shown.
    let refused = [0, 4, 5, 6, 7, 8];
    let step = |refresh| match refused.contains(&refresh) {
        true => Step::Refuse,
        false => Step::Answer,
    };
    account.hold().fleet_steps = (0..=12).map(step).collect();
    let first = scheduler.refresh().await;
    assert!(!first.collectors[0].success);
    for minute in 0..12 {
        tokio::time::advance(Duration::from_secs(60)).await;
        let snapshot = scheduler.refresh().await;
        assert_eq!(live(&snapshot, "b", "shared"), None, "minute {minute}");
        if minute > 0 {
            assert_eq!(live(&snapshot, "a", "shared"), Some(1), "minute {minute}");
        }
        assert!(
            snapshot
                .associations
                .iter()
                .all(|pair| pair.fleet.as_str() == "a"),
            "minute {minute}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_loses_its_tag_is_left_out() {
    let account = Account::default();
    account.hold().put("f", "ALWAYS_ON", Some(1));
    account.hold().stream("f", "f", "SAML", 1);
    tag(&account, "f", "team", "blue");
    let mut config = config();
    config
        .filters
        .tags
        .insert("team".to_owned(), pattern("blue"));
    let mut scheduler = scheduler(&account, &config);
    assert_eq!(live(&scheduler.refresh().await, "f", "f"), Some(1));
    tag(&account, "f", "team", "red");
    tokio::time::advance(Duration::from_secs(600)).await;
    let snapshot = scheduler.refresh().await;
    assert_eq!(
        (fleets(&snapshot).len(), live(&snapshot, "f", "f")),
        (0, None)
    );
    account.taken();
    tokio::time::advance(Duration::from_secs(60)).await;
    scheduler.refresh().await;
    assert_eq!(account.taken().calls("DescribeSessions"), 0);
}
