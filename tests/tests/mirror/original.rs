//! The reader of the original program, which people have: it reads what a run writes.

use std::fmt::Write as _;
use std::fs;

use imgmeta_tests::program::Run;
use imgmeta_tests::python;

use crate::engines::samples;

#[test]
fn the_reader_of_the_original_program_reads_a_run_unchanged_with_ids_and_with_four_other_names() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    let mut urls = "url\n".to_owned();
    for sample in samples() {
        writeln!(urls, "\"{}\"", sample.canonicalize().unwrap().display()).unwrap();
    }
    fs::write(&list, urls).unwrap();
    let outputs = ["ids", "names"].map(|keys| {
        let output = dir.path().join(keys);
        let run = Run::new(["run", "--exif-keys", keys]).arg(&list).arg("--output").arg(&output);
        run.finish().assert_code(0);
        output
    });
    let read = python::script("original.py").args(&outputs).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success() && said.starts_with("positions: "), "{said}\n{errors}");
}
