//! What the judges say of each file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use imgmeta_tests::images::{corpus_dir, data_dir};
use serde_json::Value;

/// One file and its line of `expected.jsonl`.
pub(crate) struct Sample {
    /// `SOURCE/NAME`.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    json: Value,
}

impl Sample {
    pub(crate) fn pillow(&self) -> &Value {
        &self.json["pillow"]
    }

    /// A section of the line: `layout`, `pillow_exif`, `piexif`, `exiftool`.
    pub(crate) fn section(&self, name: &str) -> &Value {
        &self.json[name]
    }

    /// A tag of exiftool's, by its group and name.
    pub(crate) fn exiftool(&self, name: &str) -> &Value {
        &self.json["exiftool"]["tags"][name]
    }

    /// Whether exiftool has a tag whose name begins so.
    pub(crate) fn exiftool_has(&self, group: &str) -> bool {
        let tags = self.json["exiftool"]["tags"].as_object();
        tags.is_some_and(|tags| tags.keys().any(|name| name.starts_with(group)))
    }

    /// Pillow's format, or a dash.
    pub(crate) fn format(&self) -> &str {
        self.pillow()["format"].as_str().unwrap_or("-")
    }

    /// Whether the judges contradict each other in a way that begins so.
    pub(crate) fn disagrees(&self, prefix: &str) -> bool {
        let names = self.json["disagreements"].as_array().expect("a list of names");
        names.iter().any(|name| name.as_str().is_some_and(|name| name.starts_with(prefix)))
    }
}

/// The hand-made files: the corpus's own, and those of `make.py` and its kin.
pub(crate) fn own() -> Vec<Sample> {
    let names = fs::read_dir(data_dir()).expect("the folder of data can be listed").map(|entry| {
        let name = entry.expect("the folder of data can be listed").file_name();
        name.into_string().expect("names are ASCII")
    });
    let mut made: Vec<_> = names.filter(|name| is_made(name)).collect();
    made.sort();
    made.insert(0, "expected.jsonl".to_owned());
    made.iter().flat_map(|answers| read(&data_dir(), answers)).collect()
}

fn is_made(name: &str) -> bool {
    name.strip_suffix(".jsonl").is_some_and(|stem| stem.starts_with("made"))
}

/// The whole corpus, where it is there.
pub(crate) fn whole() -> Option<Vec<Sample>> {
    corpus_dir().map(|corpus| read(&corpus, "expected.jsonl"))
}

/// The hand-made files, and the corpus where it is there.
pub(crate) fn all() -> Vec<Sample> {
    let corpus = whole().unwrap_or_default();
    // The corpus has its own hand-made files, too.
    let known: BTreeSet<_> = corpus.iter().map(|sample| sample.path.clone()).collect();
    let own = own().into_iter().filter(|sample| !known.contains(&sample.path));
    own.chain(corpus).collect()
}

fn read(corpus: &Path, answers: &str) -> Vec<Sample> {
    let lines = fs::read_to_string(corpus.join(answers)).expect("the answers of the judges can be read");
    let sample = |line| {
        let json: Value = serde_json::from_str(line).expect("a line is JSON");
        let path = json["path"].as_str().expect("a sample has a path").to_owned();
        let bytes = fs::read(corpus.join("images").join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Sample { path, bytes, json }
    };
    lines.lines().map(sample).collect()
}
