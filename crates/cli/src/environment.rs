//! What this program takes from the variables of its process.

use std::ffi::OsString;

use anyhow::Context;
use imgmeta_extract::Proxy;
use imgmeta_storage::{Environment, Stores};
use url::Url;

use crate::args::FetchArgs;

/// Stores that are configured by the variables of this process and by flags. A variable that is not UTF-8 is left out.
///
/// # Errors
/// Where a flag says what cannot be used.
pub(crate) fn stores(flags: &FetchArgs) -> anyhow::Result<Stores> {
    let mut stores = stores_alone();
    if let Some(pem) = flags.ca() {
        stores = stores.with_roots(&pem).context("cannot use --ca-file")?;
    }
    for store in &flags.allow_store {
        stores.allow(store).context("cannot use --allow-store")?;
    }
    Ok(stores)
}

/// Stores that are configured by the variables of this process alone.
pub(crate) fn stores_alone() -> Stores {
    Stores::new(texts(std::env::vars_os()).collect::<Environment>())
}

/// The names of the proxies that these variables name.
pub(crate) fn proxies(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<String> {
    let named = texts(variables).filter(|(name, _)| Proxy::VARIABLES.contains(&name.as_str()));
    named.filter_map(|(_, value)| host(&value)).collect()
}

fn texts(variables: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (String, String)> {
    variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// With or without its scheme.
fn host(proxy: &str) -> Option<String> {
    let url = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    Url::parse(&url).ok()?.domain().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_name_however_it_is_written() {
        for (value, name) in [
            ("http://user:secret@proxy.corp:3128", Some("proxy.corp")),
            ("proxy.corp:3128", Some("proxy.corp")),
            ("Proxy.Corp", Some("proxy.corp")),
            ("http://10.0.0.1:3128", None),
            ("", None),
        ] {
            assert_eq!(host(value).as_deref(), name, "{value}");
        }
        let variables = [("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "q"), ("PROXY", "http://r:1")];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        assert_eq!(proxies(variables.into_iter()), ["p"]);
    }
}
