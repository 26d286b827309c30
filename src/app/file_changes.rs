//! Detects changes of files.
//!
//! Compares contents and not times: volumes of Kubernetes swap links, and copies keep times.
//! Reading files is cheap, and works on all file systems.

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

/// Interval at which files are compared.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A file, and its content at the last poll.
#[derive(Debug)]
pub(super) struct FileChanges {
    path: PathBuf,
    /// Hash of the content of the file; `None` if it cannot be read.
    hash: fn(&Path) -> Option<u64>,
    last: Option<u64>,
    /// The poll that has not ended. While a network drive hangs, another poll would only occupy
    /// another thread.
    poll: Option<JoinHandle<Option<u64>>>,
}

impl FileChanges {
    pub(super) fn new(path: PathBuf, hash: fn(&Path) -> Option<u64>, last: Option<u64>) -> Self {
        Self {
            path,
            hash,
            last,
            poll: None,
        }
    }

    /// Waits until two polls in a row find the same content, and it differs from `known`. One
    /// poll may find a half-written file, or none while it is replaced. Cancel safe.
    pub(super) async fn next(&mut self, known: Option<u64>) {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            let (path, hash) = (self.path.clone(), self.hash);
            let poll = self.poll.get_or_insert_with(|| {
                spawn_blocking(move || if is_pipe(&path) { known } else { hash(&path) })
            });
            let now = poll.await.unwrap_or_default();
            self.poll = None;
            let before = std::mem::replace(&mut self.last, now);
            if now == before && now != known {
                return;
            }
        }
    }
}

/// Whether a file is a pipe. Reading a pipe waits for a writer, and takes the content from
/// the next reader.
fn is_pipe(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}
