//! Commands do the same with a running server and without one.

use crate::support::{Done, Place};

const CREATE: [&str; 5] = ["user", "create", "--password-stdin", "--json", "--admin"];

fn create(place: &Place, name: &str, password: &str) -> Done {
    let mut args = CREATE.to_vec();
    args.push(name);
    place.run_with_input(&args, password)
}

/// What is printed, without what differs by nature.
fn shape(done: &Done, name: &str) -> String {
    let lines = done.stdout.replace(name, "NAME");
    let lines = lines
        .lines()
        .filter(|line| !line.contains("\"id\"") && !line.contains("_at\""));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_user_is_made_with_and_without_a_server_alike() {
    let place = Place::new();
    let alone = create(&place, "ann", "correct horse\n");
    let serving = place.serve();
    let through = create(&place, "bob", "correct horse\n");
    assert_eq!(
        (alone.code, through.code),
        (Some(0), Some(0)),
        "{alone:?} {through:?}"
    );
    assert!(alone.stdout.contains("\"admin\": true"), "{alone:?}");
    assert_eq!(shape(&alone, "ann"), shape(&through, "bob"));
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn refusals_are_one_line_and_the_same_by_both_ways() {
    let place = Place::new();
    let made = create(&place, "ann", "correct horse");
    assert_eq!(made.code, Some(0), "{made:?}");
    let cases = [
        ("ann", "correct horse", "(username_taken)"),
        ("bob", "short", "(invalid_password)"),
        ("bob", "", "(invalid_password)"),
        ("b\u{7}b", "correct horse", "(invalid_username)"),
    ];
    let attempts = |place: &Place| {
        cases.map(|(name, password, code)| {
            let done = create(place, name, password);
            assert_eq!(done.code, Some(1), "{name} {password}: {done:?}");
            assert!(
                done.complaint().ends_with(code),
                "{name} {password}: {done:?}"
            );
            done.complaint().to_owned()
        })
    };
    let alone = attempts(&place);
    let _serving = place.serve();
    assert_eq!(alone, attempts(&place));
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let place = Place::new();
    std::fs::create_dir(place.path("data")).unwrap();
    place.write("data/lock", "4711\n");
    let lock = std::fs::File::open(place.path("data/lock")).unwrap();
    lock.try_lock().unwrap();
    let done = create(&place, "ann", "correct horse");
    assert_eq!(done.code, Some(1));
    assert!(
        done.complaint()
            .contains("another hubbub (process 4711), which does not answer"),
        "{done:?}"
    );
}

#[test]
fn looking_where_nothing_is_makes_nothing() {
    let place = Place::new();
    let done = place.run(&["--data", "typo", "archive", "runs"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let expected = "there is no installation in typo: ";
    assert!(done.complaint().contains(expected), "{done:?}");
    assert!(!place.path("typo").exists());
    std::fs::create_dir(place.path("empty")).unwrap();
    let done = place.run(&["--data", "empty", "archive", "runs"]);
    assert!(done.complaint().contains("installation in empty: "));
    let left = std::fs::read_dir(place.path("empty")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn output_that_is_lost_is_a_failure_unless_nobody_wants_it() {
    let place = Place::new();
    assert_eq!(create(&place, "ann", "correct horse").code, Some(0));
    let commands: [&[&str]; 3] = [
        &["archive", "runs"],
        &["config", "show"],
        &["config", "check"],
    ];
    for args in commands {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = place.command(args);
        command.stdout(full.expect("a full device"));
        let done = Done::of(command.output().expect("the program"));
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        let expected = "cannot write to the standard output: ";
        assert!(done.complaint().contains(expected), "{done:?}");

        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.command(args);
        command.stdout(writer);
        let done = Done::of(command.output().expect("the program"));
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}
