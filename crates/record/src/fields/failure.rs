//! The fields of a failure, in their order.

use super::{Cell, Field, Leaf, Shape, leaf, maybe};
use crate::Failure;

/// The fields of [`Failure`].
pub const FAILURE: &[Field<Failure>] = &[
    leaf("URL", "as in the list", Leaf::Text, |f| Cell::Text(&f.url)),
    leaf("Error", "a sentence for a person", Leaf::Text, |f| Cell::Text(&f.error)),
    leaf("Kind", "what went wrong", Leaf::Text, |f| Cell::Text(f.kind.name())),
    leaf("Phase", "how far it had come", Leaf::Text, |f| Cell::Text(f.phase.name())),
    maybe("Status", "HTTP status", Leaf::Int32, |f| Cell::int(f.status)),
    leaf("Retryable", "whether `imgmeta retry` takes it", Leaf::Bool, |f| Cell::Bool(f.retryable())),
    maybe("Row", "0-based position in the list", Leaf::Int64, |f| Cell::int(f.row)),
    Field::new("Fetch", "how it was fetched", false, Shape::Group(FETCH, |_| true)),
    maybe("Extra", "the kept columns of the list", Leaf::Map, |f| Cell::map(f.extra.as_ref())),
];

const FETCH: &[Field<Failure>] = super::fetch_fields!(Failure);
