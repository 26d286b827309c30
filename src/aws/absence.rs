//! Evidence, below the SDK, that the region does not have the service: a bare XML response, or a
//! host name that does not exist.

use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;
use http::StatusCode;

use super::error::sources;
use super::refusals::UNKNOWN_OPERATION;
use crate::config::partition_of;

/// Texts of C libraries for a name that does not exist (`EAI_NONAME`): glibc, musl, macOS. Rust
/// passes on only the text. A failed resolver (`EAI_AGAIN`) has another text.
const UNKNOWN_NAME: [&str; 3] = [
    "Name or service not known",
    "Name does not resolve",
    "nodename nor servname provided, or not known",
];

/// Why the region does not have the service.
#[derive(Debug, thiserror::Error)]
pub(super) enum Absence {
    /// AWS's front end has no such service.
    #[error("HTTP 404 with the bare XML <{UNKNOWN_OPERATION}/>")]
    UnknownOperation,
    /// The service's host name does not exist.
    #[error("the host {0} does not exist")]
    NoSuchHost(String),
}

/// Whether a response is AWS's bare XML for a service that it does not have:
/// `<UnknownOperationException/>` with status 404, for services of every format.
pub(super) fn is_unknown_operation(status: u16, body: &[u8]) -> bool {
    let root = body.trim_ascii_start().strip_prefix(b"<");
    let rest = root.and_then(|root| root.strip_prefix(UNKNOWN_OPERATION.as_bytes()));
    status == StatusCode::NOT_FOUND.as_u16()
        && rest.is_some_and(|rest| matches!(rest.trim_ascii_start(), [b'/' | b'>', ..]))
}

/// The same error, or that the service's host name does not exist.
///
/// A resolver that knows no name of AWS says the same of each. So the region's STS must have a
/// host name: every region has STS.
pub(super) async fn explained<F>(
    error: ConnectorError,
    host: Option<&str>,
    exists: impl Fn(String) -> F,
) -> ConnectorError
where
    F: Future<Output = Option<bool>>,
{
    let is_unknown = sources(&error).any(|source| is_unknown_name(&source.to_string()));
    let Some((host, sts)) = host.and_then(|host| Some((host.to_owned(), sts_beside(host)?))) else {
        return error;
    };
    // The host is resolved again, because the unknown name may have been that of a proxy.
    if is_unknown && exists(host.clone()).await == Some(false) && exists(sts).await == Some(true) {
        return ConnectorError::other(Absence::NoSuchHost(host).into(), None);
    }
    error
}

/// Whether a host name exists; `None` when the resolver does not say.
pub(super) async fn exists(host: String) -> Option<bool> {
    answer(tokio::net::lookup_host((host, 443)).await.map(|_| ()))
}

fn answer(lookup: io::Result<()>) -> Option<bool> {
    match lookup {
        Ok(()) => Some(true),
        Err(error) => is_unknown_name(&error.to_string()).then_some(false),
    }
}

fn is_unknown_name(text: &str) -> bool {
    UNKNOWN_NAME.iter().any(|unknown| text.contains(unknown))
}

/// The host name of STS beside a service's usual host name, `SERVICE.REGION.SUFFIX`.
///
/// `None` for FIPS and dual-stack names, which a service may lack in a region that it is in,
/// and for names that are not AWS's.
fn sts_beside(host: &str) -> Option<String> {
    let (service, place) = host.split_once('.')?;
    let (region, suffix) = place.split_once('.')?;
    let is_usual = !service.ends_with("-fips") && !suffix.starts_with("api.");
    (is_usual && partition_of(region).is_some()).then(|| format!("sts.{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "workspaces.eu-north-1.amazonaws.com";
    const STS: &str = "sts.eu-north-1.amazonaws.com";
    const LOOKUP: &str = "failed to lookup address information: ";

    #[test]
    fn only_the_bare_xml_of_aws_is_an_unknown_operation() {
        let cases = [
            (404, "<UnknownOperationException/>\n", true),
            (404, "\n<UnknownOperationException />", true),
            (
                404,
                "<UnknownOperationException><Message>m</Message></UnknownOperationException>",
                true,
            ),
            (200, "<UnknownOperationException/>\n", false),
            (503, "<UnknownOperationException/>\n", false),
            (404, "<UnknownOperationExceptions/>", false),
            (404, "<html><body>404 Not Found</body></html>", false),
            (404, "<p><UnknownOperationException/></p>", false),
            (404, "", false),
            (404, "{}", false),
        ];
        for (status, body, expected) in cases {
            let found = is_unknown_operation(status, body.as_bytes());
            assert_eq!(found, expected, "{status} {body}");
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_told_from_a_resolver_that_fails() {
        let cases = [
            ("Name or service not known", Some(false)),
            ("Name does not resolve", Some(false)),
            ("nodename nor servname provided, or not known", Some(false)),
            ("Temporary failure in name resolution", None),
            ("Try again", None),
            ("No address associated with hostname", None),
            ("Non-recoverable failure in name resolution", None),
        ];
        for (text, expected) in cases {
            let error = io::Error::other(format!("{LOOKUP}{text}"));
            assert_eq!(answer(Err(error)), expected, "{text}");
        }
        assert_eq!(answer(Ok(())), Some(true));
    }

    #[test]
    fn sts_is_beside_usual_host_names_of_aws_alone() {
        let cases = [
            (HOST, Some(STS)),
            (
                "appstream2.cn-north-1.amazonaws.com.cn",
                Some("sts.cn-north-1.amazonaws.com.cn"),
            ),
            ("workspaces-fips.us-west-2.amazonaws.com", None),
            ("workspaces.eu-north-1.api.aws", None),
            ("workspaces.eu-wset-1.amazonaws.com", None),
            ("proxy.corp.example", None),
            ("localhost", None),
            ("127.0.0.1", None),
        ];
        for (host, expected) in cases {
            assert_eq!(sts_beside(host).as_deref(), expected, "{host}");
        }
    }

    #[tokio::test]
    async fn a_missing_host_counts_only_while_the_region_has_another() {
        let unknown = "Name or service not known";
        let cases = [
            (unknown, HOST, Some(false), Some(true), true),
            // The resolver knows no name of AWS, or does not say.
            (unknown, HOST, Some(false), Some(false), false),
            (unknown, HOST, Some(false), None, false),
            // It was the proxy's name.
            (unknown, HOST, Some(true), Some(true), false),
            (unknown, HOST, None, Some(true), false),
            (unknown, "127.0.0.1", Some(false), Some(true), false),
            ("Try again", HOST, Some(false), Some(true), false),
        ];
        for (text, host, is_there, has_sts, is_absent) in cases {
            let error = io::Error::other(format!("{LOOKUP}{text}"));
            let error = ConnectorError::io(error.into());
            let exists = async |name: String| if name == STS { has_sts } else { is_there };
            let explained = explained(error, Some(host), exists).await;
            let mut found = sources(&explained).filter_map(|source| source.downcast_ref());
            let found = matches!(found.next(), Some(Absence::NoSuchHost(name)) if name == host);
            assert_eq!(found, is_absent, "{text} {host} {is_there:?} {has_sts:?}");
        }
    }
}
