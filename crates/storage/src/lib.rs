//! Places: where lists, images and outputs are, behind the one face of [`object_store`].
//!
//! A [`Place`] is a store and a key in it. [`Stores`] turns text into places, and keeps one store for each cluster.
//!
//! ```
//! use imgmeta_storage::{Scheme, Stores};
//!
//! let place = Stores::default().place("lists/today.csv")?;
//! assert_eq!(place.scheme(), Scheme::Local);
//! assert!(place.url().ends_with("/lists/today.csv"));
//! # Ok::<(), imgmeta_storage::Error>(())
//! ```
//!
//! After `hdfs://host:port/` and `s3://bucket/` the rest is the key as written: nothing is decoded, `#`, `?` and `%20` are
//! characters. [`Place::entries`] lists what is below a place and goes on past keys that no place can have.

mod charset;
mod cloud;
mod download;
mod environment;
mod error;
mod hdfs;
mod listing;
mod odd_keys;
mod place;
mod profile;
mod reach;
mod roots;
mod s3;
mod stores;
mod text;
mod walk;

pub use download::{Download, Version};
pub use environment::Environment;
pub use error::{Error, Fault, fault, said};
pub use listing::{Entries, Entry};
pub use place::{Place, Scheme};
pub use stores::Stores;
pub use text::{Compression, Text};
