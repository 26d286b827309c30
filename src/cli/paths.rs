//! `--web.external-url`, `--web.route-prefix` and `--web.telemetry-path`.

/// Paths that the server needs itself.
const RESERVED_PATHS: [&str; 2] = ["/sessions", "/status"];
const RESERVED_PREFIXES: [&str; 4] = ["/-/", "/api/v1/", "/fleets/", "/pools/"];

/// The external URL of the exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalUrl {
    /// Scheme and host; empty when only a path was given.
    pub origin: String,
    /// Begins with a slash and does not end with one; empty for the root.
    pub path: String,
}

pub(super) fn external_url(text: &str) -> Result<ExternalUrl, String> {
    let accepted =
        "accepted: a URL such as https://monitoring.example.org/appstream, or its path alone";
    let schemes = ["http://", "https://"];
    let scheme = schemes.into_iter().find(|scheme| text.starts_with(scheme));
    let (origin, path) = match scheme {
        Some(scheme) => {
            let host = &text[scheme.len()..];
            let (host, _) = host.split_once('/').unwrap_or((host, ""));
            if host.is_empty() || !host.bytes().all(is_plain) {
                return Err(accepted.to_owned());
            }
            text.split_at(scheme.len() + host.len())
        }
        None => ("", text),
    };
    let path = route_prefix(path).map_err(|_| accepted.to_owned())?;
    if scheme.is_none() && !text.starts_with('/') {
        return Err(accepted.to_owned());
    }
    Ok(ExternalUrl {
        origin: origin.to_owned(),
        path,
    })
}

/// A prefix that begins with a slash and does not end with one; empty for none.
pub(super) fn route_prefix(text: &str) -> Result<String, String> {
    let trimmed = text.trim_matches('/');
    let is_fine = trimmed
        .split('/')
        .all(|part| part.bytes().all(is_plain) && !matches!(part, "." | ".."));
    if trimmed.is_empty() {
        return Ok(String::new());
    }
    if !is_fine || trimmed.contains("//") {
        return Err("accepted: a path without query and dots, such as /appstream".to_owned());
    }
    Ok(format!("/{trimmed}"))
}

/// Whether a byte may stand in a path as it is, also in a link.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\')
}

pub(super) fn telemetry_path(text: &str) -> Result<String, String> {
    let plain =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'<' | b'>');
    if !text.starts_with('/') || text.starts_with("//") || !text.bytes().all(plain) {
        return Err(
            "accepted: a path that begins with / and has no query, such as /metrics".to_owned(),
        );
    }
    let mut prefixes = RESERVED_PREFIXES.iter();
    if RESERVED_PATHS.contains(&text) || prefixes.any(|prefix| text.starts_with(prefix)) {
        return Err(format!("{text} is reserved, accepted: any other path"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_external_urls() {
        let prefixes = [
            ("", Some("")),
            ("/", Some("")),
            ("appstream", Some("/appstream")),
            ("/a/b/", Some("/a/b")),
            ("/a//b", None),
            ("/a/../b", None),
            ("/a?b", None),
            ("/a\"b", None),
            ("/a b", None),
        ];
        for (text, expected) in prefixes {
            assert_eq!(route_prefix(text).ok().as_deref(), expected, "{text}");
        }
        let urls = [
            ("http://example.org", Some(("http://example.org", ""))),
            (
                "https://example.org:9/a/",
                Some(("https://example.org:9", "/a")),
            ),
            ("/a", Some(("", "/a"))),
            ("/", Some(("", ""))),
            ("a", None),
            ("", None),
            ("https://", None),
            ("https:///a", None),
            ("ftp://example.org/a", None),
            ("https://example.org/a?b", None),
            ("'https://example.org'", None),
        ];
        for (text, expected) in urls {
            let url = external_url(text).ok();
            let url = url
                .as_ref()
                .map(|url| (url.origin.as_str(), url.path.as_str()));
            assert_eq!(url, expected, "{text}");
        }
    }

    #[test]
    fn paths_of_the_server_are_reserved() {
        for path in ["/metrics", "/api/metrics", "/statuses", "/"] {
            assert_eq!(telemetry_path(path).as_deref(), Ok(path));
        }
        for path in [
            "/-/ready",
            "/api/v1/fleets",
            "/pools/",
            "/sessions",
            "/status",
        ] {
            let error = telemetry_path(path).unwrap_err();
            assert_eq!(
                error,
                format!("{path} is reserved, accepted: any other path")
            );
        }
    }
}
