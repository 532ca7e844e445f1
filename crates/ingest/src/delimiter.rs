//! What separates the cells of a list that does not say so. Pure.

use crate::cut::{Cut, Cutter, Syntax};

/// In the order in which they are preferred.
const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How many records are looked at.
const LOOK: usize = 20;

/// The delimiter of a `.csv`: the one that cuts the first records into the most cells, all into as many; else a comma.
pub(crate) fn sniff(head: &[u8], whole: bool) -> u8 {
    let cells = CANDIDATES.map(|candidate| (candidate, columns(head, whole, candidate).unwrap_or(1)));
    // The last of the largest is found: so the preferred one is put last.
    cells
        .into_iter()
        .rev()
        .max_by_key(|(_, cells)| *cells)
        .filter(|(_, cells)| *cells > 1)
        .map_or(b',', |(found, _)| found)
}

/// How many cells all the first records have.
fn columns(head: &[u8], whole: bool, delimiter: u8) -> Option<usize> {
    let mut cutter = Cutter::new(Syntax::Cells(delimiter));
    cutter.push(head);
    if whole {
        cutter.end();
    }
    let mut columns = None;
    for _ in 0..LOOK {
        match cutter.next() {
            Cut::Record(record) if columns.is_some_and(|columns| columns != record.cells) => return None,
            Cut::Record(record) => columns = Some(record.cells),
            Cut::Bad(_) => return None,
            Cut::More | Cut::End => break,
        }
    }
    columns
}

/// The delimiter of Google's `TsvHttpData-1.0`: tabs, but for files that somebody has converted.
pub(crate) fn google(head: &[u8]) -> u8 {
    let second = head.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    if second.contains(&b',') && !second.contains(&b'\t') { b',' } else { b'\t' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_what_cuts_all_records_alike() {
        for (head, delimiter) in [
            ("url\nhttp://h/a\n", b','),
            ("", b','),
            ("id,url\n1,a\n", b','),
            ("id;url\n1;a\n", b';'),
            ("id\turl\n1\ta\n", b'\t'),
            ("id|url\n1|a\n", b'|'),
            ("id;url;note\n1;a;\"b;c\"\n2;d;x, y\n", b';'),
            ("url\nhttp://h/a;jsessionid=1\nhttp://h/b;jsessionid=2\n", b','),
            ("url,name\nhttp://h/a,x;y\nhttp://h/b,z\n", b','),
            ("url,a\nu,\"open\n", b','),
            ("id;url, the\n1;a\n", b';'),
            ("id;url\n1;a\n2", b';'),
        ] {
            assert_eq!(sniff(head.as_bytes(), !head.ends_with('2')), delimiter, "{head:?}");
        }
    }

    #[test]
    fn google_s_lists_have_tabs_unless_they_were_converted() {
        assert_eq!(google(b"TsvHttpData-1.0\nhttp://h/a\t1\tx\n"), b'\t');
        assert_eq!(google(b"TsvHttpData-1.0\r\nhttp://h/a,1,x\r\n"), b',');
        assert_eq!(google(b"TsvHttpData-1.0\nhttp://h/a,b\t1\tx\n"), b'\t');
        assert_eq!(google(b"TsvHttpData-1.0\nhttp://h/a"), b'\t');
    }
}
