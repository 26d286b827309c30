//! Files of the repository, and the blocks of code in its documents.

use std::path::{Path, PathBuf};

pub(crate) fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

pub(crate) fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).expect(file)
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
