//! Images from wherever they are: the web, files and stores. Everything here does I/O; what it reads is told by the
//! pure half beside it.

mod ahead;
mod budget;
mod error;
mod extractor;
mod full;
mod held;
mod hosts;
mod http;
mod job;
mod local;
mod locate;
mod options;
mod pace;
mod retry;
mod running;
mod schedule;
mod sites;
mod source;
mod store;
mod trouble;
mod twins;
mod workers;

pub use ::http::header::{HeaderName, HeaderValue};
pub use error::Error;
pub use extractor::{Extractor, Pass, State, Tally};
pub use http::AllowPrivate;
pub use job::Refreshed;
pub use options::{Options, Proxy, Robots};
