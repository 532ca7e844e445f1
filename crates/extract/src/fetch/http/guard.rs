//! The address guard: which addresses a URL of a list may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// Which private addresses may be fetched from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowPrivate {
    /// None: the default.
    #[default]
    None,
    /// All.
    All,
    /// Those in these networks.
    Networks(Vec<IpNet>),
}

impl FromStr for AllowPrivate {
    type Err = String;

    /// `CIDR,CIDR`; an address stands for itself alone; empty or `all` is all.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text == "all" {
            return Ok(Self::All);
        }
        text.split(',').map(network).collect::<Result<_, _>>().map(Self::Networks)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| format!("`{text}` is not a network such as 10.0.0.0/8 or fd00::/8"))
}

impl AllowPrivate {
    /// Whether an address may be connected to.
    ///
    /// ```
    /// use imgmeta_extract::AllowPrivate;
    /// let lan: AllowPrivate = "10.0.0.0/8".parse().unwrap();
    /// assert!(lan.permits("10.1.2.3".parse().unwrap()));
    /// assert!(!lan.permits("127.0.0.1".parse().unwrap()));
    /// assert!(lan.permits("93.184.216.34".parse().unwrap()));
    /// ```
    pub fn permits(&self, address: IpAddr) -> bool {
        // An IPv4 address in an IPv6 one is judged as what it leads to.
        let address = embedded(address);
        public(address)
            || match self {
                Self::None => false,
                Self::All => true,
                Self::Networks(networks) => networks.iter().any(|network| network.contains(&address)),
            }
    }
}

/// The IPv4 address in a mapped, compatible, translated (RFC 7915), NAT64 (RFC 6052) or 6to4 (RFC 3056) one.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let words = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match words {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] if (high, low) != (0, 0) && (high, low) != (0, 1) => v4(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        _ => address,
    }
}

fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => public_v6(address),
    }
}

/// IANA's special-purpose registry: what is not globally reachable, but for documentation networks.
fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a >= 224 // multicast, reserved, broadcast
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local() // with 169.254.169.254, the metadata service
        || (a == 100 && (64..128).contains(&b)) // shared, RFC 6598
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))) // benchmarks, RFC 2544
}

fn public_v6(address: Ipv6Addr) -> bool {
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unique_local() // with fd00:ec2::254, the metadata service
        || address.is_unicast_link_local()
        || matches!(
            address.segments(),
            [0xfec0..=0xfeff, ..] // site-local, deprecated
                | [0x64, 0xff9b, 1, ..] // NAT64 of a network's own, RFC 8215
                | [0x100, 0, 0, 0, ..] // discarded, RFC 6666
                | [0x2001, 0, ..] // Teredo, RFC 4380
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_addresses_are_forbidden_in_every_spelling() {
        for text in [
            "127.0.0.1",
            "127.255.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "::ffff:0:127.0.0.1",
            "100::1",
            "2001:0:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
        ] {
            assert!(!AllowPrivate::None.permits(text.parse().unwrap()), "{text}");
            assert!(AllowPrivate::All.permits(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for text in ["93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8", "11.0.0.1"] {
            assert!(AllowPrivate::None.permits(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn one_network_lets_through_only_itself() {
        let one: AllowPrivate = "127.0.0.1/32,fd00::/8".parse().unwrap();
        assert!(one.permits("127.0.0.1".parse().unwrap()) && one.permits("::ffff:127.0.0.1".parse().unwrap()));
        assert!(one.permits("fd12::1".parse().unwrap()) && !one.permits("127.0.0.2".parse().unwrap()));
        assert!("127.0.0.1/99".parse::<AllowPrivate>().is_err());
        assert_eq!("".parse(), Ok(AllowPrivate::All));
    }
}
