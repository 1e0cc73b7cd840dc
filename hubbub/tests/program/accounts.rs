//! The first administrator and the demo, as whoever starts the program sees them.

use serde_json::{Value, json};

use crate::support::{Place, Serving};

/// What stands behind a text in the banner, up to the next blank.
fn behind<'a>(serving: &'a Serving, text: &str) -> &'a str {
    let (_, rest) = serving.banner.split_once(text).expect("it is printed");
    rest.split_whitespace().next().expect("something")
}

fn log_in(serving: &Serving, name: &str, password: &str) -> Value {
    let body = json!({"username": name, "password": password});
    serving.post("/api/v1/auth/login", "", &body)
}

#[test]
fn the_banner_lets_one_make_the_first_administrator() {
    let place = Place::new();
    let serving = place.serve();
    let token = behind(&serving, "/setup#").to_owned();
    assert_eq!(serving.status("/setup"), 200);
    let (_, curl) = serving.banner.split_once("curl ").expect("a command");
    let curl = curl.lines().next().expect("a line");
    assert!(curl.contains(&token), "{curl}");
    let line = format!("curl -sf {}", curl.replace("NAME", "ops"));
    let mut shell = place.shell(&line.replace("PASSWORD", "correct horse"));
    shell.env("PATH", "/usr/bin:/bin");
    let done = shell.output().expect("a shell");
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        log_in(&serving, "ops", "correct horse")["user"]["admin"],
        true
    );
    assert_eq!(serving.status("/setup"), 404);
    assert_eq!(serving.status(&format!("/setup?token={token}")), 404);
    assert_eq!(serving.end("-TERM"), Some(0));
    let log = std::fs::read_to_string(place.path("log")).expect("a log");
    assert!(
        log.contains("/setup?token=***") && !log.contains(&token),
        "{log}"
    );
    let again = place.serve();
    assert!(!again.banner.contains("/setup#"), "{}", again.banner);
}

#[test]
fn the_demo_has_people_who_talk_and_no_password_that_lasts() {
    let place = Place::new();
    let serving = place.serve_with(&["--demo"]);
    let first = behind(&serving, "all with the password ").to_owned();
    let token = log_in(&serving, "bob", &first)["token"].clone();
    let token = token.as_str().expect("a token");
    let rooms = serving.get("/api/v1/rooms", token);
    let rooms = rooms["rooms"].as_array().expect("rooms").clone();
    assert_eq!(rooms.len(), 2, "{rooms:?}");
    let heads = |rooms: &[Value]| {
        rooms
            .iter()
            .map(|room| room["head"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(serving.end("-TERM"), Some(0));

    let serving = place.serve_with(&["--demo"]);
    assert!(
        serving.banner.contains("known from before"),
        "{}",
        serving.banner
    );
    let second = behind(&serving, "all with the password ").to_owned();
    assert_ne!(first, second);
    let token = log_in(&serving, "eve", &second)["token"].clone();
    let again = serving.get("/api/v1/rooms", token.as_str().expect("a token"));
    let again = again["rooms"].as_array().expect("rooms").clone();
    assert_eq!(heads(&rooms), heads(&again), "nothing is said twice");
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn the_demo_takes_over_nobody_and_is_for_this_machine() {
    let place = Place::new();
    let create = ["user", "create", "--password-stdin", "cid"];
    assert_eq!(place.run_with_input(&create, "correct horse").code, Some(0));
    let done = place.run(&["--listen", "127.0.0.1:0", "--demo"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("somebody else is called cid"),
        "{done:?}"
    );
    let serving = place.serve();
    log_in(&serving, "cid", "correct horse");
    assert_eq!(serving.end("-TERM"), Some(0));

    let done = place.run(&["--listen", "0.0.0.0:0", "--demo"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.complaint().contains("every listener on loopback"),
        "{done:?}"
    );
}
