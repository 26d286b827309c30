//! Families of AppStream settings that an account has once in a region.

use super::section;

section! {
    /// Directory configs and usage reports.
    ACCOUNT = "AppStream account",
    "Read every `account.interval`. AWS returns service account credentials with directory configs; the exporter discards them on receipt. `aws_account_id` is taken from other resources of the region or from the role of the target, and is empty if neither is known.";

    DIRECTORY_CONFIG_INFO: Gauge "appstream_directory_config_info", Account ["directory", "certificate_based_auth"], "DescribeDirectoryConfigs",
        "Directory config properties (DirectoryName, CertificateBasedAuthProperties.Status).";
    USAGE_REPORT_LAST_GENERATED: Gauge "appstream_usage_report_last_generated_timestamp_seconds", Account ["schedule"], "DescribeUsageReportSubscriptions",
        "Time of the last usage report by Schedule (LastGeneratedReportDate).";
    USAGE_REPORT_ERRORS: Gauge "appstream_usage_report_errors", Account ["error_code"], "DescribeUsageReportSubscriptions",
        "Entries of SubscriptionErrors with this ErrorCode; no series without errors.";
}
