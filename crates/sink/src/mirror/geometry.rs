//! Positions as GeoParquet 1.1.0 has them: a column of points, and what a reader must know of it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::json;

/// The column.
pub(super) const NAME: &str = "geometry";
/// What readers know the metadata by.
pub(super) const KEY: &str = "geo";
/// The column that positions are taken from.
const POSITION: &str = "GPS";

/// The points of one part.
#[derive(Debug, Default)]
pub(super) struct Geometry {
    bounds: Option<Bounds>,
}

/// What all points are in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

/// A schema with the column behind the others.
pub(super) fn beside(schema: &Schema) -> Schema {
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(NAME, DataType::Binary, true)));
    Schema::new(fields)
}

/// A schema that tells the metadata, too. It is what pyarrow and those that stand on it (geopandas) go by: where a file
/// holds a schema of Arrow's, they do not see what else it says.
pub(super) fn told(schema: SchemaRef, geo: Option<&str>) -> SchemaRef {
    match geo {
        Some(geo) => Arc::new(Schema::clone(&schema).with_metadata(HashMap::from([(KEY.to_owned(), geo.to_owned())]))),
        None => schema,
    }
}

impl Geometry {
    /// The points of a batch of records, null where a position is not known; `arrays` are its other columns.
    pub(super) fn of(&mut self, schema: &Schema, arrays: &[ArrayRef]) -> ArrayRef {
        let at = schema.index_of(POSITION).expect("records have positions");
        let positions = arrays[at].as_struct();
        let (latitude, longitude) = (degrees(positions, "Latitude"), degrees(positions, "Longitude"));
        let mut points = BinaryBuilder::new();
        for row in 0..positions.len() {
            let degrees = |array: &ArrayRef| {
                let array = array.as_primitive::<Float64Type>();
                (positions.is_valid(row) && array.is_valid(row)).then(|| array.value(row))
            };
            match degrees(longitude).zip(degrees(latitude)) {
                Some((x, y)) => {
                    self.widen(x, y);
                    points.append_value(point(x, y));
                }
                None => points.append_null(),
            }
        }
        Arc::new(points.finish())
    }

    fn widen(&mut self, x: f64, y: f64) {
        let bounds = self.bounds.get_or_insert(Bounds { west: x, south: y, east: x, north: y });
        bounds.west = bounds.west.min(x);
        bounds.south = bounds.south.min(y);
        bounds.east = bounds.east.max(x);
        bounds.north = bounds.north.max(y);
    }

    /// What the file says of the column. No reference system means longitude and latitude by WGS 84 (OGC:CRS84).
    pub(super) fn metadata(&self) -> String {
        let mut column = json!({"encoding": "WKB", "geometry_types": ["Point"]});
        if let Some(Bounds { west, south, east, north }) = self.bounds {
            column["bbox"] = json!([west, south, east, north]);
        }
        let geo = json!({"version": "1.1.0", "primary_column": NAME, "columns": {NAME: column}});
        geo.to_string()
    }
}

fn degrees<'a>(positions: &'a StructArray, name: &str) -> &'a ArrayRef {
    positions.column_by_name(name).expect("a position has both")
}

/// A point as well-known binary, little-endian.
fn point(x: f64, y: f64) -> [u8; 21] {
    let mut bytes = [0; 21];
    // The byte order, and the type of a point.
    bytes[..5].copy_from_slice(&[1, 1, 0, 0, 0]);
    bytes[5..13].copy_from_slice(&x.to_le_bytes());
    bytes[13..].copy_from_slice(&y.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_its_order_its_type_and_its_coordinates() {
        let bytes = point(2.5, -1.0);
        assert_eq!(bytes[..5], [1, 1, 0, 0, 0]);
        assert_eq!(bytes[5..], [2.5_f64.to_le_bytes(), (-1.0_f64).to_le_bytes()].concat());
    }

    #[test]
    fn a_part_without_positions_has_no_bounds_and_others_have_the_tightest() {
        let mut geometry = Geometry::default();
        assert!(!geometry.metadata().contains("bbox"));
        geometry.widen(2.0, 3.0);
        geometry.widen(-1.5, 48.25);
        assert!(geometry.metadata().contains(r#""bbox":[-1.5,3.0,2.0,48.25]"#));
    }
}
