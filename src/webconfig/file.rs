//! What the file says, value by value.

use std::cell::RefCell;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_yaml::Value;

use super::limit::RateLimit;
use super::node::{CollectedProblems, Node};
use super::users::Users;
use super::{Problem, limit};

/// The headers that may be added, with the values that are accepted where not all are.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

/// The names of TLS versions, oldest first.
pub(super) const VERSIONS: [&str; 4] = ["TLS10", "TLS11", "TLS12", "TLS13"];

/// The curves that the toolkit names.
pub(super) const CURVES: [&str; 4] = ["CurveP256", "CurveP384", "CurveP521", "X25519"];

const CLIENT_AUTH: &str = "NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert";

/// The values of the file.
pub(super) struct RawWebConfig {
    pub(super) tls: RawTls,
    pub(super) http2: bool,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) users: Users,
    pub(super) rate_limit: Option<RateLimit>,
}

/// `tls_server_config`, as it was written.
#[derive(Default)]
pub(super) struct RawTls {
    pub(super) certificate: Option<Pem>,
    pub(super) key: Option<Pem>,
    pub(super) client_ca: Option<Pem>,
    /// `None` where the file says nothing of it.
    pub(super) client_auth: Option<ClientAuth>,
    pub(super) min_version: Option<&'static str>,
    pub(super) max_version: Option<&'static str>,
    /// Known names; `None` for the default.
    pub(super) cipher_suites: Option<Vec<&'static str>>,
    /// Known names; `None` for the default.
    pub(super) curves: Option<Vec<&'static str>>,
    pub(super) allowed_sans: Option<Vec<String>>,
}

/// Where a certificate or key is.
pub(super) enum Pem {
    /// In the file named by this key.
    File(&'static str),
    /// Here, under this key.
    Inline(&'static str, String),
}

/// Which certificate is requested from clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    None,
    Request,
    RequireAny,
    VerifyIfGiven,
    RequireAndVerify,
}

/// The suites of TLS 1.2 and 1.3 by the names that Go gives them. Those of other
/// names are not known to the toolkit, or only to Go as insecure ones.
pub(super) const SUITES: [&str; 9] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Suites that the toolkit takes, the last four in older versions, and that nobody
/// should use any more: they may stand beside others, and are never offered.
pub(super) const WEAK_SUITES: [&str; 8] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
];

/// Reads a document, and returns its problems too.
pub(super) fn read(document: &Value) -> (RawWebConfig, Vec<Problem>) {
    let problems: CollectedProblems = RefCell::default();
    let root = Node::root(document, &problems);
    let [tls, http, users, rate] = root.keys([
        "tls_server_config",
        "http_server_config",
        "basic_auth_users",
        "rate_limit",
    ]);
    let (http2, headers) = http.as_ref().map(http_server).unwrap_or((true, Vec::new()));
    let raw = RawWebConfig {
        tls: tls.as_ref().map(tls_server).unwrap_or_default(),
        http2,
        headers,
        users: users.as_ref().map(basic_auth_users).unwrap_or_default(),
        rate_limit: rate.as_ref().and_then(rate_limit),
    };
    (raw, problems.into_inner())
}

fn tls_server(node: &Node<'_>) -> RawTls {
    let [
        cert,
        key,
        client_ca,
        cert_file,
        key_file,
        client_auth,
        client_ca_file,
        suites,
        curves,
        min,
        max,
        prefer,
        sans,
    ] = node.keys([
        "cert",
        "key",
        "client_ca",
        "cert_file",
        "key_file",
        "client_auth_type",
        "client_ca_file",
        "cipher_suites",
        "curve_preferences",
        "min_version",
        "max_version",
        "prefer_server_cipher_suites",
        "client_allowed_sans",
    ]);
    // It has no effect in the toolkit either: Go chooses by itself since 1.17.
    if let Some(prefer) = prefer {
        prefer.bool();
    }
    let suites = suites.map(|suites| {
        let known: Vec<_> = SUITES.into_iter().chain(WEAK_SUITES).collect();
        one_of(&suites, &known, "a cipher suite")
    });
    let curves = curves.map(|curves| one_of(&curves, &CURVES, "a curve"));
    RawTls {
        certificate: pem((cert_file, "cert_file"), (cert, "cert")),
        key: pem((key_file, "key_file"), (key, "key")),
        client_ca: pem((client_ca_file, "client_ca_file"), (client_ca, "client_ca")),
        client_auth: client_auth.as_ref().and_then(client_auth_type),
        min_version: min.as_ref().and_then(version),
        max_version: max.as_ref().and_then(version),
        // An empty list is the default, as in Go.
        cipher_suites: suites.filter(|suites| !suites.is_empty()),
        curves: curves.filter(|curves| !curves.is_empty()),
        allowed_sans: sans.map(|sans| {
            let texts = sans.texts("a list of names, addresses or URIs");
            texts.into_iter().map(|(_, text)| text).collect()
        }),
    }
}

/// A file goes before what stands in the configuration itself, as in the toolkit;
/// what is empty counts as missing.
fn pem(
    (file, file_key): (Option<Node<'_>>, &'static str),
    (inline, inline_key): (Option<Node<'_>>, &'static str),
) -> Option<Pem> {
    let file = file.and_then(|file| file.text("the path of a file"));
    let inline = inline.and_then(|inline| inline.text("a text in the form PEM"));
    match (file, inline) {
        (Some(file), _) if !file.is_empty() => Some(Pem::File(file_key)),
        (_, Some(text)) if !text.is_empty() => Some(Pem::Inline(inline_key, text)),
        _ => None,
    }
}

fn client_auth_type(node: &Node<'_>) -> Option<ClientAuth> {
    match node.text(CLIENT_AUTH)?.as_str() {
        "" => None,
        "NoClientCert" => Some(ClientAuth::None),
        "RequestClientCert" => Some(ClientAuth::Request),
        // The second is its name from before.
        "RequireAnyClientCert" | "RequireClientCert" => Some(ClientAuth::RequireAny),
        "VerifyClientCertIfGiven" => Some(ClientAuth::VerifyIfGiven),
        "RequireAndVerifyClientCert" => Some(ClientAuth::RequireAndVerify),
        _ => {
            let wrong = format!("{} is not a client authentication type", node.describe());
            node.reject(&wrong, CLIENT_AUTH);
            // Nothing weaker may seem to be asked for.
            Some(ClientAuth::RequireAndVerify)
        }
    }
}

fn version(node: &Node<'_>) -> Option<&'static str> {
    let text = node.text(&VERSIONS.join(", "))?;
    let known = VERSIONS.into_iter().find(|version| *version == text);
    if known.is_none() {
        let wrong = format!("{} is not a TLS version", node.describe());
        node.reject(&wrong, &VERSIONS.join(", "));
    }
    known
}

fn one_of(node: &Node<'_>, known: &[&'static str], noun: &str) -> Vec<&'static str> {
    let accepted = known.join(", ");
    let texts = node.texts(&format!("a list of {accepted}"));
    let find = |(node, text): (Node<'_>, String)| {
        let found = known.iter().find(|known| **known == text).copied();
        if found.is_none() {
            node.reject(&format!("{text:?} is not {noun}"), &accepted);
        }
        found
    };
    texts.into_iter().filter_map(find).collect()
}

fn http_server(node: &Node<'_>) -> (bool, Vec<(HeaderName, HeaderValue)>) {
    let [http2, headers] = node.keys(["http2", "headers"]);
    let http2 = http2.and_then(|http2| http2.bool()).unwrap_or(true);
    let names = HEADERS.map(|(name, _)| name).join(", ");
    let entries = headers.map(|headers| headers.entries(&format!("the headers {names}")));
    let entries = entries.unwrap_or_default().into_iter();
    let headers = entries.filter_map(|(name, node)| header(&name, &node, &names));
    (http2, headers.collect())
}

fn header(name: &str, node: &Node<'_>, names: &str) -> Option<(HeaderName, HeaderValue)> {
    let Some((name, values)) = HEADERS.iter().find(|(known, _)| *known == name) else {
        node.reject("this header cannot be set", names);
        return None;
    };
    let text = node.text("a string")?;
    if !values.is_empty() && !values.contains(&text.as_str()) {
        let wrong = format!("{} is not a value of this header", node.describe());
        node.reject(&wrong, &values.join(", "));
        return None;
    }
    // Unset if blank.
    if text.is_empty() {
        return None;
    }
    let Ok(value) = HeaderValue::from_str(&text) else {
        node.reject(
            "the value has characters that a header cannot have",
            "printable characters in one line",
        );
        return None;
    };
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
}

fn basic_auth_users(node: &Node<'_>) -> Users {
    const ACCEPTED: &str = "a bcrypt hash such as htpasswd -nBC 10 \"\" makes, of cost 4 to 31";
    let mut users = Users::default();
    for (name, node) in node.entries("user names with bcrypt hashes") {
        let Some(hash) = node.text(ACCEPTED) else {
            continue;
        };
        if let Err(wrong) = users.add(name, hash) {
            node.reject(&format!("the text (not shown) {wrong}"), ACCEPTED);
        }
    }
    users
}

fn rate_limit(node: &Node<'_>) -> Option<RateLimit> {
    const BURST: &str = "a whole number of 0 or more";
    const INTERVAL: &str = "a duration with its unit such as 1s or 200ms, or 0 for no limit";
    let [interval, burst] = node.keys(["interval", "burst"]);
    let burst = burst.map_or(Some(0), |node| {
        let burst = node.integer().and_then(|burst| u32::try_from(burst).ok());
        if burst.is_none() {
            node.reject(&format!("{} is not such a number", node.describe()), BURST);
        }
        burst
    });
    let interval = interval.map_or(Some(Duration::ZERO), |node| {
        let interval = match node.integer() {
            // To Go, a bare number is nanoseconds.
            Some(nanos) => u64::try_from(nanos).ok().map(Duration::from_nanos),
            None => limit::go_duration(&node.text(INTERVAL)?),
        };
        if interval.is_none() {
            let wrong = format!("{} is not such a duration", node.describe());
            node.reject(&wrong, INTERVAL);
        }
        interval
    });
    let (burst, interval) = (burst?, interval?);
    (!interval.is_zero()).then(|| RateLimit::new(burst, interval))
}
