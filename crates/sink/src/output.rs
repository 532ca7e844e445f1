//! What a shard is written as: an output turns outcomes into bytes, and knows no place.

use std::io::Write;

use flate2::write::GzEncoder;
use imgmeta_record::Outcome;
use imgmeta_record::json::Keys;
use imgmeta_record::schema::Rows;
use object_store::{PutPayload, PutPayloadMut};
use serde_json::Value;

use crate::mirror::Mirror;
use crate::{EncodeError, Error};

/// Bytes of a piece of JSON lines.
const BLOCK: usize = 1 << 20;

/// How the JSON is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all: `part-00000000.json`.
    #[default]
    None,
    /// gzip: `part-00000000.json.gz`.
    Gzip,
    /// Zstandard: `part-00000000.json.zst`.
    Zstd,
}

/// What a run writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outputs {
    /// Whether the mirror is written too (off).
    pub mirror: bool,
    /// How the JSON is compressed (not).
    pub compression: Compression,
    /// Whether records in the mirror have their position as a geometry too (no).
    pub geometry: bool,
}

/// One kind of file that a shard has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Failures as Parquet.
    FailureMirror,
    /// Records as Parquet.
    SuccessMirror,
    /// Failures as JSON lines.
    FailureJson,
    /// Records as JSON lines.
    SuccessJson,
}

impl Outputs {
    /// All of a run, in the order of [`Output::ALL`].
    pub(crate) fn iter(self) -> impl Iterator<Item = Output> {
        Output::ALL.into_iter().filter(move |output| self.mirror || !output.is_mirror())
    }

    /// Whether a file is one of the mirror's.
    pub(crate) fn is_of_mirror(path: &str) -> bool {
        Output::ALL.into_iter().any(|output| output.is_mirror() && output.has(path))
    }

    /// What the [names](Self::names) in settings stand for.
    pub(crate) fn from_names(names: &Value) -> Option<Self> {
        let all = [Compression::None, Compression::Gzip, Compression::Zstd];
        let mirrors = [(false, false), (true, false), (true, true)];
        let all = all
            .into_iter()
            .flat_map(|compression| mirrors.map(|(mirror, geometry)| Self { mirror, compression, geometry }));
        all.into_iter().find(|outputs| outputs.names() == *names)
    }

    /// Their names in the settings, by which a run is told from one with other outputs.
    pub(crate) fn names(self) -> Value {
        let json = match self.compression {
            Compression::None => "json",
            Compression::Gzip => "json.gz",
            Compression::Zstd => "json.zst",
        };
        let mirror = self.mirror.then_some("parquet");
        let geometry = self.geometry.then_some("geometry");
        [Some(json), mirror, geometry].into_iter().flatten().collect()
    }
}

impl Output {
    /// All that there are, in the order in which they are published: failures first, so that a reader of records never
    /// sees a shard of which the failures are missing.
    pub(crate) const ALL: [Self; 4] = [Self::FailureMirror, Self::SuccessMirror, Self::FailureJson, Self::SuccessJson];

    /// The folder of its parts.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::FailureMirror => "failure_parquet",
            Self::SuccessMirror => "success_parquet",
            Self::FailureJson => "failure_output",
            Self::SuccessJson => "success_output",
        }
    }

    /// The file that says that the run is complete.
    pub(crate) fn marker(self) -> String {
        format!("{}/_SUCCESS", self.folder())
    }

    /// Whether a file is one of its parts or its marker.
    pub(crate) fn has(self, path: &str) -> bool {
        path.strip_prefix(self.folder()).is_some_and(|rest| rest.starts_with('/'))
    }

    pub(crate) const fn is_mirror(self) -> bool {
        matches!(self, Self::FailureMirror | Self::SuccessMirror)
    }

    pub(crate) const fn rows(self) -> Rows {
        match self {
            Self::FailureMirror | Self::FailureJson => Rows::Failure,
            Self::SuccessMirror | Self::SuccessJson => Rows::Success,
        }
    }

    /// The path of a part.
    pub(crate) fn part(self, number: u64, compression: Compression) -> String {
        let end = match (self.is_mirror(), compression) {
            (true, _) => "parquet",
            (false, Compression::None) => "json",
            (false, Compression::Gzip) => "json.gz",
            (false, Compression::Zstd) => "json.zst",
        };
        format!("{}/part-{number:08}.{end}", self.folder())
    }

    /// The bytes of a part without outcomes.
    ///
    /// # Errors
    /// As [`Encoder::finish`].
    pub(crate) fn empty(self, outputs: Outputs) -> Result<PutPayload, Error> {
        Encoder::new(self, outputs).finish(outputs.compression)
    }
}

/// Outcomes of one output on their way into a part.
#[derive(Debug)]
pub(crate) enum Encoder {
    /// JSON lines, in pieces: one large buffer would be copied as it grows, and come from the system anew for each shard.
    Json(Rows, PutPayloadMut),
    /// Rows of the mirror.
    Mirror(Rows, Box<Mirror>),
}

impl Encoder {
    pub(crate) fn new(output: Output, outputs: Outputs) -> Self {
        let rows = output.rows();
        if !output.is_mirror() {
            return Self::Json(rows, PutPayloadMut::new().with_block_size(BLOCK));
        }
        let mirror = Mirror::new(rows);
        let with_geometry = outputs.geometry && rows == Rows::Success;
        Self::Mirror(rows, Box::new(if with_geometry { mirror.with_geometry() } else { mirror }))
    }

    /// Appends an outcome, where it is of its kind; `line` is the same as JSON.
    pub(crate) fn add(&mut self, outcome: &Outcome, line: &[u8], keys: Keys) -> Result<(), Error> {
        let kind = match outcome {
            Outcome::Record(_) => Rows::Success,
            Outcome::Failure(_) => Rows::Failure,
        };
        match self {
            Self::Json(rows, lines) if *rows == kind => lines.extend_from_slice(line),
            Self::Mirror(rows, mirror) if *rows == kind => {
                mirror.add(outcome, keys, line.len()).map_err(EncodeError::from)?;
            }
            Self::Json(..) | Self::Mirror(..) => {}
        }
        Ok(())
    }

    /// Appends an outcome that was written as JSON, where it is of its kind.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub(crate) fn add_line(&mut self, kind: Rows, line: &[u8]) -> Result<(), String> {
        match self {
            Self::Json(rows, lines) if *rows == kind => lines.extend_from_slice(line),
            Self::Mirror(rows, mirror) if *rows == kind => mirror.add_line(line)?,
            Self::Json(..) | Self::Mirror(..) => {}
        }
        Ok(())
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Json(_, lines) => lines.is_empty(),
            Self::Mirror(_, mirror) => mirror.is_empty(),
        }
    }

    /// The part. It is work for a thread on which nobody waits.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub(crate) fn finish(self, compression: Compression) -> Result<PutPayload, Error> {
        let part = match self {
            Self::Mirror(_, mirror) => mirror.finish().map_err(EncodeError::from)?.into(),
            Self::Json(_, lines) => compress(lines.freeze(), compression).map_err(EncodeError::from)?,
        };
        Ok(part)
    }
}

fn compress(lines: PutPayload, compression: Compression) -> std::io::Result<PutPayload> {
    let all = |to: &mut dyn Write| lines.iter().try_for_each(|piece| to.write_all(piece));
    Ok(match compression {
        Compression::None => lines,
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            all(&mut encoder)?;
            encoder.finish()?.into()
        }
        Compression::Zstd => {
            let mut encoder = zstd::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?;
            all(&mut encoder)?;
            encoder.finish()?.into()
        }
    })
}
