//! Headless Chromium: what a page becomes in it, and what it complains of.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::common::Answer;

/// A browser starts slowly on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Two at a time would only take each other's processor.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The page as the browser rendered it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The document as it was at the end.
    pub(crate) dom: String,
    /// The console output, including policy violations.
    pub(crate) console: Vec<String>,
}

impl Seen {
    /// The title of the document.
    pub(crate) fn title(&self) -> &str {
        let after = self.dom.split_once("<title>").expect("it has a title").1;
        after.split_once("</title>").expect("it ends").0
    }
}

/// A profile whose user has switched JavaScript off. With
/// `--blink-settings=scriptEnabled=false` the headless browser prints nothing,
/// because it is itself a page with a script.
const WITHOUT_JAVASCRIPT: &str =
    r#"{"profile": {"default_content_setting_values": {"javascript": 2}}}"#;

/// Opens a page. `flags` are Chromium's.
pub(crate) async fn open(url: &str, flags: &[&str]) -> Seen {
    open_with(url, flags, "{}").await
}

/// Opens a page with JavaScript switched off.
pub(crate) async fn open_without_javascript(url: &str, flags: &[&str]) -> Seen {
    open_with(url, flags, WITHOUT_JAVASCRIPT).await
}

async fn open_with(url: &str, flags: &[&str], preferences: &str) -> Seen {
    let _turn = ONE_AT_A_TIME.lock().await;
    let profile = tempfile::tempdir().expect("a temporary folder");
    let default = profile.path().join("Default");
    std::fs::create_dir(&default).expect("the folder is writable");
    std::fs::write(default.join("Preferences"), preferences).expect("it is writable");
    let mut command = Command::new("chromium");
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--v=0",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(flags)
        .arg(url)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .expect("Chromium ends in time")
        .expect("Chromium starts: `make tools` installs it (Debian package chromium)");
    let log = String::from_utf8_lossy(&output.stderr);
    let console = log.lines().filter(|line| line.contains(":CONSOLE"));
    Seen {
        dom: String::from_utf8_lossy(&output.stdout).into_owned(),
        console: console.map(str::to_owned).collect(),
    }
}

/// Opens a file of this machine.
pub(crate) async fn open_file(file: &Path, flags: &[&str]) -> Seen {
    open(&format!("file://{}", file.display()), flags).await
}

/// Stands between the browser and an exporter, so that a test decides when and
/// how each request for the page is answered.
#[derive(Debug)]
pub(crate) struct Between(TcpListener);

impl Between {
    pub(crate) async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    /// Opens the page. `answer` gets the number of the request, from 1 on; `None`
    /// is a connection that breaks.
    pub(crate) async fn open(
        &self,
        flags: &[&str],
        answer: impl AsyncFn(usize) -> Option<Answer>,
    ) -> Seen {
        let address = self.0.local_addr().expect("it is bound");
        let url = format!("http://{address}/");
        tokio::select! {
            seen = open(&url, flags) => seen,
            () = self.serve(answer) => unreachable!("it serves for ever"),
        }
    }

    async fn serve(&self, answer: impl AsyncFn(usize) -> Option<Answer>) {
        let mut requests = 0;
        loop {
            let (mut stream, _) = self.0.accept().await.expect("it listens");
            // Browsers open connections that they then do not use.
            if read_head(&mut stream).await {
                requests += 1;
                if let Some(answer) = answer(requests).await {
                    let _ = stream.write_all(&bytes(&answer)).await;
                }
            }
        }
    }
}

/// Reads the head of a request. Says whether there was one in a second.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut lines = BufReader::new(stream).lines();
    let head = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.is_empty() {
                return true;
            }
        }
        false
    };
    tokio::time::timeout(Duration::from_secs(1), head)
        .await
        .unwrap_or(false)
}

/// An answer as it goes over the wire, its headers as they came.
fn bytes(answer: &Answer) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(&answer.body);
    bytes
}
