//! Choosing a network. The bridge itself is tried in `tests/bridge.rs`.

use std::net::Ipv4Addr;

use super::choose::{Subnet, first_free};

fn subnet(text: &str) -> Subnet {
    let (address, bits) = text.split_once('/').unwrap();
    Subnet { address: address.parse().unwrap(), prefix_bits: bits.parse().unwrap() }
}

fn chosen(taken: &[&str]) -> Option<String> {
    let taken: Vec<Subnet> = taken.iter().map(|text| subnet(text)).collect();
    first_free(&taken).map(|free| format!("{}/{}", free.address, free.prefix_bits))
}

#[test]
fn the_first_network_that_overlaps_nothing_is_chosen() {
    assert_eq!(chosen(&[]).unwrap(), "172.17.0.0/16");
    assert_eq!(chosen(&["172.17.9.0/24", "10.0.0.0/8"]).unwrap(), "172.18.0.0/16");
    assert_eq!(chosen(&["172.17.0.1/32", "172.18.255.255/32"]).unwrap(), "172.19.0.0/16");
    assert_eq!(chosen(&["172.16.0.0/12"]).unwrap(), "192.168.0.0/20");
    assert_eq!(chosen(&["172.16.0.0/12", "192.168.1.0/24"]).unwrap(), "192.168.16.0/20");
    assert_eq!(chosen(&["172.16.0.0/12", "192.168.0.0/16"]), None);
}

#[test]
fn prefixes_of_any_length_are_compared() {
    assert_eq!(chosen(&["128.0.0.0/1"]), None, "a route that covers all candidates leaves none");
    assert_eq!(chosen(&["0.0.0.0/1"]).unwrap(), "172.17.0.0/16");
    assert_eq!(subnet("172.17.0.1/16").address, Ipv4Addr::new(172, 17, 0, 1));
}
