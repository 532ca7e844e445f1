//! A table for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Row};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::cells;

/// The least width that a column has, its borders included: with less, nothing can be read.
const NARROWEST: usize = 12;
/// Lines that a cell has on a terminal.
const HIGHEST: usize = 3;
/// What stands for what is left out.
const MORE: &str = "…";

/// How much of a table is shown.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Characters of a line; `None`: as many as it takes.
    pub width: Option<u16>,
    /// Rows.
    pub rows: usize,
}

/// The first rows of an answer.
pub(super) struct Rows {
    table: Table,
    header: Vec<(String, CellAlignment)>,
    /// Columns at the left and at the right that there is room for.
    kept: (usize, usize),
    cells: Vec<Vec<String>>,
}

impl Rows {
    pub(super) fn new(table: Table, schema: &SchemaRef) -> Self {
        let aligned = |numeric| if numeric { CellAlignment::Right } else { CellAlignment::Left };
        let fields = schema.fields().iter();
        let header: Vec<_> =
            fields.map(|field| (plain(field.name()), aligned(field.data_type().is_numeric()))).collect();
        let room = table.width.map_or(usize::MAX, |width| (usize::from(width) / NARROWEST).max(2));
        let kept = if header.len() <= room { (header.len(), 0) } else { (room.div_ceil(2), (room - 1) / 2) };
        Self { table, header, kept, cells: Vec::new() }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let wanted = batch.num_rows().min(self.table.rows - self.cells.len());
        if wanted == 0 {
            return Ok(());
        }
        let batch = cells::flat(&batch.slice(0, wanted))?;
        let options = FormatOptions::default();
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..wanted {
            self.cells.push(columns.iter().map(|column| plain(&column.value(row).to_string())).collect());
        }
        Ok(())
    }

    pub(super) fn shown(&self) -> u64 {
        self.cells.len() as u64
    }

    /// The table, with a newline at its end.
    pub(super) fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        let header = self.header.iter().map(|(name, aligned)| Cell::new(name).set_alignment(*aligned));
        table.set_header(self.row(header));
        for row in &self.cells {
            let cells = row.iter().zip(&self.header);
            table.add_row(self.row(cells.map(|(text, (_, aligned))| Cell::new(text).set_alignment(*aligned))));
        }
        if let Some(width) = self.table.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        format!("{table}\n")
    }

    /// A row of the columns that there is room for.
    fn row(&self, cells: impl ExactSizeIterator<Item = Cell>) -> Row {
        let (left, right) = self.kept;
        let all = cells.len();
        let cells = cells.enumerate().filter_map(|(at, cell)| match at {
            _ if at < left || at >= all - right => Some(cell),
            _ if at == left => Some(Cell::new(MORE)),
            _ => None,
        });
        let mut row = Row::from(cells.collect::<Vec<_>>());
        if self.table.width.is_some() {
            row.max_height(HIGHEST);
        }
        row
    }
}

/// Text of an image cannot move the cursor; a line of it ends within its cell.
fn plain(text: &str) -> String {
    let is_odd = |char: char| char.is_control() && char != '\n';
    text.chars().map(|char| if is_odd(char) { char::REPLACEMENT_CHARACTER } else { char }).collect()
}
