//! What a dataset is told.

use std::num::NonZeroUsize;
use std::time::Duration;

use imgmeta_record::json::Keys;
use serde_json::{Map, Value};

use crate::output::Outputs;
use crate::sql::Sql;

/// What to do with an output that is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Refuse it.
    #[default]
    New,
    /// Go on with it.
    Resume,
    /// Delete what an earlier run wrote, and start anew.
    Overwrite,
}

/// What a [`Dataset`](crate::Dataset) is told. Every default is the command line's.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to do with an output that is there already (refuse it).
    pub mode: Mode,
    /// Rows after which a shard closes (10,000).
    pub shard_rows: NonZeroUsize,
    /// Bytes after which a shard closes, of all its outputs together, before the JSON is compressed (32 MiB).
    pub shard_bytes: u64,
    /// Time after which a shard closes (30 s).
    pub shard_seconds: Duration,
    /// What is written (JSON that is not compressed).
    pub outputs: Outputs,
    /// A database that is filled, too (none).
    pub sql: Option<Sql>,
    /// What keys tags have.
    pub keys: Keys,
    /// What shapes the outcomes: kept with them, and compared when the run is resumed. `outputs` is added, and the database.
    pub settings: Map<String, Value>,
    /// Manifests after which they are made one part of the log of manifests (1,000).
    pub fold: NonZeroUsize,
    /// How long it waits, and for what.
    pub waits: Waits,
}

/// How long a dataset waits, and for what. Every default suits clusters and clouds.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// Longest time over which a step that fails is repeated (60 s); three attempts are made in any case.
    pub patience: Duration,
    /// First wait before a step is repeated (50 ms); it doubles each time, up to 1 s. After a DataNode has died a third
    /// of the puts fail within milliseconds, and the next attempt mostly succeeds.
    pub first: Duration,
    /// How often the lock is renewed (20 s).
    pub renew: Duration,
    /// Time without renewal after which the holder of a lock is dead, where it is on another host (60 s).
    pub dead: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            patience: Duration::from_mins(1),
            first: Duration::from_millis(50),
            renew: Duration::from_secs(20),
            dead: Duration::from_mins(1),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::New,
            shard_rows: NonZeroUsize::new(10_000).expect("not 0"),
            shard_bytes: 32 << 20,
            shard_seconds: Duration::from_secs(30),
            outputs: Outputs::default(),
            sql: None,
            keys: Keys::Names,
            settings: Map::new(),
            fold: NonZeroUsize::new(1000).expect("not 0"),
            waits: Waits::default(),
        }
    }
}
