//! Images on the web: ranges over HTTP, with the ladder down to a plain GET, the address guard, and deadlines.

mod attempt;
mod body;
mod client;
mod content_range;
mod cookies;
mod error;
mod fields;
mod guard;
mod hosts;
mod lengths;
mod lookups;
mod phase;
mod proxies;
mod redirect;
mod request;
mod resolver;
mod response;
mod robots;
mod status;
mod tls;
mod wire;

pub use guard::AllowPrivate;

pub(crate) use attempt::attempt;
pub(crate) use client::Client;
pub(crate) use phase::Clock;
