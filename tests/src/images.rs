//! Images for tests: the hand-made files, and longer ones made of them.

use std::{fs, path::PathBuf};

/// Where the tests' own files are.
pub fn data_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The whole corpus, where it lies beside the checkout. Under `CI=true` it must.
#[track_caller]
pub fn corpus_dir() -> Option<PathBuf> {
    let corpus = data_dir().join("../../../shared/corpus");
    if corpus.join("expected.jsonl").is_file() {
        return Some(corpus);
    }
    assert!(std::env::var_os("CI").is_none(), "`../shared/corpus` is not beside the checkout: CI must have it");
    eprintln!("`../shared/corpus` is not there: only the hand-made files are read");
    None
}

/// The bytes of a hand-made file, by its name.
pub fn synthetic(name: &str) -> Vec<u8> {
    let path = data_dir().join("images/synthetic").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// The JPEG with `bytes` or a little more of APP15 segments after its first marker, so that its header is far from its start.
pub fn padded_jpeg(jpeg: &[u8], bytes: usize) -> Vec<u8> {
    assert_eq!(jpeg[..2], [0xff, 0xd8], "a JPEG begins with SOI");
    let mut padded = jpeg[..2].to_vec();
    while padded.len() < bytes + 2 {
        padded.extend(app15());
    }
    padded.extend(&jpeg[2..]);
    padded
}

/// One segment of JPEG that holds nothing, 64 KiB long.
pub fn app15() -> Vec<u8> {
    let mut segment = vec![0xff, 0xef, 0xff, 0xff];
    segment.resize(2 + 0xffff, 0);
    segment
}
