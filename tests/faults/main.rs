//! Faults by really killing: the judge decides.

mod kill;
