//! Which path is answered with what.

use std::sync::Arc;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use tokio::sync::{mpsc, oneshot};

use super::body::Chunks;
use super::overview::{Filter, Kind, Overview};
use super::page::{self, Links};
use super::sessions::{Query, SessionPage};
use super::status::{About, Status};
use crate::exposition::{Exposition, negotiate};
use crate::history::History;

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// Reloads the configuration file. The error has one problem a line.
pub type ReloadRequest = oneshot::Sender<Result<(), String>>;

/// The paths and what they show.
#[derive(Debug)]
pub struct Routes {
    exposition: Arc<Exposition>,
    history: History,
    telemetry_path: String,
    base: Base,
    reload: Option<mpsc::Sender<ReloadRequest>>,
    about: About,
}

/// The path prefixes of the routes and of the links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// The prefix of every path, without a trailing slash; empty for none.
    pub prefix: String,
    /// The external prefix of every path, which a proxy may change.
    pub links: String,
    /// Where `/` leads to, when nothing is there.
    pub home: String,
}

/// Why a request is refused, for the log: an extension of the response.
#[derive(Clone, Debug)]
pub(super) struct RefusalReason(pub(super) String);

/// The destination of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Metrics,
    Healthy,
    Ready,
    Reload,
    Wall,
    /// The page of a fleet or pool: its account, region, and name or id follow.
    Detail(Kind),
    StatusPage,
    Status,
    List(Kind),
    SessionPage,
    Sessions,
    /// Outside the prefix, where people begin.
    Home,
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
    /// Routes to an exposition and a history. Without `reload`, a reload by request is forbidden.
    #[must_use]
    pub fn new(
        exposition: Arc<Exposition>,
        history: History,
        telemetry_path: String,
        base: Base,
        reload: Option<mpsc::Sender<ReloadRequest>>,
        about: About,
    ) -> Self {
        Self {
            exposition,
            history,
            telemetry_path,
            base,
            reload,
            about,
        }
    }

    /// Answers a request. Its body, if it has one, is not looked at.
    pub async fn answer<B>(&self, request: &Request<B>) -> Response<Chunks> {
        let path = request.uri().path();
        let route = self.route(path);
        let filter = || Filter::of(request.uri().query());
        let response = match route {
            None => refusal(StatusCode::NOT_FOUND, "page not found"),
            Some(route) if !route.takes(request.method()) => not_allowed(route),
            Some(Route::Metrics) => self.metrics(request.headers()),
            Some(Route::Healthy) => text(StatusCode::OK, "healthy\n"),
            Some(Route::Ready) => self.ready(),
            Some(Route::Reload) => self.reload().await,
            Some(Route::Wall) => framed(page::wall(&self.overview(), &filter(), self.links())),
            Some(Route::Detail(kind)) => self.detail(kind, path, &filter()),
            Some(Route::StatusPage) => framed(page::status(&self.status(), self.links())),
            Some(Route::Status) => uncached(self.status().json(), JSON),
            Some(Route::List(kind)) => uncached(self.overview().json(kind, &filter()), JSON),
            Some(route @ (Route::SessionPage | Route::Sessions)) => {
                self.sessions(route, request.uri().query())
            }
            Some(Route::Home) => self.home(),
        };
        self.count(path, response.status());
        response
    }

    /// Counts an answer to a request for this path.
    pub(super) fn count(&self, path: &str, status: StatusCode) {
        // A path that leads nowhere could be anything, and must not become a label. Fleets and
        // pools share one each.
        let handler = match self.route(path) {
            None => "unknown",
            Some(Route::Detail(kind)) => &path[..self.base.prefix.len() + kind.path().len() - 1],
            Some(_) => path,
        };
        self.exposition.http_request(handler, status.as_u16());
    }

    /// Whether a path is that of the metrics.
    pub(super) fn is_telemetry(&self, path: &str) -> bool {
        self.route(path) == Some(Route::Metrics)
    }

    fn route(&self, path: &str) -> Option<Route> {
        let Base { prefix, .. } = &self.base;
        if !prefix.is_empty() && (path == "/" || path == prefix) {
            return Some(Route::Home);
        }
        match path.strip_prefix(prefix.as_str())? {
            path if path == self.telemetry_path => Some(Route::Metrics),
            "/-/healthy" => Some(Route::Healthy),
            "/-/ready" => Some(Route::Ready),
            "/-/reload" => Some(Route::Reload),
            "/" => Some(Route::Wall),
            "/status" => Some(Route::StatusPage),
            "/api/v1/status" => Some(Route::Status),
            "/sessions" => Some(Route::SessionPage),
            "/api/v1/sessions" => Some(Route::Sessions),
            "/api/v1/fleets" => Some(Route::List(Kind::Fleet)),
            "/api/v1/pools" => Some(Route::List(Kind::Pool)),
            path => {
                let mut kinds = [Kind::Fleet, Kind::Pool].into_iter();
                let kind = kinds.find(|kind| path.starts_with(kind.path()))?;
                Some(Route::Detail(kind))
            }
        }
    }

    fn metrics(&self, headers: &HeaderMap) -> Response<Chunks> {
        let chosen = negotiate::format(values(headers, &ACCEPT));
        let encoding = negotiate::encoding(values(headers, &ACCEPT_ENCODING));
        let body = self.exposition.body(chosen.format, encoding);
        let mut response = Response::new(Chunks::from(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(chosen.content_type));
        headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
        if let Some(encoding) = encoding.as_str() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn ready(&self) -> Response<Chunks> {
        if self.exposition.is_ready() {
            text(StatusCode::OK, "ready\n")
        } else {
            text(
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the first refresh has not ended\n",
            )
        }
    }

    async fn reload(&self) -> Response<Chunks> {
        let Some(reload) = &self.reload else {
            return refusal(
                StatusCode::FORBIDDEN,
                "reload is disabled: start the exporter with --web.enable-lifecycle",
            );
        };
        let (request, answer) = oneshot::channel();
        let asked = reload.send(request).await.is_ok();
        match answer.await {
            Ok(Ok(())) if asked => text(StatusCode::OK, "reloaded\n"),
            Ok(Err(problems)) => text(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("not reloaded, the previous configuration stays active:\n{problems}\n"),
            ),
            _ => refusal(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        }
    }

    fn status(&self) -> Status {
        Status::of(&self.exposition, &self.about)
    }

    fn overview(&self) -> Overview {
        Overview::of(&self.exposition, &self.history, &self.about)
    }

    fn links(&self) -> Links<'_> {
        Links {
            prefix: &self.base.links,
            telemetry_path: &self.telemetry_path,
            has_sessions: self.exposition.self_metrics().config_state().lists_sessions,
        }
    }

    /// Sessions one by one: as a page, or as JSON.
    fn sessions(&self, route: Route, query: Option<&str>) -> Response<Chunks> {
        let links = self.links();
        if !links.has_sessions {
            return refusal(
                StatusCode::NOT_FOUND,
                "the session list is off; sessions.list: true in the configuration file turns it on",
            );
        }
        let query = match Query::of(query) {
            Ok(query) => query,
            Err(wrong) => return bad_query(&wrong),
        };
        let target_regions = self.exposition.target_regions();
        let page = SessionPage::of(&target_regions, &query, (self.about.wall_clock)());
        match route {
            Route::SessionPage => framed(page::sessions(&page, &query, &target_regions, links)),
            _ => uncached(page.json(), JSON),
        }
    }

    fn detail(&self, kind: Kind, path: &str, filter: &Filter) -> Response<Chunks> {
        let overview = self.overview();
        let segments = &path[self.base.prefix.len() + kind.path().len()..];
        match overview.find(kind, segments) {
            Some(entry) => framed(page::detail(&overview, entry, filter, self.links())),
            None => {
                let mut response = framed(page::not_found(kind, filter, self.links()));
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }

    fn home(&self) -> Response<Chunks> {
        let mut response = text(StatusCode::FOUND, "302: elsewhere\n");
        // It was checked with the flags.
        if let Ok(home) = HeaderValue::from_str(&self.base.home) {
            response.headers_mut().insert(LOCATION, home);
        }
        response
    }
}

/// A page, with the headers that keep it from loading or being shown in anything else.
fn framed(html: String) -> Response<Chunks> {
    let mut response = uncached(html, HTML);
    let headers = response.headers_mut();
    headers.insert("content-security-policy", page::policy());
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
    response
}

/// A response that clients must not cache, and whose content type they must not guess.
fn uncached(body: String, content_type: &'static str) -> Response<Chunks> {
    let mut response = Response::new(Chunks::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The response to a query that is not accepted. The log does not get the reason, which quotes
/// the query: that may hold the name of a person.
fn bad_query(wrong: &str) -> Response<Chunks> {
    let mut response = uncached(format!("400: {wrong}\n"), TEXT);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let reason = RefusalReason("a parameter is not accepted".to_owned());
    response.extensions_mut().insert(reason);
    response
}

fn not_allowed(route: Route) -> Response<Chunks> {
    let methods = route.methods();
    let reason = format!("only {}", methods.replace(", ", " and "));
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, &reason);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
    response
}

/// The response to a request that is refused, with the reason for client and log.
pub(super) fn refusal(status: StatusCode, reason: &str) -> Response<Chunks> {
    let mut response = text(status, &format!("{}: {reason}\n", status.as_u16()));
    let reason = RefusalReason(reason.to_owned());
    response.extensions_mut().insert(reason);
    response
}

fn text(status: StatusCode, body: &str) -> Response<Chunks> {
    let mut response = Response::new(Chunks::from(body.to_owned()));
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
