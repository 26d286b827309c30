//! Why there are no credentials, in words that say what was tried and what to do.

use std::io;

use aws_config::profile::Profile;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::error::ErrorMetadata;

use super::error::{chain, service_cause, sources};
use super::metadata;
use super::profile::profiles;
use crate::config::Secret;

/// Files that the SDK reads for credentials and does not name when it cannot: the variables,
/// and the key of a profile.
const TOKEN_FILES: [&str; 2] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
const PROFILE_TOKEN_FILE: &str = "web_identity_token_file";
/// More profiles than any refer to each other.
const MOST_PROFILES: usize = 10;

/// The feature of the SDK for profiles of `aws login`. It is off: it brings 25 crates, a second
/// library for cryptography among them, and a login of a person ends after hours.
const LOGIN_FEATURE: &str = "credentials-login";

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The first place in which the SDK finds any: environment, profile, web identity, container, instance.
    Chain,
    /// A profile that the configuration names.
    Profile(String),
    /// A role.
    Role {
        arn: String,
        /// Sent with the request. A response that repeats it must not be shown.
        external_id: Option<Secret>,
    },
}

/// Why there are none, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoCredentials(String);

impl NoCredentials {
    /// For the error of the SDK.
    pub(super) async fn of(origin: &Origin, error: &CredentialsError) -> Self {
        let profile = origin.profile();
        if is_login(error) {
            return Self(login_hint(profile.as_deref()));
        }
        let reason = match unreadable_file(origin, error).await {
            Some(file) => file,
            None => reason(error),
        };
        Self(origin.explain(&reason))
    }

    /// For another reason.
    pub(super) fn because(origin: &Origin, reason: &str) -> Self {
        Self(origin.explain(reason))
    }
}

/// Why the SDK has none, in words.
fn reason(error: &CredentialsError) -> String {
    // The credentials for assuming the role.
    if let Some(none) = sources(error).find_map(|source| source.downcast_ref::<NoCredentials>()) {
        return none.to_string();
    }
    let answer = sources(error).find_map(|source| source.downcast_ref::<ErrorMetadata>());
    if let Some((answer, code)) = answer.and_then(|answer| Some((answer, answer.code()?))) {
        return service_cause(code, answer.message().unwrap_or_default()).to_string();
    }
    let metadata = metadata::no_credentials(error);
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        let metadata = metadata.map(|metadata| format!(", and {metadata}"));
        return format!("none were found{}", metadata.unwrap_or_default());
    }
    if let Some(metadata) = metadata {
        return metadata;
    }
    // The standard error of a credential process can contain secrets. The SDK lists its attempts
    // on further lines, which are removed.
    let text = chain(error);
    let text = text.split(" Stderr:").next().unwrap_or_default();
    let text = text.trim_end_matches(" Attempted:");
    text.trim_end_matches('.').to_owned()
}

/// The file that cannot be read, where an error of that kind is the reason.
async fn unreadable_file(origin: &Origin, error: &CredentialsError) -> Option<String> {
    sources(error).find(|source| source.is::<io::Error>())?;
    let mut files = Vec::new();
    if let Origin::Chain | Origin::Profile(_) = origin {
        files.extend(token_files_of_profiles(origin.profile().as_deref()).await);
    }
    if *origin == Origin::Chain {
        let variables = TOKEN_FILES.into_iter();
        let variables = variables.filter_map(|name| Some((name, std::env::var(name).ok()?)));
        files.extend(variables.map(|(name, path)| (name.to_owned(), path)));
    }
    files.into_iter().find_map(|(origin, path)| {
        let error = std::fs::read(&path).err()?;
        Some(format!("cannot read {path} ({origin}): {error}"))
    })
}

/// The token files of a profile and of those that it gets its credentials from.
async fn token_files_of_profiles(profile: Option<&str>) -> Vec<(String, String)> {
    let Some(profiles) = profiles(profile).await else {
        return Vec::new();
    };
    let selected = profiles.get_profile(profiles.selected_profile());
    let next = |profile: &&Profile| {
        let source = profile.get("source_profile")?;
        profiles.get_profile(source)
    };
    let chain = std::iter::successors(selected, next).take(MOST_PROFILES);
    let files = chain.filter_map(|profile| {
        let path = profile.get(PROFILE_TOKEN_FILE)?;
        let origin = format!(
            "{PROFILE_TOKEN_FILE} of the AWS profile {:?}",
            profile.name()
        );
        Some((origin, path.to_owned()))
    });
    files.collect()
}

/// The SDK says it in a text only.
fn is_login(error: &CredentialsError) -> bool {
    sources(error).any(|source| source.to_string().contains(LOGIN_FEATURE))
}

fn login_hint(profile: Option<&str>) -> String {
    let profile = profile.unwrap_or("default");
    format!(
        "the AWS profile {profile:?} uses `aws login` (login_session), which the exporter does not support: \
         use another profile, with credential_process = aws configure export-credentials --profile {profile} --format process"
    )
}

impl Origin {
    /// The selected profile.
    fn profile(&self) -> Option<String> {
        match self {
            Self::Chain => {
                let profile = std::env::var("AWS_PROFILE").ok();
                profile.filter(|profile| !profile.is_empty())
            }
            Self::Profile(profile) => Some(profile.clone()),
            Self::Role { .. } => None,
        }
    }

    /// Why there are no credentials, with what to do.
    fn explain(&self, text: &str) -> String {
        match self {
            Self::Chain => format!("{text}; {}", chain_hint(self.profile().as_deref())),
            Self::Profile(profile) => format!(
                "{text}; check the target's profile {profile:?} in the AWS config file (for SSO, run `aws sso login` first)"
            ),
            Self::Role { arn, external_id } => {
                let text = match external_id {
                    Some(secret) => text.replace(secret.expose(), "<redacted>"),
                    None => text.to_owned(),
                };
                let external_id = if external_id.is_some() {
                    "requires the configured external_id"
                } else {
                    "requires no external_id"
                };
                format!(
                    "cannot assume {arn}: {text}; check that the caller may use sts:AssumeRole on it, and that its trust policy allows the caller and {external_id}"
                )
            }
        }
    }
}

/// The solution for missing credentials. The SDK does not report a selected profile that does not
/// exist.
fn chain_hint(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!(
            "check the profile {profile:?} of AWS_PROFILE in the AWS config file (for SSO, run `aws sso login` first)"
        ),
        None => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the host a role"
                .to_owned()
        }
    }
}
