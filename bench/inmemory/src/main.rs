//! CPU for one image in memory, beside other libraries: `inmemory FOLDER...`, each of which holds folders of images.
//!
//! Prints markdown. Every figure is imgmeta's time divided by the other's, on the same file, and of several files the
//! geometric mean: 0.5 is half of the time. Only files that both read are compared.

mod clock;
mod contenders;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use imgmeta_extract::probe::{self, Header, Options, Payload};
use imgmeta_extract::{Known, View};

/// Ratios to each of the peers, of all files of a format.
#[derive(Default)]
struct Row {
    bytes: Vec<usize>,
    ratios: [Vec<f64>; 3],
}

/// Ratios of JPEG with EXIF: the file to the peer's block, and block to block.
#[derive(Default)]
struct Blocks {
    whole: Vec<f64>,
    block: Vec<f64>,
}

fn main() {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    assert!(!folders.is_empty(), "name the folders of images: ../shared/corpus/images");
    let (mut rows, mut blocks) = (BTreeMap::<&str, Row>::new(), Blocks::default());
    for path in folders.iter().flat_map(|folder| images(folder)) {
        let file = fs::read(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
        let known = Known::whole(file.as_slice());
        let Ok(header) = probe::read(&known, Options::default()) else { continue };
        compare(&file, &known, rows.entry(header.image.format).or_default());
        if ["JPEG", "MPO"].contains(&header.image.format) {
            compare_blocks(&known, &header, &mut blocks);
        }
    }
    print(&rows, &blocks);
}

/// The files in the folders of a folder.
fn images(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries =
            fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list `{}`: {error}", folder.display()));
        entries.map(|entry| entry.expect("a folder can be listed").path()).collect()
    };
    let mut files: Vec<_> = list(folder).iter().filter(|path| path.is_dir()).flat_map(|path| list(path)).collect();
    files.sort();
    files
}

fn compare(file: &[u8], known: &Known, row: &mut Row) {
    let mut runs =
        [contenders::imgmeta(known), contenders::kamadak(file), contenders::image_rs(file), contenders::nom(file)];
    let times = clock::side_by_side(&mut runs);
    row.bytes.push(file.len());
    let ours = times[0].expect("it was read");
    for (ratios, theirs) in row.ratios.iter_mut().zip(&times[1..]) {
        ratios.extend(theirs.map(|theirs| ours / theirs));
    }
}

/// Where there is a block that both read.
fn compare_blocks(known: &Known, header: &Header, blocks: &mut Blocks) {
    let Payload::At(ranges) = &header.image.exif else { return };
    let view = View::new(known, ranges.clone());
    let Ok(block) = view.bytes(0..view.len()) else { return };
    let mut runs =
        [contenders::imgmeta(known), contenders::imgmeta_block(known, header), contenders::kamadak_block(&block)];
    let times = clock::side_by_side(&mut runs);
    if let [Some(whole), Some(block), Some(theirs)] = times[..] {
        blocks.whole.push(whole / theirs);
        blocks.block.push(block / theirs);
    }
}

fn print(rows: &BTreeMap<&str, Row>, blocks: &Blocks) {
    println!(
        "| format | files | bytes, median | to kamadak-exif | to image | to nom-exif |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (format, Row { bytes, ratios }) in rows {
        let mut bytes = bytes.clone();
        bytes.sort_unstable();
        let shown: Vec<_> = ratios.iter().map(|ratios| mean(ratios)).collect();
        if ratios.iter().any(|ratios| !ratios.is_empty()) {
            println!("| {format} | {} | {} | {} |", bytes.len(), bytes[bytes.len() / 2], shown.join(" | "));
        }
    }
    println!("\n| JPEG with EXIF | files | mean | median | highest |\n| --- | --- | --- | --- | --- |");
    for (name, ratios) in
        [("the file, to kamadak-exif's block alone", &blocks.whole), ("block to block", &blocks.block)]
    {
        let mut sorted = ratios.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
        let highest = sorted.last().copied().unwrap_or(f64::NAN);
        println!("| {name} | {} | {} | {middle:.2} | {highest:.2} |", ratios.len(), mean(ratios));
    }
}

/// The geometric mean, and of how many.
fn mean(ratios: &[f64]) -> String {
    if ratios.is_empty() {
        return "-".to_owned();
    }
    let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    format!("{:.2} ({})", (logs / ratios.len() as f64).exp(), ratios.len())
}
