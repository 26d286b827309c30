//! The keys of the file: each key is a field, as in the configuration.
//!
//! Values are read as leniently as the toolkit reads them. Messages show no value that
//! may be a key or a password.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::limit::{self, RateLimit};
use super::users::Users;
use crate::yaml::{Checked, join};

/// The document.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("writeOnly" = true))]
pub(super) struct WebConfigFile {
    pub(super) tls_server_config: TlsKeys,
    pub(super) http_server_config: HttpKeys,
    /// Accepted: user names with bcrypt hashes
    #[schemars(with = "BTreeMap<String, BcryptHash>", extend("writeOnly" = true))]
    pub(super) basic_auth_users: BTreeMap<String, String>,
    pub(super) rate_limit: RateLimitKeys,
}

/// Accepted: a bcrypt hash of cost 4 to 31, for example from htpasswd -nBC 10 ""
#[derive(JsonSchema)]
#[schemars(extend("writeOnly" = true))]
struct BcryptHash(#[expect(dead_code, reason = "this type is only a schema")] String);

/// `tls_server_config`. Empty values count as missing.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("writeOnly" = true))]
pub(super) struct TlsKeys {
    /// Accepted: a text in the form PEM
    cert: String,
    /// Accepted: a text in the form PEM
    key: String,
    /// Accepted: a text in the form PEM
    client_ca: String,
    /// Accepted: the path of a file
    cert_file: String,
    /// Accepted: the path of a file
    key_file: String,
    /// Accepted: NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert
    #[schemars(title = "a client authentication type", extend("enum" = CLIENT_AUTH))]
    client_auth_type: String,
    /// Accepted: the path of a file
    client_ca_file: String,
    #[schemars(schema_with = "suites")]
    pub(super) cipher_suites: Vec<String>,
    #[schemars(schema_with = "curves")]
    pub(super) curve_preferences: Vec<String>,
    pub(super) min_version: Option<Version>,
    pub(super) max_version: Option<Version>,
    /// Has no effect, as in the toolkit: Go chooses by itself since 1.17.
    prefer_server_cipher_suites: bool,
    /// Accepted: a list of names, addresses or URIs
    pub(super) client_allowed_sans: Option<Vec<String>>,
}

/// Where a certificate or key is.
#[derive(Clone, Copy)]
pub(super) enum Pem<'a> {
    /// In the file named by this key.
    File(&'static str),
    /// Here, under this key.
    Inline(&'static str, &'a str),
}

impl TlsKeys {
    pub(super) fn certificate(&self) -> Option<Pem<'_>> {
        pem(("cert_file", &self.cert_file), ("cert", &self.cert))
    }

    pub(super) fn private_key(&self) -> Option<Pem<'_>> {
        pem(("key_file", &self.key_file), ("key", &self.key))
    }

    pub(super) fn client_authorities(&self) -> Option<Pem<'_>> {
        pem(
            ("client_ca_file", &self.client_ca_file),
            ("client_ca", &self.client_ca),
        )
    }

    /// Whether a client must show a certificate of a trusted CA. `RequireAnyClientCert` takes
    /// a certificate that the client has made itself.
    pub(super) fn verifies_every_client(&self) -> bool {
        match self.client_auth() {
            Some(ClientAuth::RequireAndVerify) => true,
            Some(ClientAuth::VerifyIfGiven) => self.client_allowed_sans.is_some(),
            _ => false,
        }
    }

    /// `None` where the file says nothing of it.
    pub(super) fn client_auth(&self) -> Option<ClientAuth> {
        Some(match self.client_auth_type.as_str() {
            "" => return None,
            "NoClientCert" => ClientAuth::None,
            "RequestClientCert" => ClientAuth::Request,
            // The second is its name from before.
            "RequireAnyClientCert" | "RequireClientCert" => ClientAuth::RequireAny,
            "VerifyClientCertIfGiven" => ClientAuth::VerifyIfGiven,
            _ => ClientAuth::RequireAndVerify,
        })
    }
}

/// A file goes before what stands in the configuration itself, as in the toolkit.
fn pem<'a>(file: (&'static str, &str), inline: (&'static str, &'a str)) -> Option<Pem<'a>> {
    match (file, inline) {
        ((key, file), _) if !file.is_empty() => Some(Pem::File(key)),
        (_, (key, text)) if !text.is_empty() => Some(Pem::Inline(key, text)),
        _ => None,
    }
}

/// The names that [`TlsKeys::client_auth`] knows.
const CLIENT_AUTH: [&str; 7] = [
    "",
    "NoClientCert",
    "RequestClientCert",
    "RequireAnyClientCert",
    "RequireClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
];

/// Which certificate is requested from clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    None,
    Request,
    RequireAny,
    VerifyIfGiven,
    RequireAndVerify,
}

/// A version of TLS by its name in the file, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[schemars(title = "a TLS version")]
pub(super) enum Version {
    TLS10,
    TLS11,
    TLS12,
    TLS13,
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

/// Insecure suites that the toolkit accepts, the last four in older versions. A list may contain
/// them, but they are never offered.
const WEAK_SUITES: [&str; 8] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
];

fn suites(_: &mut SchemaGenerator) -> Schema {
    list_of("a cipher suite", &[&SUITES[..], &WEAK_SUITES].concat())
}

/// The curves that the toolkit names.
fn curves(_: &mut SchemaGenerator) -> Schema {
    let names = ["CurveP256", "CurveP384", "CurveP521", "X25519"];
    list_of("a curve", &names)
}

fn list_of(noun: &str, names: &[&str]) -> Schema {
    let items = json_schema!({"type": "string", "title": noun, "enum": names});
    json_schema!({"type": "array", "items": items})
}

/// `http_server_config`.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HttpKeys {
    pub(super) http2: bool,
    /// Accepted: the headers Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, Content-Security-Policy
    headers: BTreeMap<String, String>,
}

impl Default for HttpKeys {
    fn default() -> Self {
        Self {
            http2: true,
            headers: BTreeMap::new(),
        }
    }
}

/// The headers that may be added, with the values that are accepted where not all are.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

impl HttpKeys {
    pub(super) fn headers(&self, file: &mut Checked) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        for (name, text) in &self.headers {
            match header(name, text) {
                Ok(header) => headers.extend(header),
                Err((wrong, accepted)) => {
                    let path = join("http_server_config.headers", name);
                    file.reject(&path, &wrong, &accepted);
                }
            }
        }
        headers
    }
}

/// A header; `None` if blank. The error is what is wrong, and what is accepted.
fn header(name: &str, text: &str) -> Result<Option<(HeaderName, HeaderValue)>, (String, String)> {
    let Some((name, values)) = HEADERS.iter().find(|(known, _)| *known == name) else {
        let names = HEADERS.map(|(name, _)| name).join(", ");
        return Err(("this header cannot be set".to_owned(), names));
    };
    if !values.is_empty() && !values.contains(&text) {
        let wrong = format!("{text:?} is not a value of this header");
        return Err((wrong, values.join(", ")));
    }
    let value = HeaderValue::from_str(text).map_err(|_| {
        let wrong = "the value has characters that a header cannot have";
        let accepted = "printable characters in one line";
        (wrong.to_owned(), accepted.to_owned())
    })?;
    let name = HeaderName::from_bytes(name.as_bytes()).expect("these are names of headers");
    Ok((!value.is_empty()).then_some((name, value)))
}

impl WebConfigFile {
    pub(super) fn users(&self, file: &mut Checked) -> Users {
        let mut users = Users::default();
        for (name, hash) in &self.basic_auth_users {
            if let Err(wrong) = users.add(name.clone(), hash.clone()) {
                let path = join("basic_auth_users", name);
                let wrong = format!("the text (not shown) {wrong}");
                let accepted =
                    "a bcrypt hash of cost 4 to 31, for example from htpasswd -nBC 10 \"\"";
                file.reject(&path, &wrong, accepted);
            }
        }
        users
    }
}

/// `rate_limit`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RateLimitKeys {
    interval: Value,
    #[schemars(range(max = u32::MAX))]
    burst: u32,
}

impl RateLimitKeys {
    pub(super) fn limit(&self, file: &mut Checked) -> Option<RateLimit> {
        let interval = match &self.interval {
            Value::Null => Some(Duration::ZERO),
            Value::String(text) => limit::go_duration(text),
            // To Go, a bare number is nanoseconds.
            other => other.as_u64().map(Duration::from_nanos),
        };
        let Some(interval) = interval else {
            let wrong = format!("{} is not such a duration", self.interval);
            let accepted = "a duration with its unit such as 1s or 200ms, or 0 for no limit";
            file.reject("rate_limit.interval", &wrong, accepted);
            return None;
        };
        (!interval.is_zero()).then(|| RateLimit::new(self.burst, interval))
    }
}
