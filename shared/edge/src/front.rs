//! What stands before the routes: the request's name, its log line and its metrics, web pages of
//! other origins, the answer where no route has one, and the headers that every answer carries.

use std::{
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use domain::{Code, Error};
use futures_util::FutureExt;
use hyper::{
    Method, Request, StatusCode, Uri,
    body::Body,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, ORIGIN,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
};
use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span};
use warp::{Filter, Rejection, filters::BoxedFilter, reply::Response};

use crate::{
    Endpoint, Fallback, Missed, Origins, Peer, Proxies, Service, answer, docs, health,
    proxies::OverTls,
    rates,
    request::{self, LocalAdministrator, REQUEST_ID, RequestId},
    telemetry, trace,
};

/// How long a handler may take before the caller is told that the outcome is not known.
const REQUEST: Duration = Duration::from_secs(30);

/// What every answer says unless its handler said otherwise: nothing of it is a page, nothing of
/// it is to be kept.
const ALWAYS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Marks an answer that no route gave.
#[derive(Clone, Copy)]
struct Unanswered(Code);

/// All routes of a process behind what stands before them. Cheap to clone.
#[derive(Clone)]
pub struct Front {
    routes: BoxedFilter<(Response,)>,
    table: Arc<Table>,
    origins: Arc<Origins>,
    proxies: Arc<Proxies>,
    way_in: WayIn,
}

/// What is known of all requests of a listener.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WayIn {
    /// Somebody's, from a network.
    Plain,
    /// The same, over TLS of our own.
    Tls,
    /// Whoever needs no token.
    Local,
}

#[derive(Default)]
struct Table {
    endpoints: Vec<Endpoint>,
    fallbacks: Vec<(&'static str, Fallback)>,
    patience: Vec<(&'static str, Duration)>,
}

/// What is remembered of a request while its handler has it.
struct Asked {
    method: Method,
    uri: Uri,
    origin: Option<HeaderValue>,
    route: Option<Endpoint>,
    id: RequestId,
    at: Instant,
}

impl Front {
    pub(crate) fn new(ctx: &crate::Context, services: Vec<Service>) -> Self {
        let mut table = Table {
            endpoints: docs::OWN.to_vec(),
            fallbacks: Vec::new(),
            patience: Vec::new(),
        };
        let docs = docs::Docs::new(&services, ctx.limits.clone());
        let mut routes = own_routes(ctx).or(docs::routes(docs)).unify().boxed();
        for service in services {
            table.endpoints.extend(service.endpoints);
            table.fallbacks.extend(service.fallbacks);
            table.patience.extend(service.patience);
            routes = routes.or(service.routes).unify().boxed();
        }
        Self {
            routes: routes.or_else(unanswered).boxed(),
            table: Arc::new(table),
            origins: ctx.origins.clone(),
            proxies: ctx.proxies.clone(),
            way_in: WayIn::Plain,
        }
    }

    /// The same routes for whoever needs no token: `admin.sock`, and the process itself.
    pub(crate) fn for_local_administrator(mut self) -> Self {
        self.way_in = WayIn::Local;
        self
    }

    /// The same routes for those who come over TLS of our own.
    pub(crate) fn over_tls(mut self) -> Self {
        self.way_in = WayIn::Tls;
        self
    }

    async fn answer<B>(self, mut request: Request<B>, id: RequestId) -> Response
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let asked = self.take_down(&request, id);
        request.extensions_mut().insert(asked.id.clone());
        self.admit(&mut request);
        let span = asked.span();
        let mut response = if Origins::is_preflight(&asked.method, request.headers()) {
            self.preflight(&asked)
        } else {
            let routed = self.route(&asked, request);
            routed.instrument(span.clone()).await
        };
        self.finish(&asked, &mut response);
        trace::answered(&span, response.status());
        response
    }

    /// Says who asks, and how they came.
    fn admit<B>(&self, request: &mut Request<B>) {
        match self.way_in {
            WayIn::Local => {
                request.extensions_mut().insert(Peer::local());
                request.extensions_mut().insert(LocalAdministrator);
            }
            WayIn::Tls => {
                request.extensions_mut().insert(OverTls);
                self.proxies.settle(request);
            }
            WayIn::Plain => self.proxies.settle(request),
        }
    }

    fn take_down<B>(&self, request: &Request<B>, id: RequestId) -> Asked {
        Asked {
            method: request.method().clone(),
            uri: request.uri().clone(),
            origin: request.headers().get(ORIGIN).cloned(),
            route: self.table.find(request.uri().path()),
            id,
            at: Instant::now(),
        }
    }

    async fn route<B>(&self, asked: &Asked, mut request: Request<B>) -> Response
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        // What is not in the table is not served, so that no route can be left out of it.
        if !asked.is_in_the_table() {
            return self.table.miss(asked, Code::NotFound);
        }
        if asked.is_answered_as_get() {
            *request.method_mut() = Method::GET;
        }
        let mut routes = warp::service(self.routes.clone());
        let work = async move { tower::Service::call(&mut routes, request).await };
        let answered = AssertUnwindSafe(timeout(self.table.patience(asked), work))
            .catch_unwind()
            .await;
        let response = match answered {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_elapsed)) => return self.table.refuse(asked, &too_late(&asked.method)),
            Err(_panic) => return self.table.refuse(asked, &panicked()),
        };
        match response.extensions().get::<Unanswered>() {
            Some(Unanswered(code)) => self.table.miss(asked, *code),
            None => response,
        }
    }

    fn preflight(&self, asked: &Asked) -> Response {
        let Some(route) = asked.route else {
            return self.table.miss(asked, Code::NotFound);
        };
        let mut response = answer::empty(StatusCode::NO_CONTENT);
        let allow = route.methods.join(", ");
        let origin = asked.origin.as_ref();
        match self
            .origins
            .preflight(origin, &allow, response.headers_mut())
        {
            Ok(()) => response,
            Err(error) => answer::problem(&error),
        }
    }

    fn finish(&self, asked: &Asked, response: &mut Response) {
        let status = response.status();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            let headers = response.headers_mut();
            for (name, value) in ALWAYS {
                headers
                    .entry(name)
                    .or_insert(HeaderValue::from_static(value));
            }
            rates::set_headers(headers);
            self.origins.permit(asked.origin.as_ref(), headers);
        }
        if let Ok(id) = HeaderValue::from_str(asked.id.as_str()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        asked.log(status);
    }
}

impl Asked {
    fn is_in_the_table(&self) -> bool {
        let listed = |route: Endpoint| route.methods.contains(&self.method.as_str());
        self.route.is_some_and(listed)
    }

    fn is_answered_as_get(&self) -> bool {
        let listed = |route: Endpoint| route.methods.contains(&"HEAD");
        self.method == Method::HEAD && self.route.is_some_and(listed)
    }

    /// The route as the table has it. Clients choose their paths; metrics and traces do not keep
    /// them.
    fn known_route(&self) -> &'static str {
        self.route.map_or("other", |route| route.path)
    }

    /// Whether it is one that machines ask again and again, to know how the process is.
    fn is_probe(&self) -> bool {
        docs::OWN.iter().any(|own| own.path == self.known_route())
    }

    fn span(&self) -> Span {
        match self.is_probe() {
            true => Span::none(),
            false => trace::request(known_method(&self.method), self.known_route(), &self.id),
        }
    }

    fn log(&self, status: StatusCode) {
        let elapsed = self.at.elapsed();
        let (method, route) = (known_method(&self.method), self.known_route());
        let labels = [
            ("method", method),
            ("route", route),
            ("status", status_class(status)),
        ];
        metrics::counter!("hubbub_http_requests_total", &labels).increment(1);
        metrics::histogram!("hubbub_http_request_duration_seconds", "route" => route)
            .record(elapsed.as_secs_f64());
        let (uri, status) = (request::redacted(&self.uri), status.as_u16());
        let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        if self.is_probe() {
            tracing::debug!(method, uri, status, ms, "answered");
        } else {
            tracing::info!(method, uri, status, ms, "answered");
        }
    }
}

impl Table {
    fn find(&self, path: &str) -> Option<Endpoint> {
        // A literal path is meant before one with a varying segment.
        let literal = self.endpoints.iter().find(|known| known.path == path);
        literal
            .or_else(|| self.endpoints.iter().find(|known| known.matches(path)))
            .copied()
    }

    /// How long the handler may take.
    fn patience(&self, asked: &Asked) -> Duration {
        let known = asked.route.and_then(|route| {
            let mut known = self.patience.iter();
            known.find(|(path, _)| *path == route.path)
        });
        known.map_or(REQUEST, |(_, patience)| *patience)
    }

    /// Answers what no route took: 404, or what the path's methods make of it.
    fn miss(&self, asked: &Asked, code: Code) -> Response {
        if asked.method == Method::CONNECT {
            return self.refuse(asked, &Error::new(Code::MethodNotAllowed));
        }
        let Some(route) = asked.route.filter(|_| code == Code::NotFound) else {
            return self.refuse(asked, &Error::new(code));
        };
        let mut response = if asked.method == Method::OPTIONS {
            answer::empty(StatusCode::NO_CONTENT)
        } else if route.methods.contains(&asked.method.as_str()) {
            return self.refuse(asked, &Error::new(Code::NotFound));
        } else {
            self.refuse(asked, &Error::new(Code::MethodNotAllowed))
        };
        let allow = format!("OPTIONS, {}", route.methods.join(", "));
        if let Ok(allow) = HeaderValue::try_from(allow) {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    }

    /// Refuses in the words of the dialect whose path it is.
    fn refuse(&self, asked: &Asked, error: &Error) -> Response {
        let path = asked.uri.path();
        let dialect = self
            .fallbacks
            .iter()
            .filter(|(prefix, _)| path.starts_with(prefix))
            .max_by_key(|(prefix, _)| prefix.len());
        let Some((_, fallback)) = dialect else {
            return answer::problem(error);
        };
        answer::report(error);
        fallback(&Missed {
            method: &asked.method,
            uri: &asked.uri,
            error,
        })
    }
}

impl<B> tower::Service<Request<B>> for Front
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let id = RequestId::of(request.headers());
        let span = tracing::info_span!("request", %id);
        let front = self.clone();
        let incoming = trace::of(request.headers());
        let work = rates::scope(front.answer(request, id.clone()));
        let work = trace::scope(incoming, work);
        let work = request::scope(id, work).map(Ok);
        Box::pin(work.instrument(span))
    }
}

fn own_routes(ctx: &crate::Context) -> BoxedFilter<(Response,)> {
    let metrics = telemetry::metrics();
    let metrics = warp::path!("metrics")
        .and(warp::get())
        .map(move || telemetry::answer(&metrics));
    health::routes(ctx.health.clone())
        .or(metrics)
        .unify()
        .boxed()
}

async fn unanswered(rejection: Rejection) -> Result<(Response,), Rejection> {
    let not_ours =
        rejection.is_not_found() || rejection.find::<warp::reject::MethodNotAllowed>().is_some();
    // Anything else is a built-in filter that found a header or a query to be wrong. What it says
    // of it is not for the caller: it may be the `Debug` of anything.
    let code = if not_ours {
        Code::NotFound
    } else {
        Code::InvalidField
    };
    let mut response = answer::empty(StatusCode::NOT_FOUND);
    response.extensions_mut().insert(Unanswered(code));
    Ok((response,))
}

/// A handler that takes this long may still be at work.
fn too_late(method: &Method) -> Error {
    tracing::error!("a handler took too long");
    let code = if method.is_safe() {
        Code::Unavailable
    } else {
        Code::UnknownOutcome
    };
    Error::too_many(code, Duration::from_secs(1))
}

fn panicked() -> Error {
    metrics::counter!("hubbub_panics_total", "in" => "handler").increment(1);
    Error::internal("a handler panicked")
}

/// Clients choose their methods; the metrics do not keep them all.
fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("other")
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
