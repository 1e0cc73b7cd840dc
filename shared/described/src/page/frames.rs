//! The socket's frames.

use serde_json::Value;

use super::{
    html::{code, element, escaped, json, link, prose},
    schemas::form,
};

const SIDES: [(&str, &str, &str); 2] = [
    ("client", "frames-client", "Frames you send"),
    ("server", "frames-server", "Frames you hear"),
];

/// The frames of one side: their names in the document, and what is said of them.
fn of<'a>(document: &'a Value, side: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let messages = document["components"]["messages"].as_object();
    let messages = messages.into_iter().flatten();
    messages.filter_map(move |(key, message)| {
        let name = key.strip_prefix(side)?.strip_prefix('.')?;
        Some((name, message))
    })
}

/// The entries of the list of contents.
pub(super) fn contents(document: &Value) -> String {
    let mut html = String::new();
    for (side, id, title) in SIDES {
        let entry = |(name, _): (&str, &Value)| {
            let text = escaped(name);
            element("li", "", &link(&format!("#{side}.{name}"), &text))
        };
        let entries: String = of(document, side).map(entry).collect();
        html += &element("h2", "", &link(&format!("#{id}"), title));
        html += &element("ul", "", &entries);
    }
    html
}

/// All frames.
pub(super) fn section(document: &Value) -> String {
    let channel = &document["channels"]["socket"];
    let mut html = String::from("<h2 id=\"frames\">the socket <code>/api/v1/ws</code></h2>");
    for text in [&document["info"]["description"], &channel["description"]] {
        html += &prose(text.as_str().unwrap_or_default());
    }
    for place in ["query", "headers"] {
        html += &form(&channel["bindings"]["ws"][place]);
    }
    for (side, id, title) in SIDES {
        html += &format!("<h2 id=\"{id}\">{title}</h2>");
        html.extend(of(document, side).map(|frame| article(document, side, frame)));
    }
    html
}

fn article(document: &Value, side: &str, (name, message): (&str, &Value)) -> String {
    let mut html = element("h3", "", &code(name));
    html += &prose(message["summary"].as_str().unwrap_or_default());
    html += &form(&message["payload"]);
    let examples = message["examples"].as_array().into_iter().flatten();
    html.extend(examples.map(|example| json(&example["payload"])));
    if side == "client" {
        html += &answers(&document["operations"][name]["reply"]["messages"]);
    }
    format!("<article id=\"{side}.{}\">{html}</article>", escaped(name))
}

fn answers(answers: &Value) -> String {
    let answers = answers.as_array().into_iter().flatten();
    let answers = answers.filter_map(|answer| answer["$ref"].as_str()?.rsplit('/').next());
    let links: Vec<_> = answers
        .map(|answer| {
            let name = answer.trim_start_matches("server.");
            link(&format!("#{answer}"), &code(name))
        })
        .collect();
    element("p", "note", &format!("Answered by {}.", links.join(" or ")))
}
