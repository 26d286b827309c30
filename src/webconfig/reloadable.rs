//! Settings that can be reloaded. Files that cannot be used change nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::key_files::LoadedFiles;
use super::{Error, Settings, settings};

/// Settings, and the file to reload them from.
#[derive(Debug)]
pub struct Reloadable {
    current: ArcSwap<Settings>,
    file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Hash of the files that were last read, which may be invalid; `None` if they could not be
    /// read.
    read_hash: Option<u64>,
    needs_authentication: bool,
}

/// Hash of the content of a web configuration file and of the files that it names; `None` if the
/// file cannot be read.
#[must_use]
pub fn hash(path: &Path) -> Option<u64> {
    LoadedFiles::load(path).ok().as_ref().map(LoadedFiles::hash)
}

impl Reloadable {
    /// Reads and checks a file and the files that it names. Without a file, there are no
    /// requirements.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn open(file: Option<PathBuf>) -> Result<Self, Error> {
        let loaded = file.as_deref().map(LoadedFiles::load).transpose()?;
        let settings = loaded.as_ref().map(settings).transpose()?;
        let watched = Self {
            current: ArcSwap::default(),
            file,
            state: Mutex::new(State {
                read_hash: loaded.as_ref().map(LoadedFiles::hash),
                needs_authentication: false,
            }),
        };
        if let Some(settings) = settings {
            watched.use_settings(settings);
        }
        Ok(watched)
    }

    /// The file, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Sets whether changes that remove authentication are rejected.
    pub fn need_authentication(&self, is_needed: bool) {
        let mut state = self.state();
        if state.needs_authentication && !is_needed {
            // Files that were rejected may be accepted now.
            state.read_hash = None;
        }
        state.needs_authentication = is_needed;
    }

    /// The active settings.
    #[must_use]
    pub fn current(&self) -> Arc<Settings> {
        self.current.load_full()
    }

    /// The [`hash`] of the files that were last read, which may be invalid.
    #[must_use]
    pub fn read_hash(&self) -> Option<u64> {
        self.state().read_hash
    }

    /// Reads the files, and uses them if they are valid and have changed. Blocks.
    pub fn reload(&self) {
        let Some(path) = &self.file else {
            return;
        };
        let loaded = LoadedFiles::load(path);
        let read_hash = loaded.as_ref().ok().map(LoadedFiles::hash);
        let mut state = self.state();
        if state.read_hash == read_hash {
            return;
        }
        state.read_hash = read_hash;
        let settings = loaded
            .map_err(|error| error.to_string())
            .and_then(|files| self.accepted(&files, state.needs_authentication));
        let file = path.display();
        match settings {
            Ok(settings) => {
                self.use_settings(settings);
                tracing::info!(%file, "web configuration reloaded");
            }
            Err(error) => {
                tracing::error!(%file, %error, "web configuration not reloaded: the previous one stays active");
            }
        }
    }

    /// The settings of files, if they may replace the active settings.
    fn accepted(
        &self,
        files: &LoadedFiles,
        needs_authentication: bool,
    ) -> Result<Settings, String> {
        let before = self.current();
        if files.is_empty() && (before.tls.is_some() || !before.users.is_empty()) {
            // A file that is about to be written is empty at first.
            return Err("the file is empty".to_owned());
        }
        let mut settings = settings(files).map_err(|error| error.to_string())?;
        if settings.users.is_empty() && !before.users.is_empty() {
            // A half-written file, or one with only comments, also has no users.
            Err("removing basic_auth_users needs a restart".to_owned())
        } else if settings.tls.is_some() != before.tls.is_some() {
            Err("enabling or disabling TLS needs a restart".to_owned())
        } else if !settings.authenticates() && needs_authentication {
            let wrong = "it requires neither passwords nor client certificates";
            let needed = "sessions.list needs basic_auth_users or client_auth_type: RequireAndVerifyClientCert";
            Err(format!("{wrong}: {needed}"))
        } else {
            // Connections from before the change go on without a certificate.
            settings.verifies_every_client &= before.verifies_every_client;
            Ok(settings)
        }
    }

    fn use_settings(&self, settings: Settings) {
        for warning in &settings.warnings {
            let file = self.file.as_deref().unwrap_or(Path::new("")).display();
            tracing::warn!(%file, "{warning}");
        }
        self.current.store(Arc::new(settings));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
