//! Image references to outcomes: which bytes to read of an image, and what they say.
//!
//! ```
//! use imgmeta_extract::{Extractor, Options};
//! use imgmeta_record::{ImageRef, Outcome};
//! use imgmeta_storage::Stores;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("dot.gif");
//! std::fs::write(&path, b"GIF89a\x02\0\x03\0\0\0\0,\0\0\0\0\x02\0\x03\0\0\x02")?;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let extractor = Extractor::new(Stores::default(), Options::default())?;
//! match extractor.extract(ImageRef::new(path.display().to_string())).await {
//!     Outcome::Record(dot) => assert_eq!((dot.format, dot.width, dot.height), ("GIF", 2, 3)),
//!     Outcome::Failure(failure) => panic!("{}", failure.error),
//! }
//! # Ok::<_, Box<dyn std::error::Error>>(()) })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! The core under it is pure: bytes in, an answer or the range that is needed next out.
//!
//! ```
//! use imgmeta_extract::{Known, Stop, probe};
//!
//! let mut known = Known::default();
//! known.insert(0, b"GIF89a\x02\0\x03\0");
//! assert_eq!(probe::read(&known, probe::Options::default()), Err(Stop::Need(10..16)));
//! ```

mod assemble;
mod boxes;
mod budget;
mod error;
pub mod exif;
mod extractor;
mod full;
mod hosts;
mod http;
mod icc;
mod iptc;
mod job;
mod known;
mod local;
mod locate;
mod nested;
mod options;
mod pace;
mod packed;
mod photoshop;
pub mod probe;
mod reading;
mod retry;
mod running;
mod schedule;
mod source;
mod store;
mod tiff;
mod trouble;
mod twins;
mod xmp;

pub use error::Error;
pub use extractor::{Extractor, Pass, State, Tally};
pub use http::AllowPrivate;
pub use job::Refreshed;
pub use known::{Known, Stop, View};
pub use options::{Options, Proxy, Robots};
pub use reqwest::header::{HeaderName, HeaderValue};
