//! Networks, in a namespace the tests make.

use std::process::Command;

use sandbox_shim::{Endpoint, InterfaceAddress, MacAddress, Network, Peer};

use crate::harness::{command, shell};

/// A bridge with an address, gone when the test ends.
struct Bridge(String);

impl Bridge {
    fn new(name: &str, address: &str) -> Self {
        ip(&["link", "add", name, "type", "bridge"]);
        ip(&["addr", "add", address, "dev", name]);
        ip(&["link", "set", name, "up"]);
        Self(name.to_owned())
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        ip(&["link", "del", &self.0]);
    }
}

#[expect(clippy::disallowed_methods, reason = "the test makes its own bridge")]
fn ip(arguments: &[&str]) -> String {
    let output = Command::new("/bin/busybox").arg("ip").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn endpoint(bridge: &str, host_interface: &str, address: &str) -> Endpoint {
    Endpoint {
        bridge: bridge.to_owned(),
        host_interface: host_interface.to_owned(),
        container_interface: "eth0".to_owned(),
        mac: MacAddress::new([2, 0x42, 10, 99, 0, 2]),
        mtu_bytes: Some(1400),
        addresses: vec![InterfaceAddress { address: address.parse().unwrap(), prefix_len: 24 }],
        gateway: Some("10.99.0.1".parse().unwrap()),
        gateway_v6: None,
        isolated: false,
    }
}

#[test]
fn without_a_network_there_is_only_lo_and_it_is_up() {
    let out = shell(
        "ls /sys/class/net; ping -c 1 -W 2 127.0.0.1 | grep -c '1 packets received'; ip route",
    )
    .stdout();
    assert_eq!(out, "lo\n1\n");
}

#[test]
fn the_hosts_network_can_be_shared() {
    let out =
        command(&["readlink", "/proc/self/ns/net"]).with(|c| c.network = Network::Host).stdout();
    assert_eq!(out.trim(), std::fs::read_link("/proc/self/ns/net").unwrap().to_str().unwrap());
}

#[test]
fn another_containers_network_can_be_joined() {
    let first = command(&["sleep", "1000"]).start();
    let peer = Peer { pid: first.start.pid, shim_pid: first.start.shim_pid };
    let inside = first.exec_shell("readlink /proc/self/ns/net");
    let joined =
        command(&["readlink", "/proc/self/ns/net"]).with(|c| c.network = Network::Join { peer });
    assert_eq!(joined.stdout(), inside);
}

#[test]
fn on_a_bridge_the_gateway_answers() {
    let _bridge = Bridge::new("sltest0", "10.99.0.1/24");
    let script = "ip -o addr show eth0 | grep -o 'inet [0-9./]* brd [0-9.]*'; ip route; cat /sys/class/net/eth0/address /sys/class/net/eth0/mtu; \
                  ping -c 1 -W 5 10.99.0.1 | grep -c '1 packets received'";
    let endpoints = vec![endpoint("sltest0", "slv0", "10.99.0.2")];
    let out = shell(script).with(|config| config.network = Network::Bridge { endpoints }).stdout();
    assert_eq!(
        out,
        "inet 10.99.0.2/24 brd 10.99.0.255\ndefault via 10.99.0.1 dev eth0 \n10.99.0.0/24 dev eth0 scope link  src 10.99.0.2 \n02:42:0a:63:00:02\n1400\n1\n"
    );
}

#[test]
fn a_bridge_that_is_not_there_fails_the_start() {
    let endpoints = vec![endpoint("nosuchbridge", "slv9", "10.99.0.2")];
    let setup = command(&["true"]).with(|config| config.network = Network::Bridge { endpoints });
    let failure = setup.try_start().err().unwrap();
    assert!(failure.reason.starts_with("finding bridge nosuchbridge: "), "{}", failure.reason);
}
