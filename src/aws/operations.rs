//! The AWS operations that the exporter calls, by service: name, member that every response
//! must have, and error type of the SDK.

use std::error::Error as StdError;

use aws_sdk_applicationautoscaling::operation as application_autoscaling;
use aws_sdk_appstream::operation as appstream;
use aws_sdk_cloudwatch::operation as cloudwatch;
use aws_sdk_servicequotas::operation as servicequotas;
use aws_sdk_workspaces::operation as workspaces;
use aws_smithy_runtime_api::client::interceptors::context;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::model::Service;

/// The error type that the SDK has for one operation, with the operation's name.
pub(super) trait Operation: ProvideErrorMetadata + StdError + Send + Sync + 'static {
    /// The service that has the operation.
    const SERVICE: Service;
    /// The operation as AWS, IAM and the `operation` label write it.
    const OPERATION: &'static str;
    /// The output member that the operation is called for. AWS sends it also when it is
    /// empty, so a response without it is not from AWS.
    const MEMBER: &'static str;
}

macro_rules! operations {
    ($($service:ident { $($name:literal, $member:literal: $error:path;)* })*) => {
        $($(impl Operation for $error {
            const SERVICE: Service = Service::$service;
            const OPERATION: &'static str = $name;
            const MEMBER: &'static str = $member;
        })*)*

        /// AWS's code in an error of any of these operations.
        pub(super) fn code_of(error: &context::Error) -> Option<&str> {
            $($(if let Some(error) = error.downcast_ref::<$error>() {
                return error.code();
            })*)*
            None
        }
    };
}

operations! {
    Appstream {
        "DescribeFleets", "Fleets": appstream::describe_fleets::DescribeFleetsError;
        "DescribeStacks", "Stacks": appstream::describe_stacks::DescribeStacksError;
        "ListAssociatedStacks", "Names": appstream::list_associated_stacks::ListAssociatedStacksError;
        "ListTagsForResource", "Tags": appstream::list_tags_for_resource::ListTagsForResourceError;
        "DescribeSessions", "Sessions": appstream::describe_sessions::DescribeSessionsError;
        "DescribeImageBuilders", "ImageBuilders": appstream::describe_image_builders::DescribeImageBuildersError;
        "DescribeAppBlockBuilders", "AppBlockBuilders": appstream::describe_app_block_builders::DescribeAppBlockBuildersError;
        "DescribeImages", "Images": appstream::describe_images::DescribeImagesError;
        "DescribeDirectoryConfigs", "DirectoryConfigs": appstream::describe_directory_configs::DescribeDirectoryConfigsError;
        "DescribeUsageReportSubscriptions", "UsageReportSubscriptions": appstream::describe_usage_report_subscriptions::DescribeUsageReportSubscriptionsError;
    }
    Workspaces {
        "DescribeWorkspacesPools", "WorkspacesPools": workspaces::describe_workspaces_pools::DescribeWorkspacesPoolsError;
        "DescribeTags", "TagList": workspaces::describe_tags::DescribeTagsError;
        "DescribeWorkspacesPoolSessions", "Sessions": workspaces::describe_workspaces_pool_sessions::DescribeWorkspacesPoolSessionsError;
    }
    ApplicationAutoscaling {
        "DescribeScalableTargets", "ScalableTargets": application_autoscaling::describe_scalable_targets::DescribeScalableTargetsError;
        "DescribeScheduledActions", "ScheduledActions": application_autoscaling::describe_scheduled_actions::DescribeScheduledActionsError;
        "DescribeScalingPolicies", "ScalingPolicies": application_autoscaling::describe_scaling_policies::DescribeScalingPoliciesError;
        "DescribeScalingActivities", "ScalingActivities": application_autoscaling::describe_scaling_activities::DescribeScalingActivitiesError;
    }
    ServiceQuotas {
        "ListServiceQuotas", "Quotas": servicequotas::list_service_quotas::ListServiceQuotasError;
        "ListAWSDefaultServiceQuotas", "Quotas": servicequotas::list_aws_default_service_quotas::ListAWSDefaultServiceQuotasError;
    }
    Cloudwatch {
        "GetMetricData", "MetricDataResults": cloudwatch::get_metric_data::GetMetricDataError;
    }
}
