//! The records of archive runs.
