//! Names to addresses, of which only those that the guard permits are ever connected to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use imgmeta_record::{Kind, Phase};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::AllowPrivate;
use super::lookups::Lookups;
use super::phase::tell;

/// Why a name leads nowhere.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refused {
    pub(super) kind: Kind,
    message: String,
}

impl Refused {
    pub(super) fn temporary(message: impl Into<String>) -> Self {
        Self { kind: Kind::DnsTemporary, message: message.into() }
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self { kind: Kind::Dns, message: message.into() }
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.kind == Kind::DnsTemporary
    }
}

/// The system's configuration and hosts file, what was looked up before, and the guard.
///
/// Since both ways to a server connect to what this returns and to nothing else, there is no gap between check and connect.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    inner: Result<Arc<TokioResolver>, String>,
    lookups: Arc<Lookups>,
    allow: Arc<AllowPrivate>,
    /// Names that may be private: proxies.
    trusted: Arc<[String]>,
}

/// A lookup is asked again where no answer came in this time: datagrams get lost, above all on the way to a resolver that
/// has too much to do.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 3;

impl Resolver {
    /// Reads the system's configuration. Where that fails, each lookup says so: a list of local files needs none.
    pub(super) fn new(allow: AllowPrivate, trusted: Vec<String>) -> Self {
        let inner = TokioResolver::builder_tokio().and_then(|mut builder| {
            let options = builder.options_mut();
            // Names are remembered here, once for both families.
            options.cache_size = 0;
            options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
            (options.timeout, options.attempts) = (TIMEOUT, ATTEMPTS);
            builder.build()
        });
        let inner = inner.map(Arc::new).map_err(|error| format!("no usable resolver configuration: {error}"));
        Self { inner, lookups: Lookups::new(), allow: Arc::new(allow), trusted: trusted.into() }
    }

    /// The addresses of a name that may be connected to; the port is left open.
    pub(super) async fn addresses(self, host: String) -> Result<Vec<SocketAddr>, Refused> {
        tell(Phase::Resolve);
        let found = self.lookup(host).await?;
        tell(Phase::Connect);
        Ok(found)
    }

    async fn lookup(self, host: String) -> Result<Vec<SocketAddr>, Refused> {
        let resolver = self.inner.map_err(Refused::temporary)?;
        let name = host.clone();
        let ask = async move {
            let found = resolver.lookup_ip(name.as_str()).await.map_err(|error| refused(&name, &error))?;
            Ok((found.iter().collect(), found.valid_until()))
        };
        let all = self.lookups.get(&host, ask).await?;
        if self.trusted.contains(&host) {
            return Ok(all.iter().map(|ip| SocketAddr::new(*ip, 0)).collect());
        }
        permitted(&self.allow, &host, &all)
    }
}

/// The addresses that the guard permits, in order; an error where there is none.
fn permitted(allow: &AllowPrivate, host: &str, all: &[std::net::IpAddr]) -> Result<Vec<SocketAddr>, Refused> {
    let permitted: Vec<_> = all.iter().filter(|ip| allow.permits(**ip)).map(|ip| SocketAddr::new(*ip, 0)).collect();
    if !permitted.is_empty() {
        return Ok(permitted);
    }
    Err(match all.first() {
        Some(ip) => Refused {
            kind: Kind::BlockedAddress,
            message: format!("`{host}` resolves to the private address {ip} (--allow-private would let it through)"),
        },
        None => Refused::missing(format!("`{host}` has no address")),
    })
}

fn refused(host: &str, error: &NetError) -> Refused {
    let kind = match error {
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
        {
            Kind::Dns
        }
        NetError::Dns(DnsError::ResponseCode(ResponseCode::NXDomain)) | NetError::Proto(_) => Kind::Dns,
        _ => Kind::DnsTemporary,
    };
    let message = if kind == Kind::Dns {
        format!("the name `{host}` does not exist")
    } else {
        format!("cannot resolve `{host}`: {error}")
    };
    Refused { kind, message }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str().to_owned()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_public_and_private_addresses_only_the_public_are_tried() {
        let all = ["10.0.0.1", "93.184.216.34", "::1"].map(|ip| ip.parse().unwrap());
        let found = permitted(&AllowPrivate::None, "h", &all).expect("one is public");
        assert_eq!(found, ["93.184.216.34:0".parse().unwrap()]);
    }

    #[test]
    fn a_name_with_only_private_addresses_is_blocked() {
        let error = permitted(&AllowPrivate::None, "h", &["10.0.0.1".parse().unwrap()]).unwrap_err();
        assert_eq!(error.kind, Kind::BlockedAddress);
        assert_eq!(permitted(&AllowPrivate::None, "h", &[]).unwrap_err().kind, Kind::Dns);
    }
}
