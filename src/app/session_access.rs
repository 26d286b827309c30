//! Who may read the session list: it has personal data, so the web configuration must ask
//! for a password or a certificate, or the configuration must do without.

use super::Error;
use crate::cli::Cli;
use crate::config::Config;
use crate::webconfig::Watched;
use crate::yaml::{self, Problem};

/// Whether a configuration shows sessions to authenticated readers only.
pub(super) fn needs_authentication(config: &Config) -> bool {
    config.sessions.list && !config.sessions.list_without_authentication
}

/// Checks a configuration against the web configuration that is in force, which must not
/// lose its authentication from now on.
///
/// # Errors
/// [`Error::Config`], when everybody could read the sessions.
pub(super) async fn check(config: &Config, cli: &Cli, web: &Watched) -> Result<(), Error> {
    if !needs_authentication(config) {
        return Ok(());
    }
    // Before the look at it: it may change in between.
    web.need_authentication(true);
    if web.current().await.authenticates() {
        return Ok(());
    }
    let reason = match &cli.web_config_file {
        Some(file) => {
            let file = file.display();
            format!("{file} asks for neither passwords nor client certificates")
        }
        None => "no --web.config.file asks for passwords or client certificates".to_owned(),
    };
    let wrong = format!("true would show user ids to everybody: {reason}");
    let accepted = "true with basic_auth_users or client_auth_type: RequireAndVerifyClientCert in the web configuration, true with sessions.list_without_authentication: true, or false";
    let problem = Problem::new("sessions.list", &wrong, accepted);
    Err(Error::Config(yaml::Error::Invalid {
        path: cli.config_file.clone().unwrap_or_default(),
        problems: vec![problem],
    }))
}
