//! Families of AppStream images.

use super::section;

section! {
    /// Images that fleets and image builders use.
    IMAGES = "AppStream images",
    "One series per image, for every image that a fleet which the filters leave or an image builder uses; images of image builders need the collector `appstream_builders` too. `DescribeImages` is called for these alone, by ARN, once per `images.interval`, and at once for a new one. An image can belong to another account or to AWS: `aws_account_id` is the account of the fleets and image builders that use it, as in `appstream_fleet_info`, so both join on `aws_account_id`, `aws_region` and `image`. An image that AWS does not find has no series. Where accounts share images of one name with this account, the series are of one of them.";

    IMAGE_INFO: Gauge "appstream_image_info", Image ["platform", "agent_version", "base_image", "image_type", "display_name"], "DescribeImages: Name, Visibility, Platform, AppstreamAgentVersion, last part of BaseImageArn, ImageType, DisplayName",
        "Fixed properties of the image (Visibility, Platform, AppstreamAgentVersion, BaseImageArn, ImageType, DisplayName) as of the last refresh that read it, always 1, with an empty label where AWS gives none.";
    IMAGE_STATE: Gauge "appstream_image_state", Image ["state"], "DescribeImages: State",
        "Whether the image's State was this one at the last refresh that read it: 1 for the present state, 0 for the others.";
    IMAGE_CREATED: Gauge "appstream_image_created_timestamp_seconds", Image, "DescribeImages: CreatedTime",
        "When the image was created (CreatedTime, Unix time) as of the last refresh that read it.";
    IMAGE_BASE_RELEASED: Gauge "appstream_image_base_released_timestamp_seconds", Image, "DescribeImages: PublicBaseImageReleasedDate",
        "When AWS released the public image that this one is based on (PublicBaseImageReleasedDate, Unix time) as of the last refresh that read it.";
    IMAGE_AGENT_LATEST: Gauge "appstream_image_agent_latest", Image, "DescribeImages: LatestAppstreamAgentVersion",
        "Whether the image has the latest AppStream agent (LatestAppstreamAgentVersion, 1 or 0) as of the last refresh that read it.";
    IMAGE_ERRORS: Gauge "appstream_image_errors", Image ["error_code"], "DescribeImages: ImageErrors[].ErrorCode",
        "Entries of ImageErrors with this ErrorCode as of the last refresh that read the image, with no series when there are none.";
}
