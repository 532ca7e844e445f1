//! From text to places; one store for each cluster, bucket and container.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use object_store::local::LocalFileSystem;
use object_store::path::Path;

use crate::hdfs::Hdfs;
use crate::place::Store;
use crate::roots::Roots;
use crate::{Download, Environment, Error, Place, Scheme, cloud, s3};

/// The stores of a run, each set up once. Cheap to clone; clones share.
///
/// # Which stores a list's rows may name
/// [`knows`](Self::knows) says yes to stores that [`place`](Self::place) or [`allow`](Self::allow) was asked for, which are
/// those that the command line names. A bucket is a store of its own: whoever writes a list must not choose what is read
/// with the operator's credentials.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    environment: Arc<Environment>,
    roots: Roots,
    opened: Arc<Mutex<Opened>>,
}

#[derive(Debug, Default)]
struct Opened {
    /// By authority: `hdfs://host:port`, `s3://bucket`.
    stores: HashMap<String, Store>,
    /// Authorities that rows may name, though no place is there yet; schemes alone as `s3://`.
    allowed: HashSet<String>,
}

impl Stores {
    /// Stores that are configured by these variables. Hadoop's own are read by its client.
    pub fn new(environment: Environment) -> Self {
        Self { environment: Arc::new(environment), ..Self::default() }
    }

    /// Trusts these certificates beside the system's, for stores and files on the web that are reached by TLS. HDFS
    /// has no TLS.
    ///
    /// # Errors
    /// [`Error::Roots`] where they are no certificates in PEM.
    pub fn with_roots(self, pem: &[u8]) -> Result<Self, Error> {
        Ok(Self { roots: Roots::from_pem(pem)?, ..self })
    }

    /// Asks for a file on the web, to be read once. `agent` is what this program calls itself.
    ///
    /// # Errors
    /// [`Error::Web`] where it cannot be had.
    pub async fn download(&self, url: &str, agent: &str) -> Result<Download, Error> {
        Download::open(url, agent, &self.roots).await
    }

    /// The place that a path or URL names. Nothing is opened yet.
    ///
    /// # Errors
    /// [`Error::UnknownScheme`], [`Error::NoHost`], [`Error::BadKey`], [`Error::Profile`], and [`Error::Store`] where a
    /// store's configuration is not complete.
    pub fn place(&self, text: &str) -> Result<Place, Error> {
        let Some(scheme) = scheme(text) else { return local(text, text) };
        if scheme.eq_ignore_ascii_case("file") {
            return local(text, text["file:".len()..].trim_start_matches("//localhost"));
        }
        let known = known(scheme).ok_or_else(|| Error::UnknownScheme { url: text.into(), scheme: scheme.into() })?;
        let rest = text[scheme.len() + 1..].strip_prefix("//").unwrap_or("");
        let (host, key) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(Error::NoHost { url: text.into(), scheme: known.name });
        }
        let authority = format!("{}://{host}", known.name);
        let key = self::key(text, key)?;
        let store = self.store(known.kind, &authority, host)?;
        Ok(Place { scheme: known.kind, store, url: format!("{authority}/{key}"), key })
    }

    fn store(&self, kind: Scheme, authority: &str, host: &str) -> Result<Store, Error> {
        if let Some(store) = self.opened().stores.get(authority) {
            return Ok(store.clone());
        }
        let store = match kind {
            Scheme::Local => Store::new(LocalFileSystem::new()),
            Scheme::Hdfs => hdfs(authority)?,
            Scheme::S3 => Store::paged(s3::open(host, &self.environment, &self.roots)?),
            Scheme::Google => Store::paged(cloud::google(host, &self.environment, &self.roots)?),
            Scheme::Azure => Store::new(cloud::azure(authority, &self.environment, &self.roots)?),
        };
        Ok(self.opened().stores.entry(authority.into()).or_insert(store).clone())
    }

    /// Lets rows of a list name a store, `s3://bucket` or `hdfs://host:port`; a scheme alone, `s3://`, stands for all stores
    /// of that kind that can be reached.
    ///
    /// # Errors
    /// [`Error::UnknownScheme`] where it names no kind of store.
    pub fn allow(&self, text: &str) -> Result<(), Error> {
        let found = scheme(text).and_then(|scheme| Some((scheme, known(scheme)?)));
        let Some((scheme, known)) = found else {
            return Err(Error::UnknownScheme { url: text.into(), scheme: scheme(text).unwrap_or_default().into() });
        };
        let rest = text[scheme.len() + 1..].trim_start_matches("//");
        let host = rest.split('/').next().unwrap_or_default();
        self.opened().allowed.insert(format!("{}://{host}", known.name));
        Ok(())
    }

    /// Whether rows of a list may name this store; local paths are always known.
    pub fn knows(&self, text: &str) -> bool {
        let Some(scheme) = scheme(text).filter(|scheme| !scheme.eq_ignore_ascii_case("file")) else { return true };
        let Some(known) = known(scheme) else { return false };
        let Some(rest) = text[scheme.len() + 1..].strip_prefix("//") else { return false };
        let host = rest.split('/').next().unwrap_or_default();
        let (all, authority) = (format!("{}://", known.name), format!("{}://{host}", known.name));
        let opened = self.opened();
        // A store that was opened for a row of an allowed scheme is in `stores`, too: it is known in any case.
        opened.stores.contains_key(&authority) || opened.allowed.contains(&authority) || opened.allowed.contains(&all)
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().expect("no panic under this lock")
    }
}

/// A kind of store by the scheme of its URLs.
struct Known {
    /// As written.
    scheme: &'static str,
    /// Its usual form.
    name: &'static str,
    kind: Scheme,
}

const KNOWN: [Known; 8] = [
    Known { scheme: "hdfs", name: "hdfs", kind: Scheme::Hdfs },
    Known { scheme: "s3", name: "s3", kind: Scheme::S3 },
    Known { scheme: "s3a", name: "s3", kind: Scheme::S3 },
    Known { scheme: "gs", name: "gs", kind: Scheme::Google },
    Known { scheme: "az", name: "az", kind: Scheme::Azure },
    Known { scheme: "azure", name: "az", kind: Scheme::Azure },
    Known { scheme: "abfs", name: "abfss", kind: Scheme::Azure },
    Known { scheme: "abfss", name: "abfss", kind: Scheme::Azure },
];

fn known(scheme: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.scheme.eq_ignore_ascii_case(scheme))
}

/// A key as it is written. One `/` at its end says that a folder is meant; object_store would drop one at its start, too,
/// and that is another key.
fn key(url: &str, text: &str) -> Result<Path, Error> {
    let bad = |source| Error::BadKey { url: url.into(), source };
    if text.starts_with('/') {
        return Err(bad(object_store::path::Error::EmptySegment { path: text.into() }));
    }
    Path::parse(text).map_err(bad)
}

fn hdfs(authority: &str) -> Result<Store, Error> {
    Hdfs::open(authority).map(Store::new).map_err(|source| Error::Store { url: authority.into(), source })
}

/// The scheme of a URL; `None` for a path. One letter is no scheme, and neither is what holds a `/` before its colon.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut bytes = scheme.bytes();
    let first = bytes.next()?.is_ascii_alphabetic();
    (first && scheme.len() > 1 && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)))
        .then_some(scheme)
}

fn local(text: &str, path: &str) -> Result<Place, Error> {
    let absolute = std::path::absolute(if path.is_empty() { "." } else { path })
        .map_err(|source| Error::Folder { url: text.into(), source })?;
    let mut normal = std::path::PathBuf::new();
    for part in absolute.components() {
        // `..` is resolved by name, as a URL would be: the store's keys hold none.
        if part == std::path::Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    let url = normal.to_string_lossy().into_owned();
    let key = Path::from_absolute_path(&normal).map_err(|source| Error::BadKey { url: text.into(), source })?;
    Ok(Place { scheme: Scheme::Local, store: Store::new(LocalFileSystem::new()), key, url })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_keeps_its_key_as_written() {
        let stores = Stores::default();
        let place = stores.place("hdfs://nn:8020/a/b%20c#d?e").expect("a place");
        assert_eq!((place.url(), place.scheme()), ("hdfs://nn:8020/a/b%20c#d?e", Scheme::Hdfs));
        assert_eq!(place.with_key(Path::parse("x/y").expect("a key")).url(), "hdfs://nn:8020/x/y");
        assert!(stores.knows("hdfs://nn:8020/other") && !stores.knows("hdfs://elsewhere/x"));
    }

    #[test]
    fn paths_become_absolute() {
        let stores = Stores::default();
        for (text, url) in [("/a/./b", "/a/b"), ("/a/../b", "/b"), ("file:///x/y", "/x/y"), ("file:/x", "/x")] {
            assert_eq!(stores.place(text).expect("a place").url(), url);
        }
        assert_eq!(stores.place("/a/b").unwrap().with_key(Path::from("c/d")).url(), "/c/d");
    }

    #[test]
    fn buckets_are_stores_of_their_own_and_their_keys_are_as_written() {
        let stores = Stores::default();
        for (text, url) in [
            ("s3://b/a b#c?d%20e", "s3://b/a b#c?d%20e"),
            ("s3a://b/x/", "s3://b/x"),
            ("S3://b", "s3://b/"),
            ("s3://b/ñ/日本", "s3://b/ñ/日本"),
        ] {
            let place = stores.place(text).unwrap();
            assert_eq!((place.url(), place.scheme()), (url, Scheme::S3), "{text}");
        }
        for text in ["s3://b//a", "s3://b/a//c", "s3://b/../a", "s3://b/a/.", "s3://b/a\nb"] {
            assert!(matches!(stores.place(text), Err(Error::BadKey { .. })), "{text}");
        }
        assert_eq!(stores.place("s3://b/x").unwrap().with_key(Path::from("c")).url(), "s3://b/c");
    }

    #[test]
    fn rows_may_name_what_the_command_line_names_and_no_more() {
        let stores = Stores::default();
        stores.place("s3://b/list.csv").unwrap();
        stores.allow("hdfs://nn:8020").unwrap();
        stores.allow("gs://").unwrap();
        for text in ["s3://b/x", "s3a://b/y", "hdfs://nn:8020/x", "gs://any/x", "a/b", "file:/x"] {
            assert!(stores.knows(text), "{text}");
        }
        for text in ["s3://c/x", "hdfs://nn/x", "az://b/x", "s3:b/x", "ftp://h/x"] {
            assert!(!stores.knows(text), "{text}");
        }
        assert!(matches!(stores.allow("bucket"), Err(Error::UnknownScheme { .. })));
    }

    #[test]
    fn what_is_no_place_is_an_error_that_says_so() {
        let stores = Stores::default();
        assert!(matches!(stores.place("ftp://h/x"), Err(Error::UnknownScheme { .. })));
        assert!(matches!(stores.place("hdfs:///x"), Err(Error::NoHost { .. })));
        assert!(matches!(stores.place("hdfs://h//b"), Err(Error::BadKey { .. })));
        assert!(matches!(stores.place("hdfs://h/a//b"), Err(Error::BadKey { .. })));
        assert!(matches!(stores.place("hdfs://h/a/../b"), Err(Error::BadKey { .. })));
    }
}
