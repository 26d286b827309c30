//! Other settings while a scheduler runs take effect at once, and what they leave true is kept.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::account::{Account, live, scheduler};
use crate::config::{AuthenticationType, Config, Pattern};
use crate::model::{Collector, Snapshot};
use crate::scheduler::{Reconfigure, Settings};

/// A running scheduler with its snapshots, and a channel for new settings.
struct Running {
    account: Account,
    settings: watch::Sender<Reconfigure<Account>>,
    published: mpsc::UnboundedReceiver<Snapshot>,
    stop: CancellationToken,
}

impl Running {
    /// An account with one fleet that has two sessions.
    fn start(config: &Config) -> Self {
        let account = Account::default();
        account.hold().put("f", "ALWAYS_ON", Some(2));
        account.hold().stream("f", "f", "SAML", 2);
        let first = Reconfigure {
            source: account.clone(),
            settings: Settings::from(config),
        };
        let (settings, reconfigured) = watch::channel(first);
        let (sender, published) = mpsc::unbounded_channel();
        let publish = move |snapshot| {
            let _ = sender.send(snapshot);
        };
        let stop = CancellationToken::new();
        tokio::spawn(scheduler(&account, config).run(reconfigured, publish, stop.clone()));
        Self {
            account,
            settings,
            published,
            stop,
        }
    }

    fn reconfigure(&self, config: &Config) {
        self.settings.send_replace(Reconfigure {
            source: self.account.clone(),
            settings: Settings::from(config),
        });
    }

    /// The snapshot after all work is done.
    async fn settled(&mut self) -> Snapshot {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut last = self.published.recv().await.unwrap();
        while let Ok(snapshot) = self.published.try_recv() {
            last = snapshot;
        }
        last
    }

    async fn next(&mut self) -> Snapshot {
        self.published.recv().await.unwrap()
    }
}

/// Hourly, so that nothing happens by itself.
fn hourly() -> Config {
    let mut config = Config::default();
    config.refresh.interval = Duration::from_secs(3600);
    config.refresh.timeout = Duration::from_secs(50);
    config.refresh.max_age = Duration::from_secs(3600 * 3);
    config.refresh.topology_interval = Duration::from_secs(3600);
    config
}

#[tokio::test(start_paused = true)]
async fn other_settings_take_effect_at_once_and_nothing_is_lost() {
    let mut running = Running::start(&hourly());
    assert_eq!(live(&running.settled().await, "f", "f"), Some(2));
    running.account.taken();
    let mut config = hourly();
    config.collectors.set(Collector::AppstreamStacks, false);
    running.reconfigure(&config);
    let kept = running.next().await;
    assert_eq!((live(&kept, "f", "f"), kept.fleets.len()), (Some(2), 1));
    assert!(kept.stacks.is_empty() && kept.associations.is_empty());
    let refreshed = running.settled().await;
    assert_eq!(live(&refreshed, "f", "f"), Some(2));
    let taken = running.account.taken();
    assert_eq!(taken.calls("DescribeFleets"), 1);
    assert_eq!(taken.calls("DescribeStacks"), 0);
    running.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn other_filters_show_and_hide_at_once_what_is_known() {
    let mut running = Running::start(&hourly());
    running.account.hold().associate("f", "other");
    running.account.hold().stream("f", "other", "API", 5);
    let shown = running.settled().await;
    assert_eq!(live(&shown, "f", "other"), Some(5));
    let mut config = hourly();
    config.filters.stacks.exclude = vec![Pattern::new("other").unwrap()];
    running.reconfigure(&config);
    let hidden = running.next().await;
    assert_eq!(
        (live(&hidden, "f", "f"), live(&hidden, "f", "other")),
        (Some(2), None)
    );
    running.settled().await;
    running.reconfigure(&hourly());
    let shown = running.next().await;
    assert_eq!(shown.associations.len(), 2, "the list is kept");
    let shown = running.settled().await;
    assert_eq!(
        (live(&shown, "f", "f"), live(&shown, "f", "other")),
        (Some(2), Some(5))
    );
    running.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn counts_over_other_types_are_other_counts() {
    let mut config = hourly();
    config.sessions.authentication_types = vec![AuthenticationType::Saml];
    let mut running = Running::start(&config);
    running.account.hold().stream("f", "f", "API", 1);
    assert_eq!(live(&running.settled().await, "f", "f"), Some(2));
    running.reconfigure(&hourly());
    let before = running.next().await;
    assert_eq!(live(&before, "f", "f"), None, "not read yet");
    assert_eq!(live(&running.settled().await, "f", "f"), Some(3));
    running.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn many_reconfigurations_are_one() {
    let mut running = Running::start(&hourly());
    running.settled().await;
    running.account.taken();
    for seconds in 1..=200 {
        let mut config = hourly();
        config.refresh.max_age = Duration::from_secs(3600 * 3 + seconds);
        running.reconfigure(&config);
    }
    running.settled().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(running.account.taken().calls("DescribeFleets"), 1);
    running.stop.cancel();
}

/// The ids that a snapshot lists; `None` where sessions are not listed.
fn listed(snapshot: &Snapshot) -> Option<Vec<&str>> {
    let groups = snapshot.session_groups.as_ref()?;
    let sessions = groups.iter().flat_map(|group| group.after(None));
    Some(sessions.map(|(session, _)| session.id()).collect())
}

#[tokio::test(start_paused = true)]
async fn sessions_are_listed_only_while_the_settings_ask_for_it() {
    let off = hourly();
    let mut on = hourly();
    on.sessions.list = true;
    let mut running = Running::start(&off);
    assert_eq!(listed(&running.settled().await), None);
    for _ in 0..2 {
        running.reconfigure(&on);
        // Read before the list was wanted, or forgotten since.
        let first = running.next().await;
        assert_eq!(listed(&first), Some(Vec::new()));
        assert_eq!(live(&first, "f", "f"), Some(2));
        let groups = first.session_groups.unwrap();
        assert!(groups.iter().all(|group| !group.is_complete));
        let ids = vec!["f/f/SAML/0", "f/f/SAML/1"];
        let second = running.settled().await;
        assert_eq!(listed(&second), Some(ids));
        running.reconfigure(&off);
        let third = running.settled().await;
        assert_eq!(listed(&third), None);
        assert_eq!(live(&third, "f", "f"), Some(2));
    }
    running.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_list_without_changes_is_held_once() {
    let account = Account::default();
    account.hold().put("f", "ALWAYS_ON", Some(2));
    account.hold().stream("f", "f", "SAML", 2);
    let mut config = Config::default();
    config.sessions.list = true;
    let mut scheduler = scheduler(&account, &config);
    let mut lists = Vec::new();
    for sessions in [2, 2, 3] {
        account.hold().stream("f", "f", "SAML", sessions);
        let snapshot = scheduler.refresh().await;
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(listed(&snapshot).unwrap().len(), sessions);
        let groups = snapshot.session_groups.iter().flatten();
        let all = groups.flat_map(|group| &group.lists);
        let mut full = all.filter(|read| !read.list.is_empty());
        lists.extend(full.next().map(|read| Arc::clone(&read.list)));
    }
    let [first, second, third] = &*lists else {
        panic!("three lists")
    };
    assert!(Arc::ptr_eq(first, second) && !Arc::ptr_eq(second, third));
}
