//! Small lists, each with the rows that it has.

mod copies;
mod kinds;
mod laws;

use std::fs;

use encoding_rs::UTF_8;
use tempfile::TempDir;

use super::*;
use crate::columns::Plan;

fn open(options: Options) -> Result<List, Error> {
    wait(List::open(&Stores::default(), options))
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// `row url {extra} (warnings)`, or `row! url: error`.
fn show(row: &Listed) -> String {
    match row {
        Ok(image) => {
            let extra = image.extra.iter().flatten().map(|(name, text)| format!(" {name}={text:?}"));
            let warnings = image.warnings.iter().map(|warning| format!(" ({warning})"));
            format!("{} {}{}", image.row.unwrap(), image.url, extra.chain(warnings).collect::<String>())
        }
        Err(failure) => {
            assert_eq!((failure.kind.name(), failure.phase.name()), ("bad_row", "list"));
            format!("{}! {}: {}", failure.row.unwrap(), failure.url, failure.error)
        }
    }
}

fn rows(options: Options) -> Vec<String> {
    let mut list = open(options).unwrap();
    wait(async {
        let mut rows = Vec::new();
        while let Some(row) = list.next().await {
            rows.push(show(&row.unwrap()));
        }
        rows
    })
}

/// The rows of one file, which must be the same whatever the size of the blocks.
fn rows_of(name: &str, bytes: &[u8], options: &Options) -> Vec<String> {
    let folder = folder(&[(name, bytes)]);
    let options = Options { lists: vec![path(&folder, name)], ..options.clone() };
    let expected = rows(options.clone());
    // Single bytes are for small lists: each piece is a request.
    let first = 1 + bytes.len() / 100;
    for block_bytes in (first..40).chain([64, 100, 1000, 9999]) {
        assert_eq!(rows(Options { block_bytes, ..options.clone() }), expected, "{name} by {block_bytes}");
    }
    expected
}

fn keep(columns: &str) -> Options {
    Options { keep_columns: columns.parse().unwrap(), ..Options::default() }
}

#[test]
fn each_list_has_its_rows() {
    let none = Options::default();
    let no_header = Options { no_header: true, ..Options::default() };
    let utf8 = Options { encoding: Some(UTF_8), ..Options::default() };
    let utf8_id = Options { encoding: Some(UTF_8), ..keep("id") };
    let semicolon = Options { delimiter: Some(b';'), ..keep("all") };
    let cases: [(&str, &[u8], &Options, &[&str]); 29] = [
        ("a.csv", b"url\na\nb\n", &none, &["0 a", "1 b"]),
        ("a.csv", b"url\r\na\r\nb", &none, &["0 a", "1 b"]),
        ("a.csv", b"\xef\xbb\xbfurl\na\n", &none, &["0 a"]),
        ("a.csv", b"\n \nurl\n\na\n  \nb\n\n", &none, &["0 a", "1 b"]),
        ("a.csv", b"http://h/a\nhttp://h/b\n", &none, &["0 http://h/a", "1 http://h/b"]),
        ("a.csv", b"url\nhttp://h/b\n", &no_header, &["0 url", "1 http://h/b"]),
        (
            "a.csv",
            b"id,url\n1,a\n2,\n3,  \n,b\n",
            &none,
            &["0 a", "1! : the URL cell is empty", "2!   : the URL cell is empty", "3 b"],
        ),
        ("a.csv", b"url\na\n\"\"\nb\n", &none, &["0 a", "1! : the URL cell is empty", "2 b"]),
        (
            "a.csv",
            b"id,url\n1,a\n\"\",\"\"\n,\n",
            &keep("id"),
            &["0 a id=Some(\"1\")", "1! : the URL cell is empty", "2! : the URL cell is empty"],
        ),
        (
            "a.csv",
            b"id,url,t\n,a,\n\"\",b,NULL\n",
            &keep("all"),
            &["0 a id=Some(\"\") t=Some(\"\")", "1 b id=Some(\"\") t=Some(\"NULL\")"],
        ),
        (
            "a.csv",
            b"url,t\na,\"x, \"\"y\"\"\r\nz\"\nb,\"\"\"\"\n",
            &keep("t"),
            &["0 a t=Some(\"x, \\\"y\\\"\\r\\nz\")", "1 b t=Some(\"\\\"\")"],
        ),
        (
            "a.csv",
            b"url,id\na\nb,2,3\nc,4\n,\n",
            &keep("id"),
            &[
                "0 a id=None (list: row has 1 cell, the header 2)",
                "1 b id=Some(\"2\") (list: row has 3 cells, the header 2)",
                "2 c id=Some(\"4\")",
                "3! : the URL cell is empty",
            ],
        ),
        ("a.csv", b"id,url\n1\n2,b\n", &none, &["0! : the row has 1 cell, the header 2: none for the URL", "1 b"]),
        ("a.csv", b"id,url\n \n2,b\n", &none, &["0! : the row has 1 cell, the header 2: none for the URL", "1 b"]),
        ("a.csv", b"url,id\nca\xe9,1\nb,2\n", &utf8, &["0! ca\u{fffd}: the URL cell is not UTF-8", "1 b"]),
        (
            "a.csv",
            b"url,id\na,\xe9\nb,2\n",
            &utf8_id,
            &[
                "0 a id=Some(\"\u{fffd}\") (list: column id is not UTF-8; what cannot be read is U+FFFD)",
                "1 b id=Some(\"2\")",
            ],
        ),
        ("a.csv", b"url,id\na,\xe9\n", &none, &["0 a"]),
        (
            "a.csv",
            b"url,id\na,1\n\"b,2\nc,3\n",
            &none,
            &["0 a", "1! : a quote is opened and not closed within 1 MiB or to the end of the list"],
        ),
        (
            "a.csv",
            b"url,id\na\"b,\"1\"x\nc\rd\r,2\r\n",
            &keep("id"),
            &["0 a\"b id=Some(\"1x\")", "1 c\rd\r id=Some(\"2\")"],
        ),
        ("a.csv", "url,id\nñandú/日本.jpg,é\n".as_bytes(), &keep("id"), &["0 ñandú/日本.jpg id=Some(\"é\")"]),
        ("a.csv", b"x\x01,url\nx\x01,a\nx\x9c,b\n", &none, &["0 a", "1 b"]),
        ("a.csv", b"#,url\n#c,a\n\xef\xbb\xbf#d,b\n", &keep("#"), &["0 a #=Some(\"#c\")", "1 b #=Some(\"#d\")"]),
        ("a.csv", b"url;id\na,b;1\n", &semicolon, &["0 a,b id=Some(\"1\")"]),
        (
            "a.tsv",
            b"id\turl\n1\ta,b\n\"2\"\t\"c\td\"\n",
            &keep("id"),
            &["0 a,b id=Some(\"1\")", "1 c\td id=Some(\"2\")"],
        ),
        ("a.txt", b"a b\n \"c \r\n\n\t\nurl,x\n", &none, &["0 a b", "1 \"c", "2 url,x"]),
        ("a.txt", b"url\n\xe9\n", &utf8, &["0 url", "1! \u{fffd}: the URL cell is not UTF-8"]),
        ("a.CSV", b"a,a,url\n1,2,b\n", &none, &["0 b"]),
        (
            "a.csv",
            b"\"a\n",
            &no_header,
            &["0! : a quote is opened and not closed within 1 MiB or to the end of the list"],
        ),
        ("a.csv", b"url,Url2,\na,2,3\n", &keep("all"), &["0 a Url2=Some(\"2\") =Some(\"3\")"]),
    ];
    for (name, bytes, options, expected) in cases {
        assert_eq!(rows_of(name, bytes, options), expected, "{}", bytes.escape_ascii());
    }
}

/// Rows of every kind, chosen by the bits of a number: the same through Polars, through `csv`, and cut anywhere.
#[test]
fn polars_and_csv_see_the_same_rows() {
    let cells = ["x", "", "\"\"", "\"a,b\"", "\"a\nb\"", "\"q\"\"q\"", "é", "\"c\r\nd\"", " s ", "\"\"\"\"", "\"\n\""];
    let mut list = String::from("a,url,b\n");
    for at in 0..2000_usize {
        let cell = |salt: usize| cells[(at * 7 + at / 11 * salt) % cells.len()];
        let end = if at % 3 == 0 { "\r\n" } else { "\n" };
        list.extend([cell(3), ",u", &at.to_string(), ",", cell(5), end]);
    }
    let plain = rows_of("a.csv", list.as_bytes(), &keep("all"));
    assert_eq!(plain.len(), 2000);
    // A record of more cells sends its block to `csv`: all rows of the first run, and half of those of the second.
    let odd = rows_of("a.csv", format!("{list}1,u2000,2,3\n").as_bytes(), &keep("all"));
    assert_eq!(odd[..2000], plain);
    assert_eq!(odd[2000], "2000 u2000 a=Some(\"1\") b=Some(\"2\") (list: row has 4 cells, the header 3)");
}

/// Bytes by chance, of those that mean something to a reader of CSV.
#[test]
fn no_bytes_make_rows_depend_on_blocks() {
    let parts: [&[u8]; 12] =
        [b"a", b"b", b",", b",", b"\"", b"\"", b"\"\"", b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\xe9"];
    let mut state = 1_u64;
    let mut chance = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..200 {
        let length = chance(60);
        let text: Vec<&[u8]> = (0..length).map(|_| parts[chance(parts.len())]).collect();
        let folder = folder(&[("a.csv", &[b"url,b\nu,1\n", text.concat().as_slice()].concat())]);
        let read = |block_bytes| rows(Options { lists: vec![path(&folder, "a.csv")], block_bytes, ..keep("b") });
        let expected = read(1 << 20);
        for size in [1, 2, 5, 11, 23] {
            assert_eq!(read(size), expected, "{} by {size}", text.concat().escape_ascii());
        }
    }
}

#[test]
fn a_plain_block_goes_through_polars() {
    let plan = Plan::new("l", crate::cut::Syntax::Cells(b','), vec!["id".into(), "url".into()], &keep("id")).unwrap();
    let text = bytes::Bytes::from_static(b"1,\"a\"\"\n,b\"\n,\n\"\",c\n");
    let frame = crate::frame::Frame::read(&text, b',', &plan).unwrap();
    let row = |row| [0, 1].map(|position| frame.cell(row, position).unwrap());
    assert_eq!(frame.height, 3);
    assert_eq!([row(0), row(1), row(2)], [[&b"1"[..], b"a\"\n,b"], [b"", b""], [b"", b"c"]]);
    for (text, way) in
        [("url,id\r\na,\"\"\r\n", "Frame"), ("url,id\na,\"b\"c\n", "Records"), ("url,id\na\n", "Records")]
    {
        let folder = folder(&[("a.csv", text.as_bytes())]);
        let mut list = open(Options { lists: vec![path(&folder, "a.csv")], ..Options::default() }).unwrap();
        wait(list.next()).unwrap().unwrap().unwrap();
        assert!(format!("{:?}", list.parsed).contains(&format!("cells: {way}")), "{text:?}");
    }
}

#[test]
fn many_rows_keep_their_numbers_over_many_lists() {
    let lines = (0..100_000).map(|at| format!("http://h/{at}.jpg,{at}\n")).collect::<Vec<_>>().concat();
    let folder =
        folder(&[("a.csv", format!("url,id\n{lines}").as_bytes()), ("b.csv", format!("URL,n\n{lines}").as_bytes())]);
    let lists = vec![path(&folder, "a.csv"), path(&folder, "b.csv")];
    let list = open(Options { lists, block_bytes: 1 << 18, ..Options::default() }).unwrap();
    let (total, progress) = (list.total_bytes(), list.progress());
    let (rows, tally) = run(list, &CancellationToken::new());
    let starts: Vec<_> = tally.starts.iter().map(|start| (start.base.rsplit('/').next().unwrap(), start.row)).collect();
    assert_eq!(starts, [("a.csv", 0), ("b.csv", 100_000)]);
    assert_eq!((tally.rows, tally.bad_rows, tally.skipped, tally.complete), (200_000, 0, 0, true));
    assert_eq!((progress.read.load(Ordering::Relaxed), progress.bytes), (total, total));
    assert_eq!(progress.rows.load(Ordering::Relaxed), 200_000);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(*row, format!("{at} http://h/{}.jpg", at % 100_000));
    }
}

fn run(list: List, stop: &CancellationToken) -> (Vec<String>, Tally) {
    wait(async {
        let (out, mut into) = mpsc::channel(4);
        let take = async {
            let mut rows = Vec::new();
            while let Some(row) = into.recv().await {
                rows.push(show(&row));
            }
            rows
        };
        let (tally, rows) = tokio::join!(list.run(out, stop.clone()), take);
        (rows, tally.unwrap())
    })
}

#[test]
fn a_range_of_rows_and_rows_left_out_keep_their_numbers() {
    let folder = folder(&[("a.csv", b"url\na\n\"\"\nc\nd\n"), ("b.txt", b"e\nf\n\ng\nh\n")]);
    let lists = vec![path(&folder, "a.csv"), path(&folder, "b.txt")];
    let skip = Skip::new(|row| row == 2 || row == 5);
    for block_bytes in 1..30 {
        let options = Options { lists: lists.clone(), block_bytes, ..Options::default() };
        let list = open(Options { rows: Some(1..7), skip: Some(skip.clone()), ..options.clone() }).unwrap();
        let (rows, tally) = run(list, &CancellationToken::new());
        assert_eq!(rows, ["1! : the URL cell is empty", "3 d", "4 e", "6 g"]);
        assert_eq!(tally.starts.iter().map(|start| start.row).collect::<Vec<_>>(), [0, 4]);
        assert_eq!((tally.rows, tally.bad_rows, tally.skipped, tally.complete), (4, 1, 2, true));
        for empty in [3..3, 100..200] {
            let (rows, tally) =
                run(open(Options { rows: Some(empty), ..options.clone() }).unwrap(), &CancellationToken::new());
            assert_eq!((rows.len(), tally.complete), (0, true));
        }
    }
}

#[test]
fn files_come_in_order_without_hidden_ones() {
    let row = |name: &'static str| (name, b"x\n".as_slice());
    let files =
        ["b.txt", "a.txt", "Z.txt", "_no.txt", ".no.txt", "sub/c.txt", "sub/_no/d.txt", "sub.txt", "s.csv/p.txt"];
    let folder = folder(&files.map(row));
    let names = |list: &str| -> Vec<String> {
        let lists = vec![path(&folder, list)];
        let list = open(Options { lists, ..Options::default() }).unwrap();
        let root = path(&folder, "");
        list.files().iter().map(|file| file.url.strip_prefix(&root).unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), ["Z.txt", "a.txt", "b.txt", "s.csv/p.txt", "sub.txt", "sub/c.txt"]);
    assert_eq!(names("*.txt"), ["Z.txt", "a.txt", "b.txt", "sub.txt"]);
    assert_eq!(names("[ab].txt"), ["a.txt", "b.txt"]);
    assert_eq!(names("**/*.txt"), ["Z.txt", "a.txt", "b.txt", "s.csv/p.txt", "sub.txt", "sub/c.txt"]);
    assert_eq!(names("*/*.txt"), ["s.csv/p.txt", "sub/c.txt"]);
    assert_eq!(names("s*"), ["s.csv/p.txt", "sub.txt", "sub/c.txt"]);
    assert_eq!(names("{b,a}.txt"), ["a.txt", "b.txt"]);
    assert_eq!(names("_no.txt"), ["_no.txt"]);
    fs::write(folder.path().join("[ab].txt"), "y\n").unwrap();
    assert_eq!(names("[ab].txt"), ["[ab].txt"]);
}

#[test]
fn each_list_has_its_own_columns_and_base() {
    let folder = folder(&[("a.csv", b"url,id\na,1\n"), ("b.tsv", b"x\tid\tlink\n9\t2\tb\n"), ("e.csv", b"")]);
    let lists: Vec<_> = ["b.tsv", "e.csv", "a.csv", "b.tsv"].iter().map(|name| path(&folder, name)).collect();
    let mut list = open(Options { lists: lists.clone(), ..keep("id") }).unwrap();
    assert_eq!(list.files().iter().map(|file| file.url.clone()).collect::<Vec<_>>(), lists);
    let images: Vec<_> = wait(async {
        let mut images = Vec::new();
        while let Some(row) = list.next().await {
            images.push(row.unwrap().unwrap());
        }
        images
    });
    let bases: Vec<_> = images.iter().map(|image| image.base.as_deref().unwrap()).collect();
    assert_eq!(bases, [&lists[0], &lists[2], &lists[0]]);
    let shown: Vec<_> = images.into_iter().map(|image| show(&Ok(image))).collect();
    assert_eq!(shown, ["0 b id=Some(\"2\")", "1 a id=Some(\"1\")", "2 b id=Some(\"2\")"]);
}

#[test]
fn what_cannot_be_read_is_an_error_before_anything_starts() {
    let folder = folder(&[
        ("empty.csv", b""),
        ("blank.txt", b"\n  \n"),
        ("header.csv", b"url,id\n\n"),
        ("cat.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("cat.csv", b"\x89PNG\r\n\x1a\n"),
        ("x.dat", b"url\n"),
        ("x.csv.gz", b"\x1f\x8b"),
        ("y.parquet", b"url\na\n"),
        ("z.parquet", b"PAR1 and then nothing of it"),
        ("open.csv", b"\"url\na\n"),
        ("two.csv", b"a,b\n1,2\n"),
        ("odd/x.csv", b"url\na\n"),
        ("odd/x.json", b"{}"),
        ("hidden/_x.csv", b"url\na\n"),
    ]);
    for (lists, message) in [
        (&["empty.csv"][..], "no row is in `D/empty.csv`"),
        (&["blank.txt", "header.csv"], "no row is in `D/blank.txt`, `D/header.csv`"),
        (&["cat.jpg"], "`D/cat.jpg` is a JPEG image, not a list; use `imgmeta inspect` for images"),
        (&["cat.csv"], "`D/cat.csv` is a PNG image, not a list; use `imgmeta inspect` for images"),
        (
            &["x.dat"],
            "cannot tell by its name what kind of list `D/x.dat` is; .csv, .tsv, .txt, .ndjson, .jsonl and .parquet are read, and --list-format tells it",
        ),
        (&["x.csv.gz"], "the list `D/x.csv.gz` is damaged"),
        (
            &["y.parquet"],
            "`D/y.parquet` is no Parquet (it does not begin with PAR1), not a list; CSV, TSV, TXT, NDJSON and Parquet are read",
        ),
        (&["z.parquet"], "cannot read the Parquet list `D/z.parquet`"),
        (
            &["open.csv"],
            "the first line of `D/open.csv` is no header: a quote is opened and not closed; mend it, or use --no-header",
        ),
        (
            &["two.csv"],
            "cannot tell which column of `D/two.csv` holds the URLs; name it with --url-column; it has: `a`, `b`",
        ),
        (
            &["odd"],
            "cannot tell by its name what kind of list `D/odd/x.json` is; .csv, .tsv, .txt, .ndjson, .jsonl and .parquet are read, and --list-format tells it",
        ),
        (&["hidden"], "the folder `D/hidden` holds no list; names that begin with `.` or `_` are skipped"),
        (&["gone.csv"], "there is no list `D/gone.csv`"),
        (&["gone/x*.csv"], "no file matches `D/gone/x*.csv`; names that begin with `.` or `_` are skipped"),
        (
            &["x[.csv"],
            "cannot read `D/x[.csv` as a glob; a literal `*`, `?`, `[` or `{` is written in brackets, as `[*]`",
        ),
        (&[], "no list is given; name a file, a folder, a glob or `-`, or use --images-under"),
    ] {
        let lists = lists.iter().map(|name| path(&folder, name)).collect();
        let error = open(Options { lists, ..Options::default() }).unwrap_err().to_string();
        assert_eq!(error.replace(&*folder.path().to_string_lossy(), "D"), message);
    }
    let options = Options { lists: vec!["ftp://h/x.csv".into()], ..Options::default() };
    assert!(matches!(open(options).unwrap_err(), Error::Place { .. }));
    let options = Options { lists: vec!["/dev/null".into()], ..Options::default() };
    assert!(matches!(open(options).unwrap_err(), Error::NotAFile { .. }));
}

#[test]
fn a_list_that_changes_while_it_is_read_is_an_error() {
    let text = "a\n".repeat(100_000);
    let folder = folder(&[("a.txt", text.as_bytes())]);
    let lists = vec![path(&folder, "a.txt")];
    let mut list = open(Options { lists, block_bytes: 1000, ..Options::default() }).unwrap();
    wait(async {
        assert_eq!(show(&list.next().await.unwrap().unwrap()), "0 a");
        fs::write(folder.path().join("a.txt"), text + "d\n").unwrap();
        let end = loop {
            match list.next().await {
                Some(Ok(_)) => {}
                end => break end,
            }
        };
        assert!(matches!(end, Some(Err(Error::Changed { .. }))), "{end:?}");
        assert!(list.next().await.is_none());
    });
}

#[test]
fn a_stopped_list_and_one_that_nobody_reads_end_quietly() {
    let folder = folder(&[("a.txt", "a\n".repeat(1000).as_bytes())]);
    let open = || open(Options { lists: vec![path(&folder, "a.txt")], ..Options::default() }).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    assert!(!run(open(), &stop).1.complete);
    let (unheard, stalled) = (open(), open());
    wait(async {
        let (out, mut into) = mpsc::channel::<Listed>(3);
        let take = async {
            into.recv().await.unwrap().unwrap();
            drop(into);
        };
        let (tally, ()) = tokio::join!(unheard.run(out, CancellationToken::new()), take);
        let tally = tally.unwrap();
        assert!(!tally.complete && tally.rows < 1000, "{tally:?}");

        // The reader stalls: the list waits with a full channel, and is stopped there.
        let (out, into) = mpsc::channel(3);
        let stop = CancellationToken::new();
        let watch = async {
            while into.len() < 3 {
                tokio::task::yield_now().await;
            }
            stop.cancel();
        };
        let (tally, ()) = tokio::join!(stalled.run(out, stop.clone()), watch);
        assert_eq!(
            Tally { starts: Vec::new(), ..tally.unwrap() },
            Tally { rows: 3, bad_rows: 0, skipped: 0, complete: false, starts: Vec::new() }
        );
    });
}
