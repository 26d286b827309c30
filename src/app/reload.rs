//! Live configuration: reads the file again when it is told to, and puts what
//! it says into force, or leaves everything as it is and says why.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::plan::{self, TargetPlan};
use super::shard::Shard;
use super::sites::Sites;
use super::world::{World, wall_clock};
use crate::aws::ConnectError;
use crate::cli::Cli;
use crate::config;
use crate::selfmetrics::SelfMetrics;
use crate::server::ReloadRequest;
use crate::shutdown::Hangups;

/// How often the file is looked at: reading some kilobytes costs nothing, and
/// works for files, for symbolic links and for every file system.
const LOOK: Duration = Duration::from_secs(1);
/// How long reading the file may take.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// The cause of a reload that nobody asked for.
const NOTICED: &str = "the file has changed";

/// Who says that the file is to be read again.
pub(super) struct Triggers {
    pub(super) hangups: Hangups,
    pub(super) requests: mpsc::Receiver<ReloadRequest>,
    pub(super) changes: Option<Changes>,
}

/// What a configuration comes to.
pub(super) struct Prepared {
    pub(super) targets: Vec<TargetPlan>,
    hash: u64,
    interval: Duration,
}

impl Prepared {
    /// Hash of the file that it is from.
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Shows that it is in force.
    pub(super) fn tell(&self, metrics: &SelfMetrics) {
        metrics.config_loaded(self.hash, wall_clock(), self.interval);
    }
}

/// The configuration that is in force, and what it has started.
pub(super) struct Live {
    cli: Cli,
    shard: Shard,
    world: World,
    sites: Sites,
    metrics: SelfMetrics,
}

impl Live {
    pub(super) fn new(
        (cli, shard): (&Cli, Shard),
        world: World,
        sites: Sites,
        metrics: SelfMetrics,
    ) -> Self {
        Self {
            cli: cli.clone(),
            shard,
            world,
            sites,
            metrics,
        }
    }

    /// Puts a configuration into force: its targets, and the hash of its file.
    pub(super) async fn apply(&mut self, prepared: Prepared) {
        prepared.tell(&self.metrics);
        self.sites.apply(prepared.targets).await;
        let sites = &self.sites;
        self.world.forget_accounts_but(|login| sites.uses(login));
    }

    /// Finds out what a configuration comes to. Changes nothing.
    ///
    /// # Errors
    /// [`ConnectError`] when that cannot be.
    pub(super) async fn prepare(
        world: &mut World,
        (cli, shard): (&Cli, Shard),
        loaded: config::Loaded,
    ) -> Result<Prepared, ConnectError> {
        let hash = loaded.hash;
        let config = world.adapt(loaded, cli);
        Ok(Prepared {
            targets: plan::targets(&config, world, shard).await?,
            hash,
            interval: config.refresh.interval,
        })
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
            // Only waits in here: what is begun after it is not dropped halfway.
            let cause = tokio::select! {
                () = stop.cancelled() => break,
                news = self.sites.news() => {
                    if let Some(found) = news? {
                        self.sites.take_in(found).await;
                    }
                    continue;
                }
                () = triggers.hangups.next() => "SIGHUP",
                Some(request) = triggers.requests.recv() => {
                    reply = Some(request);
                    "/-/reload"
                }
                () = changed(&mut triggers.changes) => NOTICED,
            };
            let reload = async {
                match triggers.changes.as_mut().filter(|_| cause != NOTICED) {
                    Some(changes) => changes.during(self.reload(cause)).await,
                    None => self.reload(cause).await,
                }
            };
            let Some(reloaded) = stop.run_until_cancelled(reload).await else {
                break;
            };
            answer(reply, reloaded.map(|_| ()));
        }
        self.sites.end().await
    }

    /// Reads the file, unless that takes too long: a network drive, or a pipe that
    /// nobody writes to, must not keep later reloads waiting.
    async fn read(&self) -> Result<config::Loaded, config::Error> {
        let file = self.cli.config_file.clone();
        let path = file.clone().unwrap_or_default();
        let read = tokio::task::spawn_blocking(move || config::read(file.as_deref()));
        match tokio::time::timeout(READ_TIMEOUT, read).await {
            Ok(read) => read.expect("reading a configuration does not panic"),
            Err(_) => Err(config::Error::Unreadable {
                path,
                source: io::ErrorKind::TimedOut.into(),
            }),
        }
    }

    /// Reads the file again. Gives back the hash of its content; the error is what
    /// is wrong with it, in lines.
    async fn reload(&mut self, cause: &str) -> Result<u64, String> {
        let prepared = match self.read().await {
            Ok(loaded) => Self::prepare(&mut self.world, (&self.cli, self.shard), loaded)
                .await
                .map_err(Error::from),
            Err(error) => Err(Error::from(error)),
        };
        match prepared {
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
                        "there is no configuration file to read again: see --config.file"
                    ),
                }
                Ok(hash)
            }
            Err(error) => {
                let sites = &self.sites;
                self.world.forget_accounts_but(|login| sites.uses(login));
                let error = error.to_string();
                self.metrics.config_refused(wall_clock(), &error);
                let problems = error.lines().count();
                for problem in error.lines() {
                    tracing::error!(
                        cause,
                        problems,
                        error = problem,
                        "configuration not reloaded: the one before stays in force"
                    );
                }
                Err(error)
            }
        }
    }
}

fn answer(request: Option<ReloadRequest>, reloaded: Result<(), String>) {
    if let Some(request) = request {
        // A client that has gone away needs no answer.
        let _ = request.send(reloaded);
    }
}

async fn changed(changes: &mut Option<Changes>) {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}

/// Notices when the content of a file changes, however that is done: written in
/// place, moved there, or behind a symbolic link that leads elsewhere.
#[derive(Debug)]
pub(super) struct Changes {
    path: PathBuf,
    /// Hash of the content that was told of or read last, and of that which was
    /// seen last; `None` where it could not be read.
    told: Option<u64>,
    seen: Option<u64>,
}

impl Changes {
    /// Of a file whose content, which is in force, has this hash.
    pub(super) fn of(path: PathBuf, hash: u64) -> Self {
        Self {
            path,
            told: Some(hash),
            seen: Some(hash),
        }
    }

    /// Waits for a reload that has another cause, and takes in what it has read:
    /// that is not to be told of again, be it good or bad.
    async fn during(
        &mut self,
        reload: impl Future<Output = Result<u64, String>>,
    ) -> Result<u64, String> {
        let before = self.look().await;
        let reloaded = reload.await;
        self.told = match &reloaded {
            Ok(hash) => Some(*hash),
            Err(_) if self.look().await == before => before,
            // It was changed meanwhile, and nobody knows which content was refused.
            Err(_) => None,
        };
        reloaded
    }

    /// Hash of the content as it is; `None` where it cannot be read.
    async fn look(&self) -> Option<u64> {
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
            tokio::time::sleep(LOOK).await;
            let now = self.look().await;
            let before = std::mem::replace(&mut self.seen, now);
            if now == before && now != self.told {
                self.told = now;
                return;
            }
        }
    }
}
