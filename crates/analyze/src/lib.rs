//! A finished run to answers. So far: to a [report](mod@report), one page with charts and a map.

pub mod report;
