//! Instructions of the hot path: images at hand to outcomes, and outcomes to lines of JSON, as valgrind counts them.
//!
//! Unlike time, they are the same whatever else the machine does. What is counted stands in two functions that are never
//! inlined: whenever one of them returns, valgrind writes down what it counted, and begins anew.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, thread};

use bytes::Bytes;
use imgmeta_extract::{probe, read};
use imgmeta_record::{Outcome, json};
use imgmeta_tests::images::data_dir;
use serde_json::{Value, json as value};

/// Formats that are counted for themselves, by the first name of their row of the table; the rest is summed.
const APART: &[&str] = &["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "HEIF", "JPEG2000", "JXL"];
/// Of the outcomes of all images.
const LINES: &str = "JSON lines";

/// How much more than the baseline is too much.
const MOST: f64 = 1.05;
/// How much less of it is so little that the baseline would let much through.
const LEAST: f64 = 0.85;
/// The variable of the environment by which a baseline is written anew.
const ACCEPT: &str = "IMGMETA_ACCEPT_INSTRUCTIONS";

/// What a group costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    pub(crate) images: u64,
    pub(crate) instructions: u64,
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "some millions, and few digits are shown")]
    fn an_image(self) -> f64 {
        self.instructions as f64 / self.images as f64
    }
}

/// Costs by group.
pub(crate) type Costs = BTreeMap<String, Cost>;

/// The hand-made images, by what is read of them.
fn groups() -> BTreeMap<&'static str, Vec<Bytes>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for path in ["made", "synthetic"].iter().flat_map(|folder| files(&data_dir().join("images").join(folder))) {
        let image = Bytes::from(fs::read(path).expect("an image can be read"));
        let group = match read(&image, probe::Options::default()) {
            Outcome::Record(record) => family(record.format),
            Outcome::Failure(_) => "failures",
        };
        groups.entry(group).or_default().push(image);
    }
    groups
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of images can be listed");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a folder of images can be listed").path()).collect();
    files.sort();
    files
}

fn family(format: &str) -> &'static str {
    let row = probe::FORMATS.iter().find(|row| row.names.contains(&format)).expect("formats are of the table");
    APART.iter().find(|&&name| name == row.names[0]).copied().unwrap_or("other formats")
}

/// All that valgrind is to see, in a thread of its own: its memory is not what the tests' harness left, which moves the
/// counts by up to a hundredth.
pub(crate) fn work() {
    thread::spawn(read_and_write).join().expect("the hot path was walked");
}

/// Each group is read, and then all that was read is written.
fn read_and_write() {
    let groups = groups();
    // What went before ends with the first dump.
    let mut outcomes = hot_reading(&[]);
    for images in groups.values() {
        outcomes.extend(hot_reading(images));
    }
    assert!(hot_writing(outcomes) > 0, "there are lines");
}

#[inline(never)]
fn hot_reading(images: &[Bytes]) -> Vec<Outcome> {
    images.iter().map(|image| read(image, probe::Options::default())).collect()
}

/// Bytes of the lines.
#[inline(never)]
fn hot_writing(outcomes: Vec<Outcome>) -> usize {
    let (mut line, mut bytes) = (Vec::new(), 0);
    for outcome in outcomes {
        line.clear();
        json::write_line(&mut line, &outcome, json::Keys::default());
        bytes += line.len();
    }
    bytes
}

/// Runs `worker`, an ignored test that does the work, under valgrind.
pub(crate) fn count(worker: &str) -> Costs {
    let dir = tempfile::tempdir().expect("a folder for the counts");
    let out = dir.path().join("counts");
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
    valgrind.arg("--dump-after=*instructions*hot_*");
    valgrind.arg(env::current_exe().expect("a test has a file"));
    valgrind.args(["--exact", worker, "--ignored", "--test-threads=1"]);
    // Where the stack begins hangs on how long the environment is.
    valgrind.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    let ran = valgrind.output().unwrap_or_else(|error| {
        panic!("cannot run valgrind ({error}): install it (Debian: `apt-get install valgrind`)")
    });
    let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(ran.status.success() && said.contains("1 passed"), "`{worker}` under valgrind: {said}");
    let groups = groups();
    let all = groups.values().map(Vec::len).sum();
    let images = groups.iter().map(|(&name, images)| (name, images.len())).chain([(LINES, all)]);
    let cost = |(at, (name, images)): (usize, (&str, usize))| {
        let instructions = total(&out.with_extension((at + 2).to_string()));
        (name.to_owned(), Cost { images: images as u64, instructions })
    };
    images.enumerate().map(cost).collect()
}

/// The sum of one dump of callgrind.
fn total(dump: &Path) -> u64 {
    let text =
        fs::read_to_string(dump).expect("there is a dump for each call of a hot function: is its name still matched?");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a dump has its sum");
    let total = total.trim().parse().expect("a sum is a number");
    assert!(total > 0, "nothing was counted: is the name of the hot functions still matched?");
    total
}

/// The compiler whose code is counted, and for what it compiles.
pub(crate) fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let said = Command::new(rustc).arg("-vV").output().expect("`rustc` can be asked for its version");
    let said = String::from_utf8(said.stdout).expect("a version is text");
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).expect("it says its host");
    format!("{} for {host}", said.lines().next().expect("it says its version"))
}

fn baseline_file() -> PathBuf {
    data_dir().join("instructions.json")
}

/// The compiler and the costs of the baseline.
pub(crate) fn baseline() -> (String, Costs) {
    let text = fs::read_to_string(baseline_file()).expect("the baseline can be read");
    let baseline: Value = serde_json::from_str(&text).expect("the baseline is JSON");
    let cost = |group: &Value| {
        let number = |name: &str| group[name].as_u64().expect("the baseline has numbers");
        Cost { images: number("images"), instructions: number("instructions") }
    };
    let groups = baseline["groups"].as_object().expect("the baseline has groups");
    let costs = groups.iter().map(|(name, group)| (name.clone(), cost(group))).collect();
    (baseline["compiler"].as_str().expect("the baseline names its compiler").to_owned(), costs)
}

/// Writes the baseline anew where that is asked for.
pub(crate) fn accepted(compiler: &str, costs: &Costs) -> bool {
    let accepted = env::var_os(ACCEPT).is_some();
    if accepted {
        let group = |cost: &Cost| value!({"images": cost.images, "instructions": cost.instructions});
        let groups: serde_json::Map<_, _> = costs.iter().map(|(name, cost)| (name.clone(), group(cost))).collect();
        let text = serde_json::to_string_pretty(&value!({"compiler": compiler, "groups": groups})).expect("it is JSON");
        fs::write(baseline_file(), text + "\n").expect("the baseline can be written");
    }
    accepted
}

/// What of the costs is too far from the baseline, a line for each group; empty where nothing is.
pub(crate) fn differences(was: &Costs, is: &Costs) -> String {
    let mut lines = String::new();
    for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
        let said = match (was.get(name), is.get(name)) {
            (Some(&was), Some(&is)) => compare(was, is),
            (None, _) => Some("the baseline does not have it".to_owned()),
            (_, None) => Some("it is in the baseline alone".to_owned()),
        };
        if let Some(said) = said {
            writeln!(lines, "{name}: {said}").expect("memory can be written");
        }
    }
    lines
}

fn compare(was: Cost, is: Cost) -> Option<String> {
    let ratio = is.an_image() / was.an_image();
    let bound = if ratio > MOST {
        format!("{:.1} % more than the baseline's {:.0}; at most 5 %", 100.0 * (ratio - 1.0), was.an_image())
    } else if ratio < LEAST {
        let percent = 100.0 * (1.0 - ratio);
        format!("{percent:.1} % less than the baseline's {:.0}; above 15 % it is to be renewed", was.an_image())
    } else {
        return None;
    };
    let images = if was.images == is.images {
        String::new()
    } else {
        format!("; there are {} images, and were {}", is.images, was.images)
    };
    Some(format!("{:.0} instructions an image, {bound}{images}", is.an_image()))
}

/// How to accept what differs, and what may be the reason.
pub(crate) fn advice(was: &str, is: &str) -> String {
    let compilers = if was == is {
        String::new()
    } else {
        format!("The baseline was counted with another compiler: {was}; these with {is}.\n")
    };
    format!("{compilers}If it is meant: `{ACCEPT}=1`, and this test writes tests/data/instructions.json anew.")
}

/// A line for each group.
pub(crate) fn print(was: &Costs, is: &Costs) {
    for (name, cost) in is {
        let ratio = was.get(name).map_or(f64::NAN, |was| cost.an_image() / was.an_image());
        eprintln!(
            "{name:14} {:>4} images {:>8.0} instructions each, {ratio:.3} of the baseline's",
            cost.images,
            cost.an_image()
        );
    }
}
