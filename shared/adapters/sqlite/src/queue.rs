//! The queue between services, as a table.
