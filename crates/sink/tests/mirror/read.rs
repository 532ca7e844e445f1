//! Both outputs as values that can be compared: the JSON by its text, the mirror by its arrays.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use bytes::Bytes;
use imgmeta_record::fields::Leaf;
use imgmeta_record::fields::outline::{Holds, Outline};
use imgmeta_record::{LocalTime, UtcTime};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The rows of a part of the mirror.
pub(crate) fn parquet(bytes: &[u8]) -> Vec<Value> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
    let rows = |batch: RecordBatch| {
        let table: arrow_array::StructArray = batch.into();
        (0..table.len()).map(move |at| value(&table, at)).collect::<Vec<_>>()
    };
    batches.into_iter().flat_map(rows).collect()
}

/// Numbers as they are, times as microseconds, a map as pairs.
fn value(array: &dyn Array, at: usize) -> Value {
    if array.is_null(at) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(at).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(at).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(at).into(),
        DataType::Float64 => json!({"bits": array.as_primitive::<Float64Type>().value(at).to_bits()}),
        DataType::Utf8 => array.as_string::<i32>().value(at).into(),
        DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().value(at).into(),
        DataType::List(_) => values(&*array.as_list::<i32>().value(at)),
        DataType::Map(..) => {
            let pairs = array.as_map().value(at);
            (0..pairs.len()).map(|at| json!([value(pairs.column(0), at), value(pairs.column(1), at)])).collect()
        }
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(array.as_struct().columns());
            columns.map(|(field, column)| (field.name().clone(), value(column, at))).collect()
        }
        other => panic!("no column is {other}"),
    }
}

fn values(array: &dyn Array) -> Value {
    (0..array.len()).map(|at| value(array, at)).collect()
}

/// The same from a line of JSON.
pub(crate) fn line(outline: &[Outline], line: &str) -> Value {
    let found: BTreeMap<String, &RawValue> = serde_json::from_str(line).unwrap();
    assert_eq!(found.len(), outline.len(), "every key is there");
    outline.iter().flat_map(|field| of_field(field, found[field.name].get())).collect()
}

fn of_field(field: &Outline, raw: &str) -> Vec<(String, Value)> {
    if field.holds == Holds::Leaf(Leaf::LocalTime) {
        let text: Option<String> = serde_json::from_str(raw).unwrap();
        let time = text.map(|text| LocalTime::from_iso(&text).unwrap());
        let offset = time.and_then(|time| time.offset_minutes);
        let beside = (format!("{}OffsetMinutes", field.name), offset.into());
        return vec![(field.name.into(), time.map(|time| time.micros()).into()), beside];
    }
    vec![(field.name.into(), if raw == "null" { Value::Null } else { of_text(&field.holds, raw) })]
}

fn of_text(holds: &Holds, raw: &str) -> Value {
    let leaf = match holds {
        Holds::Group(inner) => return line(inner, raw),
        Holds::Leaf(leaf) => leaf,
    };
    match leaf {
        Leaf::Float64 => json!({"bits": raw.parse::<f64>().unwrap().to_bits()}),
        Leaf::UtcTime => UtcTime::from_iso(&serde_json::from_str::<String>(raw).unwrap()).unwrap().0.into(),
        Leaf::Tags | Leaf::Map => pairs(raw),
        Leaf::Bool | Leaf::Int32 | Leaf::Int64 | Leaf::Text | Leaf::Size | Leaf::Texts | Leaf::Others => {
            serde_json::from_str(raw).unwrap()
        }
        Leaf::LocalTime => unreachable!("it has two columns"),
    }
}

/// In the order of the text, which a map of `serde_json` keeps here.
fn pairs(raw: &str) -> Value {
    let order: serde_json::Map<String, Value> = serde_json::from_str(raw).unwrap();
    let texts: BTreeMap<String, &RawValue> = serde_json::from_str(raw).unwrap();
    let pair = |(key, value): (&String, &Value)| match value {
        Value::String(_) | Value::Null => json!([key, value]),
        _ => json!([key, texts[key].get()]),
    };
    order.iter().map(pair).collect()
}
