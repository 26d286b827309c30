//! Families of AppStream image builders and app block builders.

use super::section;

section! {
    /// Image builders and app block builders.
    BUILDERS = "AppStream builders",
    "While a region has no app block builders, the exporter checks for them only every `refresh.topology_interval`. AWS reports when a builder was created, but not when it was started.";

    IMAGE_BUILDER_INFO: Gauge "appstream_image_builder_info", ImageBuilder ["instance_type", "platform", "image", "agent_version", "display_name"], "DescribeImageBuilders",
        "Image builder properties (InstanceType, Platform, ImageArn, AppstreamAgentVersion, DisplayName).";
    IMAGE_BUILDER_STATE: Gauge "appstream_image_builder_state", ImageBuilder ["state"], "DescribeImageBuilders",
        "Whether the image builder is in this state (State).";
    IMAGE_BUILDER_CREATED: Gauge "appstream_image_builder_created_timestamp_seconds", ImageBuilder, "DescribeImageBuilders",
        "Creation time of the image builder (CreatedTime).";
    IMAGE_BUILDER_AGENT_LATEST: Gauge "appstream_image_builder_agent_latest", ImageBuilder, "DescribeImageBuilders",
        "Whether the image builder has the latest AppStream agent (LatestAppstreamAgentVersion).";
    IMAGE_BUILDER_ERRORS: Gauge "appstream_image_builder_errors", ImageBuilder ["error_code"], "DescribeImageBuilders",
        "Number of ImageBuilderErrors with this ErrorCode; absent if zero.";
    APP_BLOCK_BUILDER_INFO: Gauge "appstream_app_block_builder_info", AppBlockBuilder ["instance_type", "platform", "display_name"], "DescribeAppBlockBuilders",
        "App block builder properties (InstanceType, Platform, DisplayName).";
    APP_BLOCK_BUILDER_STATE: Gauge "appstream_app_block_builder_state", AppBlockBuilder ["state"], "DescribeAppBlockBuilders",
        "Whether the app block builder is in this state (State).";
    APP_BLOCK_BUILDER_CREATED: Gauge "appstream_app_block_builder_created_timestamp_seconds", AppBlockBuilder, "DescribeAppBlockBuilders",
        "Creation time of the app block builder (CreatedTime).";
    APP_BLOCK_BUILDER_ERRORS: Gauge "appstream_app_block_builder_errors", AppBlockBuilder ["error_code"], "DescribeAppBlockBuilders",
        "Number of AppBlockBuilderErrors with this ErrorCode; absent if zero.";
}
