//! The region that the host has: from the environment, a profile, or instance metadata.
//!
//! The SDK would find it too. But it takes an empty variable for a region, and does not say
//! whether instance metadata has no region or has not answered yet.

use aws_config::profile::ProfileSet;

/// The first that is set and not empty counts.
const VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The region that the host has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnRegion {
    /// This one.
    Known(String),
    /// None, until someone changes that.
    Absent,
    /// Instance metadata has not answered. While a host boots, it does so late.
    Unknown {
        /// Why not.
        reason: String,
    },
}

/// Whether a text can be a region, and so a part of a host name.
pub(super) fn is_region(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_plain)
}

/// The region of the environment and the profiles. `of_target` is there if the target names
/// a profile, and goes before the environment.
pub(super) fn configured(
    of_target: Option<&ProfileSet>,
    usual: Option<&ProfileSet>,
) -> Option<String> {
    let of_profile = |profiles: &ProfileSet| profiles.get("region").map(str::to_owned);
    let variables = VARIABLES
        .into_iter()
        .filter_map(|name| std::env::var(name).ok());
    let mut regions = of_target
        .and_then(of_profile)
        .into_iter()
        .chain(variables)
        .chain(usual.and_then(of_profile));
    regions.find(|region| !region.is_empty())
}
