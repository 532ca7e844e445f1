//! Connections, and steps over them that are repeated while that may help.

use std::io;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, PgConnection, SqliteConnection};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::database::{Database, Place};
use super::fault::fault;
use crate::folder::Attempts;
use crate::{Error, Waits};

/// Longest time in which a connection is made.
const CONNECTING: Duration = Duration::from_secs(10);
/// Longest time in which a database may say nothing to what it was asked. A lock that another program holds is waited for.
const SILENCE: Duration = Duration::from_mins(5);
/// How long SQLite waits for another program's lock.
const BUSY: Duration = Duration::from_secs(30);

/// A connection.
#[derive(Debug)]
pub(super) enum Connection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// What goes wrong in a step.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The database failed.
    Database(sqlx::Error),
    /// What is to be done cannot be done, whatever the database does.
    Ours(Error),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// A step: it may be repeated, whether or not it was done before.
pub(super) trait Step {
    type Answer;
    /// What is being done, to stand before "the database".
    const WHAT: &'static str;

    fn on(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Answer, Trouble>> + Send;
}

/// A database, and the connection to it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) database: Database,
    waits: Waits,
    /// The one that was used last. A step that fails leaves none.
    kept: Mutex<Option<Connection>>,
}

impl Link {
    pub(super) fn new(database: Database, waits: Waits) -> Self {
        Self { database, waits, kept: Mutex::new(None) }
    }

    /// The same with other waits.
    pub(super) fn with(self, waits: Waits) -> Self {
        Self { waits, ..self }
    }

    /// # Errors
    /// [`Error::Sql`] where no attempt is left, and what the step itself refuses.
    pub(super) async fn step<S: Step>(&self, step: &S) -> Result<S::Answer, Error> {
        let mut attempts = Attempts::new(self.waits);
        let mut kept = self.kept.lock().await;
        loop {
            // A connection on which a step failed, or was left in its middle, is in an unknown state.
            let ended = match kept.take() {
                Some(connection) => tried(step, connection).await,
                None => match self.connect().await {
                    Ok(connection) => tried(step, connection).await,
                    Err(error) => Err(Trouble::Database(error)),
                },
            };
            let error = match ended {
                Ok((answer, connection)) => {
                    *kept = Some(connection);
                    return Ok(answer);
                }
                Err(Trouble::Ours(error)) => return Err(error),
                Err(Trouble::Database(error)) => error,
            };
            let fault = fault(&error);
            if !attempts.again(&error, fault.hopeless).await {
                let url = self.database.to_string();
                return Err(Error::Sql { what: S::WHAT, url, cure: fault.cure, source: told(error) });
            }
        }
    }

    async fn connect(&self) -> Result<Connection, sqlx::Error> {
        let connecting = async {
            match &self.database.place {
                Place::Postgres(url) => {
                    let options: PgConnectOptions = url.parse()?;
                    options.disable_statement_logging().connect().await.map(Connection::Postgres)
                }
                Place::Sqlite(path) => {
                    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).busy_timeout(BUSY);
                    options.disable_statement_logging().connect().await.map(Connection::Sqlite)
                }
            }
        };
        timeout(CONNECTING, connecting).await.unwrap_or_else(|_| Err(silent()))
    }
}

async fn tried<S: Step>(step: &S, mut connection: Connection) -> Result<(S::Answer, Connection), Trouble> {
    let answer = step.on(&mut connection).await?;
    Ok((answer, connection))
}

/// What a person is told: of what a server says the message, and not where in its own source it stands.
fn told(error: sqlx::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        sqlx::Error::Database(told) => told.message().into(),
        error => error.into(),
    }
}

/// What a database answers, within bounds.
pub(super) async fn within<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(SILENCE, asked).await.unwrap_or_else(|_| Err(silent()))
}

fn silent() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it does not answer").into()
}

/// The same for both kinds of connection: `on!(connection, c => query.execute(&mut *c))`.
macro_rules! on {
    ($connection:expr, $c:ident => $asked:expr) => {
        match $connection {
            Connection::Postgres($c) => within($asked).await,
            Connection::Sqlite($c) => within($asked).await,
        }
    };
}
pub(super) use on;
