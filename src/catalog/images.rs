//! Families of AppStream images.

use super::section;

section! {
    /// Images that fleets and image builders use.
    IMAGES = "AppStream images",
    "Every `images.interval`, and when a new image comes into use, the exporter reads the images that fleets and image builders use. The label `aws_account_id` is the account that uses the image. To join image metrics with fleets, match `appstream_fleet_info` on the labels `aws_account_id`, `aws_region` and `image`.";

    IMAGE_INFO: Gauge "appstream_image_info", Image ["platform", "agent_version", "base_image", "image_type", "display_name"], "DescribeImages",
        "Image properties (Visibility, Platform, AppstreamAgentVersion, BaseImageArn, ImageType, DisplayName).";
    IMAGE_STATE: Gauge "appstream_image_state", Image ["state"], "DescribeImages",
        "Whether the image is in this state (State).";
    IMAGE_CREATED: Gauge "appstream_image_created_timestamp_seconds", Image, "DescribeImages",
        "Creation time of the image (CreatedTime).";
    IMAGE_BASE_RELEASED: Gauge "appstream_image_base_released_timestamp_seconds", Image, "DescribeImages",
        "Release time of the public base image (PublicBaseImageReleasedDate).";
    IMAGE_AGENT_LATEST: Gauge "appstream_image_agent_latest", Image, "DescribeImages",
        "Whether the image has the latest AppStream agent (LatestAppstreamAgentVersion).";
    IMAGE_ERRORS: Gauge "appstream_image_errors", Image ["error_code"], "DescribeImages",
        "Number of ImageErrors with this ErrorCode; absent if zero.";
}
