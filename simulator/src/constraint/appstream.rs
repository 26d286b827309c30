//! The constraints on the input of operations that change AppStream, from its API model.
//!
//! Patterns that regular expressions here cannot express are wider than those of AWS, never narrower.

mod stack;

use self::stack::{
    AGENT_ACCESS_CONFIG, AGENT_ACCESS_CONFIG_FOR_UPDATE, APPLICATION_SETTINGS, CONTENT_REDIRECTION,
    EMBED_HOST_DOMAINS, IMAGE_BUILDER_AGENT_ACCESS_CONFIG, STACK_ATTRIBUTES,
    STORAGE_CONNECTOR_AUTHENTICATION, STORAGE_CONNECTOR_LIST, STREAMING_EXPERIENCE_SETTINGS,
    USER_SETTING_LIST, WEB_AUTHN_REDIRECTION,
};
use super::{
    BOOLEAN, FILLED, INTEGER, Kind, MANY, Member, TEXT, list, map, matching, optional, required,
    text,
};

/// The members of each operation.
pub(super) const OPERATIONS: &[(&str, &[Member])] = &[
    (
        "CreateFleet",
        &[
            required("Name", NAME),
            optional("ImageName", NAME),
            optional("ImageArn", ARN),
            required("InstanceType", FILLED),
            optional("FleetType", FLEET_TYPE),
            optional("ComputeCapacity", COMPUTE_CAPACITY),
            optional("VpcConfig", VPC_CONFIG),
            optional("MaxUserDurationInSeconds", INTEGER),
            optional("DisconnectTimeoutInSeconds", INTEGER),
            optional("Description", text(0, 256)),
            optional("DisplayName", text(0, 100)),
            optional("EnableDefaultInternetAccess", BOOLEAN),
            optional("DomainJoinInfo", DOMAIN_JOIN_INFO),
            optional("Tags", TAGS),
            optional("IdleDisconnectTimeoutInSeconds", INTEGER),
            optional("IamRoleArn", ARN),
            optional("StreamView", STREAM_VIEW),
            optional("Platform", PLATFORM_TYPE),
            optional("MaxConcurrentSessions", INTEGER),
            optional("UsbDeviceFilterStrings", USB_DEVICE_FILTER_STRINGS),
            optional("SessionScriptS3Location", S3_LOCATION),
            optional("MaxSessionsPerInstance", INTEGER),
            optional("RootVolumeConfig", VOLUME_CONFIG),
            optional("DisableIMDSV1", BOOLEAN),
        ],
    ),
    (
        "UpdateFleet",
        &[
            optional("ImageName", FILLED),
            optional("ImageArn", ARN),
            optional("Name", NAME),
            optional("InstanceType", FILLED),
            optional("ComputeCapacity", COMPUTE_CAPACITY),
            optional("VpcConfig", VPC_CONFIG),
            optional("MaxUserDurationInSeconds", INTEGER),
            optional("DisconnectTimeoutInSeconds", INTEGER),
            optional("DeleteVpcConfig", BOOLEAN),
            optional("Description", text(0, 256)),
            optional("DisplayName", text(0, 100)),
            optional("EnableDefaultInternetAccess", BOOLEAN),
            optional("DomainJoinInfo", DOMAIN_JOIN_INFO),
            optional("IdleDisconnectTimeoutInSeconds", INTEGER),
            optional("AttributesToDelete", FLEET_ATTRIBUTES),
            optional("IamRoleArn", ARN),
            optional("StreamView", STREAM_VIEW),
            optional("Platform", PLATFORM_TYPE),
            optional("MaxConcurrentSessions", INTEGER),
            optional("UsbDeviceFilterStrings", USB_DEVICE_FILTER_STRINGS),
            optional("SessionScriptS3Location", S3_LOCATION),
            optional("MaxSessionsPerInstance", INTEGER),
            optional("RootVolumeConfig", VOLUME_CONFIG),
            optional("DisableIMDSV1", BOOLEAN),
        ],
    ),
    ("StartFleet", &[required("Name", FILLED)]),
    ("StopFleet", &[required("Name", FILLED)]),
    ("DeleteFleet", &[required("Name", FILLED)]),
    (
        "CreateStack",
        &[
            required("Name", NAME),
            optional("Description", text(0, 256)),
            optional("DisplayName", text(0, 100)),
            optional("StorageConnectors", STORAGE_CONNECTOR_LIST),
            optional("RedirectURL", text(0, 1000)),
            optional("FeedbackURL", text(0, 1000)),
            optional("UserSettings", USER_SETTING_LIST),
            optional("ApplicationSettings", APPLICATION_SETTINGS),
            optional("Tags", TAGS),
            optional("AccessEndpoints", ACCESS_ENDPOINT_LIST),
            optional("EmbedHostDomains", EMBED_HOST_DOMAINS),
            optional("StreamingExperienceSettings", STREAMING_EXPERIENCE_SETTINGS),
            optional("ContentRedirection", CONTENT_REDIRECTION),
            optional("WebAuthnRedirection", WEB_AUTHN_REDIRECTION),
            optional("AgentAccessConfig", AGENT_ACCESS_CONFIG),
            optional(
                "StorageConnectorAuthentication",
                STORAGE_CONNECTOR_AUTHENTICATION,
            ),
        ],
    ),
    (
        "UpdateStack",
        &[
            optional("DisplayName", text(0, 100)),
            optional("Description", text(0, 256)),
            required("Name", FILLED),
            optional("StorageConnectors", STORAGE_CONNECTOR_LIST),
            optional("DeleteStorageConnectors", BOOLEAN),
            optional("RedirectURL", text(0, 1000)),
            optional("FeedbackURL", text(0, 1000)),
            optional("AttributesToDelete", STACK_ATTRIBUTES),
            optional("UserSettings", USER_SETTING_LIST),
            optional("ApplicationSettings", APPLICATION_SETTINGS),
            optional("AccessEndpoints", ACCESS_ENDPOINT_LIST),
            optional("EmbedHostDomains", EMBED_HOST_DOMAINS),
            optional("StreamingExperienceSettings", STREAMING_EXPERIENCE_SETTINGS),
            optional("ContentRedirection", CONTENT_REDIRECTION),
            optional("WebAuthnRedirection", WEB_AUTHN_REDIRECTION),
            optional("AgentAccessConfig", AGENT_ACCESS_CONFIG_FOR_UPDATE),
            optional(
                "StorageConnectorAuthentication",
                STORAGE_CONNECTOR_AUTHENTICATION,
            ),
        ],
    ),
    ("DeleteStack", &[required("Name", FILLED)]),
    (
        "AssociateFleet",
        &[required("FleetName", FILLED), required("StackName", FILLED)],
    ),
    (
        "DisassociateFleet",
        &[required("FleetName", FILLED), required("StackName", FILLED)],
    ),
    (
        "CreateStreamingURL",
        &[
            required("StackName", FILLED),
            required("FleetName", FILLED),
            required("UserId", STREAMING_URL_USER_ID),
            optional("ApplicationId", FILLED),
            optional("Validity", INTEGER),
            optional("SessionContext", FILLED),
        ],
    ),
    ("ExpireSession", &[required("SessionId", FILLED)]),
    ("DrainSessionInstance", &[required("SessionId", FILLED)]),
    (
        "TagResource",
        &[required("ResourceArn", ARN), required("Tags", TAGS)],
    ),
    (
        "UntagResource",
        &[
            required("ResourceArn", ARN),
            required("TagKeys", TAG_KEY_LIST),
        ],
    ),
    (
        "CreateImageBuilder",
        &[
            required("Name", NAME),
            optional("ImageName", FILLED),
            optional("ImageArn", ARN),
            required("InstanceType", FILLED),
            optional("Description", text(0, 256)),
            optional("DisplayName", text(0, 100)),
            optional("VpcConfig", VPC_CONFIG),
            optional("IamRoleArn", ARN),
            optional("EnableDefaultInternetAccess", BOOLEAN),
            optional("DomainJoinInfo", DOMAIN_JOIN_INFO),
            optional("AppstreamAgentVersion", text(1, 100)),
            optional("Tags", TAGS),
            optional("AccessEndpoints", ACCESS_ENDPOINT_LIST),
            optional("RootVolumeConfig", VOLUME_CONFIG),
            optional("SoftwaresToInstall", STRING_LIST),
            optional("SoftwaresToUninstall", STRING_LIST),
            optional("DisableIMDSV1", BOOLEAN),
            optional("AgentAccessConfig", IMAGE_BUILDER_AGENT_ACCESS_CONFIG),
        ],
    ),
    (
        "StartImageBuilder",
        &[
            required("Name", FILLED),
            optional("AppstreamAgentVersion", text(1, 100)),
        ],
    ),
    ("StopImageBuilder", &[required("Name", FILLED)]),
    ("DeleteImageBuilder", &[required("Name", NAME)]),
    (
        "CreateAppBlockBuilder",
        &[
            required("Name", NAME),
            optional("Description", text(0, 256)),
            optional("DisplayName", text(0, 100)),
            optional("Tags", TAGS),
            required("Platform", APP_BLOCK_BUILDER_PLATFORM_TYPE),
            required("InstanceType", FILLED),
            required("VpcConfig", VPC_CONFIG),
            optional("EnableDefaultInternetAccess", BOOLEAN),
            optional("IamRoleArn", ARN),
            optional("AccessEndpoints", ACCESS_ENDPOINT_LIST),
            optional("DisableIMDSV1", BOOLEAN),
        ],
    ),
    ("StartAppBlockBuilder", &[required("Name", NAME)]),
    ("StopAppBlockBuilder", &[required("Name", NAME)]),
    ("DeleteAppBlockBuilder", &[required("Name", NAME)]),
];

const NAME: Kind = matching(0, MANY, r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}$");
pub(super) const ARN: Kind = matching(
    0,
    MANY,
    r"^arn:aws(?:\-cn|\-iso\-b|\-iso|\-us\-gov)?:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9][A-Za-z0-9:_/+=,@.\\-]{0,1023}$",
);
const FLEET_TYPE: Kind = Kind::One(&["ALWAYS_ON", "ON_DEMAND", "ELASTIC"]);
const COMPUTE_CAPACITY: Kind = Kind::Structure(&[
    optional("DesiredInstances", INTEGER),
    optional("DesiredSessions", INTEGER),
]);
const SUBNET_ID_LIST: Kind = list(&FILLED, 0, MANY);
const SECURITY_GROUP_ID_LIST: Kind = list(&FILLED, 0, 5);
const VPC_CONFIG: Kind = Kind::Structure(&[
    optional("SubnetIds", SUBNET_ID_LIST),
    optional("SecurityGroupIds", SECURITY_GROUP_ID_LIST),
]);
const DOMAIN_JOIN_INFO: Kind = Kind::Structure(&[
    optional("DirectoryName", TEXT),
    optional("OrganizationalUnitDistinguishedName", text(0, 2000)),
]);
const TAG_CHARACTERS: &str = r##"^[^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~]*$"##;
/// Keys that begin with `aws:` belong to AWS.
const TAG_KEY: Kind = matching(
    1,
    128,
    r##"^(?:a|aw|aws|(?:[^a]|a[^w]|aw[^s]|aws[^:])[^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~]*)$"##,
);
const TAG_VALUE: Kind = matching(0, 256, TAG_CHARACTERS);
const TAGS: Kind = map(&TAG_KEY, &TAG_VALUE, 1, 50);
const STREAM_VIEW: Kind = Kind::One(&["APP", "DESKTOP"]);
const PLATFORM_TYPE: Kind = Kind::One(&[
    "WINDOWS",
    "WINDOWS_SERVER_2016",
    "WINDOWS_SERVER_2019",
    "WINDOWS_SERVER_2022",
    "WINDOWS_SERVER_2025",
    "WINDOWS_11",
    "AMAZON_LINUX2",
    "RHEL8",
    "ROCKY_LINUX8",
    "UBUNTU_PRO_2404",
]);
const USB_DEVICE_FILTER_STRING: Kind = matching(
    0,
    100,
    r"^((\w*)\s*(\w*)\s*\,\s*(\w*)\s*\,\s*\*?(\w*)\s*\,\s*\*?(\w*)\s*\,\s*\*?\d*\s*\,\s*\*?\d*\s*\,\s*[0-1]\s*\,\s*[0-1]\s*)$",
);
const USB_DEVICE_FILTER_STRINGS: Kind = list(&USB_DEVICE_FILTER_STRING, 0, MANY);
const S3_BUCKET: Kind = matching(3, 63, r"^[0-9a-z.\-]*[0-9a-z\-]$");
const S3_LOCATION: Kind = Kind::Structure(&[
    required("S3Bucket", S3_BUCKET),
    optional("S3Key", text(1, 1024)),
]);
const VOLUME_CONFIG: Kind = Kind::Structure(&[optional("VolumeSizeInGb", INTEGER)]);
const FLEET_ATTRIBUTE: Kind = Kind::One(&[
    "VPC_CONFIGURATION",
    "VPC_CONFIGURATION_SECURITY_GROUP_IDS",
    "DOMAIN_JOIN_INFO",
    "IAM_ROLE_ARN",
    "USB_DEVICE_FILTER_STRINGS",
    "SESSION_SCRIPT_S3_LOCATION",
    "MAX_SESSIONS_PER_INSTANCE",
    "VOLUME_CONFIGURATION",
]);
const FLEET_ATTRIBUTES: Kind = list(&FLEET_ATTRIBUTE, 0, MANY);
const ACCESS_ENDPOINT_TYPE: Kind = Kind::One(&["STREAMING"]);
const ACCESS_ENDPOINT: Kind = Kind::Structure(&[
    required("EndpointType", ACCESS_ENDPOINT_TYPE),
    optional("VpceId", FILLED),
]);
const ACCESS_ENDPOINT_LIST: Kind = list(&ACCESS_ENDPOINT, 1, 4);
const STREAMING_URL_USER_ID: Kind = matching(2, 32, r"[\w+=,.@-]*");
const TAG_KEY_LIST: Kind = list(&TAG_KEY, 1, 50);
const STRING_LIST: Kind = list(&FILLED, 0, MANY);
const APP_BLOCK_BUILDER_PLATFORM_TYPE: Kind = Kind::One(&["WINDOWS_SERVER_2019"]);
