//! Families of AppStream's quotas.

use super::section;

section! {
    /// Quotas.
    QUOTAS = "AppStream quotas",
    "From Service Quotas, service code `appstream2`: the value that AWS has applied to the account, or AWS's default where none was applied. The exporter shows the quotas whose usage it can count: fleets, active fleets, stacks, image builders, app block builders, and instances of each instance type that a fleet or image builder has. It also shows the quotas in `quotas.include`. A quota applies to the whole account and region, so filters do not change the usage. Counting needs the collectors that read these resources. The usage is absent while a counted fleet starts or stops, and while a required value is missing, such as the desired instances of a fleet.";

    QUOTA_LIMIT: Gauge "appstream_quota_limit", Account ["quota_code", "quota"], "ListServiceQuotas, ListAWSDefaultServiceQuotas: Value",
        "Value of the quota (Value, by QuotaCode and QuotaName) as of the last refresh that read it.";
    QUOTA_USAGE: Gauge "appstream_quota_usage", Account ["quota_code", "quota"], "counted: DescribeFleets, DescribeStacks, DescribeImageBuilders, DescribeAppBlockBuilders",
        "How much of the quota is used, counted from the fleets, stacks and builders of the last refresh, where instances of a running fleet are those that it desires.";
}
