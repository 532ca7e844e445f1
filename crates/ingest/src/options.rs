//! What a caller may choose.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use encoding_rs::Encoding;
use imgmeta_storage::Place;

use crate::{Format, Input};

/// Whether a row is left out: it was committed by an earlier run.
#[derive(Clone)]
pub struct Skip(Arc<dyn Fn(u64) -> bool + Send + Sync>);

impl Skip {
    /// Leaves out the rows of which this is true.
    pub fn new(skips: impl Fn(u64) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(skips))
    }

    pub(crate) fn skips(&self, row: u64) -> bool {
        (self.0)(row)
    }
}

impl fmt::Debug for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Skip")
    }
}

/// Which lists are read, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files, folders or globs, as paths or URLs, in the order in which they are read; `-` is [`input`](Self::input).
    pub lists: Vec<String>,
    /// Every file below this folder is a row instead; its path and the names of its folders are carried along.
    pub images_under: Option<String>,
    /// Which of them: globs of names, or of paths below the folder where they hold a `/`. None: all.
    pub include: Vec<String>,
    /// Which of them not.
    pub exclude: Vec<String>,
    /// What kind of list each file is; `None`: as its name says.
    pub format: Option<Format>,
    /// The charset of each list; `None`: guessed. A byte order mark is believed in any case.
    pub encoding: Option<&'static Encoding>,
    /// The column of the URLs. `None`: the only one, or the first of `image_url`, `img_url`, `url`, `uri`, `link`, `src`,
    /// `path` that the header has (in any case; `_`, `-` and spaces are ignored). A list of one URL a line has no names.
    pub url_column: Option<Column>,
    /// Which other columns are carried along.
    pub keep_columns: Keep,
    /// Only these rows, by their number over all lists.
    pub rows: Option<Range<u64>>,
    /// The first line of each list is a row.
    pub no_header: bool,
    /// What separates cells; `None`: a tab in `.tsv`, in `.csv` what cuts its first rows into the most cells.
    pub delimiter: Option<u8>,
    /// Bytes that are read and parsed at once.
    pub block_bytes: usize,
    /// Rows to leave out; they keep their numbers.
    pub skip: Option<Skip>,
    /// What `-` is.
    pub input: Input,
    /// The output of the run. Lists that cannot be read twice the same (`-`, the web, [`images_under`](Self::images_under))
    /// are copied below it, each block before its rows are handed on, and nothing before the first row is asked for.
    pub output: Option<Place>,
    /// Whether the copies of an earlier run are gone on with.
    pub resume: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            images_under: None,
            include: Vec::new(),
            exclude: Vec::new(),
            format: None,
            encoding: None,
            url_column: None,
            keep_columns: Keep::None,
            rows: None,
            no_header: false,
            delimiter: None,
            block_bytes: 1 << 20,
            skip: None,
            input: Input::default(),
            output: None,
            resume: false,
        }
    }
}

/// One column of a list.
///
/// ```
/// use imgmeta_ingest::Column;
/// assert_eq!("#2".parse(), Ok(Column::Index(2.try_into().unwrap())));
/// assert_eq!("image url".parse(), Ok(Column::Name("image url".into())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// By its name in the header.
    Name(String),
    /// By its position, from 1.
    Index(NonZeroUsize),
}

impl FromStr for Column {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let index = text.strip_prefix('#').and_then(|digits| digits.parse().ok());
        Ok(index.map_or_else(|| Self::Name(text.into()), Self::Index))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Index(index) => write!(f, "#{index}"),
        }
    }
}

/// Which columns are carried into the outcomes. Text is names between commas, `all`, or nothing.
///
/// ```
/// use imgmeta_ingest::Keep;
/// assert_eq!("id,label".parse(), Ok(Keep::Named(vec!["id".into(), "label".into()])));
/// assert_eq!(("all".parse(), "".parse()), (Ok(Keep::All), Ok(Keep::None)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keep {
    /// No column.
    #[default]
    None,
    /// Every column but that of the URLs.
    All,
    /// These; `#2` names a column of a list without header.
    Named(Vec<String>),
}

impl FromStr for Keep {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let names: Vec<String> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Into::into).collect();
        Ok(match names.as_slice() {
            [] => Self::None,
            [one] if one == "all" => Self::All,
            _ => Self::Named(names),
        })
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::All => f.write_str("all"),
            Self::Named(names) => f.write_str(&names.join(",")),
        }
    }
}
