//! What the program is made of: licences that ours goes with, and stages that bring no more than they need.

use std::process::Command;

use imgmeta_tests::images::data_dir;
use serde_json::Value;

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 14] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
];

#[test]
fn every_dependency_has_a_licence_that_ours_goes_with() {
    let manifest = data_dir().join("../../Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .arg("--manifest-path")
        .arg(manifest)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metadata: Value = serde_json::from_slice(&run.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "the whole tree is looked at");
    let refused: Vec<_> = packages
        .iter()
        .filter(|package| !allowed(package["license"].as_str().unwrap_or("none")))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn a_stage_brings_no_more_than_it_needs() {
    for (stage, absent) in [
        ("imgmeta-record", &["tokio", "object_store", "polars", "parquet", "reqwest", "sqlx", "clap"][..]),
        ("imgmeta-storage", &["polars", "parquet", "sqlx", "clap"]),
        ("imgmeta-extract", &["polars", "parquet", "sqlx", "clap", "imgmeta-ingest", "imgmeta-sink"]),
        ("imgmeta-ingest", &["clap", "sqlx", "imgmeta-extract", "imgmeta-sink"]),
        ("imgmeta-sink", &["polars", "clap", "imgmeta-extract", "imgmeta-ingest"]),
        // It is built by itself, for the wheel.
        ("imgmeta-python", &["tokio", "reqwest", "rustls", "object_store", "hdfs-native", "image", "arrow-array"]),
        ("imgmeta-analyze", &["polars", "clap", "plotly", "imgmeta-extract", "imgmeta-ingest", "imgmeta-sink"]),
    ] {
        let tree = tree(&["-p", stage]);
        for name in absent {
            let found: Vec<_> = tree.iter().filter(|line| *line == name).collect();
            assert!(found.is_empty(), "{stage} brings {name}");
        }
    }
    // Lists come over HTTP through the storage.
    let own = tree(&["-p", "imgmeta-ingest", "--depth", "1"]);
    assert!(!own.iter().any(|name| name == "reqwest" || name == "hyper"), "ingest brings an HTTP client of its own");
}

/// The names of the crates that are built in.
fn tree(selected: &[&str]) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let fixed = ["tree", "--locked", "-e", "normal", "--prefix", "none", "--format", "{p}"];
    let run = Command::new(cargo).args(fixed).args(selected).current_dir(data_dir()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Whether an SPDX expression leaves a choice that is allowed: every part of an AND, one of each OR.
fn allowed(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], " ");
    let part = |part: &str| part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim()));
    plain.split(" AND ").all(part)
}
