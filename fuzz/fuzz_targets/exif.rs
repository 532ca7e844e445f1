//! A block of EXIF of any bytes, and of entries that are mostly sensible.
#![no_main]

#[path = "../../crates/extract/tests/fuzz/block.rs"]
mod block;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| block::check(data));
