//! AppStream directory configs and usage report subscriptions.

use std::collections::BTreeMap;

use aws_sdk_appstream::operation::describe_directory_configs::DescribeDirectoryConfigsError;
use aws_sdk_appstream::operation::describe_usage_report_subscriptions::DescribeUsageReportSubscriptionsError;
use aws_sdk_appstream::types;

use super::clients::Client;
use super::pages::{each_page, fetch, keyed_list};
use super::source::{AccountHealthSource, Listed, Response};
use super::time::moment;
use crate::model::{UsageReports, count_errors};

impl AccountHealthSource for Client {
    /// The responses have the credentials of service accounts, which are dropped with the page
    /// that they are on. The SDK leaves the responses of this operation out of its own logs.
    async fn describe_directory_configs(&self) -> Response<BTreeMap<String, String>> {
        let call = self.call::<DescribeDirectoryConfigsError>();
        let request = || self.appstream.describe_directory_configs();
        let fetch = fetch!(call, request(), directory_configs);
        keyed_list(&call, fetch, directory_config).await
    }

    async fn describe_usage_report_subscriptions(&self) -> Response<UsageReports> {
        let call = self.call::<DescribeUsageReportSubscriptionsError>();
        let request = || self.appstream.describe_usage_report_subscriptions();
        let mut last_generated = BTreeMap::new();
        let mut codes = Vec::new();
        let take = |report: types::UsageReportSubscription| {
            let schedule = report.schedule.map(|value| value.as_str().to_owned());
            if let Some(at) = report.last_generated_report_date.as_ref().and_then(moment) {
                let schedule = schedule.unwrap_or_default();
                let newest = last_generated.entry(schedule).or_insert(at);
                *newest = at.max(*newest);
            }
            let errors = report.subscription_errors.unwrap_or_default().into_iter();
            codes.extend(errors.map(|error| error.error_code.map(|code| code.as_str().to_owned())));
            Ok(())
        };
        let fetch = fetch!(call, request(), usage_report_subscriptions);
        let calls = each_page(&call, fetch, take).await?;
        let errors = count_errors(codes);
        let value = UsageReports {
            last_generated,
            errors,
        };
        Ok(Listed { value, calls })
    }
}

fn directory_config(config: types::DirectoryConfig) -> Result<(String, String), &'static str> {
    let name = config.directory_name;
    let name = name.ok_or("a directory config without DirectoryName")?;
    let properties = config.certificate_based_auth_properties;
    let status = properties.and_then(|properties| properties.status);
    let status = status.map(|status| status.as_str().to_owned());
    Ok((name, status.unwrap_or_default()))
}
