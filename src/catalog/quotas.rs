//! Families of AppStream's quotas.

use super::section;

section! {
    /// Quotas.
    QUOTAS = "AppStream quotas",
    "Quota limits are the account's values in Service Quotas (`appstream2`), or the AWS defaults. The exporter shows quotas whose usage it can count: fleets, active fleets, stacks, image builders, app block builders, and instances per instance type in use. To show others, list them in `quotas.include`; of these, only instance quotas have usage. Usage includes resources that the filters exclude. Usage is absent if the collector for these resources is off, or if AWS omits a value. The usage of fleets and their instances is also absent while a fleet is starting or stopping.";

    QUOTA_LIMIT: Gauge "appstream_quota_limit", Account ["quota_code", "quota"], "ListServiceQuotas, ListAWSDefaultServiceQuotas",
        "Quota limit from Service Quotas (Value).";
    QUOTA_USAGE: Gauge "appstream_quota_usage", Account ["quota_code", "quota"], "DescribeFleets, DescribeStacks, DescribeImageBuilders, DescribeAppBlockBuilders",
        "Quota usage counted by the exporter; for fleet instances, the desired instances of all running fleets.";
}
