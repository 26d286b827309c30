//! Promise: the commands of docs/tutorial.md, run in order, print the output that the page shows, and end with an alert
//! that fires.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::common::{self, Exporter};
use crate::support::documents::{read, root};
use crate::support::prometheus::Prometheus;

/// The alert waits 15 s, on a machine that may be loaded.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(500);
/// The folder, and the addresses of the exporter and Prometheus, as the page names them.
const FOLDER: &str = "/tmp/tutorial";
const EXPORTER: &str = "localhost:10190";
const PROMETHEUS: &str = "localhost:9090";
/// How the page starts the demo.
const DEMO: &str = "cargo run --release -- ";

/// A block of commands, with the lines that the page shows as its output.
struct Step {
    commands: String,
    output: Vec<String>,
}

fn steps() -> Vec<Step> {
    let page = read("docs/tutorial.md");
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("\n```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').expect("a block has lines");
        match language {
            "sh" => steps.push(Step {
                commands: text.to_owned(),
                output: Vec::new(),
            }),
            "text" => {
                let step = steps.last_mut().expect("output follows commands");
                step.output = text.lines().map(str::to_owned).collect();
            }
            "promql" => {}
            other => unreachable!("the page has a block of {other}"),
        }
    }
    steps
}

/// Someone who follows the tutorial. The demo and Prometheus listen on ports that the system chooses.
struct Reader {
    folder: PathBuf,
    /// Where the second terminal is.
    current: PathBuf,
    demo: Option<Exporter>,
    prometheus: Option<Prometheus>,
}

impl Reader {
    /// A text of the page, with this reader's folder and addresses.
    fn localized(&self, text: &str) -> String {
        let mut text = text.replace(FOLDER, &self.folder.display().to_string());
        if let Some(demo) = &self.demo {
            text = text.replace(EXPORTER, &demo.address());
        }
        if let Some(prometheus) = &self.prometheus {
            text = text.replace(PROMETHEUS, prometheus.address());
        }
        text
    }

    async fn follow(&mut self, step: &Step) {
        let commands = self.localized(&step.commands);
        if let Some(flags) = commands.strip_prefix(DEMO) {
            self.demo = Some(start_demo(flags).await);
        } else if commands.contains("\nprometheus ") {
            // Without a shell in between, so that the process that is killed is Prometheus.
            let commands = commands.replace("\nprometheus ", "\nexec prometheus ");
            let command = self.shell(&format!("{commands} --web.listen-address=127.0.0.1:0"));
            let folder = tempfile::tempdir().expect("a temporary folder");
            self.prometheus = Some(Prometheus::spawn(command, folder).await);
        } else {
            self.run_until_shown(&commands, &step.output).await;
        }
    }

    fn shell(&self, commands: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(&self.current);
        command
    }

    /// Runs commands, again and again if the page shows output, until they print it.
    async fn run_until_shown(&mut self, commands: &str, output: &[String]) {
        let expected: Vec<_> = output
            .iter()
            .map(|line| self.localized(without_time(line)))
            .collect();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (done, printed) = self.run(commands).await;
            let is_shown = |line: &String| printed.lines().any(|it| without_time(it) == line);
            if done.status.success() && expected.iter().all(is_shown) {
                return;
            }
            let errors = String::from_utf8_lossy(&done.stderr).into_owned();
            let may_come = !expected.is_empty() && Instant::now() < deadline;
            assert!(
                may_come,
                "{commands}\nprinted\n{printed}{errors}\nand not\n{expected:#?}"
            );
            sleep(POLL).await;
        }
    }

    /// Runs commands in the second terminal, which stays where they end.
    async fn run(&mut self, commands: &str) -> (Output, String) {
        let command = self.shell(&format!("{commands}\necho\npwd"));
        let done = common::run(command).await;
        let printed = String::from_utf8_lossy(&done.stdout).into_owned();
        match printed.trim_end().rsplit_once('\n') {
            Some((printed, folder)) if done.status.success() => {
                self.current = Path::new(folder).to_owned();
                (done, printed.to_owned())
            }
            _ => (done, printed),
        }
    }
}

/// A line of output without the time of the query, if it has one.
fn without_time(line: &str) -> &str {
    line.split(" @[").next().unwrap_or(line)
}

async fn start_demo(flags: &str) -> Exporter {
    let mut command = common::command();
    command
        .args(flags.split_whitespace())
        .args(["--web.listen-address", "127.0.0.1:0"])
        .stderr(Stdio::piped());
    let folder = tempfile::tempdir().expect("a temporary folder");
    Exporter::spawn(command, folder).await
}

#[tokio::test]
async fn following_it_ends_with_an_alert_that_fires() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut reader = Reader {
        folder: folder.path().join("tutorial"),
        current: root(""),
        demo: None,
        prometheus: None,
    };
    let steps = steps();
    assert!(steps.len() >= 8, "only {} steps were found", steps.len());
    let (clean_up, steps) = steps.split_last().expect("there are steps");
    for step in steps {
        reader.follow(step).await;
    }

    // What the page is about, as the API says it.
    let prometheus = reader.prometheus.as_ref().expect("the page starts it");
    let firing = "ALERTS{alertname='FleetRunsUnused', alertstate='firing', fleet='archive-viewer'}";
    assert_eq!(prometheus.value(firing).await, Some(1.0));

    assert!(reader.folder.exists());
    reader.prometheus = None;
    reader.follow(clean_up).await;
    assert!(!reader.folder.exists());
}
