//! Writes what is generated: `docs/configuration.md`, `docs/limits.md`, `docs/codes.md` and
//! `hubbub.toml`. Run it with `cargo run -p settings --example manual` after changing a setting,
//! a limit or a code; the test `manual` fails until then.

mod pages;
mod source;

fn main() -> std::io::Result<()> {
    for (path, text) in pages::all() {
        std::fs::write(pages::root().join(path), text)?;
        println!("{path}");
    }
    Ok(())
}
