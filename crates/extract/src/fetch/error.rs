//! What ends an extractor, as against one image.

/// Why an extractor cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The HTTP client cannot be set up, often for want of root certificates (install `ca-certificates`).
    #[error("cannot set up the HTTP client; are the system's root certificates installed (ca-certificates)?")]
    Client {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
