//! STS: the one operation that is played, `AssumeRole`.

use std::time::Duration;

use crate::clock::Moment;
use crate::document::Document;
use crate::error::ApiError;
use crate::keyring::{Credentials, Keyring, Principal};
use crate::request::Request;
use crate::request::parameters::{Parameters, required};
use crate::resource::role::Role;
use crate::world::World;

/// The shortest and the longest `DurationSeconds` the API model admits.
const DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;
/// The shortest and the longest `RoleSessionName` the API model admits.
const SESSION_NAME_LENGTHS: std::ops::RangeInclusive<usize> = 2..=64;

/// Answers an STS operation.
///
/// # Errors
/// The error AWS answers when the request is malformed or the role does not let
/// the caller in. It tells the two apart, but not a role that is missing from
/// one that refuses.
pub(crate) fn answer(
    request: &Request<'_>,
    caller: &str,
    home: &World,
    keyring: &mut Keyring,
    now: Moment,
) -> Result<Document, ApiError> {
    if request.operation != "AssumeRole" {
        return Err(ApiError::unknown_operation());
    }
    let parameters = request.parameters;
    let arn = required(parameters.role_arn.as_ref(), "roleArn")?;
    let session = session_name(parameters)?;
    let asked_for = duration(parameters)?;
    let (account, role) = home
        .role_of_any(arn)
        .filter(|(_, role)| role.admits(parameters.external_id.as_deref()))
        .ok_or_else(|| {
            denied(format!(
                "User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            ))
        })?;
    let principal = Principal {
        account_id: account.account_id.clone(),
        arn: assumed_arn(account, role, session),
    };
    // AWS rejects durations above the maximum of a role. Here a role's lifetime may be shorter
    // than any valid request, so it has priority.
    let lifetime = asked_for.unwrap_or(role.lifetime).min(role.lifetime);
    let user = Document::structure()
        .with("AssumedRoleId", format!("AROASIMULATED00000000:{session}"))
        .with("Arn", principal.arn.as_str());
    let credentials = keyring.issue(principal, lifetime, now);
    let result = Document::structure()
        .with("AssumedRoleUser", user)
        .with("Credentials", credentials_document(&credentials));
    Ok(Document::structure().with("AssumeRoleResult", result))
}

/// The error for a role that is not there, which is that for one that refuses.
pub(crate) fn not_found() -> ApiError {
    denied("User is not authorized to perform: sts:AssumeRole".to_owned())
}

fn denied(message: String) -> ApiError {
    ApiError::bad_request("AccessDeniedException", message)
}

fn session_name(parameters: &Parameters) -> Result<&str, ApiError> {
    let name = required(parameters.role_session_name.as_ref(), "roleSessionName")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if SESSION_NAME_LENGTHS.contains(&name.len()) && name.chars().all(allowed) {
        return Ok(name);
    }
    Err(constraint(
        name,
        "roleSessionName",
        r"Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}",
    ))
}

fn duration(parameters: &Parameters) -> Result<Option<Duration>, ApiError> {
    let Some(seconds) = parameters.duration_seconds else {
        return Ok(None);
    };
    u64::try_from(seconds)
        .ok()
        .filter(|_| DURATIONS.contains(&seconds))
        .map(|seconds| Some(Duration::from_secs(seconds)))
        .ok_or_else(|| {
            constraint(
                &seconds.to_string(),
                "durationSeconds",
                "Member must have value between 900 and 43200",
            )
        })
}

fn constraint(value: &str, member: &str, rule: &str) -> ApiError {
    ApiError::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         {rule}"
    ))
}

/// The ARN of who has assumed a role; it leaves the role's path out.
fn assumed_arn(account: &World, role: &Role, session: &str) -> String {
    let name = role.name.rsplit('/').next().unwrap_or_default();
    format!(
        "arn:aws:sts::{}:assumed-role/{name}/{session}",
        account.account_id
    )
}

fn credentials_document(credentials: &Credentials) -> Document {
    Document::structure()
        .with("AccessKeyId", credentials.access_key_id.as_str())
        .with("SecretAccessKey", credentials.secret_access_key.as_str())
        .with("SessionToken", credentials.session_token.as_str())
        .with("Expiration", Document::Timestamp(credentials.expires_at))
}
