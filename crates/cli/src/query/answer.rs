//! An answer, from the arguments to the file.

use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use bytesize::ByteSize;
use console::Term;
use imgmeta_query::{Answer, Error, Format, Options, Parts, Source, Table, Turn, Written};
use imgmeta_record::schema::Rows;
use imgmeta_sink::Waits;
use tokio_util::sync::CancellationToken;

use crate::args::{LogFormat, QueryArgs, QueryFormat};
use crate::{environment, exit, log, signals};

/// Rows of a table on a terminal, and elsewhere. All rows are for the other formats.
const ROWS: (usize, usize) = (40, 1000);

pub(super) async fn query(args: &QueryArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let start = Instant::now();
    let (sql, format) = (question(args)?, format(args)?);
    let place = environment::stores_alone().place(&args.from).context("cannot use --from")?;
    let parts = imgmeta_sink::Parts::find(&place, Waits::default()).await?;
    let source = source(parts, place.url());
    let options = Options { memory: usize::try_from(args.memory).unwrap_or(usize::MAX), ..Options::default() };
    let stop = CancellationToken::new();
    tokio::spawn(signals::watch(stop.clone(), "stopping: the answer is not complete"));
    let written = tokio::select! {
        // Temporary files are deleted as what held them is dropped.
        () = stop.cancelled() => return Ok(ExitCode::from(exit::INTERRUPTED)),
        written = async {
            let answer = imgmeta_query::query(&source, &sql, &options).await.map_err(hinted)?;
            match args.file() {
                Some(path) => write_file(answer, format, path).await.map(Some),
                None => print(answer, format).await,
            }
        } => written?,
    };
    if let Some(written) = written {
        tell(written, start);
    }
    Ok(ExitCode::from(exit::COMPLETE))
}

/// Writes to standard output; `None` where who reads has seen enough.
async fn print(answer: Answer, format: Format) -> anyhow::Result<Option<Written>> {
    match answer.write(format, &mut BufWriter::new(io::stdout())).await {
        Err(Error::Write { source }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        written => written.map(Some).map_err(hinted),
    }
}

/// What is asked.
fn question(args: &QueryArgs) -> anyhow::Result<String> {
    if args.sql != "-" {
        return Ok(args.sql.clone());
    }
    let mut sql = String::new();
    io::stdin().read_to_string(&mut sql).context("cannot read the question from standard input")?;
    Ok(sql)
}

fn format(args: &QueryArgs) -> Result<Format, exit::Usage> {
    let to_terminal = args.file().is_none() && io::stdout().is_terminal();
    Ok(match args.format() {
        QueryFormat::Table if to_terminal => {
            Format::Table(Table { width: Some(Term::stdout().size().1), rows: ROWS.0 })
        }
        QueryFormat::Table => Format::Table(Table { width: None, rows: ROWS.1 }),
        QueryFormat::Csv => Format::Csv,
        QueryFormat::Json => Format::Json,
        QueryFormat::Parquet if to_terminal => {
            return Err(exit::Usage("Parquet is not for a terminal: name a file with --out".into()));
        }
        QueryFormat::Parquet => Format::Parquet,
    })
}

/// The mirror, where the run has one.
fn source(mut parts: imgmeta_sink::Parts, url: &str) -> Source {
    let (store, url) = (parts.store.clone(), url.to_owned());
    if let Some((success, failure)) = parts.mirror.take() {
        return Source { store, url, success: Parts::Mirror(success), failure: Parts::Mirror(failure) };
    }
    tracing::info!("the run has no mirror: all of the JSON is read, which takes longer (`imgmeta mirror` makes one)");
    let parts = Arc::new(parts);
    let turned = |rows| Parts::Turned(Arc::new(Json { parts: parts.clone(), rows }));
    Source { store, url, success: turned(Rows::Success), failure: turned(Rows::Failure) }
}

/// Parts of the JSON.
#[derive(Debug)]
struct Json {
    parts: Arc<imgmeta_sink::Parts>,
    rows: Rows,
}

impl Json {
    fn metas(&self) -> &[object_store::ObjectMeta] {
        match self.rows {
            Rows::Success => &self.parts.records,
            Rows::Failure => &self.parts.failures,
        }
    }
}

#[async_trait::async_trait]
impl Turn for Json {
    fn parts(&self) -> usize {
        self.metas().len()
    }

    async fn part(&self, number: usize) -> Result<bytes::Bytes, Box<dyn std::error::Error + Send + Sync>> {
        self.parts
            .mirrored(&self.metas()[number], self.rows)
            .await
            .map_err(|error| exit::one_line(&error.into()).into())
    }
}

/// The file is whole, or what it was before.
async fn write_file(answer: Answer, format: Format, path: &Path) -> anyhow::Result<Written> {
    let cannot = || format!("cannot write the answer to `{}` (--out)", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = tempfile::Builder::new();
    // As other files of this user: a temporary file is for the user alone.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let draft = draft.prefix(".imgmeta-").tempfile_in(folder).with_context(cannot)?;
    let mut out = BufWriter::new(draft.as_file().try_clone().with_context(cannot)?);
    let written = answer.write(format, &mut out).await.map_err(|error| match error {
        Error::Write { source } => anyhow::Error::from(source).context(cannot()),
        error => hinted(error),
    })?;
    out.flush().with_context(cannot)?;
    draft.persist(path).map_err(|error| error.error).with_context(cannot)?;
    Ok(written)
}

/// What to try.
fn hinted(error: Error) -> anyhow::Error {
    match error {
        Error::Memory { .. } => anyhow::anyhow!("{error}; allow it more with --memory, or ask for less"),
        error => error.into(),
    }
}

fn tell(Written { rows, shown, read }: Written, start: Instant) {
    let part = if shown < rows {
        format!(" (the first {shown} are shown: --format csv, json, parquet write all)")
    } else {
        String::new()
    };
    let read = if read > 0 { format!(", {} read of the mirror", ByteSize(read)) } else { String::new() };
    eprintln!("{rows} rows{part}{read}, in {:.1} s", start.elapsed().as_secs_f64());
}
