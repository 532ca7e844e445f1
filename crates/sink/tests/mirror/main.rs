//! The mirror tells what the JSON tells, whatever the outcomes hold.

mod files;
mod hostile;
mod laws;
mod read;
