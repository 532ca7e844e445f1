//! Why a list cannot be read; a row that cannot is a [`Failure`](imgmeta_record::Failure).

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No list at all.
    #[error("no list is given; name a file, a folder, a glob or `-`, or use --images-under")]
    NoList,
    /// The place cannot be used.
    #[error("cannot use the list `{list}`")]
    Place {
        /// As given.
        list: String,
        /// Why.
        source: Box<imgmeta_storage::Error>,
    },
    /// A list on the web broke off.
    #[error("cannot read the list `{list}`")]
    Web {
        /// Its URL.
        list: String,
        /// Why.
        source: std::io::Error,
    },
    /// Neither a file nor a folder.
    #[error("there is no list `{list}`")]
    NotFound {
        /// Its place.
        list: String,
    },
    /// A device, socket or FIFO.
    #[error("`{list}` is no regular file; copy it to one first")]
    NotAFile {
        /// Its place.
        list: String,
    },
    /// A folder without lists.
    #[error("the folder `{list}` holds no list; names that begin with `.` or `_` are skipped")]
    NoFiles {
        /// Its place.
        list: String,
    },
    /// A glob that matches nothing.
    #[error("no file matches `{list}`; names that begin with `.` or `_` are skipped")]
    NoMatch {
        /// The pattern.
        list: String,
    },
    /// A pattern that is none.
    #[error("cannot read `{list}` as a glob; a literal `*`, `?`, `[` or `{{` is written in brackets, as `[*]`")]
    BadGlob {
        /// The pattern.
        list: String,
        /// Why.
        source: globset::Error,
    },
    /// The store refuses or breaks.
    #[error("cannot read the list `{list}`")]
    Read {
        /// Its place.
        list: String,
        /// Why.
        source: object_store::Error,
    },
    /// What is packed cannot be unpacked.
    #[error("the list `{list}` is damaged")]
    Damaged {
        /// Its place.
        list: String,
        /// What is wrong.
        source: std::io::Error,
    },
    /// A column of URLs that is none.
    #[error("the column `{column}` of `{list}` holds no URLs: it is {kind}, not text")]
    NotText {
        /// Whose column it is.
        list: String,
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A record batch of Arrow that cannot be read.
    #[error("cannot read a batch of `{list}`")]
    Arrow {
        /// Whose batch it is.
        list: String,
        /// Why.
        source: arrow_schema::ArrowError,
    },
    /// Parquet that cannot be read.
    #[error("cannot read the Parquet list `{list}`")]
    Parquet {
        /// Its place.
        list: String,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// Parquet, of which the end must be read first, from where there is no end yet.
    #[error("a Parquet list is read from its end: copy `{list}` to a file or a store first")]
    NoEnd {
        /// Its place.
        list: String,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input")]
    Input {
        /// Why.
        source: std::io::Error,
    },
    /// `-` more than once.
    #[error("standard input can be read once only: give one `-`")]
    Twice,
    /// A list is fed again that is not the one that was copied.
    #[error(
        "the list `{list}` is not the one that this run has begun with; feed the same from its start, or use --overwrite"
    )]
    Differs {
        /// Its place.
        list: String,
    },
    /// The copy of a list cannot be kept or read.
    #[error("cannot keep the copy of the list `{list}` in the output")]
    Copy {
        /// The list, or the output.
        list: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another length or time than when it was opened.
    #[error("the list `{list}` was changed while it was read; rows would be mixed up: start again")]
    Changed {
        /// Its place.
        list: String,
    },
    /// The name does not tell.
    #[error(
        "cannot tell by its name what kind of list `{list}` is; .csv, .tsv, .txt, .ndjson, .jsonl and .parquet are read, and --list-format tells it"
    )]
    UnknownKind {
        /// Its place.
        list: String,
    },
    /// An image was given as a list.
    #[error("`{list}` is a {format} image, not a list; use `imgmeta inspect` for images")]
    Image {
        /// Its place.
        list: String,
        /// Its format.
        format: &'static str,
    },
    /// Something else was given as a list.
    #[error("`{list}` is {what}, not a list; CSV, TSV, TXT, NDJSON and Parquet are read")]
    NotAList {
        /// Its place.
        list: String,
        /// What it is.
        what: &'static str,
    },
    /// No row in any list.
    #[error("no row is in {}", quoted(lists))]
    Empty {
        /// Their places.
        lists: Vec<String>,
    },
    /// The first line cannot be a header.
    #[error("the first line of `{list}` is no header: {why}; mend it, or use --no-header")]
    BadHeader {
        /// Its place.
        list: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No such column.
    #[error("the list `{list}` has no column `{column}`; it has: {}", found.join(", "))]
    NoColumn {
        /// Its place.
        list: String,
        /// What was asked for.
        column: String,
        /// What there is.
        found: Vec<String>,
    },
    /// None of the columns is known to hold URLs.
    #[error("cannot tell which column of `{list}` holds the URLs; name it with --url-column; it has: {}", found.join(", "))]
    NoUrlColumn {
        /// Its place.
        list: String,
        /// What there is.
        found: Vec<String>,
    },
    /// A name that more than one column has.
    #[error("the list `{list}` has more than one column `{column}`; name it by its position, as `#2`")]
    Ambiguous {
        /// Its place.
        list: String,
        /// The name.
        column: String,
    },
    /// Two kept columns would be one key.
    #[error("the kept columns `{first}` and `{second}` of `{list}` differ in case at most; rename or leave out one")]
    SameColumn {
        /// Its place.
        list: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A delimiter that ends lines or quotes.
    #[error("--delimiter cannot be a quote or a line end")]
    BadDelimiter,
}

fn quoted(lists: &[String]) -> String {
    lists.iter().map(|list| format!("`{list}`")).collect::<Vec<_>>().join(", ")
}
