//! What the files of the mirror are like, whatever their rows.

use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use imgmeta_record::json::Keys;
use imgmeta_record::schema::{self, Format, Rows, print};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::PageIndexPolicy;
use serde_json::{Value, json};

use crate::hostile;
use crate::laws::{MIRROR, files, run};

fn metadata(bytes: &[u8]) -> ArrowReaderMetadata {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    ArrowReaderMetadata::load(&Bytes::copy_from_slice(bytes), options).unwrap()
}

#[tokio::test]
async fn parts_are_compressed_and_have_dictionaries_statistics_and_a_page_index() {
    let files = files(&run(&hostile::outcomes(6, 40), MIRROR, Keys::Names).await).await;
    let metadata = metadata(&files["success_parquet/part-00000000.parquet"]);
    let file = metadata.metadata();
    let pairs = file.file_metadata().key_value_metadata().unwrap();
    let version = pairs.iter().find(|pair| pair.key == "imgmeta.schema_version").unwrap();
    assert_eq!(version.value.as_deref(), Some("1"));
    assert!(file.page_index().is_some());
    let columns = file.row_group(0).columns();
    assert!(columns.iter().all(|column| matches!(column.compression(), Compression::ZSTD(_))));
    assert!(columns.iter().all(|column| column.statistics().is_some()));
    let format = columns.iter().find(|column| column.column_path().string() == "Format").unwrap();
    let url = columns.iter().find(|column| column.column_path().string() == "URL").unwrap();
    assert!(url.bloom_filter_offset().is_some());
    assert!(format.encodings().any(|encoding| encoding == Encoding::RLE_DICTIONARY));
}

#[tokio::test]
async fn a_kind_without_rows_has_one_empty_part_with_the_schema() {
    let files = files(&run(&[], MIRROR, Keys::Names).await).await;
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let expected = [
        "failure_output/_SUCCESS",
        "failure_output/part-00000000.json",
        "failure_parquet/_SUCCESS",
        "failure_parquet/part-00000000.parquet",
        "success_output/_SUCCESS",
        "success_output/part-00000000.json",
        "success_parquet/_SUCCESS",
        "success_parquet/part-00000000.parquet",
    ];
    assert_eq!(names, expected);
    let empty = metadata(&files["success_parquet/part-00000000.parquet"]);
    assert_eq!(empty.metadata().file_metadata().num_rows(), 0);
    assert_eq!(empty.schema().field(0).name(), "URL");
}

#[tokio::test]
async fn the_printed_schema_is_that_of_the_files() {
    let files = files(&run(&[], MIRROR, Keys::Names).await).await;
    for (rows, kind) in [(Rows::Success, "success"), (Rows::Failure, "failure")] {
        let printed = print(Format::Arrow, rows, &schema::Options::default());
        let printed: Value = serde_json::from_str(&printed).unwrap();
        let found = metadata(&files[&format!("{kind}_parquet/part-00000000.parquet")]);
        assert_eq!(of_schema(found.schema()), printed);
    }
}

/// As Arrow's integration format has it.
fn of_schema(schema: &Schema) -> Value {
    json!({"fields": schema.fields().iter().map(|field| of_field(field)).collect::<Vec<_>>()})
}

fn of_field(field: &Field) -> Value {
    let (kind, children) = match field.data_type() {
        DataType::Boolean => (json!({"name": "bool"}), vec![]),
        DataType::Int32 => (json!({"name": "int", "bitWidth": 32, "isSigned": true}), vec![]),
        DataType::Int64 => (json!({"name": "int", "bitWidth": 64, "isSigned": true}), vec![]),
        DataType::Float64 => (json!({"name": "floatingpoint", "precision": "DOUBLE"}), vec![]),
        DataType::Utf8 => (json!({"name": "utf8"}), vec![]),
        DataType::Timestamp(_, None) => (json!({"name": "timestamp", "unit": "MICROSECOND"}), vec![]),
        DataType::Timestamp(_, Some(zone)) => {
            (json!({"name": "timestamp", "unit": "MICROSECOND", "timezone": &**zone}), vec![])
        }
        DataType::List(element) => (json!({"name": "list"}), vec![of_field(element)]),
        DataType::Map(entries, sorted) => (json!({"name": "map", "keysSorted": sorted}), vec![of_field(entries)]),
        DataType::Struct(fields) => (json!({"name": "struct"}), fields.iter().map(|field| of_field(field)).collect()),
        other => panic!("no column is {other}"),
    };
    json!({"name": field.name(), "nullable": field.is_nullable(), "type": kind, "children": children})
}
