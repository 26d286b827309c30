//! The operations of Service Quotas: the quotas of AppStream.

use crate::document::Document;
use crate::error::ApiError;
use crate::request::Request;
use crate::request::parameters::required;
use crate::resource::scaling::Quota;

/// AppStream, as Service Quotas names it.
const APPSTREAM: &str = "appstream2";
/// Largest `MaxResults`. AWS does not say how many it answers when the request names none.
const MAX_RESULTS: usize = 100;

/// Answers an operation of Service Quotas.
///
/// # Errors
/// The error AWS answers when the request is malformed or names an unknown service.
pub(crate) fn answer(request: &Request<'_>) -> Result<Document, ApiError> {
    let code = required(request.parameters.service_code.as_ref(), "serviceCode")?;
    if code != APPSTREAM {
        return Err(not_found(
            "The request failed because the service does not exist.",
        ));
    }
    let size = request.max_results(MAX_RESULTS, MAX_RESULTS)?;
    let quotas = request.region.scaling().quotas.iter();
    let (applied, account) = match request.operation {
        "ListServiceQuotas" => (true, &*request.world.account_id),
        "ListAWSDefaultServiceQuotas" => (false, ""),
        _ => return Err(ApiError::unknown_operation()),
    };
    let page = request.page(quotas.filter(|quota| !applied || quota.is_applied), size)?;
    let describe = |quota: &Quota| {
        let value = if applied {
            quota.applied
        } else {
            quota.default
        };
        let (region, code) = (request.region_name, &quota.code);
        let arn = format!("arn:aws:servicequotas:{region}:{account}:{APPSTREAM}/{code}");
        Document::structure()
            .with("ServiceCode", APPSTREAM)
            .with("ServiceName", "Amazon AppStream 2.0")
            .with("QuotaArn", arn)
            .with("QuotaCode", code.as_str())
            .with_some("QuotaName", quota.name.as_deref())
            .with_some("Value", value.map(Document::Double))
            .with("Unit", "None")
            .with("Adjustable", true)
            .with("GlobalQuota", false)
    };
    Ok(page.into_document("Quotas", describe))
}

/// The error for something that is not there.
pub(crate) fn not_found(message: &'static str) -> ApiError {
    ApiError::bad_request("NoSuchResourceException", message)
}
