//! Families of AppStream's quotas.

use super::section;

section! {
    /// Quotas.
    QUOTAS = "AppStream quotas",
    "From Service Quotas, service code `appstream2`: the value that AWS has applied to the account, or AWS's default where none was applied. Shown are quotas that the exporter can count, by their names: fleets, active fleets, stacks, image builders, app block builders, and instances of fleets and image builders of each instance type that a fleet or builder has; and those that `quotas.include` names. A quota is of the whole account and region, so filters do not change what is counted. Usage needs the collectors that read what it counts. It is absent while a fleet that it counts starts or stops, and where something is missing that it needs, such as the desired instances of one of the fleets.";

    QUOTA_LIMIT: Gauge "appstream_quota_limit", Account ["quota_code", "quota"], "ListServiceQuotas, ListAWSDefaultServiceQuotas: Value",
        "Value of the quota (Value, by QuotaCode and QuotaName) as of the last refresh that read it.";
    QUOTA_USAGE: Gauge "appstream_quota_usage", Account ["quota_code", "quota"], "counted: DescribeFleets, DescribeStacks, DescribeImageBuilders, DescribeAppBlockBuilders",
        "How much of the quota is used, counted from the fleets, stacks and builders of the last refresh, where instances of a running fleet are those that it desires.";
}
