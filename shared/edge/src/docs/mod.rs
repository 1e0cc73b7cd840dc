//! What a process says of itself: `/openapi.json`, `/asyncapi.yaml`, and `/docs` to read both.

mod own;

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use described::Operation;
use domain::Limits;
use hyper::{
    StatusCode,
    header::{CONTENT_SECURITY_POLICY, HeaderValue},
};
use warp::{Filter, Rejection, reply::Response};

use crate::{Endpoint, Service, answer};

pub(crate) use own::OWN;

/// What the pages may load: our own style and script, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The descriptions, written when somebody first asks for one of them.
pub(crate) struct Docs {
    operations: Vec<Operation>,
    limits: Arc<Limits>,
    written: OnceLock<Written>,
}

struct Written {
    openapi: String,
    asyncapi: String,
    page: String,
}

impl Docs {
    /// Describes what `services` and the process itself serve.
    pub(crate) fn new(services: &[Service], limits: Arc<Limits>) -> Self {
        let of_services = services.iter().flat_map(|service| &service.operations);
        let operations = of_services.cloned().chain(own::operations()).collect();
        Self {
            operations,
            limits,
            written: OnceLock::new(),
        }
    }

    fn written(&self) -> &Written {
        self.written.get_or_init(|| {
            let openapi = described::openapi(&self.operations, &self.limits);
            let asyncapi = described::asyncapi(&self.limits);
            Written {
                page: described::page(&openapi, &asyncapi),
                openapi: openapi.to_string(),
                asyncapi: described::yaml(&asyncapi),
            }
        })
    }

    fn openapi(&self) -> Response {
        let text = self.written().openapi.clone();
        answer::with_type(StatusCode::OK, "application/json", text.into_bytes())
    }

    fn asyncapi(&self) -> Response {
        let text = self.written().asyncapi.clone();
        answer::with_type(StatusCode::OK, "application/yaml", text.into_bytes())
    }

    fn page(&self) -> Response {
        page(self.written().page.clone())
    }
}

/// The routes of the descriptions.
pub(crate) fn routes(
    docs: Docs,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let docs = Arc::new(docs);
    let with = move |show: fn(&Docs) -> Response| {
        let docs = Arc::clone(&docs);
        warp::get().map(move || show(&docs))
    };
    let openapi = warp::path!("openapi.json").and(with(Docs::openapi));
    let asyncapi = warp::path!("asyncapi.yaml").and(with(Docs::asyncapi));
    let read = warp::path!("docs").and(with(Docs::page));
    let codes = warp::path!("docs" / "codes")
        .and(warp::get())
        .map(|| page(described::codes()));
    let style = warp::path!("docs" / "style.css")
        .and(warp::get())
        .map(|| asset("text/css; charset=utf-8", described::STYLE));
    let search = warp::path!("docs" / "search.js")
        .and(warp::get())
        .map(|| asset("text/javascript; charset=utf-8", described::SEARCH));
    let documents = openapi.or(asyncapi).unify().or(read).unify();
    let pages = documents.or(codes).unify();
    pages.or(style).unify().or(search).unify()
}

fn page(html: String) -> Response {
    let mut response = answer::with_type(
        StatusCode::OK,
        "text/html; charset=utf-8",
        html.into_bytes(),
    );
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    answer::with_type(StatusCode::OK, media_type, text.into())
}

/// What is served and not described, and what is described and not served, by method and path.
/// `HEAD` is described by `GET`; the dialects, which answer in words of their own, have documents
/// of their own.
#[must_use]
pub fn differences(services: &[Service]) -> Vec<String> {
    let endpoints = services.iter().flat_map(|service| &service.endpoints);
    let dialects: Vec<_> = services.iter().flat_map(|one| &one.fallbacks).collect();
    let is_dialect = |path: &str| dialects.iter().any(|(prefix, _)| path.starts_with(prefix));
    let ours = endpoints.filter(|endpoint| !is_dialect(endpoint.path));
    let served: BTreeSet<String> = ours.flat_map(methods).collect();
    let operations = services.iter().flat_map(|service| &service.operations);
    let described: BTreeSet<String> = operations
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    served.symmetric_difference(&described).cloned().collect()
}

fn methods(endpoint: &Endpoint) -> impl Iterator<Item = String> {
    let path = endpoint.path;
    let methods = endpoint.methods.iter().filter(|method| **method != "HEAD");
    methods.map(move |method| format!("{method} {path}"))
}
