//! Subnets and what is made of identities.

use std::{collections::BTreeSet, net::IpAddr};

use super::{Network, Subnet};
use crate::{BridgeConfig, EndpointId, NetworkId};

fn subnet(text: &str) -> Subnet {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_subnet_is_read_by_its_network_part() {
    assert_eq!(subnet("10.98.0.5/24").to_string(), "10.98.0.0/24");
    assert_eq!(subnet("fd00:aa::9/64").to_string(), "fd00:aa::/64");
    assert_eq!(subnet("0.0.0.0/0").to_string(), "0.0.0.0/0");
    for bad in ["", "10.0.0.0", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "nonsense"] {
        let error = bad.parse::<Subnet>().unwrap_err();
        assert_eq!(error, format!("invalid CIDR address: {bad}"));
    }
}

#[test]
fn subnets_of_one_family_overlap_where_one_holds_the_other() {
    let overlaps = |one: &str, other: &str| {
        let (one, other) = (subnet(one), subnet(other));
        assert_eq!(one.overlaps(&other), other.overlaps(&one));
        one.overlaps(&other)
    };
    assert!(overlaps("10.0.0.0/8", "10.1.2.0/24"));
    assert!(!overlaps("10.0.0.0/24", "10.0.1.0/24"));
    assert!(!overlaps("0.0.0.0/0", "fd00::/8"));
    assert!(overlaps("fd00::/8", "fd00:aa::/64"));
}

#[test]
fn the_lowest_free_address_of_the_range_is_given() {
    let taken: BTreeSet<IpAddr> = ["10.0.0.1", "10.0.0.2", "10.0.0.4"].map(address).into();
    let free = |net: &str, range: Option<&str>| {
        let range = range.map(subnet);
        subnet(net).first_free(range.as_ref(), |address| taken.contains(&address))
    };
    assert_eq!(free("10.0.0.0/24", None), Some(address("10.0.0.3")));
    assert_eq!(free("10.0.0.0/24", Some("10.0.0.128/25")), Some(address("10.0.0.128")));
    assert_eq!(free("10.0.0.0/30", None), None, "the last address means all");
    assert_eq!(free("fd00::/64", None), Some(address("fd00::1")));
}

#[test]
fn what_is_always_there_has_the_same_identity_at_each_look() {
    let bridge = BridgeConfig {
        network: NetworkId::from_bytes([7; 32]),
        interface: "sl0".into(),
        subnet: [172, 18, 0, 0].into(),
        prefix_bits: 16,
    };
    let networks = Network::predefined(&bridge);
    assert_eq!(networks, Network::predefined(&bridge));
    let ids: BTreeSet<NetworkId> = networks.iter().map(|network| network.id).collect();
    assert_eq!(ids.len(), 3);
    let names = networks.map(|network| network.name);
    assert_eq!(names, ["bridge", "host", "none"]);
}

#[test]
fn a_run_has_a_place_of_its_own_in_each_network() {
    let run = EndpointId::from_bytes([1; 32]);
    let [one, two] = [2, 3].map(|byte| run.in_network(NetworkId::from_bytes([byte; 32])));
    assert_ne!(one, two);
    assert_ne!(one, run);
}
