//! The words of imgmeta: what a list's row is, what a record holds, and how a failure is named.
//!
//! Everything here is data: no I/O, no clock. The [table of fields](fields) and the [table of tags](tags) are what
//! every encoding is made from.
//!
//! ```
//! use imgmeta_record::{Outcome, Record, json};
//!
//! let record = Record { url: "cat.png".into(), format: "PNG", mode: "RGB", width: 640, height: 480, ..Record::default() };
//! let mut line = Vec::new();
//! json::write_line(&mut line, &Outcome::Record(Box::new(record)), json::Keys::Names);
//! assert!(String::from_utf8(line).unwrap().starts_with(r#"{"URL":"cat.png","Format":"PNG","Mode":"RGB","Size":[640,480]"#));
//! ```

mod failure;
pub mod fields;
mod hex;
mod image_ref;
pub mod json;
mod kind;
mod mask;
mod outcome;
mod record;
pub mod schema;
pub mod tags;
mod time;
mod value;
mod version;

pub use failure::Failure;
pub use hex::hex;
pub use image_ref::{Extra, ImageRef, Listed};
pub use kind::{Kind, Phase};
pub use mask::mask;
pub use outcome::Outcome;
pub use record::{Camera, Fetch, Gps, Properties, Record};
pub use tags::Ifd;
pub use time::{LocalTime, UtcTime, days_in};
pub use value::{Exif, OTHER_KEYS, Other, Tag, Value};
pub use version::Version;
