//! The AWS config files, for what the SDK does not do with them by itself.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

/// The profiles, of which the one with this name is selected, or else that of `AWS_PROFILE`.
/// `None` if they cannot be read: the credentials fail then and say why.
pub(super) async fn profiles(selected: Option<&str>) -> Option<ProfileSet> {
    let selected = selected.map(|name| name.to_owned().into());
    let files = EnvConfigFiles::default();
    aws_config::profile::load(&Fs::real(), &Env::real(), &files, selected)
        .await
        .ok()
}
