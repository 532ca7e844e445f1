//! Buckets of Google's and containers of Azure's storage. Built by object_store from the usual variables; no test here
//! reaches a real one.

use object_store::ClientConfigKey;
use object_store::azure::{AzureConfigKey, MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey};

use crate::odd_keys::Sifting;
use crate::roots::Roots;
use crate::s3::{TIMEOUT, no_retries};
use crate::{Environment, Error};

/// A bucket of Google Cloud Storage: `GOOGLE_*` variables, else the application default credentials, else the machine's.
pub(crate) fn google(bucket: &str, environment: &Environment, roots: &Roots) -> Result<GoogleCloudStorage, Error> {
    let builder = GoogleCloudStorageBuilder::new().with_client_options(roots.options());
    let builder = builder.with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), TIMEOUT);
    let builder = environment.with_prefix("GOOGLE_").fold(builder, |builder, (name, value)| match name.parse() {
        Ok(key) => builder.with_config(key, value),
        Err(_) => builder,
    });
    builder
        .with_bucket_name(bucket)
        .with_retry(no_retries())
        .with_http_connector(Sifting)
        .build()
        .map_err(|source| Error::Store { url: format!("gs://{bucket}"), source })
}

/// A container of Azure's storage, `az://CONTAINER` or `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net`: `AZURE_*` variables.
pub(crate) fn azure(authority: &str, environment: &Environment, roots: &Roots) -> Result<MicrosoftAzure, Error> {
    let builder = MicrosoftAzureBuilder::new().with_client_options(roots.options());
    let builder = builder.with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), TIMEOUT);
    let builder = environment.with_prefix("AZURE_").fold(builder, |builder, (name, value)| match name.parse() {
        Ok(key) => builder.with_config(key, value),
        Err(_) => builder,
    });
    builder
        .with_url(format!("{authority}/"))
        .with_retry(no_retries())
        .build()
        .map_err(|source| Error::Store { url: authority.into(), source })
}
