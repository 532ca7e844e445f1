//! What ends a run because its outcomes cannot be kept.

use imgmeta_storage::{Fault, fault};

/// Why outcomes cannot be committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The place cannot be used at all.
    #[error("cannot use the output `{url}`")]
    Place {
        /// The output.
        url: String,
        /// Why.
        source: imgmeta_storage::Error,
    },
    /// Something is there already.
    #[error("the output `{url}` is not empty: --resume goes on with it, --overwrite deletes what an earlier run wrote")]
    Exists {
        /// The output.
        url: String,
    },
    /// What is there was not written by this program.
    #[error("the output `{url}` has files but no `_imgmeta` folder: it is not ours to change; name another folder")]
    NotOurs {
        /// The output.
        url: String,
    },
    /// Another run writes there.
    #[error("another run writes to `{url}` ({holder}): wait for its end, or stop it")]
    Locked {
        /// The output.
        url: String,
        /// Who: host and process.
        holder: String,
    },
    /// The lock was taken from us.
    #[error("another run has taken over `{url}`: this one stops, and what it committed stays")]
    LostLock {
        /// The output.
        url: String,
    },
    /// There is no run.
    #[error("there is no run in `{url}`: name the folder that was given as --output")]
    NoRun {
        /// The output.
        url: String,
    },
    /// What is wanted of a complete run is asked of one that is not.
    #[error("the run in `{url}` is not complete: go on with it by `imgmeta run ... --resume` first")]
    Incomplete {
        /// The output.
        url: String,
    },
    /// A change of a complete run was begun and has not ended.
    #[error("`imgmeta {command}` was begun on `{url}` and has not ended: give the same command again to end it")]
    Pending {
        /// The output.
        url: String,
        /// The command that began it.
        command: String,
    },
    /// Points are wanted in a mirror that is not there.
    #[error("the run in `{url}` has no mirror for --geo to add points to: make it by `imgmeta mirror` first")]
    NoMirror {
        /// The output.
        url: String,
    },
    /// The disk of this machine failed, on which lines are sorted.
    #[error(
        "cannot sort in the folder for temporary files; TMPDIR names another one, which may need a fifth of the JSON's size"
    )]
    Scratch {
        /// Why.
        source: std::io::Error,
    },
    /// Runs cannot be joined.
    #[error("these are not runs over the parts of one list: {why}")]
    Parts {
        /// What is twice, missing or different.
        why: String,
    },
    /// Nothing can be added any more.
    #[error("the run in `{url}` is complete: nothing can be added to it")]
    Complete {
        /// The output.
        url: String,
    },
    /// Settings differ from those of the run that is to be resumed.
    #[error("cannot resume `{url}` with other settings: {differences}")]
    Settings {
        /// The output.
        url: String,
        /// Each that differs, with both values.
        differences: String,
    },
    /// A file of ours is not what it should be.
    #[error("`{name}` in `{url}` is damaged: {why}")]
    Damaged {
        /// The output.
        url: String,
        /// The file.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Outcomes could not be turned into a part: a defect of ours.
    #[error("cannot turn outcomes into a part: please report it")]
    Encode {
        /// Why.
        #[from]
        source: EncodeError,
    },
    /// A database failed, and went on failing.
    #[error("cannot {what} the database `{url}`{cure}")]
    Sql {
        /// What was being done.
        what: &'static str,
        /// The database, without its user.
        url: String,
        /// What to do.
        cure: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The tables of a database cannot be used.
    #[error("cannot use the database `{url}`: {why}")]
    Tables {
        /// The database, without its user.
        url: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// A run fills another database than the one that is named, or none.
    #[error("the run in `{url}` {fills}: {cure}")]
    Database {
        /// The output.
        url: String,
        /// What it fills.
        fills: String,
        /// What to do.
        cure: &'static str,
    },
    /// The store failed, and went on failing.
    #[error("cannot {what} `{name}` in `{url}`{}", cure(source))]
    Store {
        /// What was being done.
        what: &'static str,
        /// The file.
        name: String,
        /// The output.
        url: String,
        /// Why.
        source: object_store::Error,
    },
}

/// What to do about a store's refusal.
fn cure(error: &object_store::Error) -> &'static str {
    match fault(error) {
        Fault::Permission => "; permission denied: choose a folder that you may write to",
        Fault::Full => "; no space or quota is left: make room, then go on with --resume",
        Fault::Unreachable => {
            "; is the cluster running, and is the port the NameNode's RPC port (mostly 8020 or 9000)?"
        }
        Fault::Login => "; what was committed stays: with a new ticket, go on with --resume",
        Fault::NotFound | Fault::AlreadyExists | Fault::RateLimited | Fault::Other => "",
    }
}

/// Why outcomes could not be turned into a part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Into Parquet.
    #[error("the mirror cannot be written")]
    Mirror(#[from] parquet::errors::ParquetError),
    /// Into compressed JSON.
    #[error("the JSON cannot be compressed")]
    Json(#[from] std::io::Error),
}
