//! Tables by chance, written in each kind and read back: the same rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use fastrand::Rng;

use super::kinds::columnar::written;
use super::*;

/// What is likely to be misread.
const PARTS: [&str; 20] = [
    "a", "Z", "0", " ", ",", ";", "\t", "|", "\"", "\"\"", "\n", "\r\n", "'", "\\", "é", "日本", "𝄞", "null", "#",
    "%20",
];

fn word(rng: &mut Rng, most: usize) -> String {
    (0..rng.usize(..=most)).map(|_| PARTS[rng.usize(..PARTS.len())]).collect()
}

/// A URL, and two other cells.
type Row = (String, Option<String>, Option<String>);

fn table(rng: &mut Rng) -> Vec<Row> {
    let cell = |rng: &mut Rng| (rng.u8(..5) > 0).then(|| word(rng, 6));
    (0..rng.usize(1..30)).map(|_| (format!("u{}.", word(rng, 5)), cell(rng), cell(rng))).collect()
}

fn delimited(table: &[Row], delimiter: u8, end: csv::Terminator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
    writer.write_record(["x", "url", "y z"]).unwrap();
    for (url, x, y) in table {
        writer.write_record([x.as_deref().unwrap_or(""), url, y.as_deref().unwrap_or("")]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn json(table: &[Row]) -> Vec<u8> {
    let line = |(url, x, y): &Row| serde_json::json!({"x": x, "url": url, "y z": y}).to_string() + "\n";
    table.iter().map(line).collect::<String>().into_bytes()
}

fn columns(table: &[Row], group: usize) -> Vec<u8> {
    let column = |cells: Vec<Option<String>>| -> ArrayRef { Arc::new(StringArray::from(cells)) };
    let columns = vec![
        ("x", column(table.iter().map(|row| row.1.clone()).collect())),
        ("url", column(table.iter().map(|row| Some(row.0.clone())).collect())),
        ("y z", column(table.iter().map(|row| row.2.clone()).collect())),
    ];
    written(columns, group)
}

fn expected(table: &[Row], null: bool) -> Vec<String> {
    let cell = |cell: &Option<String>| if null { cell.clone() } else { Some(cell.clone().unwrap_or_default()) };
    let row = |(at, (url, x, y)): (usize, &Row)| format!("{at} {url} x={:?} y z={:?}", cell(x), cell(y));
    table.iter().enumerate().map(row).collect()
}

#[test]
fn a_table_that_is_written_in_any_kind_is_read_back_the_same() {
    let mut rng = Rng::with_seed(4);
    for round in 0..60 {
        let table = table(&mut rng);
        let block_bytes = 1 + rng.usize(..200);
        let semicolon = Options { delimiter: Some(b';'), ..keep("all") };
        let crlf = csv::Terminator::CRLF;
        for (name, bytes, options, null) in [
            ("a.csv", delimited(&table, b',', csv::Terminator::Any(b'\n')), keep("all"), false),
            ("b.csv", delimited(&table, b';', crlf), semicolon, false),
            ("a.tsv", delimited(&table, b'\t', crlf), keep("all"), false),
            ("a.ndjson", json(&table), keep("all"), true),
            ("a.parquet", columns(&table, 1 + rng.usize(..10)), keep("all"), true),
        ] {
            let folder = folder(&[(name, &bytes)]);
            let encoding = Some(UTF_8);
            let found = rows(Options { lists: vec![path(&folder, name)], block_bytes, encoding, ..options });
            assert_eq!(found, expected(&table, null), "{name}, round {round}");
        }
    }
}

#[test]
fn lines_that_are_written_are_read_back_the_same() {
    let mut rng = Rng::with_seed(5);
    for round in 0..60 {
        let urls: Vec<_> = table(&mut rng).into_iter().map(|row| row.0.replace(['\r', '\n'], "")).collect();
        let folder = folder(&[("a.txt", urls.join("\n").as_bytes())]);
        let expected: Vec<_> = urls.iter().enumerate().map(|(at, url)| format!("{at} {url}")).collect();
        let options = Options { encoding: Some(UTF_8), block_bytes: 1 + rng.usize(..50), ..Options::default() };
        assert_eq!(rows(Options { lists: vec![path(&folder, "a.txt")], ..options }), expected, "round {round}");
    }
}
