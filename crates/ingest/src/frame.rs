//! A block of plain records to columns, through Polars.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use polars::prelude::{
    CsvParseOptions, CsvReadOptions, DataType, Field, PlSmallStr, PolarsResult, Schema, SerReader, StringChunked,
};

use crate::columns::Plan;

/// The wanted columns of a block.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Ascending, as the columns.
    positions: Vec<usize>,
    columns: Vec<StringChunked>,
    pub(crate) height: usize,
}

impl Frame {
    /// Reads `text`, each of whose records is plain, has all cells, and ends with `\n`. Nothing is inferred: all cells
    /// are text, and no cell is null.
    ///
    /// # Errors
    /// Where Polars refuses: the caller then reads the block in another way.
    pub(crate) fn read(text: &Bytes, delimiter: u8, plan: &Plan) -> PolarsResult<Self> {
        let positions = plan.wanted();
        // Names of our own, as those of a header need not differ.
        let fields = (0..plan.columns).map(|at| Field::new(PlSmallStr::from_string(at.to_string()), DataType::String));
        let parse = CsvParseOptions::default()
            .with_separator(delimiter)
            .with_quote_char(Some(b'"'))
            .with_missing_is_null(false);
        let frame = CsvReadOptions::default()
            .with_has_header(false)
            .with_schema(Some(Arc::new(fields.collect::<Schema>())))
            .with_projection(Some(Arc::new(positions.clone())))
            .with_infer_schema_length(Some(0))
            .with_rechunk(true)
            .with_parse_options(parse)
            .into_reader_with_file_handle(Cursor::new(text))
            .finish()?;
        let columns = frame.columns().iter().map(|column| column.str().cloned()).collect::<PolarsResult<_>>()?;
        Ok(Self { positions, columns, height: frame.height() })
    }

    /// The cell of a row in a wanted column.
    pub(crate) fn cell(&self, row: usize, position: usize) -> Option<&[u8]> {
        let column = self.positions.binary_search(&position).ok()?;
        self.columns.get(column)?.get(row).map(str::as_bytes)
    }
}
