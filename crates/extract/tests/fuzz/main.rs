//! What `fuzz/` does with libFuzzer, with a small mutator of its own: on the stable compiler, the same every time.
//!
//! `IMGMETA_FUZZ_CASES` and `IMGMETA_FUZZ_SEED` make a longer run, or another one.

mod block;
mod file;
mod mutate;
mod segment;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use imgmeta_extract::probe::Options;
use imgmeta_extract::{Known, probe};
use imgmeta_record::Ifd;

/// Cases of each target; all together take about a minute on two cores.
const CASES: u64 = 2_000_000;
/// Far longer than any case takes, on a machine that does other things.
const HANG: Duration = Duration::from_secs(20);
/// The hand-made files, and those of `tests/data/make*.py`.
const FOLDERS: [&str; 2] = ["synthetic", "made"];

#[test]
fn damaged_files_are_read_by_need_as_whole_and_cut_give_the_same_or_less() {
    run(CASES, file::check);
}

#[test]
fn damaged_blocks_of_exif_are_read() {
    run(CASES, block::check);
}

#[test]
fn damaged_packets_cost_themselves() {
    run(CASES, segment::check);
}

#[test]
fn files_that_end_early_give_the_same_or_less() {
    let broken = |(path, bytes): &(PathBuf, Vec<u8>)| {
        let whole = probe::read(&Known::whole(bytes.as_slice()), Options::default());
        let cut = |end| watched(path, || file::cut(bytes, end, Options::default(), &whole));
        catch_unwind(AssertUnwindSafe(|| (0..100).map(|step| bytes.len() * step / 100).for_each(cut))).is_err()
    };
    let broken: Vec<_> = seeds().into_iter().filter(broken).map(|(path, _)| path).collect();
    assert!(broken.is_empty(), "{} files: {broken:?}", broken.len());
}

/// Of a tag that stands twice the first, which does not fit, has its value at the end of the file.
#[test]
fn a_cut_file_names_no_second_value() {
    let entry = |kind: u16, count: u32, value: u32| {
        [258, kind]
            .map(u16::to_le_bytes)
            .concat()
            .into_iter()
            .chain([count, value].map(u32::to_le_bytes).concat())
            .collect::<Vec<_>>()
    };
    let block = [b"II*\0\x08\0\0\0\x02\0".to_vec(), entry(5, 1, 38), entry(3, 1, 8), vec![0; 4], vec![1; 8]].concat();
    let chunk =
        |name: &[u8], bytes: &[u8]| [name, &u32::try_from(bytes.len()).expect("few").to_le_bytes(), bytes].concat();
    let inside = [b"WEBP".to_vec(), chunk(b"VP8X", b"\x08\0\0\0\x0f\0\0\x0b\0\0"), chunk(b"EXIF", &block)].concat();
    let file = chunk(b"RIFF", &inside);
    let whole = probe::read(&Known::whole(file.as_slice()), Options::default());
    assert_eq!(whole.as_ref().expect("a WebP").exif.ifd(Ifd::Zeroth).len(), 1);
    (0..file.len()).for_each(|end| file::cut(&file, end, Options::default(), &whole));
}

/// Of two boxes of properties, of which a file has one, the first counts.
#[test]
fn a_cut_heif_has_the_size_of_the_whole() {
    let (_, mut file) = seeds().into_iter().find(|(path, _)| path.ends_with("made/alpha.heic")).expect("it is there");
    let read = |file: &[u8]| probe::read(&Known::whole(file), Options::default());
    let size = |answer: &Result<probe::Header, _>| {
        answer.as_ref().map(|header| (header.image.width, header.image.height)).ok()
    };
    let before = size(&read(&file));
    let start = |file: &[u8], kind: &[u8]| file.windows(4).position(|at| at == kind).expect("it has one") - 4;
    let long = |file: &[u8], at: usize| u32::from_be_bytes(file[at..at + 4].try_into().expect("four"));
    let (meta, first) = (start(&file, b"meta"), start(&file, b"iprp"));
    let mut second = file[first..first + long(&file, first) as usize].to_vec();
    let height = start(&second, b"ispe") + 19;
    second[height] ^= 2;
    let (end, bytes) =
        (meta + long(&file, meta) as usize, long(&file, meta) + u32::try_from(second.len()).expect("few"));
    file[meta..meta + 4].copy_from_slice(&bytes.to_be_bytes());
    file.splice(end..end, second);
    let whole = read(&file);
    assert!(before.is_some() && size(&whole) == before, "{before:?}, and {:?}", size(&whole));
    (0..file.len()).for_each(|end| file::cut(&file, end, Options::default(), &whole));
}

/// Checks so many cases, on as many threads as there are cores.
fn run(cases: u64, check: fn(&[u8])) {
    let number = |name| std::env::var_os(name).and_then(|value| value.to_str()?.parse().ok());
    let (cases, seed) = (number("IMGMETA_FUZZ_CASES").unwrap_or(cases), number("IMGMETA_FUZZ_SEED").unwrap_or(1));
    let seeds = seeds();
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    thread::scope(|scope| {
        for first in 0..threads {
            let (seeds, threads) = (&seeds, usize::try_from(threads).expect("few"));
            scope.spawn(move || (first..cases).step_by(threads).for_each(|case| one(seeds, seed, case, check)));
        }
    });
}

fn one(seeds: &[(PathBuf, Vec<u8>)], seed: u64, case: u64, check: fn(&[u8])) {
    let mut random = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(case));
    let (path, file) = random.choice(seeds).expect("there are some");
    let (_, other) = random.choice(seeds).expect("there are some");
    let bytes = mutate::damaged(&mut random, file, other);
    let began = Instant::now();
    let from = path.display();
    watched(Path::new(&format!("case {case} of seed {seed}, {from}")), || check(&bytes));
    assert!(began.elapsed() < HANG, "case {case} of seed {seed}, {from}, took {:?}", began.elapsed());
}

/// Names what broke a law.
fn watched(name: &Path, check: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(check)) {
        eprintln!("found by {}", name.display());
        std::panic::resume_unwind(panic);
    }
}

/// Small files of each format; large ones are mostly pixels.
fn seeds() -> Vec<(PathBuf, Vec<u8>)> {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/images");
    let entries = FOLDERS
        .iter()
        .flat_map(|folder| std::fs::read_dir(images.join(folder)).expect("the folder of images can be listed"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder of images can be listed").path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("an image can be read"));
    paths.into_iter().map(read).filter(|(_, bytes)| bytes.len() < 100_000).collect()
}
