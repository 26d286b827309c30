//! The section `cloudwatch`, with its defaults.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::MetricGroup;
use crate::yaml::duration::{self, DAY, HOUR, SECOND, between};

/// `cloudwatch`: the metrics to read, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cloudwatch {
    /// Interval between reads of CloudWatch metrics. AWS charges for each metric; see docs/sizing.md.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<SECOND, DAY>")]
    pub interval: Duration,
    /// Time to wait for late datapoints.
    #[serde(with = "duration")]
    #[schemars(schema_with = "between::<0, HOUR>")]
    pub delay: Duration,
    /// Groups of metrics to read.
    ///
    /// Accepted: a list of at least one of rejections, latency, packet_loss, frame_rate, cpu, memory.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub metrics: Vec<MetricGroup>,
}

impl Default for Cloudwatch {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(300),
            delay: Duration::from_secs(420),
            metrics: vec![MetricGroup::Rejections],
        }
    }
}
