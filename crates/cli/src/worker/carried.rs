//! Columns of the input that go through as they are: they are held until the outcome of their row is written.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::{Context, bail};
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema, SchemaRef};
use arrow_select::interleave::interleave;
use imgmeta_ingest::ArrowRows;

/// A batch of which less than this share is still waited for is made as small as that.
const SHARE: usize = 4;

/// The key under which the schema says which column of the input held the URLs.
const URL_COLUMN: &str = "imgmeta.url_column";

/// What is held. The first column is `Row`, where the input has one.
#[derive(Debug)]
pub(super) struct Carried {
    positions: Vec<usize>,
    has_rows: bool,
    /// By the number of their first row.
    batches: BTreeMap<u64, Held>,
}

/// What is left of a batch.
#[derive(Debug)]
struct Held {
    columns: Vec<ArrayRef>,
    /// Numbers of the rows in `columns`, ascending; and whether they are still waited for.
    rows: Vec<(u64, bool)>,
    left: usize,
}

impl Carried {
    /// By the columns of the input that hold neither URLs nor what goes into `Extra`. And the schema of what is written.
    ///
    /// # Errors
    /// Where a column has the name of one of the outcomes'.
    pub(super) fn new(input: &Schema, rows: &ArrowRows, outcomes: &Schema) -> anyhow::Result<(Self, SchemaRef)> {
        let kept: Vec<_> = rows.kept().collect();
        let others = (0..input.fields().len()).filter(|at| *at != rows.url() && !kept.contains(at));
        let (row, others): (Vec<_>, Vec<_>) = others.partition(|at| is_row(&input.fields()[*at]));
        if let [_, second, ..] = row[..] {
            bail!("the input has two columns `Row`: rename `{}`", input.field(second).name());
        }
        let mut fields = outcomes.fields().to_vec();
        for at in &others {
            let field = &input.fields()[*at];
            if let Some(same) = fields.iter().find(|other| other.name().to_lowercase() == field.name().to_lowercase()) {
                let (name, same) = (field.name(), same.name());
                bail!(
                    "the input's column `{name}` would stand beside `{same}` of the outcomes: rename it, or keep it in `Extra` (--keep-columns '{name}')"
                );
            }
            fields.push(Arc::clone(field));
        }
        let mut metadata = outcomes.metadata().clone();
        metadata.insert(URL_COLUMN.to_owned(), input.field(rows.url()).name().clone());
        let schema = Schema::new_with_metadata(fields, metadata);
        let has_rows = !row.is_empty();
        let positions = row.into_iter().chain(others).collect();
        Ok((Self { positions, has_rows, batches: BTreeMap::new() }, Arc::new(schema)))
    }

    /// Holds the columns of a batch whose first row has this number.
    ///
    /// # Errors
    /// Where its `Row` is too large.
    pub(super) fn hold(&mut self, first: u64, batch: &RecordBatch) -> anyhow::Result<()> {
        let left = batch.num_rows();
        if left == 0 || self.positions.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<_> = self.positions.iter().map(|at| Arc::clone(batch.column(*at))).collect();
        if self.has_rows {
            let options = CastOptions { safe: false, ..CastOptions::default() };
            columns[0] = cast_with_options(&columns[0], &DataType::Int64, &options)
                .context("the input's column `Row` holds a number above 2^63-1")?;
        }
        let rows = (first..).take(left).map(|number| (number, true)).collect();
        self.batches.insert(first, Held { columns, rows, left });
        Ok(())
    }

    /// The column `Row` and those that are carried, for the rows with these numbers, which are not waited for any more.
    ///
    /// # Errors
    /// Where rows of several batches cannot be put beside each other: their dictionaries have too many values together.
    pub(super) fn release(&mut self, numbers: &[u64]) -> Result<(ArrayRef, Vec<ArrayRef>), ArrowError> {
        let no_rows = || new_null_array(&DataType::Int64, numbers.len());
        if self.positions.is_empty() {
            return Ok((no_rows(), Vec::new()));
        }
        let mut columns = self.columns(numbers)?;
        self.forget(numbers)?;
        let rows = if self.has_rows { columns.remove(0) } else { no_rows() };
        Ok((rows, columns))
    }

    fn columns(&self, numbers: &[u64]) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut places: HashMap<u64, usize> = HashMap::new();
        let mut held: Vec<&Held> = Vec::new();
        let mut indices = Vec::with_capacity(numbers.len());
        for number in numbers {
            let (first, batch) = self.batches.range(..=number).next_back().expect("it is held until it is released");
            let place = *places.entry(*first).or_insert_with(|| {
                held.push(batch);
                held.len() - 1
            });
            indices.push((place, batch.at(*number)));
        }
        let column = |at: usize| {
            let columns: Vec<&dyn Array> = held.iter().map(|batch| batch.columns[at].as_ref()).collect();
            interleave(&columns, &indices)
        };
        (0..self.positions.len()).map(column).collect()
    }

    fn forget(&mut self, numbers: &[u64]) -> Result<(), ArrowError> {
        for number in numbers {
            let (first, batch) = self.batches.range_mut(..=number).next_back().expect("it is held");
            let (first, at) = (*first, batch.at(*number));
            batch.rows[at].1 = false;
            batch.left -= 1;
            if batch.left == 0 {
                self.batches.remove(&first);
            } else if batch.left * SHARE < batch.rows.len() {
                batch.shrink()?;
            }
        }
        Ok(())
    }
}

impl Held {
    fn at(&self, number: u64) -> usize {
        self.rows.binary_search_by_key(&number, |(number, _)| *number).expect("it is a row of this batch")
    }

    /// Copies what is waited for: one slow image would hold the whole batch.
    fn shrink(&mut self) -> Result<(), ArrowError> {
        let indices: Vec<_> = (0..self.rows.len()).filter(|at| self.rows[*at].1).map(|at| (0, at)).collect();
        let shrunk = self.columns.iter().map(|column| interleave(&[column.as_ref()], &indices));
        self.columns = shrunk.collect::<Result<_, _>>()?;
        self.rows.retain(|(_, wanted)| *wanted);
        Ok(())
    }
}

/// Whether a column gives rows their numbers.
fn is_row(field: &FieldRef) -> bool {
    field.name().eq_ignore_ascii_case("row") && field.data_type().is_integer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Int32Array, Int64Array, StringArray, UInt64Array};
    use imgmeta_ingest::Options;
    use imgmeta_sink::ArrowOutcomes;

    fn batch(rows: std::ops::Range<i32>) -> RecordBatch {
        let urls: ArrayRef = Arc::new(StringArray::from_iter_values(rows.clone().map(|row| format!("u{row}"))));
        let ids: ArrayRef = Arc::new(Int32Array::from_iter_values(rows.clone().map(|row| row * 10)));
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.map(|row| i64::from(row) + 1000)));
        RecordBatch::try_from_iter([("id", ids), ("url", urls), ("Row", numbers)]).unwrap()
    }

    fn carried(input: &Schema, keep: &str) -> anyhow::Result<(Carried, SchemaRef)> {
        let options = Options { keep_columns: keep.parse().unwrap(), ..Options::default() };
        Carried::new(input, &ArrowRows::new("it", input, &options).unwrap(), ArrowOutcomes::default().schema())
    }

    #[test]
    fn rows_come_out_in_any_order_and_nothing_is_held_for_them() {
        let (mut carried, schema) = carried(&batch(0..1).schema(), "").unwrap();
        assert_eq!(schema.fields().last().unwrap().name(), "id");
        carried.hold(0, &batch(0..100)).unwrap();
        carried.hold(100, &batch(100..103)).unwrap();
        let order: Vec<u64> = (0..103).rev().filter(|number| *number != 7).chain([7]).collect();
        for numbers in order.chunks(10) {
            let (rows, columns) = carried.release(numbers).unwrap();
            let expected: Vec<_> = numbers.iter().map(|number| i64::try_from(*number).unwrap() + 1000).collect();
            assert_eq!(rows.as_primitive::<Int64Type>().values(), &expected[..]);
            let ids: Vec<_> = numbers.iter().map(|number| i32::try_from(*number).unwrap() * 10).collect();
            assert_eq!(columns[0].as_ref(), &Int32Array::from(ids));
            let held: usize = carried.batches.values().map(|held| held.columns[0].len()).sum();
            let left: usize = carried.batches.values().map(|held| held.left).sum();
            assert!(held <= left * SHARE, "{held} rows are held for {left}");
        }
        assert!(carried.batches.is_empty());
    }

    #[test]
    fn a_name_of_the_outcomes_is_refused_unless_it_is_kept_in_extra() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let input = RecordBatch::try_from_iter([("url", Arc::clone(&texts)), ("WIDTH", texts)]).unwrap().schema();
        let refused = carried(&input, "").unwrap_err().to_string();
        assert!(
            refused.contains("`WIDTH` would stand beside `Width`") && refused.contains("--keep-columns 'WIDTH'"),
            "{refused}"
        );
        assert_eq!(carried(&input, "WIDTH").unwrap().0.positions, [0; 0]);
    }

    #[test]
    fn a_number_that_is_no_row_is_refused() {
        let columns: [(&str, ArrayRef); 2] =
            [("url", Arc::new(StringArray::from(vec!["x"]))), ("row", Arc::new(UInt64Array::from(vec![u64::MAX])))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let (mut carried, _) = carried(&batch.schema(), "").unwrap();
        assert!(carried.hold(0, &batch).unwrap_err().to_string().contains("2^63-1"));
    }
}
