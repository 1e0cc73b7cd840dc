//! Starting, being alone on the data, and ending.

use crate::support::{Place, end, is_private, until};

#[test]
fn the_banner_is_printed_when_everything_is_served() {
    let place = Place::new();
    let serving = place.serve();
    assert_eq!(serving.status("/readyz"), 200, "at the first asking");
    assert_eq!(serving.status("/livez"), 200);
    assert_eq!(serving.status("/metrics"), 200);
    let secret = std::fs::read_to_string(place.path("data/token.secret")).unwrap();
    assert!(!serving.banner.contains(secret.trim()));
    assert!(serving.banner.contains("/api/v1/ws"), "{}", serving.banner);
    for private in ["data", "data/token.secret", "data/admin.sock", "data/lock"] {
        assert!(is_private(&place.path(private)), "{private}");
    }
    assert_eq!(serving.end("-TERM"), Some(0));
    assert!(!place.path("data/admin.sock").exists(), "it tidied up");
}

#[test]
fn ctrl_c_ends_it_too() {
    assert_eq!(Place::new().serve().end("-INT"), Some(0));
}

#[test]
fn it_ends_in_order_while_its_store_is_away() {
    // The one is there while it reaches for the store, the other while it waits for it.
    for file in ["data/lock", "data/admin.sock"] {
        let place = Place::new();
        // Nobody listens on the first port.
        let away = "[backends]\nstore_url = 'mongodb://127.0.0.1:1/hubbub'\n\
            queue_url = 'sqlite:queue.db'\n";
        place.write("hubbub.toml", away);
        let mut child = place.command(&["--listen", "127.0.0.1:0"]);
        let mut child = child.spawn().expect("the program starts");
        until("it begins", || place.path(file).exists());
        assert_eq!(end(&mut child, "-TERM"), Some(0), "{file}");
        assert!(!place.path("data/admin.sock").exists(), "it tidied up");
    }
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let place = Place::new();
    let serving = place.serve();
    let done = place.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(done.code, Some(1));
    let holder = format!("in use by another hubbub (process {})", serving.id());
    assert!(done.complaint().contains(&holder), "{done:?}");
    assert_eq!(serving.status("/readyz"), 200, "the first goes on");
}

#[test]
fn a_second_server_on_the_same_database_is_refused() {
    let place = Place::new();
    let url = format!("sqlite:{}", place.path("shared.db").display());
    place.write("hubbub.toml", &format!("[backends]\nstore_url = '{url}'\n"));
    let serving = place.serve();
    let done = place.run(&["--listen", "127.0.0.1:0", "--data", "other"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let holder = format!(
        "shared.db is in use by another hubbub (process {})",
        serving.id()
    );
    assert!(done.complaint().contains(&holder), "{done:?}");
    assert!(is_private(&place.path("shared.db")), "in a folder of all");
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn what_a_killed_server_left_is_taken_over() {
    let place = Place::new();
    assert_eq!(place.serve().end("-KILL"), None);
    assert!(place.path("data/admin.sock").exists());
    let serving = place.serve();
    assert_eq!(serving.status("/readyz"), 200);
    assert_eq!(serving.end("-TERM"), Some(0));
}
