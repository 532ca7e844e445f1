//! A list that is made from a listing: every file below a folder is a row.
//!
//! A row is a line of JSON, `{"path":"train/cat/1.jpg"}`, with `"unreadable":true` where no store can be asked for such a key:
//! the copy of the list holds the same lines.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use imgmeta_record::{Extra, Failure, ImageRef, Kind, Listed, Phase};
use imgmeta_storage::{Entry, Place};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::Error;
use crate::source::{Pieces, carried};

/// Lines are handed on in pieces: first a page of a store, so that the first image is soon asked for, then more.
const FIRST: usize = 32 << 10;
const MOST: usize = 1 << 20;

/// Pieces that are listed ahead.
const AHEAD: usize = 2;

/// Which files below a folder are images of the list.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    pub(crate) place: Place,
    include: GlobSet,
    exclude: GlobSet,
    all: bool,
}

impl Images {
    /// Globs without a `/` are for names, others for the path below the folder.
    pub(crate) fn new(place: Place, include: &[String], exclude: &[String]) -> Result<Self, Error> {
        Ok(Self { place, all: include.is_empty(), include: globs(include)?, exclude: globs(exclude)? })
    }

    /// Hidden names are left out, as everywhere.
    fn takes(&self, path: &str) -> bool {
        let hidden = path.split('/').any(|name| name.starts_with('.') && !matches!(name, "." | ".."));
        !hidden && (self.all || matches(&self.include, path)) && !matches(&self.exclude, path)
    }

    /// The lines of all files that come after `after`, listed ahead of who takes them.
    pub(crate) fn pieces(self, after: Option<String>) -> Pieces {
        let (out, pieces) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            let failed = out.clone();
            if let Err(error) = self.list(after, out).await {
                // Nobody listens any more, if this fails.
                failed.send(Err(carried(error))).await.ok();
            }
        });
        futures::stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) }).boxed()
    }

    async fn list(self, after: Option<String>, out: mpsc::Sender<std::io::Result<Bytes>>) -> Result<(), Error> {
        let list = self.place.url().to_owned();
        let failed = |source| Error::Place { list: list.clone(), source: Box::new(source) };
        let mut entries = self.place.entries(after);
        let (mut piece, mut size) = (BytesMut::new(), FIRST);
        while let Some(entry) = entries.try_next().await.map_err(failed)? {
            if !self.takes(&entry.key) {
                continue;
            }
            piece.extend_from_slice(&line(&entry));
            if piece.len() >= size {
                size = (size * 2).min(MOST);
                if out.send(Ok(piece.split().freeze())).await.is_err() {
                    return Ok(());
                }
            }
        }
        if !piece.is_empty() {
            out.send(Ok(piece.freeze())).await.ok();
        }
        Ok(())
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, Error> {
    let bad = |list: &str, source| Error::BadGlob { list: list.into(), source };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let anywhere = if pattern.contains('/') { pattern.clone() } else { format!("**/{pattern}") };
        set.add(GlobBuilder::new(&anywhere).literal_separator(true).build().map_err(|source| bad(pattern, source))?);
    }
    set.build().map_err(|source| bad(&patterns.join(" "), source))
}

fn matches(globs: &GlobSet, path: &str) -> bool {
    globs.is_match(path)
}

fn line(entry: &Entry) -> Vec<u8> {
    let mut row = Map::new();
    row.insert("path".into(), Value::String(entry.key.clone()));
    if !entry.readable {
        row.insert("unreadable".into(), Value::Bool(true));
    }
    let mut line = Value::Object(row).to_string().into_bytes();
    line.push(b'\n');
    line
}

/// The path that a line names.
pub(crate) fn path_of(line: &[u8]) -> Option<String> {
    let row: Value = serde_json::from_slice(line).ok()?;
    Some(row["path"].as_str()?.to_owned())
}

/// The row of a line: the image, its path and the folders that it is in.
pub(crate) fn row(row: u64, line: &[u8], folder: &Arc<str>) -> Listed {
    let parsed: Value = serde_json::from_slice(line).unwrap_or_default();
    let path = parsed["path"].as_str().unwrap_or_default();
    let image = ImageRef {
        url: format!("{}/{path}", folder.trim_end_matches('/')),
        base: Some(Arc::clone(folder)),
        row: Some(row),
        extra: Some(extra(path)),
        warnings: Vec::new(),
    };
    if parsed["unreadable"] != Value::Bool(true) && !path.is_empty() {
        return Ok(image);
    }
    let why = "no store can be asked for this name: it has an empty, `.` or `..` segment, a control character, or is not UTF-8";
    Err(Box::new(Failure::new(image, Kind::BadUrl, Phase::List, why)))
}

/// `path`, and the names of the folders from the top as `folder_1`, `folder_2` ...
fn extra(path: &str) -> Extra {
    let mut names: VecDeque<_> = path.split('/').collect();
    names.pop_back();
    let folders = names.into_iter().enumerate();
    let folders = folders.map(|(at, name)| (Arc::from(format!("folder_{}", at + 1)), Some(name.to_owned())));
    std::iter::once((Arc::from("path"), Some(path.to_owned()))).chain(folders).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(include: &[&str], exclude: &[&str]) -> Images {
        let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        let place = imgmeta_storage::Stores::default().place("/data").unwrap();
        Images::new(place, &owned(include), &owned(exclude)).unwrap()
    }

    #[test]
    fn globs_choose_by_name_or_by_path() {
        for (include, exclude, taken) in [
            (&[][..], &[][..], &["a.jpg", "b/c.PNG", "b/_d.jpg", "b/e/f.jpg", "x//y.jpg"][..]),
            (&["*.jpg"], &[], &["a.jpg", "b/_d.jpg", "b/e/f.jpg", "x//y.jpg"]),
            (&["b/*"], &[], &["b/c.PNG", "b/_d.jpg"]),
            (&["b/**"], &["_*"], &["b/c.PNG", "b/e/f.jpg"]),
            (&["*.{jpg,PNG}"], &["x/**", "b/**"], &["a.jpg"]),
        ] {
            let images = images(include, exclude);
            let all = ["a.jpg", "b/c.PNG", "b/_d.jpg", "b/e/f.jpg", "x//y.jpg", ".DS_Store", "b/.git/x.jpg"];
            let found: Vec<_> = all.into_iter().filter(|path| images.takes(path)).collect();
            assert_eq!(found, taken, "{include:?} without {exclude:?}");
        }
    }

    #[test]
    fn a_line_is_a_row_with_its_folders() {
        let folder: Arc<str> = "s3://b/data".into();
        let line = |key: &str, readable| line(&Entry { key: key.into(), readable });
        let good = row(7, &line("train/cat/a \"b\"#%20.jpg", true), &folder).unwrap();
        assert_eq!((good.url.as_str(), good.row), ("s3://b/data/train/cat/a \"b\"#%20.jpg", Some(7)));
        let shown: Vec<_> =
            good.extra.unwrap().iter().map(|(name, text)| format!("{name}={}", text.as_deref().unwrap())).collect();
        assert_eq!(shown, ["path=train/cat/a \"b\"#%20.jpg", "folder_1=train", "folder_2=cat"]);
        let bad = row(8, &line("a//b\n.jpg", false), &folder).unwrap_err();
        assert_eq!((bad.kind, bad.url.as_str(), bad.row), (Kind::BadUrl, "s3://b/data/a//b\n.jpg", Some(8)));
        assert_eq!(path_of(&line("a//b\n.jpg", false)).as_deref(), Some("a//b\n.jpg"));
    }
}
