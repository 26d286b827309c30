//! Style, script and the Content-Security-Policy that allows these and nothing else.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;

/// The style sheet of all pages.
pub(super) const STYLE: &str = concat!(include_str!("page.css"), include_str!("wall.css"));
/// The method that keeps a page up to date.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The value of the header.
///
/// Script and style are allowed by their hashes, so markup that came from
/// elsewhere could not run or load anything even if it were not escaped. The icon
/// is an empty `data:` URL, which keeps browsers from asking for one.
pub(in crate::server) fn policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let (style, script) = (source(STYLE), source(SCRIPT));
        let policy = format!(
            "default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).expect("base64 is text")
    });
    POLICY.clone()
}

/// A text as a source of the policy.
fn source(text: &str) -> String {
    format!(
        "'sha256-{}'",
        BASE64_STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_the_hash_of_the_text() {
        // As `openssl dgst -sha256 -binary | base64` has it.
        assert_eq!(
            source("abc"),
            "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"
        );
    }

    #[test]
    fn nothing_in_them_ends_their_element() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains('\r'));
        }
    }
}
