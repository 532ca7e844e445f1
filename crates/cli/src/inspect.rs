//! One or a few images, for a person or as record lines.

mod page;
mod words;

use std::io::{self, Write};
use std::process::ExitCode;

use imgmeta_extract::Extractor;
use imgmeta_record::{ImageRef, Outcome, json};

use crate::args::{InspectArgs, LogFormat};
use crate::environment::stores;
use crate::{exit, log};

/// Reads images and prints what is known of them. The exit code is 1 where one could not be read.
///
/// # Errors
/// Where nothing can be read at all, or stdout cannot be written to.
pub async fn inspect(args: &InspectArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let stores = stores(&args.extract.fetch)?;
    for image in &args.images {
        // A store that the command line names may be read from; a path, or the web, is none.
        stores.allow(image).ok();
    }
    let extractor = Extractor::new(stores, args.extract.options())?;
    let mut failed = false;
    for (at, image) in args.images.iter().enumerate() {
        let outcome = extractor.extract(ImageRef::new(image)).await;
        failed |= matches!(outcome, Outcome::Failure(_));
        print(args, at, &outcome)?;
    }
    Ok(ExitCode::from(if failed { exit::FAILED } else { exit::COMPLETE }))
}

fn print(args: &InspectArgs, at: usize, outcome: &Outcome) -> io::Result<()> {
    if args.json {
        let mut line = Vec::new();
        json::write_line(&mut line, outcome, args.extract.metadata.exif_keys.into());
        return io::stdout().write_all(&line);
    }
    match outcome {
        Outcome::Record(record) => {
            let gap = if at > 0 { "\n" } else { "" };
            io::stdout().write_all(format!("{gap}{}", page::page(record)).as_bytes())
        }
        Outcome::Failure(failure) => {
            let url = imgmeta_record::mask(&failure.url);
            eprintln!("error: {url}: {} ({})\nhint: {}", failure.error, failure.kind.name(), failure.kind.hint());
            Ok(())
        }
    }
}
