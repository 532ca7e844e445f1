//! Prints the schema of the outcomes.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::args::SchemaArgs;

/// Prints it to stdout.
///
/// # Errors
/// Where stdout cannot be written to.
pub fn schema(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    let text = imgmeta_record::schema::print(args.format(), args.rows(), &args.options());
    writeln!(io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}
