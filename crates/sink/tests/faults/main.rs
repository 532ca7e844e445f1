//! The commit under faults: before and after every step, an error, a lost answer, an outage or a death of the process
//! costs nothing. What was committed stays, once, and a run that is gone on with ends as one that was never disturbed.

mod compacting;
mod laws;
mod mirroring;
mod output;
mod revising;
mod steps;
mod store;
