//! The access keys given out for roles, and whom any access key belongs to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clock::Moment;
use crate::error::ApiError;
use crate::random::Random;
use crate::signature::Signature;
use crate::world::World;

/// The prefix of temporary access keys.
const TEMPORARY: &str = "ASIA";
/// Keys remembered; the oldest is forgotten first, because the demo runs for days.
const MEMORY: usize = 10_000;

/// The temporary access keys that have been given out.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    keys: BTreeMap<String, Key>,
    issued: u64,
}

/// Who sent a request.
#[derive(Debug, PartialEq)]
pub(crate) struct Caller<'a> {
    /// The account whose world the caller sees.
    pub(crate) account: &'a World,
    pub(crate) arn: String,
}

/// A principal that gets credentials.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) account_id: String,
    pub(crate) arn: String,
}

/// An access key with its secret.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    /// Seconds since the Unix epoch.
    pub(crate) expires_at: f64,
}

#[derive(Debug)]
struct Key {
    owner: Principal,
    session_token: String,
    /// `None` if the time is out of range.
    expires: Option<Instant>,
}

impl Keyring {
    /// Gives out credentials that begin now.
    pub(crate) fn issue(
        &mut self,
        owner: Principal,
        lifetime: Duration,
        now: Moment,
    ) -> Credentials {
        self.issued += 1;
        let mut random = Random::new(self.issued);
        let mut digits = || format!("{:016x}", random.bits());
        let credentials = Credentials {
            access_key_id: format!("{TEMPORARY}SIMULATED{:07}", self.issued),
            secret_access_key: digits() + &digits(),
            // With all that a header and an XML text must carry unharmed.
            session_token: format!("Simulated//{}+{}==", digits(), digits()),
            expires_at: now.epoch_seconds + lifetime.as_secs_f64(),
        };
        let key = Key {
            owner,
            session_token: credentials.session_token.clone(),
            expires: now.instant.checked_add(lifetime),
        };
        self.keys.insert(credentials.access_key_id.clone(), key);
        if self.keys.len() > MEMORY {
            self.keys.pop_first();
        }
        credentials
    }

    /// Whom the access key of a request belongs to. Keys that were not given out
    /// here belong to the home account, unless they look as if they had been.
    ///
    /// # Errors
    /// An `UnrecognizedClientException` for a temporary key that was not given
    /// out, comes without its token, or belongs to an account that is no more;
    /// an `ExpiredTokenException` for one that has expired.
    pub(crate) fn caller<'a>(
        &self,
        signature: &Signature,
        home: &'a World,
        now: Moment,
    ) -> Result<Caller<'a>, ApiError> {
        let Some(key) = self.keys.get(&signature.access_key_id) else {
            if signature.access_key_id.starts_with(TEMPORARY) {
                return Err(ApiError::unrecognized_client());
            }
            return Ok(Caller {
                account: home,
                arn: format!("arn:aws:iam::{}:user/simulated", home.account_id),
            });
        };
        if signature.session_token.as_ref() != Some(&key.session_token) {
            return Err(ApiError::unrecognized_client());
        }
        if key.expires.is_some_and(|expires| expires <= now.instant) {
            return Err(ApiError::expired_token());
        }
        let account = home
            .account(&key.owner.account_id)
            .ok_or_else(ApiError::unrecognized_client)?;
        Ok(Caller {
            account,
            arn: key.owner.arn.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(60);

    fn principal() -> Principal {
        Principal {
            account_id: "2".to_owned(),
            arn: "arn:aws:sts::2:assumed-role/reader/test".to_owned(),
        }
    }

    fn signed(access_key_id: &str, session_token: Option<&str>) -> Signature {
        Signature {
            access_key_id: access_key_id.to_owned(),
            region: "r".to_owned(),
            session_token: session_token.map(str::to_owned),
        }
    }

    #[test]
    fn a_key_is_worth_what_it_was_given_out_for() {
        let home = World::new("1").member(World::new("2"));
        let start = Moment::now();
        let mut keyring = Keyring::default();
        let issued = keyring.issue(principal(), LIFETIME, start);
        let other = keyring.issue(principal(), LIFETIME, start);
        assert_eq!(issued.expires_at, start.epoch_seconds + 60.0);
        assert_ne!(issued.access_key_id, other.access_key_id);

        let (key, token) = (issued.access_key_id.as_str(), issued.session_token.as_str());
        let (unrecognized, expired) = ("UnrecognizedClientException", "ExpiredTokenException");
        let cases = [
            ("home", signed("AKIDEXAMPLE", None), 0, Ok("1")),
            ("home, token", signed("AKIDEXAMPLE", Some("t")), 0, Ok("1")),
            ("issued", signed(key, Some(token)), 0, Ok("2")),
            ("still valid", signed(key, Some(token)), 59, Ok("2")),
            ("expired", signed(key, Some(token)), 60, Err(expired)),
            ("no token", signed(key, None), 0, Err(unrecognized)),
            (
                "another token",
                signed(key, Some(&other.session_token)),
                60,
                Err(unrecognized),
            ),
            (
                "never issued",
                signed("ASIAEXAMPLE", Some(token)),
                0,
                Err(unrecognized),
            ),
        ];
        for (name, signature, seconds, expected) in cases {
            let now = Moment {
                instant: start.instant + Duration::from_secs(seconds),
                ..start
            };
            let caller = keyring.caller(&signature, &home, now);
            let found = match &caller {
                Ok(caller) => Ok(caller.account.account_id.as_str()),
                Err(error) => Err(&*error.code),
            };
            assert_eq!(found, expected, "{name}");
        }

        let alone = World::new("1");
        let gone = keyring.caller(&signed(key, Some(token)), &alone, start);
        assert_eq!(gone, Err(ApiError::unrecognized_client()));
    }

    #[test]
    fn the_oldest_keys_are_forgotten_and_no_lifetime_is_too_long() {
        let home = World::new("1").member(World::new("2"));
        let now = Moment::now();
        let mut keyring = Keyring::default();
        let known = |keyring: &Keyring, issued: &Credentials| {
            let signature = signed(&issued.access_key_id, Some(&issued.session_token));
            keyring.caller(&signature, &home, now).is_ok()
        };
        let first = keyring.issue(principal(), Duration::MAX, now);
        assert!(known(&keyring, &first));
        let second = keyring.issue(principal(), LIFETIME, now);
        for _ in 1..MEMORY {
            keyring.issue(principal(), LIFETIME, now);
        }
        assert_eq!(keyring.keys.len(), MEMORY);
        assert!(!known(&keyring, &first));
        assert!(known(&keyring, &second));
    }
}
