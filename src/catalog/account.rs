//! Families of AppStream settings that an account has once in a region.

use super::section;

section! {
    /// Directory configs and usage reports.
    ACCOUNT = "AppStream account",
    "The exporter reads these families every `account.interval`. AWS returns directory configs with service account credentials, which the exporter discards at once.";

    DIRECTORY_CONFIG_INFO: Gauge "appstream_directory_config_info", Account ["directory", "certificate_based_auth"], "DescribeDirectoryConfigs",
        "Directory config properties (DirectoryName, CertificateBasedAuthProperties.Status).";
    USAGE_REPORT_LAST_GENERATED: Gauge "appstream_usage_report_last_generated_timestamp_seconds", Account ["schedule"], "DescribeUsageReportSubscriptions",
        "Time of the last usage report by Schedule (LastGeneratedReportDate).";
    USAGE_REPORT_ERRORS: Gauge "appstream_usage_report_errors", Account ["error_code"], "DescribeUsageReportSubscriptions",
        "Entries of SubscriptionErrors with this ErrorCode; no series if there are none.";
}
