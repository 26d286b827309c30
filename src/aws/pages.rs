//! The loop over pages that every list of AWS shares.
//!
//! The SDK has paginators for none of these operations.

use std::collections::{BTreeMap, HashSet};

use super::call::Call;
use super::error::{Cause, Error};
use super::operations::Operation;
use super::source::{Listed, Response};

/// More pages than any list can have: 100,000 sessions of one pair at 50 a page.
const MOST_PAGES: u32 = 2_000;

/// Items of a page, `None` when the response does not have the list at all, and `NextToken`.
pub(super) type Page<T> = (Option<Vec<T>>, Option<String>);

/// Follows a list from its first page to its last and hands each item to `take`.
///
/// Returns the number of pages. The items count only when this succeeds.
///
/// # Errors
/// The error of a page; [`Cause::Decode`] when a page has no list, or `take` refuses an
/// item; [`Cause::RepeatedToken`] when a `NextToken` comes twice, which would go on for
/// ever; [`Cause::TooManyPages`].
pub(super) async fn each_page<E: Operation, T, F>(
    call: &Call<E>,
    mut fetch: impl FnMut(Option<String>) -> F,
    mut take: impl FnMut(T) -> Result<(), &'static str>,
) -> Result<u32, Error>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    let operation = E::OPERATION;
    let mut seen = HashSet::new();
    let mut token = None;
    for page in 1..=MOST_PAGES {
        let (items, next) = fetch(token).await?;
        for item in call.required(items)? {
            take(item).map_err(|wrong| call.unreadable(wrong.to_owned()))?;
        }
        call.context.progress.page();
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

/// Reads a list whose items have a key each.
///
/// # Errors
/// Those of [`each_page`].
pub(super) async fn keyed_list<E: Operation, T, K: Ord, V, F>(
    call: &Call<E>,
    fetch: impl FnMut(Option<String>) -> F,
    entry: impl Fn(T) -> Result<(K, V), &'static str>,
) -> Response<BTreeMap<K, V>>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    let mut value = BTreeMap::new();
    let take = |item| {
        let (key, item) = entry(item)?;
        value.insert(key, item);
        Ok(())
    };
    let calls = each_page(call, fetch, take).await?;
    Ok(Listed { value, calls })
}

/// A closure for [`each_page`] that sends a request with the `NextToken`, and returns the page's
/// list, which is the member `$items`.
macro_rules! fetch {
    ($call:expr, $request:expr, $items:ident) => {
        async |token| {
            let page = $crate::aws::call::send!($call, $request.set_next_token(token))?;
            Ok((page.$items, page.next_token))
        }
    };
}
pub(super) use fetch;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_appstream::operation::describe_fleets::DescribeFleetsError;

    use super::*;
    use crate::aws::call::CallContext;
    use crate::aws::limits::Bucket;
    use crate::aws::progress::Progress;
    use crate::selfmetrics::SelfMetrics;

    /// Reads pages of one number each, their own, of which 7 is refused.
    async fn read(next: impl Fn(u32) -> Option<String>) -> Result<(u32, Vec<u32>), Error> {
        read_pages(|page| (Some(vec![page]), next(page))).await
    }

    async fn read_pages(pages: impl Fn(u32) -> Page<u32>) -> Result<(u32, Vec<u32>), Error> {
        let metrics = SelfMetrics::new();
        let context = CallContext {
            metrics: Arc::new(metrics.service("t", "r", "appstream")),
            bucket: Arc::new(Bucket::new(1.0, 1)),
            progress: Progress::default(),
        };
        let mut got = Vec::new();
        let mut page = 0;
        let fetch = |_| {
            page += 1;
            let answer = pages(page);
            async move { Ok(answer) }
        };
        let take = |item| {
            got.push(item);
            (item != 7).then_some(()).ok_or("a fleet without Name")
        };
        let calls = each_page(&context.call::<DescribeFleetsError>(), fetch, take).await?;
        assert_eq!(context.progress.pages(), calls);
        Ok((calls, got))
    }

    #[tokio::test]
    async fn a_page_without_its_list_makes_the_whole_list_unreadable() {
        let second_has_none = |page: u32| {
            let next = (page < 3).then(|| page.to_string());
            ((page != 2).then(|| vec![page]), next)
        };
        let error = read_pages(second_has_none).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "DescribeFleets: cannot read the response: Fleets is missing"
        );
        let no_items = read_pages(|_| (Some(Vec::new()), None)).await;
        assert_eq!(no_items.unwrap(), (1, Vec::new()));
    }

    #[tokio::test]
    async fn an_item_that_is_refused_makes_the_list_unreadable() {
        let error = read_pages(|_| (Some(vec![7]), None)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "DescribeFleets: cannot read the response: a fleet without Name"
        );
    }

    #[tokio::test]
    async fn follows_tokens_to_the_end() {
        let (calls, got) = read(|page| (page < 3).then(|| page.to_string()))
            .await
            .unwrap();
        assert_eq!((calls, got), (3, vec![1, 2, 3]));
        let (calls, _) = read(|_| Some(String::new())).await.unwrap();
        assert_eq!(calls, 1);
    }

    #[tokio::test]
    async fn a_token_that_comes_back_ends_the_list() {
        let error = read(|page| Some((page % 3).to_string())).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "DescribeFleets: pagination loop: AWS returned the same NextToken twice"
        );
    }

    #[tokio::test]
    async fn a_list_without_an_end_is_left() {
        let error = read_pages(|page| (Some(Vec::new()), Some(page.to_string())))
            .await
            .unwrap_err();
        assert_eq!(error.cause, Cause::TooManyPages(MOST_PAGES));
    }
}
