//! Settings that follow their files.
//!
//! A reader of the settings checks the files, at most once a second. It compares
//! contents and not times: volumes of Kubernetes swap links, and copies keep times.
//! Files that cannot be used change nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex as Lock;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::key_files::{Fingerprint, LoadedFiles};
use super::{Error, Settings, settings};

/// Time between two checks of the files.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Time for which the files must not change before they are loaded: a file that is being written
/// is incomplete.
const SETTLE_TIME: Duration = Duration::from_millis(20);

/// Settings, and how to find newer ones.
#[derive(Debug)]
pub struct Watched {
    current: ArcSwap<Settings>,
    watched_files: Option<WatchedFiles>,
    needs_authentication: AtomicBool,
}

#[derive(Debug)]
struct WatchedFiles {
    path: PathBuf,
    /// When the files were checked.
    checked_at: Lock<Instant>,
    /// Locked during a check.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Fingerprint of the files at the last check.
    seen: Option<Fingerprint>,
    /// The problem that the last check found.
    wrong: Option<String>,
}

impl Watched {
    /// Reads and checks a file and the files that it names. Without a file, there are no
    /// requirements.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn open(path: Option<PathBuf>) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self {
                current: ArcSwap::default(),
                watched_files: None,
                needs_authentication: AtomicBool::new(false),
            });
        };
        let files = LoadedFiles::load(&path)?;
        let settings = settings(&files)?;
        for warning in &settings.warnings {
            tracing::warn!(file = %path.display(), "{warning}");
        }
        let seen = Some(files.fingerprint());
        Ok(Self {
            current: ArcSwap::from_pointee(settings),
            watched_files: Some(WatchedFiles {
                path,
                checked_at: Lock::new(Instant::now()),
                state: Mutex::new(State { seen, wrong: None }),
            }),
            needs_authentication: AtomicBool::new(false),
        })
    }

    /// Sets whether changes that remove authentication are rejected.
    pub fn need_authentication(&self, is_needed: bool) {
        self.needs_authentication.store(is_needed, Ordering::SeqCst);
    }

    /// The active settings.
    pub async fn current(&self) -> Arc<Settings> {
        if let Some(watched_files) = &self.watched_files
            && watched_files.is_due()
        {
            self.check(watched_files).await;
        }
        self.current.load_full()
    }

    async fn check(&self, watched_files: &WatchedFiles) {
        // Other readers use the current settings during a check.
        let Ok(mut state) = watched_files.state.try_lock() else {
            return;
        };
        let Some(loaded) = watched_files.settled(state.seen.as_ref()).await else {
            return;
        };
        let before = self.current.load();
        let (seen, outcome) = match loaded {
            Ok(files) => {
                let had_settings = before.tls.is_some() || !before.users.is_empty();
                let outcome = if files.is_empty() && had_settings {
                    // A file that is about to be written is empty at first.
                    Err("the file is empty".to_owned())
                } else {
                    settings(&files).map_err(|error| error.to_string())
                };
                (Some(files.fingerprint()), outcome)
            }
            Err(error) => (None, Err(error.to_string())),
        };
        let outcome = outcome.and_then(|settings| {
            if settings.users.is_empty() && !before.users.is_empty() {
                // So does half a file look, or one of comments.
                Err("removing basic_auth_users needs a restart".to_owned())
            } else if settings.tls.is_some() != before.tls.is_some() {
                Err("enabling or disabling TLS needs a restart".to_owned())
            } else if !settings.authenticates() && self.needs_authentication.load(Ordering::SeqCst) {
                let wrong = "it requires neither passwords nor client certificates";
                let needed = "sessions.list needs basic_auth_users or client_auth_type: RequireAndVerifyClientCert";
                Err(format!("{wrong}: {needed}"))
            } else {
                Ok(settings)
            }
        });
        state.seen = seen;
        let file = watched_files.path.display();
        match outcome {
            Ok(mut settings) => {
                // Connections from before the change go on without a certificate.
                settings.verifies_every_client &= before.verifies_every_client;
                for warning in &settings.warnings {
                    tracing::warn!(%file, "{warning}");
                }
                self.current.store(Arc::new(settings));
                state.wrong = None;
                tracing::info!(%file, "web configuration reloaded");
            }
            Err(error) => {
                if state.wrong.as_ref() != Some(&error) {
                    tracing::error!(%file, %error, "web configuration not reloaded: the previous one stays active");
                    state.wrong = Some(error);
                }
            }
        }
    }
}

impl WatchedFiles {
    /// Whether a check is due; if so, counts it as begun.
    fn is_due(&self) -> bool {
        let mut checked_at = self
            .checked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_due = checked_at.elapsed() >= CHECK_INTERVAL;
        if is_due {
            *checked_at = Instant::now();
        }
        is_due
    }

    /// The files, if they have changed and no longer change.
    async fn settled(&self, seen: Option<&Fingerprint>) -> Option<Result<LoadedFiles, Error>> {
        let mut first = self.load().await?;
        if first.as_ref().ok().map(LoadedFiles::fingerprint).as_ref() == seen && seen.is_some() {
            return None;
        }
        for _ in 0..10 {
            tokio::time::sleep(SETTLE_TIME).await;
            let second = self.load().await?;
            let print = |found: &Result<LoadedFiles, Error>| {
                found.as_ref().ok().map(LoadedFiles::fingerprint)
            };
            let is_same = print(&first) == print(&second);
            first = second;
            if is_same {
                return Some(first);
            }
        }
        // The files still change: the next check tries again.
        None
    }

    async fn load(&self) -> Option<Result<LoadedFiles, Error>> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || LoadedFiles::load(&path))
            .await
            .ok()
    }
}
