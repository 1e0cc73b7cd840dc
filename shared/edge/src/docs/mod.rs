//! What a process says of itself: `/openapi.json`, `/asyncapi.yaml`, and `/docs` to read both.

mod own;

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use described::Operation;
use domain::{ContentHash, Limits};
use hyper::{
    HeaderMap, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH,
        LOCATION,
    },
};
use warp::{Filter, Rejection, reply::Response};

use crate::{Endpoint, Service, answer, revision};

pub(crate) use own::OWN;

/// What the pages may load: our own style and script, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";

/// The descriptions, written when somebody first asks for one of them.
pub(crate) struct Docs {
    operations: Vec<Operation>,
    limits: Arc<Limits>,
    written: OnceLock<Written>,
}

struct Written {
    openapi: Text,
    asyncapi: Text,
    page: Text,
}

/// A text, and the name of this version of it.
struct Text {
    text: String,
    tag: HeaderValue,
}

impl Text {
    fn new(text: String) -> Self {
        let tag = revision::tag_of_hash(&ContentHash::of(&text).0[..16]);
        let tag = tag.expect("hex is visible ASCII");
        Self { text, tag }
    }

    /// The text, or 304 for who has it already.
    fn answer(&self, media_type: &'static str, asked: &HeaderMap) -> Response {
        let mut response = match revision::names(asked, IF_NONE_MATCH, &self.tag) {
            true => answer::empty(StatusCode::NOT_MODIFIED),
            false => answer::with_type(StatusCode::OK, media_type, self.text.clone().into_bytes()),
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, self.tag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
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
                page: Text::new(described::page(&openapi, &asyncapi)),
                openapi: Text::new(openapi.to_string()),
                asyncapi: Text::new(described::yaml(&asyncapi)),
            }
        })
    }

    fn openapi(&self, asked: &HeaderMap) -> Response {
        self.written().openapi.answer("application/json", asked)
    }

    fn asyncapi(&self, asked: &HeaderMap) -> Response {
        self.written().asyncapi.answer("application/yaml", asked)
    }

    fn page(&self, asked: &HeaderMap) -> Response {
        guarded(self.written().page.answer(HTML, asked))
    }
}

/// The routes of the descriptions.
pub(crate) fn routes(
    docs: Docs,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let docs = Arc::new(docs);
    let with = move |show: fn(&Docs, &HeaderMap) -> Response| {
        let docs = Arc::clone(&docs);
        warp::get()
            .and(warp::header::headers_cloned())
            .map(move |asked: HeaderMap| show(&docs, &asked))
    };
    let openapi = warp::path!("openapi.json").and(with(Docs::openapi));
    let asyncapi = warp::path!("asyncapi.yaml").and(with(Docs::asyncapi));
    let read = warp::path!("docs").and(with(Docs::page));
    let codes = warp::path!("docs" / "codes").and(warp::get()).map(|| {
        guarded(answer::with_type(
            StatusCode::OK,
            HTML,
            described::codes().into(),
        ))
    });
    let style = warp::path!("docs" / "style.css")
        .and(warp::get())
        .map(|| asset("text/css; charset=utf-8", described::STYLE));
    let search = warp::path!("docs" / "search.js")
        .and(warp::get())
        .map(|| asset("text/javascript; charset=utf-8", described::SEARCH));
    // Whoever looks in finds the way.
    let home = warp::path::end().or(warp::path!("api" / "v1")).unify();
    let home = home.and(warp::get()).map(to_docs);
    let documents = openapi.or(asyncapi).unify().or(read).unify();
    let pages = documents.or(codes).unify().or(home).unify();
    pages.or(style).unify().or(search).unify()
}

/// Lets a page load nothing but what is ours.
fn guarded(page: Response) -> Response {
    headed(page, CONTENT_SECURITY_POLICY, POLICY)
}

fn to_docs() -> Response {
    headed(
        answer::empty(StatusCode::TEMPORARY_REDIRECT),
        LOCATION,
        "/docs",
    )
}

fn headed(mut response: Response, name: HeaderName, value: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(name, HeaderValue::from_static(value));
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
