//! Whether a cluster answers at all.

use std::time::Duration;

use object_store::ObjectStoreExt;
use tokio::time::timeout;

use crate::{Error, Fault, Place, Scheme, fault};

/// How long a cluster that is met for the first time may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl Place {
    /// Asks a cluster for something small. Its client is patient, as it should be once a run is under way; before that,
    /// a typing error is likelier than an outage.
    ///
    /// # Errors
    /// [`Error::Unreachable`] where nobody answers. Any answer will do: what it says is found out by who needs it.
    pub async fn reach(&self) -> Result<(), Error> {
        if self.scheme() != Scheme::Hdfs {
            return Ok(());
        }
        match timeout(PATIENCE, self.store().head(self.key())).await {
            Ok(Err(error)) if fault(&error) != Fault::Unreachable => Ok(()),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Error::Unreachable { url: self.url().into() }),
        }
    }
}
