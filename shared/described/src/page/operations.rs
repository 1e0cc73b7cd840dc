//! Operations, group by group.

use protocol::schema::name_of;
use serde_json::{Map, Value};

use super::{
    html::{code, element, escaped, json, line, link, prose, table},
    schemas::{form, kind},
};

/// One operation of the document: its method, its path, and what is said of it.
type Operation<'a> = (&'a str, &'a str, &'a Value);

/// The operations of each group, in the order of the groups.
fn groups(document: &Value) -> Vec<(&Value, Vec<Operation<'_>>)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all: Vec<Operation<'_>> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
        .collect();
    let tags = document["tags"].as_array().into_iter().flatten();
    let of = |tag: &Value| {
        let belongs = |operation: &&Operation<'_>| operation.2["tags"][0] == tag["name"];
        all.iter().filter(belongs).copied().collect()
    };
    tags.map(|tag| (tag, of(tag))).collect()
}

/// The entries of the list of contents.
pub(super) fn contents(document: &Value) -> String {
    let mut html = String::new();
    for (tag, operations) in groups(document) {
        let name = tag["name"].as_str().unwrap_or_default();
        let items: String = operations.into_iter().map(entry).collect();
        html += &element("h2", "", &link(&format!("#{name}"), &escaped(name)));
        html += &element("ul", "", &items);
    }
    html
}

fn entry((method, path, operation): Operation<'_>) -> String {
    let id = operation["operationId"].as_str().unwrap_or_default();
    // Most paths begin alike, and the list is narrow.
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let text = element("span", "method", &method.to_uppercase()) + " " + &escaped(path);
    element("li", "", &link(&format!("#{id}"), &text))
}

/// All operations.
pub(super) fn section(document: &Value) -> String {
    let mut html = String::new();
    for (tag, operations) in groups(document) {
        let name = escaped(tag["name"].as_str().unwrap_or_default());
        let says = tag["description"].as_str().unwrap_or_default();
        html += &format!("<h2 id=\"{name}\">{name}</h2>{}", prose(says));
        html.extend(operations.into_iter().map(|one| article(document, one)));
    }
    html
}

fn article(document: &Value, (method, path, operation): Operation<'_>) -> String {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let method = element("span", "method", &method.to_uppercase());
    let mut html = element("h3", "", &format!("{method} {}", code(path)));
    html += &prose(operation["summary"].as_str().unwrap_or_default());
    if operation.get("security").is_some() {
        html += &element("p", "note", "Needs a token.");
    }
    html += &parameters(&operation["parameters"]);
    html += &body(document, &operation["requestBody"]);
    let responses = operation["responses"].as_object();
    let answers = responses.into_iter().flatten();
    html.extend(answers.map(|one| answer(document, one)));
    html += &refusals(responses);
    format!("<article id=\"{id}\">{html}</article>")
}

fn parameters(parameters: &Value) -> String {
    let parameters = parameters.as_array().map(Vec::as_slice).unwrap_or_default();
    if parameters.is_empty() {
        return String::new();
    }
    let row = |parameter: &Value| {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default();
        let place = element("span", "optional", &format!(" {}", escaped(text("in"))));
        let name = code(text("name")) + &place;
        vec![name, kind(&parameter["schema"]), line(text("description"))]
    };
    let rows: Vec<_> = parameters.iter().map(row).collect();
    table(&["parameter", "form", "meaning"], &rows)
}

fn body(document: &Value, body: &Value) -> String {
    let content = content(document, &body["content"]);
    match content.is_empty() {
        true => content,
        false => element("h4", "", "Body") + &content,
    }
}

/// What is sent or answered, by its media type.
fn content(document: &Value, content: &Value) -> String {
    let mut html = String::new();
    for (media_type, content) in content.as_object().into_iter().flatten() {
        if media_type != "application/json" {
            html += &element("p", "", &code(media_type));
        }
        if content["schema"]["type"] != "string" {
            html += &form(&content["schema"]);
            html += &named(document, &content["schema"]);
        }
        if let Some(example) = content.get("example") {
            html += &json(example);
        }
    }
    html
}

/// The fields of a schema that is only named.
fn named(document: &Value, schema: &Value) -> String {
    let schema = name_of(schema).map(|name| &document["components"]["schemas"][name]);
    schema.map(form).unwrap_or_default()
}

fn is_refusal(response: &Value) -> bool {
    response["content"]
        .get("application/problem+json")
        .is_some()
}

fn answer(document: &Value, (status, response): (&String, &Value)) -> String {
    if is_refusal(response) {
        return String::new();
    }
    let says = response["description"].as_str().unwrap_or_default();
    let mut html = element("h4", "", &format!("{} {}", escaped(status), line(says)));
    let headers = response["headers"].as_object().into_iter().flatten();
    let own = headers.filter(|(_, header)| header.get("$ref").is_none());
    for (name, header) in own {
        let says = header["description"].as_str().unwrap_or_default();
        html += &element("p", "note", &format!("{}: {}", code(name), line(says)));
    }
    html + &content(document, &response["content"])
}

/// The codes of all refusals, folded away: most of them are the same everywhere.
fn refusals(responses: Option<&Map<String, Value>>) -> String {
    let responses = responses.into_iter().flatten();
    let rows: Vec<_> = responses
        .filter(|(_, response)| is_refusal(response))
        .map(|(status, response)| {
            let says = response["description"].as_str().unwrap_or_default();
            vec![escaped(status), prose(says)]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let summary = element("summary", "", "How it refuses");
    element(
        "details",
        "",
        &(summary + &table(&["status", "code"], &rows)),
    )
}
