//! Which path is answered with what.

use std::sync::Arc;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use tokio::sync::{mpsc, oneshot};

use super::body::Pieces;
use super::page;
use crate::exposition::{Exposition, negotiate};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
/// The landing page needs its own style sheet and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Asks for the configuration file to be read again. What comes back is what is
/// wrong with it, in lines.
pub type ReloadRequest = oneshot::Sender<Result<(), String>>;

/// The paths and what they show.
#[derive(Debug)]
pub struct Routes {
    exposition: Arc<Exposition>,
    telemetry_path: String,
    reload: Option<mpsc::Sender<ReloadRequest>>,
    version: &'static str,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Metrics,
    Healthy,
    Ready,
    Reload,
    Landing,
}

impl Route {
    /// The methods that it takes, for the `Allow` header.
    fn methods(self) -> &'static str {
        match self {
            Self::Reload => "POST, PUT",
            _ => "GET, HEAD",
        }
    }

    fn takes(self, method: &Method) -> bool {
        match self {
            Self::Reload => matches!(*method, Method::POST | Method::PUT),
            _ => matches!(*method, Method::GET | Method::HEAD),
        }
    }
}

impl Routes {
    /// Routes to an exposition. Without `reload`, nobody can ask for that.
    #[must_use]
    pub fn new(
        exposition: Arc<Exposition>,
        telemetry_path: String,
        reload: Option<mpsc::Sender<ReloadRequest>>,
        version: &'static str,
    ) -> Self {
        Self {
            exposition,
            telemetry_path,
            reload,
            version,
        }
    }

    /// Answers a request. Its body, if it has one, is not looked at.
    pub async fn answer<B>(&self, request: &Request<B>) -> Response<Pieces> {
        let path = request.uri().path();
        let route = self.route(path);
        let response = match route {
            None => text(StatusCode::NOT_FOUND, "404: there is nothing here\n"),
            Some(route) if !route.takes(request.method()) => not_allowed(route),
            Some(Route::Metrics) => self.metrics(request.headers()),
            Some(Route::Healthy) => text(StatusCode::OK, "healthy\n"),
            Some(Route::Ready) => self.ready(),
            Some(Route::Reload) => self.reload().await,
            Some(Route::Landing) => self.landing(),
        };
        // A path that leads nowhere could be anything, and must not become a label.
        let handler = if route.is_some() { path } else { "unknown" };
        self.exposition
            .http_request(handler, response.status().as_u16());
        response
    }

    fn route(&self, path: &str) -> Option<Route> {
        match path {
            path if path == self.telemetry_path => Some(Route::Metrics),
            "/-/healthy" => Some(Route::Healthy),
            "/-/ready" => Some(Route::Ready),
            "/-/reload" => Some(Route::Reload),
            "/" => Some(Route::Landing),
            _ => None,
        }
    }

    fn metrics(&self, headers: &HeaderMap) -> Response<Pieces> {
        let chosen = negotiate::format(values(headers, &ACCEPT));
        let encoding = negotiate::encoding(values(headers, &ACCEPT_ENCODING));
        let body = self.exposition.body(chosen.format, encoding);
        let mut response = Response::new(Pieces::from(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(chosen.content_type));
        headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
        if let Some(encoding) = encoding.as_str() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn ready(&self) -> Response<Pieces> {
        if self.exposition.is_ready() {
            text(StatusCode::OK, "ready\n")
        } else {
            text(
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the first refresh has not ended\n",
            )
        }
    }

    async fn reload(&self) -> Response<Pieces> {
        let Some(reload) = &self.reload else {
            return text(
                StatusCode::FORBIDDEN,
                "403: not allowed; start with --web.enable-lifecycle to allow it\n",
            );
        };
        let (request, answer) = oneshot::channel();
        let asked = reload.send(request).await.is_ok();
        match answer.await {
            Ok(Ok(())) if asked => text(StatusCode::OK, "reloaded\n"),
            Ok(Err(problems)) => text(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("not reloaded, the configuration before stays in force:\n{problems}\n"),
            ),
            _ => text(StatusCode::SERVICE_UNAVAILABLE, "503: stopping\n"),
        }
    }

    fn landing(&self) -> Response<Pieces> {
        let html = page::landing(self.version, &self.telemetry_path, &self.exposition.sites());
        let mut response = Response::new(Pieces::from(html));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
        headers.insert(
            "content-security-policy",
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        );
        headers.insert(
            "x-content-type-options",
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn not_allowed(route: Route) -> Response<Pieces> {
    let methods = route.methods();
    let body = format!("405: only {}\n", methods.replace(", ", " and "));
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, &body);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn text(status: StatusCode, body: &str) -> Response<Pieces> {
    let mut response = Response::new(Pieces::from(body.to_owned()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    response
}

/// All values of a header that are text.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok())
}
