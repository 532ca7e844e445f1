//! How servers prove who they are: the system's roots, and those that the user adds.

use std::error::Error;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CipherSuite, ClientConfig};
use rustls_platform_verifier::Verifier;

/// What servers are offered, the one they should take first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];

/// HTTP/2 over TLS, as servers and clients agree on it (RFC 9113, 3.2).
pub(super) const HTTP_2: &[u8] = b"h2";

/// TLS 1.2 and 1.3, with the system's roots and these, in PEM.
pub(super) fn config(roots: Option<&[u8]>) -> Result<ClientConfig, Box<dyn Error + Send + Sync>> {
    let mut provider = default_provider();
    // As browsers have it. SHA-256 is in hardware, and SHA-384 is not: it takes a tenth of a handshake.
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    let provider = Arc::new(provider);
    let roots: Vec<_> = CertificateDer::pem_slice_iter(roots.unwrap_or_default()).collect::<Result<_, _>>()?;
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // which any verifier counts as but rustls's own
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}
