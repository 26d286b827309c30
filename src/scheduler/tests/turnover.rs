//! Every session that starts or ends is counted once, even if reads fail.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::account::{Account, pair, scheduler_at};
use crate::config::{AuthenticationType, Config, Pattern};
use crate::model::{Label, Session, Snapshot};
use crate::scheduler::{Reconfigure, Scheduler, Settings};

const MINUTE: Duration = Duration::from_secs(60);
/// When the first refresh begins, on the wall clock.
const FIRST: u64 = 1_000_000;

thread_local! {
    /// Seconds since the epoch. Each test has a thread of its own.
    static WALL: Cell<u64> = const { Cell::new(FIRST) };
}

fn wall() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(WALL.get())
}

/// A fleet `f` with a stack `s`, refreshed every minute.
struct Minutes {
    account: Account,
    config: Config,
    scheduler: Scheduler<Account>,
}

impl Minutes {
    fn new() -> Self {
        let account = Account::default();
        account.hold().put("f", "ALWAYS_ON", Some(0));
        account.hold().pairs.clear();
        account.hold().associate("f", "s");
        let mut config = Config::default();
        config.refresh.topology_interval = config.refresh.interval;
        let scheduler = scheduler_at(&account, &config, wall);
        Self {
            account,
            config,
            scheduler,
        }
    }

    /// The sessions that the pair has from now on: `a` of the second 0, `b10` of the second
    /// 10, `cx` an EXPIRED one, `d-` a disconnected one.
    fn stream(&self, kind: &'static str, text: &str) {
        let session = |word: &str| {
            let state = if word.contains('x') {
                "EXPIRED"
            } else {
                "ACTIVE"
            };
            let is_gone = word.contains('-');
            let started: String = word.chars().filter(char::is_ascii_digit).collect();
            let started = started.parse().unwrap_or(0);
            Session {
                id: word[..1].to_owned(),
                authentication_type: Some(Label::Borrowed(kind)),
                state: Some(Label::Borrowed(state)),
                connection_state: Some(Label::Borrowed(if is_gone {
                    "NOT_CONNECTED"
                } else {
                    "CONNECTED"
                })),
                started: Some(f64::from(u32::try_from(FIRST + started).unwrap())),
                ..Session::default()
            }
        };
        let sessions: Vec<_> = text.split_whitespace().map(session).collect();
        let mut hold = self.account.hold();
        hold.sessions.insert((pair("f", "s"), kind), sessions);
        let live = hold.sessions.values().flatten();
        let live = live.filter(|session| session.state.as_deref() == Some("ACTIVE"));
        let in_use = i32::try_from(live.count()).unwrap();
        hold.use_instances("f", in_use);
    }

    async fn refresh(&mut self) -> Snapshot {
        let snapshot = self.scheduler.refresh().await;
        tokio::time::advance(MINUTE).await;
        WALL.set(WALL.get() + MINUTE.as_secs());
        snapshot
    }

    /// The snapshot after another refresh.
    async fn next(&mut self) -> Shown {
        Shown::of(&self.refresh().await)
    }

    fn reconfigure(&mut self) {
        self.scheduler.reconfigure(Reconfigure {
            source: self.account.clone(),
            settings: Settings::from(&self.config),
        });
    }
}

/// Starts and ends of the pair, and the number and the sum of the durations of the fleet.
#[derive(Debug, PartialEq)]
struct Shown {
    pair: Option<(u64, u64)>,
    fleet: Option<(u64, f64)>,
}

impl Shown {
    fn of(snapshot: &Snapshot) -> Self {
        let pair = snapshot.sessions.first();
        let fleet = snapshot.fleet_totals.first();
        let durations = fleet.and_then(|fleet| fleet.durations.as_ref());
        Self {
            pair: pair.map(|pair| (pair.started, pair.ended)),
            fleet: durations.map(|durations| durations.totals()),
        }
    }
}

/// So many started and so many ended, after so many seconds together.
fn shown(started: u64, ended: u64, seconds: f64) -> Shown {
    Shown {
        pair: Some((started, ended)),
        fleet: Some((ended, seconds)),
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_start_and_end() {
    let mut minutes = Minutes::new();
    minutes.stream("SAML", "a b");
    assert_eq!(minutes.next().await, shown(0, 0, 0.0), "they ran before");
    assert_eq!(minutes.next().await, shown(0, 0, 0.0));
    minutes.stream("SAML", "a b c70");
    assert_eq!(minutes.next().await, shown(1, 0, 0.0));
    // At 180 s.
    minutes.stream("SAML", "ax c70");
    assert_eq!(minutes.next().await, shown(1, 2, 360.0));
    minutes.stream("SAML", "c70");
    assert_eq!(
        minutes.next().await,
        shown(1, 2, 360.0),
        "EXPIRED was the end"
    );
    minutes.stream("SAML", "");
    assert_eq!(minutes.next().await, shown(1, 3, 360.0 + 230.0));
    minutes.stream("API", "d350");
    assert_eq!(minutes.next().await, shown(2, 3, 590.0));
}

#[tokio::test(start_paused = true)]
async fn a_failed_read_ends_nothing_and_counts_nothing_twice() {
    let mut minutes = Minutes::new();
    minutes.stream("SAML", "a");
    minutes.next().await;
    minutes.stream("SAML", "b");
    minutes.account.hold().down.insert(pair("f", "s"));
    let held = minutes.next().await;
    assert_eq!(held, shown(0, 0, 0.0));
    // Longer than the maximum age.
    for _ in 0..11 {
        assert_eq!(minutes.next().await, held);
    }
    minutes.account.hold().down.clear();
    assert_eq!(minutes.next().await, shown(1, 1, 780.0));
    assert_eq!(minutes.next().await, shown(1, 1, 780.0));
}

#[tokio::test(start_paused = true)]
async fn a_type_that_aws_refuses_for_a_while_is_remembered() {
    let mut minutes = Minutes::new();
    minutes.stream("SAML", "a b");
    minutes.next().await;
    // Refused as such once the sessions are too old to be shown.
    minutes.account.hold().refused.insert("SAML");
    for _ in 0..5 {
        minutes.next().await;
    }
    minutes.account.hold().refused.clear();
    minutes.account.hold().unsupported.insert("SAML");
    for _ in 0..2 {
        assert_eq!(minutes.next().await.pair, Some((0, 0)));
    }
    minutes.account.hold().unsupported.clear();
    minutes.stream("SAML", "b c400");
    for _ in 0..10 {
        minutes.next().await;
    }
    let Shown { pair, fleet } = minutes.next().await;
    assert_eq!(
        (pair, fleet.map(|(count, _)| count)),
        (Some((1, 1)), Some(1))
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_that_moves_between_types_goes_on() {
    let mut minutes = Minutes::new();
    minutes.stream("SAML", "a b");
    minutes.next().await;
    for (from, to) in [("SAML", "API"), ("API", "USERPOOL"), ("USERPOOL", "SAML")] {
        minutes.stream(from, "b");
        minutes.stream(to, "a");
        for _ in 0..2 {
            assert_eq!(minutes.next().await, shown(0, 0, 0.0), "{from} to {to}");
        }
        minutes.stream(from, "");
        minutes.stream(to, "a b");
        minutes.next().await;
    }
    // Listed by two types, it ends once.
    minutes.stream("API", "a b");
    assert_eq!(minutes.next().await, shown(0, 0, 0.0));
    minutes.stream("API", "b");
    minutes.stream("SAML", "b");
    assert_eq!(minutes.next().await.pair, Some((0, 1)));
}

#[tokio::test(start_paused = true)]
async fn an_association_that_is_gone_ends_no_session() {
    let mut minutes = Minutes::new();
    minutes.account.hold().associate("f", "other");
    minutes.stream("SAML", "a b30");
    minutes.next().await;
    minutes.account.hold().pairs.remove(&pair("f", "s"));
    let Shown { fleet, .. } = minutes.next().await;
    assert_eq!(fleet, Some((0, 0.0)), "no read showed that they ended");
    minutes.account.hold().associate("f", "s");
    minutes.next().await;
    let again = minutes.refresh().await;
    let pairs: Vec<_> = again.sessions.iter().map(|pair| pair.started).collect();
    assert_eq!(pairs, [0, 0], "they ran when the pair was first read again");
    assert_eq!(Shown::of(&again).fleet, Some((0, 0.0)));
}

#[tokio::test(start_paused = true)]
async fn filters_and_other_types_end_nothing() {
    let mut minutes = Minutes::new();
    minutes.stream("SAML", "a b");
    minutes.stream("API", "c");
    minutes.next().await;
    minutes.stream("SAML", "b d50");
    assert_eq!(minutes.next().await, shown(1, 1, 60.0));
    // Counters and the sessions of the type that is left go on.
    minutes.config.sessions.authentication_types = vec![AuthenticationType::Saml];
    minutes.reconfigure();
    minutes.stream("SAML", "d50 e100");
    assert_eq!(minutes.next().await, shown(2, 2, 180.0));
    // The sessions of a type that is read again are no starts.
    minutes.config = Config::default();
    minutes.reconfigure();
    assert_eq!(minutes.next().await, shown(2, 2, 180.0));
    // A pair that was filtered out is a new one.
    minutes.config.filters.stacks.exclude = vec![Pattern::new("s").unwrap()];
    minutes.reconfigure();
    let hidden = Shown {
        pair: None,
        fleet: Some((2, 180.0)),
    };
    assert_eq!(minutes.next().await, hidden);
    minutes.config = Config::default();
    minutes.reconfigure();
    let back = Shown {
        pair: Some((0, 0)),
        ..hidden
    };
    assert_eq!(minutes.next().await, back);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_was_created_again_is_another_one() {
    let mut minutes = Minutes::new();
    minutes.stream("SAML", "a");
    minutes.next().await;
    minutes.stream("SAML", "b50");
    assert_eq!(minutes.next().await, shown(1, 1, 60.0));
    for fleet in minutes.account.hold().fleets.values_mut() {
        fleet.created = Some(1.0);
    }
    minutes.stream("SAML", "c100");
    assert_eq!(minutes.next().await, shown(0, 0, 0.0));
}

#[tokio::test(start_paused = true)]
async fn the_oldest_disconnection_is_dated_by_the_exporter() {
    let mut minutes = Minutes::new();
    let mut dates = Vec::new();
    for (text, is_down) in [
        ("a b-", false),
        ("a- b-", false),
        ("a- b", true),
        ("a- b", false),
        ("a b", false),
    ] {
        minutes.stream("SAML", text);
        let mut down = std::collections::BTreeSet::new();
        down.extend(is_down.then(|| pair("f", "s")));
        minutes.account.hold().down = down;
        let snapshot = minutes.refresh().await;
        let since = snapshot.sessions[0].tally.oldest_disconnection;
        dates.push(since.map(|since| since - f64::from(u32::try_from(FIRST).unwrap())));
    }
    assert_eq!(dates, [Some(0.0), Some(0.0), Some(0.0), Some(60.0), None]);
}
