//! The program as its users meet it: commands, exit codes, errors, interruptions, memory, and what it is made of.

mod commands;
mod errors;
mod full;
mod interrupted;
mod kills;
mod licences;
mod memory;
mod metadata;
mod report;
mod revise;
