# Every recipe is a plain command, so that nothing here is needed to work on Hubbub.

# Lists the recipes.
default:
    @just --list

# Starts everything on embedded storage.
run *args:
    cargo run -- {{args}}

# All tests, also those on the MongoDB protocol.
test:
    cargo test --workspace

# What is told to a collector of traces, which is off by default.
test-otlp:
    cargo test --workspace --features e2e/otlp --test otlp

# The quick ones: rules and codecs.
test-rules:
    cargo test -p domain -p protocol -p settings

# MongoDB's protocol, Redis and RabbitMQ on this machine where there is no Docker: up, down, status.
services *args:
    cargo run -q -p testkit --bin services -- {{args}}

# Holds the served API to its description (needs python3).
schemathesis:
    cargo build -p hubbub
    bash tests/schemathesis/run

# Measures everything beside the bare loop, and writes docs/benchmarks.md (best on a quiet machine).
bench *args='all':
    cargo run --release -p bench -- {{args}}

# What must be clean before a commit.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --features e2e/otlp -- -D warnings

fmt:
    cargo fmt --all

# Licences, sources, advisories (needs cargo-deny).
deny:
    cargo deny check

# The API of the crates.
doc:
    cargo doc --workspace --no-deps --open

# Exactly what the gate runs.
ci:
    bash .ci/run
