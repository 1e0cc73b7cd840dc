//! The page `docs/benchmarks.md`.

use std::fmt::Write;

use super::{Measured, Report, charts, machine};

const HEAD: &str = "# Benchmarks

<!-- Generated: `cargo run --release -p bench -- all` writes this page and its plots. -->

What the product costs beside the least that any server could cost, on one machine, in one run. Ratios count; figures are of this machine, on which the generator also runs.
";

const HOW: &str = "
## How it is measured
- **The bare loop** is a server that does what every server must: it takes the frame, wraps the text once, as an event as long as the product's, puts it into a queue for each member, and writes all that waits for one in one vectored write. It knows nobody and keeps nothing. *+ INSERT* means one row for each message in SQLite, synced before it is passed on.
- **Hubbub** is `hubbub serve` of the same build, embedded, with limits of rates lifted: everybody has an account and is a member; every message is stored and synced before it is acknowledged, deduplicated, and on its way to notifications.
- **The naive chat** is what one would write with `warp::ws` in an afternoon: a broadcast channel for each room, and nothing kept. **`ws` on Node** is the same with the library of that name.
- **The generator** is one thread that parses nothing but frames' heads and a stamp of sender, number and time. Loss, repetition and disorder of a single delivery end the run. Where messages are said at a rate, they are late from when they were meant to be said.
- *CPU* is the server's processor time, user and system, from `/proc`. Each workload runs three times, in turns with the others; the middle round counts.

```sh
cargo run --release -p bench -- all          # everything; writes this page
cargo run --release -p bench -- W1 W4        # some, printed, and with --out FOLDER written there
cargo run -p bench -- --quick                # what can be counted on any machine
npm ci --prefix bench/peers/ws               # lets `ws` on Node be measured too
cargo run --release -p bench -- W1 --peer 'mine=./mine --port 0'
```

Not here: W9, a notification's way over RabbitMQ beside the bare loop over the same broker, is measured by `BELLS_PER_SECOND=5000 cargo test --release --workspace --locked --test outages -- --nocapture`; W10, an archive run of a million messages, by nothing yet; of W7 and W11, how often the store is read, which the product does not count.

A peer is any program that prints a line with its address on 127.0.0.1, takes an upgrade at `/?room=NAME`, greets with `{\"type\":\"hello\"}`, and passes every text on to the room, its sender included, in whatever wrapping.
";

/// The whole page.
pub(super) fn text(report: &Report) -> String {
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "\nMeasured on: {}.", machine::describe());
    if report.quick {
        page.push_str(
            "\n**From a quick run: it shows that everything is delivered, and no speed.**\n",
        );
    }
    targets(&mut page, report);
    measured(&mut page, report);
    notes(&mut page, report);
    page + HOW
}

fn targets(page: &mut String, report: &Report) {
    page.push_str(
        "\n## Targets\n| # | what | measured | target | | of |\n|---|---|---|---|---|---|\n",
    );
    for figure in &report.figures {
        let (value, target) = (figure.value, figure.target);
        let verdict = match report.quick {
            true => String::new(),
            false => target.verdict(value),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {value:.2} | {target} | {verdict} | {} |",
            figure.workload, figure.what, figure.of
        );
    }
    page.push_str("\n![Targets](benchmarks/targets.svg)\n");
}

fn measured(page: &mut String, report: &Report) {
    page.push_str(
        "\n## Servers\n| workload | server | deliveries/s | CPU each, µs | p50, µs | p99, µs | bytes each |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in &report.measured {
        let (middle, high) = row.late;
        let _ = writeln!(
            page,
            "| {} | {} | {:.0} | {:.2} | {middle:.0} | {high:.0} | {:.0} |",
            row.workload, row.server, row.per_second, row.cpu_each, row.bytes
        );
    }
    plots(page, &report.measured);
}

fn plots(page: &mut String, measured: &[Measured]) {
    let mut last = "";
    for row in measured.iter().filter(|row| row.server == "Hubbub") {
        if row.workload == last {
            continue;
        }
        last = &row.workload;
        for kind in ["cpu", "latency"] {
            let file = charts::file(kind, last);
            let _ = writeln!(page, "\n![{last}: {kind}](benchmarks/{file})");
        }
    }
}

fn notes(page: &mut String, report: &Report) {
    if report.notes.is_empty() {
        return;
    }
    page.push_str("\n## Notes\n");
    for note in &report.notes {
        let _ = writeln!(page, "- {note}");
    }
}
