//! A configuration file of any content.

#![no_main]

#[path = "../checks.rs"]
mod checks;

use std::sync::LazyLock;

use checks::Folder;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<Folder> = LazyLock::new(Folder::new);

fuzz_target!(|input: &[u8]| {
    FOLDER.config(input);
});
