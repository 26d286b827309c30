//! Other resources of a region: builders, images, and account settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Region;
use crate::resource::account::{DirectoryConfig, UsageReport};
use crate::resource::builder::{AppBlockBuilder, Image, ImageBuilder};

/// The resources themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Inventory {
    image_builders: BTreeMap<String, ImageBuilder>,
    app_block_builders: BTreeMap<String, AppBlockBuilder>,
    images: Vec<Image>,
    directory_configs: Vec<DirectoryConfig>,
    usage_reports: Vec<UsageReport>,
}

impl Inventory {
    pub(super) const fn new() -> Self {
        Self {
            image_builders: BTreeMap::new(),
            app_block_builders: BTreeMap::new(),
            images: Vec::new(),
            directory_configs: Vec::new(),
            usage_reports: Vec::new(),
        }
    }
}

impl Region {
    /// Adds an image builder or replaces the one of that name.
    pub fn image_builder(mut self, builder: ImageBuilder) -> Self {
        self.image_builders_mut()
            .insert(builder.name.clone(), builder);
        self
    }

    /// Adds an app block builder or replaces the one of that name.
    pub fn app_block_builder(mut self, builder: AppBlockBuilder) -> Self {
        self.app_block_builders_mut()
            .insert(builder.name.clone(), builder);
        self
    }

    /// Adds an image.
    pub fn image(mut self, image: Image) -> Self {
        self.images_mut().push(image);
        self
    }

    /// Adds a directory config.
    pub fn directory_config(mut self, config: DirectoryConfig) -> Self {
        self.directory_configs_mut().push(config);
        self
    }

    /// Adds a subscription to usage reports.
    pub fn usage_report(mut self, report: UsageReport) -> Self {
        self.usage_reports_mut().push(report);
        self
    }

    /// All image builders by name.
    pub fn image_builders(&self) -> &BTreeMap<String, ImageBuilder> {
        &self.inventory.image_builders
    }

    /// All image builders by name, to change.
    pub fn image_builders_mut(&mut self) -> &mut BTreeMap<String, ImageBuilder> {
        &mut self.inventory.image_builders
    }

    /// All app block builders by name.
    pub fn app_block_builders(&self) -> &BTreeMap<String, AppBlockBuilder> {
        &self.inventory.app_block_builders
    }

    /// All app block builders by name, to change.
    pub fn app_block_builders_mut(&mut self) -> &mut BTreeMap<String, AppBlockBuilder> {
        &mut self.inventory.app_block_builders
    }

    /// All images that the account sees.
    pub fn images(&self) -> &[Image] {
        &self.inventory.images
    }

    /// All images that the account sees, to change.
    pub fn images_mut(&mut self) -> &mut Vec<Image> {
        &mut self.inventory.images
    }

    /// All directory configs.
    pub fn directory_configs(&self) -> &[DirectoryConfig] {
        &self.inventory.directory_configs
    }

    /// All directory configs, to change.
    pub fn directory_configs_mut(&mut self) -> &mut Vec<DirectoryConfig> {
        &mut self.inventory.directory_configs
    }

    /// All subscriptions to usage reports.
    pub fn usage_reports(&self) -> &[UsageReport] {
        &self.inventory.usage_reports
    }

    /// All subscriptions to usage reports, to change.
    pub fn usage_reports_mut(&mut self) -> &mut Vec<UsageReport> {
        &mut self.inventory.usage_reports
    }
}
