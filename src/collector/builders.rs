//! Samples of image builders and app block builders: `DescribeImageBuilders` and
//! `DescribeAppBlockBuilders`.

use super::{ExtraLabels, Sink, each_snapshot, error_counts, state_set};
use crate::catalog;
use crate::model::{
    APP_BLOCK_BUILDER_STATES, AppBlockBuilder, IMAGE_BUILDER_STATES, ImageArn, ImageBuilder,
    TargetRegion,
};

/// Fills the families of [`catalog::BUILDERS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    image_builders(target_regions, sink);
    app_block_builders(target_regions, sink);
}

fn image_builders(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_image_builder(target_regions, |[account, region, name], extra, builder| {
        let labels = [
            account,
            region,
            name,
            builder.instance_type.as_deref().unwrap_or_default(),
            builder.platform.as_deref().unwrap_or_default(),
            builder.image_arn.as_ref().map_or("", ImageArn::image),
            builder.agent_version.as_deref().unwrap_or_default(),
            builder.display_name.as_deref().unwrap_or_default(),
        ];
        sink.sample(&catalog::IMAGE_BUILDER_INFO, &labels, extra, 1.0);
    });
    each_image_builder(target_regions, |[account, region, name], extra, builder| {
        let state = builder.state.as_deref();
        state_set(state, &IMAGE_BUILDER_STATES, |state, value| {
            let labels = [account, region, name, state];
            sink.sample(&catalog::IMAGE_BUILDER_STATE, &labels, extra, value);
        });
    });
    each_image_builder(target_regions, |labels, extra, builder| {
        if let Some(created) = builder.created {
            sink.sample(&catalog::IMAGE_BUILDER_CREATED, &labels, extra, created);
        }
    });
    each_image_builder(target_regions, |labels, extra, builder| {
        if let Some(is_latest) = builder.is_agent_latest {
            let value = f64::from(u8::from(is_latest));
            sink.sample(&catalog::IMAGE_BUILDER_AGENT_LATEST, &labels, extra, value);
        }
    });
    each_image_builder(target_regions, |[account, region, name], extra, builder| {
        error_counts(&builder.errors, |code, count| {
            let labels = [account, region, name, code];
            sink.sample(&catalog::IMAGE_BUILDER_ERRORS, &labels, extra, count);
        });
    });
}

fn app_block_builders(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_app_block_builder(target_regions, |[account, region, name], extra, builder| {
        let labels = [
            account,
            region,
            name,
            builder.instance_type.as_deref().unwrap_or_default(),
            builder.platform.as_deref().unwrap_or_default(),
            builder.display_name.as_deref().unwrap_or_default(),
        ];
        sink.sample(&catalog::APP_BLOCK_BUILDER_INFO, &labels, extra, 1.0);
    });
    each_app_block_builder(target_regions, |[account, region, name], extra, builder| {
        let state = builder.state.as_deref();
        state_set(state, &APP_BLOCK_BUILDER_STATES, |state, value| {
            let labels = [account, region, name, state];
            sink.sample(&catalog::APP_BLOCK_BUILDER_STATE, &labels, extra, value);
        });
    });
    each_app_block_builder(target_regions, |labels, extra, builder| {
        if let Some(created) = builder.created {
            sink.sample(&catalog::APP_BLOCK_BUILDER_CREATED, &labels, extra, created);
        }
    });
    each_app_block_builder(target_regions, |[account, region, name], extra, builder| {
        error_counts(&builder.errors, |code, count| {
            let labels = [account, region, name, code];
            sink.sample(&catalog::APP_BLOCK_BUILDER_ERRORS, &labels, extra, count);
        });
    });
}

/// Every image builder with the labels of [`catalog::Scope::ImageBuilder`].
fn each_image_builder<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 3], ExtraLabels<'m>, &'a ImageBuilder),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for builder in snapshot.image_builders.values() {
            let account = snapshot.account_of(builder.account_id.as_ref());
            let labels = [account, &*snapshot.region, builder.name.as_str()];
            visit(labels, extra, builder);
        }
    });
}

/// Every app block builder with the labels of [`catalog::Scope::AppBlockBuilder`].
fn each_app_block_builder<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 3], ExtraLabels<'m>, &'a AppBlockBuilder),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for builder in snapshot.app_block_builders.values() {
            let account = snapshot.account_of(builder.account_id.as_ref());
            let labels = [account, &*snapshot.region, builder.name.as_str()];
            visit(labels, extra, builder);
        }
    });
}
