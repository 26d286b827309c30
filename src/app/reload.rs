//! Live configuration: reads the file again after a signal, a request or a change, and
//! applies it, or keeps the configuration before and logs why.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::accounts::{Accounts, wall_clock};
use super::plan::{self, TargetPlan};
use super::region_wait::{RegionWait, log_awaited};
use super::session_access;
use super::shard::Shard;
use super::supervisor::Supervisor;
use crate::aws::ConnectError;
use crate::cli::Cli;
use crate::config::{self, Config};
use crate::selfmetrics::{ConfigState, SelfMetrics};
use crate::server::ReloadRequest;
use crate::shutdown::Hangups;
use crate::webconfig::Watched;

/// Interval at which the file is compared. Reading it is cheap, and works for symbolic links and
/// on all file systems.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Timeout of reading the file.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// The cause of a reload without a signal or a request.
const FILE_CHANGED: &str = "the file has changed";

/// The events that cause a reload.
pub(super) struct Triggers {
    pub(super) hangups: Hangups,
    pub(super) requests: mpsc::Receiver<ReloadRequest>,
    pub(super) changes: Option<FileChanges>,
}

/// A configuration that is ready to be applied.
pub(super) struct Prepared {
    pub(super) targets: Vec<TargetPlan>,
    config: Config,
    hash: u64,
}

impl Prepared {
    /// Hash of the file that it is from.
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Sets the metrics of the active configuration.
    pub(super) fn set_metrics(&self, metrics: &SelfMetrics) {
        metrics.config_loaded(ConfigState {
            hash: self.hash,
            loaded_at: Some(wall_clock()),
            interval: self.config.refresh.interval,
            max_age: self.config.refresh.max_age,
            lists_sessions: self.config.sessions.list,
            refused: None,
        });
    }
}

/// The active configuration, and the tasks that it started.
pub(super) struct Live {
    cli: Cli,
    shard: Shard,
    accounts: Accounts,
    supervisor: Supervisor,
    metrics: SelfMetrics,
    web: Arc<Watched>,
    config: Option<Config>,
    region_wait: Option<RegionWait>,
}

impl Live {
    pub(super) fn new(
        (cli, shard): (&Cli, Shard),
        accounts: Accounts,
        supervisor: Supervisor,
        metrics: SelfMetrics,
        web: Arc<Watched>,
    ) -> Self {
        Self {
            cli: cli.clone(),
            shard,
            accounts,
            supervisor,
            metrics,
            web,
            config: None,
            region_wait: None,
        }
    }

    /// Puts a configuration into force: its targets, and the hash of its file.
    pub(super) async fn apply(&mut self, prepared: Prepared) {
        prepared.set_metrics(&self.metrics);
        self.config = Some(prepared.config);
        self.need_authentication();
        self.apply_targets(prepared.targets).await;
    }

    /// Keeps the authentication in the web configuration that the active configuration needs.
    fn need_authentication(&self) {
        let config = self.config.as_ref();
        let is_needed = config.is_some_and(session_access::needs_authentication);
        self.web.need_authentication(is_needed);
    }

    async fn apply_targets(&mut self, targets: Vec<TargetPlan>) {
        log_awaited(&targets);
        self.region_wait = RegionWait::start(&targets);
        self.supervisor.apply(targets).await;
        let supervisor = &self.supervisor;
        self.accounts
            .retain(|credential_source| supervisor.uses(credential_source));
    }

    /// Prepares a configuration without changing the active one.
    ///
    /// # Errors
    /// [`ConnectError`] when it cannot be applied.
    pub(super) async fn prepare(
        accounts: &mut Accounts,
        (cli, shard): (&Cli, Shard),
        loaded: config::Loaded,
    ) -> Result<Prepared, ConnectError> {
        let hash = loaded.hash;
        let config = accounts.effective_config(loaded, cli);
        Ok(Prepared {
            targets: plan::targets(&config, accounts, shard).await?,
            config,
            hash,
        })
    }

    /// Applies the active configuration again, because instance metadata has a region now.
    async fn apply_region(&mut self) {
        let Some(config) = &self.config else {
            return;
        };
        self.accounts.drop_without_region();
        match plan::targets(config, &mut self.accounts, self.shard).await {
            Ok(targets) => self.apply_targets(targets).await,
            Err(error) => tracing::error!(%error, "targets not refreshed yet"),
        }
    }

    /// Reads the file again whenever one of the triggers says so, until `stop`.
    ///
    /// # Errors
    /// The panic of a task.
    pub(super) async fn run(
        mut self,
        mut triggers: Triggers,
        stop: CancellationToken,
    ) -> Result<(), JoinError> {
        loop {
            let mut reply = None;
            // This only waits: work that begins after it is not dropped halfway.
            let cause = tokio::select! {
                () = stop.cancelled() => break,
                event = self.supervisor.next_event() => {
                    if let Some(found) = event? {
                        self.supervisor.on_regions(found).await;
                    }
                    continue;
                }
                () = region_known(&mut self.region_wait) => {
                    if stop.run_until_cancelled(self.apply_region()).await.is_none() {
                        break;
                    }
                    continue;
                }
                () = triggers.hangups.next() => "SIGHUP",
                Some(request) = triggers.requests.recv() => {
                    reply = Some(request);
                    "/-/reload"
                }
                () = file_changed(&mut triggers.changes) => FILE_CHANGED,
            };
            let reload = async {
                match triggers.changes.as_mut().filter(|_| cause != FILE_CHANGED) {
                    Some(changes) => changes.track_reload(self.reload(cause)).await,
                    None => self.reload(cause).await,
                }
            };
            let Some(reloaded) = stop.run_until_cancelled(reload).await else {
                break;
            };
            answer(reply, reloaded.map(|_| ()));
        }
        self.supervisor.end().await
    }

    /// Reads the file, with a timeout: a network drive, or a pipe without a writer, must
    /// not block later reloads.
    async fn read(&self) -> Result<config::Loaded, config::Error> {
        let file = self.cli.config_file.clone();
        let path = file.clone().unwrap_or_default();
        let read = tokio::task::spawn_blocking(move || config::read(file.as_deref()));
        match tokio::time::timeout(READ_TIMEOUT, read).await {
            Ok(read) => read.expect("reading a configuration does not panic"),
            Err(_) => Err(config::timed_out(&path)),
        }
    }

    async fn read_and_prepare(&mut self) -> Result<Prepared, Error> {
        let loaded = self.read().await?;
        session_access::check(&loaded.config, &self.cli, &self.web).await?;
        let prepared = Self::prepare(&mut self.accounts, (&self.cli, self.shard), loaded);
        Ok(prepared.await?)
    }

    /// Reads the file again. Gives back the hash of its content; the error is what
    /// is wrong with it, in lines.
    async fn reload(&mut self, cause: &str) -> Result<u64, String> {
        match self.read_and_prepare().await {
            Ok(prepared) => {
                let hash = prepared.hash();
                self.apply(prepared).await;
                match &self.cli.config_file {
                    Some(file) => tracing::info!(
                        cause,
                        file = %file.display(),
                        hash,
                        "configuration reloaded"
                    ),
                    None => tracing::warn!(
                        cause,
                        "there is no configuration file to reload: set --config.file"
                    ),
                }
                Ok(hash)
            }
            Err(error) => {
                self.need_authentication();
                let supervisor = &self.supervisor;
                self.accounts
                    .retain(|credential_source| supervisor.uses(credential_source));
                let error = error.to_string();
                self.metrics.config_refused(wall_clock(), &error);
                let problems = error.lines().count();
                for problem in error.lines() {
                    tracing::error!(
                        cause,
                        problems,
                        error = problem,
                        "configuration not reloaded: the previous one stays active"
                    );
                }
                Err(error)
            }
        }
    }
}

fn answer(request: Option<ReloadRequest>, reloaded: Result<(), String>) {
    if let Some(request) = request {
        // A client that has disconnected needs no response.
        let _ = request.send(reloaded);
    }
}

async fn region_known(wait: &mut Option<RegionWait>) {
    match wait {
        Some(wait) => wait.ended().await,
        None => std::future::pending().await,
    }
}

async fn file_changed(changes: &mut Option<FileChanges>) {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}

/// Detects changes of the content of a file: written in place, replaced by another file,
/// or by a symbolic link with another target.
#[derive(Debug)]
pub(super) struct FileChanges {
    path: PathBuf,
    /// Hashes of the content that was last reported or loaded, and of the content that was last
    /// read; `None` if it could not be read.
    reported: Option<u64>,
    seen: Option<u64>,
}

impl FileChanges {
    /// Starts with the hash of the active content.
    pub(super) fn of(path: PathBuf, hash: u64) -> Self {
        Self {
            path,
            reported: Some(hash),
            seen: Some(hash),
        }
    }

    /// Waits for a reload that has another cause, and marks the content that it read as
    /// reported, whether the reload succeeds or fails.
    async fn track_reload(
        &mut self,
        reload: impl Future<Output = Result<u64, String>>,
    ) -> Result<u64, String> {
        let before = self.read_hash().await;
        let reloaded = reload.await;
        self.reported = match &reloaded {
            Ok(hash) => Some(*hash),
            Err(_) if self.read_hash().await == before => before,
            // The file changed during the reload: which content was refused is unknown.
            Err(_) => None,
        };
        reloaded
    }

    /// Hash of the content as it is; `None` where it cannot be read.
    async fn read_hash(&self) -> Option<u64> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        let content = read.ok()?.ok()?;
        Some(config::hash(&content))
    }

    /// Waits until the content is another, or cannot be read, twice in a row: half
    /// of a file that is being written could be a configuration too, and while it
    /// is being replaced there may be none.
    ///
    /// Nothing is lost when this is dropped before it is ready.
    async fn next(&mut self) {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            let now = self.read_hash().await;
            let before = std::mem::replace(&mut self.seen, now);
            if now == before && now != self.reported {
                self.reported = now;
                return;
            }
        }
    }
}
