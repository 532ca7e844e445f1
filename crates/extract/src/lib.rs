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
//! The core under it is pure: bytes in, an answer or the range that is needed next out. Without the feature `fetch` it is
//! all there is, with [`read()`] and [`read_file`], and brings few dependencies along.
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
mod disk;
pub mod exif;
#[cfg(feature = "fetch")]
mod fetch;
mod icc;
mod iptc;
mod known;
mod nested;
mod packed;
mod photoshop;
pub mod probe;
mod read;
mod reading;
mod tiff;
mod trouble;
mod xmp;

#[cfg(feature = "fetch")]
pub use fetch::{
    AllowPrivate, Error, Extractor, HeaderName, HeaderValue, Options, Pass, Proxy, Refreshed, Robots, State, Tally,
};
pub use known::{Known, Stop, View};
pub use read::{read, read_file};
