//! The lock: one run writes to an output at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::folder::{Folder, Put};
use crate::process::Holding;
use crate::{Error, process};

pub(crate) const NAME: &str = "_imgmeta/lock";
/// How often a newcomer looks before it takes a lock as a dead holder's.
const LOOKS: u32 = 30;

/// A lock that is held, and renewed until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    held: Held,
    renewing: JoinHandle<()>,
    _holding: Holding,
}

/// What a commit asks whether the lock is still held.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    run: String,
    lost: Arc<AtomicBool>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.held.lose();
        self.renewing.abort();
    }
}

fn content(run: &str, beat: u64) -> Bytes {
    let (host, boot, pid) = (process::host(), process::boot(), std::process::id());
    let json =
        json!({"run": run, "host": host, "boot": boot, "pid": pid, "started": process::started(pid), "beat": beat});
    json.to_string().into()
}

impl Lock {
    /// Takes the lock, from a dead holder where there is one.
    pub(crate) async fn take(folder: &Folder, run: &str) -> Result<Self, Error> {
        let holding = Holding::new(run);
        while folder.put_new(NAME, &content(run, 0)).await? == Put::Others {
            if is_dead(folder).await? {
                folder.delete(NAME).await?;
            }
        }
        let held = Held { run: run.to_owned(), lost: Arc::default() };
        let renewing = tokio::spawn(renew(folder.clone(), held.clone()));
        Ok(Self { held, renewing, _holding: holding })
    }

    /// For a commit that goes on beside what holds the lock.
    pub(crate) fn held(&self) -> Held {
        self.held.clone()
    }

    /// Gives the lock back.
    pub(crate) async fn release(self, folder: &Folder) -> Result<(), Error> {
        self.renewing.abort();
        if self.held.is_ours(folder).await? { folder.delete(NAME).await } else { Ok(()) }
    }
}

impl Held {
    /// # Errors
    /// [`Error::LostLock`] where another run holds it now, or nobody does any more.
    pub(crate) async fn check(&self, folder: &Folder) -> Result<(), Error> {
        if self.lost.load(Ordering::Relaxed) || !self.is_ours(folder).await? {
            return Err(Error::LostLock { url: folder.url.clone() });
        }
        Ok(())
    }

    async fn is_ours(&self, folder: &Folder) -> Result<bool, Error> {
        let held = folder.get(NAME).await?;
        Ok(held.is_some_and(|bytes| holder(&bytes)["run"] == self.run))
    }

    fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }
}

async fn renew(mut folder: Folder, held: Held) {
    let every = folder.waits.renew;
    folder.waits.patience = every;
    for beat in 1.. {
        sleep(every).await;
        match held.is_ours(&folder).await {
            Ok(true) => {
                if let Err(error) = folder.put(NAME, &content(&held.run, beat)).await {
                    tracing::warn!(%error, "the lock could not be renewed");
                }
            }
            Ok(false) => return held.lose(),
            Err(error) => tracing::warn!(%error, "the lock could not be read"),
        }
    }
}

fn holder(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// Waits until it is known whether the holder is dead; false where it has given the lock back.
async fn is_dead(folder: &Folder) -> Result<bool, Error> {
    let Some(first) = folder.get(NAME).await? else { return Ok(false) };
    let held = holder(&first);
    let locked = || Error::Locked {
        url: folder.url.clone(),
        holder: format!("host {}, process {}", held["host"].as_str().unwrap_or("unknown"), held["pid"]),
    };
    if held["host"] == process::host() && held["boot"] == process::boot() {
        let pid = held["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
        let (run, since) = (held["run"].as_str().unwrap_or_default(), held["started"].as_u64().unwrap_or_default());
        return if process::is_alive(run, pid, since) { Err(locked()) } else { Ok(true) };
    }
    tracing::warn!(holder = %held["host"], "the output is locked from another host: waiting for a sign of life");
    let since = Instant::now();
    let dead = folder.waits.dead;
    while since.elapsed() < dead {
        sleep(dead / LOOKS).await;
        match folder.get(NAME).await? {
            None => return Ok(false),
            Some(now) if now != first => return Err(locked()),
            Some(_) => {}
        }
    }
    Ok(true)
}
