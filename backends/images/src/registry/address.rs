//! Which addresses a registry may lead to.
//!
//! Whoever writes to a registry chooses where it redirects to, and where its tokens are fetched. The cloud's metadata
//! service must not be among that, nor may a registry on the open network lead into the private one. The registry
//! itself is named by the user, and may be anywhere but at a metadata service. So may whatever else a user names that this
//! host sends to, such as a receiver of output.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// How far inside an address is. What is further out may not lead to what is further in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The open network.
    Public,
    /// A private network.
    Private,
    /// This host.
    Loopback,
}

/// Addresses outside of the link-local blocks at which clouds answer with credentials: Azure's, Alibaba's, Oracle's.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// The same in version 6: those of Amazon and of Google.
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

impl Reach {
    /// Tells how far inside an address is; `None` where nothing may lead, not even a user.
    pub fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(inner) => of_v4(inner),
                None => of_v6(address),
            },
        }
    }

    /// Tells whether a host is an address where nothing may lead, however that is spelled. What a name stands for shows when
    /// it is looked up.
    pub fn is_denied(host: &str) -> bool {
        let url = Url::parse(&format!("http://{host}/")).ok();
        let literal = url.as_ref().and_then(Url::host_str);
        let literal = literal.map(|host| host.trim_start_matches('[').trim_end_matches(']'));
        let address = literal.and_then(|host| host.parse().ok());
        address.is_some_and(|address| Self::of(address).is_none())
    }
}

fn of_v4(address: Ipv4Addr) -> Option<Reach> {
    let [a, b, ..] = address.octets();
    if address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || METADATA_V4.contains(&address)
    {
        return None;
    }
    Some(match (a, b) {
        // The kernel takes 0.0.0.0 for this host.
        (0 | 127, _) => Reach::Loopback,
        (10, _) | (172, 16..=31) | (192, 168) | (100, 64..=127) | (198, 18..=19) => Reach::Private,
        (192, 0) if address.octets()[2] == 0 => Reach::Private,
        (240..=255, _) => return None,
        _ => Reach::Public,
    })
}

fn of_v6(address: Ipv6Addr) -> Option<Reach> {
    if address.is_unicast_link_local() || address.is_multicast() || METADATA_V6.contains(&address) {
        return None;
    }
    let first = address.segments()[0];
    Some(match first {
        _ if address.is_loopback() || address.is_unspecified() => Reach::Loopback,
        // Unique local, and what was site-local once.
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Reach::Private,
        _ => Reach::Public,
    })
}

/// Gives the version 4 address that packets to this one end at: mapped, compatible, NAT64, 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(v4(high, low)),
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
