//! Shared parts of operations.

pub(crate) mod change;
pub(crate) mod input;
pub(crate) mod page;
pub(crate) mod parameters;

use crate::document::Document;
use crate::error::ApiError;
use crate::request::page::{Fingerprint, ForeignToken, Page};
use crate::request::parameters::Parameters;
use crate::world::{Region, World};

/// An authenticated, decoded request and the part of the world it sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    pub(crate) region_name: &'a str,
    pub(crate) region: &'a Region,
    pub(crate) operation: &'a str,
    pub(crate) parameters: &'a Parameters,
    /// Seconds since the Unix epoch.
    pub(crate) now: f64,
}

impl Request<'_> {
    /// The requested page of `items`.
    ///
    /// # Errors
    /// [`ForeignToken`] when the request's `NextToken` was not issued for it.
    pub(crate) fn page<T>(
        &self,
        items: impl Iterator<Item = T>,
        size: usize,
    ) -> Result<Page<T>, ForeignToken> {
        Fingerprint::of(
            &self.world.account_id,
            self.region_name,
            self.operation,
            self.parameters,
        )
        .page(items, self.parameters.next_token.as_deref(), size)
    }

    /// The page size of a request with `Limit`.
    ///
    /// # Errors
    /// The error of `refuse` if `Limit` is outside 1..=`most`.
    pub(crate) fn limit(
        &self,
        default: usize,
        most: usize,
        refuse: impl FnOnce(String) -> ApiError,
    ) -> Result<usize, ApiError> {
        let Some(limit) = self.parameters.limit else {
            return Ok(default);
        };
        usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=most).contains(limit))
            .ok_or_else(|| {
                refuse(format!(
                    "Value '{limit}' at 'limit' failed to satisfy constraint: \
                     Member must have value between 1 and {most}"
                ))
            })
    }

    /// The page size of a request with `MaxResults`, up to the maximum of the account.
    ///
    /// # Errors
    /// A `ValidationException` when `MaxResults` lies outside 1..=`most`.
    pub(crate) fn max_results(&self, default: usize, most: usize) -> Result<usize, ApiError> {
        let given = self.parameters.max_results.map(usize::try_from);
        let size = given.unwrap_or(Ok(default)).ok();
        let size = size.filter(|size| (1..=most).contains(size));
        let size = size.ok_or_else(|| {
            ApiError::validation(format!("MaxResults must be between 1 and {most}"))
        })?;
        Ok(size.min(self.world.most_results))
    }

    /// The ARN of a resource of the account that answers.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            partition(self.region_name),
            self.region_name,
            self.world.account_id
        )
    }
}

impl<T> Page<T> {
    /// The answer of a list operation: its items under `member`, and the token when there is one.
    pub(crate) fn into_document(
        self,
        member: &'static str,
        describe: impl Fn(T) -> Document,
    ) -> Document {
        Document::structure()
            .with(member, Document::list(self.items, describe))
            .with_some("NextToken", self.next_token)
    }
}

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
