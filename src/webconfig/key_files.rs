//! The files of a web configuration: its own, and the certificate and key files that
//! it names.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::yaml::{self, Error};

/// The keys that name files.
const FILE_KEYS: [&str; 3] = ["cert_file", "key_file", "client_ca_file"];

/// The content of all files, read at one time.
pub(super) struct LoadedFiles {
    path: PathBuf,
    config: Vec<u8>,
    /// By key.
    files: BTreeMap<&'static str, (PathBuf, io::Result<Vec<u8>>)>,
}

/// Reads a file. Pipes are errors, because reading one waits for a writer.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.file_type().is_fifo() {
        return Err(io::Error::other("it is a pipe"));
    }
    std::fs::read(path)
}

impl LoadedFiles {
    /// Reads the file, and the files that it names.
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        let config = std::fs::read(path)
            .map_err(|source| Error::unreadable("web config file", path, source))?;
        let mut loaded = Self {
            path: path.to_owned(),
            config,
            files: BTreeMap::new(),
        };
        // Problems of the document are reported when it is checked.
        let document = loaded.document().unwrap_or_default();
        let tls = document.get("tls_server_config");
        for key in FILE_KEYS {
            let name = tls.and_then(|tls| tls.get(key)).and_then(Value::as_str);
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                // As the toolkit has it, names count from where the configuration is.
                let file = path.parent().unwrap_or(Path::new("")).join(name);
                let content = read(&file);
                loaded.files.insert(key, (file, content));
            }
        }
        Ok(loaded)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn document(&self) -> Result<Value, Error> {
        yaml::parse(&self.config, &self.path)
    }

    /// Whether the web configuration file is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.config.trim_ascii().is_empty()
    }

    /// The content of the file that a key names, or why there is none.
    pub(super) fn file(&self, key: &str) -> Result<&[u8], String> {
        match self.files.get(key) {
            Some((_, Ok(content))) => Ok(content),
            Some((path, Err(error))) => {
                // A line break would end the line of the message.
                let path = path.display().to_string();
                Err(format!("cannot read {}: {error}", path.escape_debug()))
            }
            None => Err("no file is named".to_owned()),
        }
    }

    /// Hash of the content of all files.
    pub(super) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.config.hash(&mut hasher);
        for (key, (_, content)) in &self.files {
            let content = content.as_ref().map_err(io::Error::to_string);
            (key, content).hash(&mut hasher);
        }
        hasher.finish()
    }
}
