//! The benchmark without its speed: everything is delivered, once and in order, an idle socket and
//! a message take no more than they may anywhere, and the page can be written.

use std::{fs, process::Command};

#[test]
fn what_can_be_counted_anywhere_is_as_it_should_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--quick", "--out"])
        .arg(folder.path())
        .output()
        .expect("the benchmark");
    let (said, wrong) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}\n{wrong}");
    let page = fs::read_to_string(folder.path().join("benchmarks.md")).expect("a page");
    for workload in ["W1", "W2", "W3", "W4", "W8", "W11"] {
        assert!(page.contains(&format!("| {workload}")), "{page}");
    }
    let plot = folder.path().join("benchmarks/targets.svg");
    assert!(
        fs::read_to_string(plot)
            .expect("a plot")
            .ends_with("</svg>\n")
    );
}
