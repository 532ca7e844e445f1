//! Lists that cannot be read twice the same: copied, cut off anywhere, and gone on with.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;
use crate::Input;

fn output(folder: &TempDir) -> imgmeta_storage::Place {
    Stores::default().place(&path(folder, "out")).unwrap()
}

/// The first rows of a list, at most so many; then it is dropped, as by a kill.
fn first(options: Options, most: usize) -> Result<Vec<String>, Error> {
    wait(async {
        let mut list = List::open(&Stores::default(), options).await?;
        let mut rows = Vec::new();
        while rows.len() < most {
            match list.next().await {
                Some(row) => rows.push(show(&row?)),
                None => break,
            }
        }
        Ok(rows)
    })
}

/// Whoever reads it finds out that it should not have been.
struct Forbidden;

impl Read for Forbidden {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("standard input was read"))
    }
}

fn lines(rows: usize) -> String {
    (0..rows).map(|row| format!("http://h/{row}.jpg\n")).collect::<Vec<_>>().concat()
}

fn piped(folder: &TempDir, text: &str, resume: bool) -> Options {
    let input = Input::new(Cursor::new(text.to_owned()));
    let format = Some("txt".parse().unwrap());
    let (lists, output) = (vec!["-".into()], Some(output(folder)));
    Options { lists, output, format, resume, input, block_bytes: 4096, ..Options::default() }
}

#[test]
fn standard_input_is_fed_again_until_its_copy_is_complete() {
    let folder = folder(&[]);
    let text = lines(200_000);
    let whole: Vec<_> = (0..200_000).map(|row| format!("{row} http://h/{row}.jpg")).collect();
    wait(async { drop(List::open(&Stores::default(), piped(&folder, &text, false)).await.unwrap()) });
    assert!(!folder.path().join("out").exists(), "nothing is written before a row is asked for");
    for rows in [10, 60_000, 120_000] {
        assert_eq!(first(piped(&folder, &text, rows > 10), rows).unwrap(), whole[..rows]);
    }
    let blocks = fs::read_dir(folder.path().join("out/_imgmeta/list/00000000")).unwrap().count();
    assert!(blocks > 1, "{blocks}");
    for other in [&lines(5), &text.replacen("/7.jpg", "/8.jpg", 1)] {
        assert!(matches!(first(piped(&folder, other, true), 1_000_000), Err(Error::Differs { .. })));
    }
    assert_eq!(first(piped(&folder, &text, true), 1_000_000).unwrap(), whole);
    let complete = Options { input: Input::new(Forbidden), ..piped(&folder, "", true) };
    assert_eq!(first(complete, 1_000_000).unwrap(), whole);
    // A run that begins anew does not read what another has left.
    assert_eq!(first(piped(&folder, "http://h/x\n", false), 10).unwrap(), ["0 http://h/x"]);
    let anew = Options { input: Input::new(Forbidden), ..piped(&folder, "", true) };
    assert_eq!(first(anew, 10).unwrap(), ["0 http://h/x"]);
}

#[test]
fn standard_input_that_breaks_and_one_that_is_named_twice_are_errors() {
    let folder = folder(&[]);
    let broken = Options { input: Input::new(Forbidden), ..piped(&folder, "", false) };
    assert!(matches!(first(broken, 1), Err(Error::Input { .. })));
    let twice = Options { lists: vec!["-".into(), "-".into()], ..piped(&folder, "u\n", false) };
    assert!(matches!(first(twice, 1), Err(Error::Twice)));
    let untold = Options { format: None, ..piped(&folder, "u\n", false) };
    assert!(matches!(first(untold, 1), Err(Error::UnknownKind { .. })));
}

#[test]
fn a_listing_goes_on_behind_its_last_key() {
    let names: Vec<_> = (0..3000).map(|at| format!("images/class {}/{at:05}.jpg", at % 7)).collect();
    let others = ["images/.hidden", "images/x.txt"];
    let files: Vec<_> = names.iter().map(String::as_str).chain(others).map(|name| (name, &b""[..])).collect();
    let folder = folder(&files);
    let images = |resume| Options {
        images_under: Some(path(&folder, "images")),
        include: vec!["*.jpg".into()],
        output: Some(output(&folder)),
        resume,
        block_bytes: 1000,
        ..Options::default()
    };
    let mut sorted = names.clone();
    sorted.sort();
    let root = path(&folder, "");
    let row = |(row, name): (usize, &String)| {
        let below = name.strip_prefix("images/").unwrap();
        let class = below.split('/').next();
        format!("{row} {root}{name} path={:?} folder_1={class:?}", Some(below))
    };
    let whole: Vec<_> = sorted.iter().enumerate().map(row).collect();
    assert_eq!(first(images(false), 100).unwrap(), whole[..100]);
    // What comes into places that were listed before is not of this list.
    fs::write(folder.path().join("images/class 0/00000a.jpg"), "").unwrap();
    assert_eq!(first(images(true), 1_000_000).unwrap(), whole);
    // Complete: the folder itself is not looked at any more.
    fs::remove_dir_all(folder.path().join("images")).unwrap();
    assert_eq!(first(images(true), 1_000_000).unwrap(), whole);
}

/// Serves a file, one connection after the other; says how often it was asked for.
fn serve(text: String, etags: &'static [&'static str]) -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/l.csv?key=secret", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        for etag in etags {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut lines) = (String::new(), BufReader::new(stream.try_clone().unwrap()));
            while !head.ends_with("\r\n\r\n") {
                lines.read_line(&mut head).unwrap();
            }
            let length = text.len();
            let head =
                format!("HTTP/1.1 200 OK\r\netag: \"{etag}\"\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            // Whoever has read enough goes away.
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes())).ok();
        }
        etags.len()
    });
    (url, serving)
}

#[test]
fn a_list_on_the_web_is_copied_and_asked_for_again_until_its_copy_is_complete() {
    let folder = folder(&[]);
    let (url, serving) = serve(format!("url\n{}a/b.jpg\n", lines(100_000)), &["1", "1"]);
    let (lists, output) = (vec![url.clone()], Some(output(&folder)));
    let from = |resume| Options {
        lists: lists.clone(),
        output: output.clone(),
        resume,
        block_bytes: 4096,
        ..Options::default()
    };
    let begun = first(from(false), 10_000).unwrap();
    let (file, images) = wait(async {
        let mut list = List::open(&Stores::default(), from(true)).await.unwrap();
        let mut images = Vec::new();
        while let Some(row) = list.next().await {
            images.push(row.unwrap().unwrap());
        }
        (list.files()[0].clone(), images)
    });
    assert_eq!(file.url, url.replace("secret", "***"));
    assert_eq!((images.len(), images[100_000].base.as_deref()), (100_001, Some(url.as_str())));
    assert_eq!(serving.join().unwrap(), 2);
    let whole: Vec<_> = images.into_iter().map(|image| show(&Ok(image))).collect();
    assert_eq!(whole[..10_000], begun);
    // The server is gone, and the copy is complete.
    assert_eq!(open(from(true)).unwrap().files(), [file]);
    assert_eq!(first(from(true), 1_000_000).unwrap(), whole);
}

#[test]
fn without_an_output_nothing_is_copied() {
    let (url, _serving) = serve("url\nu\n".into(), &["1"]);
    assert_eq!(first(Options { lists: vec![url], ..Options::default() }, 10).unwrap(), ["0 u"]);
    let input = Input::new(Cursor::new(b"u\n".to_vec()));
    let format = Some("txt".parse().unwrap());
    let piped = Options { lists: vec!["-".into()], format, input, ..Options::default() };
    assert_eq!(first(piped, 10).unwrap(), ["0 u"]);
}
