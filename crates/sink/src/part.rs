//! Parts of the JSON, read back.

use std::io::{BufRead, BufReader, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use imgmeta_record::Kind;
use imgmeta_record::schema::Rows;
use roaring::RoaringTreemap;
use serde::Deserialize;

use crate::Error;
use crate::folder::Folder;
use crate::manifest::File;
use crate::output::Compression;
use crate::writer::blocking;

/// What of a line is counted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Head {
    #[serde(rename = "URL")]
    pub(crate) url: String,
    pub(crate) row: Option<u64>,
    pub(crate) bytes: Option<u64>,
    pub(crate) fetch: FetchHead,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    pub(crate) error: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FetchHead {
    pub(crate) bytes_read: u64,
}

impl Head {
    /// # Errors
    /// What is wrong with the line.
    pub(crate) fn of(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|error| error.to_string())
    }

    /// Of a failure; `None` of a record.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Kind::from_name(self.kind.as_deref()?)
    }

    pub(crate) fn rows(&self) -> Rows {
        if self.kind.is_some() { Rows::Failure } else { Rows::Success }
    }
}

/// A file that a manifest names.
///
/// # Errors
/// [`Error::Damaged`] where it is not what was written.
pub(crate) async fn read(folder: &Folder, file: &File) -> Result<Bytes, Error> {
    let bytes = folder.get(&file.path).await?.ok_or_else(|| folder.damaged(&file.path, "it vanished"))?;
    let (path, kept) = (file.path.clone(), bytes.clone());
    if blocking(move || File::new(path, &kept.into())).await != *file {
        return Err(folder.damaged(&file.path, "it is not what was written"));
    }
    Ok(bytes)
}

/// The lines of a part, not compressed. It is work for a thread on which nobody waits.
pub(crate) fn text(bytes: Bytes, compression: Compression) -> std::io::Result<Bytes> {
    if compression == Compression::None {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    unpacked(&bytes, compression)?.read_to_end(&mut text)?;
    Ok(text.into())
}

/// Hands on each line of a part, its end included. It is work for a thread on which nobody waits.
///
/// # Errors
/// What is wrong with the part, or what `each` says of a line.
pub(crate) fn lines(
    bytes: &[u8], compression: Compression, mut each: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let text = unpacked(bytes, compression).map_err(|error| error.to_string())?;
    let (mut lines, mut line) = (BufReader::new(text), Vec::new());
    for number in 1.. {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(|error| error.to_string())? == 0 {
            break;
        }
        each(&line).map_err(|why| format!("line {number}: {why}"))?;
    }
    Ok(())
}

/// The rows of a part, as far as they have numbers. It is work for a thread on which nobody waits.
///
/// # Errors
/// What is wrong with the part.
pub(crate) fn rows(part: &[u8], compression: Compression) -> Result<RoaringTreemap, String> {
    let mut rows = RoaringTreemap::new();
    lines(part, compression, |line| {
        rows.extend(Head::of(line)?.row);
        Ok(())
    })?;
    Ok(rows)
}

fn unpacked(bytes: &[u8], compression: Compression) -> std::io::Result<Box<dyn Read + '_>> {
    Ok(match compression {
        Compression::None => Box::new(bytes),
        Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Compression::Zstd => Box::new(zstd::Decoder::new(bytes)?),
    })
}
