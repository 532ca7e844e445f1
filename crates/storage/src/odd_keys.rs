//! Listings go on past keys that object_store cannot hold.
//!
//! One key with an empty, `.` or `..` segment or a control character fails the whole page in object_store. Here such
//! keys are taken out of each page as it comes off the wire, and handed on beside it; signing, paging and credentials stay
//! object_store's.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::path::Path;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// Makes clients that take odd keys out of listings.
#[derive(Debug)]
pub(crate) struct Sifting;

impl HttpConnector for Sifting {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Sieve(ReqwestConnector::default().connect(options)?)))
    }
}

/// The keys that were taken out of a page: an extension of its response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OddKeys(pub(crate) Vec<String>);

#[derive(Debug)]
struct Sieve(HttpClient);

#[async_trait]
impl HttpService for Sieve {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let listing = request.method() == Method::GET
            && request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair == "list-type=2"));
        let response = self.0.execute(request).await?;
        if !listing || !response.status().is_success() {
            return Ok(response);
        }
        let (mut parts, body) = response.into_parts();
        let (page, odd) = sift(body.bytes().await?);
        parts.headers.remove(http::header::CONTENT_LENGTH);
        parts.extensions.insert(odd);
        Ok(HttpResponse::from_parts(parts, page.into()))
    }
}

/// A page without what object_store cannot hold. XML that cannot be read is left as it is: object_store says what is wrong
/// with it.
fn sift(page: Bytes) -> (Bytes, OddKeys) {
    let Ok((cuts, odd)) = scan(&page) else { return (page, OddKeys::default()) };
    if cuts.is_empty() {
        return (page, odd);
    }
    let mut kept = Vec::with_capacity(page.len());
    let mut at = 0;
    for cut in cuts {
        kept.extend_from_slice(&page[at..cut.start]);
        at = cut.end;
    }
    kept.extend_from_slice(&page[at..]);
    (kept.into(), odd)
}

/// One `Contents` or `CommonPrefixes` of a page.
#[derive(Default)]
struct Element {
    start: usize,
    /// Its key or prefix.
    key: String,
    size: String,
}

impl Element {
    fn append(&mut self, field: Field, text: &str) {
        match field {
            Field::Key => self.key.push_str(text),
            Field::Size => self.size.push_str(text),
            Field::Other => {}
        }
    }

    /// An object without bytes whose key ends with `/` is how consoles draw a folder.
    fn marks_a_folder(&self) -> bool {
        self.key.ends_with('/') && self.size.trim() == "0"
    }

    fn is_odd(&self, prefix: bool) -> bool {
        let key = if prefix { self.key.strip_suffix('/').unwrap_or(&self.key) } else { &self.key };
        Path::parse(key).map_or(true, |path| path.as_ref() != key)
    }
}

#[derive(Clone, Copy)]
enum Field {
    Key,
    Size,
    Other,
}

/// What is to be cut out of a page, and the odd keys among it.
fn scan(page: &[u8]) -> Result<(Vec<Range<usize>>, OddKeys), quick_xml::Error> {
    let mut reader = Reader::from_reader(page);
    let (mut cuts, mut odd) = (Vec::new(), OddKeys::default());
    let (mut depth, mut element, mut field) = (0, Element::default(), Field::Other);
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap_or(page.len());
        match reader.read_event()? {
            Event::Start(tag) => {
                depth += 1;
                match (depth, tag.local_name().as_ref()) {
                    (2, _) => element = Element { start, ..Element::default() },
                    (3, b"Key" | b"Prefix") => field = Field::Key,
                    (3, b"Size") => field = Field::Size,
                    _ => {}
                }
            }
            Event::Text(text) => element.append(field, &text.decode()?),
            Event::CData(text) => element.append(field, &text.decode()?),
            Event::GeneralRef(name) => {
                let char = name.resolve_char_ref()?.map(String::from);
                let text = char.or_else(|| resolve_predefined_entity(&name.decode().ok()?).map(String::from));
                element.append(field, &text.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.into()));
            }
            Event::End(tag) => {
                let prefix = tag.local_name().as_ref() == b"CommonPrefixes";
                let listed = depth == 2 && (prefix || tag.local_name().as_ref() == b"Contents");
                let marker = !prefix && element.marks_a_folder();
                if listed && (marker || element.is_odd(prefix)) {
                    cuts.push(element.start..usize::try_from(reader.buffer_position()).unwrap_or(page.len()));
                    odd.0.extend((!marker).then(|| std::mem::take(&mut element.key)));
                }
                field = Field::Other;
                depth -= 1;
            }
            Event::Eof => return Ok((cuts, odd)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: &[(&str, u64)], prefixes: &[&str]) -> String {
        let contents = keys.iter().map(|(key, size)| {
            format!("<Contents><Key>{key}</Key><Size>{size}</Size><ETag>&quot;e&quot;</ETag></Contents>")
        });
        let prefixes = prefixes.iter().map(|key| format!("<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>"));
        let inner: String = contents.chain(prefixes).collect();
        format!(
            "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"http://x/\"><Prefix>a/</Prefix><Name>b</Name>{inner}</ListBucketResult>"
        )
    }

    #[test]
    fn odd_keys_are_taken_out_and_named_and_the_rest_stays() {
        let all = [
            ("a/b c.jpg", 1),
            ("a//b.jpg", 1),
            ("a/./b", 1),
            ("a/../b", 1),
            ("/a", 1),
            ("a/#?%20é.jpg", 1),
            ("x&#10;y", 1),
            ("x&#x1;y", 1),
            ("a&amp;b//", 5),
            ("a/folder/", 0),
            ("a/&lt;b&gt;", 1),
        ];
        let kept = [all[0], all[5], all[10]];
        let (sifted, odd) = sift(page(&all, &["a/b/", "a//"]).into());
        assert_eq!(String::from_utf8(sifted.to_vec()).unwrap(), page(&kept, &["a/b/"]));
        assert_eq!(odd.0, ["a//b.jpg", "a/./b", "a/../b", "/a", "x\ny", "x\u{1}y", "a&b//", "a//"]);
    }

    #[test]
    fn a_page_without_odd_keys_and_one_that_is_no_xml_are_left_alone() {
        for text in [page(&[("a", 1), ("b/c", 0)], &["d/"]), "<a><b></a>".into(), "no XML".into(), String::new()] {
            assert_eq!(sift(text.clone().into()), (Bytes::from(text), OddKeys::default()));
        }
    }
}
