//! The constraints on what stacks have, and on what agents may do in sessions.

use super::super::{BOOLEAN, INTEGER, Kind, MANY, list, matching, optional, required, text};

const STORAGE_CONNECTOR_TYPE: Kind = Kind::One(&["HOMEFOLDERS", "GOOGLE_DRIVE", "ONE_DRIVE"]);
const DOMAIN_LIST: Kind = list(&text(1, 64), 0, 50);
const STORAGE_CONNECTOR: Kind = Kind::Structure(&[
    required("ConnectorType", STORAGE_CONNECTOR_TYPE),
    optional("ResourceIdentifier", text(1, 2048)),
    optional("Domains", DOMAIN_LIST),
    optional("DomainsRequireAdminConsent", DOMAIN_LIST),
]);
pub(super) const STORAGE_CONNECTOR_LIST: Kind = list(&STORAGE_CONNECTOR, 0, MANY);
const ACTION: Kind = Kind::One(&[
    "CLIPBOARD_COPY_FROM_LOCAL_DEVICE",
    "CLIPBOARD_COPY_TO_LOCAL_DEVICE",
    "FILE_UPLOAD",
    "FILE_DOWNLOAD",
    "PRINTING_TO_LOCAL_DEVICE",
    "DOMAIN_PASSWORD_SIGNIN",
    "DOMAIN_SMART_CARD_SIGNIN",
    "AUTO_TIME_ZONE_REDIRECTION",
    "SMART_CARD_REDIRECTION",
]);
const PERMISSION: Kind = Kind::One(&["ENABLED", "DISABLED"]);
const USER_SETTING: Kind = Kind::Structure(&[
    required("Action", ACTION),
    required("Permission", PERMISSION),
    optional("MaximumLength", INTEGER),
]);
pub(super) const USER_SETTING_LIST: Kind = list(&USER_SETTING, 1, MANY);
pub(super) const APPLICATION_SETTINGS: Kind = Kind::Structure(&[
    required("Enabled", BOOLEAN),
    optional("SettingsGroup", text(0, 100)),
]);
const EMBED_HOST_DOMAIN: Kind = matching(
    0,
    128,
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]",
);
pub(super) const EMBED_HOST_DOMAINS: Kind = list(&EMBED_HOST_DOMAIN, 1, 20);
const PREFERRED_PROTOCOL: Kind = Kind::One(&["TCP", "UDP"]);
pub(super) const STREAMING_EXPERIENCE_SETTINGS: Kind =
    Kind::Structure(&[optional("PreferredProtocol", PREFERRED_PROTOCOL)]);
pub(super) const STORAGE_CONNECTOR_AUTHENTICATION: Kind =
    Kind::One(&["FORCE_REAUTHENTICATION", "REUSE_CREDENTIALS"]);
const STACK_ATTRIBUTE: Kind = Kind::One(&[
    "STORAGE_CONNECTORS",
    "STORAGE_CONNECTOR_HOMEFOLDERS",
    "STORAGE_CONNECTOR_GOOGLE_DRIVE",
    "STORAGE_CONNECTOR_ONE_DRIVE",
    "REDIRECT_URL",
    "FEEDBACK_URL",
    "THEME_NAME",
    "USER_SETTINGS",
    "EMBED_HOST_DOMAINS",
    "IAM_ROLE_ARN",
    "ACCESS_ENDPOINTS",
    "STREAMING_EXPERIENCE_SETTINGS",
    "CONTENT_REDIRECTION",
    "WEB_AUTHN_REDIRECTION",
    "AGENT_ACCESS_CONFIG",
    "STORAGE_CONNECTOR_AUTHENTICATION",
    "AGENT_ACCESS_CONFIG_KMS_KEY_ARN",
]);
pub(super) const STACK_ATTRIBUTES: Kind = list(&STACK_ATTRIBUTE, 0, MANY);
const AGENT_ACTION: Kind = Kind::One(&["COMPUTER_VISION", "COMPUTER_INPUT", "FORWARD_MCP_TOOLS"]);
const AGENT_ACCESS_SETTING: Kind = Kind::Structure(&[
    required("AgentAction", AGENT_ACTION),
    required("Permission", PERMISSION),
]);
const AGENT_ACCESS_SETTING_LIST: Kind = list(&AGENT_ACCESS_SETTING, 1, MANY);
const S3_BUCKET_ARN: Kind = matching(
    0,
    MANY,
    r"^arn:aws(?:\-cn|\-iso\-b|\-iso|\-us\-gov)?:s3:::[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$",
);
const SCREEN_RESOLUTION: Kind = Kind::One(&["W_1280xH_720"]);
const SCREEN_IMAGE_FORMAT: Kind = Kind::One(&["PNG", "JPEG"]);
const USER_CONTROL_MODE: Kind = Kind::One(&["VIEW_ONLY", "VIEW_STOP", "DISABLED"]);
pub(super) const IMAGE_BUILDER_AGENT_ACCESS_CONFIG: Kind = Kind::Structure(&[
    required("Settings", AGENT_ACCESS_SETTING_LIST),
    optional("S3BucketArn", S3_BUCKET_ARN),
    optional("ScreenshotsUploadEnabled", BOOLEAN),
    required("ScreenResolution", SCREEN_RESOLUTION),
    required("ScreenImageFormat", SCREEN_IMAGE_FORMAT),
    optional("UserControlMode", USER_CONTROL_MODE),
]);
const KMS_KEY_ARN: Kind = matching(
    0,
    MANY,
    r"^arn:aws(?:\-cn|\-iso\-b|\-iso|\-us\-gov)?:kms:[a-z0-9\-]+:\d{12}:key/[A-Za-z0-9\-]+$",
);
pub(super) const AGENT_ACCESS_CONFIG: Kind = Kind::Structure(&[
    required("Settings", AGENT_ACCESS_SETTING_LIST),
    optional("S3BucketArn", S3_BUCKET_ARN),
    optional("ScreenshotsUploadEnabled", BOOLEAN),
    optional("ReplaySessionEnabled", BOOLEAN),
    optional("KmsKeyArn", KMS_KEY_ARN),
    required("ScreenResolution", SCREEN_RESOLUTION),
    required("ScreenImageFormat", SCREEN_IMAGE_FORMAT),
    optional("UserControlMode", USER_CONTROL_MODE),
]);
pub(super) const AGENT_ACCESS_CONFIG_FOR_UPDATE: Kind = Kind::Structure(&[
    optional("Settings", AGENT_ACCESS_SETTING_LIST),
    optional("S3BucketArn", S3_BUCKET_ARN),
    optional("ScreenshotsUploadEnabled", BOOLEAN),
    optional("ReplaySessionEnabled", BOOLEAN),
    optional("KmsKeyArn", KMS_KEY_ARN),
    optional("ScreenResolution", SCREEN_RESOLUTION),
    optional("ScreenImageFormat", SCREEN_IMAGE_FORMAT),
    optional("UserControlMode", USER_CONTROL_MODE),
]);
const URL_PATTERN: Kind = matching(1, 2048, r"^((https?|ftp|sftp)://|mailto:)[^\s,;<>]+$");
const URL_PATTERN_LIST: Kind = list(&URL_PATTERN, 0, 100);
const URL_REDIRECTION_CONFIG: Kind = Kind::Structure(&[
    required("Enabled", BOOLEAN),
    optional("AllowedUrls", URL_PATTERN_LIST),
    optional("DeniedUrls", URL_PATTERN_LIST),
]);
pub(super) const CONTENT_REDIRECTION: Kind =
    Kind::Structure(&[optional("HostToClient", URL_REDIRECTION_CONFIG)]);
const PROCESS_IMAGE_NAME: Kind = matching(1, 260, r"^[\w._ ()+-]*\.[eE][xX][eE]$");
const PROCESS_COMPATIBILITY_LIST: Kind = list(&PROCESS_IMAGE_NAME, 1, 100);
pub(super) const WEB_AUTHN_REDIRECTION: Kind = Kind::Structure(&[
    required("Enabled", BOOLEAN),
    optional("ProcessCompatibilityList", PROCESS_COMPATIBILITY_LIST),
]);
