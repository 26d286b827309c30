//! Families of AppStream image builders and app block builders.

use super::section;

section! {
    /// Image builders and app block builders.
    BUILDERS = "AppStream builders",
    "One series per builder, for every image builder that `DescribeImageBuilders` lists and every app block builder that `DescribeAppBlockBuilders` lists. Every refresh reads both lists. A region without app block builders is an exception: it is asked for them once per `refresh.topology_interval`, so the first one can take that long to appear. AWS does not report when a builder was started, only when it was created.";

    IMAGE_BUILDER_INFO: Gauge "appstream_image_builder_info", ImageBuilder ["instance_type", "platform", "image", "agent_version", "display_name"], "DescribeImageBuilders: InstanceType, Platform, last part of ImageArn, AppstreamAgentVersion, DisplayName",
        "Fixed properties of the image builder (InstanceType, Platform, ImageArn, AppstreamAgentVersion, DisplayName) as of the last refresh, always 1, with an empty label where AWS gives none.";
    IMAGE_BUILDER_STATE: Gauge "appstream_image_builder_state", ImageBuilder ["state"], "DescribeImageBuilders: State",
        "Whether the image builder's State was this one at the last refresh: 1 for the present state, 0 for the others.";
    IMAGE_BUILDER_CREATED: Gauge "appstream_image_builder_created_timestamp_seconds", ImageBuilder, "DescribeImageBuilders: CreatedTime",
        "When the image builder was created (CreatedTime, Unix time) as of the last refresh.";
    IMAGE_BUILDER_AGENT_LATEST: Gauge "appstream_image_builder_agent_latest", ImageBuilder, "DescribeImageBuilders: LatestAppstreamAgentVersion",
        "Whether the image builder has the latest AppStream agent (LatestAppstreamAgentVersion, 1 or 0) as of the last refresh.";
    IMAGE_BUILDER_ERRORS: Gauge "appstream_image_builder_errors", ImageBuilder ["error_code"], "DescribeImageBuilders: ImageBuilderErrors[].ErrorCode",
        "Entries of ImageBuilderErrors with this ErrorCode as of the last refresh, with no series when there are none.";
    APP_BLOCK_BUILDER_INFO: Gauge "appstream_app_block_builder_info", AppBlockBuilder ["instance_type", "platform", "display_name"], "DescribeAppBlockBuilders: InstanceType, Platform, DisplayName",
        "Fixed properties of the app block builder (InstanceType, Platform, DisplayName) as of the last refresh, always 1, with an empty label where AWS gives none.";
    APP_BLOCK_BUILDER_STATE: Gauge "appstream_app_block_builder_state", AppBlockBuilder ["state"], "DescribeAppBlockBuilders: State",
        "Whether the app block builder's State was this one at the last refresh: 1 for the present state, 0 for the others.";
    APP_BLOCK_BUILDER_CREATED: Gauge "appstream_app_block_builder_created_timestamp_seconds", AppBlockBuilder, "DescribeAppBlockBuilders: CreatedTime",
        "When the app block builder was created (CreatedTime, Unix time) as of the last refresh.";
    APP_BLOCK_BUILDER_ERRORS: Gauge "appstream_app_block_builder_errors", AppBlockBuilder ["error_code"], "DescribeAppBlockBuilders: AppBlockBuilderErrors[].ErrorCode",
        "Entries of AppBlockBuilderErrors with this ErrorCode as of the last refresh, with no series when there are none.";
}
