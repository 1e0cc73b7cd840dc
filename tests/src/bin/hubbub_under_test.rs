//! The product as a program of the test crate, so that tests that kill it run what was built.

fn main() -> std::process::ExitCode {
    hubbub::main()
}
