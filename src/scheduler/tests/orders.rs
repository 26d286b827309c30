//! Orders while a scheduler runs: they take effect at once, and what they leave true is kept.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::account::{Account, live, scheduler};
use crate::config::{AuthenticationType, Config, Pattern};
use crate::model::Snapshot;
use crate::scheduler::{Order, Settings};

/// A scheduler that runs, what it publishes, and how to tell it of another configuration.
struct Running {
    account: Account,
    orders: watch::Sender<Order<Account>>,
    published: mpsc::UnboundedReceiver<Snapshot>,
    stop: CancellationToken,
}

impl Running {
    /// An account with one fleet that has two sessions.
    fn start(config: &Config) -> Self {
        let account = Account::default();
        account.hold().put("f", "ALWAYS_ON", Some(2));
        account.hold().stream("f", "f", "SAML", 2);
        let order = Order {
            source: account.clone(),
            settings: Settings::from(config),
        };
        let (orders, ordered) = watch::channel(order);
        let (sender, published) = mpsc::unbounded_channel();
        let publish = move |snapshot| {
            let _ = sender.send(snapshot);
        };
        let stop = CancellationToken::new();
        tokio::spawn(scheduler(&account, config).run(ordered, publish, stop.clone()));
        Self {
            account,
            orders,
            published,
            stop,
        }
    }

    fn order(&self, config: &Config) {
        self.orders.send_replace(Order {
            source: self.account.clone(),
            settings: Settings::from(config),
        });
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
async fn an_order_takes_effect_at_once_and_loses_nothing() {
    let mut running = Running::start(&hourly());
    assert_eq!(live(&running.next().await, "f", "f"), Some(2));
    running.account.taken();
    let mut config = hourly();
    config.collectors.appstream_stacks = false;
    running.order(&config);
    let kept = running.next().await;
    assert_eq!((live(&kept, "f", "f"), kept.fleets.len()), (Some(2), 1));
    assert!(kept.stacks.is_empty() && kept.associations.is_empty());
    let refreshed = running.next().await;
    assert_eq!(live(&refreshed, "f", "f"), Some(2));
    let taken = running.account.taken();
    assert_eq!(taken.calls("DescribeFleets"), 1);
    assert_eq!(taken.calls("DescribeStacks"), 0);
    running.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn another_filter_has_everything_listed_anew() {
    let mut running = Running::start(&hourly());
    running.account.hold().associate("f", "other");
    running.account.hold().stream("f", "other", "API", 5);
    let mut config = hourly();
    config.filters.stacks.exclude = vec![Pattern::new("other").unwrap()];
    running.order(&config);
    running.next().await;
    running.next().await;
    let first = running.next().await;
    assert_eq!(
        (live(&first, "f", "f"), live(&first, "f", "other")),
        (Some(2), None)
    );
    running.order(&hourly());
    running.next().await;
    let refreshed = running.next().await;
    assert_eq!(
        (live(&refreshed, "f", "f"), live(&refreshed, "f", "other")),
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
    assert_eq!(live(&running.next().await, "f", "f"), Some(2));
    running.order(&hourly());
    assert_eq!(live(&running.next().await, "f", "f"), None, "not asked yet");
    assert_eq!(live(&running.next().await, "f", "f"), Some(3));
    running.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn many_orders_are_one() {
    let mut running = Running::start(&hourly());
    running.next().await;
    running.account.taken();
    for seconds in 1..=200 {
        let mut config = hourly();
        config.refresh.max_age = Duration::from_secs(3600 * 3 + seconds);
        running.order(&config);
    }
    running.next().await;
    running.next().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(running.account.taken().calls("DescribeFleets"), 1);
    running.stop.cancel();
}
