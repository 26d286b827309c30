//! Metrics of CloudWatch, as AppStream and WorkSpaces send them.

use serde::{Deserialize, Serialize};

/// A metric of one fleet or pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// `Namespace`.
    pub namespace: String,
    /// `MetricName`.
    pub name: String,
    /// Name and value of its dimension.
    pub dimension: (String, String),
    /// Datapoints, in any order.
    #[serde(default)]
    pub datapoints: Vec<Datapoint>,
    /// The datapoint of each period that has no other, up to now; its time means nothing.
    #[serde(default)]
    pub ongoing: Option<Datapoint>,
    /// `StatusCode` of its results in place of datapoints, such as `InternalError`.
    #[serde(default)]
    pub status: Option<String>,
}

/// The values of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Datapoint {
    /// When the minute began, in seconds since the Unix epoch.
    pub at: f64,
    /// Statistic `Sum`.
    pub sum: f64,
    /// Statistic `Average`.
    pub average: f64,
    /// Statistic `Maximum`.
    pub maximum: f64,
    /// When CloudWatch gets it, in seconds since the Unix epoch; `None` for at once.
    pub published_at: Option<f64>,
}

impl Metric {
    /// A metric of a fleet, by the fleet's name.
    pub fn fleet(fleet: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new("AWS/AppStream", name, ("Fleet", fleet.into()))
    }

    /// A metric of a pool, by the pool's id.
    pub fn pool(pool: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new("AWS/WorkSpaces", name, ("WorkSpaces pool ID", pool.into()))
    }

    fn new(namespace: &str, name: impl Into<String>, dimension: (&str, String)) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.into(),
            dimension: (dimension.0.to_owned(), dimension.1),
            datapoints: Vec::new(),
            ongoing: None,
            status: None,
        }
    }

    /// Adds a datapoint.
    pub fn datapoint(mut self, datapoint: Datapoint) -> Self {
        self.datapoints.push(datapoint);
        self
    }

    /// Sets the datapoint of each period that has no other.
    pub fn ongoing(mut self, datapoint: Datapoint) -> Self {
        self.ongoing = Some(datapoint);
        self
    }

    /// Sets the status of its results.
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// Identifies the metric in a region.
    pub(crate) fn key(&self) -> MetricKey {
        let (dimension, value) = self.dimension.clone();
        (self.namespace.clone(), self.name.clone(), dimension, value)
    }
}

/// Namespace, name, and name and value of the dimension.
pub(crate) type MetricKey = (String, String, String, String);

impl Datapoint {
    /// So many of something in the minute that begins then.
    pub fn count(at: f64, count: f64) -> Self {
        Self::gauge(at, count, count)
    }

    /// Average and maximum of one sample in the minute that begins then.
    pub fn gauge(at: f64, average: f64, maximum: f64) -> Self {
        Self {
            at,
            sum: average,
            average,
            maximum,
            published_at: None,
        }
    }

    /// Sets when CloudWatch gets it.
    pub fn published_at(mut self, at: f64) -> Self {
        self.published_at = Some(at);
        self
    }
}
