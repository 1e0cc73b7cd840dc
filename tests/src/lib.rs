//! The harness of the end-to-end tests: a server on a port of its own, and clients of each kind.
