//! Access to the session list. It has personal data, so the web configuration must require
//! a password or a certificate, unless the configuration allows access without.

use super::Error;
use crate::cli::Cli;
use crate::config::Config;
use crate::webconfig::Reloadable;
use crate::yaml::{self, Problem};

/// Whether a configuration shows sessions to authenticated readers only.
pub(super) fn needs_authentication(config: &Config) -> bool {
    config.sessions.list && !config.sessions.list_without_authentication
}

/// Checks a configuration against the active web configuration. From now on, changes that
/// remove its authentication are rejected.
///
/// # Errors
/// [`Error::Config`], if everyone could read the sessions.
pub(super) fn check(config: &Config, cli: &Cli, web: &Reloadable) -> Result<(), Error> {
    if !needs_authentication(config) {
        return Ok(());
    }
    // Set before the check, because the web configuration may change in between.
    web.need_authentication(true);
    if web.current().authenticates() {
        return Ok(());
    }
    let reason = match &cli.web_config_file {
        Some(file) => {
            let file = file.display();
            format!("{file} requires neither passwords nor client certificates")
        }
        None => "no --web.config.file requires passwords or client certificates".to_owned(),
    };
    let wrong = format!("true would show user IDs to everyone: {reason}");
    let accepted = "true with basic_auth_users or client_auth_type: RequireAndVerifyClientCert in the web configuration, true with sessions.list_without_authentication: true, or false";
    let problem = Problem::new("sessions.list", &wrong, accepted);
    Err(Error::Config(yaml::Error::Invalid {
        path: cli.config_file.clone().unwrap_or_default(),
        problems: vec![problem],
    }))
}
