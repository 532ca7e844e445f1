//! What a run wrote, read by the programs in which people read it.

mod commands;
mod compact;
mod engines;
mod kills;
mod original;
mod package;
mod query;
mod spark;
mod sql;
mod worker;
