//! Asking AWS: the only room that names SDK types.
//!
//! Owns credentials, endpoints, wire formats, retries, page lists, limits and
//! the counting of requests. Out of it come plain values of [`crate::model`]
//! and [`Error`]s; no SDK type leaves.
//!
//! [`Source`] lists every call that the exporter makes, so it is also the list
//! of IAM actions that it needs.

mod absence;
mod account_health;
mod appstream;
mod attempt;
mod builders;
mod ca_bundle;
mod call;
mod classify;
mod clients;
mod cloudwatch;
mod connect;
mod credential_source;
mod credentials;
mod error;
mod http_client;
mod images;
mod limits;
mod metadata;
mod no_credentials;
mod operations;
mod own_region;
mod pages;
mod profile;
mod progress;
mod proxy;
mod quotas;
mod raw_body;
mod refusals;
mod regions;
mod role;
mod scaling;
mod time;
mod transport;
mod workspaces;

use std::collections::{BTreeMap, BTreeSet};

pub use ca_bundle::CaBundleError;
pub use clients::Client;
pub(crate) use cloudwatch::incomplete;
pub use connect::{Account, ConnectError, Endpoint};
pub use credential_source::CredentialSource;
pub use error::{Cause, Error};
pub use progress::Progress;
pub use regions::Presence;

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
    /// Pages, which is calls: retries are not in it.
    pub calls: u32,
}

/// The calls that the exporter makes, of one account and region.
///
/// Every list is whole: when a page fails, the call fails, and what came
/// before it is not given out.
pub trait Source: Clone + Send + Sync + 'static {
    /// The same source for one read, which reports to `progress`.
    #[must_use]
    fn for_read(&self, progress: &Progress) -> Self;

    /// A refresh begins. Where AWS throttled none of the last one's requests, the
    /// rate goes up a step again.
    fn begin_refresh(&self);

    /// Requests of a service that may be sent in a second: as configured, or
    /// fewer while AWS throttles.
    fn requests_per_second(&self, service: Service) -> f64;

    /// Requests of a service that were sent since the refresh began, retries among them.
    fn requests_sent(&self, service: Service) -> u64;

    /// Lists the fleets by name.
    ///
    /// Source: AppStream `DescribeFleets`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_fleets(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<FleetName, Fleet>>, Error>> + Send;

    /// Lists the stacks by name.
    ///
    /// Source: AppStream `DescribeStacks`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_stacks(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<StackName, Stack>>, Error>> + Send;

    /// Lists the stacks that a fleet is associated with.
    ///
    /// Source: AppStream `ListAssociatedStacks`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn list_associated_stacks(
        &self,
        fleet: &FleetName,
    ) -> impl Future<Output = Result<Listed<BTreeSet<StackName>>, Error>> + Send;

    /// Reads the tags of a fleet or a stack.
    ///
    /// Source: AppStream `ListTagsForResource`, which has one page.
    ///
    /// # Errors
    /// [`Error`], when the call fails.
    fn list_tags(&self, arn: &str) -> impl Future<Output = Result<Listed<Tags>, Error>> + Send;

    /// Counts the streaming sessions of a fleet in a stack, and lists them if `is_listed`.
    ///
    /// Source: AppStream `DescribeSessions`, all pages of one authentication type. Without a
    /// type, AWS lists only sessions of streaming URLs (API), so each call has one.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        authentication_type: &Label,
        is_listed: bool,
    ) -> impl Future<Output = Result<Listed<TypeTally>, Error>> + Send;

    /// Lists the image builders by name.
    ///
    /// Source: AppStream `DescribeImageBuilders`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_image_builders(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<ImageBuilderName, ImageBuilder>>, Error>> + Send;

    /// Lists the app block builders by name.
    ///
    /// Source: AppStream `DescribeAppBlockBuilders`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_app_block_builders(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>, Error>> + Send;

    /// Reads images by their ARNs. One that AWS refuses or does not find is left out.
    ///
    /// Source: AppStream `DescribeImages`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails for another reason, or AWS refuses every image.
    fn describe_images(
        &self,
        arns: &BTreeSet<ImageArn>,
    ) -> impl Future<Output = Result<Listed<Images>, Error>> + Send;

    /// Lists the directory configs: certificate-based authentication by name of the directory.
    ///
    /// Source: AppStream `DescribeDirectoryConfigs`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_directory_configs(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<String, String>>, Error>> + Send;

    /// Reads the subscriptions to usage reports.
    ///
    /// Source: AppStream `DescribeUsageReportSubscriptions`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_usage_report_subscriptions(
        &self,
    ) -> impl Future<Output = Result<Listed<UsageReports>, Error>> + Send;

    /// Lists the pools by id.
    ///
    /// Source: WorkSpaces `DescribeWorkspacesPools`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_workspaces_pools(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<PoolId, Pool>>, Error>> + Send;

    /// Reads the tags of a pool.
    ///
    /// Source: WorkSpaces `DescribeTags`, which has one page.
    ///
    /// # Errors
    /// [`Error`], when the call fails.
    fn describe_pool_tags(
        &self,
        pool: &PoolId,
    ) -> impl Future<Output = Result<Listed<Tags>, Error>> + Send;

    /// Counts the sessions of a pool, and lists them if `is_listed`.
    ///
    /// Source: WorkSpaces `DescribeWorkspacesPoolSessions`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_workspaces_pool_sessions(
        &self,
        pool: &PoolId,
        is_listed: bool,
    ) -> impl Future<Output = Result<Listed<PoolSessionTally>, Error>> + Send;

    /// Lists the scaling limits of fleets or pools.
    ///
    /// Source: Application-AutoScaling `DescribeScalableTargets`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_scalable_targets(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Result<Listed<ByResource<ScalingTarget>>, Error>> + Send;

    /// Lists the scheduled actions of fleets or pools.
    ///
    /// Source: Application-AutoScaling `DescribeScheduledActions`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_scheduled_actions(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Result<Listed<ByResource<Vec<ScheduledAction>>>, Error>> + Send;

    /// Counts the scaling policies of fleets or pools.
    ///
    /// Source: Application-AutoScaling `DescribeScalingPolicies`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_scaling_policies(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Result<Listed<ByResource<PolicyCounts>>, Error>> + Send;

    /// Finds the last scaling activities of fleets or pools.
    ///
    /// Source: Application-AutoScaling `DescribeScalingActivities`, as many pages as hold the
    /// newest few thousand.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn describe_scaling_activities(
        &self,
        namespace: ScalingNamespace,
    ) -> impl Future<Output = Result<Listed<ByResource<LastActivities>>, Error>> + Send;

    /// Lists the quotas of AppStream that AWS has applied to the account.
    ///
    /// Source: ServiceQuotas `ListServiceQuotas`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn list_service_quotas(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<QuotaCode, Quota>>, Error>> + Send;

    /// Lists AWS's default values of the quotas of AppStream.
    ///
    /// Source: ServiceQuotas `ListAWSDefaultServiceQuotas`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn list_default_service_quotas(
        &self,
    ) -> impl Future<Output = Result<Listed<BTreeMap<QuotaCode, Quota>>, Error>> + Send;

    /// Reads metrics of fleets and pools.
    ///
    /// Source: CloudWatch `GetMetricData`, all pages.
    ///
    /// # Errors
    /// [`Error`], when any page fails.
    fn get_metric_data(
        &self,
        batch: &MetricBatch,
    ) -> impl Future<Output = Result<Listed<MetricData>, Error>> + Send;
}

impl Source for Client {
    fn for_read(&self, progress: &Progress) -> Self {
        Self::for_read(self, progress)
    }

    fn begin_refresh(&self) {
        for service in Service::ALL {
            self.bucket(service).begin_refresh();
        }
    }

    fn requests_per_second(&self, service: Service) -> f64 {
        self.bucket(service).requests_per_second()
    }

    fn requests_sent(&self, service: Service) -> u64 {
        self.bucket(service).sent()
    }

    async fn describe_fleets(&self) -> Result<Listed<BTreeMap<FleetName, Fleet>>, Error> {
        self.fleets().await
    }

    async fn describe_stacks(&self) -> Result<Listed<BTreeMap<StackName, Stack>>, Error> {
        self.stacks().await
    }

    async fn list_associated_stacks(
        &self,
        fleet: &FleetName,
    ) -> Result<Listed<BTreeSet<StackName>>, Error> {
        self.stacks_of(fleet).await
    }

    async fn list_tags(&self, arn: &str) -> Result<Listed<Tags>, Error> {
        self.tags(arn).await
    }

    async fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        authentication_type: &Label,
        is_listed: bool,
    ) -> Result<Listed<TypeTally>, Error> {
        self.sessions(fleet, stack, authentication_type, is_listed)
            .await
    }

    async fn describe_image_builders(
        &self,
    ) -> Result<Listed<BTreeMap<ImageBuilderName, ImageBuilder>>, Error> {
        self.image_builders().await
    }

    async fn describe_app_block_builders(
        &self,
    ) -> Result<Listed<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>, Error> {
        self.app_block_builders().await
    }

    async fn describe_images(&self, arns: &BTreeSet<ImageArn>) -> Result<Listed<Images>, Error> {
        self.images(arns).await
    }

    async fn describe_directory_configs(&self) -> Result<Listed<BTreeMap<String, String>>, Error> {
        self.directory_configs().await
    }

    async fn describe_usage_report_subscriptions(&self) -> Result<Listed<UsageReports>, Error> {
        self.usage_reports().await
    }

    async fn describe_workspaces_pools(&self) -> Result<Listed<BTreeMap<PoolId, Pool>>, Error> {
        self.pools().await
    }

    async fn describe_pool_tags(&self, pool: &PoolId) -> Result<Listed<Tags>, Error> {
        self.pool_tags(pool).await
    }

    async fn describe_workspaces_pool_sessions(
        &self,
        pool: &PoolId,
        is_listed: bool,
    ) -> Result<Listed<PoolSessionTally>, Error> {
        self.pool_sessions(pool, is_listed).await
    }

    async fn describe_scalable_targets(
        &self,
        namespace: ScalingNamespace,
    ) -> Result<Listed<ByResource<ScalingTarget>>, Error> {
        self.scaling_targets(namespace).await
    }

    async fn describe_scheduled_actions(
        &self,
        namespace: ScalingNamespace,
    ) -> Result<Listed<ByResource<Vec<ScheduledAction>>>, Error> {
        self.scheduled_actions(namespace).await
    }

    async fn describe_scaling_policies(
        &self,
        namespace: ScalingNamespace,
    ) -> Result<Listed<ByResource<PolicyCounts>>, Error> {
        self.scaling_policies(namespace).await
    }

    async fn describe_scaling_activities(
        &self,
        namespace: ScalingNamespace,
    ) -> Result<Listed<ByResource<LastActivities>>, Error> {
        self.scaling_activities(namespace).await
    }

    async fn list_service_quotas(&self) -> Result<Listed<BTreeMap<QuotaCode, Quota>>, Error> {
        self.applied_quotas().await
    }

    async fn list_default_service_quotas(
        &self,
    ) -> Result<Listed<BTreeMap<QuotaCode, Quota>>, Error> {
        self.default_quotas().await
    }

    async fn get_metric_data(&self, batch: &MetricBatch) -> Result<Listed<MetricData>, Error> {
        self.metric_data(batch).await
    }
}
