//! What is done in a database: each in one transaction, and so that doing it again changes nothing.

use imgmeta_record::schema::Rows;
use roaring::RoaringTreemap;
use sqlx::{AssertSqlSafe, query, query_scalar, raw_sql};

use super::connect::{Connection, Step, Trouble, on, within};
use super::database::Kind;
use super::load::Load;
use super::schema::{self, NAMES, VERSION, VERSION_TABLE};
use super::table::Of;
use super::{Run, postgres, sqlite};
use crate::Error;

/// One process makes the tables at a time: the key of the lock is "imgmeta" in ASCII.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(29668348219123809)";
/// Of PostgreSQL by a look into the catalogue: `to_regclass` goes by what the session remembers, and misses tables that
/// another process made while the lock was waited for.
const IS_OURS: [&str; 2] = [
    "SELECT count(*) > 0 FROM pg_class WHERE relname = 'imgmeta_schema' AND pg_table_is_visible(oid)",
    "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'imgmeta_schema'",
];
const OTHERS: [&str; 2] = [
    "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY relname",
    "SELECT lower(name) FROM sqlite_schema ORDER BY name",
];
/// The run's own number, which is smaller than its id. That of a run that is there already stays.
const OF_RUN: &str = "INSERT INTO runs (id, output, settings, tags) VALUES ($1, $2, CAST($3 AS $json), $4) \
                      ON CONFLICT (id) DO UPDATE SET updated_at = CURRENT_TIMESTAMP RETURNING CAST(run AS bigint)";

impl Connection {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Postgres(_) => Kind::Postgres,
            Self::Sqlite(_) => Kind::Sqlite,
        }
    }

    /// Each database's own of two texts.
    fn own<'a>(&self, [postgres, sqlite]: [&'a str; 2]) -> &'a str {
        match self.kind() {
            Kind::Postgres => postgres,
            Kind::Sqlite => sqlite,
        }
    }

    /// Begins a transaction, of SQLite one that writes: a second writer waits here, and fails nowhere later. What is not
    /// committed when the connection goes is undone.
    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        let sql = self.own(["BEGIN", "BEGIN IMMEDIATE"]);
        self.run(sql).await
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.run("COMMIT").await
    }

    async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        self.run("ROLLBACK").await
    }

    /// SQL of this program, without values.
    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, c => async { raw_sql(sql).execute(&mut *c).await.map(|_| ()) })
    }
}

/// Makes the tables, or brings them to the version of this program.
pub(super) struct Create<'a> {
    pub(super) url: &'a str,
}

impl Step for Create<'_> {
    type Answer = ();
    const WHAT: &'static str = "open";

    async fn on(&self, connection: &mut Connection) -> Result<(), Trouble> {
        if self.version(connection).await? == Some(VERSION) {
            return Ok(());
        }
        connection.begin().await?;
        if connection.kind() == Kind::Postgres {
            postgres::check(connection, self.url).await?;
            connection.run(ONE_AT_A_TIME).await?;
        }
        let version = self.version(connection).await?;
        match version {
            // Made by another process meanwhile.
            Some(VERSION) => return Ok(connection.rollback().await?),
            Some(newer @ VERSION..) => {
                return Err(self.refused(format!(
                    "its tables are of version {newer}, and this program knows {VERSION}: use the program that made them"
                )));
            }
            Some(_) => {}
            None => self.refuse_others(connection).await?,
        }
        let sql = schema::migration(connection.kind(), version.unwrap_or(0));
        connection.run(&sql).await?;
        Ok(connection.commit().await?)
    }
}

impl Create<'_> {
    fn refused(&self, why: String) -> Trouble {
        Trouble::Ours(Error::Tables { url: self.url.into(), why })
    }

    /// `None` where there are no tables of ours.
    async fn version(&self, connection: &mut Connection) -> Result<Option<i64>, sqlx::Error> {
        let is_ours = AssertSqlSafe(connection.own(IS_OURS).to_owned());
        if !on!(connection, c => query_scalar::<_, bool>(is_ours).fetch_one(&mut *c))? {
            return Ok(None);
        }
        let version = AssertSqlSafe(format!("SELECT CAST(max(version) AS bigint) FROM {VERSION_TABLE}"));
        on!(connection, c => query_scalar::<_, i64>(version).fetch_one(&mut *c)).map(Some)
    }

    /// Refuses a database in which somebody else has a table by a name of ours.
    async fn refuse_others(&self, connection: &mut Connection) -> Result<(), Trouble> {
        let others = AssertSqlSafe(connection.own(OTHERS).to_owned());
        let there: Vec<String> = on!(connection, c => query_scalar::<_, String>(others).fetch_all(&mut *c))?;
        let clash: Vec<_> = there.iter().map(String::as_str).filter(|name| NAMES.contains(name)).collect();
        if clash.is_empty() {
            return Ok(());
        }
        Err(self.refused(format!(
            "it has tables that this program did not make and needs the names of ({}): name another database, or, of \
             PostgreSQL, another schema by `?options=-csearch_path%3DNAME`",
            clash.join(", ")
        )))
    }
}

/// The shards of a run that are in the tables.
pub(super) struct Loaded<'a>(pub(super) &'a Run);

impl Step for Loaded<'_> {
    type Answer = RoaringTreemap;
    const WHAT: &'static str = "read the tables of";

    async fn on(&self, connection: &mut Connection) -> Result<RoaringTreemap, Trouble> {
        const SHARDS: &str = "SELECT shard FROM shards JOIN runs ON runs.run = shards.run WHERE id = $1";
        let id = self.0.id.as_str();
        let shards: Vec<i64> = on!(connection, c => query_scalar::<_, i64>(SHARDS).bind(id).fetch_all(&mut *c))?;
        Ok(shards.into_iter().filter_map(|shard| u64::try_from(shard).ok()).collect())
    }
}

impl Step for Load<'_> {
    /// Whether it was not there yet.
    type Answer = bool;
    const WHAT: &'static str = "write a shard to";

    async fn on(&self, connection: &mut Connection) -> Result<bool, Trouble> {
        connection.begin().await?;
        let run = of_run(connection, self.run, self.url).await?;
        let shard = i64::try_from(self.number).unwrap_or(i64::MAX);
        let brought = (self.count(Rows::Success), self.count(Rows::Failure));
        if !insert_shard(connection, run, shard, brought).await? {
            connection.rollback().await?;
            return Ok(false);
        }
        for table in self.tables {
            delete_rows(connection, table.name(), run, self.rows).await?;
        }
        let of = Of { run, shard };
        for table in self.tables {
            match connection {
                Connection::Postgres(c) => postgres::copy(c, table, of, self).await?,
                Connection::Sqlite(c) => sqlite::insert(c, table, of, self).await?,
            }
        }
        connection.commit().await?;
        Ok(true)
    }
}

/// The number of a run, which gets one where it has none.
async fn of_run(connection: &mut Connection, run: &Run, url: &str) -> Result<i64, Trouble> {
    let Run { id, output, settings, tags } = run;
    let json = connection.own(["jsonb", "text"]);
    let sql = AssertSqlSafe(OF_RUN.replace("$json", json));
    let (id, output) = (id.as_str(), output.as_str());
    let number = on!(connection, c => query_scalar::<_, i64>(sql).bind(id).bind(output).bind(settings).bind(tags).fetch_one(&mut *c))?;
    let kept = on!(connection, c => query_scalar::<_, bool>("SELECT tags FROM runs WHERE id = $1").bind(id).fetch_one(&mut *c))?;
    if kept == *tags {
        return Ok(number);
    }
    let (is, wanted) = if kept { ("with", "without") } else { ("without", "with") };
    let why = format!(
        "the run {id} is in it {is} a row for each tag and should be {wanted}: give --sql-tags as before, or delete it \
         (DELETE FROM runs WHERE id = '{id}') and load again"
    );
    Err(Trouble::Ours(Error::Tables { url: url.into(), why }))
}

/// Notes shards that bring no row of their own.
pub(super) struct Know<'a> {
    pub(super) run: &'a Run,
    pub(super) url: &'a str,
    pub(super) shards: RoaringTreemap,
}

impl Step for Know<'_> {
    type Answer = ();
    const WHAT: &'static str = "write numbers of shards to";

    async fn on(&self, connection: &mut Connection) -> Result<(), Trouble> {
        connection.begin().await?;
        let run = of_run(connection, self.run, self.url).await?;
        for shard in &self.shards {
            insert_shard(connection, run, i64::try_from(shard).unwrap_or(i64::MAX), (0, 0)).await?;
        }
        Ok(connection.commit().await?)
    }
}

/// Whether the shard was not there.
async fn insert_shard(
    connection: &mut Connection, run: i64, shard: i64, (images, failures): (i64, i64),
) -> Result<bool, sqlx::Error> {
    const INSERT: &str =
        "INSERT INTO shards (run, shard, images, failures) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let inserted = on!(connection, c => async {
        let insert = query(INSERT).bind(run).bind(shard).bind(images).bind(failures);
        insert.execute(&mut *c).await.map(|done| done.rows_affected())
    })?;
    Ok(inserted > 0)
}

/// Deletes what an earlier shard says of these rows.
async fn delete_rows(
    connection: &mut Connection, table: &str, run: i64, rows: &RoaringTreemap,
) -> Result<(), sqlx::Error> {
    let numbers: Vec<i64> = rows.iter().filter_map(|row| i64::try_from(row).ok()).collect();
    let delete = format!("DELETE FROM {table} WHERE run = $1 AND row");
    match connection {
        Connection::Postgres(c) => {
            let sql = AssertSqlSafe(format!("{delete} = ANY($2)"));
            within(query(sql).bind(run).bind(numbers).execute(c)).await.map(|_| ())
        }
        Connection::Sqlite(c) => {
            let sql = AssertSqlSafe(format!("{delete} IN (SELECT value FROM json_each($2))"));
            let numbers = serde_json::to_string(&numbers).expect("numbers become JSON");
            within(query(sql).bind(run).bind(numbers).execute(c)).await.map(|_| ())
        }
    }
}

/// Says that all outcomes of a run are in the tables.
pub(super) struct Complete<'a> {
    pub(super) run: &'a Run,
    pub(super) url: &'a str,
}

impl Step for Complete<'_> {
    type Answer = ();
    const WHAT: &'static str = "write the end of the run to";

    async fn on(&self, connection: &mut Connection) -> Result<(), Trouble> {
        connection.begin().await?;
        let run = of_run(connection, self.run, self.url).await?;
        execute(connection, "UPDATE runs SET complete = true WHERE run = $1", run).await?;
        Ok(connection.commit().await?)
    }
}

/// Deletes a run and all that the tables have of it.
pub(super) struct Forget<'a>(pub(super) &'a str);

impl Step for Forget<'_> {
    type Answer = ();
    const WHAT: &'static str = "delete the run that is overwritten from";

    async fn on(&self, connection: &mut Connection) -> Result<(), Trouble> {
        const RUN: &str = "SELECT CAST(run AS bigint) FROM runs WHERE id = $1";
        let run = on!(connection, c => query_scalar::<_, i64>(RUN).bind(self.0).fetch_optional(&mut *c))?;
        let Some(run) = run else { return Ok(()) };
        execute(connection, "UPDATE runs SET complete = false WHERE run = $1", run).await?;
        // So many at a time that each answer comes within its bounds.
        for table in ["exif_tags", "images", "failures"] {
            let delete = format!(
                "DELETE FROM {table} WHERE run = $1 AND row IN (SELECT row FROM {table} WHERE run = $1 LIMIT 50000)"
            );
            while execute(connection, &delete, run).await? > 0 {}
        }
        execute(connection, "DELETE FROM runs WHERE run = $1", run).await?;
        Ok(())
    }
}

/// Executes SQL of this program for a run; gives how many rows it changed.
async fn execute(connection: &mut Connection, sql: &str, run: i64) -> Result<u64, sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    on!(connection, c => async { query(sql).bind(run).execute(&mut *c).await.map(|done| done.rows_affected()) })
}
