//! The mirror's schema in the JSON of Arrow's integration format ("Integration Testing" in Arrow's documentation),
//! which Arrow's Java library reads with `Schema.fromJSON`.

use serde_json::{Value, json};

use super::offset_column;
use crate::fields::Leaf;
use crate::fields::outline::{Holds, Outline};
use crate::value::OTHER_KEYS;

pub(super) fn print(fields: &[Outline]) -> String {
    format!("{:#}", json!({"fields": columns(fields)}))
}

fn columns(fields: &[Outline]) -> Vec<Value> {
    fields.iter().flat_map(column).collect()
}

fn field(name: &str, nullable: bool, kind: &Value, children: &[Value]) -> Value {
    json!({"name": name, "nullable": nullable, "type": kind, "children": children})
}

/// The column of a field; a local time has its offset beside it.
fn column(outline: &Outline) -> Vec<Value> {
    let one = |kind: Value, children: &[Value]| vec![field(outline.name, outline.nullable, &kind, children)];
    let (text, int32) = (json!({"name": "utf8"}), json!({"name": "int", "bitWidth": 32, "isSigned": true}));
    let leaf = match &outline.holds {
        Holds::Group(inner) => return one(json!({"name": "struct"}), &columns(inner)),
        Holds::Leaf(leaf) => leaf,
    };
    let list = |element: Value| one(json!({"name": "list"}), &[element]);
    match leaf {
        Leaf::Bool => one(json!({"name": "bool"}), &[]),
        Leaf::Int32 => one(int32, &[]),
        Leaf::Int64 => one(json!({"name": "int", "bitWidth": 64, "isSigned": true}), &[]),
        Leaf::Float64 => one(json!({"name": "floatingpoint", "precision": "DOUBLE"}), &[]),
        Leaf::Text => one(text, &[]),
        Leaf::Size => list(field("element", false, &int32, &[])),
        Leaf::Texts => list(field("element", false, &text, &[])),
        Leaf::UtcTime => one(json!({"name": "timestamp", "unit": "MICROSECOND", "timezone": "UTC"}), &[]),
        Leaf::LocalTime => {
            let mut columns = one(json!({"name": "timestamp", "unit": "MICROSECOND"}), &[]);
            columns.push(field(&offset_column(outline.name), true, &int32, &[]));
            columns
        }
        Leaf::Tags | Leaf::Map => {
            let pair = [field("key", false, &text, &[]), field("value", true, &text, &[])];
            let entries = field("key_value", false, &json!({"name": "struct"}), &pair);
            one(json!({"name": "map", "keysSorted": false}), &[entries])
        }
        Leaf::Others => {
            let keys = OTHER_KEYS.map(|key| field(key, false, &text, &[]));
            list(field("element", false, &json!({"name": "struct"}), &keys))
        }
    }
}
