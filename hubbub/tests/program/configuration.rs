//! What is wrong is told in one line, with an exit code that is not 0; and what is right is shown.

use std::net::TcpListener;

use crate::support::Place;

#[test]
fn each_bad_configuration_is_one_line() {
    let policy =
        "[[archive.policies]]\nname = 'a'\nolder_than = 'soon'\naction = 'log'\nschedule = '@'\n";
    let cases: &[(&str, &[&str], &str)] = &[
        (
            "lissten = []",
            &[],
            "hubbub.toml:1: lissten: unknown key; did you mean `listen`?",
        ),
        (
            "[auth]\nbcrypt_cost = 'x'",
            &[],
            "hubbub.toml:2: auth.bcrypt_cost: must be a whole number",
        ),
        ("= 3", &[], "hubbub.toml:1: not TOML"),
        (
            "mode = 'production'",
            &[],
            "auth.secret: must be set in production",
        ),
        (
            "[backends]\nstore_url = 'mongodb://a:b@'",
            &[],
            "hubbub.toml:2: backends.store_url: is no MongoDB connection string",
        ),
        (
            "[backends]\nqueue_url = 'kafka:'",
            &[],
            "hubbub.toml:2: backends.queue_url: there is no `kafka:`; this build has store:",
        ),
        (
            "[log]\nfilter = 'x=y=z'",
            &[],
            "hubbub.toml:2: log.filter: ",
        ),
        (
            policy,
            &[],
            "hubbub.toml:3: archive.policies[0].older_than: ",
        ),
    ];
    assert_refused(cases);
}

#[test]
fn each_bad_flag_is_one_line() {
    assert_refused(&[
        ("", &["--config", "none.toml"], "none.toml cannot be read"),
        (
            "",
            &["--no-limits", "--listen", "0.0.0.0:0"],
            "flag --no-limits: no_limits: is for benchmarks",
        ),
        ("", &["--listen", "203.0.113.1:0"], "--listen"),
        (
            "",
            &["--data", "/dev/null/data"],
            "/dev/null/data cannot be made",
        ),
        (
            "",
            &["--data", "hubbub.toml"],
            "hubbub.toml is a file, not a folder; choose another with --data",
        ),
    ]);
}

/// Files and flags with which the program starts nothing, and a part of what it says.
fn assert_refused(cases: &[(&str, &[&str], &str)]) {
    for (file, args, expected) in cases {
        let place = Place::new();
        place.write("hubbub.toml", file);
        let done = place.run_unconfigured(args);
        assert_eq!(done.code, Some(1), "{file} {args:?}: {done:?}");
        assert!(done.complaint().starts_with("hubbub: "), "{done:?}");
        assert!(
            done.complaint().contains(expected),
            "{file} {args:?}: {done:?}"
        );
        assert_eq!(done.stdout, "", "{file} {args:?}");
    }
}

#[test]
fn each_bad_database_is_one_line() {
    type Spoil = fn(&Place);
    let cases: &[(Spoil, &str)] = &[
        (
            |place| place.write("data/hubbub.db", &"not a database ".repeat(200)),
            "not a database of Hubbub",
        ),
        (
            |place| std::fs::create_dir(place.path("data/hubbub.db")).expect("a folder"),
            "hubbub.db cannot be opened",
        ),
        (make_newer, "newer version of Hubbub"),
    ];
    for (spoil, expected) in cases {
        let place = Place::new();
        std::fs::create_dir(place.path("data")).unwrap();
        spoil(&place);
        let done = place.run(&["--listen", "127.0.0.1:0"]);
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.complaint().contains(expected), "{expected}: {done:?}");
    }
}

/// Raises the schema's version, which stands at byte 60 of a SQLite file.
fn make_newer(place: &Place) {
    assert_eq!(place.serve().end("-TERM"), Some(0));
    let path = place.path("data/hubbub.db");
    let mut bytes = std::fs::read(&path).expect("a database");
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(path, bytes).expect("a writable file");
}

#[test]
fn what_is_not_understood_is_a_usage_error() {
    let place = Place::new();
    for args in [
        &["dance"][..],
        &["--listen", "localhost:80"],
        &["user", "create"],
        &["user", "create", "ann"],
        &["--no-limits", "user", "create", "ann", "--password-stdin"],
        &["archive", "run"],
        &["archive", "plan"],
        &["archive", "plan", "old", "--older-than", "1h"],
        &["archive", "plan", "old", "--room", "kitchen"],
    ] {
        assert_eq!(place.run(args).code, Some(2), "{args:?}");
    }
    for args in [
        &["archive", "restore", "nonsense"][..],
        &["archive", "run", "--plan", "nonsense"],
    ] {
        let done = place.run(args);
        assert_eq!(done.code, Some(2), "{args:?}");
        assert!(done.stderr.contains("not the id of a run"), "{done:?}");
    }
    assert_eq!(place.run(&["--help"]).code, Some(0));
    assert_eq!(place.run(&["--version"]).code, Some(0));
}

#[test]
fn a_taken_port_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = Place::new().run(&["--listen", &address]);
    assert_eq!(done.code, Some(1));
    assert!(done.complaint().contains(&address), "{done:?}");
    assert!(done.complaint().contains("--listen"), "{done:?}");
}

#[test]
fn check_tells_all_that_is_wrong() {
    let place = Place::new();
    place.write("hubbub.toml", "speed = 1\n[limits]\npage = 0\n");
    let done = place.run(&["config", "check"]);
    assert_eq!(done.code, Some(1));
    assert_eq!(done.stderr.lines().count(), 2, "{done:?}");
    place.write("hubbub.toml", "");
    let done = place.run(&["config", "check"]);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(0), "ok: hubbub.toml\n")
    );
}

#[test]
fn check_refuses_what_serve_refuses() {
    let secret = |secret: &str| format!("mode = 'production'\n[auth]\nsecret = '{secret}'\n");
    let cases = [
        (
            "[log]\nfilter = 'x=y=z'\n".to_owned(),
            "hubbub: hubbub.toml:2: log.filter: error parsing",
        ),
        (
            secret("changeme-0b5b0d1a6d4bd4c1f3a9e07c2b16"),
            "hubbub: hubbub.toml:3: auth.secret: is a secret from a document",
        ),
        (
            secret(&"1234567890".repeat(4)),
            "hubbub: hubbub.toml:3: auth.secret: is a few characters over and over",
        ),
        (
            "mode = 'production'\n[auth]\nlegacy_secret = 'secret'\n\
             secret = 'c4bd0b5b0d1a6d4bd4c1f3a9e07c2b16'\n"
                .to_owned(),
            "hubbub: hubbub.toml:3: auth.legacy_secret: is a secret from a document",
        ),
    ];
    for (file, expected) in cases {
        let place = Place::new();
        place.write("hubbub.toml", &file);
        for args in [&["config", "check"][..], &["--listen", "127.0.0.1:0"]] {
            let done = place.run_unconfigured(args);
            assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
            assert!(done.complaint().starts_with(expected), "{args:?}: {done:?}");
        }
        assert!(!place.path("data").exists(), "nothing was begun");
    }
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_build_without_traces_refuses_a_collector() {
    let place = Place::new();
    let file = "[telemetry]\notlp_endpoint = 'http://127.0.0.1:4318'\n";
    place.write("hubbub.toml", file);
    let expected = "hubbub: hubbub.toml:2: telemetry.otlp_endpoint: this build has no OTLP; \
        build with --features otlp";
    for args in [&["config", "check"][..], &["--listen", "127.0.0.1:0"]] {
        let done = place.run(args);
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        assert!(done.complaint().starts_with(expected), "{args:?}: {done:?}");
    }
}

#[test]
fn a_part_of_the_traces_is_a_number_from_0_to_1() {
    let place = Place::new();
    for fine in ["0.25", "0", "1"] {
        place.write(
            "hubbub.toml",
            &format!("[telemetry]\ntrace_ratio = {fine}\n"),
        );
        let done = place.run(&["config", "check"]);
        assert_eq!(done.code, Some(0), "{fine}: {done:?}");
    }
    for bad in ["1.5", "-0.1", "nan", "'half'"] {
        place.write(
            "hubbub.toml",
            &format!("[telemetry]\ntrace_ratio = {bad}\n"),
        );
        let done = place.run(&["config", "check"]);
        assert_eq!(done.code, Some(1), "{bad}: {done:?}");
        let key = "hubbub: hubbub.toml:2: telemetry.trace_ratio: must be ";
        assert!(done.complaint().starts_with(key), "{bad}: {done:?}");
    }
}

#[test]
fn show_says_where_values_come_from_and_hides_secrets() {
    let hidden = "0123456789abcdef0123456789abcdef";
    let place = Place::new();
    place.write("hubbub.toml", "[limits]\npage = 10\n");
    for form in [&[][..], &["--json"]] {
        let args = [&["config", "show", "--data", "data"], form].concat();
        let mut command = place.command(&args);
        command
            .env("HUBBUB_AUTH__SECRET", hidden)
            .env("SECRET_KEY", hidden);
        let output = command.output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains(hidden), "{text}");
        for part in [
            "***",
            "hubbub.toml:2",
            "variable SECRET_KEY",
            "flag --data",
            "default",
            "limits.page_max",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
    assert!(!place.path("data").exists(), "looking makes nothing");
}
