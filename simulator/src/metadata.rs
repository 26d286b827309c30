//! The credentials of a host: EC2 instance metadata, version 2, and container credentials.

use std::time::Duration;

use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::Moment;
use crate::document::date_time;
use crate::fault::effect::ForeignAnswer;
use crate::keyring::{Credentials, Keyring, Principal};
use crate::resource::instance::Instance;
use crate::world::World;

/// Service names of calls and faults; the operation is the path.
const METADATA: &str = "metadata";
const CONTAINER: &str = "container";

/// Where the metadata of an instance begins.
const METADATA_PATH: &str = "/latest/";
const TOKEN_PATH: &str = "/latest/api/token";
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";
/// The one session token that is given out and accepted.
const TOKEN: &str = "simulated-metadata-token";
/// Clients refuse a token without its lifetime.
const TOKEN_LIFETIME: (&str, &str) = ("x-aws-ec2-metadata-token-ttl-seconds", "21600");
const REGION_PATH: &str = "/latest/meta-data/placement/region";
/// Lists the role of the instance, and has the credentials of the role below it.
const ROLE_PATH: &str = "/latest/meta-data/iam/security-credentials/";
/// The path for `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
const CONTAINER_PATH: &str = "/credentials";
/// The role whose credentials a container gets.
const CONTAINER_ROLE: &str = "container";
/// Lifetime of the credentials, as on an instance.
const LIFETIME: Duration = Duration::from_secs(6 * 3600);

/// The service that a request for metadata or container credentials is for.
pub(crate) fn service_of(head: &Parts) -> Option<&'static str> {
    let path = head.uri.path();
    if path.starts_with(METADATA_PATH) {
        return Some(METADATA);
    }
    (path == CONTAINER_PATH).then_some(CONTAINER)
}

/// Answers a request for metadata or container credentials.
pub(crate) fn answer(
    head: &Parts,
    home: &World,
    keyring: &mut Keyring,
    now: Moment,
) -> ForeignAnswer {
    let path = head.uri.path();
    if (&head.method, path) == (&Method::PUT, TOKEN_PATH) {
        return ForeignAnswer {
            header: Some(TOKEN_LIFETIME),
            ..text(Some(TOKEN))
        };
    }
    if head.method != Method::GET {
        return ForeignAnswer::text(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    if path == CONTAINER_PATH {
        let credentials = issue(CONTAINER_ROLE, home, keyring, now);
        return ForeignAnswer::json(&json_of(&credentials));
    }
    let token = head.headers.get(TOKEN_HEADER);
    if token.is_none_or(|token| token != TOKEN) {
        return ForeignAnswer::text(StatusCode::UNAUTHORIZED, "");
    }
    let Instance { region, role } = &home.instance;
    match (path.strip_prefix(ROLE_PATH), role) {
        (Some(""), _) => text(role.as_deref()),
        (Some(name), Some(role)) if name == role => {
            let mut answer = json_of(&issue(role, home, keyring, now));
            answer["Code"] = json!("Success");
            ForeignAnswer::json(&answer)
        }
        (None, _) if path == REGION_PATH => text(region.as_deref()),
        _ => text(None),
    }
}

/// 200 with a text, or 404 without one.
fn text(text: Option<&str>) -> ForeignAnswer {
    match text {
        Some(text) => ForeignAnswer::text(StatusCode::OK, text.to_owned()),
        None => ForeignAnswer::text(StatusCode::NOT_FOUND, ""),
    }
}

/// Credentials of a role of the home account.
fn issue(role: &str, home: &World, keyring: &mut Keyring, now: Moment) -> Credentials {
    let account_id = home.account_id.clone();
    let arn = format!("arn:aws:sts::{account_id}:assumed-role/{role}/i-0123456789abcdef0");
    keyring.issue(Principal { account_id, arn }, LIFETIME, now)
}

fn json_of(credentials: &Credentials) -> Value {
    json!({
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": date_time(credentials.expires_at),
    })
}
