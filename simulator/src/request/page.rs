//! Cutting lists into pages and telling a genuine `NextToken` from another.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::error::ApiError;
use crate::request::parameters::Parameters;

/// Part of a list, with the token for the next page, if any.
#[derive(Debug, PartialEq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_token: Option<String>,
}

/// Identity of a request for which a `NextToken` is valid: account, region, operation and
/// every parameter but the token itself and the page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

/// The `NextToken` of a request was not issued for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ForeignToken;

impl Fingerprint {
    pub(crate) fn of(
        account_id: &str,
        region: &str,
        operation: &str,
        parameters: &Parameters,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        account_id.hash(&mut hasher);
        region.hash(&mut hasher);
        operation.hash(&mut hasher);
        Parameters {
            next_token: None,
            limit: None,
            max_results: None,
            max_datapoints: None,
            ..parameters.clone()
        }
        .hash(&mut hasher);
        Self(hasher.finish())
    }

    /// The page that starts where `token` says.
    ///
    /// # Errors
    /// [`ForeignToken`] when the token was issued for another request, or never.
    pub(crate) fn page<T>(
        self,
        items: impl Iterator<Item = T>,
        token: Option<&str>,
        size: usize,
    ) -> Result<Page<T>, ForeignToken> {
        let start = token.map_or(Ok(0), |token| self.offset(token))?;
        let size = size.max(1);
        let mut rest = items.skip(start);
        let items = rest.by_ref().take(size).collect();
        let next_token = rest.next().map(|_| self.token(start + size));
        Ok(Page { items, next_token })
    }

    fn token(self, offset: usize) -> String {
        format!("{:016x}-{offset:x}", self.0)
    }

    fn offset(self, token: &str) -> Result<usize, ForeignToken> {
        let (fingerprint, offset) = token.split_once('-').ok_or(ForeignToken)?;
        if u64::from_str_radix(fingerprint, 16) != Ok(self.0) {
            return Err(ForeignToken);
        }
        usize::from_str_radix(offset, 16).map_err(|_| ForeignToken)
    }
}

impl From<ForeignToken> for ApiError {
    fn from(_: ForeignToken) -> Self {
        Self::validation("The NextToken was not issued for this request")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(fleet: &str) -> Fingerprint {
        let parameters = Parameters {
            fleet: Some(fleet.to_owned()),
            ..Parameters::default()
        };
        Fingerprint::of("1", "eu-central-1", "DescribeSessions", &parameters)
    }

    #[test]
    fn pages_cover_the_list_once_and_the_last_carries_no_token() {
        for (length, size, pages) in [(0, 20, 1), (1, 20, 1), (20, 20, 1), (21, 20, 2), (5, 1, 5)] {
            let mut seen = Vec::new();
            let mut token = None;
            let mut count = 0;
            loop {
                let page = fingerprint("f")
                    .page(0..length, token.as_deref(), size)
                    .unwrap();
                seen.extend(page.items);
                count += 1;
                token = page.next_token;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(seen, (0..length).collect::<Vec<_>>());
            assert_eq!(count, pages, "{length} items by {size}");
        }
    }

    #[test]
    fn a_token_of_another_request_is_refused() {
        let page = fingerprint("a").page(0..3, None, 1).unwrap();
        let token = page.next_token.unwrap();
        assert_eq!(
            fingerprint("b").page(0..3, Some(&token), 1),
            Err(ForeignToken)
        );
        for token in ["", "-", "zz-1", "0000000000000000-0"] {
            assert_eq!(
                fingerprint("a").page(0..3, Some(token), 1),
                Err(ForeignToken)
            );
        }
    }

    #[test]
    fn a_token_survives_a_change_of_page_size() {
        let small = Parameters {
            limit: Some(1),
            ..Parameters::default()
        };
        let large = Parameters {
            limit: Some(50),
            next_token: Some("x".to_owned()),
            ..Parameters::default()
        };
        assert_eq!(
            Fingerprint::of("1", "r", "o", &small),
            Fingerprint::of("1", "r", "o", &large)
        );
    }
}
