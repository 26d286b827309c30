//! Families of AppStream's quotas.

use super::section;

section! {
    /// Quotas.
    QUOTAS = "AppStream quotas",
    "From Service Quotas, service `appstream2`: the value applied to the account, or AWS's default. The exporter shows the quotas whose usage it can count: fleets, active fleets, stacks, image builders, app block builders, and instances per instance type. `quotas.include` adds limits without usage. Usage also counts resources that the filters exclude. It is absent if a collector that reads the counted resources is off, while a fleet starts or stops, or if AWS omits a value.";

    QUOTA_LIMIT: Gauge "appstream_quota_limit", Account ["quota_code", "quota"], "ListServiceQuotas, ListAWSDefaultServiceQuotas",
        "Value of the quota (Value, QuotaCode, QuotaName).";
    QUOTA_USAGE: Gauge "appstream_quota_usage", Account ["quota_code", "quota"], "DescribeFleets, DescribeStacks, DescribeImageBuilders, DescribeAppBlockBuilders",
        "Usage of the quota, counted by the exporter; a running fleet uses its desired number of instances.";
}
