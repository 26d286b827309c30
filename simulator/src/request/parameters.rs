//! The input of an operation, read from any wire format.

use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::error::ApiError;

/// Members of a request, by what they mean rather than by operation: AWS spells
/// each of them alike wherever it occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// `Names` of the fleets or stacks to describe; empty for all.
    pub names: Vec<String>,
    /// `Arns` of the images to describe; empty for all.
    pub arns: Vec<String>,
    /// `FleetName`.
    pub fleet: Option<String>,
    /// `StackName`.
    pub stack: Option<String>,
    /// `PoolId`.
    pub pool: Option<String>,
    /// `PoolIds` of the pools to describe; empty for all.
    pub pools: Vec<String>,
    /// `UserId`.
    pub user_id: Option<String>,
    /// `InstanceId`.
    pub instance_id: Option<String>,
    /// `AuthenticationType`.
    pub authentication_type: Option<String>,
    /// `ServiceNamespace` of what is scaled.
    pub namespace: Option<String>,
    /// `IncludeNotScaledActivities`.
    pub include_not_scaled: Option<bool>,
    /// `ServiceCode` of the service that has quotas.
    pub service_code: Option<String>,
    /// `ResourceArn` or `ResourceARN` of what is tagged.
    pub resource_arn: Option<String>,
    /// `ResourceId` of the pool that is tagged.
    pub resource_id: Option<String>,
    /// `ResourceIds` of what is scaled; empty for all.
    pub resource_ids: Vec<String>,
    /// `ScheduledActionNames` or `PolicyNames`; empty for all.
    pub scaling_names: Vec<String>,
    /// `RoleArn` of the role to assume.
    pub role_arn: Option<String>,
    /// `RoleSessionName`.
    pub role_session_name: Option<String>,
    /// `ExternalId` shown to the role.
    pub external_id: Option<String>,
    /// The requested `DurationSeconds` of a role.
    pub duration_seconds: Option<i64>,
    /// `MetricDataQueries`.
    pub metric_queries: Vec<MetricQuery>,
    /// `StartTime`, in seconds since the Unix epoch.
    pub start_time: Option<i64>,
    /// `EndTime`, likewise.
    pub end_time: Option<i64>,
    /// `ScanBy`.
    pub scan_by: Option<String>,
    /// `MaxDatapoints`.
    pub max_datapoints: Option<i64>,
    /// `Limit`.
    pub limit: Option<i64>,
    /// `MaxResults`.
    pub max_results: Option<i64>,
    /// `NextToken`.
    pub next_token: Option<String>,
}

/// An entry of `MetricDataQueries` with a `MetricStat`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MetricQuery {
    /// `Id`.
    pub id: String,
    /// `Metric.Namespace`.
    pub namespace: String,
    /// `Metric.MetricName`.
    pub metric: String,
    /// `Metric.Dimensions`: names and values.
    pub dimensions: Vec<(String, String)>,
    /// `Period`, in seconds.
    pub period: i64,
    /// `Stat`.
    pub statistic: String,
}

impl MetricQuery {
    /// Reads the members; expressions are not simulated.
    fn read(query: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (metric, statistic) = (&query["MetricStat"]["Metric"], &query["MetricStat"]);
        let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
        let dimensions = dimensions.map(|one| Some((text(&one["Name"])?, text(&one["Value"])?)));
        Some(Self {
            id: text(&query["Id"])?,
            namespace: text(&metric["Namespace"])?,
            metric: text(&metric["MetricName"])?,
            dimensions: dimensions.collect::<Option<_>>()?,
            period: statistic["Period"].as_i64()?,
            statistic: text(&statistic["Stat"])?,
        })
    }

    fn read_all(input: &Value) -> Result<Vec<Self>, ApiError> {
        let queries = input["MetricDataQueries"].as_array().into_iter().flatten();
        let queries: Option<Vec<_>> = queries.map(Self::read).collect();
        queries.ok_or_else(|| {
            ApiError::validation("MetricDataQueries must have an Id and a MetricStat each")
        })
    }
}

impl Parameters {
    /// Reads the members this simulator knows and ignores others, as AWS does.
    ///
    /// # Errors
    /// A `SerializationException` for a member of the wrong type, a
    /// `ValidationException` for pool filters, which are not simulated.
    pub(crate) fn read(input: &Value) -> Result<Self, ApiError> {
        if !input.is_object() {
            return Err(ApiError::serialization("The input is not a structure"));
        }
        if !input["Filters"].is_null() {
            return Err(ApiError::validation("Filters are not simulated"));
        }
        Ok(Self {
            names: texts(input, "Names")?,
            arns: texts(input, "Arns")?,
            fleet: text(input, "FleetName")?,
            stack: text(input, "StackName")?,
            pool: text(input, "PoolId")?,
            pools: texts(input, "PoolIds")?,
            user_id: text(input, "UserId")?,
            instance_id: text(input, "InstanceId")?,
            authentication_type: text(input, "AuthenticationType")?,
            namespace: text(input, "ServiceNamespace")?,
            include_not_scaled: input["IncludeNotScaledActivities"].as_bool(),
            service_code: text(input, "ServiceCode")?,
            resource_arn: text(input, "ResourceArn")?.or(text(input, "ResourceARN")?),
            resource_id: text(input, "ResourceId")?,
            resource_ids: texts(input, "ResourceIds")?,
            scaling_names: [
                texts(input, "ScheduledActionNames")?,
                texts(input, "PolicyNames")?,
            ]
            .concat(),
            role_arn: text(input, "RoleArn")?,
            role_session_name: text(input, "RoleSessionName")?,
            external_id: text(input, "ExternalId")?,
            duration_seconds: integer(input, "DurationSeconds")?,
            metric_queries: MetricQuery::read_all(input)?,
            start_time: moment(&input["StartTime"]),
            end_time: moment(&input["EndTime"]),
            scan_by: text(input, "ScanBy")?,
            max_datapoints: integer(input, "MaxDatapoints")?,
            limit: integer(input, "Limit")?,
            max_results: integer(input, "MaxResults")?,
            next_token: text(input, "NextToken")?,
        })
    }
}

/// The value of a member that the operation cannot do without.
///
/// # Errors
/// A `ValidationException` in the words of the AWS request validator.
pub(crate) fn required<'a>(value: Option<&'a String>, member: &str) -> Result<&'a str, ApiError> {
    value.map(String::as_str).ok_or_else(|| {
        ApiError::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

fn text(input: &Value, member: &'static str) -> Result<Option<String>, ApiError> {
    match &input[member] {
        Value::Null => Ok(None),
        Value::String(value) => Ok(Some(value.clone())),
        _ => Err(wrong_type(member, "a string")),
    }
}

fn texts(input: &Value, member: &'static str) -> Result<Vec<String>, ApiError> {
    let items = match &input[member] {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong_type(member, "a list")),
    };
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong_type(member, "a list of strings"))
}

fn integer(input: &Value, member: &'static str) -> Result<Option<i64>, ApiError> {
    match &input[member] {
        Value::Null => Ok(None),
        value => value
            .as_i64()
            .map(Some)
            .ok_or_else(|| wrong_type(member, "an integer")),
    }
}

/// A number of seconds, or a time in text.
#[expect(
    clippy::cast_possible_truncation,
    reason = "AWS counts whole seconds here"
)]
fn moment(value: &Value) -> Option<i64> {
    let time = value.as_str().map(humantime::parse_rfc3339_weak);
    let since_epoch = time.and_then(|time| time.ok()?.duration_since(UNIX_EPOCH).ok());
    let seconds = since_epoch.map(|since| since.as_secs_f64());
    value.as_f64().or(seconds).map(|seconds| seconds as i64)
}

fn wrong_type(member: &str, expected: &str) -> ApiError {
    ApiError::serialization(format!("{member} is not {expected}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_read_by_name_and_unknown_ones_ignored() {
        let input = json!({"FleetName": "f", "Names": ["a"], "Limit": 5, "Colour": "red"});
        let expected = Parameters {
            fleet: Some("f".to_owned()),
            names: vec!["a".to_owned()],
            limit: Some(5),
            ..Parameters::default()
        };
        assert_eq!(Parameters::read(&input), Ok(expected));
    }

    #[test]
    fn members_of_the_wrong_type_are_refused() {
        for input in [
            json!([]),
            json!({"FleetName": 1}),
            json!({"Names": "a"}),
            json!({"Names": [1]}),
            json!({"Limit": "5"}),
            json!({"Limit": 1.5}),
        ] {
            let error = Parameters::read(&input).unwrap_err();
            assert_eq!(error.code, "SerializationException", "{input}");
        }
    }
}
