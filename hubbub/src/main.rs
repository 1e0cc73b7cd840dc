//! The program `hubbub`.

use std::process::ExitCode;

fn main() -> ExitCode {
    hubbub::main()
}
