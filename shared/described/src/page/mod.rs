//! `/docs`: both documents on one page that needs no script, and the page of the codes.

mod frames;
mod html;
mod operations;
mod schemas;

use domain::Code;
use serde_json::Value;

use html::{code, element, escaped, link, prose, table};

/// How the pages look.
pub const STYLE: &str = include_str!("../../assets/style.css");

/// Finds words on the page.
pub const SEARCH: &str = include_str!("../../assets/search.js");

/// The page of both documents.
#[must_use]
pub fn page(openapi: &Value, asyncapi: &Value) -> String {
    let version = openapi["info"]["version"].as_str().unwrap_or_default();
    let says = openapi["info"]["description"].as_str().unwrap_or_default();
    let nav = operations::contents(openapi)
        + &frames::contents(asyncapi)
        + &element("h2", "", &link("#schemas", "schemas"));
    let mut main = format!("<h1>Hubbub <small>{}</small></h1>", escaped(version));
    main += &prose(says);
    main += &element("p", "note", &sources());
    main += &operations::section(openapi);
    main += &frames::section(asyncapi);
    main += "<h2 id=\"schemas\">schemas</h2>";
    main += &schemas::section(&both(openapi, asyncapi));
    shell("Hubbub: the API", &nav, &main)
}

/// The page of the codes, to which every refusal points.
#[must_use]
pub fn codes() -> String {
    let row = |code: &Code| {
        let info = code.info();
        let name = format!("<code id=\"{0}\">{0}</code>", info.name);
        let (status, close) = (info.status.to_string(), info.close.to_string());
        let again = if code.temporary() { "yes" } else { "" };
        vec![name, status, close, again.to_owned(), escaped(info.title)]
    };
    let rows: Vec<_> = Code::ALL.iter().map(row).collect();
    let head = ["code", "HTTP", "close", "try again", "meaning"];
    let main = element("h1", "", "Codes")
        + &prose(
            "What a refusal says in `code`, over REST and socket alike. The names are a promise: never renamed, never reused.",
        )
        + &table(&head, &rows);
    let nav = element("h2", "", &link("/docs", "the API"));
    shell("Hubbub: codes", &nav, &main)
}

/// Where the documents are, for programs.
fn sources() -> String {
    let sources = [
        ("/openapi.json", "OpenAPI 3.1"),
        ("/asyncapi.yaml", "AsyncAPI 3.0"),
        ("/docs/codes", "codes"),
    ];
    let links = sources.map(|(to, name)| format!("{} {}", link(to, name), code(to)));
    links.join(", ")
}

/// The schemas of both documents: they come from the same types.
fn both(openapi: &Value, asyncapi: &Value) -> Value {
    let mut all = openapi.clone();
    let more = asyncapi["components"]["schemas"].as_object();
    for (name, schema) in more.into_iter().flatten() {
        all["components"]["schemas"][name] = schema.clone();
    }
    all
}

fn shell(title: &str, nav: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/docs/style.css\">\
         <script type=\"module\" src=\"/docs/search.js\"></script></head><body>\
         <nav><input id=\"search\" type=\"search\" placeholder=\"Find…\" aria-label=\"Find\" hidden>\
         {nav}</nav><main>{main}</main></body></html>\n"
    )
}
