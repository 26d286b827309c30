//! Where the accounts are that are asked: at AWS, or in the demo.

use std::time::SystemTime;

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

    /// The account of a login, which is looked for when it is first asked for.
    /// `near` is a region in which it can be.
    pub(super) async fn account(&mut self, login: &Login, near: Option<&str>) -> Account {
        if let Some((_, account)) = self.accounts.iter().find(|(known, _)| known == login) {
            return account.clone();
        }
        let account = Account::load(login, near, self.endpoint.as_ref()).await;
        self.accounts.push((login.clone(), account.clone()));
        account
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
