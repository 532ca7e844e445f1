//! What the whole-program tests stand on: real servers, the real binary, and readers of what it wrote.
//!
//! ```no_run
//! use imgmeta_tests::{outcomes, program::Run, server::Server};
//!
//! let server = Server::start(|_, reply| reply.respond("200 OK", &[], b"not an image"));
//! let dir = tempfile::tempdir().unwrap();
//! let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
//! std::fs::write(&list, server.url("/a.jpg")).unwrap();
//! let done = Run::new(["run"]).arg(&list).arg("--output").arg(&output).arg("--allow-private").finish();
//! assert_eq!(done.code, Some(0));
//! outcomes::assert_complete(&output, 0..1);
//! ```

pub mod browser;
pub mod dns;
pub mod hdfs;
pub mod images;
pub mod namespace;
pub mod outcomes;
pub mod postgres;
pub mod program;
pub mod python;
pub mod s3;
pub mod server;
