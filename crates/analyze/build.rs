//! Takes the charting library out of the crate that holds it, so that it is neither in this repository nor twice in the program.

use std::path::PathBuf;
use std::{env, fs};

use plotly::Plot;

const OPENED: &str = "<script type=\"text/javascript\">";
const CLOSED: &str = "</script>";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Two scripts: the library, and MathJax for formulas, of which the report has none.
    let sources = Plot::offline_js_sources();
    let library = sources.split_once(OPENED).and_then(|(_, rest)| rest.split_once(CLOSED)).map(|(library, _)| library);
    let library = library.expect("the crate gives the library as a script").trim();
    assert!(library.contains("plotly.js v3"), "the report is written for plotly.js 3: look at it again");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(out.join("plotly.min.js"), library).expect("cargo's folder can be written to");
}
