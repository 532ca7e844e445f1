//! What a failure of a database means: whether another attempt may help, and what an operator can do.

use sqlx::Error;

/// A failure, as far as it matters what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// No other attempt helps.
    pub(super) hopeless: bool,
    /// What to do, to follow a message.
    pub(super) cure: &'static str,
}

const fn hopeless(cure: &'static str) -> Fault {
    Fault { hopeless: true, cure }
}

const fn passing(cure: &'static str) -> Fault {
    Fault { hopeless: false, cure }
}

const UNREACHABLE: &str = "; is the server running, and are host and port right?";
const FULL: &str = "; no space is left on its disk: make room, then go on (a run with --resume)";

pub(super) fn fault(error: &Error) -> Fault {
    match error {
        Error::Database(told) => {
            let code = told.code().unwrap_or_default();
            // SQLSTATE has five characters, and a code of SQLite fewer digits.
            if code.len() == 5 { postgres(&code) } else { sqlite(code.parse().unwrap_or(0)) }
        }
        Error::Io(_) => passing(UNREACHABLE),
        Error::Tls(_) => passing("; does the server offer TLS, and does sslrootcert name who signed its certificate?"),
        Error::Protocol(_) | Error::WorkerCrashed => passing(""),
        Error::Configuration(_) => hopeless("; check its URL and the PG... variables"),
        _ => hopeless(""),
    }
}

fn postgres(code: &str) -> Fault {
    match code {
        "28P01" | "28000" => hopeless(
            "; the server refuses the user or the password: put the password into PGPASSWORD, or into the file that \
             PGPASSFILE names and only you may read (~/.pgpass otherwise), and the user into PGUSER or the URL",
        ),
        "3D000" => hopeless("; there is no such database: make it (`createdb NAME`), or name another one"),
        "42501" => hopeless(
            "; permission denied: the user needs CREATE on the schema once, and then SELECT, INSERT, UPDATE and DELETE on \
             the tables",
        ),
        "53100" => hopeless(FULL),
        "53300" => passing("; all connections of the server are in use"),
        "25006" => hopeless("; the server only reads (is it a standby?): name the one that is written to"),
        // The connection, the operator (a server that ends or begins), resources, deadlocks, locks that are waited for.
        _ if ["08", "53", "57", "40", "55"].contains(&&code[..2]) => passing(UNREACHABLE),
        _ => hopeless(""),
    }
}

/// By the primary result code, which is the lowest byte.
fn sqlite(code: i32) -> Fault {
    match code & 0xff {
        5 | 6 => passing("; another program holds the file: wait for its end"),
        8 | 3 => hopeless("; permission denied: choose a file that you may write to"),
        10 => passing("; the disk fails"),
        11 => hopeless("; the file is damaged: delete it and load again"),
        13 => hopeless(FULL),
        14 => hopeless("; is its folder there, and may you write to it?"),
        26 => hopeless("; the file is there and no database: name another one"),
        _ => hopeless(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
        for (code, is_hopeless, word) in [
            ("28P01", true, "PGPASSWORD"),
            ("3D000", true, "createdb"),
            ("42501", true, "CREATE"),
            ("53100", true, "no space"),
            ("53300", false, "connections"),
            ("57P01", false, "running"),
            ("40P01", false, ""),
            ("22P02", true, ""),
        ] {
            let fault = postgres(code);
            assert!(fault.hopeless == is_hopeless && fault.cure.contains(word), "{code}: {fault:?}");
        }
        // SQLITE_BUSY_SNAPSHOT, SQLITE_CANTOPEN_ISDIR.
        assert!(!sqlite(517).hopeless && sqlite(526).cure.contains("folder"));
        assert!(fault(&Error::Configuration("x".into())).hopeless);
    }
}
