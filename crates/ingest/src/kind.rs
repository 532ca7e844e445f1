//! What kind of list a file is, by its name, and what it is instead, by its first bytes.

use std::str::FromStr;

use crate::Error;

/// A kind of list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cells between commas, or another delimiter.
    Csv,
    /// Cells between tabs; quotes as in CSV, as Spark and pandas read it.
    Tsv,
    /// One URL a line.
    Txt,
    /// One JSON object a line.
    Ndjson,
    /// Parquet.
    Parquet,
}

const FORMATS: [(&str, Format); 6] = [
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("txt", Format::Txt),
    ("ndjson", Format::Ndjson),
    ("jsonl", Format::Ndjson),
    ("parquet", Format::Parquet),
];

/// Endings that say how the bytes are packed: they say so themselves.
const PACKED: [&str; 3] = ["gz", "zst", "zstd"];

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = FORMATS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, format)| *format).ok_or_else(|| "write csv, tsv, txt, ndjson or parquet".into())
    }
}

impl Format {
    /// Its name.
    pub fn name(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).expect("each has a name").0
    }

    /// By the name's extension, in any case; `.gz` and `.zst` at its end are passed over. The name of a URL ends before its
    /// query.
    pub(crate) fn of(list: &str) -> Result<Self, Error> {
        let path = if list.contains("://") && list.starts_with("http") {
            list.split(['?', '#']).next().unwrap_or_default()
        } else {
            list
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let mut extensions = name.rsplit('.');
        let mut extension = extensions.next().unwrap_or_default();
        if PACKED.iter().any(|packed| packed.eq_ignore_ascii_case(extension)) {
            extension = extensions.next().unwrap_or_default();
        }
        // A name without a dot is no extension.
        let found = extensions.next().and_then(|_| extension.parse().ok());
        found.ok_or_else(|| Error::UnknownKind { list: list.into() })
    }
}

enum Sign {
    Image,
    Other,
}

/// Offset, signature, what it says, its name.
const SIGNS: [(usize, &[u8], Sign, &str); 15] = [
    (0, b"\xff\xd8\xff", Sign::Image, "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", Sign::Image, "PNG"),
    (0, b"GIF87a", Sign::Image, "GIF"),
    (0, b"GIF89a", Sign::Image, "GIF"),
    (8, b"WEBP", Sign::Image, "WebP"),
    (0, b"II*\0", Sign::Image, "TIFF"),
    (0, b"MM\0*", Sign::Image, "TIFF"),
    (0, b"II+\0", Sign::Image, "TIFF"),
    (0, b"MM\0+", Sign::Image, "TIFF"),
    (4, b"ftypavif", Sign::Image, "AVIF"),
    (4, b"ftyphei", Sign::Image, "HEIF"),
    (4, b"ftypmif1", Sign::Image, "HEIF"),
    (0, b"%PDF-", Sign::Other, "a PDF"),
    (0, b"PK\x03\x04", Sign::Other, "a ZIP archive (an Excel file is one)"),
    (0, b"<!DOCTYPE", Sign::Other, "a web page"),
];

/// How many of a file's first bytes are looked at.
const LOOK: usize = 1024;

/// Whether it is Parquet, whatever its name.
pub(crate) fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(b"PAR1")
}

/// An error if the first bytes are those of something that is no list.
pub(crate) fn sniff(list: &str, head: &[u8]) -> Result<(), Error> {
    let list = list.to_owned();
    let sign = SIGNS.iter().find(|(at, sign, ..)| head.get(*at..).is_some_and(|rest| rest.starts_with(sign)));
    match sign {
        Some((_, _, Sign::Image, format)) => Err(Error::Image { list, format }),
        Some((_, _, Sign::Other, what)) => Err(Error::NotAList { list, what }),
        // `BM` alone may begin a word.
        None if head[..head.len().min(LOOK)].contains(&0) && head.starts_with(b"BM") => {
            Err(Error::Image { list, format: "BMP" })
        }
        None => Ok(()),
    }
}

/// An error if what is text by now does not look like it.
pub(crate) fn sniff_text(list: &str, text: &[u8], format: Format) -> Result<(), Error> {
    let list = list.to_owned();
    if text[..text.len().min(LOOK)].contains(&0) {
        return Err(Error::NotAList { list, what: "binary (it holds NUL bytes)" });
    }
    if format == Format::Ndjson && text.trim_ascii_start().starts_with(b"[") {
        return Err(Error::NotAList { list, what: "one JSON array (make it lines: jq -c '.[]')" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_tells_the_kind() {
        for (list, kind) in [
            ("/a/b.csv", Format::Csv),
            ("B.CSV", Format::Csv),
            ("/x.csv/y.tsv", Format::Tsv),
            ("a.b.txt", Format::Txt),
            ("a.csv.gz", Format::Csv),
            ("s3://b/a.TXT.ZST", Format::Txt),
            ("a.jsonl", Format::Ndjson),
            ("a.ndjson.gz", Format::Ndjson),
            ("part-0.snappy.parquet", Format::Parquet),
            ("https://h/a.csv?x=b.txt#c.tsv", Format::Csv),
            ("s3://b/a.tsv?.csv", Format::Csv),
        ] {
            assert_eq!(Format::of(list).unwrap(), kind, "{list}");
        }
        for list in ["a", "a.csv/b", "a.dat", "csv", "csv.gz", "a.gz", "a.json", "https://h/get?list=a.csv"] {
            assert!(matches!(Format::of(list), Err(Error::UnknownKind { .. })), "{list}");
        }
        for (name, format) in FORMATS {
            assert_eq!(name.parse(), Ok(format));
        }
    }

    #[test]
    fn what_is_no_list_is_told_by_its_first_bytes() {
        for (head, message) in [
            (&b"\xff\xd8\xff\xe0"[..], "`x.csv` is a JPEG image, not a list; use `imgmeta inspect` for images"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "`x.csv` is a WebP image, not a list; use `imgmeta inspect` for images"),
            (b"BM\x10\0\0\0", "`x.csv` is a BMP image, not a list; use `imgmeta inspect` for images"),
            (b"%PDF-1.7", "`x.csv` is a PDF, not a list; CSV, TSV, TXT, NDJSON and Parquet are read"),
            (b"a\0b", "`x.csv` is binary (it holds NUL bytes), not a list; CSV, TSV, TXT, NDJSON and Parquet are read"),
        ] {
            let error = sniff("x.csv", head).and_then(|()| sniff_text("x.csv", head, Format::Csv));
            assert_eq!(error.unwrap_err().to_string(), message);
        }
        for head in [&b""[..], b"BMW,url", b"\xef\xbb\xbfurl", b"caf\xe9", b"II*"] {
            sniff("x.csv", head).and_then(|()| sniff_text("x.csv", head, Format::Csv)).unwrap();
        }
        assert!(sniff_text("x", b" [{}]", Format::Ndjson).unwrap_err().to_string().contains("jq -c"));
    }
}
