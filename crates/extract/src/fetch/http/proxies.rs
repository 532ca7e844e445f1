//! Proxies, as users of curl know them.

use reqwest::ClientBuilder;

use crate::Proxy;

/// Tells the client through whom requests go.
pub(super) fn set(builder: ClientBuilder, proxy: &Proxy) -> Result<ClientBuilder, reqwest::Error> {
    Ok(match proxy {
        Proxy::Environment { .. } => builder,
        Proxy::Url(url) => builder.no_proxy().proxy(reqwest::Proxy::all(url.clone())?),
        Proxy::None => builder.no_proxy(),
    })
}

/// Names of proxies: whoever runs this program trusts them, wherever they are.
pub(super) fn trusted(proxy: &Proxy) -> Vec<String> {
    match proxy {
        Proxy::Environment { hosts } => hosts.clone(),
        Proxy::Url(url) => url.domain().map(ToOwned::to_owned).into_iter().collect(),
        Proxy::None => Vec::new(),
    }
}
