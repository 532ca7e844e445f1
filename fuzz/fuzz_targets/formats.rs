//! A file of any bytes: read whole, by need and cut, with all that can be asked for.
#![no_main]

#[path = "../../crates/extract/tests/fuzz/file.rs"]
mod file;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| file::check(data));
