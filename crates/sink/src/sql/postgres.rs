//! PostgreSQL: rows by COPY.

use std::io::Write as _;
use std::sync::Arc;

use futures::{StreamExt, stream};
use sqlx::{PgConnection, query_as};

use super::cell::{Cell, Take};
use super::connect::{Connection, Trouble, within};
use super::load::{Cut, Load};
use super::table::{Of, Table};
use crate::Error;
use crate::writer::blocking;

/// Bytes of JSON that become rows at once.
const PIECE: usize = 256 << 10;
/// Pieces that are turned while one is sent.
const AHEAD: usize = 2;

const ASKED: &str = "SELECT current_setting('server_encoding'), current_schema()::text";

/// Refuses a database that cannot hold the tables.
pub(super) async fn check(connection: &mut Connection, url: &str) -> Result<(), Trouble> {
    let Connection::Postgres(c) = connection else { return Ok(()) };
    let (encoding, schema): (String, Option<String>) = within(query_as(ASKED).fetch_one(c)).await?;
    let why = if encoding != "UTF8" {
        format!("its encoding is {encoding}, and metadata holds any character: make one with ENCODING 'UTF8'")
    } else if schema.is_none() {
        "no schema of its search_path is there: make it (CREATE SCHEMA), or name another one".to_owned()
    } else {
        return Ok(());
    };
    Err(Trouble::Ours(Error::Tables { url: url.into(), why }))
}

/// Sends a shard's rows of a table.
pub(super) async fn copy(c: &mut PgConnection, table: &Arc<Table>, of: Of, load: &Load<'_>) -> Result<(), Trouble> {
    let statement = format!("COPY {} ({}) FROM STDIN", table.name(), table.columns().join(", "));
    let mut copy = within(c.copy_in_raw(&statement)).await?;
    let turned = load.pieces(table, Cut::Bytes(PIECE)).map(|lines| {
        let table = Arc::clone(table);
        blocking(move || {
            let mut rows = CopyText::default();
            table.fill(of, &lines, &mut rows).map(|()| rows.bytes)
        })
    });
    let mut turned = stream::iter(turned).buffered(AHEAD);
    while let Some(rows) = turned.next().await {
        let rows = rows.map_err(|why| Trouble::Ours(load.damaged(why)))?;
        within(async { copy.send(rows).await.map(|_| ()) }).await?;
    }
    within(copy.finish()).await?;
    Ok(())
}

/// Rows in the text format of COPY.
#[derive(Debug, Default)]
struct CopyText {
    bytes: Vec<u8>,
    in_row: bool,
}

impl CopyText {
    fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r')) {
            self.bytes.extend_from_slice(&rest[..at]);
            self.bytes.extend_from_slice(match rest[at] {
                b'\t' => b"\\t",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                _ => b"\\\\",
            });
            rest = &rest[at + 1..];
        }
        self.bytes.extend_from_slice(rest);
    }
}

impl Take for CopyText {
    fn cell(&mut self, cell: Cell<'_>) {
        if self.in_row {
            self.bytes.push(b'\t');
        }
        self.in_row = true;
        match cell {
            Cell::Null => self.bytes.extend_from_slice(b"\\N"),
            Cell::Bool(value) => self.bytes.push(if value { b't' } else { b'f' }),
            Cell::Int(value) => write!(self.bytes, "{value}").expect("a Vec takes every byte"),
            Cell::Float(text) => self.bytes.extend_from_slice(text.as_bytes()),
            Cell::Text(text) | Cell::Json(text) => self.text(&text),
        }
    }

    fn end(&mut self) {
        self.in_row = false;
        self.bytes.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copy_would_take_for_its_own_is_escaped() {
        let mut rows = CopyText::default();
        for cell in [
            Cell::Null,
            Cell::Text("\\N".into()),
            Cell::Text("a\tb\nc\rd\\.".into()),
            Cell::Text("".into()),
            Cell::Bool(true),
            Cell::Int(-1),
            Cell::Float("1e-7"),
            Cell::Json(r#"{"a":"\n\u0001"}"#.into()),
        ] {
            rows.cell(cell);
        }
        rows.end();
        rows.cell(Cell::Text("\\.".into()));
        rows.end();
        let expected = "\\N\t\\\\N\ta\\tb\\nc\\rd\\\\.\t\tt\t-1\t1e-7\t{\"a\":\"\\\\n\\\\u0001\"}\n\\\\.\n";
        assert_eq!(String::from_utf8(rows.bytes).expect("text"), expected);
    }
}
