//! The HTTP client of an extractor.

use std::time::Duration;

use reqwest::{Certificate, redirect};

use super::guard::AllowPrivate;
use super::hosts::Hosts;
use super::phase::TellConnect;
use super::proxies::{self, trusted};
use super::resolver::Resolver;
use super::robots::Rules;
use super::wire::Wires;
use crate::fetch::Options;
use crate::fetch::budget::Budget;

/// Two ways to ask servers, our resolver, guard and redirects, and what is remembered of hosts.
#[derive(Debug)]
pub(crate) struct Client {
    /// For TLS, HTTP/2 and proxies.
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
    pub(crate) fn new(options: &Options) -> Result<Self, reqwest::Error> {
        let (allow, proxies) = (options.allow_private.clone(), trusted(&options.proxy));
        let resolver = Resolver::new(allow.clone(), proxies.clone());
        let mut builder = reqwest::Client::builder()
            .dns_resolver(resolver.clone())
            .connector_layer(TellConnect)
            .connect_timeout(options.connect_timeout)
            .redirect(redirect::Policy::none())
            .user_agent(&options.user_agent)
            .pool_max_idle_per_host(options.per_host.get())
            .pool_idle_timeout(Duration::from_secs(30));
        builder = proxies::set(builder, &options.proxy)?;
        if let Some(ca) = &options.ca {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(ca)?);
        }
        Ok(Self {
            http: builder.build()?,
            wires: Wires::new(options, resolver),
            allow,
            proxies,
            hosts: Hosts::default(),
            robots: options.robots.clone().map(|robots| Rules::new(robots, &options.user_agent)),
            budget: Budget::new(options.memory, options.max_bytes),
            options: options.clone(),
        })
    }
}
