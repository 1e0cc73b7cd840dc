//! The archive's policies.
