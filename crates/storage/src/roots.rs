//! Certificates that are trusted beside the system's.

use std::sync::Arc;

use object_store::{Certificate, ClientOptions};

use crate::Error;

/// None by default. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roots(Arc<[Certificate]>);

impl Roots {
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self(Certificate::from_pem_bundle(pem).map_err(|source| Error::Roots { source })?.into()))
    }

    /// The options of a client that trusts them.
    pub(crate) fn options(&self) -> ClientOptions {
        self.0.iter().fold(ClientOptions::new(), |options, root| options.with_root_certificate(root.clone()))
    }
}
