//! Networks, and containers' places in them.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use journal_domain::*;

use super::{container, nameless, spec, text};

fn id() -> NetworkId {
    NetworkId::from_bytes([0xb2; 32])
}

fn endpoint() -> EndpointId {
    EndpointId::from_bytes([0xe3; 32])
}

fn subnet(text: &str) -> Subnet {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn pairs() -> BTreeMap<String, String> {
    BTreeMap::from([(text("k"), text("v"))])
}

fn network() -> Network {
    let reserved = BTreeMap::from([(text("router"), address("10.9.0.254"))]);
    Network {
        id: id(),
        name: text("back"),
        driver: NetworkDriver::Bridge,
        internal: true,
        attachable: true,
        ipv6: true,
        options: pairs(),
        labels: pairs(),
        ipam_options: Some(pairs()),
        pools: vec![
            AddressPool {
                subnet: subnet("10.9.0.0/24"),
                range: Some(subnet("10.9.0.128/25")),
                gateway: address("10.9.0.1"),
                reserved,
                chosen: true,
            },
            AddressPool {
                subnet: subnet("fd00:9::/64"),
                range: None,
                gateway: address("fd00:9::1"),
                reserved: BTreeMap::new(),
                chosen: false,
            },
        ],
        interface: text("br-b2b2b2b2b2b2"),
    }
}

fn network_request() -> NetworkRequest {
    NetworkRequest {
        name: text("back"),
        driver: text("bridge"),
        internal: true,
        attachable: true,
        ipv6: true,
        options: pairs(),
        labels: pairs(),
        ipam_options: Some(pairs()),
        pools: vec![PoolRequest {
            subnet: subnet("10.9.0.0/24"),
            range: Some(subnet("10.9.0.128/25")),
            gateway: Some(address("10.9.0.1")),
            reserved: BTreeMap::from([(text("router"), address("10.9.0.254"))]),
        }],
    }
}

fn endpoint_request() -> EndpointRequest {
    EndpointRequest {
        network: text("back"),
        aliases: vec![text("db")],
        links: vec![text("web:w")],
        ipv4: Some([10, 9, 0, 130].into()),
        ipv6: Some("fd00:9::5".parse().unwrap()),
        mac: Some(MacAddress([2, 0, 0, 0, 0, 9])),
        driver_options: pairs(),
    }
}

fn lease() -> NetworkLease {
    let leased = |text: &str, prefix_bits, gateway: &str| LeasedAddress {
        address: address(text),
        prefix_bits,
        gateway: Some(address(gateway)),
    };
    NetworkLease {
        endpoint: endpoint(),
        network: id(),
        number: 1,
        mac: Some(MacAddress([2, 0, 0, 0, 0, 9])),
        ipv4: Some(leased("10.9.0.130", 24, "10.9.0.1")),
        ipv6: Some(leased("fd00:9::5", 64, "fd00:9::1")),
    }
}

fn networking() -> Networking {
    Networking {
        mode: text("back"),
        endpoints: vec![endpoint_request()],
        links: vec![text("web:w")],
    }
}

fn configured(configuration: ConfigurationRequest) -> NetworkCommand {
    let create = CreateNetwork { id: id(), request: network_request().into(), reached: vec![] };
    CreateConfiguredNetwork { create, configuration }.into()
}

pub(super) fn commands() -> Vec<Command> {
    let spec = Box::new(ContainerSpec { network: NetworkMode::User, ..spec() });
    let create = CreateContainer { name_seed: 8, spec, ..nameless(None) };
    let options = vec![ContainerOption::Networking(networking())];
    let commands: Vec<NetworkCommand> = vec![
        CreateNetwork {
            id: id(),
            request: network_request().into(),
            reached: vec![subnet("172.17.0.0/16")],
        }
        .into(),
        RemoveNetwork { target: text("back") }.into(),
        ConnectContainer {
            network: text("back"),
            container: text("web"),
            endpoint: endpoint(),
            request: endpoint_request().into(),
        }
        .into(),
        DisconnectContainer { network: text("back"), container: text("web"), force: true }.into(),
        ObserveNetworkMade { id: id(), error: text("no bridges here") }.into(),
        ObserveNetworkRemoved { id: id() }.into(),
        ObserveWired {
            container: container(),
            incarnation: 2,
            endpoints: vec![endpoint()],
            error: text("late"),
        }
        .into(),
        RecordNetworkPrune { networks: 3 }.into(),
        configured(ConfigurationRequest::Only),
        configured(ConfigurationRequest::From(text("config"))),
    ];
    let container = ContainerCommand::from(CreateContainerWith { create, options });
    commands.into_iter().map(Command::from).chain([container.into()]).collect()
}

pub(super) fn events() -> Vec<Event> {
    let spec = ContainerSpec { network: NetworkMode::Container, ..spec() };
    let options = vec![ContainerOption::Networking(networking())];
    vec![
        NetworkCreated { network: Arc::new(network()) }.into(),
        NetworkMade { id: id() }.into(),
        NetworkFailed { id: id(), reason: text("no bridges here") }.into(),
        NetworkRemovalRequested { id: id() }.into(),
        NetworkRemoved { id: id() }.into(),
        NetworksPruned { networks: 3 }.into(),
        EndpointsLeased { container: container(), incarnation: 2, leases: vec![lease()] }.into(),
        ContainerConnected {
            container: container(),
            request: Arc::new(endpoint_request()),
            lease: Some(lease()),
        }
        .into(),
        LeaveRequested { container: container(), network: text("back") }.into(),
        ContainerDisconnected { container: container(), network: text("back") }.into(),
        ContainerWired {
            container: container(),
            endpoints: vec![endpoint()],
            error: String::new(),
        }
        .into(),
        ConfiguredNetworkCreated {
            network: Arc::new(network()),
            configuration: NetworkConfiguration::Only { pools: network_request().pools },
        }
        .into(),
        ConfiguredNetworkCreated {
            network: Arc::new(network()),
            configuration: NetworkConfiguration::From { network: text("config") },
        }
        .into(),
        ContainerCreated { id: container(), name: "web".parse().unwrap(), spec: spec.into() }
            .into(),
        ContainerOptionsSet { id: container(), options }.into(),
    ]
}
