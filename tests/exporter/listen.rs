//! Promise: Prometheus gets a response on any kind of listener, with any other clients.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::process::Stdio;

use crate::common::{ACCOUNT, BRISK, Exporter, REGION, command_at, config_file, run, simulator};
use appstream_simulator::{Region, Simulator, World};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::Command;

async fn empty_world() -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, Region::new())).await
}

/// An exporter with these flags, on a port that the system chooses.
async fn serve(simulator: &Simulator, flags: &[&str]) -> Exporter {
    let mut command = command_at(&simulator.endpoint_url());
    command.args(flags);
    Exporter::start_with(command, BRISK).await
}

/// All that comes back for these bytes, until the other end closes.
async fn say(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> String {
    // The exporter may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(60), read)
        .await
        .expect("the exporter closes");
    String::from_utf8_lossy(&answer).into_owned()
}

const HEALTHY: &[u8] = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn rubbish_gets_no_answer_that_looks_like_one() {
    let simulator = empty_world().await;
    let exporter = serve(&simulator, &[]).await;
    let oversize = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(64 * 1024)
    );
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(500));
    let pipelined = [
        HEALTHY.strip_suffix(b"Connection: close\r\n\r\n").unwrap(),
        b"\r\n\x00\xffrubbish\r\n\r\n",
    ]
    .concat();
    let cases: [(&[u8], &[&str]); 8] = [
        (oversize.as_bytes(), &["HTTP/1.1 431", ""]),
        (many.as_bytes(), &["HTTP/1.1 431", ""]),
        (b"GET /-/healthy\r\n\r\n", &["HTTP/1.1 400", ""]),
        (b"GET / HTTP/9.9\r\n\r\n", &["HTTP/1.1 400", ""]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &["HTTP/1.1 400", ""]),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
            &["HTTP/1.1 400", ""],
        ),
        (
            b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            &["HTTP/1.1 400", ""],
        ),
        (&pipelined, &["HTTP/1.1 200"]),
    ];
    for (bytes, starts) in cases {
        let stream = TcpStream::connect(exporter.address()).await.unwrap();
        let answer = say(stream, bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        let fine = starts.iter().any(|start| match *start {
            "" => answer.is_empty(),
            start => answer.starts_with(start),
        });
        assert!(fine, "{shown:?}: {answer}");
        assert!(
            answer.matches("HTTP/1.1 200").count() <= 1,
            "{shown:?}: {answer}"
        );
    }
    assert_eq!(exporter.get("/-/healthy").await.status.as_u16(), 200);
}

#[tokio::test]
async fn paths_lead_nowhere_but_where_they_say() {
    let simulator = empty_world().await;
    let exporter = serve(&simulator, &[]).await;
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "//metrics",
        "/metrics/",
        "/metrics/../-/healthy",
        "/%6detrics",
        "/-/healthy/x",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let stream = TcpStream::connect(exporter.address()).await.unwrap();
        let answer = say(stream, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_body_is_never_waited_for() {
    let simulator = empty_world().await;
    let exporter = serve(&simulator, &[]).await;
    let mut stream = TcpStream::connect(exporter.address()).await.unwrap();
    stream
        .write_all(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx")
        .await
        .unwrap();
    let mut start = [0; 15];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn half_open_clients_do_not_lock_prometheus_out() {
    let simulator = empty_world().await;
    for flags in [
        &[][..],
        &["--web.max-connections", "8"],
        &["--web.max-connections", "1"],
    ] {
        let exporter = serve(&simulator, flags).await;
        let mut open = Vec::new();
        for number in 0..600 {
            let mut stream = TcpStream::connect(exporter.address()).await.unwrap();
            if number % 2 == 0 {
                // One that was let go in the meantime may hear of it here.
                let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHo").await;
            }
            open.push(stream);
            if number % 100 == 99 {
                assert_eq!(
                    exporter.get("/metrics").await.status.as_u16(),
                    200,
                    "{flags:?}"
                );
            }
        }
        // The first has made room for others.
        let mut rest = Vec::new();
        let ended = open[0].read_to_end(&mut rest);
        let ended = tokio::time::timeout(std::time::Duration::from_secs(60), ended).await;
        assert!(ended.is_ok() && rest.is_empty(), "{flags:?}");
    }
}

#[tokio::test]
async fn half_open_handshakes_do_not_either() {
    let simulator = empty_world().await;
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    std::fs::write(folder.path().join("s.crt"), certificate).unwrap();
    std::fs::write(folder.path().join("s.key"), key.serialize_pem()).unwrap();
    let web = folder.path().join("web.yml");
    std::fs::write(
        &web,
        "tls_server_config: {cert_file: s.crt, key_file: s.key}",
    )
    .unwrap();
    let web = web.to_str().unwrap();
    let exporter = serve(
        &simulator,
        &["--web.config.file", web, "--web.max-connections", "8"],
    )
    .await;
    let mut open = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(exporter.address()).await.unwrap();
        let _ = stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00").await;
        open.push(stream);
    }
    let answer = exporter.get("/").await;
    assert_eq!(answer.text(), "400: this port speaks HTTPS\n");
    let mut exporter = exporter;
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_unix_socket() {
    let simulator = empty_world().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exporter.sock");
    // One that a dead process has left behind.
    drop(StdUnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let address = format!("unix:{}", path.display());
    let mut exporter = serve(&simulator, &["--web.listen-address", &address]).await;
    exporter
        .until("both addresses", async |exporter| {
            exporter.addresses().len() == 2
        })
        .await;
    assert!(exporter.addresses().contains(&address));
    let stream = UnixStream::connect(&path).await.unwrap();
    let answer = say(stream, HEALTHY).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // The socket of a running process is not replaced.
    let mut second = command_at(&simulator.endpoint_url());
    second.args(["--web.listen-address", &address]);
    let output = run(second).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let wrong = format!("cannot listen on {address}: Address already in use");
    assert!(said.contains(&wrong), "{said}");
    assert!(UnixStream::connect(&path).await.is_ok());

    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
    assert!(!path.exists());
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let simulator = empty_world().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    let mut command = command_at(&simulator.endpoint_url());
    command.args(["--web.listen-address", &format!("unix:{}", path.display())]);
    assert_eq!(run(command).await.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "data");
}

/// The exporter as systemd starts it: with a socket as its third descriptor.
fn activated(simulator: &Simulator, socket: Option<OwnedFd>) -> (Command, tempfile::TempDir) {
    let template = command_at(&simulator.endpoint_url());
    let mut command = Command::new("/bin/sh");
    let script = match socket {
        Some(_) => "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0 </dev/null",
        None => "exec \"$0\" \"$@\"",
    };
    command.env_clear().kill_on_drop(true);
    for (name, value) in template.as_std().get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let (folder, file) = config_file(BRISK);
    command
        .args(["-c", script])
        .arg(template.as_std().get_program())
        .arg("--config.file")
        .arg(file)
        .arg("--web.systemd-socket")
        .stdin(socket.map_or_else(Stdio::null, Stdio::from));
    (command, folder)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_socket_of_systemd() {
    let simulator = empty_world().await;
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let (command, folder) = activated(&simulator, Some(socket.into()));
    let mut exporter = Exporter::spawn(command, folder).await;
    assert_eq!(exporter.addresses(), [address]);
    assert_eq!(exporter.get("/-/healthy").await.status.as_u16(), 200);
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exporter.sock");
    let socket = StdUnixListener::bind(&path).unwrap();
    let (command, config) = activated(&simulator, Some(socket.into()));
    let mut exporter = Exporter::spawn(command, config).await;
    let answer = say(UnixStream::connect(&path).await.unwrap(), HEALTHY).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
    assert!(path.exists(), "its file is systemd's");

    let (mut command, _config) = activated(&simulator, None);
    command.stderr(Stdio::piped());
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("systemd passed no socket"), "{said}");
}

#[tokio::test]
async fn prefixes_and_links() {
    let simulator = empty_world().await;
    let url = "--web.external-url";
    let prefix = "--web.route-prefix";
    // Flags; prefix of what is served; prefix of links; where / leads to.
    let cases: [(&[&str], &str, &str, Option<&str>); 6] = [
        (&[], "", "", None),
        (&[prefix, "app/"], "/app", "/app", Some("/app/")),
        (
            &[url, "http://example.org/x/"],
            "/x",
            "/x",
            Some("http://example.org/x/"),
        ),
        (&[url, "/x"], "/x", "/x", Some("/x/")),
        (&[url, "https://example.org/x", prefix, "/"], "", "/x", None),
        (
            &[url, "https://example.org/x", prefix, "/y"],
            "/y",
            "/x",
            Some("https://example.org/x/"),
        ),
    ];
    for (flags, served, links, home) in cases {
        let exporter = serve(&simulator, flags).await;
        for path in ["/metrics", "/-/healthy", "/-/ready", "/", "/status"] {
            let path = format!("{served}{path}");
            exporter
                .until(&path, async |exporter| {
                    exporter.get(&path).await.status.as_u16() == 200
                })
                .await;
        }
        let page = exporter.get(&format!("{served}/status")).await;
        for path in ["/", "/metrics", "/-/healthy", "/-/ready"] {
            let link = format!("href=\"{links}{path}\"");
            assert!(page.text().contains(&link), "{flags:?}: {}", page.text());
        }
        let outside = exporter.get("/").await;
        assert_eq!(outside.header("location"), home, "{flags:?}");
        let expected = if home.is_some() {
            (302, 404)
        } else {
            (200, 200)
        };
        let healthy = exporter.get("/-/healthy").await;
        let got = (outside.status.as_u16(), healthy.status.as_u16());
        assert_eq!(got, expected, "{flags:?}");
        if home.is_some() {
            assert_eq!(exporter.get(served).await.status.as_u16(), 302);
            assert_eq!(
                exporter
                    .get(&format!("{served}x/metrics"))
                    .await
                    .status
                    .as_u16(),
                404
            );
        }
    }
}
