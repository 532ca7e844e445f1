//! The tables that rows are put into: their columns, from the table of fields, and lines of JSON as their rows.

use std::collections::HashMap;

use imgmeta_record::fields::Leaf;
use imgmeta_record::fields::outline::{self, Holds, Outline};
use imgmeta_record::schema::Rows;
use serde::de::Error as _;
use serde_json::Error;
use serde_json::value::RawValue;

use super::cell::{self, Cell, Take, give, tag_of_other, tag_value};
use crate::pairs::Pairs;

/// Longest name of a host: no name of the Internet is longer, and a B-tree takes it.
const LONGEST_HOST: usize = 253;

/// The column of a shard's number, and its rows' run.
const EACH_ROW: [&str; 2] = ["run", "shard"];

/// A table that is filled with outcomes.
#[derive(Debug)]
pub(super) struct Table {
    name: &'static str,
    columns: Vec<String>,
    /// Of which outcomes it is.
    rows: Rows,
    holds: Lines,
}

/// How lines become rows.
#[derive(Debug)]
enum Lines {
    /// One for each.
    Outcomes(Vec<Outline>),
    /// One for each tag of a record.
    Tags,
}

/// Which shard rows are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of {
    pub(super) run: i64,
    pub(super) shard: i64,
}

impl Table {
    pub(super) fn images() -> Self {
        Self::outcomes("images", outline::record(), Rows::Success)
    }

    pub(super) fn failures() -> Self {
        Self::outcomes("failures", outline::failure(), Rows::Failure)
    }

    pub(super) fn tags() -> Self {
        let columns = ["run", "row", "ifd", "tag", "nth", "value"].map(ToOwned::to_owned).into();
        Self { name: "exif_tags", columns, rows: Rows::Success, holds: Lines::Tags }
    }

    fn outcomes(name: &'static str, fields: Vec<Outline>, rows: Rows) -> Self {
        let mut columns: Vec<_> = EACH_ROW.map(ToOwned::to_owned).into();
        for field in &fields {
            name_columns("", field, &mut columns);
        }
        Self { name, columns, rows, holds: Lines::Outcomes(fields) }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether a line has some rows, or none.
    pub(super) fn is_tags(&self) -> bool {
        matches!(self.holds, Lines::Tags)
    }

    pub(super) fn rows(&self) -> Rows {
        self.rows
    }

    /// Hands on the rows of lines.
    ///
    /// # Errors
    /// What is wrong with a line.
    pub(super) fn fill(&self, of: Of, lines: &[u8], take: &mut impl Take) -> Result<(), String> {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let filled = serde_json::from_slice(line).and_then(|pairs| match &self.holds {
                Lines::Outcomes(fields) => outcome(of, fields, pairs, take),
                Lines::Tags => tags(of, &pairs, take),
            });
            filled.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// `TakenAtUTC` is `taken_at_utc`, `FocalLength35mm` is `focal_length_35mm`.
fn snake(name: &str) -> String {
    // Words that capitals alone do not tell.
    let words = [("ETag", "Etag"), ("FNumber", "F_number"), ("35mm", "_35mm")];
    let name = words.iter().fold(name.to_owned(), |name, (word, apart)| name.replace(word, apart));
    let mut snake = String::new();
    let mut before = '_';
    for char in name.chars() {
        if char.is_ascii_uppercase() && before != '_' && !before.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
        before = char;
    }
    snake
}

/// Whether a field has no column: width and height have their own.
fn is_left_out(field: &Outline) -> bool {
    field.holds == Holds::Leaf(Leaf::Size)
}

/// Whether a group is one column of JSON: its fields have no columns that are known beforehand.
fn is_json(group: &[Outline]) -> bool {
    group.iter().all(|field| field.holds == Holds::Leaf(Leaf::Tags))
}

fn name_columns(prefix: &str, field: &Outline, columns: &mut Vec<String>) {
    let name = format!("{prefix}{}", snake(field.name));
    match &field.holds {
        _ if is_left_out(field) => {}
        Holds::Group(inner) if !is_json(inner) => {
            for field in inner {
                name_columns(&format!("{name}_"), field, columns);
            }
        }
        holds => {
            columns.push(name.clone());
            match (holds, name.as_str()) {
                (Holds::Leaf(Leaf::LocalTime), _) => columns.push(format!("{name}_offset_minutes")),
                (_, "url") => columns.push("host".into()),
                _ => {}
            }
        }
    }
}

fn outcome(of: Of, fields: &[Outline], pairs: Pairs<'_>, take: &mut impl Take) -> Result<(), Error> {
    number(&pairs)?;
    take.cell(Cell::Int(of.run));
    take.cell(Cell::Int(of.shard));
    group(fields, Some(pairs), true, take)?;
    take.end();
    Ok(())
}

/// The row's number, by which it is found again.
fn number(pairs: &Pairs<'_>) -> Result<i64, Error> {
    let row = pairs.0.iter().find(|(name, _)| name == "Row").map(|(_, raw)| raw.get());
    let row = row.and_then(|text| serde_json::from_str(text).ok());
    row.ok_or_else(|| Error::custom("its row has no number, and a database keeps rows by their numbers"))
}

/// A field that the line has not is null, as in a line of an older version.
fn group(fields: &[Outline], pairs: Option<Pairs<'_>>, top: bool, take: &mut impl Take) -> Result<(), Error> {
    let mut pairs = pairs.map(|pairs| pairs.0).unwrap_or_default().into_iter().peekable();
    for field in fields {
        let raw = pairs.next_if(|(name, _)| name == field.name).map(|(_, raw)| raw);
        match &field.holds {
            _ if is_left_out(field) => {}
            Holds::Group(inner) if is_json(inner) => give(Leaf::Map, field, raw, take)?,
            Holds::Group(inner) => {
                let raw = raw.map(RawValue::get).filter(|text| *text != "null");
                group(inner, raw.map(serde_json::from_str).transpose()?, false, take)?;
            }
            Holds::Leaf(leaf) => {
                give(*leaf, field, raw, take)?;
                if top && field.name == "URL" {
                    let url = raw.map(|raw| cell::string(raw.get())).transpose()?;
                    take.cell(url.and_then(|url| host(&url)).map_or(Cell::Null, |host| Cell::Text(host.into())));
                }
            }
        }
    }
    match pairs.next() {
        Some((name, _)) => Err(Error::custom(format!("`{name}` is no field, or not in its place"))),
        None => Ok(()),
    }
}

/// The host, bucket or cluster that a URL names.
fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let named = authority.rsplit_once('@').map_or(authority, |(_, named)| named);
    let host = match named.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => named.split(':').next().unwrap_or_default(),
    };
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_host = !host.is_empty() && host.len() <= LONGEST_HOST && !host.contains(char::is_control);
    (is_scheme && is_host).then(|| host.to_lowercase())
}

/// A row for each tag.
fn tags(of: Of, pairs: &Pairs<'_>, take: &mut impl Take) -> Result<(), Error> {
    let row = number(pairs)?;
    let field = |key: &str| pairs.0.iter().find(|(name, _)| name == key).map_or("null", |(_, raw)| raw.get());
    let mut give = |ifd: &str, tag: &str, nth: i64, value: Cell<'_>| {
        take.cell(Cell::Int(of.run));
        take.cell(Cell::Int(row));
        take.cell(Cell::Text(ifd.into()));
        take.cell(Cell::Text(tag.into()));
        take.cell(Cell::Int(nth));
        take.cell(value);
        take.end();
    };
    for (ifd, raw) in serde_json::from_str::<Pairs<'_>>(field("EXIF"))?.0 {
        for (tag, raw) in serde_json::from_str::<Pairs<'_>>(raw.get())?.0 {
            give(&ifd, &tag, 0, tag_value(raw.get())?);
        }
    }
    // An IFD may have a tag twice.
    let mut seen: HashMap<(String, String), i64> = HashMap::new();
    for other in serde_json::from_str::<Vec<Pairs<'_>>>(field("Other"))? {
        let [ifd, tag, value] = tag_of_other(&other)?;
        let nth = seen.entry((ifd.clone().into_owned(), tag.clone().into_owned())).or_default();
        give(&ifd, &tag, *nth, tag_value(&value)?);
        *nth += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use imgmeta_record::json::{Keys, write_line};
    use imgmeta_record::{Camera, Ifd, Other, Outcome, Record, Tag, Value, tags};

    use super::*;

    /// Rows as text, cell by cell.
    #[derive(Default)]
    struct Shown(Vec<Vec<String>>, Vec<String>);

    impl Take for Shown {
        fn cell(&mut self, cell: Cell<'_>) {
            self.1.push(match cell {
                Cell::Null => "NULL".into(),
                Cell::Bool(value) => value.to_string(),
                Cell::Int(value) => value.to_string(),
                Cell::Float(text) => text.into(),
                Cell::Text(text) => format!("'{text}'"),
                Cell::Json(text) => text.into_owned(),
            });
        }

        fn end(&mut self) {
            self.0.push(std::mem::take(&mut self.1));
        }
    }

    fn rows(table: &Table, lines: &[u8]) -> Result<Vec<Vec<String>>, String> {
        let mut shown = Shown::default();
        table.fill(Of { run: 3, shard: 7 }, lines, &mut shown)?;
        assert!(shown.0.iter().all(|row| row.len() == table.columns().len()), "a cell for each column");
        Ok(shown.0)
    }

    fn line() -> Vec<u8> {
        let mut record = Record {
            url: "https://me@Example.org:8080/a.jpg".into(),
            format: "JPEG",
            mode: "RGB",
            ..Record::default()
        };
        record.row = Some(12);
        record.camera = Some(Box::new(Camera { f_number: Some(2.8), model: Some("a\0b".into()), ..Camera::default() }));
        let row = tags::lookup(Ifd::Exif, 0x829a).expect("named");
        record.exif.ifd_mut(Ifd::Exif).push(Tag { row, value: Value::Rational(1, 125) });
        for value in [Value::Text("x\0".into()), Value::Ints(vec![1])] {
            record.other.push(Other { ifd: Ifd::Zeroth, tag: 0xea1c, kind: "ASCII".into(), value });
        }
        let mut line = Vec::new();
        write_line(&mut line, &Outcome::Record(Box::new(record)), Keys::Names);
        line
    }

    #[test]
    fn a_record_is_a_row_without_nul() {
        let table = Table::images();
        let rows = rows(&table, &line()).expect("a row");
        let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
        for (column, cell) in [
            ("run", "3"),
            ("shard", "7"),
            ("row", "12"),
            ("url", "'https://me@Example.org:8080/a.jpg'"),
            ("host", "'example.org'"),
            ("camera_f_number", "2.8"),
            ("camera_model", "'a\u{fffd}b'"),
            ("camera_focal_length_35mm", "NULL"),
            ("gps_taken_at_utc", "NULL"),
            ("exif", r#"{"0th":{},"Exif":{"ExposureTime":[1,125]},"GPS":{},"Interop":{},"1st":{}}"#),
            ("fetch_final_url", "NULL"),
            ("fetch_etag", "NULL"),
        ] {
            let at = table.columns().iter().position(|name| name == column).expect(column);
            assert_eq!(row[at], cell, "{column}");
        }
        let at = table.columns().iter().position(|name| name == "other").expect("a column");
        let other: serde_json::Value = serde_json::from_str(&row[at]).expect("JSON");
        // The value is JSON text, and that holds no NUL either.
        assert_eq!(other[0]["Value"], "\"x\u{fffd}\"");
    }

    #[test]
    fn a_tag_is_a_row_and_a_second_one_of_its_name_another() {
        let rows = rows(&Table::tags(), &line()).expect("rows");
        let expected = [
            ["3", "12", "'Exif'", "'ExposureTime'", "0", "'[1,125]'"],
            ["3", "12", "'0th'", "'0xea1c'", "0", "'x\u{fffd}'"],
            ["3", "12", "'0th'", "'0xea1c'", "1", "'[1]'"],
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_line_that_is_none_of_ours_is_refused() {
        for line in ["{}", "[", r#"{"URL":"a","Row":null}"#, r#"{"Row":1,"Foo":2}"#] {
            assert!(rows(&Table::failures(), line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn hosts_are_found_in_urls_only() {
        let long = format!("http://{}/", "a".repeat(300));
        for (url, found) in [
            ("http://a.B/c", Some("a.b")),
            ("https://u:p@h:1?x=@y", Some("h")),
            ("s3://bucket", Some("bucket")),
            ("http://[::1]:80/", Some("::1")),
            ("file:///a", None),
            ("a/b.jpg", None),
            ("see http://h/", None),
            (long.as_str(), None),
        ] {
            assert_eq!(host(url).as_deref(), found, "{url}");
        }
    }
}
