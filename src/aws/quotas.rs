//! Service Quotas calls for AppStream, and the SDK's shapes turned into ours.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::operation::list_aws_default_service_quotas::ListAWSDefaultServiceQuotasError;
use aws_sdk_servicequotas::operation::list_service_quotas::ListServiceQuotasError;
use aws_sdk_servicequotas::types::ServiceQuota;

use super::clients::Client;
use super::pages::each_page;
use super::source::{Listed, QuotaSource, Response};
use crate::model::{Quota, QuotaCode, account_of_arn};

/// AppStream, as Service Quotas names it.
const SERVICE_CODE: &str = "appstream2";
/// The most that AWS gives.
const QUOTAS_PER_PAGE: i32 = 100;

/// Adds a quota to a list.
fn add(quotas: &mut BTreeMap<QuotaCode, Quota>, quota: ServiceQuota) -> Result<(), &'static str> {
    let code = quota.quota_code.ok_or("a quota without QuotaCode")?;
    let quota = Quota {
        name: quota.quota_name.unwrap_or_default().into(),
        account_id: quota.quota_arn.as_deref().and_then(account_of_arn),
        limit: quota.value,
    };
    quotas.insert(QuotaCode::from(code), quota);
    Ok(())
}

impl QuotaSource for Client {
    async fn list_service_quotas(&self) -> Response<BTreeMap<QuotaCode, Quota>> {
        let (calls, mut value) = (&self.quotas_calls, BTreeMap::new());
        let fetch = async |token| {
            let request = self
                .quotas
                .list_service_quotas()
                .service_code(SERVICE_CODE)
                .max_results(QUOTAS_PER_PAGE)
                .set_next_token(token)
                .customize()
                .interceptor(calls.interceptor::<ListServiceQuotasError>());
            let page = request.send().await?;
            Ok((page.quotas, page.next_token))
        };
        let take = |quota| add(&mut value, quota);
        let calls = each_page::<ListServiceQuotasError, _, _>(calls, fetch, take).await?;
        Ok(Listed { value, calls })
    }

    async fn list_default_service_quotas(&self) -> Response<BTreeMap<QuotaCode, Quota>> {
        let (calls, mut value) = (&self.quotas_calls, BTreeMap::new());
        let fetch = async |token| {
            let request = self
                .quotas
                .list_aws_default_service_quotas()
                .service_code(SERVICE_CODE)
                .max_results(QUOTAS_PER_PAGE)
                .set_next_token(token)
                .customize()
                .interceptor(calls.interceptor::<ListAWSDefaultServiceQuotasError>());
            let page = request.send().await?;
            Ok((page.quotas, page.next_token))
        };
        let take = |quota| add(&mut value, quota);
        let calls = each_page::<ListAWSDefaultServiceQuotasError, _, _>(calls, fetch, take).await?;
        Ok(Listed { value, calls })
    }
}
