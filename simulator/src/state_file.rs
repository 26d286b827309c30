//! The account in a file.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use appstream_simulator::World;

/// The account in the file; `None` when there is no file yet.
///
/// # Errors
/// When the file cannot be read, or is not a world.
pub(crate) fn read(path: &Path) -> Result<Option<World>, Box<dyn Error>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| format!("cannot read {}: {error}", path.display()))?,
    };
    let world = serde_json::from_slice(&text);
    Ok(world.map_err(|error| format!("{} is not a world: {error}", path.display()))?)
}

/// Writes the account to the file, or leaves the file as it was.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(path: &Path, world: &World) -> Result<(), Box<dyn Error>> {
    let new = path.with_extension("new");
    let text = serde_json::to_vec_pretty(world)?;
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    Ok(written.map_err(|error| format!("cannot write {}: {error}", path.display()))?)
}
