//! What is given to lists: a file is itself, folders and globs are what they hold.

use futures::TryStreamExt;
use globset::{GlobBuilder, GlobMatcher};
use imgmeta_record::mask;
use imgmeta_storage::{Fault, Place, Stores, fault};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};

use crate::copy::Copy;
use crate::found::{Found, Once, Origin};
use crate::images::Images;
use crate::kept::Kept;
use crate::source::{Pieces, Stored, carried};
use crate::{Error, File, Options};

/// What this program calls itself where it asks for a list.
const AGENT: &str = concat!("imgmeta/", env!("CARGO_PKG_VERSION"));

/// All lists, in the order in which they are read.
pub(crate) async fn all(stores: &Stores, options: &Options) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    if let Some(folder) = &options.images_under {
        found.push(images(stores, folder, options).await?);
    }
    for list in &options.lists {
        let scheme = list.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if list == "-" {
            found.push(input(options, found.len()).await?);
        } else if matches!(scheme.as_str(), "http" | "https") {
            found.push(web(stores, list, options, found.len()).await?);
        } else {
            found.extend(expand(stores, list).await?);
        }
    }
    Ok(found)
}

/// The copy that an earlier run has of a list.
async fn kept(options: &Options, number: usize) -> Result<Option<Kept>, Error> {
    match &options.output {
        Some(output) if options.resume => Kept::find(output, number).await,
        _ => Ok(None),
    }
}

/// A list that is fed: what was copied of it must come first again.
fn fed(file: &File, pieces: Pieces, kept: Option<Kept>, options: &Options, number: usize) -> Once {
    let Some(output) = &options.output else { return Once { pieces, copy: None, images: false } };
    let copy = Copy::new(output, number, file, kept.as_ref());
    let pieces = match kept {
        Some(kept) => kept.then(pieces, copy.clone()),
        None => copy.clone().of(pieces),
    };
    Once { pieces, copy: Some(copy), images: false }
}

async fn input(options: &Options, number: usize) -> Result<Found, Error> {
    let file = File::unknown("-");
    let once = match kept(options, number).await? {
        Some(kept) if kept.complete => Once { pieces: kept.pieces(), copy: None, images: false },
        kept => fed(&file, options.input.pieces()?, kept, options, number),
    };
    Ok(Found { base: "-".into(), file, origin: Origin::Once(once) })
}

async fn web(stores: &Stores, url: &str, options: &Options, number: usize) -> Result<Found, Error> {
    let kept = kept(options, number).await?;
    if let Some(kept) = kept.clone().filter(|kept| kept.complete) {
        let file = kept.file.clone();
        let once = Once { pieces: kept.pieces(), copy: None, images: false };
        return Ok(Found { base: url.into(), file, origin: Origin::Once(once) });
    }
    let failed = |source| Error::Place { list: mask(url), source: Box::new(source) };
    let download = stores.download(url, AGENT).await.map_err(failed)?;
    let version = download.version();
    let file = File {
        url: mask(url),
        bytes: version.bytes.unwrap_or_default(),
        etag: version.etag.clone(),
        modified: version.modified.clone().unwrap_or_default(),
    };
    let list = mask(url);
    let broken = move |source| carried(Error::Web { list: list.clone(), source });
    let pieces = futures::StreamExt::boxed(download.bytes().map_err(broken));
    let once = fed(&file, pieces, kept, options, number);
    Ok(Found { base: url.into(), file, origin: Origin::Once(once) })
}

async fn images(stores: &Stores, folder: &str, options: &Options) -> Result<Found, Error> {
    let unusable = |source| Error::Place { list: mask(folder), source: Box::new(source) };
    let place = stores.place(folder).map_err(unusable)?;
    place.reach().await.map_err(unusable)?;
    let images = Images::new(place.clone(), &options.include, &options.exclude)?;
    let file = File::unknown(place.url());
    let once = match (kept(options, 0).await?, &options.output) {
        (Some(kept), _) if kept.complete => Once { pieces: kept.pieces(), copy: None, images: true },
        (Some(kept), Some(output)) => {
            let copy = Copy::new(output, 0, &file, Some(&kept));
            let rest = copy.clone().of(images.pieces(kept.last_path().await?));
            Once {
                pieces: futures::StreamExt::boxed(futures::StreamExt::chain(kept.pieces(), rest)),
                copy: Some(copy),
                images: true,
            }
        }
        (_, Some(output)) => {
            let copy = Copy::new(output, 0, &file, None);
            Once { pieces: copy.clone().of(images.pieces(None)), copy: Some(copy), images: true }
        }
        (_, None) => Once { pieces: images.pieces(None), copy: None, images: true },
    };
    Ok(Found { base: place.url().into(), file, origin: Origin::Once(once) })
}

/// The files of one path, URL, folder or glob: of the latter two in byte order of the full path.
async fn expand(stores: &Stores, list: &str) -> Result<Vec<Found>, Error> {
    let found = files(stores, list).await?;
    Ok(found.into_iter().map(Found::stored).collect())
}

async fn files(stores: &Stores, list: &str) -> Result<Vec<Stored>, Error> {
    let unusable = |source| Error::Place { list: mask(list), source: Box::new(source) };
    let place = stores.place(list).map_err(unusable)?;
    place.reach().await.map_err(unusable)?;
    regular(&place).await?;
    // Before it is taken for a pattern: a name may hold the characters of one.
    if let Some(meta) = head(&place).await? {
        let file = File::new(&place, &meta);
        return Ok(vec![Stored { place, file }]);
    }
    let found = under(&place, place.key(), |_| true).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    match pattern(&place)? {
        Some(pattern) => matching(&place, &pattern).await,
        None => Err(nothing(&place)),
    }
}

/// Opening a FIFO would wait for a writer for ever.
async fn regular(place: &Place) -> Result<(), Error> {
    let Some(path) = place.local() else { return Ok(()) };
    match tokio::fs::metadata(path).await {
        Ok(meta) if !meta.is_file() && !meta.is_dir() => Err(Error::NotAFile { list: place.url().into() }),
        _ => Ok(()),
    }
}

async fn head(place: &Place) -> Result<Option<ObjectMeta>, Error> {
    if place.key().as_ref().is_empty() {
        return Ok(None);
    }
    match place.store().head(place.key()).await {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if fault(&error) == Fault::NotFound => Ok(None),
        Err(source) => Err(Error::Read { list: place.url().into(), source }),
    }
}

fn nothing(place: &Place) -> Error {
    let list = place.url().to_owned();
    if place.local().is_some_and(|path| path.is_dir()) { Error::NoFiles { list } } else { Error::NotFound { list } }
}

/// The files below `folder` whose keys `matches` and no part of whose names below it is hidden.
async fn under(place: &Place, folder: &Path, matches: impl Fn(&str) -> bool) -> Result<Vec<Stored>, Error> {
    let failed = |source| Error::Read { list: place.url().into(), source };
    let mut listing = place.store().list(Some(folder));
    let mut found = Vec::new();
    loop {
        let meta = match listing.try_next().await {
            Ok(Some(meta)) => meta,
            Ok(None) => break,
            Err(error) if fault(&error) == Fault::NotFound => break,
            Err(error) => return Err(failed(error)),
        };
        let mut names = meta.location.prefix_match(folder).into_iter().flatten();
        if names.all(|name| !name.as_ref().starts_with(['.', '_'])) && matches(meta.location.as_ref()) {
            let place = place.with_key(meta.location.clone());
            let file = File::new(&place, &meta);
            found.push(Stored { place, file });
        }
    }
    found.sort_by(|a, b| a.file.url.cmp(&b.file.url));
    Ok(found)
}

/// A glob, and the folder below which all its matches are.
struct Pattern {
    folder: Path,
    glob: GlobMatcher,
}

fn pattern(place: &Place) -> Result<Option<Pattern>, Error> {
    let key = place.key().as_ref();
    let Some(first) = key.find(['*', '?', '[', '{']) else { return Ok(None) };
    let folder = key[..first].rsplit_once('/').map_or("", |(folder, _)| folder);
    let glob = GlobBuilder::new(key)
        .literal_separator(true)
        .build()
        .map_err(|source| Error::BadGlob { list: place.url().into(), source })?
        .compile_matcher();
    let folder = Path::parse(folder).expect("a part of a key is a key");
    Ok(Some(Pattern { folder, glob }))
}

/// Files that match, and those in folders that do: Spark's `urls.csv/` is a folder.
async fn matching(place: &Place, pattern: &Pattern) -> Result<Vec<Stored>, Error> {
    let start = pattern.folder.as_ref().len();
    let matches = |key: &str| {
        let folders = key.match_indices('/').map(|(at, _)| at).filter(|at| *at > start).map(|at| &key[..at]);
        pattern.glob.is_match(key) || folders.into_iter().any(|folder| pattern.glob.is_match(folder))
    };
    let found = under(place, &pattern.folder, matches).await?;
    if found.is_empty() { Err(Error::NoMatch { list: place.url().into() }) } else { Ok(found) }
}
