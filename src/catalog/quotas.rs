//! Families of AppStream's quotas.

use super::section;

section! {
    /// Quotas.
    QUOTAS = "AppStream quotas",
    "Quota limits come from Service Quotas (`appstream2`): the value applied to the account, or AWS's default. The exporter shows the quotas whose usage it can count: fleets, active fleets, stacks, image builders, app block builders, and instances per instance type. To show other limits, without usage, list them in `quotas.include`. Usage includes resources that the filters exclude. Usage is absent if the collector of the counted resources is off, if a fleet is starting or stopping, or if AWS omits a value.";

    QUOTA_LIMIT: Gauge "appstream_quota_limit", Account ["quota_code", "quota"], "ListServiceQuotas, ListAWSDefaultServiceQuotas",
        "Value of the quota (Value, QuotaCode, QuotaName).";
    QUOTA_USAGE: Gauge "appstream_quota_usage", Account ["quota_code", "quota"], "DescribeFleets, DescribeStacks, DescribeImageBuilders, DescribeAppBlockBuilders",
        "Usage of the quota, as counted by the exporter; a running fleet counts as its desired number of instances.";
}
