//! AppStream images by their ARNs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_appstream::operation::describe_images::DescribeImagesError;
use aws_sdk_appstream::types;

use super::appstream::{is_agent_latest, resource_errors};
use super::clients::Client;
use super::pages::each_page;
use super::source::{ImageSource, Listed, Response};
use super::time::moment;
use crate::model::{IMAGE_STATES, Image, ImageArn, ImageKey, Images, known_label};

/// Images in one request: the maximum page size of AWS.
const IMAGES_PER_REQUEST: usize = 25;

impl ImageSource for Client {
    /// A request fails as a whole when AWS refuses one of its images or does not find it.
    /// Such a request is split in two until the image is alone, and is left out.
    async fn describe_images(&self, arns: &BTreeSet<ImageArn>) -> Response<Images> {
        let all: Vec<_> = arns.iter().cloned().collect();
        let mut requests: Vec<_> = all.chunks(IMAGES_PER_REQUEST).collect();
        let (mut found, mut calls) = (BTreeMap::new(), 0);
        let (mut refusal, mut is_answered) = (None, false);
        while let Some(request) = requests.pop() {
            match self.images_of(request).await {
                Ok(listed) => {
                    found.extend(listed.value);
                    calls += listed.calls;
                    is_answered = true;
                    continue;
                }
                Err(error) if error.is_not_found() => is_answered = true,
                Err(error) if error.is_unsupported_parameter() => refusal = Some(error),
                Err(error) => return Err(error),
            }
            calls += 1;
            if request.len() > 1 {
                let (left, right) = request.split_at(request.len() / 2);
                requests.extend([left, right]);
            }
        }
        // Refused without exception, it is not about an image.
        if let Some(error) = refusal.filter(|_| !is_answered) {
            return Err(error);
        }
        let (asked, found) = (arns.clone(), Arc::new(found));
        let value = Images { asked, found };
        Ok(Listed { value, calls })
    }
}

impl Client {
    async fn images_of(&self, arns: &[ImageArn]) -> Response<BTreeMap<ImageKey, Image>> {
        let context = &self.appstream_calls;
        let mut value = BTreeMap::new();
        let fetch = async |token| {
            let arns = arns.iter().map(|arn| arn.as_str().to_owned()).collect();
            let request = self.appstream.describe_images().set_arns(Some(arns));
            let request = request.set_next_token(token).customize();
            let interceptor = context.interceptor::<DescribeImagesError>();
            let page = request.interceptor(interceptor).send().await?;
            Ok((page.images, page.next_token))
        };
        let take = |image| {
            let (key, image) = self::image(image).ok_or("an image without Name")?;
            value.insert(key, image);
            Ok(())
        };
        let calls = each_page::<DescribeImagesError, _, _>(context, fetch, take).await?;
        Ok(Listed { value, calls })
    }
}

fn image(image: types::Image) -> Option<(ImageKey, Image)> {
    let visibility = image.visibility.map(|value| value.as_str().to_owned());
    let key = (image.name?, visibility.unwrap_or_default());
    let image = Image {
        platform: image.platform.map(|value| value.as_str().to_owned()),
        agent_version: image.appstream_agent_version,
        base_image_arn: image.base_image_arn.map(ImageArn::from),
        image_type: image.image_type.map(|value| value.as_str().to_owned()),
        display_name: image.display_name,
        state: image
            .state
            .map(|value| known_label(value.as_str(), &IMAGE_STATES)),
        created: image.created_time.as_ref().and_then(moment),
        base_released: image
            .public_base_image_released_date
            .as_ref()
            .and_then(moment),
        is_agent_latest: is_agent_latest(image.latest_appstream_agent_version),
        errors: resource_errors(image.image_errors),
    };
    Some((key, image))
}
