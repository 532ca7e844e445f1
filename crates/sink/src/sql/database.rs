//! Which database: its URL, without a password.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// A database, as `--sql` names it.
///
/// # Contract
/// It holds no password: [`parse`](Self::parse) refuses a URL that has one. Its [`Display`](fmt::Display) holds no user either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    pub(super) place: Place,
    name: String,
}

/// Where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A server, by its URL.
    Postgres(String),
    /// A file, by its absolute path.
    Sqlite(PathBuf),
}

/// Which program it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
}

/// Why a URL names no database that can be used. No message holds the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It holds a password.
    #[error(
        "the URL of the database holds a password, which others see who list processes: leave it out and set \
         PGPASSWORD, or name a file by PGPASSFILE (it is ~/.pgpass otherwise)"
    )]
    Password,
    /// It is of another program.
    #[error("the URL of a database begins with `postgres://` or `sqlite:`")]
    Scheme,
    /// It is no URL.
    #[error("the URL of the database cannot be understood (postgres://USER@HOST:PORT/DATABASE)")]
    Syntax(#[from] url::ParseError),
    /// It has a parameter that is not known.
    #[error("the URL of the database has an unknown parameter `{name}`; known are: {}", PARAMETERS.join(", "))]
    Parameter {
        /// The parameter.
        name: String,
    },
    /// It names no file.
    #[error("`sqlite:` needs the path of a file: sqlite:FILE")]
    NoFile,
}

/// What a URL may say behind its `?`.
const PARAMETERS: [&str; 11] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "options",
    "application_name",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
];

/// Those of them that say where the tables are.
const PLACES: [&str; 5] = ["host", "hostaddr", "port", "dbname", "options"];

impl Database {
    /// The database of a URL: `postgres://USER@HOST:PORT/DATABASE`, what is left out being as the variables of `psql` say
    /// (`PGHOST`, `PGUSER` ...), or `sqlite:FILE`.
    ///
    /// # Errors
    /// Each of [`UrlError`].
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => sqlite(path),
            Some(("postgres" | "postgresql", _)) => postgres(url),
            _ => Err(UrlError::Scheme),
        }
    }
}

impl fmt::Display for Database {
    /// What tells it from others, and settings keep: host, port, database and file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn sqlite(path: &str) -> Result<Database, UrlError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(':') {
        return Err(UrlError::NoFile);
    }
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    Ok(Database { name: format!("sqlite:{}", path.display()), place: Place::Sqlite(path) })
}

fn postgres(url: &str) -> Result<Database, UrlError> {
    let url = Url::parse(url)?;
    if url.password().is_some() {
        return Err(UrlError::Password);
    }
    let mut places = Vec::new();
    for (name, value) in url.query_pairs() {
        if name.contains("password") {
            return Err(UrlError::Password);
        }
        let plain = name.split('[').next().unwrap_or_default();
        if !PARAMETERS.contains(&plain) {
            return Err(UrlError::Parameter { name: name.into_owned() });
        }
        if PLACES.contains(&plain) {
            places.push(format!("{name}={value}"));
        }
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let places = if places.is_empty() { String::new() } else { format!("?{}", places.join("&")) };
    let name = format!("postgres://{host}{port}{}{places}", url.path());
    Ok(Database { place: Place::Postgres(url.into()), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_told_from_others_without_its_user() {
        for (url, name) in [
            ("postgres://me@db.example:5433/images", "postgres://db.example:5433/images"),
            ("postgresql:///images", "postgres:///images"),
            ("postgres://me@h/i?sslmode=require&options=-csearch_path%3Da", "postgres://h/i?options=-csearch_path=a"),
            ("postgres://%2Frun%2Fpg/i?user=me", "postgres://%2Frun%2Fpg/i"),
            ("sqlite:/data/i.db", "sqlite:/data/i.db"),
            ("sqlite:///data/i.db", "sqlite:/data/i.db"),
        ] {
            assert_eq!(Database::parse(url).map(|database| database.to_string()).expect(url), name);
        }
        let relative = Database::parse("sqlite:i.db").expect("a file").to_string();
        assert!(relative.starts_with("sqlite:/") && relative.ends_with("/i.db"), "{relative}");
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_never_said() {
        for url in ["postgres://me:secret@h/d", "postgres://h/d?password=secret", "postgres://h/d?sslpassword=secret"] {
            let refused = Database::parse(url).expect_err(url).to_string();
            assert!(refused.contains("PGPASSWORD") && !refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn what_names_no_database_is_refused() {
        for url in ["mysql://h/d", "i.db", "sqlite:", "sqlite::memory:", "postgres://h:port/d", "postgres://h/d?x=1"] {
            assert!(Database::parse(url).is_err(), "{url}");
        }
    }
}
