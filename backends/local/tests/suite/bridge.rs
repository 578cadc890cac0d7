//! The bridge: between containers, to the host, out of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::Ipv4Addr,
    sync::Arc,
};

use backends_core::{
    Backend, EffectError, EndpointWork, Networks, Observation, WireChange, WireWork, Workload,
};
use backends_local::{LocalBackend, choose_bridge};
use journal_domain::{
    AddressPool, BridgeConfig, ContainerSpec, EndpointId, EndpointLease, LeasedAddress, MacAddress,
    Network, NetworkDriver, NetworkId, NetworkLease, NetworkMode, Signal, Subnet,
};

use tokio::time::timeout;

use super::bundle::{Host, PATIENCE, in_own_network, ip, on_a_host};

fn on_the_bridge(host: &Host, bridge: &BridgeConfig, number: u8, cmd: &[&str]) -> Workload {
    let spec = ContainerSpec { network: NetworkMode::Bridge, ..host.spec(cmd) };
    let address = Ipv4Addr::from(u32::from(bridge.subnet) + u32::from(number));
    let lease = EndpointLease {
        endpoint: EndpointId::from_bytes(host.id()),
        network: bridge.network,
        address,
        prefix_bits: bridge.prefix_bits,
        gateway: bridge.gateway(),
        mac: MacAddress::of(address),
    };
    let [network, ..] = Network::predefined(bridge);
    let endpoint = EndpointWork { network: Arc::new(network), lease: lease.into() };
    Workload {
        endpoints: vec![endpoint],
        way_out: Some(lease.endpoint),
        bridge: Some(bridge.clone()),
        ..host.workload(spec)
    }
}

fn address_of(workload: &Workload) -> String {
    workload.endpoints[0].lease.addresses().next().unwrap().to_string()
}

#[test]
fn containers_reach_each_other_and_the_gateway() {
    on_a_host(|mut host| async move {
        let bridge = choose_bridge(host.cluster, None).await.unwrap();
        let server = on_the_bridge(&host, &bridge, 2, &["sleep", "1000"]);
        host.start(&server).await;
        let gateway = bridge.gateway().to_string();
        let server_address = address_of(&server);
        let script = format!(
            "ping -c 1 -W 5 {gateway} >/dev/null && ping -c 1 -W 5 {server_address} >/dev/null && \
             hostname && tail -1 /etc/hosts"
        );
        let client = on_the_bridge(&host, &bridge, 3, &["sh", "-c", &script]);
        let (code, text) = host.run(&client).await;
        let address = address_of(&client);
        let name = &client.hostname;
        assert_eq!((code, text), (0, format!("{name}\n{address}\t{name}\n")));
        host.local().signal(server.run, 1, Signal::KILL).await.unwrap();
        host.exit(server.run).await;
    });
}

#[test]
fn packets_leave_with_the_hosts_address_and_answers_come_back() {
    on_a_host(|mut host| async move {
        // The world outside: a namespace behind a veth pair that knows the host's address and no route to containers.
        let world = World::new().await;
        let bridge = choose_bridge(host.cluster, None).await.unwrap();
        let out = on_the_bridge(
            &host,
            &bridge,
            2,
            &["busybox", "ping", "-c", "1", "-W", "5", "10.9.0.2"],
        );
        let (code, text) = host.run(&out).await;
        assert_eq!(code, 0, "{text}");
        // Even a neighbour who knows the way gets no answer to what no container asked for.
        let server = on_the_bridge(&host, &bridge, 3, &["sleep", "1000"]);
        host.start(&server).await;
        let address = address_of(&server);
        let subnet = format!("{}/{}", bridge.subnet, bridge.prefix_bits);
        assert!(world.run(&["ip", "route", "add", &subnet, "via", "10.9.0.1"]));
        assert!(
            world.run(&["busybox", "ping", "-c", "1", "-W", "5", "10.9.0.1"]),
            "the host answers"
        );
        assert!(!world.run(&["busybox", "ping", "-c", "1", "-W", "1", &address]));
    });
}

#[test]
fn a_run_after_another_has_the_network_again() {
    on_a_host(|mut host| async move {
        let bridge = choose_bridge(host.cluster, None).await.unwrap();
        let gateway = bridge.gateway().to_string();
        let mut again =
            on_the_bridge(&host, &bridge, 2, &["busybox", "ping", "-c", "1", "-W", "5", &gateway]);
        for incarnation in 1..=5 {
            again.run.incarnation = incarnation;
            host.start(&again).await;
            let (code, _) = host.exit(again.run).await;
            assert_eq!(code, 0, "{}", host.text(again.run.container));
        }
    });
}

#[test]
fn a_bridge_that_was_taken_away_is_made_anew() {
    on_a_host(|mut host| async move {
        let bridge = choose_bridge(host.cluster, None).await.unwrap();
        let first = on_the_bridge(&host, &bridge, 2, &["true"]);
        assert_eq!(host.run(&first).await.0, 0);
        delete_link(&bridge.interface).await;
        let lost = on_the_bridge(&host, &bridge, 3, &["true"]);
        host.local().start(&lost).await.unwrap();
        let Observation::StartFailed { error, .. } = host.report().await else { panic!("it ran") };
        assert_eq!(error.exit_code, 128, "{}", error.message);
        let next = on_the_bridge(&host, &bridge, 4, &["true"]);
        assert_eq!(host.run(&next).await.0, 0);
        LocalBackend::tear_down(&host.options).await.unwrap();
        let emptied = async {
            // The kernel takes an interface away some time after the last process of its namespace.
            while links().await.contains("sl") {}
        };
        timeout(PATIENCE, emptied).await.expect("no interface is left");
    });
}

/// A network of a user's, with `options` for its driver.
fn network(subnet: &str, gateway: &str, options: &[(&str, &str)]) -> Network {
    let (address, bits) = subnet.split_once('/').unwrap();
    let pool = AddressPool {
        subnet: Subnet::new(address.parse().unwrap(), bits.parse().unwrap()),
        range: None,
        gateway: gateway.parse().unwrap(),
        reserved: BTreeMap::new(),
        chosen: true,
    };
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Network {
        id: NetworkId::from_bytes([9; 32]),
        name: "shop".to_owned(),
        driver: NetworkDriver::Bridge,
        internal: false,
        attachable: false,
        ipv6: subnet.contains(':'),
        options: options.collect(),
        labels: BTreeMap::new(),
        ipam_options: None,
        pools: vec![pool],
        interface: "br-shop".to_owned(),
    }
}

#[test]
fn of_a_network_that_cannot_be_made_nothing_is_left() {
    on_a_host(|host| async move {
        // IPv6 wants packets of 1280 bytes: the bridge is there by the time that its address is refused.
        let narrow = network("fd00:9::/64", "fd00:9::1", &[(Network::OPTION_MTU, "1000")]);
        let failed = host.local().make_network(&narrow).await;
        assert!(matches!(failed, Err(EffectError::Failed(_))), "{failed:?}");
        assert!(!links().await.contains("br-shop"), "{}", links().await);
        host.local().make_network(&network("10.9.0.0/24", "10.9.0.1", &[])).await.unwrap();
        assert!(links().await.contains("br-shop"));
    });
}

#[test]
fn of_an_interface_that_cannot_come_nothing_is_left_nor_of_one_that_goes() {
    on_a_host(|mut host| async move {
        let shop = Arc::new(network("10.9.0.0/24", "10.9.0.1", &[]));
        host.local().make_network(&shop).await.unwrap();
        let workload = host.script("sleep 1000");
        host.start(&workload).await;
        // The interface is there by the time that the container's file of hosts is to tell of it.
        let run = host.data().join("run").join(workload.run.container.to_string());
        let hosts = run.join(workload.run.incarnation.to_string()).join("files/2");
        let _ = fs::remove_file(&hosts);
        fs::create_dir_all(&hosts).unwrap();
        let address = Ipv4Addr::new(10, 9, 0, 2);
        let lease = NetworkLease {
            endpoint: EndpointId::from_bytes(host.id()),
            network: shop.id,
            number: 1,
            mac: Some(MacAddress::of(address)),
            ipv4: Some(LeasedAddress { address: address.into(), prefix_bits: 24, gateway: None }),
            ipv6: None,
        };
        let endpoint = EndpointWork { network: shop, lease };
        let work = WireWork {
            run: workload.run,
            hostname: workload.hostname.clone(),
            change: WireChange::Come(endpoint.clone()),
            staying: vec![endpoint.clone()],
            way_out: None,
        };
        let names = |text: String| -> BTreeSet<String> {
            text.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
        };
        let before = names(links().await);
        let failed = host.local().wire(&work).await;
        assert!(matches!(failed, Err(EffectError::Failed(_))), "{failed:?}");
        assert_eq!(names(links().await), before);
        // One that has gone is told to have, whatever became of the file.
        fs::remove_dir(&hosts).unwrap();
        fs::write(&hosts, "").unwrap();
        host.local().wire(&work).await.unwrap();
        assert_ne!(names(links().await), before);
        fs::remove_file(&hosts).unwrap();
        fs::create_dir(&hosts).unwrap();
        let change = WireChange::Go(endpoint);
        host.local().wire(&WireWork { change, staying: Vec::new(), ..work }).await.unwrap();
        assert_eq!(names(links().await), before);
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        host.exit(workload.run).await;
    });
}

#[test]
fn clusters_choose_networks_that_do_not_overlap_and_keep_them() {
    in_own_network(|| async {
        run_ip(&["link", "add", "host0", "type", "bridge"]).await;
        run_ip(&["address", "add", "172.17.3.4/24", "dev", "host0"]).await;
        run_ip(&["link", "set", "host0", "up"]).await;
        let (one, other) = tokio::join!(choose_bridge([1; 16], None), choose_bridge([2; 16], None));
        let (one, other) = (one.unwrap(), other.unwrap());
        let mut subnets = [one.subnet.to_string(), other.subnet.to_string()];
        subnets.sort();
        assert_eq!(subnets, ["172.18.0.0", "172.19.0.0"]);
        assert_eq!(choose_bridge([1; 16], None).await.unwrap(), one);
        assert_ne!(one.network, other.network);
        assert_eq!(one.interface, "sl0101010101010");
    });
}

/// A namespace that stands for the world outside.
struct World {
    process: std::process::Child,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "tests may run tools")]
    async fn new() -> Self {
        let world = tokio::task::spawn_blocking(|| {
            let process = std::process::Command::new("unshare")
                .args(["--net", "sh", "-c", "ip link set lo up; echo; exec sleep 1000"])
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut world = Self { process };
            let mut ready = [0];
            let stdout = world.process.stdout.as_mut().unwrap();
            std::io::Read::read_exact(stdout, &mut ready).unwrap();
            let pid = world.process.id().to_string();
            ip(&["link", "add", "up0", "type", "veth", "peer", "name", "up1", "netns", &pid]);
            ip(&["address", "add", "10.9.0.1/24", "dev", "up0"]);
            ip(&["link", "set", "up0", "up"]);
            assert!(world.run(&["ip", "address", "add", "10.9.0.2/24", "dev", "up1"]));
            assert!(world.run(&["ip", "link", "set", "up1", "up"]));
            world
        });
        world.await.unwrap()
    }

    /// Runs a command out there; tells whether it succeeded.
    #[expect(clippy::disallowed_methods, reason = "tests may run tools")]
    fn run(&self, command: &[&str]) -> bool {
        let net = format!("--net=/proc/{}/ns/net", self.process.id());
        let output = std::process::Command::new("nsenter").arg(net).args(command).output().unwrap();
        output.status.success()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn run_ip(arguments: &'static [&'static str]) {
    tokio::task::spawn_blocking(move || ip(arguments)).await.unwrap();
}

async fn delete_link(name: &str) {
    let name = name.to_owned();
    tokio::task::spawn_blocking(move || ip(&["link", "del", &name])).await.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "tests may run tools")]
async fn links() -> String {
    let listed = tokio::task::spawn_blocking(|| {
        std::process::Command::new("ip").args(["-brief", "link"]).output().unwrap()
    });
    String::from_utf8(listed.await.unwrap().stdout).unwrap()
}
