//! Promise: a signal ends the process in good order, and a second one at once.

use std::os::unix::process::ExitStatusExt as _;

use crate::common::{ACCOUNT, BRISK, Exporter, REGION, simulator, successes};
use appstream_simulator::{Fault, Fleet, Region, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn world() -> World {
    // Enough text that a response does not fit into the buffers of a socket.
    let mut region = Region::new();
    for number in 0..2_000 {
        region.put_fleet(Fleet::new(format!("{number:0>200}")));
    }
    World::new(ACCOUNT).page_size(500).region(REGION, region)
}

const CONFIG: &str = "\
refresh: {interval: 1h, timeout: 1h}
collectors: {appstream_sessions: false, appstream_stacks: false}
aws: {requests_per_second: 10000, burst: 1000}
";

#[tokio::test]
async fn a_signal_lets_running_responses_finish() {
    for signal in ["TERM", "INT"] {
        let simulator = simulator(world()).await;
        let mut exporter = Exporter::start(&simulator, CONFIG).await;
        exporter
            .eventually("a refresh", |metrics| {
                !successes(metrics, REGION).is_empty()
            })
            .await;

        let mut slow = TcpStream::connect(exporter.address()).await.unwrap();
        slow.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut start = [0; 17];
        slow.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK\r\n");

        exporter.signal(signal);
        exporter
            .until("it no longer listens", async |exporter| {
                TcpStream::connect(exporter.address()).await.is_err()
            })
            .await;
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).await.unwrap();
        let text = String::from_utf8(rest).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        assert_eq!(body.len().to_string(), length, "the whole body arrived");

        let status = exporter.ended().await;
        assert_eq!(status.code(), Some(0), "SIG{signal}: {}", exporter.log());
        assert_eq!(exporter.logged(&["message=stopped"]).len(), 1);
    }
}

#[tokio::test]
async fn a_signal_in_the_middle_of_a_refresh_waits_for_nobody() {
    let simulator = simulator(world()).await;
    simulator.inject(Fault::hang());
    let mut exporter = Exporter::start(&simulator, CONFIG).await;
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_second_signal_aborts() {
    let simulator = simulator(world()).await;
    let mut exporter = Exporter::start(&simulator, CONFIG).await;
    exporter
        .eventually("a refresh", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;
    // An unread response delays the exit after the first signal.
    let mut stuck = TcpStream::connect(exporter.address()).await.unwrap();
    for _ in 0..200 {
        stuck
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
    }
    let mut start = [0; 17];
    stuck.read_exact(&mut start).await.unwrap();
    exporter.signal("TERM");
    exporter
        .until("the first signal is seen", async |exporter| {
            !exporter.logged(&["stopping"]).is_empty()
        })
        .await;
    exporter.signal("TERM");
    let status = exporter.ended().await;
    assert_eq!(
        (status.code(), status.signal()),
        (Some(1), None),
        "{}",
        exporter.log()
    );
    assert_eq!(exporter.logged(&["aborted by a second signal"]).len(), 1);
}

#[tokio::test]
async fn clients_that_send_rubbish_or_nothing_hurt_nobody() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, Region::new())).await;
    let mut exporter = Exporter::start(&simulator, BRISK).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(exporter.address()).await.unwrap());
    }
    let oversized = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 64 * 1024]].concat();
    let rubbish: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        &oversized,
    ];
    for bytes in rubbish {
        let mut stream = TcpStream::connect(exporter.address()).await.unwrap();
        // The exporter may close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(
            !answer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(exporter.get("/-/healthy").await.status.as_u16(), 200);
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_signal_reaches_a_server_that_is_full() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, Region::new())).await;
    let mut exporter = Exporter::start(&simulator, BRISK).await;
    let mut idle = Vec::new();
    for _ in 0..600 {
        idle.push(TcpStream::connect(exporter.address()).await.unwrap());
    }
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_signal_ends_a_single_refresh() {
    let simulator = simulator(World::new(ACCOUNT)).await;
    simulator.inject(Fault::hang());
    let mut once = crate::common::command_at(&simulator.endpoint_url());
    once.arg("--once").stderr(std::process::Stdio::piped());
    let child = once.spawn().unwrap();
    let asked = async {
        while simulator.calls().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), asked)
        .await
        .expect("it asks");
    let pid = child.id().unwrap().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.ends_with("appstream-exporter: stopped by a signal before the refresh ended\n"),
        "{text}"
    );
}
