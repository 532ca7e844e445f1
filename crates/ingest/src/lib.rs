//! Lists of image URLs to image references.
//!
//! A [`List`] is one or more files (CSV, TSV, one URL a line, NDJSON, Parquet, Google's `TsvHttpData-1.0`; of the text kinds
//! also gzip and zstd, in any charset), given by path, folder or glob, on a local disk or in a store; or standard input, a
//! file on the web, or all files below a folder. It hands on its rows in order, one [`Listed`](imgmeta_record::Listed) each:
//! an image to read, or why the row is none.
//!
//! ```
//! use imgmeta_ingest::{List, Options};
//! use imgmeta_storage::Stores;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("cats.csv");
//! std::fs::write(&path, "id,url\n7,https://example.org/cat.jpg\n8,\n")?;
//! let options = Options { lists: vec![path.display().to_string()], ..Options::default() };
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let mut list = List::open(&Stores::default(), options).await?;
//! let cat = list.next().await.expect("a first row")?.expect("which is good");
//! assert_eq!((cat.url.as_str(), cat.row), ("https://example.org/cat.jpg", Some(0)));
//! let empty = list.next().await.expect("a second row")?.expect_err("whose URL is missing");
//! assert_eq!(empty.kind, imgmeta_record::Kind::BadRow);
//! assert!(list.next().await.is_none());
//! # Ok::<_, Box<dyn std::error::Error>>(()) })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is a row
//! - Rows are numbered from 0 over all lists in order, bad ones too; headers and blank lines are no rows. In a list of one
//!   column a line of blanks is blank, but `""` is a row.
//! - A record ends at the first line end outside quotes. One that has not ended after 1 MiB is bad: if a quote is open in
//!   it, only its first line is taken for it and the next line begins a new record; else it goes to the end of its line.
//!   A quote that is still open at the end of the file makes the rest one bad record.
//! - A record with more or fewer cells than the header is used, with a warning, if it has a URL.
//! - `\r\n` ends a line as `\n` does; a byte order mark before a record is dropped.
//!
//! # How it is read
//! Blocks of a MiB are cut at record ends. A block in which every record is plain goes through Polars, any other through
//! `csv` record by record; NDJSON is read line by line with `serde_json`'s tokens, as any other reader of JSON would lose
//! digits, or a block for one bad line. Of Parquet a row group's wanted columns are in memory. Memory holds about two blocks,
//! however long the list is.
//!
//! A list that cannot be read twice the same is copied below [`Options::output`], each block before its rows are handed on,
//! and read from there when a run is resumed.

mod arrow;
mod block;
mod columnar;
mod columns;
mod copy;
mod cut;
mod delimiter;
mod error;
mod expand;
mod found;
mod frame;
mod head;
mod images;
mod input;
mod kept;
mod kind;
mod list;
mod ndjson;
mod options;
mod reading;
mod row;
mod source;

pub use arrow::ArrowRows;
pub use error::Error;
pub use input::Input;
pub use kind::Format;
pub use list::{List, Progress, Start, Tally};
pub use options::{Column, Keep, Options, Skip};
pub use source::File;
