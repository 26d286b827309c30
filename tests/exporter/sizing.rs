//! Promise: the tables of calls and series in `docs/sizing.md` match its formulas and the
//! program.

use crate::common::{ACCOUNT, BRISK, Metrics, REGION, once, simulator};
use appstream_simulator::{Fleet, Region, Session, Stack, Uniform, World};

/// Fleets on a page, as the simulator has it.
const FLEETS_PER_PAGE: u32 = 20;
/// Sessions on a page.
const SESSIONS_PER_PAGE: u32 = 50;
/// Shares of refreshes by default: of types that have no session, and of the topology.
const RECHECK: f64 = 1.0 / 30.0;
const TOPOLOGY: f64 = 1.0 / 10.0;
/// And of images and settings of the account.
const HOURLY: f64 = 1.0 / 60.0;
/// Image builders, app block builders, directory configs and usage reports: a page each.
const LISTS: u32 = 4;
/// All fleets use one image.
const IMAGES: u32 = 1;
/// Of a pair without any session of a fleet that is not in use, one type comes up so often.
const IDLE: f64 = 1.0 / 5.0;
/// The tolerance for series, because the formula rounds the exporter's own series.
const SERIES_OFF: u32 = 25;
/// Calls that fit into a refresh by default.
const BUDGET: f64 = 250.0;

/// All types, which are the default.
const TYPES: &str = "API, SAML, USERPOOL, AWS_AD";
/// Accounts that the table of calls leaves out: a small one, one without sessions, and one with a
/// page per fleet.
const FURTHER_ROWS: [[&str; 5]; 3] = [
    ["10", "100", TYPES, "57", "15"],
    ["20", "0", TYPES, "107", "11"],
    ["100", "1000", TYPES, "515", "127"],
];
/// Accounts that the table of series leaves out.
const SMALLER_ROWS: [[&str; 4]; 2] = [["10", "100", "0", "767"], ["100", "1000", "100", "8612"]];

/// Fleets with a stack each, whose sessions are all of one authentication type.
struct Account {
    fleets: u32,
    sessions_per_fleet: u32,
    types: u32,
}

impl Account {
    fn fleet_pages(&self) -> u32 {
        self.fleets.div_ceil(FLEETS_PER_PAGE)
    }

    fn topology(&self) -> u32 {
        // Stacks come in pages of the same size, and are as many as fleets. Associations
        // are a call for each fleet.
        self.fleet_pages() + self.fleets
    }

    /// Pages of sessions, and types without one.
    fn sessions(&self) -> (u32, u32) {
        let pages = self.sessions_per_fleet.div_ceil(SESSIONS_PER_PAGE);
        let with_sessions = u32::from(pages > 0);
        (
            self.fleets * pages,
            self.fleets * (self.types - with_sessions),
        )
    }

    fn first(&self) -> u32 {
        let (pages, empty) = self.sessions();
        self.fleet_pages() + self.topology() + pages + empty + IMAGES + LISTS
    }

    fn later(&self) -> f64 {
        let (pages, empty) = self.sessions();
        let (expected, empty) = match pages {
            0 => (self.fleets, empty - self.fleets),
            _ => (0, empty),
        };
        f64::from(self.fleet_pages() + pages)
            + IDLE * f64::from(expected)
            + RECHECK * f64::from(empty)
            + TOPOLOGY * f64::from(self.topology())
            // There are no app block builders.
            + 1.0
            + TOPOLOGY
            + HOURLY * f64::from(IMAGES + 2)
    }
}

fn document() -> String {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sizing.md"));
    document.expect("docs/sizing.md")
}

/// The cells of the table of the document that begins with this head.
fn table(head: &str) -> Vec<Vec<String>> {
    let document = document();
    let (_, rest) = document.split_once(head).expect(head);
    let rows = rest.lines().skip(2).take_while(|row| row.starts_with('|'));
    let cells = |row: &str| {
        let row = row.trim_matches('|').split('|');
        row.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// A configuration with these types and a high rate limit.
fn config_of(types: &str) -> String {
    format!(
        "aws: {{requests_per_second: 10000, burst: 10000}}\nsessions: {{authentication_types: [{types}]}}"
    )
}

fn number(cell: &str) -> u32 {
    cell.parse().expect(cell)
}

#[tokio::test]
async fn the_formula_gives_what_is_asked_for() {
    let mut rows = table("| fleets | sessions | authentication types | first | later |");
    assert!(rows.len() >= 2, "{rows:?}");
    rows.extend(FURTHER_ROWS.map(|row| row.map(str::to_owned).to_vec()));
    for row in rows {
        let [fleets, sessions, types, first, later] = row.as_slice() else {
            panic!("{row:?}");
        };
        let (fleets, sessions) = (number(fleets), number(sessions));
        let account = Account {
            fleets,
            sessions_per_fleet: sessions / fleets,
            types: u32::try_from(types.split(", ").count()).unwrap(),
        };
        let needed = account.later().ceil();
        assert_eq!(number(first), account.first(), "{row:?}");
        assert_eq!(f64::from(number(later)), needed, "{row:?}");

        let world = Uniform {
            fleets: usize::try_from(fleets).unwrap(),
            sessions: usize::try_from(sessions).unwrap(),
            pools: 1,
            seed: 1,
        };
        let simulator = simulator(world.world(ACCOUNT)).await;
        let config = config_of(types);
        let (output, metrics) = once(&simulator, &config).await;
        assert_eq!(output.status.code(), Some(0), "{row:?}");
        let service = [("aws_service", "appstream")];
        let sent = metrics.sum("appstream_exporter_aws_requests_total", &service);
        assert_eq!(sent, f64::from(account.first()), "{row:?}");
        metrics.assert("appstream_exporter_refresh_calls_needed", &service, needed);
    }
}

#[tokio::test]
async fn associations_are_a_call_for_each_fleet() {
    for formula in [
        "first = pF + pS + F + N + E + I + 4",
        "later = pF + N + r × E + t × (pS + F) + 1 + t + h × (I + 2)",
    ] {
        assert!(document().contains(formula), "{formula}");
    }
    let mut fleets = region(&[("stack", false)]);
    for fleet in ["second", "third"] {
        fleets.put_fleet(Fleet::new(fleet));
        fleets.put_association(fleet, "stack");
    }
    let metrics = shown(&[(REGION, fleets)], "SAML").await;
    let sent = |operation: &str| {
        let of = [("operation", operation)];
        metrics.sum("appstream_exporter_aws_requests_total", &of)
    };
    // pF, pS, F and E.
    assert_eq!(sent("DescribeFleets"), 1.0);
    assert_eq!(sent("DescribeStacks"), 1.0);
    assert_eq!(sent("ListAssociatedStacks"), 3.0);
    assert_eq!(sent("DescribeSessions"), 3.0);
}

#[tokio::test]
async fn tags_are_a_call_for_each_fleet_stack_and_pool() {
    for formula in [
        "each fleet, stack and pool adds one call to the first refresh and `t` calls (0.1 by default)",
        "With `filters.tags` alone, only fleets add these calls",
    ] {
        let text = document().replace('\n', " ");
        assert!(text.contains(formula), "{formula}");
    }
    let account = Account {
        fleets: 20,
        sessions_per_fleet: 10,
        types: 4,
    };
    let pools = 30;
    let world = Uniform {
        fleets: 20,
        sessions: 200,
        pools: 30,
        seed: 1,
    };
    for (tags, tagged, tagged_pools) in [
        ("tags: {labels: [team]}", 40, pools),
        ("filters: {tags: {team: '.*'}}", 20, 0),
    ] {
        let mut world = world.world(ACCOUNT);
        let region = world.region_mut(REGION);
        for number in 0..20 {
            let fleet = region.fleets().keys().nth(number).cloned().unwrap();
            let fleet = region.fleet_mut(&fleet).unwrap();
            fleet.tags.insert("team".to_owned(), "payments".to_owned());
        }
        let simulator = simulator(world).await;
        let (output, metrics) = once(&simulator, &format!("{}\n{tags}", config_of(TYPES))).await;
        assert_eq!(output.status.code(), Some(0), "{tags}: {output:?}");
        let sent = |service: &str| {
            let of = [("aws_service", service)];
            metrics.sum("appstream_exporter_aws_requests_total", &of)
        };
        let needed = |service: &str| {
            let of = [("aws_service", service)];
            metrics.value("appstream_exporter_refresh_calls_needed", &of)
        };
        assert_eq!(
            sent("appstream"),
            f64::from(account.first() + tagged),
            "{tags}"
        );
        let later = account.later() + TOPOLOGY * f64::from(tagged);
        assert_eq!(needed("appstream"), Some(later.ceil()), "{tags}");
        // Pages of 25 pools, and one page of sessions for each.
        let every = f64::from(2 + pools);
        assert_eq!(
            sent("workspaces"),
            every + f64::from(tagged_pools),
            "{tags}"
        );
        let later = every + TOPOLOGY * f64::from(tagged_pools);
        assert_eq!(needed("workspaces"), Some(later.ceil()), "{tags}");
    }
}

#[test]
fn so_many_fleets_fit() {
    assert!(document().contains("can monitor 110 fleets with 100 sessions each"));
    for (sessions_per_fleet, fleets) in [(50, 198), (100, 110), (1000, 12)] {
        let account = |fleets| Account {
            fleets,
            sessions_per_fleet,
            types: 4,
        };
        assert!(account(fleets).later() <= BUDGET, "{fleets}");
        assert!(account(fleets + 1).later() > BUDGET, "{fleets}");
    }
}

#[tokio::test]
async fn there_are_as_many_series_as_the_formula_gives() {
    let formula = "series = fleets × (41 + 6 × authentication types) + 36 × pools + 295";
    assert!(document().contains(formula));
    let head = "| fleets | sessions | pools | series | peak MiB |";
    let mut count = 0;
    let mut rows = table(head);
    rows.extend(SMALLER_ROWS.map(|row| row.map(str::to_owned).to_vec()));
    for row in rows {
        let [fleets, sessions, pools, series] = [0, 1, 2, 3].map(|cell| number(&row[cell]));
        // All sessions are of one type.
        let expected = fleets * (41 + 6) + 36 * pools + 295;
        assert!(series.abs_diff(expected) <= SERIES_OFF, "{row:?}");
        // The larger ones are the same, and take their time.
        if fleets > 100 || sessions > 10_000 {
            continue;
        }
        let world = Uniform {
            fleets: usize::try_from(fleets).unwrap(),
            sessions: usize::try_from(sessions).unwrap(),
            pools: usize::try_from(pools).unwrap(),
            seed: 1,
        };
        let simulator = simulator(world.world(ACCOUNT)).await;
        let (output, metrics) = once(&simulator, &config_of(TYPES)).await;
        assert_eq!(output.status.code(), Some(0), "{row:?}");
        let found = u32::try_from(metrics.series().len()).unwrap();
        assert!(found.abs_diff(expected) <= SERIES_OFF, "{row:?}: {found}");
        count += 1;
    }
    assert!(count >= 3, "only {count} rows were compared");
}

/// A region with one fleet and stacks, of which some have a session.
fn region(stacks: &[(&str, bool)]) -> Region {
    let mut region = Region::new();
    region.put_fleet(Fleet::new("fleet"));
    for (stack, has_session) in stacks {
        region.put_stack(Stack::new(*stack));
        region.put_association("fleet", *stack);
        if *has_session {
            let session = Session::new(format!("of-{stack}"), "fleet", *stack);
            // As AWS answers, with both of its moments.
            region.put_session(session.saml().started_at(1e9).expires_at(2e9));
        }
    }
    region
}

/// The output of `--once` for these regions.
async fn shown(regions: &[(&str, Region)], types: &str) -> Metrics {
    let mut world = World::new(ACCOUNT);
    for (name, region) in regions {
        world = world.region(*name, region.clone());
    }
    let names: Vec<_> = regions.iter().map(|(name, _)| *name).collect();
    let targets = format!("targets: [{{regions: [{}]}}]", names.join(", "));
    let config = format!("{BRISK}sessions: {{authentication_types: [{types}]}}\n{targets}");
    let (output, metrics) = once(&simulator(world).await, &config).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    metrics
}

#[tokio::test]
async fn a_further_stack_and_a_further_region_add_what_is_said() {
    let text = document().replace('\n', " ");
    for said in [
        "each additional stack adds at most `8 + 6 × authentication types` series",
        "Each additional region adds about 60 series",
    ] {
        assert!(text.contains(said), "{said}");
    }
    let with = |stacks: &'static [(&str, bool)]| [(REGION, region(stacks))];
    let one = shown(&with(&[("a", true)]), TYPES).await.series().len();
    let two = shown(&with(&[("a", true), ("b", true)]), TYPES).await;
    assert_eq!(two.series().len() - one, 7 + 6 + 1);
    let idle = shown(&with(&[("a", true), ("b", false)]), TYPES).await;
    assert_eq!(idle.series().len() - one, 5 + 6 + 1);
    // Without any session in the region, all types that are read are shown.
    for (types, count) in [(TYPES, 4), ("SAML", 1)] {
        let one = shown(&with(&[("a", false)]), types).await.series().len();
        let two = shown(&with(&[("a", false), ("b", false)]), types).await;
        assert_eq!(two.series().len() - one, 5 + 6 * count + 1, "{types}");
    }

    let own = |metrics: &Metrics| {
        let series = metrics.series().iter();
        series
            .filter(|series| series.name.starts_with("appstream_exporter_"))
            .count()
    };
    let here = (REGION, region(&[("a", true)]));
    let there = ("us-east-1", region(&[("a", true)]));
    let one = own(&shown(std::slice::from_ref(&here), TYPES).await);
    let two = own(&shown(&[here, there], TYPES).await);
    assert!((56..=64).contains(&(two - one)), "{one}, then {two}");
}
