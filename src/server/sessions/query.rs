//! The query of `/api/v1/sessions` and `/sessions`, which selects sessions.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;

use super::cursor::Cursor;
use super::pattern::Pattern;
use crate::model::{ListedSession, SessionPlace, UNKNOWN};

/// The values of `state`. `UNKNOWN` finds sessions without a state, such as those of pools.
pub(in crate::server) const STATES: [&str; 4] = ["ACTIVE", "PENDING", "EXPIRED", UNKNOWN];
/// The values of `connection`.
pub(in crate::server) const CONNECTIONS: [&str; 3] = ["CONNECTED", "NOT_CONNECTED", UNKNOWN];

const PARAMETERS: [&str; 10] = [
    "account",
    "region",
    "fleet",
    "stack",
    "pool",
    "user",
    "state",
    "connection",
    "limit",
    "cursor",
];
/// Parameters in which `*` stands for any characters.
const PATTERNS: [&str; 4] = ["fleet", "stack", "pool", "user"];
/// Maximum length of a pattern in bytes.
const MAX_PATTERN: usize = 256;
const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

/// The parameters of a request. A parameter without a value counts as left out.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Query {
    /// As they were given.
    given: BTreeMap<&'static str, String>,
    fleet: Option<Pattern>,
    stack: Option<Pattern>,
    pool: Option<Pattern>,
    user: Option<Pattern>,
    pub(super) limit: usize,
    pub(super) cursor: Option<Cursor>,
}

impl Query {
    /// Reads a query. The error says in one line what is wrong and what is accepted.
    pub(in crate::server) fn of(query: Option<&str>) -> Result<Self, String> {
        let mut given = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let mut names = PARAMETERS.into_iter();
            let Some(known) = names.find(|known| *known == name) else {
                let accepted = PARAMETERS.join(", ");
                return Err(format!("{name:?} is not a parameter, accepted: {accepted}"));
            };
            let value = value.trim();
            if !value.is_empty() && given.insert(known, value.to_owned()).is_some() {
                return Err(format!("{known}: given twice, accepted: one value"));
            }
        }
        let mut query = Self {
            given,
            ..Self::default()
        };
        query.check_account()?;
        PATTERNS
            .into_iter()
            .try_for_each(|name| query.check_length(name))?;
        query.check_one_of("state", &STATES)?;
        query.check_one_of("connection", &CONNECTIONS)?;
        query.limit = query.parse_limit()?;
        query.cursor = query.parse_cursor()?;
        let pattern = |name| query.given.get(name).map(|text| Pattern::new(text));
        let [fleet, stack, pool, user] = PATTERNS.map(pattern);
        Ok(Self {
            fleet,
            stack,
            pool,
            user,
            ..query
        })
    }

    /// The value of a parameter as it was given, or an empty text.
    pub(in crate::server) fn get(&self, name: &str) -> &str {
        self.given.get(name).map_or("", String::as_str)
    }

    /// Whether any session may be left out.
    pub(in crate::server) fn is_filtered(&self) -> bool {
        let mut names = self.given.keys();
        names.any(|name| !matches!(*name, "limit" | "cursor"))
    }

    /// Whether this is not the first page.
    pub(in crate::server) fn is_continued(&self) -> bool {
        self.cursor.is_some()
    }

    /// The query with another cursor, or none, for a link.
    pub(in crate::server) fn with_cursor(&self, cursor: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        let kept = self.given.iter().filter(|(name, _)| **name != "cursor");
        query.extend_pairs(kept);
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        query.finish()
    }

    /// Every session is compared with a pattern, so its length is limited.
    fn check_length(&self, name: &str) -> Result<(), String> {
        if self.get(name).len() <= MAX_PATTERN {
            return Ok(());
        }
        Err(format!(
            "{name}: the value is too long, accepted: up to {MAX_PATTERN} bytes"
        ))
    }

    fn check_account(&self) -> Result<(), String> {
        let account = self.get("account");
        let is_id = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
        if is_id || matches!(account, "" | "-") {
            return Ok(());
        }
        let accepted = "12 digits, or - for sessions whose account is not known";
        Err(format!(
            "account: {account:?} is not an account id, accepted: {accepted}"
        ))
    }

    fn check_one_of(&mut self, name: &'static str, accepted: &[&str]) -> Result<(), String> {
        let Some(value) = self.given.get_mut(name) else {
            return Ok(());
        };
        let upper = value.to_ascii_uppercase();
        if accepted.contains(&upper.as_str()) {
            *value = upper;
            return Ok(());
        }
        let accepted = accepted.join(", ");
        Err(format!(
            "{name}: {value:?} is not one of its values, accepted: {accepted}"
        ))
    }

    fn parse_limit(&self) -> Result<usize, String> {
        let limit = self.get("limit");
        if limit.is_empty() {
            return Ok(DEFAULT_LIMIT);
        }
        let number = limit.parse().ok();
        let number = number.filter(|number| (1..=MAX_LIMIT).contains(number));
        number.ok_or_else(|| {
            format!("limit: {limit:?} is not such a number, accepted: 1 to {MAX_LIMIT}")
        })
    }

    fn parse_cursor(&self) -> Result<Option<Cursor>, String> {
        let Some(cursor) = self.given.get("cursor") else {
            return Ok(None);
        };
        let accepted = "next_cursor of another answer";
        let cursor = Cursor::parse(cursor);
        let cursor = cursor.ok_or_else(|| format!("cursor: not a cursor, accepted: {accepted}"))?;
        Ok(Some(cursor))
    }

    pub(super) fn accepts_region(&self, region: &str) -> bool {
        self.is("region", region)
    }

    pub(super) fn accepts_place(&self, account: &str, place: &SessionPlace) -> bool {
        let finds = |wanted: &Option<Pattern>, texts: &[&str]| {
            let wanted = wanted.as_ref();
            wanted.is_none_or(|wanted| texts.iter().any(|text| wanted.matches(text)))
        };
        let [fleet, stack, pool] = match place {
            SessionPlace::Pair { fleet, stack } => [&[fleet.as_str()][..], &[stack.as_str()], &[]],
            SessionPlace::Pool { id, name } => [&[][..], &[], &[id.as_str(), name]],
        };
        self.is("account", account)
            && finds(&self.fleet, fleet)
            && finds(&self.stack, stack)
            && finds(&self.pool, pool)
    }

    pub(super) fn accepts(&self, session: ListedSession<'_>) -> bool {
        let user = self.user.as_ref();
        self.is("state", session.state().unwrap_or(UNKNOWN))
            && self.is("connection", session.connection_state().unwrap_or(UNKNOWN))
            && user.is_none_or(|user| session.user().is_some_and(|text| user.matches(text)))
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.given.get(name).is_none_or(|wanted| wanted == value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_parameters_are_named_with_what_is_accepted() {
        let long = format!("user={}", "*".repeat(MAX_PATTERN + 1));
        for (query, wrong) in [
            (
                &*long,
                "user: the value is too long, accepted: up to 256 bytes",
            ),
            (
                "limit=0",
                "limit: \"0\" is not such a number, accepted: 1 to 1000",
            ),
            (
                "limit=1001",
                "limit: \"1001\" is not such a number, accepted: 1 to 1000",
            ),
            (
                "limit=-1",
                "limit: \"-1\" is not such a number, accepted: 1 to 1000",
            ),
            (
                "cursor=x",
                "cursor: not a cursor, accepted: next_cursor of another answer",
            ),
            (
                "account=1",
                "account: \"1\" is not an account id, accepted: 12 digits, or - for sessions whose account is not known",
            ),
            (
                "state=gone",
                "state: \"gone\" is not one of its values, accepted: ACTIVE, PENDING, EXPIRED, UNKNOWN",
            ),
            (
                "connection=a%0Ab",
                "connection: \"a\\nb\" is not one of its values, accepted: CONNECTED, NOT_CONNECTED, UNKNOWN",
            ),
            (
                "user=ann&user=ben",
                "user: given twice, accepted: one value",
            ),
            (
                "usr=ann",
                "\"usr\" is not a parameter, accepted: account, region, fleet, stack, pool, user, state, connection, limit, cursor",
            ),
        ] {
            assert_eq!(Query::of(Some(query)).unwrap_err(), wrong, "{query}");
        }
    }

    #[test]
    fn a_query_is_kept_by_links() {
        let query = "user=a%26b&fleet=&state=active&limit=5";
        let query = Query::of(Some(query)).unwrap();
        assert!(query.is_filtered() && !query.is_continued());
        assert_eq!(query.limit, 5);
        assert_eq!(
            query.with_cursor(Some("c")),
            "limit=5&state=ACTIVE&user=a%26b&cursor=c"
        );
        let bare = Query::of(None).unwrap();
        assert!(!bare.is_filtered());
        assert_eq!((bare.limit, bare.with_cursor(None)), (100, String::new()));
    }
}
