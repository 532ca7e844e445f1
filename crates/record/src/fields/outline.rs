//! The tables of fields without the types of their rows: what schemas are printed from, and lines are read by.

use super::{FAILURE, Field, Leaf, RECORD, Shape};

/// A field, whatever its row's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The name, in JSON as in Parquet.
    pub name: &'static str,
    /// What it means, in one line.
    pub doc: &'static str,
    /// Whether it can be null.
    pub nullable: bool,
    /// What it is.
    pub holds: Holds,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// A value.
    Leaf(Leaf),
    /// An object of further fields.
    Group(Vec<Outline>),
}

/// The fields of a record.
pub fn record() -> Vec<Outline> {
    outlines(RECORD)
}

/// The fields of a failure.
pub fn failure() -> Vec<Outline> {
    outlines(FAILURE)
}

fn outlines<T>(fields: &[Field<T>]) -> Vec<Outline> {
    let outline = |field: &Field<T>| {
        let Field { name, doc, nullable, shape, key: _ } = field;
        let holds = match shape {
            Shape::Leaf(leaf, _) => Holds::Leaf(*leaf),
            Shape::Group(inner, _) => Holds::Group(outlines(inner)),
        };
        Outline { name, doc, nullable: *nullable, holds }
    };
    fields.iter().map(outline).collect()
}
