//! From the text of a list to what it names: an address on the web, a file, or a key in a store.

use std::path::{Path, PathBuf};

use http::Uri;
use imgmeta_record::{ImageRef, Kind, Phase};
use imgmeta_storage::{Place, Scheme, Stores};
use url::{Position, Url};

use crate::fetch::sites::Sites;
use crate::trouble::Trouble;

/// What a row names.
#[derive(Debug)]
pub(crate) enum Target {
    Web(Box<Url>),
    File(PathBuf),
    Store(Box<Place>),
}

impl Target {
    /// Whom requests go to, where they are to be polite: host and port.
    pub(crate) fn host(&self) -> Option<String> {
        match self {
            Self::Web(url) => {
                let site = &url[Position::BeforeHost..Position::AfterPort];
                let default = url.port().is_none().then(|| if url.scheme() == "https" { ":443" } else { ":80" });
                Some([site, default.unwrap_or_default()].concat())
            }
            Self::File(_) | Self::Store(_) => None,
        }
    }

    /// What is read, where reading it twice costs somebody else something.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Web(url) => Some(url.as_str()),
            Self::Store(place) => Some(place.url()),
            Self::File(_) => None,
        }
    }
}

fn bad(message: impl Into<String>) -> Trouble {
    Trouble::new(Kind::BadUrl, Phase::List, message)
}

/// What an image reference names. Nothing is opened.
pub(crate) fn locate(image: &ImageRef, stores: &Stores, sites: &mut Sites) -> Result<Target, Trouble> {
    // A key is as written: blanks at its end are a part of it, though they are none of a URL.
    let text = image.url.trim();
    let base = image.base.as_deref().unwrap_or_default();
    let from_web = base.starts_with("http://") || base.starts_with("https://");
    match scheme(text) {
        Some(scheme @ ("http" | "https")) => web(text, &text[scheme.len() + 1..], sites),
        _ if from_web => relative_to_web(text, base),
        Some("file") => {
            let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
            path.map(Target::File).ok_or_else(|| bad("not a file: URL with an absolute path"))
        }
        Some("hdfs" | "s3" | "s3a" | "gs" | "az" | "azure" | "abfs" | "abfss") => store(image.url.trim_start(), stores),
        Some(scheme) => Err(bad(format!("the scheme `{scheme}:` is not one that is read here"))),
        None if text.is_empty() => Err(bad("the URL is empty")),
        None if base.contains("://") && !text.starts_with('/') => store(&join(base, image.url.trim_start())?, stores),
        None => Ok(Target::File(Path::new(base).parent().unwrap_or(Path::new("")).join(text))),
    }
}

/// The schemes that are read, in lower case.
const SCHEMES: [&str; 11] = ["http", "https", "file", "hdfs", "s3", "s3a", "gs", "az", "azure", "abfs", "abfss"];

/// The scheme, in lower case where it is one of ours; one letter is none.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let known = SCHEMES.into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
    let is_one = |scheme: &&str| {
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            // `www.h:8080/x` is a path with a colon, as far as anybody can tell; a scheme has no dot in practice.
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte))
    };
    known.or_else(|| Some(scheme).filter(is_one))
}

/// A URL, of which `rest` is what follows its scheme.
fn web(text: &str, rest: &str, sites: &mut Sites) -> Result<Target, Trouble> {
    // The URL standard skips slashes, so that `http:///a` would be the host `a`.
    if rest.strip_prefix("//").is_none_or(|rest| rest.starts_with(['/', '\\'])) {
        return Err(bad("no host after `://`"));
    }
    let url = sites.parse(text).map_err(|error| bad(format!("not a URL: {error}")))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("no host after `://`"));
    }
    askable(url)
}

/// The URL standard lets characters into a host that no HTTP request may have (RFC 9112, 3.2).
fn askable(url: Url) -> Result<Target, Trouble> {
    // Nearly all URLs have nothing that one of both standards allows and the other does not.
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'%'..=b';' | b'_' | b'~' | b'?' | b'=' | b'@');
    if !(url.as_str().bytes().all(plain) && url.as_str().len() < LONGEST) {
        Uri::try_from(url.as_str()).map_err(|error| bad(format!("not a URL that can be asked for: {error}")))?;
    }
    Ok(Target::Web(Box::new(url)))
}

/// No URL that is shorter is too long for a request.
const LONGEST: usize = 8 << 10;

fn relative_to_web(text: &str, base: &str) -> Result<Target, Trouble> {
    if scheme(text).is_some() || (text.starts_with('/') && !text.starts_with("//")) {
        return Err(bad("a list that came over http may name only http and https images"));
    }
    let joined = Url::parse(base).and_then(|base| base.join(text));
    joined.map_err(|error| bad(format!("not a URL: {error}"))).and_then(askable)
}

fn store(text: &str, stores: &Stores) -> Result<Target, Trouble> {
    if !stores.knows(text) {
        let store = text.split('/').take(3).collect::<Vec<_>>().join("/");
        return Err(bad(format!("the command line does not name `{store}`; --allow-store {store} lets rows name it")));
    }
    if text.ends_with('/') {
        return Err(bad("a key that ends with `/` is a folder's"));
    }
    let place = stores.place(text).map_err(|error| bad(error.to_string()))?;
    Ok(match place.scheme() {
        Scheme::Hdfs | Scheme::S3 | Scheme::Google | Scheme::Azure => Target::Store(Box::new(place)),
        Scheme::Local => Target::File(place.local().expect("a local place has a path")),
    })
}

/// A relative path beside the list that names it: `.` and `..` are resolved by name, as in a URL, and do not leave the
/// store.
fn join(base: &str, text: &str) -> Result<String, Trouble> {
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    let mut names: Vec<_> = rest.split('/').collect();
    // The list's own name.
    names.truncate(names.len().saturating_sub(1).max(1));
    for name in text.split('/') {
        match name {
            "." => {}
            ".." if names.len() > 1 => drop(names.pop()),
            ".." => return Err(bad("the path leaves the store that the list is in")),
            name => names.push(name),
        }
    }
    Ok(format!("{scheme}://{}", names.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn at(url: &str, base: &str) -> String {
        let stores = Stores::default();
        stores.place("hdfs://nn:1/lists").expect("a place");
        stores.place("s3://bucket/lists").expect("a place");
        let image = ImageRef { base: (!base.is_empty()).then(|| Arc::from(base)), ..ImageRef::new(url) };
        match locate(&image, &stores, &mut Sites::default()) {
            Ok(Target::Web(url)) => url.to_string(),
            Ok(Target::File(path)) => path.display().to_string(),
            Ok(Target::Store(place)) => place.url().to_owned(),
            Err(trouble) => trouble.kind.name().to_owned(),
        }
    }

    #[test]
    fn a_row_names_what_its_list_makes_of_it() {
        for (url, base, named) in [
            ("https://h/a b.jpg", "/l/x.csv", "https://h/a%20b.jpg"),
            ("HTTP://h:80/a", "", "http://h/a"),
            ("a/b.jpg", "/l/x.csv", "/l/a/b.jpg"),
            ("/a/b.jpg", "/l/x.csv", "/a/b.jpg"),
            ("a.jpg", "hdfs://nn:1/lists/x.csv", "hdfs://nn:1/lists/a.jpg"),
            ("a.jpg", "http://h/l/x.csv", "http://h/l/a.jpg"),
            ("file:///a/b%20c.jpg", "", "/a/b c.jpg"),
            ("hdfs://nn:1/a#b", "", "hdfs://nn:1/a#b"),
            ("www.h/x.jpg", "/l/x.csv", "/l/www.h/x.jpg"),
            ("s3://bucket/a b#c?d%20e ", "/l/x.csv", "s3://bucket/a b#c?d%20e "),
            ("S3A://bucket/a", "", "s3://bucket/a"),
            ("./a?b.jpg", "s3://bucket/lists/x.csv", "s3://bucket/lists/a?b.jpg"),
            ("a.jpg", "s3://bucket/x.csv", "s3://bucket/a.jpg"),
            ("../b/./c/../a", "s3://bucket/lists/x.csv", "s3://bucket/b/a"),
        ] {
            assert_eq!(at(url, base), named, "{url} in {base}");
        }
    }

    #[test]
    fn what_names_nothing_is_a_bad_url() {
        for (url, base) in [
            ("htp://x", ""),
            ("http://", ""),
            ("http:///a", ""),
            ("javascript:1", ""),
            ("data:,x", ""),
            ("ftp://h/x", ""),
            ("s3://b/k", ""),
            ("s3://bucket/a//b", ""),
            ("s3://bucket//a", ""),
            ("s3://bucket/../a", ""),
            ("s3://bucket/a/", ""),
            ("../../a", "s3://bucket/lists/x.csv"),
            ("a//b", "s3://bucket/lists/x.csv"),
            ("s3:bucket/a", ""),
            ("s3://bucket/a", "http://h/l.csv"),
            ("gs://bucket/a", ""),
            ("hdfs://elsewhere/x", ""),
            ("/etc/x", "http://h/l.csv"),
            ("file:///x", "https://h/l.csv"),
            ("http://[::1", ""),
            ("http://a{b}/x", ""),
            ("https://a\"b/x", ""),
            ("//a`b/x", "http://h/l.csv"),
        ] {
            assert_eq!(at(url, base), "bad_url", "{url} in {base}");
        }
    }
}
