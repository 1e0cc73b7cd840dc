//! The table as people read it: `docs/visibility.md`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use super::{people::Who, rows::Section};

const INTRODUCTION: &str = "\
# Who may see what

Every request and every frame, asked by everybody there is, about a room in which Pat said something and showed a file. This page is written by a test that asks, and the test fails when an answer is another: see [below](#how-this-page-is-made).

Who asks: *anonymous* has no token; who is of another *tenant* has one of theirs; a *stranger* is of the same tenant and not in the room; an *administrator* of the installation is not in it either; some *left*, and others were *removed*, after Pat had spoken. The last three are in the room, by their roles. Who *left* a direct room has deleted it for themselves.

| word | what comes of it |
|---|---|
| reads | the answer says what Pat said |
| sees | it says that Pat, the room, the message or the file are there, and not what was said |
| nothing | it says nothing of them, or the same as of what is not there; of a frame: nobody in the room notices anything |
| done | it is done; *done, reads*: and the answer says what Pat said |
| opened | the socket is opened |
| hears | a frame of that type comes that tells something of them |
| unknown | 404: as if there were no such thing |
| sign in | 401 |
| no | 403 |
| a code, a status | refused by that [code](codes.md), or in a dialect by that status |
| ≠ | a refusal that differs from that for an id of nothing |
| – | nobody stands so to such a room |

A file and a message are named in requests by who once saw them. What is open to a tenant is so by choice: its [people](native-api.md) can be found by all of them, and a channel is there for all, to be joined and then read.
";

const END: &str = "
## How this page is made

`WRITE_VISIBILITY=1 cargo test --workspace --test e2e -- matrix` asks and writes it; with `CHECK_VISIBILITY=1` instead the same test asks and compares. It takes a minute, and what comes of `start_typing`, of `friend.online` and of notifications to those who have just left depends on who is faster, so it is asked for and no part of the usual tests. The requests are the operations of `/openapi.json` and the paths of the dialects that the server has, the frames those of `/asyncapi.yaml` and of the dialects' documents. Whoever adds one has to look at its row. No outsider (anonymous, other tenant, stranger) has a ≠ anywhere, and the administrator only in what is for administrators.
";

/// The rows under their headings, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Table {
    headings: Vec<Section>,
    lines: BTreeMap<(usize, String), Vec<String>>,
}

impl Table {
    /// Adds a row.
    pub(super) fn add(&mut self, section: Section, name: &str, cells: Vec<String>) {
        let known = self.headings.iter().position(|one| *one == section);
        let place = known.unwrap_or_else(|| {
            self.headings.push(section);
            self.headings.len() - 1
        });
        self.lines.insert((place, name.to_owned()), cells);
    }

    /// Every line of a heading.
    fn part(&self, place: usize) -> impl Iterator<Item = String> {
        let lines = self.lines.iter().filter(move |((at, _), _)| *at == place);
        lines.map(|((_, name), cells)| format!("| `{name}` | {} |", cells.join(" | ")))
    }

    /// The page.
    pub(super) fn page(&self) -> String {
        let mut page = INTRODUCTION.to_owned();
        let names = Who::ALL.map(Who::name).join(" | ");
        let rule = "|---".repeat(Who::ALL.len() + 1);
        for (place, (heading, _)) in self.headings.iter().enumerate() {
            let lines: Vec<_> = self.part(place).collect();
            let lines = lines.join("\n");
            write!(page, "\n## {heading}\n\n| | {names} |\n{rule}|\n{lines}\n").expect("a text");
        }
        page + END
    }
}

/// Where the page is.
pub(super) fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/visibility.md")
}

/// The page as it was written.
pub(super) fn written() -> String {
    fs::read_to_string(path()).unwrap_or_default()
}
