//! Live configuration: reads the file again after a signal, a request or a change, and
//! applies it, or keeps the configuration before and logs why.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::accounts::{Accounts, wall_clock};
use super::file_changes::FileChanges;
use super::plan::{self, TargetPlan};
use super::region_wait::{RegionWait, log_awaited};
use super::session_access;
use super::supervisor::Supervisor;
use crate::aws::ConnectError;
use crate::cli::Cli;
use crate::config::{self, Config};
use crate::selfmetrics::{ConfigState, SelfMetrics};
use crate::server::ReloadRequest;
use crate::shutdown::Hangups;
use crate::webconfig::{self, Reloadable};

/// Timeout of reading files.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A configuration that is ready to be applied.
pub(super) struct Prepared {
    pub(super) targets: Vec<TargetPlan>,
    config: Config,
    hash: u64,
}

impl Prepared {
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

/// The configuration that the process starts with, and its accounts.
pub(super) struct Opened {
    accounts: Accounts,
    pub(super) prepared: Prepared,
}

impl Opened {
    /// Loads the accounts, and prepares the configuration.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::NoSimulator`], or [`Error::Start`] of the demo.
    pub(super) async fn open(cli: &Cli, loaded: config::Loaded) -> Result<Self, Error> {
        let mut accounts = Accounts::open(cli).await?;
        let prepared = Live::prepare(&mut accounts, cli, loaded).await?;
        Ok(Self { accounts, prepared })
    }
}

/// The active configuration, and the tasks that it started.
pub(super) struct Live {
    cli: Cli,
    accounts: Accounts,
    supervisor: Supervisor,
    metrics: SelfMetrics,
    web: Arc<Reloadable>,
    config: Config,
    /// Hash of the text that was last read, which may be invalid; `None` if it could not be read.
    read_hash: Option<u64>,
    region_wait: Option<RegionWait>,
}

impl Live {
    /// Starts the refreshes.
    pub(super) async fn start(
        cli: &Cli,
        opened: Opened,
        supervisor: Supervisor,
        metrics: SelfMetrics,
        web: Arc<Reloadable>,
    ) -> Self {
        let mut live = Self {
            cli: cli.clone(),
            accounts: opened.accounts,
            supervisor,
            metrics,
            web,
            config: Config::default(),
            read_hash: None,
            region_wait: None,
        };
        live.apply(opened.prepared).await;
        live
    }

    /// Puts a configuration into force: its targets, and the hash of its file.
    async fn apply(&mut self, prepared: Prepared) {
        prepared.set_metrics(&self.metrics);
        let credentials_timeout = plan::credentials_timeout(&prepared.config);
        self.accounts.set_credentials_timeout(credentials_timeout);
        self.read_hash = Some(prepared.hash);
        self.config = prepared.config;
        self.need_authentication();
        self.apply_targets(prepared.targets).await;
    }

    /// Keeps the authentication in the web configuration that the active configuration needs.
    fn need_authentication(&self) {
        let is_needed = session_access::needs_authentication(&self.config);
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
    async fn prepare(
        accounts: &mut Accounts,
        cli: &Cli,
        loaded: config::Loaded,
    ) -> Result<Prepared, ConnectError> {
        let hash = loaded.hash;
        let config = accounts.effective_config(loaded, cli);
        Ok(Prepared {
            targets: plan::targets(&config, accounts, cli.shard).await?,
            config,
            hash,
        })
    }

    /// Applies the active configuration again, because instance metadata has a region now.
    async fn apply_region(&mut self) {
        self.accounts.drop_without_region();
        match plan::targets(&self.config, &mut self.accounts, self.cli.shard).await {
            Ok(targets) => self.apply_targets(targets).await,
            Err(error) => tracing::error!(%error, "targets not refreshed yet"),
        }
    }

    /// Reads the file again after a signal, a request or a change, until `stop`.
    ///
    /// # Errors
    /// The panic of a task.
    pub(super) async fn run(
        mut self,
        mut hangups: Hangups,
        mut requests: mpsc::Receiver<ReloadRequest>,
        stop: CancellationToken,
    ) -> Result<(), JoinError> {
        let file = self.cli.config_file.clone();
        let file = file.filter(|_| self.cli.auto_reload);
        let mut changes = file.map(|file| FileChanges::new(file, hash_of, self.read_hash));
        loop {
            let mut reply = None;
            // This only waits: work that begins after it is not dropped halfway.
            let cause = tokio::select! {
                () = stop.cancelled() => break,
                regions_changed = self.supervisor.regions_changed() => {
                    if regions_changed? {
                        self.supervisor.reconcile().await;
                    }
                    continue;
                }
                () = region_known(&mut self.region_wait) => {
                    if stop.run_until_cancelled(self.apply_region()).await.is_none() {
                        break;
                    }
                    continue;
                }
                () = hangups.next() => "SIGHUP",
                Some(request) = requests.recv() => {
                    reply = Some(request);
                    "/-/reload"
                }
                () = file_changed(&mut changes, self.read_hash) => "the file has changed",
            };
            let Some(reloaded) = stop.run_until_cancelled(self.reload(cause)).await else {
                break;
            };
            answer(reply, reloaded);
        }
        self.supervisor.end().await
    }

    async fn read(&mut self) -> Result<config::Loaded, config::Error> {
        let file = self.cli.config_file.clone();
        let path = file.clone().unwrap_or_default();
        let read = read_files(move || match config::read_text(file.as_deref()) {
            Ok(text) => {
                let hash = config::hash(text.as_bytes());
                (Some(hash), config::load(&text, file.as_deref()))
            }
            Err(error) => (None, Err(error)),
        });
        let timeout = || (None, Err(config::timed_out(&path)));
        let (read_hash, loaded) = read.await.unwrap_or_else(timeout);
        self.read_hash = read_hash;
        loaded
    }

    async fn read_and_prepare(&mut self) -> Result<Prepared, Error> {
        // The web configuration first: `sessions.list` may need passwords that were just added.
        reload_web(Arc::clone(&self.web)).await;
        let loaded = self.read().await?;
        session_access::check(&loaded.config, &self.cli, &self.web)?;
        let prepared = Self::prepare(&mut self.accounts, &self.cli, loaded);
        Ok(prepared.await?)
    }

    /// Reads the file again. The error has one problem of the file in each line.
    async fn reload(&mut self, cause: &str) -> Result<(), String> {
        match self.read_and_prepare().await {
            Ok(prepared) => {
                let hash = prepared.hash;
                self.apply(prepared).await;
                match &self.cli.config_file {
                    Some(file) => tracing::info!(
                        cause,
                        file = %file.display(),
                        hash,
                        "configuration reloaded"
                    ),
                    None if self.web.file().is_some() => {}
                    None => tracing::warn!(
                        cause,
                        "there is no configuration file to reload: set --config.file"
                    ),
                }
                Ok(())
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

async fn file_changed(changes: &mut Option<FileChanges>, known: Option<u64>) {
    match changes {
        Some(changes) => changes.next(known).await,
        None => std::future::pending().await,
    }
}

/// Reads files; `None` after a timeout: a network drive, or a pipe without a writer, must not
/// block later reloads.
async fn read_files<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let read = tokio::time::timeout(READ_TIMEOUT, tokio::task::spawn_blocking(read));
    let read = read.await.ok()?;
    Some(read.expect("reading a configuration does not panic"))
}

/// Reloads the web configuration whenever its files change.
pub(super) async fn follow(web: Arc<Reloadable>) {
    let Some(file) = web.file() else {
        return;
    };
    let mut changes = FileChanges::new(file.to_owned(), webconfig::hash, web.read_hash());
    loop {
        changes.next(web.read_hash()).await;
        reload_web(Arc::clone(&web)).await;
    }
}

async fn reload_web(web: Arc<Reloadable>) {
    let reloading = Arc::clone(&web);
    let reloaded = read_files(move || reloading.reload()).await;
    if let (None, Some(file)) = (reloaded, web.file()) {
        let file = file.display();
        tracing::error!(%file, timeout = ?READ_TIMEOUT, "web configuration not reloaded: reading its files takes too long");
    }
}

/// Hash of the text of a file; `None` if it cannot be read.
fn hash_of(path: &Path) -> Option<u64> {
    let text = config::read_text(Some(path)).ok()?;
    Some(config::hash(text.as_bytes()))
}
