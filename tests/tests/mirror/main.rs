//! What a run wrote, read by the programs in which people read it.

mod commands;
mod engines;
mod kills;
