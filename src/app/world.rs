//! Where the accounts are that are asked: at AWS, or in the demo.

use std::time::SystemTime;

use futures_util::future::join_all;

use super::Error;
#[cfg(feature = "simulator")]
use super::demo::{self, Demo};
use crate::aws::{Account, Endpoint, Login};
use crate::cli::Cli;
use crate::config::{Config, Loaded};

/// The accounts, each with its credentials and connections, as long as a
/// configuration names them.
#[derive(Debug)]
pub(super) struct World {
    accounts: Vec<(Login, Account)>,
    endpoint: Option<Endpoint>,
    #[cfg(feature = "simulator")]
    demo: Option<Demo>,
}

impl World {
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

    /// What a configuration comes to here: in the demo, its targets are the demo's.
    pub(super) fn adapt(&self, loaded: Loaded, cli: &Cli) -> Config {
        #[cfg(feature = "simulator")]
        if let Some(demo) = &self.demo {
            return demo.config(cli.config_file.is_some().then_some(loaded.config));
        }
        let _ = cli;
        loaded.config
    }

    /// Looks for the accounts of these logins that are not known yet, all at the
    /// same time: a host without instance metadata takes seconds to say so. With
    /// each, a region in which it can be.
    pub(super) async fn look_for(&mut self, logins: Vec<(Login, Option<&str>)>) {
        let mut new: Vec<(Login, Option<&str>)> = Vec::new();
        for (login, near) in logins {
            let is_known = self.accounts.iter().any(|(known, _)| *known == login);
            if !is_known && new.iter().all(|(known, _)| *known != login) {
                new.push((login, near));
            }
        }
        let endpoint = self.endpoint.as_ref();
        let accounts = new.into_iter().map(async |(login, near)| {
            let account = Account::load(&login, near, endpoint).await;
            (login, account)
        });
        let accounts = join_all(accounts).await;
        self.accounts.extend(accounts);
    }

    /// The account of a login that was looked for.
    pub(super) fn account(&self, login: &Login) -> Option<Account> {
        let mut accounts = self.accounts.iter();
        let (_, account) = accounts.find(|(known, _)| known == login)?;
        Some(account.clone())
    }

    /// Forgets the accounts that are no longer asked.
    pub(super) fn forget_accounts_but(&mut self, is_asked: impl Fn(&Login) -> bool) {
        self.accounts.retain(|(login, _)| is_asked(login));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock; everyone else is handed it"
)]
pub(super) fn wall_clock() -> SystemTime {
    SystemTime::now()
}
