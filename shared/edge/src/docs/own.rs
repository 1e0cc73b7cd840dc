//! What `edge` itself serves, described.

use described::{Content, ETAG, Operation, Parameter, Who};
use serde_json::json;

use crate::Endpoint;

const TEXT: Content = Content::of("text/plain; charset=utf-8");
const HTML: Content = Content::of("text/html; charset=utf-8");

/// Everything that every process answers to.
pub(crate) const OWN: [Endpoint; 13] = [
    at("/"),
    at("/api/v1"),
    at("/docs/"),
    at("/livez"),
    at("/readyz"),
    at("/healthz"),
    at("/metrics"),
    at("/openapi.json"),
    at("/asyncapi.yaml"),
    at("/docs"),
    at("/docs/codes"),
    at("/docs/style.css"),
    at("/docs/search.js"),
];

const fn at(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        methods: &["GET", "HEAD"],
    }
}

/// The same, described; but for what only makes the page look good.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = probes();
    all.extend([
        get(
            "/metrics",
            "metrics",
            "What is counted and measured, for Prometheus.",
            Content::of("text/plain; version=0.0.4; charset=utf-8"),
        ),
        document(
            "/openapi.json",
            "openapi",
            "This document.",
            Content::of("application/json"),
        ),
        document(
            "/asyncapi.yaml",
            "asyncapi",
            "The socket's frames, as AsyncAPI 3.0.",
            Content::of("application/yaml"),
        ),
        document("/docs", "docs", "Both documents, to be read.", HTML),
        get(
            "/docs/codes",
            "docs_codes",
            "The codes of refusals, to be read.",
            HTML,
        ),
    ]);
    all
}

fn probes() -> Vec<Operation> {
    let verbose = Parameter::query(
        "verbose",
        json!({"type": "string"}),
        "Lists the parts that are there, too.",
    );
    let ready = |path, id, says| {
        get(path, id, says, TEXT)
            .with(verbose.clone())
            .answers_content(503, "Something is missing; the text names it.", Some(TEXT))
    };
    vec![
        get("/livez", "livez", "Whether the process turns.", TEXT),
        ready(
            "/readyz",
            "readyz",
            "Whether everything that the process serves is there.",
        ),
        ready("/healthz", "healthz", "An older name of `/readyz`."),
    ]
}

/// What stays the same while the process runs, and is told by its tag.
fn document(
    path: &'static str,
    id: &'static str,
    says: &'static str,
    content: Content,
) -> Operation {
    get(path, id, says, content)
        .with(Parameter::if_none_match())
        .answers_nothing(304, "You have this version.")
        .with_header(ETAG)
}

fn get(path: &'static str, id: &'static str, says: &'static str, content: Content) -> Operation {
    Operation::get(path, id)
        .of(Who::Everybody)
        .says("operations", says)
        .answers_content(200, "Here it is.", Some(content))
}
