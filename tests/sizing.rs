//! Promise: the tables of calls in `docs/sizing.md` are what its formula gives, and what is asked for.

mod common;

use appstream_exporter::simulator::Uniform;
use common::{ACCOUNT, once, simulator};

/// Fleets on a page, as the simulator has it.
const FLEETS_PER_PAGE: u32 = 20;
/// Sessions on a page.
const SESSIONS_PER_PAGE: u32 = 50;
/// Shares of refreshes by default: of types that have no session, and of the topology.
const RECHECK: f64 = 1.0 / 30.0;
const TOPOLOGY: f64 = 1.0 / 10.0;
/// Of a pair without any session of a fleet that is not in use, one type comes up so often.
const IDLE: f64 = 1.0 / 5.0;
/// Calls that fit into a refresh by default.
const BUDGET: f64 = 250.0;

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
        // Stacks come in pages of the same size, and are as many as fleets.
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
        self.fleet_pages() + self.topology() + pages + empty
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
    }
}

/// The cells of the table of the document that begins with this head.
fn table(head: &str) -> Vec<Vec<String>> {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sizing.md"));
    let document = document.expect("docs/sizing.md");
    let (_, rest) = document.split_once(head).expect(head);
    let rows = rest.lines().skip(2).take_while(|row| row.starts_with('|'));
    let cells = |row: &str| {
        let row = row.trim_matches('|').split('|');
        row.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

fn number(cell: &str) -> u32 {
    let digits = cell.trim_start_matches("up to ");
    digits.parse().expect(cell)
}

#[tokio::test]
async fn the_formula_gives_what_is_asked_for() {
    let rows = table("| fleets | sessions | authentication types | first look | later |");
    assert!(rows.len() >= 5, "{rows:?}");
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
        let config = format!(
            "aws: {{requests_per_second: 10000, burst: 10000}}\nsessions: {{authentication_types: [{types}]}}"
        );
        let (output, metrics) = once(&simulator, &config).await;
        assert_eq!(output.status.code(), Some(0), "{row:?}");
        let service = [("aws_service", "appstream")];
        let sent = metrics.sum("appstream_exporter_aws_requests_total", &service);
        assert_eq!(sent, f64::from(account.first()), "{row:?}");
        metrics.assert("appstream_exporter_refresh_calls_needed", &service, needed);
    }
}

#[test]
fn so_many_fleets_fit() {
    let rows = table("| sessions of each fleet | fleets |");
    assert!(rows.len() >= 5, "{rows:?}");
    for row in rows {
        let account = |fleets| Account {
            fleets,
            sessions_per_fleet: number(&row[0]),
            types: 4,
        };
        let fleets = number(&row[1]);
        assert!(account(fleets).later() <= BUDGET, "{row:?}");
        assert!(account(fleets + 1).later() > BUDGET, "{row:?}");
    }
}
