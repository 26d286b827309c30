//! The operations that list builders, images, and settings of the account.

use super::{Request, errors_document, not_found};
use crate::document::Document;
use crate::error::ApiError;
use crate::resource::account::{DirectoryConfig, UsageReport};
use crate::resource::builder::{AppBlockBuilder, Image, ImageBuilder};

/// Members of builders that are answered as they were given.
pub(super) const BUILDER_SETTINGS: [&str; 8] = [
    "Description",
    "VpcConfig",
    "IamRoleArn",
    "EnableDefaultInternetAccess",
    "DomainJoinInfo",
    "AccessEndpoints",
    "RootVolumeConfig",
    "DisableIMDSV1",
];

/// Largest `MaxResults` of `DescribeImages`, the only operation here with a documented one.
const MAX_IMAGES: usize = 25;

pub(super) fn describe_image_builders(request: &Request<'_>) -> Result<Document, ApiError> {
    let names = &request.parameters.names;
    let builders = request.region.image_builders();
    if let Some(name) = names.iter().find(|name| !builders.contains_key(*name)) {
        let message = format!("The image builder '{name}' does not exist");
        return Err(not_found(message));
    }
    let listed = builders.values();
    let listed = listed.filter(|one| names.is_empty() || names.contains(&one.name));
    let page = request.page(listed, page_size(request, usize::MAX)?)?;
    let describe = |builder| image_builder_document(request, builder);
    Ok(page.into_document("ImageBuilders", describe))
}

pub(super) fn describe_app_block_builders(request: &Request<'_>) -> Result<Document, ApiError> {
    let names = &request.parameters.names;
    let builders = request.region.app_block_builders();
    if let Some(name) = names.iter().find(|name| !builders.contains_key(*name)) {
        let message = format!("The app block builder '{name}' does not exist");
        return Err(not_found(message));
    }
    let listed = builders.values();
    let listed = listed.filter(|one| names.is_empty() || names.contains(&one.name));
    let page = request.page(listed, page_size(request, usize::MAX)?)?;
    let describe = |builder| app_block_builder_document(request, builder);
    Ok(page.into_document("AppBlockBuilders", describe))
}

/// One name or ARN that the account does not see fails the whole request. A world need not
/// have the images that its fleets only name: these are left out.
pub(super) fn describe_images(request: &Request<'_>) -> Result<Document, ApiError> {
    let (names, arns) = (&request.parameters.names, &request.parameters.arns);
    let images = request.region.images();
    for name in names {
        if !images.iter().any(|image| image.name == *name) {
            return Err(not_found(format!("The image '{name}' does not exist")));
        }
    }
    let fleets = || request.region.fleets().values();
    for arn in arns {
        let is_named = fleets().any(|fleet| super::image_arn(request, fleet).as_ref() == Some(arn));
        let is_known = images.iter().any(|image| image_arn(request, image) == *arn);
        let is_explicit = fleets().any(|fleet| fleet.image_arn.as_ref() == Some(arn));
        if !is_known && (is_explicit || !is_named) {
            return Err(not_found(format!("The image '{arn}' does not exist")));
        }
    }
    let listed = images.iter().filter(|image| {
        (names.is_empty() || names.contains(&image.name))
            && (arns.is_empty() || arns.contains(&image_arn(request, image)))
    });
    let page = request.page(listed, page_size(request, MAX_IMAGES)?)?;
    Ok(page.into_document("Images", |image| image_document(request, image)))
}

pub(super) fn describe_directory_configs(request: &Request<'_>) -> Result<Document, ApiError> {
    let configs = request.region.directory_configs().iter();
    let page = request.page(configs, page_size(request, usize::MAX)?)?;
    Ok(page.into_document("DirectoryConfigs", directory_config_document))
}

pub(super) fn describe_usage_reports(request: &Request<'_>) -> Result<Document, ApiError> {
    let reports = request.region.usage_reports().iter();
    let page = request.page(reports, page_size(request, usize::MAX)?)?;
    Ok(page.into_document("UsageReportSubscriptions", usage_report_document))
}

/// The world's page size, or a smaller `MaxResults` of the request.
fn page_size(request: &Request<'_>, most: usize) -> Result<usize, ApiError> {
    let wanted = request.parameters.max_results.unwrap_or_default();
    match usize::try_from(wanted) {
        Ok(0) => Ok(request.world.page_size.min(most)),
        Ok(wanted) if wanted <= most => Ok(request.world.page_size.min(wanted)),
        _ => Err(ApiError::validation(format!(
            "Value '{wanted}' at 'maxResults' failed to satisfy constraint"
        ))),
    }
}

fn image_arn(request: &Request<'_>, image: &Image) -> String {
    let resource = format!("image/{}", image.name);
    let own = request.arn("appstream", &resource);
    match &image.owner {
        None => own,
        Some(owner) => own.replacen(&request.world.account_id, owner, 1),
    }
}

pub(super) fn image_builder_document(request: &Request<'_>, builder: &ImageBuilder) -> Document {
    let arn = request.arn("appstream", &format!("image-builder/{}", builder.name));
    let created_at = builder.created_at.map(Document::Timestamp);
    Document::structure()
        .with("Name", builder.name.as_str())
        .with("Arn", arn)
        .with_some("ImageArn", builder.image_arn.as_deref())
        .with_some("DisplayName", builder.display_name.as_deref())
        .with_some("InstanceType", builder.instance_type.as_deref())
        .with_some("Platform", builder.platform.as_deref())
        .with_some("State", builder.state.as_deref())
        .with_some("CreatedTime", created_at)
        .with_some("ImageBuilderErrors", errors_document(&builder.errors))
        .with_some("AppstreamAgentVersion", builder.agent_version.as_deref())
        .with_some(
            "LatestAppstreamAgentVersion",
            builder.agent_latest.as_deref(),
        )
        .with_settings(&BUILDER_SETTINGS, &builder.settings)
}

pub(super) fn app_block_builder_document(
    request: &Request<'_>,
    builder: &AppBlockBuilder,
) -> Document {
    let arn = request.arn("appstream", &format!("app-block-builder/{}", builder.name));
    let created_at = builder.created_at.map(Document::Timestamp);
    Document::structure()
        .with("Arn", arn)
        .with("Name", builder.name.as_str())
        .with_some("DisplayName", builder.display_name.as_deref())
        .with_some("Platform", builder.platform.as_deref())
        .with_some("InstanceType", builder.instance_type.as_deref())
        .with_some("State", builder.state.as_deref())
        .with_some("CreatedTime", created_at)
        .with_some("AppBlockBuilderErrors", errors_document(&builder.errors))
        .with_settings(&BUILDER_SETTINGS, &builder.settings)
}

fn image_document(request: &Request<'_>, image: &Image) -> Document {
    let created_at = image.created_at.map(Document::Timestamp);
    let base_released_at = image.base_released_at.map(Document::Timestamp);
    Document::structure()
        .with("Name", image.name.as_str())
        .with("Arn", image_arn(request, image))
        .with_some("BaseImageArn", image.base_image_arn.as_deref())
        .with_some("DisplayName", image.display_name.as_deref())
        .with_some("State", image.state.as_deref())
        .with_some("Visibility", image.visibility.as_deref())
        .with_some("Platform", image.platform.as_deref())
        .with_some("CreatedTime", created_at)
        .with_some("PublicBaseImageReleasedDate", base_released_at)
        .with_some("AppstreamAgentVersion", image.agent_version.as_deref())
        .with_some("ImageErrors", errors_document(&image.errors))
        .with_some("LatestAppstreamAgentVersion", image.agent_latest.as_deref())
        .with_some("ImageType", image.image_type.as_deref())
}

fn directory_config_document(config: &DirectoryConfig) -> Document {
    let credentials = config.service_account.as_ref().map(|(name, password)| {
        Document::structure()
            .with("AccountName", name.as_str())
            .with("AccountPassword", password.as_str())
    });
    let status = config.certificate_based_auth.as_deref();
    let certificates = status.map(|status| Document::structure().with("Status", status));
    Document::structure()
        .with("DirectoryName", config.name.as_str())
        .with_some("ServiceAccountCredentials", credentials)
        .with_some("CertificateBasedAuthProperties", certificates)
}

fn usage_report_document(report: &UsageReport) -> Document {
    let last_generated_at = report.last_generated_at.map(Document::Timestamp);
    let errors = (!report.errors.is_empty()).then(|| {
        Document::list(&report.errors, |code| {
            Document::structure().with_some("ErrorCode", code.as_deref())
        })
    });
    Document::structure()
        .with_some("S3BucketName", report.bucket.as_deref())
        .with_some("Schedule", report.schedule.as_deref())
        .with_some("LastGeneratedReportDate", last_generated_at)
        .with_some("SubscriptionErrors", errors)
}
