//! User names and passwords: whether a pair is a right one.
//!
//! A comparison with bcrypt is slow by design. It runs on blocking threads, a few at a time, and
//! its result is cached.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use tokio::sync::Semaphore;

/// Comparisons at one time: one core of a small machine stays free for scrapes.
const MAX_COMPARISONS: usize = 2;
/// Outcomes that are cached, right and wrong ones on their own so that guessing does
/// not evict the pair of Prometheus.
const CACHED_OUTCOMES: usize = 256;

/// `basic_auth_users`: names with bcrypt hashes.
#[derive(Default)]
pub struct Users(BTreeMap<String, Hash>);

struct Hash {
    text: Arc<str>,
    cost: u32,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Users {
    /// Whether there are no users, so that no password is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a user; says what is wrong with the hash, without showing it.
    pub(super) fn add(&mut self, name: String, hash: String) -> Result<(), &'static str> {
        let parts: bcrypt::HashParts = hash.parse().map_err(|_| "is not a bcrypt hash")?;
        let cost = parts.get_cost();
        if !(4..=31).contains(&cost) {
            return Err("has an unsupported bcrypt cost");
        }
        let text = Arc::from(hash);
        self.0.insert(name, Hash { text, cost });
        Ok(())
    }
}

/// Compares passwords, and caches the outcomes.
pub struct Passwords {
    /// Random for each process, so that the cache does not reveal a password.
    key: hmac::Key,
    outcomes: Mutex<OutcomeCache>,
    permits: Arc<Semaphore>,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

impl Default for Passwords {
    fn default() -> Self {
        let mut key = [0; 32];
        // Fails only where the system has no randomness, and then no TLS either.
        aws_lc_rs::rand::fill(&mut key).expect("the system has randomness");
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            outcomes: Mutex::default(),
            permits: Arc::new(Semaphore::new(MAX_COMPARISONS)),
        }
    }
}

impl Passwords {
    /// Whether an `Authorization` header is valid.
    ///
    /// An unknown name takes as long as a known one: it is compared with a hash
    /// that no password has, of the cost of one of the users.
    pub async fn admit(&self, users: &Users, header: Option<&HeaderValue>) -> bool {
        if users.is_empty() {
            return true;
        }
        let Some((name, password)) = header.and_then(credentials) else {
            return false;
        };
        let (hash, is_known) = match std::str::from_utf8(&name)
            .ok()
            .and_then(|name| users.0.get(name))
        {
            Some(hash) => (Arc::clone(&hash.text), true),
            None => (self.decoy(users, &name), false),
        };
        let tag = self.tag(&[&name, hash.as_bytes(), &password]);
        if let Some(is_right) = self.cached(&tag) {
            return is_right && is_known;
        }
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return false;
        };
        // The same pair may have been compared while this one waited.
        if let Some(is_right) = self.cached(&tag) {
            return is_right && is_known;
        }
        let compared = tokio::task::spawn_blocking(move || {
            let is_right = bcrypt::verify(&password, &hash).unwrap_or(false);
            // Also when the client has gone, the permit is held until now.
            drop(permit);
            is_right
        });
        let is_right = compared.await.unwrap_or(false) && is_known;
        self.outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(tag, is_right);
        is_right
    }

    fn cached(&self, tag: &Tag) -> Option<bool> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.pairs.get(tag).copied()
    }

    /// A hash for an unknown name: always the same for the same name.
    fn decoy(&self, users: &Users, name: &[u8]) -> Arc<str> {
        let costs: Vec<_> = users.0.values().map(|hash| hash.cost).collect();
        let first = self.tag(&[name])[0];
        let cost = costs.get(usize::from(first) % costs.len().max(1));
        let cost = cost.copied().unwrap_or(10);
        // Salt and digest are all zeros, which are dots here.
        Arc::from(format!("$2b${cost:02}${:.<53}", ""))
    }

    fn tag(&self, parts: &[&[u8]]) -> Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            // With lengths, so that no two lists of parts make the same bytes.
            context.update(&part.len().to_le_bytes());
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

type Tag = [u8; 32];

#[derive(Default)]
struct OutcomeCache {
    pairs: HashMap<Tag, bool>,
    right: VecDeque<Tag>,
    wrong: VecDeque<Tag>,
}

impl OutcomeCache {
    fn insert(&mut self, tag: Tag, is_right: bool) {
        if self.pairs.insert(tag, is_right).is_some() {
            return;
        }
        let order = if is_right {
            &mut self.right
        } else {
            &mut self.wrong
        };
        order.push_back(tag);
        if order.len() > CACHED_OUTCOMES
            && let Some(oldest) = order.pop_front()
        {
            self.pairs.remove(&oldest);
        }
    }
}

/// Name and password of an `Authorization: Basic` header.
fn credentials(header: &HeaderValue) -> Option<(Vec<u8>, Vec<u8>)> {
    let bytes = header.as_bytes();
    let (scheme, encoded) = bytes.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let pair = STANDARD.decode(encoded).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some((pair[..colon].to_vec(), pair[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(pair: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("basic {}", STANDARD.encode(pair))).unwrap()
    }

    fn users(pairs: &[(&str, &str)]) -> Users {
        let mut users = Users::default();
        for (name, password) in pairs {
            let hash = bcrypt::hash(password, 4).unwrap();
            users.add((*name).to_owned(), hash).unwrap();
        }
        users
    }

    #[tokio::test]
    async fn pairs() {
        let users = users(&[("ann", "a:secret"), ("bob", "")]);
        let passwords = Passwords::default();
        let cases = [
            ("ann:a:secret", true),
            ("ann:secret", false),
            ("ann:", false),
            ("bob:", true),
            ("bob:a:secret", false),
            ("eve:a:secret", false),
            ("ann", false),
            (":", false),
        ];
        // Once compared, once remembered.
        for _ in 0..2 {
            for (pair, expected) in cases {
                let got = passwords.admit(&users, Some(&header(pair))).await;
                assert_eq!(got, expected, "{pair}");
            }
        }
        for rubbish in ["", "Basic", "Basic !", "Bearer YTph", "Basic YQ=="] {
            let rubbish = HeaderValue::from_static(rubbish);
            assert!(!passwords.admit(&users, Some(&rubbish)).await);
        }
        assert!(!passwords.admit(&users, None).await);
        assert!(passwords.admit(&Users::default(), None).await);
    }

    #[tokio::test]
    async fn another_password_replaces_the_one_before() {
        let passwords = Passwords::default();
        let old = users(&[("ann", "old")]);
        assert!(passwords.admit(&old, Some(&header("ann:old"))).await);
        let new = users(&[("ann", "new")]);
        assert!(!passwords.admit(&new, Some(&header("ann:old"))).await);
        assert!(passwords.admit(&new, Some(&header("ann:new"))).await);
    }

    #[test]
    fn a_decoy_is_a_hash_of_the_same_cost() {
        let users = users(&[("ann", "a")]);
        let decoy = Passwords::default().decoy(&users, b"eve");
        let parts: bcrypt::HashParts = decoy.parse().unwrap();
        assert_eq!(parts.get_cost(), 4);
        assert_eq!(bcrypt::verify("", &decoy).ok(), Some(false));
    }

    #[test]
    fn hashes_are_checked_and_never_shown() {
        let mut users = Users::default();
        let good = "$2y$10$2UXri9cIDdgeKjBo4Rlpx.U3ZLDV8X1IxKmsfOvhcM5oXQt/mLmXq";
        for (hash, fine) in [
            (good, true),
            ("doe", false),
            ("", false),
            (&good.replace("$10$", "$03$"), false),
            (&good.replace("$10$", "$32$"), false),
        ] {
            assert_eq!(users.add("x".to_owned(), hash.to_owned()).is_ok(), fine);
        }
        assert_eq!(format!("{users:?}"), "{\"x\"}");
    }
}
