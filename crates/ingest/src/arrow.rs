//! Rows that another program hands over as record batches of Arrow.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};
use imgmeta_record::{ImageRef, Listed};

use crate::columnar::texts;
use crate::columns::Plan;
use crate::cut::Syntax;
use crate::row::Rows;
use crate::{Error, Options};

/// Turns record batches into rows: an image to read each, or why it is none.
///
/// ```
/// # use std::sync::Arc;
/// use arrow_array::{ArrayRef, RecordBatch, StringArray};
/// use imgmeta_ingest::{ArrowRows, Options};
///
/// let urls: ArrayRef = Arc::new(StringArray::from(vec![Some("https://example.org/cat.jpg"), None]));
/// let batch = RecordBatch::try_from_iter([("image_url", urls)])?;
/// let rows = ArrowRows::new("the frame", &batch.schema(), &Options::default())?;
/// let listed: Vec<_> = rows.of(&batch, 7)?.collect();
/// assert!(listed[0].as_ref().is_ok_and(|cat| cat.row == Some(7)));
/// assert!(listed[1].as_ref().is_err_and(|failure| failure.error == "the URL is null"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ArrowRows {
    rows: Rows,
}

impl ArrowRows {
    /// By the columns of the batches; `from` names them in messages. Of the options, [`url_column`](Options::url_column) and
    /// [`keep_columns`](Options::keep_columns) count.
    ///
    /// # Errors
    /// As for the header of a list; and [`Error::NotText`].
    pub fn new(from: &str, schema: &Schema, options: &Options) -> Result<Self, Error> {
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let plan = Plan::new(from, Syntax::Batches, names, options)?;
        let url = schema.field(plan.url);
        if !is_text(url.data_type()) {
            let (list, column, kind) = (from.into(), url.name().clone(), url.data_type().to_string());
            return Err(Error::NotText { list, column, kind });
        }
        Ok(Self { rows: Rows { list: from.into(), plan: Arc::new(plan) } })
    }

    /// The position of the column of URLs.
    pub fn url(&self) -> usize {
        self.rows.plan.url
    }

    /// The positions of the columns that go with a row as text.
    pub fn kept(&self) -> impl Iterator<Item = usize> {
        self.rows.plan.keep.iter().map(|(position, _)| *position)
    }

    /// The rows of a batch, numbered from `first`. A path in them is relative to the working directory.
    ///
    /// # Errors
    /// [`Error::Arrow`] where a column cannot be read as text.
    pub fn of(&self, batch: &RecordBatch, first: u64) -> Result<impl Iterator<Item = Listed> + use<>, Error> {
        let (rows, positions) = (self.rows.clone(), self.rows.plan.wanted());
        let wanted = batch.project(&positions).and_then(|batch| texts(&batch, positions));
        let wanted = wanted.map_err(|source| Error::Arrow { list: rows.list.to_string(), source })?;
        Ok((0..wanted.height).zip(first..).map(move |(at, row)| {
            let listed = rows.row(row, rows.plan.columns, |position| wanted.cell(at, position));
            listed.map(|image| ImageRef { base: None, ..image })
        }))
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, DictionaryArray, Int64Array, LargeStringArray, StringViewArray, types::Int8Type};

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn text_of_every_kind_is_a_url_and_what_is_kept_is_text() {
        let kinds: [ArrayRef; 3] = [
            Arc::new(LargeStringArray::from(vec!["http://h/a"])),
            Arc::new(StringViewArray::from(vec!["http://h/a"])),
            Arc::new(["http://h/a"].into_iter().collect::<DictionaryArray<Int8Type>>()),
        ];
        for urls in kinds {
            let batch = batch(vec![("id", Arc::new(Int64Array::from(vec![7]))), ("url", urls)]);
            let options = Options { keep_columns: "all".parse().unwrap(), ..Options::default() };
            let rows = ArrowRows::new("it", &batch.schema(), &options).unwrap();
            assert_eq!((rows.url(), rows.kept().collect::<Vec<_>>()), (1, vec![0]));
            let image = rows.of(&batch, 3).unwrap().next().unwrap().unwrap();
            assert_eq!((image.url.as_str(), image.row, image.base), ("http://h/a", Some(3), None));
            assert_eq!(image.extra, Some(vec![("id".into(), Some("7".into()))]));
        }
    }

    #[test]
    fn a_url_column_that_is_no_text_is_refused() {
        let batch = batch(vec![("url", Arc::new(Int64Array::from(vec![7])))]);
        let error = ArrowRows::new("the frame", &batch.schema(), &Options::default()).unwrap_err();
        assert_eq!(error.to_string(), "the column `url` of `the frame` holds no URLs: it is Int64, not text");
    }
}
