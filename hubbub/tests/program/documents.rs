//! The commands that the documents print work as they are printed.

use std::process::Stdio;

use crate::{
    archive::{self, json_of},
    support::{Done, Place},
};

const README: &str = include_str!("../../../README.md");
const ARCHIVE: &str = include_str!("../../../docs/archive.md");

/// The block behind this fence, up to its end.
fn block<'a>(text: &'a str, fence: &str) -> &'a str {
    let (_, rest) = text.split_once(fence).expect("a block");
    rest.split_once("```").expect("the block's end").0
}

/// The commands of a page: those that stand in a line, and those in the text.
fn commands(page: &str) -> Vec<&str> {
    let lines = page.lines().filter(|line| line.starts_with("hubbub "));
    let spans = page.split('`').skip(1).step_by(2);
    let spans = spans.filter(|span| span.starts_with("hubbub ") && !span.contains(['\n', '…']));
    lines.chain(spans).collect()
}

/// Runs a line in a shell, as somebody does who has the program on the path.
fn paste(place: &Place, line: &str) -> Done {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_hubbub"));
    let folder = program.parent().expect("a folder").display();
    let mut shell = place.shell(line);
    shell
        .env("PATH", format!("{folder}:/usr/bin:/bin"))
        .stdin(Stdio::null());
    Done::of(shell.output().expect("a shell"))
}

#[test]
fn documented_commands_work_as_they_are_printed() {
    let place = archive::place();
    let policies = block(ARCHIVE, "```toml\n").replace("rooms = []", "rooms = ['kitchen']");
    place.write("hubbub.toml", &format!("{}\n{policies}", archive::POLICY));
    // A server brings the policies into the store.
    assert_eq!(place.serve().end("-TERM"), Some(0));
    place.write("password.txt", "correct horse\n");
    let run = json_of(&place, &["archive", "run", "old", "--json"]);
    let run = run["id"].as_str().expect("an id");
    let lines = [commands(README), commands(ARCHIVE)].concat();
    assert!(lines.len() >= 10, "{lines:?}");
    for (number, line) in lines.iter().enumerate() {
        let plan = json_of(&place, &["archive", "plan", "nightly", "--json"]);
        let plan = plan["id"].as_str().expect("an id");
        let pasted = line
            .replace("--plan ID", &format!("--plan {plan}"))
            .replace(" RUN", &format!(" {run}"))
            .replace("lobby", "kitchen")
            .replace("create NAME", &format!("create ops{number}"));
        // Passwords of the text are typed.
        let pasted = match pasted.contains("--password-stdin") && !pasted.contains('<') {
            true => pasted + " < password.txt",
            false => pasted,
        };
        let done = paste(&place, &pasted);
        assert_eq!(done.code, Some(0), "{line}: {done:?}");
    }
}
