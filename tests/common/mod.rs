//! The whole program for tests: the real binary over real sockets.

pub(crate) mod account;
pub(crate) mod exposition;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appstream_simulator::{Options, Simulator, World};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use exposition::Metrics;

/// Long enough for a loaded machine; nothing here waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that is awaited.
const POLL: Duration = Duration::from_millis(20);

/// The region that the environment of the tests names.
pub(crate) const REGION: &str = "eu-west-1";
/// The number of collectors that are on by default.
pub(crate) const COLLECTORS: usize = appstream_exporter::model::Collector::ALL.len() - 1;
/// The account of the worlds.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A refresh each second, and no rate limit worth mentioning: for tests that wait for refreshes.
pub(crate) const BRISK: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
";

/// No rate limit worth mentioning and the default timeouts: for tests of one refresh.
pub(crate) const UNLIMITED: &str = "aws: {requests_per_second: 10000, burst: 1000}\n";

/// Starts a simulator of this world.
pub(crate) async fn simulator(world: World) -> Simulator {
    Simulator::start(world, Options::default())
        .await
        .expect("loopback has a free port")
}

/// The binary with an environment of its own: no AWS settings, no files of the user who runs the test.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_appstream-exporter"));
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The binary, with everything in the environment that points it at `url`.
pub(crate) fn command_at(url: &str) -> Command {
    let mut command = command();
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "secret-key-of-the-test");
    command
}

/// Runs a command to its end.
pub(crate) async fn run(mut command: Command) -> Output {
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output();
    tokio::time::timeout(PATIENCE, output)
        .await
        .expect("the command ends")
        .expect("the command starts")
}

/// One refresh of everything, as `--once` prints it.
pub(crate) async fn once(simulator: &Simulator, config: &str) -> (Output, Metrics) {
    let (_folder, file) = config_file(config);
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--once").arg("--config.file").arg(file);
    let output = run(command).await;
    let metrics = Metrics::parse(&String::from_utf8_lossy(&output.stdout));
    (output, metrics)
}

/// Replaces a file with a pipe. Reading it waits for a writer.
pub(crate) fn replace_with_pipe(file: &Path) {
    std::fs::remove_file(file).expect("the file is there");
    let made = std::process::Command::new("mkfifo").arg(file).status();
    assert!(made.expect("mkfifo is there").success());
}

/// A configuration file that is there as long as the folder is held.
pub(crate) fn config_file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, text).expect("the folder is writable");
    (folder, file)
}

/// An answer to an HTTP request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A running exporter. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Exporter {
    child: Child,
    log: Arc<Mutex<String>>,
    addresses: watch::Receiver<Vec<String>>,
    reader: JoinHandle<()>,
    config: TempDir,
}

impl Exporter {
    /// Starts the exporter against a simulator, on a port that the system chooses.
    pub(crate) async fn start(simulator: &Simulator, config: &str) -> Self {
        Self::start_with(command_at(&simulator.endpoint_url()), config).await
    }

    pub(crate) async fn start_with(mut command: Command, config: &str) -> Self {
        let (folder, file) = config_file(config);
        command
            .arg("--config.file")
            .arg(file)
            .args(["--web.listen-address", "127.0.0.1:0"]);
        Self::spawn(command, folder).await
    }

    /// Starts a command as it is, and waits until it listens.
    pub(crate) async fn spawn(mut command: Command, folder: TempDir) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let log = Arc::new(Mutex::new(String::new()));
        let (found, addresses) = watch::channel(Vec::new());
        let written = Arc::clone(&log);
        let reader = tokio::spawn(async move {
            let mut lines = stderr.lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(address) = bound_address(&line) {
                    found.send_modify(|all: &mut Vec<String>| all.push(address));
                }
                writeln!(written.lock().expect("nobody panics with it"), "{line}")
                    .expect("a string takes it");
            }
        });
        let mut exporter = Self {
            child,
            log,
            addresses,
            reader,
            config: folder,
        };
        let listening = exporter.addresses.wait_for(|all| !all.is_empty());
        let listening = tokio::time::timeout(PATIENCE, listening)
            .await
            .is_ok_and(|found| found.is_ok());
        assert!(
            listening,
            "the exporter does not listen:\n{}",
            exporter.log()
        );
        exporter
    }

    /// The configuration file that it was started with.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.path().join("config.yaml")
    }

    /// Writes another configuration into the file that it was started with.
    pub(crate) fn write_config(&self, text: &str) {
        std::fs::write(self.config_file(), text).expect("the folder is writable");
    }

    /// Requests a reload of the file.
    pub(crate) async fn reload(&self) -> Answer {
        self.request("POST", "/-/reload", &[]).await
    }

    pub(crate) fn address(&self) -> String {
        self.addresses.borrow()[0].clone()
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        self.addresses.borrow().clone()
    }

    /// All that was logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("nobody panics with it").clone()
    }

    /// Lines of the log that hold all of these texts.
    pub(crate) fn logged(&self, texts: &[&str]) -> Vec<String> {
        let log = self.log();
        let holds = |line: &&str| texts.iter().all(|text| line.contains(text));
        log.lines().filter(holds).map(str::to_owned).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        request(&self.address(), "GET", path, &[]).await
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        request(&self.address(), method, path, headers).await
    }

    pub(crate) async fn metrics(&self) -> Metrics {
        let answer = self.get("/metrics").await;
        assert_eq!(answer.status, StatusCode::OK);
        Metrics::parse(answer.text())
    }

    /// The metrics, once they are as awaited.
    pub(crate) async fn eventually(&self, what: &str, holds: impl Fn(&Metrics) -> bool) -> Metrics {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let metrics = self.metrics().await;
            if holds(&metrics) {
                return metrics;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "never came true: {what}\n--- log\n{}\n--- metrics\n{}",
                self.log(),
                metrics.text()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until something is as awaited.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let waiting = async {
            while !holds(self).await {
                tokio::time::sleep(POLL).await;
            }
        };
        let came_true = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(came_true.is_ok(), "never came true: {what}\n{}", self.log());
    }

    /// The metrics after `count` more refreshes of the region have ended.
    pub(crate) async fn after_refreshes(&self, region: &str, count: f64) -> Metrics {
        let refreshes = |metrics: &Metrics| {
            metrics
                .value(
                    "appstream_exporter_refreshes_total",
                    &[("aws_region", region)],
                )
                .unwrap_or(0.0)
        };
        let before = refreshes(&self.metrics().await);
        self.eventually(&format!("{count} more refreshes"), |metrics| {
            refreshes(metrics) >= before + count
        })
        .await
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let status = std::process::Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(status.expect("kill is there").success());
    }

    /// The exit status of the exporter. Its whole log has been read by then.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = async {
            (&mut self.reader).await.expect("the reader does not panic");
            self.child.wait().await.expect("it can be waited for")
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("the exporter ends")
    }
}

/// The address in a line that says where the exporter listens.
fn bound_address(line: &str) -> Option<String> {
    if !line.contains("listening") {
        return None;
    }
    let (_, rest) = line
        .split_once("address=")
        .or_else(|| line.split_once("\"address\":\""))?;
    Some(rest.split([' ', '"']).next()?.to_owned())
}

pub(crate) async fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    send(address, (method, path), headers, Bytes::new()).await
}

/// Sends JSON and reads the JSON that comes back.
pub(crate) async fn post(
    address: &str,
    path: &str,
    input: &serde_json::Value,
) -> serde_json::Value {
    let body = Bytes::from(input.to_string());
    let answer = send(address, ("POST", path), &[], body).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).expect("the answer is JSON")
}

async fn send(
    address: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: Bytes,
) -> Answer {
    let exchange = async {
        let stream = TcpStream::connect(address)
            .await
            .expect("the exporter listens");
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .expect("HTTP/1.1");
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).expect("a request");
        let response = sender.send_request(request).await.expect("a response");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        connection.abort();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .expect("an answer in time")
}

/// The success of every collector of a region, by name.
pub(crate) fn successes(metrics: &Metrics, region: &str) -> BTreeMap<String, f64> {
    metrics
        .family("appstream_exporter_collector_success")
        .filter(|series| series.label("aws_region") == region)
        .map(|series| (series.label("collector").to_owned(), series.value))
        .collect()
}

/// Names of the collectors that failed.
pub(crate) fn failed(metrics: &Metrics, region: &str) -> Vec<String> {
    successes(metrics, region)
        .into_iter()
        .filter(|(_, success)| *success == 0.0)
        .map(|(name, _)| name)
        .collect()
}
