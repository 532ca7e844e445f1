//! The HTTP client of an extractor.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect;

use super::guard::AllowPrivate;
use super::hosts::Hosts;
use super::phase::TellConnect;
use super::proxies::{self, trusted};
use super::resolver::Resolver;
use super::robots::Rules;
use super::tls;
use super::wire::Wires;
use crate::fetch::Options;
use crate::fetch::budget::Budget;

/// Two ways to ask servers, our resolver, guard and redirects, and what is remembered of hosts.
#[derive(Debug)]
pub(crate) struct Client {
    /// For proxies, and users with passwords.
    pub(super) http: reqwest::Client,
    /// For all else.
    pub(super) wires: Option<Wires>,
    pub(super) allow: AllowPrivate,
    /// Names of proxies: they may be private, and no row may name them.
    pub(super) proxies: Vec<String>,
    pub(super) hosts: Hosts,
    pub(super) robots: Option<Rules>,
    pub(crate) budget: Budget,
    pub(super) options: Options,
}

impl Client {
    /// Sets the client up. Nothing is connected.
    pub(crate) fn new(options: &Options) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let (allow, proxies) = (options.allow_private.clone(), trusted(&options.proxy));
        let resolver = Resolver::new(allow.clone(), proxies.clone());
        let tls = tls::config(options.ca.as_deref())?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(resolver.clone())
            .connector_layer(TellConnect)
            .connect_timeout(options.connect_timeout)
            .redirect(redirect::Policy::none())
            .user_agent(&options.user_agent)
            .pool_max_idle_per_host(options.per_host.get())
            .pool_idle_timeout(Duration::from_secs(30));
        Ok(Self {
            http: proxies::set(builder, &options.proxy)?.build()?,
            wires: Wires::new(options, resolver, Arc::new(tls)),
            allow,
            proxies,
            hosts: Hosts::default(),
            robots: options.robots.clone().map(|robots| Rules::new(robots, &options.user_agent)),
            budget: Budget::new(options.memory, options.max_bytes),
            options: options.clone(),
        })
    }
}
