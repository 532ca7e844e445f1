//! Lists of every kind in every charset, packed in every way, with what is wrong in them: each has exactly these rows.

use std::io::Write as _;

use super::*;

/// A list and its rows.
struct Sample {
    name: &'static str,
    text: &'static str,
    options: Options,
    rows: &'static [&'static str],
}

fn samples() -> Vec<Sample> {
    let sample = |name, text, options, rows| Sample { name, text, options, rows };
    vec![
        sample(
            "a.csv",
            "name,url,note\r\nCafé,http://h/a.jpg,\"déjà, \"\"vu\"\"\"\r\nCrème brûlée,http://h/b.jpg,\"à\nla\"\n\n,,\nÉté,,x\nüber\nstraße,http://h/ñ.jpg,1,2\n",
            keep("name,note"),
            &[
                "0 http://h/a.jpg name=Some(\"Café\") note=Some(\"déjà, \\\"vu\\\"\")",
                "1 http://h/b.jpg name=Some(\"Crème brûlée\") note=Some(\"à\\nla\")",
                "2! : the URL cell is empty",
                "3! : the URL cell is empty",
                "4! : the row has 1 cell, the header 3: none for the URL",
                "5 http://h/ñ.jpg name=Some(\"straße\") note=Some(\"1\") (list: row has 4 cells, the header 3)",
            ],
        ),
        sample(
            "semicolon.csv",
            "größe;image url\n1,5;http://h/naïve.jpg\n2,5;http://h/élève.jpg\n;\"\"\n3,5;http://h/çà,et là.jpg\n",
            keep("all"),
            &[
                "0 http://h/naïve.jpg größe=Some(\"1,5\")",
                "1 http://h/élève.jpg größe=Some(\"2,5\")",
                "2! : the URL cell is empty",
                "3 http://h/çà,et là.jpg größe=Some(\"3,5\")",
            ],
        ),
        sample(
            "bar.csv",
            "url|ville\nhttp://h/a.jpg|Orléans\nhttp://h/b.jpg|Nîmes, Besançon\n",
            keep("ville"),
            &["0 http://h/a.jpg ville=Some(\"Orléans\")", "1 http://h/b.jpg ville=Some(\"Nîmes, Besançon\")"],
        ),
        sample(
            "a.tsv",
            "url\tlabel\nhttp://h/a.jpg\tchâteau, fort\n\thôtel\nhttp://h/b.jpg\t\"où\tça\"\n",
            keep("all"),
            &[
                "0 http://h/a.jpg label=Some(\"château, fort\")",
                "1! : the URL cell is empty",
                "2 http://h/b.jpg label=Some(\"où\\tça\")",
            ],
        ),
        sample(
            "a.txt",
            "http://h/forêt.jpg\r\n\r\n  http://h/déjà vu, à côté.jpg \n\t\nhttp://h/\"été\".jpg",
            Options::default(),
            &["0 http://h/forêt.jpg", "1 http://h/déjà vu, à côté.jpg", "2 http://h/\"été\".jpg"],
        ),
        sample(
            "a.ndjson",
            "{\"n\": 1.50, \"url\": \"http://h/événement.jpg\", \"o\": {\"clé\":[1, 2]}}\n\n{\"url\": null}\n{\"n\":null}\nnot JSON, à côté\n[1]\n{\"url\":\"http://h/b\\u00e9.jpg\",\"neu\":\"später\"}\n",
            keep("all"),
            &[
                "0 http://h/événement.jpg n=Some(\"1.50\") o=Some(\"{\\\"clé\\\":[1, 2]}\")",
                "1! : the URL is null",
                "2! : the URL is null",
                "3! : the line is no JSON object",
                "4! : the line is no JSON object",
                "5 http://h/bé.jpg neu=Some(\"später\")",
            ],
        ),
        sample(
            "google.tsv",
            "TsvHttpData-1.0\nhttp://h/réseau.jpg\t1357\twHENa08V36iPYAsOa2JAdw==\nhttp://h/médaille.jpg\t\t\n\t1\tx\nhttp://h/à.jpg\n",
            Options::default(),
            &[
                "0 http://h/réseau.jpg size=Some(\"1357\") md5=Some(\"wHENa08V36iPYAsOa2JAdw==\")",
                "1 http://h/médaille.jpg size=Some(\"\") md5=Some(\"\")",
                "2! : the URL cell is empty",
                "3 http://h/à.jpg size=None md5=None",
            ],
        ),
        sample(
            "google.csv",
            "TsvHttpData-1.0\r\nhttp://h/réglé.jpg,1357,wHENa08V36iPYAsOa2JAdw==\r\nhttp://h/décidé.jpg,2,x\r\n",
            Options::default(),
            &[
                "0 http://h/réglé.jpg size=Some(\"1357\") md5=Some(\"wHENa08V36iPYAsOa2JAdw==\")",
                "1 http://h/décidé.jpg size=Some(\"2\") md5=Some(\"x\")",
            ],
        ),
    ]
}

/// Its name, and text in it.
fn charsets(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let western = encoding_rs::WINDOWS_1252.encode(text);
    assert!(!western.2, "{text:?} is not windows-1252");
    vec![
        ("UTF-8", text.into()),
        ("UTF-8 with a mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("UTF-16LE with a mark", [b"\xff\xfe", little.as_slice()].concat()),
        ("UTF-16BE with a mark", [b"\xfe\xff", big.as_slice()].concat()),
        ("UTF-16LE", little),
        ("UTF-16BE", big),
        ("windows-1252", western.0.into_owned()),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn packed(bytes: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    [
        ("", bytes.to_vec()),
        (".gz", [gzip(first), gzip(second)].concat()),
        (".zst", [zstd(first), zstd(second)].concat()),
    ]
}

#[test]
fn every_kind_in_every_charset_packed_in_every_way_has_its_rows() {
    let mut lists = 0;
    for Sample { name, text, options, rows: expected } in samples() {
        for (charset, bytes) in charsets(text) {
            for (end, bytes) in packed(&bytes) {
                let name = format!("{name}{end}");
                let folder = folder(&[(&name, &bytes)]);
                for block_bytes in [7, 100, 1 << 20] {
                    let lists = vec![path(&folder, &name)];
                    let found = rows(Options { lists, block_bytes, ..options.clone() });
                    assert_eq!(found, expected, "{name} in {charset} by {block_bytes}");
                }
                lists += 1;
            }
        }
    }
    assert!(lists >= 60, "{lists}");
}

#[test]
fn what_a_name_does_not_tell_is_told_and_told_charsets_are_believed() {
    let told = |format: &str| Options { format: Some(format.parse().unwrap()), ..Options::default() };
    let koi = Options { encoding: Some(encoding_rs::KOI8_R), ..Options::default() };
    let (koi_text, ..) = encoding_rs::KOI8_R.encode("url\nhttp://h/мир.jpg\n");
    let wrong = Options { encoding: Some(encoding_rs::UTF_16LE), ..Options::default() };
    let (google, zipped) = (b"TsvHttpData-1.0\nhttp://h/a\t1\tx\n", gzip(b"id,url\n1,u\n"));
    let broken: Vec<u8> = [0x75, 0, 0x34, 0xd8, 0x0a, 0, 0x76, 0].into();
    for (name, bytes, options, expected) in [
        ("list", &b"u1\nu2\n"[..], told("txt"), &["0 u1", "1 u2"][..]),
        ("a.json", b"{\"url\":\"u\"}\n", told("ndjson"), &["0 u"]),
        ("a.txt", b"id,url\n1,u\n", told("csv"), &["0 u"]),
        ("a.csv", &zipped, Options::default(), &["0 u"]),
        ("a.csv.gz", b"id,url\n1,u\n", Options::default(), &["0 u"]),
        ("a.csv", &koi_text, koi, &["0 http://h/мир.jpg"]),
        (
            "a.txt",
            &broken,
            wrong,
            &["0! u\u{fffd}: the URL cell holds bytes that are none of the list's encoding (--encoding)", "1 v"],
        ),
        ("google.txt", google, Options::default(), &["0 http://h/a size=Some(\"1\") md5=Some(\"x\")"]),
        (
            "a.jsonl",
            b"{\"img_url\":\"a\",\"path\":\"b\"}\n{\"path\":\"c\"}\n",
            Options::default(),
            &["0 a", "1! : the URL is null"],
        ),
        ("a.jsonl", b"no\n\n{}\n", Options::default(), &["0! : the line is no JSON object", "1! : the URL is null"]),
    ] {
        let folder = folder(&[(name, bytes)]);
        assert_eq!(rows(Options { lists: vec![path(&folder, name)], ..options }), expected, "{name}");
    }
}

#[test]
fn columns_of_json_are_chosen_by_name_wherever_they_first_come() {
    let text = b"{\"id\":1,\"Image\":\"a\"}\n{\"image\":\"b\",\"t\":true}\n{\"Image\":\"c\",\"id\":[1]}\n";
    let folder = folder(&[("a.ndjson", text)]);
    let lists = vec![path(&folder, "a.ndjson")];
    let by = |name: &str, keep_columns: &str| Options {
        lists: lists.clone(),
        url_column: Some(name.parse().unwrap()),
        ..keep(keep_columns)
    };
    assert_eq!(rows(by("Image", "id")), ["0 a id=Some(\"1\")", "1! : the URL is null", "2 c id=Some(\"[1]\")"]);
    assert_eq!(rows(by("#3", "t")), ["0! : the URL is null", "1 b t=Some(\"true\")", "2! : the URL is null"]);
    let error = open(by("url", "")).unwrap_err().to_string();
    assert!(error.ends_with("has no column `url`; it has: `id`, `Image`, `image`, `t`"), "{error}");
    assert!(matches!(open(by("id", "all")).unwrap_err(), Error::SameColumn { .. }));
}

pub(super) mod columnar {
    use std::sync::Arc;

    use arrow_array::builder::{Int64Builder, ListBuilder, StringDictionaryBuilder};
    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
        StringViewArray, TimestampMicrosecondArray,
    };
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::*;

    /// A Parquet file whose row groups have so many rows.
    pub(in super::super) fn written(columns: Vec<(&str, ArrayRef)>, group: usize) -> Vec<u8> {
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn any_scalar_is_its_text_and_null_is_null() {
        let urls = [Some("http://h/a,\"b\".jpg"), None, Some("  "), Some("http://h/ñ")];
        let mut words = StringDictionaryBuilder::<Int32Type>::new();
        let mut lists = ListBuilder::new(Int64Builder::new());
        for at in 0..4 {
            words.append_option((at != 1).then_some("cat"));
            lists.append_value([Some(at), None]);
        }
        let kept: Vec<(&str, ArrayRef)> = vec![
            ("i", Arc::new(Int64Array::from(vec![Some(i64::MAX), None, Some(-1), Some(0)]))),
            ("f", Arc::new(Float64Array::from(vec![1.5, 0.1, 2.0, 3.0]))),
            ("b", Arc::new(BooleanArray::from(vec![true, false, true, false]))),
            ("t", Arc::new(TimestampMicrosecondArray::from(vec![0, 1, 2, 1_500_000]))),
            ("d", Arc::new(words.finish())),
            ("l", Arc::new(lists.finish())),
        ];
        let expected = [
            "0 http://h/a,\"b\".jpg i=Some(\"9223372036854775807\") f=Some(\"1.5\") b=Some(\"true\") \
             t=Some(\"1970-01-01T00:00:00\") d=Some(\"cat\") l=Some(\"[0, ]\")",
            "1! : the URL is null",
            "2!   : the URL cell is empty",
            "3 http://h/ñ i=Some(\"0\") f=Some(\"3.0\") b=Some(\"false\") t=Some(\"1970-01-01T00:00:01.500\") \
             d=Some(\"cat\") l=Some(\"[3, ]\")",
        ];
        let url: [ArrayRef; 4] = [
            Arc::new(StringArray::from(urls.to_vec())),
            Arc::new(LargeStringArray::from(urls.to_vec())),
            Arc::new(StringViewArray::from(urls.to_vec())),
            Arc::new(BinaryArray::from(urls.map(|url| url.map(str::as_bytes)).to_vec())),
        ];
        for url in url {
            let columns = [("URL", url)].into_iter().chain(kept.clone()).collect();
            let folder = folder(&[("a.parquet", &written(columns, 3))]);
            let lists = vec![path(&folder, "a.parquet")];
            assert_eq!(rows(Options { lists, ..keep("all") }), expected);
        }
    }

    #[test]
    fn row_groups_before_the_wanted_rows_are_passed_over_and_names_do_not_matter() {
        let urls: Vec<_> = (0..100).map(|at| Some(format!("u{at}"))).collect();
        let column = |urls: &[Option<String>]| -> ArrayRef { Arc::new(StringArray::from(urls.to_vec())) };
        let folder = folder(&[
            ("a.csv", &written(vec![("url", column(&urls))], 10)),
            ("b.parquet", &written(vec![("x", column(&urls[..5])), ("url", column(&urls[5..10]))], 2)),
            ("c.parquet", &written(vec![("url", column(&[]))], 2)),
        ]);
        let lists: Vec<_> = ["a.csv", "b.parquet", "c.parquet"].iter().map(|name| path(&folder, name)).collect();
        let all: Vec<_> = (0..105).map(|row| format!("{row} u{}", if row < 100 { row } else { row - 95 })).collect();
        for range in [0..105, 0..200, 25..37, 95..103, 104..105, 99..101] {
            let found = rows(Options { lists: lists.clone(), rows: Some(range.clone()), ..Options::default() });
            let end = usize::try_from(range.end).unwrap().min(105);
            assert_eq!(found, all[usize::try_from(range.start).unwrap()..end]);
        }
        let mut list = open(Options { lists: lists[..1].into(), ..Options::default() }).unwrap();
        list.leave_out(Skip::new(|row| row % 10 != 3));
        let (rows, tally) = run(list, &CancellationToken::new());
        assert_eq!(rows.len(), 10);
        assert_eq!(
            Tally { starts: Vec::new(), ..tally },
            Tally { rows: 10, bad_rows: 0, skipped: 90, complete: true, starts: Vec::new() }
        );
    }
}
