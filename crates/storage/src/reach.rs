//! Whether a cluster answers at all.

use std::time::Duration;

use object_store::ObjectStoreExt;
use tokio::time::{sleep, timeout};

use crate::hdfs::hangs_up;
use crate::{Error, Fault, Place, Scheme, fault};

/// How long a cluster that is met for the first time may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how long it is asked whether it ends connections, and how long after that once more.
const DOUBT: Duration = Duration::from_secs(1);

impl Place {
    /// Asks a cluster for something small. Its client is patient, as it should be once a run is under way; before that,
    /// a typing error is likelier than an outage.
    ///
    /// # Errors
    /// [`Error::Unreachable`] where nobody answers, [`Error::HangsUp`] where connections are taken and ended, and
    /// [`Error::Login`] where it does not know us. Any other answer will do: what it says is found out by who needs it.
    pub async fn reach(&self) -> Result<(), Error> {
        if self.scheme() != Scheme::Hdfs {
            return Ok(());
        }
        let url = || self.url().to_owned();
        let answer = tokio::select! {
            answer = timeout(PATIENCE, self.store().head(self.key())) => answer,
            () = hangs_up_again(self.authority()) => return Err(Error::HangsUp { url: url() }),
        };
        match answer {
            Ok(Err(object_store::Error::Unauthenticated { source, .. })) => {
                Err(Error::Login { url: url(), why: source.to_string() })
            }
            Ok(Err(error)) if fault(&error) == Fault::Unreachable => Err(Error::Unreachable { url: url() }),
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Unreachable { url: url() }),
        }
    }
}

/// Ends when a cluster has ended two connections, and never otherwise: one that is being started anew may end one.
async fn hangs_up_again(authority: &str) {
    for _ in 0..2 {
        sleep(DOUBT).await;
        if !hangs_up(authority).await {
            std::future::pending::<()>().await;
        }
    }
}
