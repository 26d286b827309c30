//! CloudWatch: `GetMetricData`.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::error::ApiError;
use crate::request::Request;
use crate::request::parameters::MetricQuery;
use crate::resource::metric::{Datapoint, Metric};

/// Maximum number of queries in a request.
const MOST_QUERIES: usize = 500;
/// Maximum number of datapoints in a response.
const MOST_DATAPOINTS: usize = 100_800;

/// A datapoint of one query: the query's position, time and value.
type Found = (usize, i64, f64);

/// Answers an operation of CloudWatch.
///
/// # Errors
/// The error AWS answers when the request is malformed.
pub(crate) fn answer(request: &Request<'_>) -> Result<Document, ApiError> {
    if request.operation != "GetMetricData" {
        return Err(ApiError::unknown_operation());
    }
    let parameters = request.parameters;
    let queries = &parameters.metric_queries;
    let window = checked(queries, parameters.start_time.zip(parameters.end_time))?;
    let mut found: Vec<Found> = Vec::new();
    for (position, query) in queries.iter().enumerate() {
        let values = datapoints(request, query, window);
        found.extend(values.map(|(at, value)| (position, at, value)));
    }
    let size = size(request)?;
    let is_first = parameters.next_token.is_none();
    let last_of = last_positions(&found);
    let page = request.page(found.into_iter().enumerate(), size)?;
    let end = page.items.last().map(|(index, _)| *index);
    let mut results: BTreeMap<usize, Vec<(i64, f64)>> = BTreeMap::new();
    if is_first {
        let empty = (0..queries.len()).filter(|position| !last_of.contains_key(position));
        results.extend(empty.map(|position| (position, Vec::new())));
    }
    for (_, (position, at, value)) in page.items {
        results.entry(position).or_default().push((at, value));
    }
    let describe = |(position, values): (usize, Vec<(i64, f64)>)| {
        let is_whole = last_of.get(&position) <= end.as_ref();
        result(request, &queries[position], &values, is_whole)
    };
    Ok(Document::structure()
        .with("MetricDataResults", Document::list(results, describe))
        .with_some("NextToken", page.next_token))
}

/// The time range of a request.
///
/// # Errors
/// A `ValidationException`, as from AWS.
fn checked(queries: &[MetricQuery], window: Option<(i64, i64)>) -> Result<(i64, i64), ApiError> {
    let refused = |message: &'static str| Err(ApiError::validation(message));
    let ids: BTreeSet<&str> = queries.iter().map(|query| query.id.as_str()).collect();
    let is_id = |id: &str| {
        id.starts_with(|first: char| first.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if queries.is_empty() || queries.len() > MOST_QUERIES {
        return refused("MetricDataQueries must have between 1 and 500 items");
    }
    if ids.len() < queries.len() || !ids.into_iter().all(is_id) {
        return refused("Ids must be unique, and begin with a lowercase letter");
    }
    let is_period =
        |period: i64| [1, 5, 10, 30].contains(&period) || (period > 0 && period % 60 == 0);
    if !queries.iter().all(|query| is_period(query.period)) {
        return refused("Period must be 1, 5, 10, 30 or a multiple of 60");
    }
    match window {
        Some((start, end)) if start < end => Ok((start, end)),
        Some(_) => refused("StartTime must be less than EndTime"),
        None => refused("StartTime and EndTime must not be null"),
    }
}

fn size(request: &Request<'_>) -> Result<usize, ApiError> {
    let given = request.parameters.max_datapoints.map(usize::try_from);
    let size = given.unwrap_or(Ok(MOST_DATAPOINTS)).ok();
    let size = size.filter(|size| (1..=MOST_DATAPOINTS).contains(size));
    let size = size.ok_or_else(|| {
        ApiError::validation(format!(
            "MaxDatapoints must be between 1 and {MOST_DATAPOINTS}"
        ))
    })?;
    Ok(size.min(request.world.most_results))
}

/// For each query with datapoints, the position of its last.
fn last_positions(found: &[Found]) -> BTreeMap<usize, usize> {
    let positions = found.iter().enumerate();
    positions
        .map(|(index, (query, ..))| (*query, index))
        .collect()
}

fn metric<'a>(request: &Request<'a>, query: &MetricQuery) -> Option<&'a Metric> {
    let [(dimension, value)] = query.dimensions.as_slice() else {
        return None;
    };
    let key = (
        query.namespace.clone(),
        query.metric.clone(),
        dimension.clone(),
        value.clone(),
    );
    request.region.metrics().get(&key)
}

/// Times and values of one query, in the order that the request wants.
fn datapoints(
    request: &Request<'_>,
    query: &MetricQuery,
    (start, end): (i64, i64),
) -> impl Iterator<Item = (i64, f64)> {
    let mut values: Vec<(i64, f64)> = Vec::new();
    let metric = metric(request, query).filter(|metric| metric.status.is_none());
    if let Some(metric) = metric {
        let start = start - start.rem_euclid(query.period);
        let mut periods = periods(metric, query.period, (start, end), request.now);
        if let Some(ongoing) = metric.ongoing {
            let now = whole(request.now);
            let mut at = start;
            while at < end.min(now) {
                periods.entry(at).or_insert_with(|| vec![ongoing]);
                at += query.period;
            }
        }
        let found = periods.into_iter();
        values.extend(found.map(|(at, points)| (at, statistic(&query.statistic, &points))));
    }
    if request.parameters.scan_by.as_deref() != Some("TimestampAscending") {
        values.reverse();
    }
    values.into_iter()
}

/// The datapoints that CloudWatch has by now, by period.
fn periods(
    metric: &Metric,
    period: i64,
    (start, end): (i64, i64),
    now: f64,
) -> BTreeMap<i64, Vec<Datapoint>> {
    let mut periods: BTreeMap<i64, Vec<Datapoint>> = BTreeMap::new();
    for point in &metric.datapoints {
        let at = whole(point.at);
        let is_published = point.published_at.is_none_or(|published| published <= now);
        if (start..end).contains(&at) && is_published {
            let begins = at - at.rem_euclid(period);
            periods.entry(begins).or_default().push(*point);
        }
    }
    periods
}

fn statistic(name: &str, points: &[Datapoint]) -> f64 {
    let sum = |of: fn(&Datapoint) -> f64| points.iter().map(of).sum::<f64>();
    let count = sum(|_| 1.0);
    match name {
        "Average" => sum(|point| point.average) / count,
        "Maximum" => {
            let values = points.iter().map(|point| point.maximum);
            values.fold(f64::MIN, f64::max)
        }
        "SampleCount" => count,
        _ => sum(|point| point.sum),
    }
}

fn result(
    request: &Request<'_>,
    query: &MetricQuery,
    values: &[(i64, f64)],
    is_whole: bool,
) -> Document {
    let given = metric(request, query).and_then(|metric| metric.status.as_deref());
    let status = if is_whole { "Complete" } else { "PartialData" };
    let timestamp = |(at, _): &(i64, f64)| Document::Timestamp(seconds(*at));
    Document::structure()
        .with("Id", &*query.id)
        .with("Label", &*query.metric)
        .with("Timestamps", Document::list(values, timestamp))
        .with(
            "Values",
            Document::list(values, |(_, value)| Document::Double(*value)),
        )
        .with("StatusCode", given.unwrap_or(status))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seconds since the Unix epoch are far from the bounds"
)]
fn whole(epoch_seconds: f64) -> i64 {
    epoch_seconds.floor() as i64
}

fn seconds(at: i64) -> f64 {
    at as f64
}
