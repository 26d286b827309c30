//! AppStream images by their ARNs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_appstream::operation::describe_images::DescribeImagesError;
use aws_sdk_appstream::types;

use super::appstream::{is_agent_latest, resource_errors};
use super::clients::Client;
use super::pages::{fetch, keyed_list};
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
        let call = self.call::<DescribeImagesError>();
        let request = || {
            let arns = arns.iter().map(|arn| arn.as_str().to_owned()).collect();
            self.appstream.describe_images().set_arns(Some(arns))
        };
        keyed_list(&call, fetch!(call, request(), images), image).await
    }
}

fn image(image: types::Image) -> Result<(ImageKey, Image), &'static str> {
    let visibility = image.visibility.map(|value| value.as_str().to_owned());
    let name = image.name.ok_or("an image without Name")?;
    let key = (name, visibility.unwrap_or_default());
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
    Ok((key, image))
}
