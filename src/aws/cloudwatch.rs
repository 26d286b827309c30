//! CloudWatch calls for fleets and pools, and their datapoints turned into counts and gauges.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataError;
use aws_sdk_cloudwatch::types::builders::MetricDataQueryBuilder;
use aws_sdk_cloudwatch::types::{self, Dimension, MetricDataQuery, MetricDataResult, MetricStat};
use aws_sdk_cloudwatch::types::{ScanBy, StatusCode};
use aws_smithy_types::DateTime;

use super::call::send;
use super::clients::Client;
use super::error::{Cause, Error};
use super::pages::each_page;
use super::source::{Listed, MetricSource, Response};
use crate::model::{
    GaugeStatistics, Metric, MetricBatch, MetricData, MetricValues, Monitored, UnixSeconds,
};

const OPERATION: &str = "GetMetricData";

/// A statistic, as CloudWatch names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statistic {
    Sum,
    Average,
    Maximum,
}

/// One query, and what its datapoints are.
#[derive(Clone, Copy, Debug)]
struct Query<'a> {
    monitored: &'a Monitored,
    counted_from: UnixSeconds,
    metric: Metric,
    statistic: Statistic,
}

/// The datapoints of one query so far.
#[derive(Debug, Default)]
struct Series {
    datapoints: Vec<(UnixSeconds, f64)>,
    /// The newest `StatusCode`; `None` before there was a result.
    status: Option<StatusCode>,
}

impl Metric {
    /// Name in CloudWatch.
    const fn name(self) -> &'static str {
        match self {
            Self::InsufficientCapacity => "InsufficientCapacityError",
            Self::InsufficientConcurrency => "InsufficientConcurrencyLimitError",
            Self::Latency => "InSessionLatency",
            Self::UdpPacketLoss => "UDPPacketLossRate",
            Self::TcpRetransmission => "TCPRetransmissionRate",
            Self::FrameRate => "FramesPerSecond",
            Self::Cpu => "CpuUtilizationInstance",
            Self::Memory => "MemoryUtilizationInstance",
        }
    }

    /// A value of CloudWatch in base units.
    fn base_units(self, value: f64) -> f64 {
        match self {
            // Milliseconds.
            Self::Latency => value / 1000.0,
            // Percent.
            Self::UdpPacketLoss | Self::TcpRetransmission | Self::Cpu | Self::Memory => {
                value / 100.0
            }
            Self::InsufficientCapacity | Self::InsufficientConcurrency | Self::FrameRate => value,
        }
    }

    const fn queried(self) -> &'static [Statistic] {
        match self.reason() {
            Some(_) => &[Statistic::Sum],
            None => &[Statistic::Average, Statistic::Maximum],
        }
    }
}

impl Statistic {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "Sum",
            Self::Average => "Average",
            Self::Maximum => "Maximum",
        }
    }
}

impl Query<'_> {
    /// All queries of a batch, in the order of their ids.
    fn all(batch: &MetricBatch) -> impl Iterator<Item = Query<'_>> {
        batch
            .monitored
            .iter()
            .flat_map(|(monitored, counted_from)| {
                let metrics = monitored.metrics(&batch.metrics);
                metrics.flat_map(move |metric| {
                    let statistics = metric.queried().iter();
                    statistics.map(move |statistic| Query {
                        monitored,
                        counted_from: *counted_from,
                        metric,
                        statistic: *statistic,
                    })
                })
            })
    }

    fn of_sdk(self, id: usize, period: u16) -> MetricDataQuery {
        let (namespace, dimension, value) = match self.monitored {
            Monitored::Fleet(fleet) => ("AWS/AppStream", "Fleet", fleet.as_str()),
            Monitored::Pool(pool) => ("AWS/WorkSpaces", "WorkSpaces pool ID", pool.as_str()),
        };
        let dimension = Dimension::builder().name(dimension).value(value).build();
        let metric = types::Metric::builder()
            .namespace(namespace)
            .metric_name(self.metric.name())
            .dimensions(dimension)
            .build();
        let statistic = MetricStat::builder()
            .metric(metric)
            .period(period.into())
            .stat(self.statistic.as_str())
            .build();
        MetricDataQueryBuilder::default()
            .id(format!("q{id}"))
            .metric_stat(statistic)
            .build()
    }
}

impl Series {
    /// Takes in a part of a result.
    fn add(&mut self, result: &MetricDataResult) -> Result<(), &'static str> {
        let (timestamps, values) = (result.timestamps(), result.values());
        if timestamps.len() != values.len() {
            return Err("a result with more Timestamps than Values, or fewer");
        }
        for (timestamp, value) in timestamps.iter().zip(values) {
            if let Ok(seconds) = u64::try_from(timestamp.secs()) {
                self.datapoints.push((seconds, *value));
            }
        }
        self.status.clone_from(&result.status_code);
        Ok(())
    }

    /// Why it is not all that CloudWatch has; `None` when it is.
    fn incomplete(&self) -> Option<&str> {
        match &self.status {
            Some(StatusCode::Complete) => None,
            Some(status) => Some(status.as_str()),
            None => Some("no result"),
        }
    }

    /// Sum of the datapoints from a moment until before another.
    fn sum(&self, (from, until): (UnixSeconds, UnixSeconds)) -> f64 {
        let datapoints = self.datapoints.iter();
        let counted = datapoints
            .filter(|(at, value)| (from..until).contains(at) && value.is_finite() && *value > 0.0);
        counted.map(|(_, value)| value).sum()
    }

    /// The newest datapoint from a moment on.
    fn newest(&self, from: UnixSeconds) -> Option<f64> {
        let datapoints = self.datapoints.iter().filter(|(at, _)| *at >= from);
        datapoints
            .max_by_key(|(at, _)| *at)
            .map(|(_, value)| *value)
    }
}

impl MetricSource for Client {
    async fn get_metric_data(&self, batch: &MetricBatch) -> Response<MetricData> {
        let call = self.call::<GetMetricDataError>();
        let queries: Vec<_> = Query::all(batch).collect();
        let mut series: Vec<_> = queries.iter().map(|_| Series::default()).collect();
        let fetch = async |token: Option<String>| {
            let is_first = token.is_none();
            let sent = queries.iter().enumerate();
            let sent = sent.map(|(id, query)| query.of_sdk(id, batch.period));
            let request = self
                .cloudwatch
                .get_metric_data()
                .set_metric_data_queries(Some(sent.collect()))
                .start_time(date_time(batch.start))
                .end_time(date_time(batch.end))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(token);
            let page = send!(call, request)?;
            if is_first {
                call.context.metrics.metrics_requested(billed(batch));
            }
            Ok((page.metric_data_results, page.next_token))
        };
        let take = |result: MetricDataResult| {
            let id = result.id().and_then(|id| id.strip_prefix('q'));
            let id = id.and_then(|id| id.parse::<usize>().ok());
            let series = id.and_then(|id| series.get_mut(id));
            series.ok_or("a result that no query has")?.add(&result)
        };
        let calls = each_page(&call, fetch, take).await?;
        let value = folded(batch, &queries, &series);
        Ok(Listed { value, calls })
    }
}

/// Metrics that AWS bills for a call: up to five statistics of a metric are billed as one.
fn billed(batch: &MetricBatch) -> u64 {
    let monitored = batch.monitored.iter();
    let metrics = monitored.map(|(monitored, _)| monitored.metrics(&batch.metrics).count());
    metrics.sum::<usize>() as u64
}

/// The values of everything of which all series are complete.
fn folded(batch: &MetricBatch, queries: &[Query<'_>], series: &[Series]) -> MetricData {
    let mut data = MetricData::default();
    let mut incomplete = BTreeMap::new();
    for (query, series) in queries.iter().zip(series) {
        if let Some(reason) = series.incomplete() {
            incomplete.insert(query.monitored.clone(), reason);
            continue;
        }
        let values: &mut MetricValues = data.complete.entry(query.monitored.clone()).or_default();
        let metric = query.metric;
        if query.statistic == Statistic::Sum {
            let sum = series.sum((query.counted_from, batch.end));
            values.counts.insert(metric, sum);
        } else if let Some(value) = series.newest(batch.gauges_from) {
            let value = Some(metric.base_units(value)).filter(|value| value.is_finite());
            let gauge: &mut GaugeStatistics = values.gauges.entry(metric).or_default();
            match query.statistic {
                Statistic::Average => gauge.average = value,
                _ => gauge.maximum = value,
            }
        }
    }
    data.complete
        .retain(|monitored, _| !incomplete.contains_key(monitored));
    let first = incomplete.values().next();
    data.incomplete = first.map(|reason| (*reason).to_owned());
    data
}

/// The failure of a call that did not give all datapoints.
pub(crate) fn incomplete(reason: &str) -> Error {
    Error {
        operation: OPERATION,
        cause: Cause::Incomplete(reason.to_owned()),
    }
}

fn date_time(moment: UnixSeconds) -> DateTime {
    DateTime::from_secs(i64::try_from(moment).unwrap_or(i64::MAX))
}
