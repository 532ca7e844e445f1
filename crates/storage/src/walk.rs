//! The files below a folder of a file system, folder by folder, in the byte order of their paths.

use std::path::Path as LocalPath;

use futures::stream::{self, StreamExt};
use object_store::path::Path;

use crate::{Entries, Entry, Error, Place, Scheme};

/// A walk through a tree. One folder of each level is in memory.
pub(crate) struct Walk {
    place: Place,
    after: Option<String>,
    /// What is still to be visited, the next one last.
    pending: Vec<Child>,
    started: bool,
}

/// What is in a folder, by its path below the place; a folder's ends with `/`, so that files and folders sort as the paths
/// below them do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Child {
    path: String,
    readable: bool,
}

impl Walk {
    pub(crate) fn new(place: Place, after: Option<String>) -> Self {
        Self { place, after, pending: Vec::new(), started: false }
    }

    pub(crate) fn entries(self) -> Entries {
        stream::try_unfold(self, |mut walk| async move { Ok(walk.next().await?.map(|entry| (entry, walk))) }).boxed()
    }

    async fn next(&mut self) -> Result<Option<Entry>, Error> {
        if !self.started {
            self.started = true;
            self.visit("").await?;
        }
        while let Some(child) = self.pending.pop() {
            if child.path.ends_with('/') {
                self.visit(&child.path).await?;
            } else {
                return Ok(Some(Entry { key: child.path, readable: child.readable }));
            }
        }
        Ok(None)
    }

    /// Puts what is in a folder on top of what is pending; `folder` is empty or ends with `/`.
    async fn visit(&mut self, folder: &str) -> Result<(), Error> {
        let mut children = match self.place.scheme {
            Scheme::Local => local(&self.place, folder).await?,
            _ => remote(&self.place, folder).await?,
        };
        children.retain(|child| self.wanted(&child.path));
        children.sort_unstable_by(|a, b| b.cmp(a));
        self.pending.append(&mut children);
        Ok(())
    }

    /// Whether it comes after what was seen before, or holds what does.
    fn wanted(&self, path: &str) -> bool {
        self.after.as_deref().is_none_or(|after| path > after || (path.ends_with('/') && after.starts_with(path)))
    }
}

async fn remote(place: &Place, folder: &str) -> Result<Vec<Child>, Error> {
    let failed = |source| Error::List { url: place.url.clone(), source };
    let below = Path::parse(format!("{}/{folder}", place.key)).expect("a key and names that the store gave");
    let found = place.store.files.list_with_delimiter(Some(&below)).await.map_err(failed)?;
    let name = |path: &Path| path.filename().unwrap_or_default().to_owned();
    let files = found.objects.iter().map(|meta| format!("{folder}{}", name(&meta.location)));
    let folders = found.common_prefixes.iter().map(|path| format!("{folder}{}/", name(path)));
    Ok(files.chain(folders).map(|path| Child { path, readable: true }).collect())
}

/// Through the file system itself: object_store hides names like `a#1`. Links to files are followed, links to folders are
/// not, as they may lead round in circles.
async fn local(place: &Place, folder: &str) -> Result<Vec<Child>, Error> {
    let root = place.local().expect("a local place has a path");
    let at = folder.to_owned();
    let read = tokio::task::spawn_blocking(move || children(&root.join(&at), &at)).await;
    read.unwrap_or_else(|panic| Err(std::io::Error::other(panic)))
        .map_err(|source| Error::Folder { url: format!("{}/{folder}", place.url.trim_end_matches('/')), source })
}

fn children(path: &LocalPath, folder: &str) -> std::io::Result<Vec<Child>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let end = if entry.file_type()?.is_dir() { "/" } else { "" };
        if entry.file_type()?.is_symlink() && entry.path().is_dir() {
            tracing::warn!(path = %entry.path().display(), "a link to a folder is not followed");
            continue;
        }
        let readable = name.to_str().is_some();
        // Below a folder whose name is not UTF-8 nothing can be named: it is one entry that says so.
        let end = if readable { end } else { "" };
        children.push(Child { path: format!("{folder}{}{end}", name.to_string_lossy()), readable });
    }
    Ok(children)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use futures::TryStreamExt;

    use super::*;
    use crate::Stores;

    fn keys(place: &Place, after: Option<&str>) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let entries = place.entries(after.map(Into::into)).try_collect::<Vec<_>>();
        let shown = |entry: Entry| if entry.readable { entry.key } else { format!("{}!", entry.key) };
        runtime.block_on(entries).unwrap().into_iter().map(shown).collect()
    }

    #[test]
    fn a_tree_comes_in_the_byte_order_of_its_paths_and_goes_on_after_any_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let names =
            ["b.jpg", "a/x.jpg", "a/b/y#1.jpg", "a.jpg", "a b/ñ.jpg", ".hidden", "empty/e/f.jpg", "a!/z", "c%20d?"];
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::fs::create_dir(folder.path().join("nothing")).unwrap();
        std::fs::write(folder.path().join(OsStr::from_bytes(b"\xff.jpg")), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("b.jpg"), folder.path().join("link.jpg")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
        let place = Stores::default().place(&folder.path().display().to_string()).unwrap();
        let mut expected: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        expected.extend(["link.jpg".into(), "\u{fffd}.jpg!".into()]);
        expected.sort_unstable();
        assert_eq!(keys(&place, None), expected);
        for (at, key) in expected.iter().enumerate() {
            assert_eq!(keys(&place, Some(key.trim_end_matches('!'))), expected[at + 1..], "after {key}");
        }
    }
}
