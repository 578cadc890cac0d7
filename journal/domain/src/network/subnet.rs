//! An address and how much of it names the network, of either family.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// A network's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subnet {
    /// The first address.
    pub address: IpAddr,
    /// Bits of the network part.
    pub prefix_bits: u8,
}

// === impl Subnet ===

impl Subnet {
    /// Makes the network that an address is in.
    pub fn new(address: IpAddr, prefix_bits: u8) -> Self {
        let whole = Self { address, prefix_bits };
        Self { address: whole.nth(number(address) & !whole.host_mask()), prefix_bits }
    }

    /// Tells whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && number(address) & !self.host_mask() == number(self.address)
    }

    /// Tells whether some address is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }

    /// Gives the first and the last address that a host may have.
    pub fn hosts(&self) -> (IpAddr, IpAddr) {
        let (first, last) = (number(self.address), number(self.address) | self.host_mask());
        match self.address {
            // The last address of a network of IPv4 means all of them.
            IpAddr::V4(_) if last - first > 1 => (self.nth(first + 1), self.nth(last - 1)),
            IpAddr::V4(_) => (self.nth(first), self.nth(last)),
            IpAddr::V6(_) => (self.nth(first.saturating_add(1)), self.nth(last)),
        }
    }

    /// Gives its addresses that `taken` does not know, from the lowest, within `range` if it is given.
    pub fn first_free(
        &self,
        range: Option<&Self>,
        taken: impl Fn(IpAddr) -> bool,
    ) -> Option<IpAddr> {
        let (first, last) = self.hosts();
        let (low, high) = range.map_or((number(first), number(last)), |range| {
            let end = number(range.address) | range.host_mask();
            (number(first).max(number(range.address)), number(last).min(end))
        });
        let mut candidate = low;
        while candidate <= high {
            let address = self.nth(candidate);
            if !taken(address) {
                return Some(address);
            }
            candidate = candidate.checked_add(1)?;
        }
        None
    }

    fn host_mask(&self) -> u128 {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        let hosts = bits - u32::from(self.prefix_bits).min(bits);
        1_u128.checked_shl(hosts).map_or(u128::MAX, |size| size - 1)
    }

    fn nth(&self, number: u128) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).into(),
            IpAddr::V6(_) => Ipv6Addr::from(number).into(),
        }
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

impl FromStr for Subnet {
    type Err = String;

    /// Reads `10.0.0.0/8`; bits beyond the prefix are dropped. The error is Docker's text.
    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("invalid CIDR address: {text}");
        let (address, bits) = text.split_once('/').ok_or_else(invalid)?;
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let bits: u8 = bits.parse().map_err(|_| invalid())?;
        let max = if address.is_ipv4() { 32 } else { 128 };
        if bits > max { Err(invalid()) } else { Ok(Self::new(address, bits)) }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}
