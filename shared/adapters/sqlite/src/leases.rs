//! Rights to do something alone for a while.
