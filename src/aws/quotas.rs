//! Service Quotas calls for AppStream, and the SDK's shapes turned into ours.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::operation::list_aws_default_service_quotas::ListAWSDefaultServiceQuotasError;
use aws_sdk_servicequotas::operation::list_service_quotas::ListServiceQuotasError;
use aws_sdk_servicequotas::types::ServiceQuota;

use super::clients::Client;
use super::pages::{fetch, keyed_list};
use super::source::{QuotaSource, Response};
use crate::model::{Quota, QuotaCode, account_of_arn};

/// AppStream, as Service Quotas names it.
const SERVICE_CODE: &str = "appstream2";
/// The most that AWS gives.
const QUOTAS_PER_PAGE: i32 = 100;

impl QuotaSource for Client {
    async fn list_service_quotas(&self) -> Response<BTreeMap<QuotaCode, Quota>> {
        let call = self.call::<ListServiceQuotasError>();
        let request = || {
            let request = self.quotas.list_service_quotas();
            request
                .service_code(SERVICE_CODE)
                .max_results(QUOTAS_PER_PAGE)
        };
        keyed_list(&call, fetch!(call, request(), quotas), quota).await
    }

    async fn list_default_service_quotas(&self) -> Response<BTreeMap<QuotaCode, Quota>> {
        let call = self.call::<ListAWSDefaultServiceQuotasError>();
        let request = || {
            let request = self.quotas.list_aws_default_service_quotas();
            request
                .service_code(SERVICE_CODE)
                .max_results(QUOTAS_PER_PAGE)
        };
        keyed_list(&call, fetch!(call, request(), quotas), quota).await
    }
}

fn quota(quota: ServiceQuota) -> Result<(QuotaCode, Quota), &'static str> {
    let code = quota.quota_code.ok_or("a quota without QuotaCode")?;
    let quota = Quota {
        name: quota.quota_name.unwrap_or_default().into(),
        account_id: quota.quota_arn.as_deref().and_then(account_of_arn),
        limit: quota.value,
    };
    Ok((QuotaCode::from(code), quota))
}
