//! Which column of a list holds the URLs, and which are kept. Pure.

use std::sync::Arc;

use crate::cut::Syntax;
use crate::{Column, Error, Keep, Options};

/// Names that mean URLs, the more telling ones first; case, `_`, `-` and spaces are ignored.
const USUAL: [&str; 7] = ["imageurl", "imgurl", "url", "uri", "link", "src", "path"];

/// Schemes of images that no header would have in a name.
const SCHEMES: [&str; 9] = ["http", "https", "hdfs", "s3", "s3a", "gs", "az", "abfss", "file"];

/// How the rows of one list are read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) syntax: Syntax,
    /// Whether the first record is a header.
    pub(crate) header: bool,
    /// How many cells a row should have.
    pub(crate) columns: usize,
    /// How few it may have without a warning.
    pub(crate) least: usize,
    /// Position of the URL.
    pub(crate) url: usize,
    /// Positions and names of the kept columns, in the list's order.
    pub(crate) keep: Vec<(usize, Arc<str>)>,
    /// The names of all columns, where rows have names and not positions.
    pub(crate) names: Vec<String>,
    /// Whether every column is kept, those too that only some rows have.
    pub(crate) all: bool,
}

impl Plan {
    /// By the cells of the first record, or by the names of the columns where the list has them elsewhere.
    pub(crate) fn new(list: &str, syntax: Syntax, first: Vec<String>, options: &Options) -> Result<Self, Error> {
        let has_names = matches!(syntax, Syntax::Objects | Syntax::Batches);
        let lines = syntax == Syntax::Lines;
        let header = !has_names && !lines && !options.no_header && is_header(list, &first, options);
        let numbered = |columns: usize| (1..=columns).map(|position| format!("#{position}")).collect();
        let names: Vec<String> = if header || has_names { first } else { numbered(first.len()) };
        let columns = Columns { list, names: &names, header: header || has_names };
        let url = match &options.url_column {
            // A line has no name, but is what a name is wanted for.
            Some(Column::Name(_)) if lines => 0,
            column => columns.url(column.as_ref())?,
        };
        let keep = columns.kept(&options.keep_columns, url)?;
        let columns = names.len();
        let (names, all) = if has_names { (names, options.keep_columns == Keep::All) } else { (Vec::new(), false) };
        Ok(Self { syntax, header, columns, least: columns, url, keep, names, all })
    }

    /// Google's `TsvHttpData-1.0`: behind a first line of just that, the URL, its size and its MD5; the latter two may be
    /// missing.
    pub(crate) fn google(delimiter: u8) -> Self {
        let keep = vec![(1, "size".into()), (2, "md5".into())];
        let (names, all, url) = (Vec::new(), false, 0);
        Self { syntax: Syntax::Cells(delimiter), header: true, columns: 3, least: 1, url, keep, names, all }
    }

    /// A listing of images, each row of which knows its path.
    pub(crate) fn images() -> Self {
        let (keep, names, all, url) = (Vec::new(), Vec::new(), false, 0);
        Self { syntax: Syntax::Paths, header: false, columns: 1, least: 1, url, keep, names, all }
    }

    /// The positions that are read, ascending.
    pub(crate) fn wanted(&self) -> Vec<usize> {
        let mut wanted: Vec<_> = self.keep.iter().map(|(position, _)| *position).chain([self.url]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }
}

/// Whether the first record names columns: one that has a URL where the URLs are, or anywhere if that is not known, is a
/// row.
fn is_header(list: &str, first: &[String], options: &Options) -> bool {
    match (Columns { list, names: first, header: true }).url(options.url_column.as_ref()) {
        Ok(at) => !is_url(&first[at]),
        Err(_) => !first.iter().any(|cell| is_url(cell)),
    }
}

struct Columns<'a> {
    list: &'a str,
    names: &'a [String],
    header: bool,
}

impl Columns<'_> {
    fn url(&self, column: Option<&Column>) -> Result<usize, Error> {
        match column {
            Some(Column::Index(index)) if index.get() <= self.names.len() => Ok(index.get() - 1),
            Some(Column::Index(index)) => Err(self.missing(&format!("#{index}"))),
            Some(Column::Name(name)) => self.named(name),
            None => self.usual(),
        }
    }

    /// By exact name, else by one that differs in case only.
    fn named(&self, name: &str) -> Result<usize, Error> {
        self.only(name, |other| other == name)?
            .map_or_else(|| self.only(name, |other| other.to_lowercase() == name.to_lowercase()), |at| Ok(Some(at)))?
            .ok_or_else(|| self.missing(name))
    }

    fn only(&self, column: &str, is: impl Fn(&str) -> bool) -> Result<Option<usize>, Error> {
        let mut found = (0..self.names.len()).filter(|at| is(&self.names[*at]));
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Error::Ambiguous { list: self.list.into(), column: column.into() }),
        }
    }

    fn usual(&self) -> Result<usize, Error> {
        if self.names.len() == 1 {
            return Ok(0);
        }
        for usual in USUAL {
            if let Some(at) = self.only(usual, |name| bare(name) == usual)? {
                return Ok(at);
            }
        }
        Err(Error::NoUrlColumn { list: self.list.into(), found: self.found() })
    }

    fn kept(&self, keep: &Keep, url: usize) -> Result<Vec<(usize, Arc<str>)>, Error> {
        let mut positions = match keep {
            Keep::None => Vec::new(),
            Keep::All => (0..self.names.len()).filter(|at| *at != url).collect(),
            Keep::Named(names) => names.iter().map(|name| self.named(name)).collect::<Result<Vec<_>, _>>()?,
        };
        positions.sort_unstable();
        positions.dedup();
        let mut seen: Vec<(String, usize)> = Vec::new();
        for at in &positions {
            let lower = self.names[*at].to_lowercase();
            if let Some((_, first)) = seen.iter().find(|(other, _)| *other == lower) {
                let [first, second] = [*first, *at].map(|at| self.names[at].clone());
                return Err(Error::SameColumn { list: self.list.into(), first, second });
            }
            seen.push((lower, *at));
        }
        Ok(positions.into_iter().map(|at| (at, self.names[at].as_str().into())).collect())
    }

    fn missing(&self, column: &str) -> Error {
        Error::NoColumn { list: self.list.into(), column: column.into(), found: self.found() }
    }

    fn found(&self) -> Vec<String> {
        let quoted = |name: &String| if self.header { format!("`{name}`") } else { name.clone() };
        self.names.iter().map(quoted).collect()
    }
}

fn bare(name: &str) -> String {
    name.chars().filter(|char| !matches!(char, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

fn is_url(cell: &str) -> bool {
    let Some((scheme, rest)) = cell.trim().split_once(':') else { return false };
    let known = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    known && (rest.starts_with("//") || (scheme.eq_ignore_ascii_case("file") && rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(header: &str, column: Option<&str>, keep: &str) -> Result<Plan, Error> {
        let options = Options {
            url_column: column.map(|column| column.parse().unwrap()),
            keep_columns: keep.parse().unwrap(),
            ..Options::default()
        };
        Plan::new("l.csv", Syntax::Cells(b','), header.split(',').map(Into::into).collect(), &options)
    }

    #[test]
    fn the_url_column_is_the_named_the_usual_or_the_only_one() {
        for (header, column, expected) in [
            ("id,url", None, 1),
            ("id,Image URL,x", None, 1),
            ("url,image_url", None, 1),
            ("id,IMAGE-URL", None, 1),
            ("anything", None, 0),
            ("id,url,photo", Some("photo"), 2),
            ("id,url,Photo", Some("photo"), 2),
            ("photo,url,Photo", Some("Photo"), 2),
            ("id,url,photo", Some("#1"), 0),
            ("7,http://h/a", Some("#2"), 1),
        ] {
            assert_eq!(plan(header, column, "").unwrap().url, expected, "{header} {column:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_an_error_that_lists_the_columns() {
        for (header, column, expected) in [
            (
                "id,photo",
                None,
                "cannot tell which column of `l.csv` holds the URLs; name it with --url-column; it has: `id`, `photo`",
            ),
            (
                "7,http://h/a",
                None,
                "cannot tell which column of `l.csv` holds the URLs; name it with --url-column; it has: #1, #2",
            ),
            ("id,url", Some("photo"), "the list `l.csv` has no column `photo`; it has: `id`, `url`"),
            ("id,url", Some("#3"), "the list `l.csv` has no column `#3`; it has: `id`, `url`"),
            ("url,URL", None, "the list `l.csv` has more than one column `url`; name it by its position, as `#2`"),
            ("a,a", Some("a"), "the list `l.csv` has more than one column `a`; name it by its position, as `#2`"),
        ] {
            assert_eq!(plan(header, column, "").unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_header_that_is_a_url_is_a_row() {
        for (header, is_header) in [
            ("https://h/a.jpg", false),
            ("HDFS://nn/a", false),
            ("file:/a", false),
            ("http", true),
            ("http:x", true),
            ("a/b.jpg", true),
            ("url,http://schema.org/name", true),
            ("http://h/a,http://h/b", false),
        ] {
            let first: Vec<_> = header.split(',').map(String::from).collect();
            assert_eq!(super::is_header("l.csv", &first, &Options::default()), is_header, "{header}");
        }
    }

    #[test]
    fn kept_columns_come_in_the_order_of_the_list() {
        let kept = |header, keep| -> Vec<String> {
            plan(header, None, keep).unwrap().keep.iter().map(|(at, name)| format!("{at}{name}")).collect()
        };
        assert_eq!(kept("id,url,label", ""), [""; 0]);
        assert_eq!(kept("id,url,label", "all"), ["0id", "2label"]);
        assert_eq!(kept("id,url,label", "label,id,label"), ["0id", "2label"]);
        assert_eq!(kept("id,url", "url"), ["1url"]);
        let same = plan("id,url,ID", None, "all").unwrap_err();
        assert!(matches!(&same, Error::SameColumn { first, second, .. } if first == "id" && second == "ID"));
        assert!(matches!(plan("id,url", None, "x").unwrap_err(), Error::NoColumn { column, .. } if column == "x"));
    }
}
