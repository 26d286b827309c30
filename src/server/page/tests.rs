//! The pages as text: sizes, charts and colours.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::policy::STYLE;
use super::{Links, wall};
use crate::exposition::Exposition;
use crate::history::History;
use crate::model::{
    Association, Capacity, Collector, Fleet, Label, PairSessions, SessionCell, SessionTally,
    Snapshot, TargetRegion,
};
use crate::selfmetrics::SelfMetrics;
use crate::server::overview::{Filter, Kind, Overview};
use crate::server::status::About;

const NOW: u64 = 1_700_000_000;
const MINUTE: Duration = Duration::from_secs(60);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn fleet(number: usize, in_use: i32) -> Fleet {
    Fleet {
        name: format!("department-{number:04}-desktops").into(),
        account_id: Some("123456789012".into()),
        arn: None,
        fleet_type: None,
        instance_type: None,
        platform: None,
        image: None,
        image_arn: None,
        stream_view: None,
        display_name: None,
        state: Some(Label::Borrowed("RUNNING")),
        capacity: Capacity {
            desired: Some(200),
            in_use: Some(in_use),
            available: Some(100 - in_use),
            ..Capacity::default()
        },
        max_sessions_per_instance: None,
        max_concurrent_sessions: None,
        max_user_duration_seconds: None,
        disconnect_timeout_seconds: None,
        idle_disconnect_timeout_seconds: None,
        created: None,
        default_internet_access: None,
        root_volume_gib: None,
        is_imdsv1_disabled: None,
        errors: BTreeMap::default(),
    }
}

fn sessions(fleet: &Fleet, stack: &str) -> PairSessions {
    let cell = |connection_state| SessionCell {
        authentication_type: Label::Borrowed("SAML"),
        state: Label::Borrowed("ACTIVE"),
        connection_state: Label::Borrowed(connection_state),
    };
    let counts = [(cell("CONNECTED"), 90), (cell("NOT_CONNECTED"), 9)];
    PairSessions {
        fleet: fleet.name.clone(),
        stack: stack.into(),
        authentication_types: Vec::new(),
        tally: Arc::new(SessionTally {
            counts: counts.into(),
            users: Some(99),
            ..SessionTally::default()
        }),
        started: 0,
        ended: 0,
    }
}

/// A region read at this moment, in which the use of each fleet jumps from minute to minute.
fn region(fleets: usize, at: SystemTime) -> TargetRegion {
    let (target, region): (Arc<str>, Arc<str>) = ("production".into(), "eu-central-1".into());
    let minute = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60;
    let noise = |number: usize| i32::try_from((number as u64 * 37 + minute * 61) % 97).unwrap_or(0);
    let collectors = [Collector::AppstreamFleets, Collector::AppstreamSessions];
    let mut snapshot = Snapshot::failed(Arc::clone(&target), Arc::clone(&region), collectors, "");
    for status in &mut snapshot.collectors {
        (status.last_read, status.success) = (Some(at), true);
    }
    let all: Vec<_> = (0..fleets)
        .map(|number| fleet(number, noise(number)))
        .collect();
    for fleet in &all {
        let stack = format!("stack-of-{}", fleet.name);
        snapshot.sessions.push(sessions(fleet, &stack));
        snapshot.associations.push(Association {
            fleet: fleet.name.clone(),
            stack: stack.into(),
        });
    }
    let all = all.into_iter().map(|fleet| (fleet.name.clone(), fleet));
    snapshot.fleets = Arc::new(all.collect());
    TargetRegion {
        target,
        region,
        labels: Arc::default(),
        tag_labels: Arc::default(),
        snapshot: Some(Arc::new(snapshot)),
    }
}

/// An overview of so many fleets, with these minutes of history.
fn overview(fleets: usize, ages: impl Iterator<Item = u32>) -> Overview {
    let history = History::default();
    for age in ages {
        history.sample(now(), &[region(fleets, now() - age * MINUTE)]);
    }
    let metrics = SelfMetrics::new();
    metrics.config_loaded(1, now(), (MINUTE, 3 * MINUTE), false);
    let exposition = Exposition::new([region(fleets, now())], metrics);
    let about = About {
        version: "",
        revision: "",
        shard: 0,
        total_shards: 1,
        started_at: now(),
        wall_clock: now,
    };
    Overview::of(&exposition, &history, &about)
}

fn html(overview: &Overview, query: &str) -> String {
    let links = Links {
        prefix: "",
        telemetry_path: "/metrics",
        has_sessions: false,
    };
    wall(overview, &Filter::of(Some(query)), links)
}

#[test]
fn the_wall_of_a_thousand_restless_fleets_is_below_1_5_mb() {
    let page = html(&overview(1_000, (0..=120).rev()), "");
    assert_eq!(page.matches("<svg class=\"chart\"").count(), 1_000);
    assert!(page.len() < 1_500_000, "{}", page.len());
}

#[test]
fn a_time_without_data_is_a_gap() {
    // Read every minute, but not from 60 to 20 minutes ago.
    let ages = (0..=120).rev().filter(|age| !(21..60).contains(age));
    let page = html(&overview(1, ages), "");
    let line = page.split_once("class=\"line\" d=\"").map(|(_, rest)| rest);
    let line = line
        .and_then(|rest| rest.split_once('"'))
        .map(|(line, _)| line);
    // 60 units are two hours: a line until 30, one unit for the last read, a line from 50 on.
    assert_eq!(line, Some("M0 0h31M50 0h10"));
}

#[test]
fn a_chart_has_its_numbers_in_words() {
    let page = html(&overview(1, [2, 1, 0].into_iter()), "");
    let start = "<svg class=\"chart\" role=\"img\" aria-label=\"Last 2 hours: in use ";
    assert!(page.contains(start), "{page}");
    assert!(page.contains("; capacity 100\""), "{page}");
}

#[test]
fn pages_name_each_fleet_once() {
    let overview = overview(3, std::iter::once(0));
    let page = html(&overview, "q=0001");
    assert!(page.contains("/fleets/123456789012/eu-central-1/department-0001-desktops?q=0001"));
    assert!(!page.contains("department-0002"));
    let path = "123456789012/eu-central-1/department-0002-desktops";
    assert!(overview.find(Kind::Fleet, path).is_some());
    assert!(overview.find(Kind::Pool, path).is_none());
    for path in [
        "",
        "/",
        "%ff/eu-central-1/department-0002-desktops",
        "a/b/c/d",
    ] {
        assert!(overview.find(Kind::Fleet, path).is_none(), "{path}");
    }
}

/// The colours of a block of the style sheet, by name.
fn colours(block: &str) -> BTreeMap<&str, [f64; 3]> {
    let declarations = block
        .split(';')
        .filter_map(|one| one.trim().split_once(": #"));
    let colours = declarations.filter_map(|(name, digits)| {
        let name = name.rsplit([' ', '\n']).next()?;
        let wide: String = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => digits.to_owned(),
        };
        let part = |at: usize| u8::from_str_radix(wide.get(at..at + 2)?, 16).ok();
        let parts = [part(0)?, part(2)?, part(4)?];
        Some((name, parts.map(|part| f64::from(part) / 255.0)))
    });
    colours.collect()
}

/// The contrast of two colours, as WCAG 2.2 defines it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let [red, green, blue] = colour.map(|part| {
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn the_declared_colours_have_the_contrast_of_wcag_aa() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
    let blocks: Vec<_> = STYLE
        .split(":root {")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(block, _)| colours(block))
        .collect();
    assert_eq!(blocks.len(), 2, "light and dark");
    let texts = [
        (
            "--text",
            &[
                "--back",
                "--panel",
                "--ok-back",
                "--bad-back",
                "--warn-back",
            ][..],
        ),
        (
            "--muted",
            &["--back", "--panel", "--bad-back", "--warn-back"],
        ),
        (
            "--link",
            &["--back", "--panel", "--bad-back", "--warn-back"],
        ),
        ("--ok", &["--back", "--panel", "--ok-back"]),
        ("--bad", &["--back", "--panel", "--bad-back"]),
        ("--warn", &["--back", "--panel", "--warn-back"]),
    ];
    // Parts of drawings: 3 to 1 is enough.
    let drawings = [
        ("--used", &["--panel", "--available"][..]),
        ("--available", &["--panel"]),
        ("--pending", &["--panel"]),
        ("--limit", &["--panel", "--used"]),
    ];
    for colours in &blocks {
        for (pairs, least) in [(&texts[..], 4.5), (&drawings[..], 3.0)] {
            for (front, backs) in pairs {
                for back in *backs {
                    let contrast = contrast(colours[front], colours[back]);
                    assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
                }
            }
        }
    }
}
