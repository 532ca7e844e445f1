//! `query`: SQL over a finished run.

#[cfg(feature = "query")]
mod answer;

use std::process::ExitCode;

use crate::args::QueryArgs;

/// Answers a question.
///
/// # Errors
/// Where there is no finished run, it cannot be read, the question cannot be understood, or the answer not be written.
#[cfg(feature = "query")]
pub async fn query(args: &QueryArgs) -> anyhow::Result<ExitCode> {
    answer::query(args).await
}

/// Says how to have answers.
///
/// # Errors
/// Always.
#[cfg(not(feature = "query"))]
#[expect(clippy::unused_async, reason = "it stands for what is")]
pub async fn query(_: &QueryArgs) -> anyhow::Result<ExitCode> {
    let why = "this imgmeta was built without its SQL engine: build it with `--features query`, or ask DuckDB \
(`SELECT ... FROM 'DIR/success_parquet/*.parquet'`)";
    Err(crate::exit::Usage(why.into()).into())
}
