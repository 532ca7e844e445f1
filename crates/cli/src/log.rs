//! Log lines on stderr.

use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// Whatever is asked for.
const NO_PASSWORDS: &str = "sqlx_postgres::options::pgpass=off";

/// Starts logging. `RUST_LOG` chooses what; by default our own lines from INFO on, and warnings of libraries.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("warn,imgmeta=info,imgmeta_ingest=info,imgmeta_extract=info,imgmeta_sink=info,imgmeta_storage=info,hdfs_native=error")
    });
    // It would repeat a line of a password file that it cannot read.
    let filter = filter.add_directive(NO_PASSWORDS.parse().expect("the directive is valid"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start, in one process, keeps the first.
    match format {
        LogFormat::Text => builder.with_ansi(false).try_init().ok(),
        LogFormat::Json => builder.json().try_init().ok(),
    };
}
