//! Files of the repository, and the blocks of code and tables in its documents.

use std::path::{Path, PathBuf};

/// A path of the repository; an absolute path stays the same.
pub(crate) fn root(file: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

pub(crate) fn read(file: impl AsRef<Path>) -> String {
    let name = file.as_ref().display().to_string();
    std::fs::read_to_string(root(file)).expect(&name)
}

/// The files and folders in a folder, by their paths from the root, in order.
pub(crate) fn entries(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root(folder)).expect(folder);
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect(folder).file_name())
        .map(|name| format!("{folder}/{}", name.to_str().expect("names are text")))
        .collect();
    paths.sort();
    paths
}

/// The files in a folder whose names have this ending.
pub(crate) fn files_in(folder: &str, ending: &str) -> Vec<String> {
    let mut files = entries(folder);
    files.retain(|path| path.ends_with(ending) && root(path).is_file());
    assert!(!files.is_empty(), "{folder} has no {ending}");
    files
}

/// The files in a folder and all folders below it whose names have this ending.
pub(crate) fn files_below(folder: &str, ending: &str) -> Vec<String> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if root(&path).is_dir() {
            files.extend(files_below(&path, ending));
        } else if path.ends_with(ending) {
            files.push(path);
        }
    }
    files
}

/// The blocks of a document in a language.
pub(crate) fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = read(document);
    let fence = format!("\n```{language}\n");
    let after = text.split(&fence).skip(1);
    after
        .map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned())
        .collect()
}
