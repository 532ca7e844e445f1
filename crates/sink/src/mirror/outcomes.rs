//! Outcomes of both kinds as record batches of Arrow, in one schema.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::BooleanBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Schema, SchemaRef};
use imgmeta_record::fields::{self, Field};
use imgmeta_record::json::Keys;
use imgmeta_record::{Failure, Outcome, Record};

use super::column::Column;
use super::{SCHEMA_VERSION, schema};

/// Whether the row is a record.
const SUCCESS: &str = "Success";

/// Outcomes on their way into a record batch: the columns of the Parquet files, those of `success_parquet` and then those that
/// only `failure_parquet` has, null where the outcome is of the other kind; behind them `Success`, true for a record.
///
/// ```
/// use imgmeta_record::{Failure, ImageRef, Kind, Outcome, Phase, json::Keys};
/// use imgmeta_sink::ArrowOutcomes;
///
/// let mut outcomes = ArrowOutcomes::default();
/// let failure = Failure::new(ImageRef::new("gone.jpg"), Kind::NotFound, Phase::Request, "no such file");
/// outcomes.add(&Outcome::Failure(Box::new(failure)), Keys::Names);
/// let batch = outcomes.finish()?;
/// assert!(batch.column_by_name("Format").unwrap().is_null(0) && batch.column_by_name("Kind").unwrap().is_valid(0));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ArrowOutcomes {
    schema: SchemaRef,
    columns: Vec<Shared>,
    success: BooleanBuilder,
    rows: usize,
}

/// A column, and where its values come from.
#[derive(Debug)]
struct Shared {
    column: Column,
    record: Option<&'static Field<Record>>,
    failure: Option<&'static Field<Failure>>,
}

impl Default for ArrowOutcomes {
    fn default() -> Self {
        let (mut outline, mut columns) = (Vec::new(), Vec::new());
        for (mut field, record) in fields::outline::record().into_iter().zip(fields::RECORD) {
            let failure = fields::FAILURE.iter().find(|other| other.name == field.name);
            field.nullable |= failure.is_none();
            columns.push(Shared { column: Column::new(&field.holds), record: Some(record), failure });
            outline.push(field);
        }
        for (mut field, failure) in fields::outline::failure().into_iter().zip(fields::FAILURE) {
            if fields::RECORD.iter().all(|other| other.name != field.name) {
                field.nullable = true;
                columns.push(Shared { column: Column::new(&field.holds), record: None, failure: Some(failure) });
                outline.push(field);
            }
        }
        let success = Arc::new(ArrowField::new(SUCCESS, DataType::Boolean, false));
        let fields: Vec<_> = schema::fields(&outline).iter().cloned().chain([success]).collect();
        let (key, version) = SCHEMA_VERSION;
        let metadata = HashMap::from([(key.to_owned(), version.to_owned())]);
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        Self { schema, columns, success: BooleanBuilder::new(), rows: 0 }
    }
}

impl ArrowOutcomes {
    /// The schema of the batches, with the schema's version in its metadata (`imgmeta.schema_version`).
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Appends an outcome.
    pub fn add(&mut self, outcome: &Outcome, keys: Keys) {
        for Shared { column, record, failure } in &mut self.columns {
            match (outcome, record, failure) {
                (Outcome::Record(row), Some(field), _) => column.append_field(field, row, keys),
                (Outcome::Failure(row), _, Some(field)) => column.append_field(field, row, keys),
                _ => column.append_null(),
            }
        }
        self.success.append_value(matches!(outcome, Outcome::Record(_)));
        self.rows += 1;
    }

    /// How many outcomes were added since the last batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of their texts.
    pub fn text_bytes(&mut self) -> usize {
        self.columns.iter_mut().map(|shared| shared.column.text_bytes()).sum()
    }

    /// What was added, as a batch; the next one begins.
    ///
    /// # Errors
    /// Where the columns do not fit the schema, or hold more text than Arrow's offsets can tell (2 GiB): none that is taken in
    /// time.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for shared in &mut self.columns {
            arrays.extend(shared.column.finish()?);
        }
        arrays.push(Arc::new(self.success.finish()));
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use imgmeta_record::{ImageRef, Kind, Phase};

    #[test]
    fn both_kinds_are_rows_of_one_schema() {
        let mut outcomes = ArrowOutcomes::default();
        let names: Vec<_> = outcomes.schema().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(
            names.join(" "),
            "URL Format Mode Size EXIF Other Row Width Height DisplayWidth DisplayHeight Orientation TakenAt \
             TakenAtOffsetMinutes Camera GPS XMP IPTC Profile Bytes Sha256 Warnings Fetch Extra \
             Error Kind Phase Status Retryable Success"
        );
        let record = Record { url: "a".into(), format: "GIF", row: Some(3), ..Record::default() };
        let failure = Failure::new(ImageRef::new("b"), Kind::NotFound, Phase::Request, "no such file");
        outcomes.add(&Outcome::Record(Box::new(record)), Keys::Names);
        outcomes.add(&Outcome::Failure(Box::new(failure)), Keys::Names);
        assert!(outcomes.rows() == 2 && outcomes.text_bytes() > 20);
        let batch = outcomes.finish().unwrap();
        let shown = |name: &str| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            (0..2).map(|row| column.is_valid(row).then(|| column.value(row).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(shown("URL"), [Some("a".to_owned()), Some("b".to_owned())]);
        assert_eq!(shown("Format"), [Some("GIF".to_owned()), None]);
        assert_eq!(shown("Kind"), [None, Some("not_found".to_owned())]);
        let success = batch.column_by_name("Success").unwrap().as_boolean();
        assert!(success.value(0) && !success.value(1));
        assert!(outcomes.rows() == 0 && outcomes.finish().unwrap().num_rows() == 0);
    }
}
