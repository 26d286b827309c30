//! What must hold whatever the input is. Shared by the targets of cargo-fuzz and
//! by tests/exporter/fuzz.rs.

#![allow(dead_code, reason = "each target uses its own part of this")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use appstream_exporter::exposition::Exposition;
use appstream_exporter::history::History;
use appstream_exporter::selfmetrics::SelfMetrics;
use appstream_exporter::server::{About, Base, Routes};
use appstream_exporter::webconfig::{Passwords, Settings};
use appstream_exporter::{config, webconfig};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Buf as _;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// `dave` with `dave123`, of the least cost that there is.
pub(crate) const DAVE: &str =
    "basic_auth_users: {dave: $2b$04$abcdefghijklmnopqrstuuT.VdioudKiCP.wBnKnIyRNAu9yUSXv2}\n";

/// A folder for configuration files, with a certificate that they may name.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        folder.write("server.key", key.serialize_pem());
        for name in ["server.crt", "ca.crt", "clients-ca.crt"] {
            folder.write(name, &certificate);
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.path(name);
        std::fs::write(&file, content).expect("the folder is writable");
        file
    }

    /// A configuration file says what is wrong with it, or can be printed and read again.
    /// Returns whether it is valid.
    pub(crate) fn config(&self, input: &[u8]) -> bool {
        let file = self.write("config.yaml", input);
        let read = config::read(Some(&file));
        let is_valid = read.is_ok();
        match read {
            Ok(loaded) => {
                let printed = config::print(&loaded, |_| None);
                // Secrets are not printed.
                if !printed.contains("<redacted>") {
                    let again = config::parse(&printed, &file);
                    let again = again.expect("what was printed is valid");
                    assert_eq!(again, loaded.config, "{printed}");
                }
            }
            Err(config::Error::Unreadable { .. }) => {
                assert!(std::str::from_utf8(input).is_err(), "UTF-8 can be read");
            }
            Err(error) => assert_lines(&error.to_string(), &file),
        }
        is_valid
    }

    /// A web configuration file says what is wrong with it, or can be used.
    /// Returns whether it is valid.
    pub(crate) fn webconfig(&self, input: &[u8]) -> bool {
        let file = self.write("web.yml", input);
        let read = webconfig::read(&file);
        if let Err(error) = &read {
            assert_lines(&error.to_string(), &file);
        }
        read.is_ok()
    }
}

/// Lines that each name the file and a place in it, and do nothing to a terminal.
fn assert_lines(said: &str, file: &Path) {
    assert!(!said.is_empty());
    let start = format!("{}: ", file.display());
    for line in said.split('\n') {
        let rest = line.strip_prefix(&start);
        let (place, wrong) = rest
            .and_then(|rest| rest.split_once(": "))
            .unwrap_or_else(|| unreachable!("no place in {line:?} of {said:?}"));
        assert!(!place.is_empty() && !wrong.is_empty(), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

/// The values of the label `handler`. All fleet pages share a value, and so do all pool pages.
const HANDLERS: [&str; 14] = [
    "unknown",
    "/",
    "/metrics",
    "/-/healthy",
    "/-/ready",
    "/-/reload",
    "/status",
    "/fleets",
    "/pools",
    "/sessions",
    "/api/v1/status",
    "/api/v1/fleets",
    "/api/v1/pools",
    "/api/v1/sessions",
];
const PREFIX: &str = "/prefix";

/// What answers requests, once alone and once under a prefix, without sockets.
pub(crate) struct Site {
    expositions: [Arc<Exposition>; 2],
    routes: [Routes; 2],
    settings: Settings,
    passwords: Passwords,
    runtime: Runtime,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        let settings = webconfig::read(&folder.write("web.yml", DAVE)).expect("it is valid");
        let expositions =
            [(); 2].map(|()| Arc::new(Exposition::new(Vec::new(), SelfMetrics::new())));
        let under = Base {
            prefix: PREFIX.to_owned(),
            links: PREFIX.to_owned(),
            home: format!("{PREFIX}/"),
        };
        let routes = |number: usize, base| {
            let exposition = Arc::clone(&expositions[number]);
            let history = History::default();
            let path = "/metrics".to_owned();
            Routes::new(exposition, history, path, base, None, about())
        };
        Self {
            routes: [routes(0, Base::default()), routes(1, under)],
            expositions,
            settings,
            passwords: Passwords::default(),
            runtime: Builder::new_current_thread()
                .build()
                .expect("it needs nothing of the system"),
        }
    }

    /// Every head that is one gets an answer, no path becomes a label, and nobody
    /// is let in who does not know the password. Returns whether its password is
    /// right, or None if it is no head.
    pub(crate) fn request(&self, input: &[u8]) -> Option<bool> {
        let request = head(input)?;
        for (routes, exposition) in self.routes.iter().zip(&self.expositions) {
            let response = self.runtime.block_on(routes.answer(&request));
            let headers = response.headers();
            let status = response.status().as_u16();
            assert!(
                [200, 302, 403, 404, 405, 503].contains(&status),
                "{status} for {request:?}"
            );
            assert!(headers.contains_key(CONTENT_TYPE), "{request:?}");
            assert_eq!(headers.contains_key(ALLOW), status == 405, "{request:?}");
            assert!(response.body().has_remaining());
            if let Some(encoding) = headers.get(CONTENT_ENCODING) {
                let encoding = encoding.to_str().expect("it is a constant");
                let asked = String::from_utf8_lossy(input).to_ascii_lowercase();
                assert!(asked.contains(encoding) || asked.contains('*'));
            }
            exposition
                .self_metrics()
                .each_http_request(|handler, _, _| {
                    let known = handler.strip_prefix(PREFIX).unwrap_or(handler);
                    assert!(
                        known.is_empty() || HANDLERS.contains(&known),
                        "{handler} is a label"
                    );
                });
        }

        let header = request.headers().get(AUTHORIZATION);
        let admitted = self.passwords.admit(&self.settings.users, header);
        let is_admitted = self.runtime.block_on(admitted);
        if is_admitted {
            assert!(header.is_some_and(is_dave), "{header:?} is let in");
        }
        Some(is_admitted)
    }
}

fn about() -> About {
    About {
        version: "0.0.0",
        revision: "unknown",
        shard: 0,
        total_shards: 1,
        started_at: UNIX_EPOCH,
        wall_clock: || UNIX_EPOCH + Duration::from_secs(1_800_000_000),
    }
}

/// Whether a header holds the right pair. bcrypt repeats a password with a zero
/// behind it, so that what begins with the right one can be right too.
fn is_dave(header: &HeaderValue) -> bool {
    let (_, pair) = header
        .as_bytes()
        .split_at_checked("Basic ".len())
        .unwrap_or_default();
    let pair = STANDARD.decode(pair.trim_ascii()).unwrap_or_default();
    pair == b"dave:dave123" || pair.starts_with(b"dave:dave123\0")
}

/// A head in the form that hyper hands it on, if it is one.
fn head(input: &[u8]) -> Option<Request<()>> {
    let mut lines = input.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut words = lines.next()?.split(|byte| *byte == b' ');
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(words.next()?).ok()?;
    *request.uri_mut() = words.next()?.try_into().ok()?;
    for line in lines.take_while(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}
