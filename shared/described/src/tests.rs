//! What the documents say, whoever serves them.

use domain::{Code, Limits};
use protocol::native::{CreateRoom, RoomSummary};
use serde_json::{Value, json};

use super::*;

fn operation() -> Operation {
    Operation::post("/api/v1/rooms/{room}/things", "make_thing")
        .says("rooms", "Makes `a` <thing>.")
        .with(Parameter::idempotency_key())
        .takes::<CreateRoom>(json!({"name": "lobby"}))
        .answers::<RoomSummary>(201, "The thing.", json!({}))
        .with_header(LOCATION)
        .refuses(&[Code::RoomExists, Code::RateLimited])
}

#[test]
fn refusals_are_told_with_their_codes_and_headers() {
    let document = openapi(&[operation()], &Limits::default());
    let said = &document["paths"]["/api/v1/rooms/{room}/things"]["post"];
    let codes = |status: &str| {
        let content = &said["responses"][status]["content"]["application/problem+json"];
        content["schema"]["properties"]["code"]["enum"].clone()
    };
    assert_eq!(codes("401"), json!(["unauthenticated", "token_invalid"]));
    assert_eq!(codes("409"), json!(["room_exists"]));
    assert_eq!(codes("415"), json!(["unsupported_media_type"]));
    assert_eq!(codes("403"), Value::Null);
    assert!(
        said["responses"]["429"]["headers"]
            .get("Retry-After")
            .is_some()
    );
    assert!(
        said["responses"]["401"]["headers"]
            .get("WWW-Authenticate")
            .is_some()
    );
    assert!(
        said["responses"]["201"]["headers"]
            .get("Location")
            .is_some()
    );
}

#[test]
fn who_may_ask_decides_what_is_refused() {
    let of = |who| operation().of(who).all_codes();
    assert!(!of(Who::Anybody).contains(&Code::TokenInvalid));
    assert!(of(Who::Administrator).contains(&Code::Forbidden));
    let probe = Operation::get("/livez", "livez").of(Who::Everybody);
    assert!(probe.all_codes().is_empty());
}

#[test]
fn segments_and_limits_are_told() {
    let limits = Limits {
        room_name_chars: 7,
        ..Limits::default()
    };
    let document = openapi(&[operation()], &limits);
    let said = &document["paths"]["/api/v1/rooms/{room}/things"]["post"];
    assert_eq!(said["parameters"][0]["name"], "room");
    assert_eq!(said["parameters"][0]["schema"]["format"], "uuid");
    let name = &document["components"]["schemas"]["CreateRoom"]["properties"]["name"];
    assert_eq!(name["maxLength"], 7);
}

#[test]
fn yaml_says_the_same_as_json() {
    let document = asyncapi(&Limits::default());
    let text = yaml(&document);
    assert!(
        text.starts_with("asyncapi: ") && !text.contains("{\""),
        "{text}"
    );
    let read: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(read, document);
}

#[test]
fn every_reference_of_the_frames_leads_somewhere() {
    let document = asyncapi(&Limits::default());
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#").skip(1);
    let mut seen = 0;
    for reference in references.filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
        seen += 1;
    }
    assert!(seen > 50);
}

#[test]
fn the_page_shows_all_of_both_and_takes_nothing_for_markup() {
    let openapi = openapi(&[operation()], &Limits::default());
    let asyncapi = asyncapi(&Limits::default());
    let page = page(&openapi, &asyncapi);
    for id in [
        "make_thing",
        "client.send",
        "server.ack_send",
        "schema-MessageView",
        "rooms",
    ] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        assert!(
            page.contains(&format!("href=\"#{id}\"")) || id == "rooms",
            "{id}"
        );
    }
    assert!(page.contains("Makes <code>a</code> &lt;thing&gt;."));
    // The policy lets nothing inline run.
    assert!(!page.contains("style=\"") && !page.contains("onclick"));
}

#[test]
fn the_page_of_the_codes_has_all_of_them() {
    let page = codes();
    for code in Code::ALL {
        assert!(page.contains(&format!("<code id=\"{}\">", code.name())));
    }
}
