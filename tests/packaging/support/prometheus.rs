//! Debian's Prometheus, with its scrape configuration and its API.

#![allow(
    clippy::panic,
    reason = "what Prometheus never comes to know fails the test that waits for it"
)]

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::common::request;

/// It starts slowly on a loaded machine; nothing waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A running Prometheus. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Prometheus {
    _child: Child,
    _log: JoinHandle<()>,
    _folder: TempDir,
    address: String,
}

impl Prometheus {
    /// Starts Prometheus on a port that the system chooses, with these entries of
    /// `scrape_configs`; it scrapes each second.
    pub(crate) async fn start(scrapes: &[Value], flags: &[&str]) -> Self {
        let config = json!({"global": {"scrape_interval": "1s"}, "scrape_configs": scrapes});
        Self::start_with(&config, flags).await
    }

    /// The same with a configuration of one's own.
    pub(crate) async fn start_with(config: &Value, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("prometheus.yaml");
        std::fs::write(&file, config.to_string()).expect("the folder is writable");
        let data = folder.path().join("data");
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .args(flags);
        Self::spawn(command, folder).await
    }

    /// Runs a command that starts Prometheus, and waits until it is ready. The folder lives as long.
    pub(crate) async fn spawn(mut command: Command, folder: TempDir) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("prometheus is there: `make tools` installs it");
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let mut log = String::new();
        let listening = async {
            while let Some(line) = lines.next_line().await.expect("the log can be read") {
                if let Some((_, address)) = line.split_once("msg=\"Listening on\" address=") {
                    return Some(address.trim().to_owned());
                }
                log = std::mem::take(&mut log) + &line + "\n";
            }
            None
        };
        let address = timeout(PATIENCE, listening).await.ok().flatten();
        let Some(address) = address else {
            panic!("Prometheus does not listen:\n{log}");
        };
        // The output is not read any more, and a full pipe would stop the process.
        let log = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let prometheus = Self {
            _child: child,
            _log: log,
            _folder: folder,
            address,
        };
        // It listens before it has read its storage, and answers 503 until then.
        let ready = async {
            while prometheus
                .ask("query", &[("query", "time()")])
                .await
                .is_err()
            {
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, ready).await.expect("Prometheus is ready");
        prometheus
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The API's response to a GET: data or an error.
    pub(crate) async fn ask(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, String> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let path = format!("/api/v1/{path}?{query}");
        let answer = request(&self.address, "GET", &path, &[]).await;
        let body: Value =
            serde_json::from_slice(&answer.body).map_err(|_| answer.text().to_owned())?;
        if body["status"] == "success" {
            Ok(body["data"].clone())
        } else {
            Err(body["error"].to_string())
        }
    }

    /// The value of the one series that the expression gives now, if it gives one.
    pub(crate) async fn value(&self, expression: &str) -> Option<f64> {
        let data = self.ask("query", &[("query", expression)]).await;
        let data = data.expect("it is understood");
        let series = data["result"].as_array().expect("a vector");
        assert!(series.len() < 2, "{expression} gives {series:#?}");
        let value = &series.first()?["value"][1];
        Some(value.as_str()?.parse().expect("a number"))
    }

    /// Waits until an expression gives this value.
    pub(crate) async fn until(&self, expression: &str, expected: f64) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let got = self.value(expression).await;
            if got == Some(expected) {
                return;
            }
            if Instant::now() > deadline {
                let targets = self.ask("targets", &[("state", "active")]).await;
                panic!("{expression} is {got:?}, not {expected}\n{targets:#?}");
            }
            sleep(POLL).await;
        }
    }

    /// The error of the last failed scrape of a job.
    pub(crate) async fn last_error(&self, job: &str) -> String {
        let targets = self.ask("targets", &[("state", "active")]).await;
        let targets = targets.expect("they are known");
        let active = targets["activeTargets"].as_array().expect("a list");
        let of_job = active.iter().find(|one| one["labels"]["job"] == job);
        of_job.expect("it is a job")["lastError"].to_string()
    }
}
