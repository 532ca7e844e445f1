//! URLs of many images on few hosts: a host is parsed once, as that costs more than all the rest of a URL.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use url::{ParseError, Url};

/// Sites that are kept; beyond, it begins anew.
const MOST: usize = 4096;

/// Sites by the text before the path: `http://example.org:81`.
#[derive(Debug, Default)]
pub(crate) struct Sites(HashMap<Box<str>, Url, RandomState>);

impl Sites {
    /// What [`Url::parse`] gives.
    pub(crate) fn parse(&mut self, text: &str) -> Result<Url, ParseError> {
        let Some((site, path)) = split(text) else { return Url::parse(text) };
        if let Some(known) = self.0.get(site) {
            return known.join(path);
        }
        let url = Url::parse(text)?;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        // An absolute path takes the place of the whole one, query and fragment included (URL standard, 4.4).
        self.0.insert(site.into(), url.join("/")?);
        Ok(url)
    }
}

/// Site and path, where the parser would see them so: no user, no backslash, and nothing that it drops or that turns the path
/// into a host.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    let (host, _) = rest.split_once('/')?;
    let (site, path) = text.split_at(text.len() - rest.len() + host.len());
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_'));
    let odd = path.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\');
    (plain && !host.is_empty() && !odd && !path.starts_with("//")).then_some((site, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_the_same_whether_its_site_is_known_or_not() {
        let mut sites = Sites::default();
        let hosts = [
            "h",
            "H.example",
            "127.0.0.1:81",
            "0x7f.1",
            "h:80",
            "[::1]",
            "u:p@h",
            "h%41",
            "h_x",
            "",
            "h:99999",
            "xn--a",
        ];
        let paths = [
            "",
            "/",
            "/a",
            "/a?b#c",
            "/a/../b",
            "/%2e%2E/b",
            "/./a",
            "//b",
            "/\\b",
            "/a\\..\\b",
            "/\tb",
            "/a b",
            "/\u{e9}?\u{e9}",
            "?a",
            "#a",
            "/a?b/../c",
            "/a;b=|^`{}",
            "/a//b",
            "/C:/a",
            "/a?http://x/y",
            "/..",
            "\\a",
        ];
        for scheme in ["http", "https", "HTTP", "ftp"] {
            for (host, path) in hosts.iter().flat_map(|host| paths.map(|path| (*host, path))) {
                let text = format!("{scheme}://{host}{path}");
                for turn in 0..2 {
                    assert_eq!(sites.parse(&text), Url::parse(&text), "{text} in turn {turn}");
                }
            }
        }
        for number in 0..2 * MOST {
            let text = format!("http://h{number}/a");
            assert_eq!(sites.parse(&text), Url::parse(&text));
            assert!(sites.0.len() <= MOST);
        }
    }
}
