//! Bytes to records. Pure: no I/O, and the same records however the bytes arrive.

use memchr::{memchr, memchr2, memchr3};

/// The longest record, its line end included.
pub(crate) const LIMIT: usize = 1 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What separates the cells of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// RFC 4180 with this delimiter.
    Cells(u8),
    /// A line is a cell.
    Lines,
    /// A line is a JSON object.
    Objects,
    /// A line is a path of a listing.
    Paths,
    /// There are no lines: columns come as they are.
    Batches,
}

/// One record, without its line end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) text: &'a [u8],
    /// How many cells it has.
    pub(crate) cells: usize,
    /// Whether it is RFC 4180 to the letter, so that every reader sees the same cells: no quote within an unquoted cell,
    /// nothing behind a closing quote, no lone carriage return.
    pub(crate) plain: bool,
}

/// Why a stretch of the list is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    OpenQuote,
    TooLong,
}

/// What is at the head of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut<'a> {
    Record(Record<'a>),
    Bad(Unreadable),
    /// More bytes are needed, or the word that there are none.
    More,
    End,
}

/// Cuts records off a growing buffer.
#[derive(Debug)]
pub(crate) struct Cutter {
    syntax: Syntax,
    /// Whether a line of blanks is blank.
    pub(crate) one_column: bool,
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
    skipping: bool,
}

impl Cutter {
    /// Until the header is known, a line of blanks is blank.
    pub(crate) fn new(syntax: Syntax) -> Self {
        Self { syntax, one_column: true, bytes: Vec::new(), at: 0, ended: false, skipping: false }
    }

    pub(crate) fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// The next bytes of the list.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// No bytes follow.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The next record that is not blank.
    pub(crate) fn next(&mut self) -> Cut<'_> {
        loop {
            if self.skipping && !self.skip_line() {
                return self.dry();
            }
            while self.bytes[self.at..].starts_with(BOM) {
                self.at += BOM.len();
            }
            if self.at == self.bytes.len() {
                return self.dry();
            }
            match self.extent() {
                Ok(Some(extent)) => {
                    let start = self.at;
                    self.at += extent.end;
                    if !self.blank(start, extent.cells) {
                        let text = trim(&self.bytes[start..self.at]);
                        let plain = extent.plain && memchr(b'\r', text).is_none();
                        return Cut::Record(Record { text, cells: extent.cells, plain });
                    }
                }
                Ok(None) => return Cut::More,
                Err(why) => return Cut::Bad(why),
            }
        }
    }

    fn dry(&self) -> Cut<'static> {
        if self.ended { Cut::End } else { Cut::More }
    }

    /// Whether the end of the line that is too long was found.
    fn skip_line(&mut self) -> bool {
        let end = memchr(b'\n', &self.bytes[self.at..]);
        self.at = end.map_or(self.bytes.len(), |end| self.at + end + 1);
        self.skipping = end.is_none();
        !self.skipping
    }

    fn blank(&self, start: usize, cells: usize) -> bool {
        let text = trim(&self.bytes[start..self.at]);
        text.is_empty() || (self.one_column && cells == 1 && text.iter().all(u8::is_ascii_whitespace))
    }

    /// The record at the head; `None` if more bytes are needed. What is bad is stepped over.
    fn extent(&mut self) -> Result<Option<Extent>, Unreadable> {
        let rest = &self.bytes[self.at..];
        // Whether a record is too long must not depend on whether its end has arrived already.
        let window = &rest[..rest.len().min(LIMIT)];
        let last = self.ended && rest.len() < LIMIT;
        match scan(window, self.syntax, last) {
            Ok(extent) => Ok(Some(extent)),
            Err(Open { quoted }) if last => {
                debug_assert!(quoted, "the end of the list ends any other record");
                self.at = self.bytes.len();
                Err(Unreadable::OpenQuote)
            }
            Err(_) if rest.len() < LIMIT => Ok(None),
            Err(_) => Err(self.give_up()),
        }
    }

    /// A line end within the limit was quoted, else it had ended the record: so a quote is open, perhaps by mistake, and
    /// the lines behind it may be rows.
    fn give_up(&mut self) -> Unreadable {
        if let Some(end) = memchr(b'\n', &self.bytes[self.at..self.at + LIMIT]) {
            self.at += end + 1;
            return Unreadable::OpenQuote;
        }
        self.at += LIMIT;
        self.skipping = true;
        Unreadable::TooLong
    }
}

fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// How far a record goes, its line end included.
struct Extent {
    end: usize,
    cells: usize,
    plain: bool,
}

/// The bytes end before the record does.
struct Open {
    quoted: bool,
}

/// The record at the head of `bytes`, by the rules of `csv`: a quote means something at the head of a cell only. `last`:
/// the list ends with `bytes`.
fn scan(bytes: &[u8], syntax: Syntax, last: bool) -> Result<Extent, Open> {
    let Syntax::Cells(delimiter) = syntax else {
        let end = memchr(b'\n', bytes).map(|end| end + 1).or(last.then_some(bytes.len()));
        return end.map(|end| Extent { end, cells: 1, plain: true }).ok_or(Open { quoted: false });
    };
    let (mut at, mut cells, mut plain) = (0, 1, true);
    loop {
        let quoted = bytes.get(at) == Some(&b'"');
        if quoted {
            at += quoted_cell(&bytes[at..], last).ok_or(Open { quoted: true })?;
        }
        let rest = &bytes[at..];
        let Some(end) = unquoted_cell(rest, delimiter, &mut plain) else {
            plain &= !quoted || rest.is_empty();
            return if last { Ok(Extent { end: bytes.len(), cells, plain }) } else { Err(Open { quoted: false }) };
        };
        let line_ends = rest[end] == b'\n';
        plain &= !quoted || end == 0 || (line_ends && &rest[..end] == b"\r");
        at += end + 1;
        if line_ends {
            return Ok(Extent { end: at, cells, plain });
        }
        cells += 1;
    }
}

/// The length of the quoted part of a cell, both quotes included. A quote that is the last byte may be half of a pair.
fn quoted_cell(bytes: &[u8], last: bool) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr(b'"', &bytes[at..])? + 1;
        match bytes.get(at) {
            Some(b'"') => at += 1,
            Some(_) => return Some(at),
            None => return last.then_some(at),
        }
    }
}

fn unquoted_cell(bytes: &[u8], delimiter: u8, plain: &mut bool) -> Option<usize> {
    let at = memchr3(b'"', delimiter, b'\n', bytes);
    match at {
        Some(at) if bytes[at] == b'"' => {
            *plain = false;
            memchr2(delimiter, b'\n', &bytes[at..]).map(|end| at + end)
        }
        end => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Syntax = Syntax::Cells(b',');

    /// What the cutter says of `list` when it comes in pieces of `size`.
    fn cuts(list: &[u8], size: usize, syntax: Syntax, one_column: bool) -> Vec<String> {
        let mut cutter = Cutter::new(syntax);
        cutter.one_column = one_column;
        let mut pieces = list.chunks(size);
        let mut cuts = Vec::new();
        loop {
            match cutter.next() {
                Cut::Record(Record { text, cells, plain }) => {
                    let odd = if plain { "" } else { " odd" };
                    cuts.push(format!("{}|{cells}{odd}", text.escape_ascii()));
                }
                Cut::Bad(why) => cuts.push(format!("{why:?}")),
                Cut::More => match pieces.next() {
                    Some(piece) => cutter.push(piece),
                    None => cutter.end(),
                },
                Cut::End => return cuts,
            }
        }
    }

    #[test]
    fn records_end_at_line_ends_outside_quotes() {
        for (list, expected) in [
            ("", &[][..]),
            ("\n\r\n \n\t\n", &[" |1", "\\t|1"]),
            ("a,b\nc,d", &["a,b|2", "c,d|2"]),
            ("a,b\r\nc,d\r\n", &["a,b|2", "c,d|2"]),
            ("a,\n,\n\"\"\n", &["a,|2", ",|2", "\\\"\\\"|1"]),
            ("\"a\nb\",c\nd", &["\\\"a\\nb\\\",c|2", "d|1"]),
            ("\"a,\"\"b\"\",\"\r\nd", &["\\\"a,\\\"\\\"b\\\"\\\",\\\"|1", "d|1"]),
            ("a\"b,c\"\nd", &["a\\\"b,c\\\"|2 odd", "d|1"]),
            ("\"a\"b,c\nd", &["\\\"a\\\"b,c|2 odd", "d|1"]),
            ("\"a\"\"\nd\"", &["\\\"a\\\"\\\"\\nd\\\"|1"]),
            ("a\rb,c\nd\r\r\n", &["a\\rb,c|2 odd", "d\\r|1 odd"]),
            ("\u{feff}a\n\u{feff}\u{feff}b\n", &["a|1", "b|1"]),
            ("a\n\"b\nc\n", &["a|1", "OpenQuote"]),
            ("\"a\"", &["\\\"a\\\"|1"]),
            ("\"", &["OpenQuote"]),
        ] {
            for size in 1..=list.len().max(1) {
                assert_eq!(cuts(list.as_bytes(), size, CSV, false), expected, "{list:?} by {size}");
            }
        }
    }

    #[test]
    fn a_line_of_blanks_is_blank_where_there_is_one_column() {
        assert_eq!(cuts(b"a\n \t\r\n\"\"\n \n", 3, CSV, true), ["a|1", "\\\"\\\"|1"]);
        assert_eq!(cuts(b"a\n \n\t\n", 3, Syntax::Cells(b'\t'), true), ["a|1", "\\t|2"]);
        assert_eq!(cuts(b"a\n  \n\"b\n", 3, Syntax::Lines, true), ["a|1", "\\\"b|1"]);
    }

    #[test]
    fn a_record_of_a_mib_is_the_longest() {
        let line = |length: usize| [vec![b'x'; length - 1], b"\n".to_vec()].concat();
        for (length, whole) in [(LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false), (3 * LIMIT, false)] {
            for syntax in [CSV, Syntax::Lines] {
                for size in [1 << 12, LIMIT - 1, LIMIT, 4 * LIMIT] {
                    let list = [b"a\n".to_vec(), line(length), b"b\n".to_vec()].concat();
                    let cuts = cuts(&list, size, syntax, true);
                    assert_eq!((cuts.len(), cuts[2].as_str()), (3, "b|1"), "{length} by {size}");
                    assert_eq!(cuts[1] != "TooLong", whole, "{length} by {size}");
                }
            }
        }
    }

    #[test]
    fn a_quote_left_open_costs_its_own_line_only() {
        let rows = "http://h/a.jpg,1\n".repeat(LIMIT / 16);
        let list = format!("a,b\nhttp://h/b.jpg,\"2\n{rows}");
        for size in [1 << 12, LIMIT, 4 * LIMIT] {
            let cuts = cuts(list.as_bytes(), size, CSV, false);
            assert_eq!((cuts.len(), cuts[1].as_str()), (2 + LIMIT / 16, "OpenQuote"), "by {size}");
            assert!(cuts[2..].iter().all(|cut| cut == "http://h/a.jpg,1|2"), "by {size}");
        }
    }
}
