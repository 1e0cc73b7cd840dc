//! Bodies of messages on their way between log and archive.
