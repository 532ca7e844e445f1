//! Arguments of what fills a database.

use clap::Args;
use imgmeta_sink::{Database, Sql};

use super::When;
use crate::exit::Usage;

/// What `--sql` takes, for people.
const URL: &str = "\
The URL is postgres://USER@HOST:PORT/DATABASE or sqlite:FILE. What it leaves out of PostgreSQL's is as psql has it (PGHOST, PGUSER ...);
the password comes from PGPASSWORD, or from the file that PGPASSFILE names (~/.pgpass).";

/// A database that is filled beside the files.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// Fill a database with the same outcomes: `postgres://USER@HOST/DATABASE` (the password comes from `PGPASSWORD` or
    /// `PGPASSFILE`) or `sqlite:FILE`
    #[arg(long, value_name = "URL")]
    pub sql: Option<String>,
    /// There, give each tag a row of its own too, in the table `exif_tags`
    #[arg(long, requires = "sql")]
    pub sql_tags: bool,
}

impl SqlArgs {
    /// What a sink is told.
    ///
    /// # Errors
    /// [`Usage`] where the URL names no database, or holds a password.
    pub fn sql(&self) -> Result<Option<Sql>, Usage> {
        let Some(url) = &self.sql else { return Ok(None) };
        Ok(Some(Sql { database: database(url)?, tags: self.sql_tags }))
    }
}

/// Fill a database from a finished run.
#[derive(Debug, Args)]
#[command(after_help = format!("{URL}
The tables are made where they are missing. Killed, it is gone on with by the same command; after `imgmeta retry` and `imgmeta refresh`
the same command brings the database up to date.

Examples:
  imgmeta load out --sql sqlite:images.db
  PGPASSWORD=... imgmeta load hdfs://namenode:8020/images --sql postgres://me@db.example/images --sql-tags"))]
pub struct LoadArgs {
    /// The folder that was given as --output
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// The database
    #[arg(long, value_name = "URL")]
    pub sql: String,
    /// Give each tag a row of its own too, in the table `exif_tags`
    #[arg(long)]
    pub sql_tags: bool,
    /// Whether a progress bar is drawn
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: When,
}

impl LoadArgs {
    /// What a sink is told.
    ///
    /// # Errors
    /// [`Usage`] where the URL names no database, or holds a password.
    pub fn sql(&self) -> Result<Sql, Usage> {
        Ok(Sql { database: database(&self.sql)?, tags: self.sql_tags })
    }
}

/// The URL is parsed here rather than by clap, whose message would repeat a password that it holds.
pub(super) fn database(url: &str) -> Result<Database, Usage> {
    Database::parse(url).map_err(|error| Usage(format!("cannot use --sql: {error}")))
}
