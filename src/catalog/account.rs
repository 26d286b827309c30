//! Families of AppStream settings that an account has once in a region.

use super::section;

section! {
    /// Directory configs and usage reports.
    ACCOUNT = "AppStream account",
    "`DescribeDirectoryConfigs` and `DescribeUsageReportSubscriptions` are called once per `account.interval`. AWS sends the credentials of service accounts with directory configs; the exporter drops them on receipt. Neither has an ARN: `aws_account_id` is the account of the region's other resources or of the target's role, and empty where none is known.";

    DIRECTORY_CONFIG_INFO: Gauge "appstream_directory_config_info", Account ["directory", "certificate_based_auth"], "DescribeDirectoryConfigs: DirectoryName, CertificateBasedAuthProperties.Status",
        "Directory config (DirectoryName, CertificateBasedAuthProperties.Status) as of the last refresh that read it, always 1, with an empty label where AWS gives none.";
    USAGE_REPORT_LAST_GENERATED: Gauge "appstream_usage_report_last_generated_timestamp_seconds", Account ["schedule"], "DescribeUsageReportSubscriptions: LastGeneratedReportDate by Schedule",
        "When a usage report was last generated (LastGeneratedReportDate, Unix time) as of the last refresh that read it.";
    USAGE_REPORT_ERRORS: Gauge "appstream_usage_report_errors", Account ["error_code"], "DescribeUsageReportSubscriptions: SubscriptionErrors[].ErrorCode",
        "Entries of SubscriptionErrors with this ErrorCode as of the last refresh that read them, with no series when there are none.";
}
