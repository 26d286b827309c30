//! The calls that the exporter makes: one trait for each file that implements them.
//!
//! The lines `Source:` are also the list of IAM actions that the exporter needs.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::progress::Progress;
use crate::model::{
    AppBlockBuilder, AppBlockBuilderName, ByResource, Fleet, FleetName, ImageArn, ImageBuilder,
    ImageBuilderName, Images, Label, LastActivities, MetricBatch, MetricData, PolicyCounts, Pool,
    PoolId, PoolSessionTally, Quota, QuotaCode, ScalingNamespace, ScalingTarget, ScheduledAction,
    Service, Stack, StackName, Tags, TypeTally, UsageReports,
};

/// The items of all pages, and the number of calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// All pages, put together.
    pub value: T,
    /// The number of pages, which is the number of calls without retries.
    pub calls: u32,
}

/// The whole list, or the error of the page that failed.
pub type Response<T> = Result<Listed<T>, Error>;

/// All calls that the exporter makes, of one account and region.
///
/// Lists are complete: if a page fails, the call returns the page's [`Error`] and no items.
pub trait Source:
    AppstreamSource
    + BuilderSource
    + ImageSource
    + AccountHealthSource
    + WorkspacesSource
    + ScalingSource
    + QuotaSource
    + MetricSource
    + Clone
    + Send
    + Sync
    + 'static
{
    /// The same source for one read, which reports to `progress`.
    #[must_use]
    fn for_read(&self, progress: &Progress) -> Self;

    /// A refresh begins. If AWS throttled no request of the previous refresh, the rate
    /// rises by one step.
    fn begin_refresh(&self);

    /// Requests of a service that may be sent in a second: as configured, or
    /// fewer while AWS throttles.
    fn requests_per_second(&self, service: Service) -> f64;

    /// Requests of a service that were sent since the refresh began, retries among them.
    fn requests_sent(&self, service: Service) -> u64;
}

/// Fleets, stacks and their sessions.
pub trait AppstreamSource {
    /// Lists the fleets by name.
    ///
    /// Source: AppStream `DescribeFleets`, all pages.
    fn describe_fleets(&self) -> impl Future<Output = Response<BTreeMap<FleetName, Fleet>>> + Send;

    /// Lists the stacks by name.
    ///
    /// Source: AppStream `DescribeStacks`, all pages.
    fn describe_stacks(&self) -> impl Future<Output = Response<BTreeMap<StackName, Stack>>> + Send;

    /// Lists the stacks that a fleet is associated with.
    ///
    /// Source: AppStream `ListAssociatedStacks`, all pages.
    fn list_associated_stacks(
        &self,
        fleet: &FleetName,
    ) -> impl Future<Output = Response<BTreeSet<StackName>>> + Send;

    /// Reads the tags of a fleet or a stack.
    ///
    /// Source: AppStream `ListTagsForResource`, which has one page.
    fn list_tags(&self, arn: &str) -> impl Future<Output = Response<Tags>> + Send;

    /// Counts the streaming sessions of a fleet in a stack, and lists them if `is_listed`.
    ///
    /// Source: AppStream `DescribeSessions`, all pages of one authentication type. Without a
    /// type, AWS lists only sessions of streaming URLs (API), so each call has one.
    fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        authentication_type: &Label,
        is_listed: bool,
    ) -> impl Future<Output = Response<TypeTally>> + Send;
}

/// Image builders and app block builders.
pub trait BuilderSource {
    /// Lists the image builders by name.
    ///
    /// Source: AppStream `DescribeImageBuilders`, all pages.
    fn describe_image_builders(
        &self,
    ) -> impl Future<Output = Response<BTreeMap<ImageBuilderName, ImageBuilder>>> + Send;

    /// Lists the app block builders by name.
    ///
    /// Source: AppStream `DescribeAppBlockBuilders`, all pages.
    fn describe_app_block_builders(
        &self,
    ) -> impl Future<Output = Response<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>> + Send;
}

/// Images.
pub trait ImageSource {
    /// Reads images by their ARNs, without images that AWS refuses or does not find. Fails if
    /// AWS refuses every image.
    ///
    /// Source: AppStream `DescribeImages`, all pages.
    fn describe_images(
        &self,
        arns: &BTreeSet<ImageArn>,
    ) -> impl Future<Output = Response<Images>> + Send;
}

/// Directory configs and usage reports.
pub trait AccountHealthSource {
    /// Lists the directory configs: certificate-based authentication by name of the directory.
    ///
    /// Source: AppStream `DescribeDirectoryConfigs`, all pages.
    fn describe_directory_configs(
        &self,
    ) -> impl Future<Output = Response<BTreeMap<String, String>>> + Send;

    /// Reads the subscriptions to usage reports.
    ///
    /// Source: AppStream `DescribeUsageReportSubscriptions`, all pages.
    fn describe_usage_report_subscriptions(
        &self,
    ) -> impl Future<Output = Response<UsageReports>> + Send;
}

/// Pools and their sessions.
pub trait WorkspacesSource {
    /// Lists the pools by id.
    ///
    /// Source: WorkSpaces `DescribeWorkspacesPools`, all pages.
    fn describe_workspaces_pools(
        &self,
    ) -> impl Future<Output = Response<BTreeMap<PoolId, Pool>>> + Send;

    /// Reads the tags of a pool.
    ///
    /// Source: WorkSpaces `DescribeTags`, which has one page.
    fn describe_pool_tags(&self, pool: &PoolId) -> impl Future<Output = Response<Tags>> + Send;

    /// Counts the sessions of a pool, and lists them if `is_listed`.
    ///
    /// Source: WorkSpaces `DescribeWorkspacesPoolSessions`, all pages.
    fn describe_workspaces_pool_sessions(
        &self,
        pool: &PoolId,
        is_listed: bool,
    ) -> impl Future<Output = Response<PoolSessionTally>> + Send;
}

/// The scaling of all fleets or all pools.
pub trait ScalingSource {
    /// Lists the scaling limits.
    ///
    /// Source: Application-AutoScaling `DescribeScalableTargets`, all pages.
    fn describe_scalable_targets(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Response<ByResource<ScalingTarget>>> + Send;

    /// Lists the scheduled actions.
    ///
    /// Source: Application-AutoScaling `DescribeScheduledActions`, all pages.
    fn describe_scheduled_actions(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Response<ByResource<Vec<ScheduledAction>>>> + Send;

    /// Counts the scaling policies.
    ///
    /// Source: Application-AutoScaling `DescribeScalingPolicies`, all pages.
    fn describe_scaling_policies(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Response<ByResource<PolicyCounts>>> + Send;

    /// Finds the last scaling activities.
    ///
    /// Source: Application-AutoScaling `DescribeScalingActivities`, the pages with the newest
    /// 5,000 activities.
    fn describe_scaling_activities(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Response<ByResource<LastActivities>>> + Send;
}

/// The quotas of AppStream.
pub trait QuotaSource {
    /// Lists the quotas that AWS has applied to the account.
    ///
    /// Source: ServiceQuotas `ListServiceQuotas`, all pages.
    fn list_service_quotas(
        &self,
    ) -> impl Future<Output = Response<BTreeMap<QuotaCode, Quota>>> + Send;

    /// Lists AWS's default values.
    ///
    /// Source: ServiceQuotas `ListAWSDefaultServiceQuotas`, all pages.
    fn list_default_service_quotas(
        &self,
    ) -> impl Future<Output = Response<BTreeMap<QuotaCode, Quota>>> + Send;
}

/// Metrics of fleets and pools.
pub trait MetricSource {
    /// Reads the metrics of a batch.
    ///
    /// Source: CloudWatch `GetMetricData`, all pages.
    fn get_metric_data(
        &self,
        batch: &MetricBatch,
    ) -> impl Future<Output = Response<MetricData>> + Send;
}
