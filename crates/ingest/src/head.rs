//! The head of a file: what kind it is, its columns, and whether it has rows at all.

use std::sync::Arc;

use bytes::Bytes;
use encoding_rs::UTF_8;
use imgmeta_storage::Compression;

use crate::block::cells;
use crate::columnar;
use crate::columns::Plan;
use crate::copy::Copy;
use crate::cut::{Cut, Cutter, Syntax, Unreadable};
use crate::found::{Found, Origin, Source};
use crate::kind::{Format, is_parquet, sniff, sniff_text};
use crate::source::Stored;
use crate::{Column, Error, Keep, Options, delimiter, ndjson};

/// Enough for a header and a row of any usual list.
const PIECE: usize = 64 << 10;

/// Records of NDJSON whose keys are its columns.
const OBJECTS: usize = 100;

/// The first line of Google's format.
const GOOGLE: &[u8] = b"TsvHttpData-1.0";

/// A list whose rows can be read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) list: String,
    pub(crate) base: Arc<str>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) from: Access,
}

/// Where its bytes are.
#[derive(Debug)]
pub(crate) enum Access {
    /// In a store, to be opened when it is its turn.
    Stored(Stored),
    /// In a source that cannot be opened again.
    Source(Source, Option<Copy>),
}

/// How a file is to be read; `None` if it holds no record.
pub(crate) async fn open(found: Found, options: &Options) -> Result<Option<Opened>, Error> {
    let Found { file, base, origin } = found;
    let list = file.url;
    match origin {
        Origin::Stored(stored) => {
            let source = Source::open(&list, stored.clone().pieces(PIECE, None), options).await?;
            let plan = plan(&list, source, Some(&stored), options).await?;
            let from = Access::Stored(stored);
            Ok(plan.map(|(plan, _)| Opened { list, base, plan: Arc::new(plan), from }))
        }
        Origin::Once(once) if once.images => {
            let source =
                Source::open(&list, once.pieces, &Options { encoding: Some(UTF_8), ..options.clone() }).await?;
            let plan = Arc::new(Plan::images());
            let rows = !source.text().head().is_empty();
            Ok(rows.then(|| Opened { list, base, plan, from: Access::Source(source, once.copy) }))
        }
        Origin::Once(once) => {
            let source = Source::open(&list, once.pieces, options).await?;
            let plan = plan(&list, source, None, options).await?;
            let opened =
                |(plan, source)| Opened { list, base, plan: Arc::new(plan), from: Access::Source(source, once.copy) };
            Ok(plan.map(opened))
        }
    }
}

async fn plan(
    list: &str, source: Source, stored: Option<&Stored>, options: &Options,
) -> Result<Option<(Plan, Source)>, Error> {
    let raw = source.text().head();
    // First what it is: `cat.jpg` is told to be an image, not to have an unknown extension.
    sniff(list, raw)?;
    if is_parquet(raw) && source.text().compression() == Compression::None {
        let stored = stored.ok_or_else(|| Error::NoEnd { list: list.into() })?;
        let (names, rows) = columnar::columns(stored).await?;
        let plan = Plan::new(list, Syntax::Batches, names, options)?;
        return Ok((rows > 0).then_some((plan, source)));
    }
    let format = options.format.map_or_else(|| Format::of(list), Ok)?;
    let preview = source.text().preview();
    let whole = source.text().head().len() < PIECE;
    sniff_text(list, &preview, format)?;
    if format == Format::Parquet {
        let what = "no Parquet (it does not begin with PAR1)";
        return if preview.is_empty() { Ok(None) } else { Err(Error::NotAList { list: list.into(), what }) };
    }
    told(list, &source);
    let google = is_google(&preview);
    let syntax =
        if google { Syntax::Cells(delimiter::google(&preview)) } else { syntax(format, options, &preview, whole) };
    let mut head = Head { list, source, cutter: Cutter::new(syntax), taken: Vec::new() };
    let plan = match syntax {
        Syntax::Objects => head.objects(options).await?,
        Syntax::Cells(delimiter) if google => head.google(delimiter).await?,
        _ => head.plan(options).await?,
    };
    let Head { mut source, taken, .. } = head;
    source.again(taken);
    Ok(plan.map(|plan| (plan, source)))
}

/// What was guessed must be known, as it may be wrong.
fn told(list: &str, source: &Source) {
    let encoding = source.text().encoding();
    if encoding != UTF_8 {
        tracing::info!(list, encoding = encoding.name(), "the list is not UTF-8; --encoding would say what it is");
    }
}

fn is_google(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|byte| *byte == b'\n').next().is_some_and(|line| line.trim_ascii_end() == GOOGLE)
}

fn syntax(format: Format, options: &Options, head: &[u8], whole: bool) -> Syntax {
    match format {
        Format::Csv => Syntax::Cells(options.delimiter.unwrap_or_else(|| delimiter::sniff(head, whole))),
        Format::Tsv => Syntax::Cells(options.delimiter.unwrap_or(b'\t')),
        Format::Txt => Syntax::Lines,
        Format::Ndjson => Syntax::Objects,
        Format::Parquet => Syntax::Batches,
    }
}

struct Head<'a> {
    list: &'a str,
    source: Source,
    cutter: Cutter,
    taken: Vec<Bytes>,
}

/// A record with its cells, or why it is none.
type First = Result<Vec<String>, Unreadable>;

impl Head<'_> {
    async fn plan(&mut self, options: &Options) -> Result<Option<Plan>, Error> {
        let syntax = self.cutter.syntax();
        let headless = options.no_header || syntax == Syntax::Lines;
        let mut bad_rows = false;
        let first = loop {
            match self.record().await? {
                // No row tells how many cells there are; bad rows are rows all the same.
                None if bad_rows => break vec![String::new()],
                None => return Ok(None),
                Some(Ok(cells)) => break cells,
                Some(Err(_)) if headless => bad_rows = true,
                Some(Err(why)) => return Err(self.bad_header(why)),
            }
        };
        let plan = Plan::new(self.list, syntax, first, options)?;
        self.cutter.one_column = plan.columns == 1;
        let rows = !plan.header || self.record().await?.is_some();
        Ok(rows.then_some(plan))
    }

    async fn google(&mut self, delimiter: u8) -> Result<Option<Plan>, Error> {
        self.record().await?;
        Ok(self.record().await?.map(|_| Plan::google(delimiter)))
    }

    /// The columns of NDJSON are the keys of its first objects.
    async fn objects(&mut self, options: &Options) -> Result<Option<Plan>, Error> {
        let (mut names, mut bad_rows) = (Vec::<String>::new(), false);
        let mut read = 0;
        // Further pieces are read only where the first holds no object at all.
        while read < OBJECTS && (names.is_empty() || self.taken.len() <= 1) {
            let Some(record) = self.record().await? else { break };
            let cells = record.ok().and_then(|line| ndjson::cells(line.first()?.as_bytes()).ok());
            bad_rows |= cells.is_none();
            for (key, _) in cells.into_iter().flatten() {
                if !names.contains(&key) {
                    names.push(key);
                }
            }
            read += 1;
        }
        if names.is_empty() && bad_rows {
            // Bad rows are rows all the same.
            let name = match &options.url_column {
                Some(Column::Name(name)) => name.clone(),
                _ => "url".into(),
            };
            let options = Options { keep_columns: Keep::None, ..options.clone() };
            return Plan::new(self.list, Syntax::Objects, vec![name], &options).map(Some);
        }
        if read == 0 {
            return Ok(None);
        }
        Plan::new(self.list, Syntax::Objects, names, options).map(Some)
    }

    async fn record(&mut self) -> Result<Option<First>, Error> {
        let syntax = self.cutter.syntax();
        loop {
            match self.cutter.next() {
                Cut::Record(record) => return Ok(Some(Ok(cells(record.text, syntax)))),
                Cut::Bad(why) => return Ok(Some(Err(why))),
                Cut::End => return Ok(None),
                Cut::More => match self.source.piece(PIECE).await? {
                    Some(piece) => {
                        self.taken.push(piece.clone());
                        self.cutter.push(&piece);
                    }
                    None => self.cutter.end(),
                },
            }
        }
    }

    fn bad_header(&self, why: Unreadable) -> Error {
        let why = match why {
            Unreadable::OpenQuote => "a quote is opened and not closed",
            Unreadable::TooLong => "it is longer than 1 MiB",
        };
        Error::BadHeader { list: self.list.into(), why }
    }
}
