//! The loop over pages that every list of AWS shares.
//!
//! The SDK has paginators for none of these operations.

use std::collections::HashSet;

use super::error::{Cause, Error};
use super::progress::Progress;

/// More pages than any list can have: 100,000 sessions of one pair at 50 a page.
const MOST_PAGES: u32 = 2_000;

/// Follows a list from its first page to its last and hands each page to `take`.
///
/// Returns the number of pages. What `take` was given counts only when this succeeds.
///
/// # Errors
/// The error of a page; [`Cause::Decode`] when `take` refuses one; [`Cause::RepeatedToken`] when a `NextToken` comes
/// twice, which would go on for ever; [`Cause::TooManyPages`].
pub(super) async fn each_page<T, F>(
    operation: &'static str,
    progress: &Progress,
    mut fetch: impl FnMut(Option<String>) -> F,
    mut take: impl FnMut(T) -> Result<(), &'static str>,
) -> Result<u32, Error>
where
    F: Future<Output = Result<(T, Option<String>), Error>>,
{
    let mut seen = HashSet::new();
    let mut token = None;
    for page in 1..=MOST_PAGES {
        let (items, next) = fetch(token).await?;
        progress.page();
        take(items).map_err(|wrong| Error {
            operation,
            cause: Cause::Decode(wrong.to_owned()),
        })?;
        // AWS leaves the token out after the last page; some services send an empty one.
        let Some(next) = next.filter(|next| !next.is_empty()) else {
            return Ok(page);
        };
        if !seen.insert(next.clone()) {
            return Err(Error {
                operation,
                cause: Cause::RepeatedToken,
            });
        }
        token = Some(next);
    }
    Err(Error {
        operation,
        cause: Cause::TooManyPages(MOST_PAGES),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(pages: impl Fn(u32) -> (u32, Option<String>)) -> Result<(u32, Vec<u32>), Error> {
        let mut got = Vec::new();
        let mut page = 0;
        let fetch = |_| {
            page += 1;
            let answer = pages(page);
            async move { Ok(answer) }
        };
        let calls = each_page("DescribeFleets", &Progress::default(), fetch, |item| {
            got.push(item);
            Ok(())
        })
        .await?;
        Ok((calls, got))
    }

    #[tokio::test]
    async fn follows_tokens_to_the_end() {
        let (calls, got) = read(|page| (page, (page < 3).then(|| page.to_string())))
            .await
            .unwrap();
        assert_eq!((calls, got), (3, vec![1, 2, 3]));
        let (calls, _) = read(|page| (page, Some(String::new()))).await.unwrap();
        assert_eq!(calls, 1);
    }

    #[tokio::test]
    async fn a_token_that_comes_back_ends_the_list() {
        let error = read(|page| (page, Some((page % 3).to_string())))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "DescribeFleets: the list repeats itself: a NextToken came twice"
        );
    }

    #[tokio::test]
    async fn a_list_without_an_end_is_left() {
        let error = read(|page| (page, Some(page.to_string())))
            .await
            .unwrap_err();
        assert_eq!(error.cause, Cause::TooManyPages(MOST_PAGES));
    }
}
