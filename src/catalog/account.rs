//! Families of AppStream settings that an account has once in a region.

use super::section;

section! {
    /// Directory configs and usage reports.
    ACCOUNT = "AppStream account",
    "The exporter reads directory configs and usage reports every `account.interval`. AWS includes service account credentials in directory configs; the exporter discards them immediately.";

    DIRECTORY_CONFIG_INFO: Gauge "appstream_directory_config_info", Account ["directory", "certificate_based_auth"], "DescribeDirectoryConfigs",
        "Directory name and status of certificate-based authentication (DirectoryName, CertificateBasedAuthProperties.Status).";
    USAGE_REPORT_LAST_GENERATED: Gauge "appstream_usage_report_last_generated_timestamp_seconds", Account ["schedule"], "DescribeUsageReportSubscriptions",
        "Time of the last usage report for this schedule (Schedule, LastGeneratedReportDate).";
    USAGE_REPORT_ERRORS: Gauge "appstream_usage_report_errors", Account ["error_code"], "DescribeUsageReportSubscriptions",
        "Number of SubscriptionErrors with this ErrorCode; absent if zero.";
}
