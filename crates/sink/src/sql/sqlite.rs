//! SQLite: rows by inserts of many.

use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection, query_with};

use super::cell::{Cell, Take};
use super::connect::{Trouble, within};
use super::load::{Cut, Load};
use super::table::{Of, Table};
use crate::writer::blocking;

/// Values of one insert, at most: SQLite takes 32,766.
const VALUES: usize = 10_000;
/// Lines that are turned at once, where each has some rows.
const LINES: usize = 200;

/// Inserts a shard's rows of a table.
pub(super) async fn insert(
    c: &mut SqliteConnection, table: &Arc<Table>, of: Of, load: &Load<'_>,
) -> Result<(), Trouble> {
    let most = VALUES / table.columns().len();
    let lines = if table.is_tags() { LINES } else { most };
    for lines in load.pieces(table, Cut::Lines(lines)) {
        let filled = Arc::clone(table);
        let turned = blocking(move || {
            let mut rows = Inserts::new(most);
            filled.fill(of, &lines, &mut rows).map(|()| rows.finish())
        });
        for (rows, arguments) in turned.await.map_err(|why| Trouble::Ours(load.damaged(why)))? {
            let sql = AssertSqlSafe(statement(table, rows));
            within(query_with(sql, arguments).execute(&mut *c)).await?;
        }
    }
    Ok(())
}

/// `INSERT` of so many rows.
fn statement(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns().len()].join(","));
    let rows = vec![row; rows].join(",");
    format!("INSERT INTO {} ({}) VALUES {rows}", table.name(), table.columns().join(", "))
}

/// Values of rows, so many rows at a time.
#[derive(Debug)]
struct Inserts {
    most: usize,
    whole: Vec<(usize, SqliteArguments)>,
    rows: usize,
    arguments: SqliteArguments,
}

impl Inserts {
    fn new(most: usize) -> Self {
        Self { most, whole: Vec::new(), rows: 0, arguments: SqliteArguments::default() }
    }

    fn finish(mut self) -> Vec<(usize, SqliteArguments)> {
        self.cut(1);
        self.whole
    }

    /// Closes an insert, where it has so many rows.
    fn cut(&mut self, least: usize) {
        if self.rows >= least {
            self.whole.push((std::mem::take(&mut self.rows), std::mem::take(&mut self.arguments)));
        }
    }
}

impl Take for Inserts {
    fn cell(&mut self, cell: Cell<'_>) {
        let added = match cell {
            Cell::Null => self.arguments.add(None::<i64>),
            Cell::Bool(value) => self.arguments.add(value),
            Cell::Int(value) => self.arguments.add(value),
            Cell::Float(text) => self.arguments.add(text.parse::<f64>().ok()),
            Cell::Text(text) | Cell::Json(text) => self.arguments.add(text.into_owned()),
        };
        added.expect("numbers and texts are values of SQLite");
    }

    fn end(&mut self) {
        self.rows += 1;
        self.cut(self.most);
    }
}
