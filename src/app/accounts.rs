//! The AWS accounts of the configuration, at AWS or in the demo.

use std::time::{Duration, SystemTime};

use futures_util::future::try_join_all;

use super::Error;
#[cfg(feature = "simulator")]
use super::demo::{self, Demo};
use crate::aws::{Account, ConnectError, CredentialSource, Endpoint};
use crate::cli::Cli;
use crate::config::{Config, Loaded};

/// The accounts, each with its credentials and connections, as long as a
/// configuration names them.
#[derive(Debug)]
pub(super) struct Accounts {
    accounts: Vec<(CredentialSource, Account)>,
    endpoint: Option<Endpoint>,
    #[cfg(feature = "simulator")]
    demo: Option<Demo>,
}

impl Accounts {
    /// AWS, or the demo, which is started.
    #[cfg(feature = "simulator")]
    pub(super) async fn open(cli: &Cli) -> Result<Self, Error> {
        let demo = if cli.demo {
            Some(demo::start().await.map_err(Error::Start)?)
        } else {
            None
        };
        Ok(Self {
            accounts: Vec::new(),
            endpoint: demo.as_ref().map(Demo::endpoint),
            demo,
        })
    }

    /// AWS.
    #[cfg(not(feature = "simulator"))]
    pub(super) async fn open(cli: &Cli) -> Result<Self, Error> {
        if cli.demo {
            return Err(Error::NoSimulator);
        }
        Ok(Self {
            accounts: Vec::new(),
            endpoint: None,
        })
    }

    /// The active configuration; in the demo, with the targets of the demo.
    pub(super) fn effective_config(&self, loaded: Loaded, cli: &Cli) -> Config {
        #[cfg(feature = "simulator")]
        if let Some(demo) = &self.demo {
            return demo.config(cli.config_file.is_some().then_some(loaded.config));
        }
        let _ = cli;
        loaded.config
    }

    /// Loads the accounts of these credential sources that are not loaded yet, concurrently: without
    /// instance metadata each takes seconds to fail. Each credential source comes with a region in
    /// which its account can be reached. Calls of the new accounts wait `credentials_timeout` for
    /// credentials.
    ///
    /// # Errors
    /// [`ConnectError`], when one cannot be loaded.
    pub(super) async fn load_missing(
        &mut self,
        credential_sources: Vec<(CredentialSource, Option<&str>)>,
        credentials_timeout: Duration,
    ) -> Result<(), ConnectError> {
        let mut new: Vec<(CredentialSource, Option<&str>)> = Vec::new();
        for (credential_source, near) in credential_sources {
            let is_known = self
                .accounts
                .iter()
                .any(|(known, _)| *known == credential_source);
            if !is_known && new.iter().all(|(known, _)| *known != credential_source) {
                new.push((credential_source, near));
            }
        }
        let endpoint = self.endpoint.as_ref();
        let accounts = new.into_iter().map(async |(credential_source, near)| {
            let account =
                Account::load(&credential_source, near, endpoint, credentials_timeout).await?;
            Ok::<_, ConnectError>((credential_source, account))
        });
        let accounts = try_join_all(accounts).await?;
        self.accounts.extend(accounts);
        Ok(())
    }

    /// Sets how long calls of all accounts wait for credentials.
    pub(super) fn set_credentials_timeout(&self, timeout: Duration) {
        for (_, account) in &self.accounts {
            account.set_credentials_timeout(timeout);
        }
    }

    /// The account of a credential source that was loaded.
    pub(super) fn account(&self, credential_source: &CredentialSource) -> Option<Account> {
        let mut accounts = self.accounts.iter();
        let (_, account) = accounts.find(|(known, _)| known == credential_source)?;
        Some(account.clone())
    }

    /// Drops the accounts whose region was not known when they were loaded.
    pub(super) fn drop_without_region(&mut self) {
        self.accounts
            .retain(|(_, account)| account.region_is_awaited().is_none());
    }

    /// Drops the accounts of credential sources that are no longer used.
    pub(super) fn retain(&mut self, is_used: impl Fn(&CredentialSource) -> bool) {
        self.accounts
            .retain(|(credential_source, _)| is_used(credential_source));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock; everyone else is handed it"
)]
pub(super) fn wall_clock() -> SystemTime {
    SystemTime::now()
}
