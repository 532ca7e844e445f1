//! The one table of fields: JSON is made from it, and so are Parquet, SQL, schemas and the documentation.

/// The fields of `Fetch`, which records and failures share.
macro_rules! fetch_fields {
    ($row:ty) => {
        &[
            maybe("Status", "HTTP status of the last response", Leaf::Int32, |r: &$row| Cell::int(r.fetch.status)),
            maybe("FinalURL", "where redirects led", Leaf::Text, |r: &$row| Cell::text(r.fetch.final_url.as_ref())),
            maybe("ContentType", "as the server says", Leaf::Text, |r: &$row| {
                Cell::text(r.fetch.content_type.as_ref())
            }),
            maybe("LastModified", "as the server says", Leaf::UtcTime, |r: &$row| Cell::utc(r.fetch.last_modified)),
            maybe("ETag", "as the server says", Leaf::Text, |r: &$row| Cell::text(r.fetch.etag.as_ref())),
            leaf("BytesRead", "bytes read of the image", Leaf::Int64, |r: &$row| Cell::int(Some(r.fetch.bytes_read))),
            leaf("Requests", "requests made", Leaf::Int32, |r: &$row| Cell::count(r.fetch.requests)),
            leaf("Attempts", "attempts, the first included", Leaf::Int32, |r: &$row| Cell::count(r.fetch.attempts)),
            leaf("Millis", "time taken, in milliseconds", Leaf::Int64, |r: &$row| Cell::int(Some(r.fetch.millis))),
        ]
    };
}
use fetch_fields;

mod cell;
mod failure;
pub mod outline;
mod record;

pub(crate) use cell::Bytes;
pub use cell::Cell;
pub use failure::FAILURE;
pub use record::RECORD;

use crate::json::Key;

/// What a leaf holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// True or false.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number with a fraction.
    Float64,
    /// A string.
    Text,
    /// Width and height.
    Size,
    /// Strings.
    Texts,
    /// A moment by a camera's clock.
    LocalTime,
    /// A moment.
    UtcTime,
    /// Tag to value.
    Tags,
    /// Tags without a place in the five IFDs.
    Others,
    /// Name to string.
    Map,
}

/// One field of a record or failure `T`.
#[derive(Debug)]
pub struct Field<T: 'static> {
    /// The name, in JSON as in Parquet.
    pub name: &'static str,
    /// What it means, in one line.
    pub doc: &'static str,
    /// Whether it can be null.
    pub nullable: bool,
    /// What it is.
    pub shape: Shape<T>,
    /// The name, as JSON has it before the value.
    pub(crate) key: Key,
}

/// A value, or an object of further fields.
pub enum Shape<T: 'static> {
    /// A value, and how it is got.
    Leaf(Leaf, for<'a> fn(&'a T) -> Cell<'a>),
    /// An object; null where the function says that it is not there.
    Group(&'static [Field<T>], fn(&T) -> bool),
}

impl<T: std::fmt::Debug> std::fmt::Debug for Shape<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leaf(leaf, _) => f.debug_tuple("Leaf").field(leaf).finish(),
            Self::Group(fields, _) => f.debug_tuple("Group").field(fields).finish(),
        }
    }
}

impl<T> Field<T> {
    const fn new(name: &'static str, doc: &'static str, nullable: bool, shape: Shape<T>) -> Self {
        Self { name, doc, nullable, shape, key: Key::of(name) }
    }
}

const fn leaf<T>(name: &'static str, doc: &'static str, leaf: Leaf, get: for<'a> fn(&'a T) -> Cell<'a>) -> Field<T> {
    Field::new(name, doc, false, Shape::Leaf(leaf, get))
}

const fn maybe<T>(name: &'static str, doc: &'static str, leaf: Leaf, get: for<'a> fn(&'a T) -> Cell<'a>) -> Field<T> {
    Field::new(name, doc, true, Shape::Leaf(leaf, get))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<T>(fields: &'static [Field<T>], out: &mut Vec<&'static str>) {
        for field in fields {
            assert!(!field.doc.is_empty(), "{} has no doc", field.name);
            out.push(field.name);
            if let Shape::Group(inner, _) = &field.shape {
                let mut inside = Vec::new();
                names(inner, &mut inside);
                let mut unique: Vec<_> = inside.iter().map(|name| name.to_ascii_lowercase()).collect();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(unique.len(), inside.len(), "names in {} clash", field.name);
            }
        }
    }

    #[test]
    fn fields_stand_in_the_order_of_the_documentation() {
        let (mut record, mut failure) = (Vec::new(), Vec::new());
        names(RECORD, &mut record);
        names(FAILURE, &mut failure);
        assert_eq!(
            record.join(" "),
            "URL Format Mode Size EXIF Other Row Width Height DisplayWidth DisplayHeight Orientation TakenAt \
             Camera GPS XMP IPTC Profile Bytes Sha256 Warnings Fetch Extra"
        );
        assert_eq!(failure.join(" "), "URL Error Kind Phase Status Retryable Row Fetch Extra");
    }
}
