//! JSON Schema, draft 2020-12, of one line.

use serde_json::{Map, Value, json};

use super::{Options, Rows, named_tags};
use crate::fields::Leaf;
use crate::fields::outline::{Holds, Outline};
use crate::tags::Type;
use crate::value::OTHER_KEYS;

pub(super) fn print(fields: &[Outline], rows: Rows, options: &Options) -> String {
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), format!("imgmeta {}", rows.table()).into());
    schema.extend(object(fields, options));
    format!("{:#}", Value::Object(schema))
}

fn object(fields: &[Outline], options: &Options) -> Map<String, Value> {
    let property = |field: &Outline| (field.name.to_owned(), property(field, options));
    let required: Vec<_> = fields.iter().map(|field| field.name).collect();
    let object = json!({
        "type": "object",
        "properties": fields.iter().map(property).collect::<Map<_, _>>(),
        "required": required,
        "additionalProperties": false,
    });
    into_map(object)
}

fn into_map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn property(field: &Outline, options: &Options) -> Value {
    let mut schema = match &field.holds {
        Holds::Group(inner) => object(inner, options),
        Holds::Leaf(leaf) => into_map(of_leaf(*leaf, field, options)),
    };
    if field.nullable {
        schema.insert("type".into(), json!([schema["type"], "null"]));
    }
    schema.insert("description".into(), field.doc.into());
    Value::Object(schema)
}

fn of_leaf(leaf: Leaf, field: &Outline, options: &Options) -> Value {
    match leaf {
        Leaf::Bool => json!({"type": "boolean"}),
        Leaf::Int32 => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        Leaf::Int64 => json!({"type": "integer"}),
        Leaf::Float64 => json!({"type": "number"}),
        // Without a zone, where the camera tells none: not the `date-time` of RFC 3339.
        Leaf::Text | Leaf::LocalTime => json!({"type": "string"}),
        Leaf::UtcTime => json!({"type": "string", "format": "date-time"}),
        Leaf::Size => json!({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
        Leaf::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Leaf::Map => json!({"type": "object", "additionalProperties": {"type": ["string", "null"]}}),
        Leaf::Tags => {
            let tags = named_tags(field, options.keys).into_iter().map(|(key, row)| (key, tag(row.kind)));
            json!({"type": "object", "properties": tags.collect::<Map<_, _>>(), "additionalProperties": false})
        }
        Leaf::Others => {
            let keys = OTHER_KEYS.map(|key| (key.to_owned(), json!({"type": "string"})));
            let item = json!({
                "type": "object",
                "properties": keys.into_iter().collect::<Map<_, _>>(),
                "required": OTHER_KEYS,
                "additionalProperties": false,
            });
            json!({"type": "array", "items": item})
        }
    }
}

fn tag(kind: Type) -> Value {
    let rational = json!({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2});
    match kind {
        Type::Text | Type::Comment | Type::Utf16 | Type::Version => json!({"type": "string"}),
        Type::Code | Type::Integer => json!({"type": "integer"}),
        Type::Codes | Type::Integers => json!({"type": "array", "items": {"type": "integer"}}),
        Type::Float => json!({"type": ["number", "null"]}),
        Type::Floats => json!({"type": "array", "items": {"type": ["number", "null"]}}),
        Type::Rational => rational,
        Type::Rationals => json!({"type": "array", "items": rational}),
        Type::Bytes => {
            let base64 = json!({"type": "string", "contentEncoding": "base64"});
            json!({"type": "object", "properties": {"base64": base64}, "required": ["base64"]})
        }
    }
}
