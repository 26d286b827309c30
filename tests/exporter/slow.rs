//! Promise: what is slow or hangs takes nothing from the rest. A list that takes
//! longer than a whole refresh is read to its end, and reads that begin to hang
//! at once keep no other value from being read again in time.

use std::time::Duration;

use crate::common::{ACCOUNT, Exporter, Metrics, REGION, failed, simulator};
use appstream_simulator::{Fault, Fleet, Options, Region, Session, Simulator, Stack, World};

fn sessions(metrics: &Metrics, fleet: &str) -> Option<f64> {
    let labels = [("fleet", fleet)];
    let has = metrics.has("appstream_sessions", &labels);
    has.then(|| metrics.sum("appstream_sessions", &labels))
}

/// Puts a fleet with a stack of its own and this many sessions into a region.
fn put(region: &mut Region, fleet: &str, sessions: i32) {
    let stack = format!("stack-{fleet}");
    region.put_fleet(Fleet::new(fleet).capacity(|c| c.desired(99).running(99).in_use(sessions)));
    region.put_stack(Stack::new(stack.clone()));
    region.put_association(fleet, stack.clone());
    for number in 0..sessions {
        region.put_session(Session::new(format!("{fleet}-{number}"), fleet, &stack).saml());
    }
}

#[tokio::test]
async fn a_list_that_takes_longer_than_a_refresh_is_read_to_its_end() {
    let mut region = Region::new();
    put(&mut region, "large", 40);
    put(&mut region, "small", 1);
    let options = Options {
        latency: Duration::from_millis(150),
        ..Options::default()
    };
    // Twenty pages take three seconds, and a refresh ends after one.
    let world = World::new(ACCOUNT).page_size(2).region(REGION, region);
    let simulator = Simulator::start(world, options).await.unwrap();
    let config = "\
refresh: {interval: 1s, timeout: 1s, max_age: 10s, topology_interval: 1h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 8}
";
    let exporter = Exporter::start(&simulator, config).await;
    exporter
        .eventually("the whole list", |metrics| {
            let large = sessions(metrics, "large");
            assert!(
                large.is_none_or(|large| large == 0.0 || large == 40.0),
                "never a part of it: {large:?}"
            );
            large == Some(40.0) && failed(metrics, REGION).is_empty()
        })
        .await;
    simulator.update(|world| {
        let session = Session::new("new", "large", "stack-large").saml();
        world.region_mut(REGION).put_session(session);
    });
    let metrics = exporter
        .eventually("the new session", |metrics| {
            sessions(metrics, "large") == Some(41.0)
        })
        .await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
    assert_eq!(sessions(&metrics, "small"), Some(1.0));
}

#[tokio::test]
async fn reads_that_begin_to_hang_at_once_keep_no_other_from_being_read() {
    const HANGING: usize = 6;
    let name = |number: usize| format!("fleet-{number:02}");
    let mut region = Region::new();
    for number in 0..16 {
        put(&mut region, &name(number), 2);
    }
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let config = "\
refresh: {interval: 2s, timeout: 1800ms, max_age: 6s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 8}
collectors: {workspaces_pools: false, workspaces_pool_sessions: false}
";
    let exporter = Exporter::start(&simulator, config).await;
    let all = |metrics: &Metrics| metrics.sum("appstream_sessions", &[]);
    exporter
        .eventually("all sessions", |metrics| {
            all(metrics) == 32.0 && failed(metrics, REGION).is_empty()
        })
        .await;
    for number in 0..HANGING {
        let hang = Fault::hang().operation("DescribeSessions");
        simulator.inject(hang.fleet(name(number)));
    }
    let healthy_are_there = |metrics: &Metrics| {
        for number in HANGING..16 {
            let shown = sessions(metrics, &name(number));
            assert!(shown >= Some(2.0), "{}: {shown:?}", name(number));
        }
    };
    exporter
        .eventually("those that hang are too old", |metrics| {
            healthy_are_there(metrics);
            (0..HANGING).all(|number| sessions(metrics, &name(number)).is_none())
        })
        .await;
    // They are read on, and fresh.
    simulator.update(|world| {
        for number in HANGING..16 {
            let (fleet, stack) = (name(number), format!("stack-{}", name(number)));
            let session = Session::new(format!("{fleet}-new"), fleet, stack).saml();
            world.region_mut(REGION).put_session(session);
        }
    });
    let metrics = exporter
        .eventually("a new session in each", |metrics| {
            healthy_are_there(metrics);
            all(metrics) == 30.0
        })
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    simulator.clear_faults();
    exporter
        .eventually("all is well", |metrics| {
            all(metrics) == 42.0 && failed(metrics, REGION).is_empty()
        })
        .await;
}
