//! AppStream image builders and app block builders.

use std::collections::BTreeMap;

use aws_sdk_appstream::operation::describe_app_block_builders::DescribeAppBlockBuildersError;
use aws_sdk_appstream::operation::describe_image_builders::DescribeImageBuildersError;
use aws_sdk_appstream::types;

use super::appstream::{is_agent_latest, resource_errors};
use super::clients::Client;
use super::pages::{fetch, keyed_list};
use super::source::{BuilderSource, Response};
use super::time::moment;
use crate::model::{
    APP_BLOCK_BUILDER_STATES, AppBlockBuilder, AppBlockBuilderName, IMAGE_BUILDER_STATES, ImageArn,
    ImageBuilder, ImageBuilderName, account_of_arn, known_label,
};

impl BuilderSource for Client {
    async fn describe_image_builders(&self) -> Response<BTreeMap<ImageBuilderName, ImageBuilder>> {
        let call = self.call::<DescribeImageBuildersError>();
        let request = || self.appstream.describe_image_builders();
        keyed_list(
            &call,
            fetch!(call, request(), image_builders),
            image_builder,
        )
        .await
    }

    async fn describe_app_block_builders(
        &self,
    ) -> Response<BTreeMap<AppBlockBuilderName, AppBlockBuilder>> {
        let call = self.call::<DescribeAppBlockBuildersError>();
        let request = || self.appstream.describe_app_block_builders();
        let fetch = fetch!(call, request(), app_block_builders);
        keyed_list(&call, fetch, app_block_builder).await
    }
}

fn image_builder(
    builder: types::ImageBuilder,
) -> Result<(ImageBuilderName, ImageBuilder), &'static str> {
    let name = ImageBuilderName::from(builder.name.ok_or("an image builder without Name")?);
    let builder = ImageBuilder {
        name: name.clone(),
        account_id: builder.arn.as_deref().and_then(account_of_arn),
        instance_type: builder.instance_type,
        platform: builder.platform.map(|value| value.as_str().to_owned()),
        image_arn: builder.image_arn.map(ImageArn::from),
        agent_version: builder.appstream_agent_version,
        display_name: builder.display_name,
        state: builder
            .state
            .map(|value| known_label(value.as_str(), &IMAGE_BUILDER_STATES)),
        created: builder.created_time.as_ref().and_then(moment),
        is_agent_latest: is_agent_latest(builder.latest_appstream_agent_version),
        errors: resource_errors(builder.image_builder_errors),
    };
    Ok((name, builder))
}

fn app_block_builder(
    builder: types::AppBlockBuilder,
) -> Result<(AppBlockBuilderName, AppBlockBuilder), &'static str> {
    let name = AppBlockBuilderName::from(builder.name.ok_or("an app block builder without Name")?);
    let builder = AppBlockBuilder {
        name: name.clone(),
        account_id: builder.arn.as_deref().and_then(account_of_arn),
        instance_type: builder.instance_type,
        platform: builder.platform.map(|value| value.as_str().to_owned()),
        display_name: builder.display_name,
        state: builder
            .state
            .map(|value| known_label(value.as_str(), &APP_BLOCK_BUILDER_STATES)),
        created: builder.created_time.as_ref().and_then(moment),
        errors: resource_errors(builder.app_block_builder_errors),
    };
    Ok((name, builder))
}
