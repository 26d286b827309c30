//! The constraints on the input of operations that only read, from the API models.
//!
//! Names and ids are checked for their length alone: one that breaks its pattern does not exist. The services check
//! `Limit` and `MaxResults`.

use super::autoscaling::{RESOURCE_ARN, SCALABLE_DIMENSION, SERVICE_NAMESPACE};
use super::{BOOLEAN, FILLED, Kind, MANY, Member, TEXT, list, optional, required, text};

/// The members of each operation of AppStream.
pub(super) const APPSTREAM: &[(&str, &[Member])] = &[
    ("DescribeFleets", &[NAMES, NEXT_TOKEN]),
    ("DescribeStacks", &[NAMES, NEXT_TOKEN]),
    (
        "ListAssociatedFleets",
        &[required("StackName", FILLED), NEXT_TOKEN],
    ),
    (
        "ListAssociatedStacks",
        &[required("FleetName", FILLED), NEXT_TOKEN],
    ),
    (
        "DescribeSessions",
        &[
            required("StackName", FILLED),
            required("FleetName", FILLED),
            USER_ID,
            NEXT_TOKEN,
            optional("AuthenticationType", AUTHENTICATION_TYPE),
            optional("InstanceId", FILLED),
        ],
    ),
    (
        "DescribeImages",
        &[
            NAMES,
            optional("Arns", list(&TEXT, 0, MANY)),
            optional("Type", VISIBILITY),
            NEXT_TOKEN,
        ],
    ),
    ("DescribeImageBuilders", &[NAMES, NEXT_TOKEN]),
    ("DescribeAppBlockBuilders", &[NAMES, NEXT_TOKEN]),
    (
        "DescribeDirectoryConfigs",
        &[optional("DirectoryNames", list(&TEXT, 0, MANY)), NEXT_TOKEN],
    ),
    ("DescribeUsageReportSubscriptions", &[NEXT_TOKEN]),
    ("ListTagsForResource", &[required("ResourceArn", TEXT)]),
];

/// The members of each operation of WorkSpaces.
pub(super) const WORKSPACES: &[(&str, &[Member])] = &[
    (
        "DescribeWorkspacesPools",
        &[optional("PoolIds", list(&TEXT, 1, 25)), PAGE_TOKEN],
    ),
    (
        "DescribeWorkspacesPoolSessions",
        &[required("PoolId", TEXT), USER_ID, PAGE_TOKEN],
    ),
    ("DescribeTags", &[required("ResourceId", FILLED)]),
];

/// The members of each operation of Application Auto Scaling.
pub(super) const AUTOSCALING: &[(&str, &[Member])] = &[
    (
        "DescribeScalableTargets",
        &[NAMESPACE, optional("ResourceIds", SCALING_NAMES), DIMENSION],
    ),
    (
        "DescribeScheduledActions",
        &[
            NAMESPACE,
            optional("ScheduledActionNames", SCALING_NAMES),
            RESOURCE_ID,
            DIMENSION,
        ],
    ),
    (
        "DescribeScalingPolicies",
        &[
            NAMESPACE,
            optional("PolicyNames", SCALING_NAMES),
            RESOURCE_ID,
            DIMENSION,
        ],
    ),
    (
        "DescribeScalingActivities",
        &[
            NAMESPACE,
            RESOURCE_ID,
            DIMENSION,
            optional("IncludeNotScaledActivities", BOOLEAN),
        ],
    ),
    (
        "ListTagsForResource",
        &[required("ResourceARN", RESOURCE_ARN)],
    ),
];

const NAMES: Member = optional("Names", list(&FILLED, 0, MANY));
const NEXT_TOKEN: Member = optional("NextToken", FILLED);
const PAGE_TOKEN: Member = optional("NextToken", text(1, 2048));
const USER_ID: Member = optional("UserId", text(2, 128));
const AUTHENTICATION_TYPE: Kind = Kind::One(&["API", "SAML", "USERPOOL", "AWS_AD"]);
const VISIBILITY: Kind = Kind::One(&["PUBLIC", "PRIVATE", "SHARED"]);
const NAMESPACE: Member = required("ServiceNamespace", SERVICE_NAMESPACE);
const DIMENSION: Member = optional("ScalableDimension", SCALABLE_DIMENSION);
const RESOURCE_ID: Member = optional("ResourceId", SCALING_NAME);
const SCALING_NAME: Kind = text(1, 1600);
const SCALING_NAMES: Kind = list(&SCALING_NAME, 0, 50);
