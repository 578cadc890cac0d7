//! Address arithmetic.

use std::net::Ipv4Addr;

use super::{BridgeConfig, MacAddress};
use crate::NetworkId;

#[test]
fn gateway_and_pool_leave_out_network_and_broadcast() {
    let bridge = BridgeConfig {
        network: NetworkId::from_bytes([0; 32]),
        interface: "sl0".into(),
        subnet: Ipv4Addr::new(172, 18, 0, 0),
        prefix_bits: 16,
    };
    assert_eq!(bridge.gateway(), Ipv4Addr::new(172, 18, 0, 1));
    assert_eq!(bridge.pool(), (Ipv4Addr::new(172, 18, 0, 2), Ipv4Addr::new(172, 18, 255, 254)));
}

#[test]
fn a_hardware_address_tells_the_ip_address() {
    assert_eq!(MacAddress::of(Ipv4Addr::new(172, 17, 0, 2)).to_string(), "02:42:ac:11:00:02");
}
