//! AppStream image builders and app block builders.

use std::collections::BTreeMap;

use aws_sdk_appstream::operation::describe_app_block_builders::DescribeAppBlockBuildersError;
use aws_sdk_appstream::operation::describe_image_builders::DescribeImageBuildersError;
use aws_sdk_appstream::types;

use super::appstream::{is_agent_latest, resource_errors};
use super::clients::Client;
use super::pages::each_page;
use super::source::{BuilderSource, Listed, Response};
use super::time::moment;
use crate::model::{
    APP_BLOCK_BUILDER_STATES, AppBlockBuilder, AppBlockBuilderName, IMAGE_BUILDER_STATES, ImageArn,
    ImageBuilder, ImageBuilderName, account_of_arn, known_label,
};

impl BuilderSource for Client {
    async fn describe_image_builders(&self) -> Response<BTreeMap<ImageBuilderName, ImageBuilder>> {
        let context = &self.appstream_calls;
        let mut value = BTreeMap::new();
        let fetch = async |token| {
            let request = self.appstream.describe_image_builders();
            let request = request.set_next_token(token).customize();
            let interceptor = context.interceptor::<DescribeImageBuildersError>();
            let page = request.interceptor(interceptor).send().await?;
            Ok((page.image_builders, page.next_token))
        };
        let take = |builder| {
            let builder = image_builder(builder).ok_or("an image builder without Name")?;
            value.insert(builder.name.clone(), builder);
            Ok(())
        };
        let calls = each_page::<DescribeImageBuildersError, _, _>(context, fetch, take).await?;
        Ok(Listed { value, calls })
    }

    async fn describe_app_block_builders(
        &self,
    ) -> Response<BTreeMap<AppBlockBuilderName, AppBlockBuilder>> {
        let context = &self.appstream_calls;
        let mut value = BTreeMap::new();
        let fetch = async |token| {
            let request = self.appstream.describe_app_block_builders();
            let request = request.set_next_token(token).customize();
            let interceptor = context.interceptor::<DescribeAppBlockBuildersError>();
            let page = request.interceptor(interceptor).send().await?;
            Ok((page.app_block_builders, page.next_token))
        };
        let take = |builder| {
            let builder = app_block_builder(builder).ok_or("an app block builder without Name")?;
            value.insert(builder.name.clone(), builder);
            Ok(())
        };
        let calls = each_page::<DescribeAppBlockBuildersError, _, _>(context, fetch, take).await?;
        Ok(Listed { value, calls })
    }
}

fn image_builder(builder: types::ImageBuilder) -> Option<ImageBuilder> {
    Some(ImageBuilder {
        name: ImageBuilderName::from(builder.name?),
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
    })
}

fn app_block_builder(builder: types::AppBlockBuilder) -> Option<AppBlockBuilder> {
    Some(AppBlockBuilder {
        name: AppBlockBuilderName::from(builder.name?),
        account_id: builder.arn.as_deref().and_then(account_of_arn),
        instance_type: builder.instance_type,
        platform: builder.platform.map(|value| value.as_str().to_owned()),
        display_name: builder.display_name,
        state: builder
            .state
            .map(|value| known_label(value.as_str(), &APP_BLOCK_BUILDER_STATES)),
        created: builder.created_time.as_ref().and_then(moment),
        errors: resource_errors(builder.app_block_builder_errors),
    })
}
