//! Settings that follow their files.
//!
//! Whoever needs the settings asks here. At most once a second that looks at the
//! files, as content and not as times: volumes of Kubernetes swap links, and
//! copies keep times. What cannot be used leaves what is in force.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex as Lock;
use std::sync::PoisonError;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::material::{Fingerprint, Material};
use super::{Error, Settings, settings};

/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(1);
/// How long the files must stay as they are before they count: a file that is
/// being written holds half of what it will.
const SETTLE: Duration = Duration::from_millis(20);

/// Settings, and how to find newer ones.
#[derive(Debug)]
pub struct Watched {
    current: ArcSwap<Settings>,
    source: Option<Source>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    /// When the files were looked at.
    looked: Lock<Instant>,
    /// Held by the one that looks.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Of the files when they were last looked at.
    seen: Option<Fingerprint>,
    /// What was wrong with them then.
    wrong: Option<String>,
}

impl Watched {
    /// Reads and checks a file, and what it names; no file asks for nothing.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn open(path: Option<PathBuf>) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self {
                current: ArcSwap::default(),
                source: None,
            });
        };
        let material = Material::gather(&path)?;
        let settings = settings(&material)?;
        for warning in &settings.warnings {
            tracing::warn!(file = %path.display(), "{warning}");
        }
        let seen = Some(material.fingerprint());
        Ok(Self {
            current: ArcSwap::from_pointee(settings),
            source: Some(Source {
                path,
                looked: Lock::new(Instant::now()),
                state: Mutex::new(State { seen, wrong: None }),
            }),
        })
    }

    /// What holds now.
    pub async fn current(&self) -> Arc<Settings> {
        if let Some(source) = &self.source
            && source.is_due()
        {
            self.look(source).await;
        }
        self.current.load_full()
    }

    async fn look(&self, source: &Source) {
        // Others go on with what there is while one looks.
        let Ok(mut state) = source.state.try_lock() else {
            return;
        };
        let Some(gathered) = source.settled(state.seen.as_ref()).await else {
            return;
        };
        let before = self.current.load();
        let (seen, outcome) = match gathered {
            Ok(material) => {
                let had_something = before.tls.is_some() || !before.users.is_empty();
                let outcome = if material.is_empty() && had_something {
                    // This is how a file looks that somebody is about to write.
                    Err("the file is empty".to_owned())
                } else {
                    settings(&material).map_err(|error| error.to_string())
                };
                (Some(material.fingerprint()), outcome)
            }
            Err(error) => (None, Err(error.to_string())),
        };
        let outcome = outcome.and_then(|settings| {
            if settings.users.is_empty() && !before.users.is_empty() {
                // So does half a file look, or one of comments.
                Err("basic_auth_users are gone, which takes a restart".to_owned())
            } else if settings.tls.is_some() == before.tls.is_some() {
                Ok(settings)
            } else {
                Err("TLS cannot be switched on or off without a restart".to_owned())
            }
        });
        state.seen = seen;
        let file = source.path.display();
        match outcome {
            Ok(settings) => {
                for warning in &settings.warnings {
                    tracing::warn!(%file, "{warning}");
                }
                self.current.store(Arc::new(settings));
                state.wrong = None;
                tracing::info!(%file, "web configuration read again");
            }
            Err(error) => {
                if state.wrong.as_ref() != Some(&error) {
                    tracing::error!(%file, %error, "the web configuration cannot be used, the one before stays in force");
                    state.wrong = Some(error);
                }
            }
        }
    }
}

impl Source {
    /// Whether it is time to look; if so, that is now being done.
    fn is_due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.elapsed() >= LOOK;
        if is_due {
            *looked = Instant::now();
        }
        is_due
    }

    /// The files, if they are not as they were seen before, and have come to rest.
    async fn settled(&self, seen: Option<&Fingerprint>) -> Option<Result<Material, Error>> {
        let mut first = self.gather().await?;
        if first.as_ref().ok().map(Material::fingerprint).as_ref() == seen && seen.is_some() {
            return None;
        }
        for _ in 0..10 {
            tokio::time::sleep(SETTLE).await;
            let second = self.gather().await?;
            let print =
                |found: &Result<Material, Error>| found.as_ref().ok().map(Material::fingerprint);
            let is_same = print(&first) == print(&second);
            first = second;
            if is_same {
                return Some(first);
            }
        }
        // Still moving: at the next look, perhaps.
        None
    }

    async fn gather(&self) -> Option<Result<Material, Error>> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || Material::gather(&path))
            .await
            .ok()
    }
}
