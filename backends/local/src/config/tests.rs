//! From a specification to what a shim is told.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use backends_core::{EndpointWork, ExecWorkload, RunId, Workload};
use journal_domain::{
    BridgeConfig, ContainerId, ContainerOptions, ContainerSpec, EndpointId, EndpointLease, ExecId,
    ExecSpec, MacAddress, NetworkId, NetworkMode, PidsLimit, Runtime, TerminalSize, Ulimit,
};
use sandbox_shim::{
    Capabilities, Cgroups, ContainerConfig, ExecStdio, Network, Rootfs, Seccomp,
    TerminalSize as ShimSize,
};

use super::{HostFiles, Mtus, Place, container, exec};
use crate::layout::Layout;

const HOST_RESOLVER: &str = "# a comment\nnameserver 127.0.0.53\nnameserver 10.0.0.2\n\
    nameserver fd00::2\nsearch example.com corp\noptions edns0\n";

fn spec() -> ContainerSpec {
    ContainerSpec { cmd: Some(vec!["true".into()]), ..ContainerSpec::default() }
}

fn workload(spec: ContainerSpec) -> Workload {
    let network = NetworkId::from_bytes([1; 32]);
    let address = Ipv4Addr::new(172, 17, 0, 5);
    let (prefix_bits, gateway) = (16, Ipv4Addr::new(172, 17, 0, 1));
    let lease = EndpointLease {
        endpoint: EndpointId::from_bytes([2; 32]),
        network,
        address,
        prefix_bits,
        gateway,
        mac: MacAddress::of(address),
    };
    let bridge = BridgeConfig {
        network,
        interface: "sl0011".into(),
        subnet: Ipv4Addr::new(172, 17, 0, 0),
        prefix_bits,
    };
    let [default, ..] = journal_domain::Network::predefined(&bridge);
    Workload {
        run: RunId { container: ContainerId::from_bytes([0xab; 32]), incarnation: 3 },
        name: "web".into(),
        hostname: "abababababab".into(),
        spec: Arc::new(spec),
        options: None,
        endpoints: vec![EndpointWork { network: Arc::new(default), lease: lease.into() }],
        way_out: Some(lease.endpoint),
        links: Vec::new(),
        bridge: Some(bridge),
        peers: BTreeMap::new(),
        size: None,
    }
}

fn host_files() -> HostFiles {
    HostFiles {
        hosts: "127.0.0.1 host\n".into(),
        resolver: HOST_RESOLVER.into(),
        upstream_resolver: HOST_RESOLVER.into(),
        hostname: "the-host".into(),
    }
}

fn try_config(spec: ContainerSpec) -> Result<ContainerConfig, String> {
    config_of(&workload(spec))
}

fn config_of(workload: &Workload) -> Result<ContainerConfig, String> {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::create(data.path()).unwrap();
    let files = host_files();
    let place = Place {
        layout: &layout,
        cgroups: &Cgroups::Absent,
        hub: None,
        wasm: Some("/opt/sockerless-wasm".as_ref()),
        layers: vec!["/layers/top".into(), "/layers/base".into()],
        files: &files,
        mtus: Mtus::from([(NetworkId::from_bytes([1; 32]), Some(1400))]),
        shared_files: None,
    };
    container(workload, place).map_err(|error| error.message)
}

fn config(spec: ContainerSpec) -> ContainerConfig {
    try_config(spec).unwrap()
}

fn file(config: &ContainerConfig, target: &str) -> String {
    config.files.iter().find(|file| file.target == target).unwrap().contents.clone()
}

#[test]
fn the_environment_begins_with_dockers_defaults_which_the_client_may_replace() {
    let bare = config(spec()).process.env;
    assert_eq!(
        bare,
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME=abababababab"
        ]
    );
    let tty = config(ContainerSpec {
        tty: true,
        env: vec!["A=1".into(), "PATH=/bin".into(), "HOSTNAME".into(), "A=2".into()],
        ..spec()
    });
    assert_eq!(tty.process.env, ["PATH=/bin", "TERM=xterm", "A=2"]);
}

#[test]
fn an_exec_has_its_containers_user_directory_and_environment_unless_it_says_otherwise() {
    let container = ContainerSpec {
        env: vec!["A=1".into(), "B=1".into()],
        user: "app".into(),
        working_dir: "/srv".into(),
        ..spec()
    };
    let exec_of = |spec: ExecSpec| {
        let run = workload(container.clone());
        exec(
            &ExecWorkload {
                exec: ExecId::from_bytes([4; 32]),
                run: run.run,
                spec: Arc::new(spec),
                container: run.spec,
                hostname: run.hostname,
                size: None,
            },
            ExecStdio::default(),
        )
        .unwrap()
        .process
    };
    let plain = exec_of(ExecSpec { cmd: vec!["sh".into()], ..ExecSpec::default() });
    assert_eq!((plain.user.as_str(), plain.cwd.as_str()), ("app", "/srv"));
    assert_eq!(plain.env[1..], ["HOSTNAME=abababababab", "A=1", "B=1"]);
    assert_eq!(plain.capabilities, Capabilities::DOCKER_DEFAULT);
    assert_eq!(plain.terminal, None);
    let own = exec_of(ExecSpec {
        cmd: vec!["sh".into()],
        env: vec!["B=2".into(), "C=2".into()],
        user: "root".into(),
        working_dir: "/tmp".into(),
        privileged: true,
        tty: true,
        console_size: Some(TerminalSize { rows: 30, columns: 100 }),
        ..ExecSpec::default()
    });
    assert_eq!((own.user.as_str(), own.cwd.as_str()), ("root", "/tmp"));
    assert_eq!(own.env[1..], ["HOSTNAME=abababababab", "TERM=xterm", "A=1", "B=2", "C=2"]);
    assert_eq!(own.capabilities, Capabilities::ALL);
    assert_eq!(own.terminal, Some(ShimSize { height: 30, width: 100 }));
}

#[test]
fn capabilities_follow_dockers_rule() {
    let set = |add: &[&str], drop: &[&str]| {
        let mut spec = spec();
        spec.security.cap_add = add.iter().map(ToString::to_string).collect();
        spec.security.cap_drop = drop.iter().map(ToString::to_string).collect();
        try_config(spec).map(|config| config.process.capabilities)
    };
    let one = |name: &str| name.parse::<Capabilities>().unwrap();
    let default = Capabilities::DOCKER_DEFAULT;
    assert_eq!(set(&[], &[]), Ok(default));
    assert_eq!(set(&["net_admin"], &["CAP_CHOWN"]).unwrap().bits(), {
        default.union(one("NET_ADMIN")).difference(one("CHOWN")).bits()
    });
    assert_eq!(set(&["ALL"], &["SYS_ADMIN"]), Ok(Capabilities::ALL.difference(one("SYS_ADMIN"))));
    assert_eq!(set(&["SYS_TIME"], &["all"]), Ok(one("SYS_TIME")));
    assert_eq!(set(&["WORLD_PEACE"], &[]).unwrap_err(), "unknown capability: \"WORLD_PEACE\"");
}

#[test]
fn a_privileged_container_is_kept_from_nothing() {
    let mut spec = spec();
    spec.security.privileged = true;
    spec.security.cap_drop = vec!["ALL".into()];
    let config = config(spec);
    assert_eq!(config.process.capabilities, Capabilities::ALL);
    assert_eq!(config.security.seccomp, Seccomp::Unconfined);
    assert!(config.security.masked_paths.is_empty() && config.security.read_only_paths.is_empty());
}

#[test]
fn paths_are_masked_as_docker_does_unless_the_client_lists_them() {
    let default = config(spec()).security;
    assert_eq!(default.seccomp, Seccomp::Default);
    assert!(default.masked_paths.contains(&"/proc/kcore".to_owned()));
    assert!(default.read_only_paths.contains(&"/proc/sys".to_owned()));
    let mut spec = spec();
    spec.security.masked_paths = Some(Vec::new());
    spec.security.readonly_paths = Some(vec!["/proc/fs".into()]);
    spec.security.seccomp_unconfined = true;
    let own = config(spec).security;
    assert!(own.masked_paths.is_empty());
    assert_eq!(own.read_only_paths, ["/proc/fs"]);
    assert_eq!(own.seccomp, Seccomp::Unconfined);
}

#[test]
fn limits_that_are_zero_are_not_set() {
    let none = config(spec());
    assert_eq!(none.resources, sandbox_shim::Resources::default());
    assert_eq!(none.shm_size_bytes, 64 << 20);
    let mut spec = spec();
    spec.limits.memory_bytes = 1 << 20;
    spec.limits.memory_swap_bytes = -1;
    spec.limits.pids = PidsLimit::Max(7);
    spec.limits.cpuset_cpus = "0".into();
    spec.limits.ulimits = vec![Ulimit { name: "nofile".into(), soft: 10, hard: -1 }];
    let set = config(spec.clone());
    assert_eq!(set.resources.memory_bytes, Some(1 << 20));
    assert_eq!(set.resources.memory_swap_bytes, Some(-1));
    assert_eq!(set.resources.pids_limit, Some(7));
    assert_eq!(set.resources.cpuset_cpus.as_deref(), Some("0"));
    let limit = set.process.rlimits[0];
    assert_eq!((limit.soft, limit.hard), (10, u64::MAX));
    spec.limits.ulimits[0].name = "patience".into();
    assert_eq!(try_config(spec).unwrap_err(), "invalid ulimit type: patience");
}

#[test]
fn a_container_on_the_bridge_gets_its_lease() {
    let Network::Bridge { endpoints } = config(spec()).network else { panic!("no bridge") };
    let end = &endpoints[0];
    assert_eq!(end.bridge, "sl0011");
    assert_eq!(end.host_interface, "slababababa0003");
    assert_eq!(end.host_interface.len(), 15);
    assert_eq!(end.container_interface, "eth0");
    assert_eq!(String::from(end.mac), "02:42:ac:11:00:05");
    assert_eq!(end.mtu_bytes, Some(1400));
    assert_eq!(end.gateway, Some(Ipv4Addr::new(172, 17, 0, 1)));
    assert_eq!(end.addresses[0].address.to_string(), "172.17.0.5");
    for (mode, network) in [(NetworkMode::Host, Network::Host), (NetworkMode::None, Network::None)]
    {
        assert_eq!(config(ContainerSpec { network: mode, ..spec() }).network, network);
    }
}

#[test]
fn a_bridge_container_without_an_address_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::create(data.path()).unwrap();
    let files = host_files();
    let place = Place {
        layout: &layout,
        cgroups: &Cgroups::Absent,
        hub: None,
        wasm: None,
        layers: Vec::new(),
        files: &files,
        mtus: Mtus::new(),
        shared_files: None,
    };
    let error =
        container(&Workload { endpoints: Vec::new(), bridge: None, ..workload(spec()) }, place)
            .unwrap_err();
    assert_eq!(error.exit_code, 128);
    assert_eq!(error.message, "the container has no address on the bridge network");
}

#[test]
fn name_servers_on_the_hosts_loopback_are_left_out() {
    let text = file(&config(spec()), "/etc/resolv.conf");
    assert_eq!(text, "nameserver 10.0.0.2\nsearch example.com corp\noptions edns0\n");
    let own = config(ContainerSpec {
        dns: vec!["127.0.0.1".into()],
        dns_search: vec![".".into()],
        dns_options: vec!["ndots:1".into()],
        ..spec()
    });
    let own = file(&own, "/etc/resolv.conf");
    assert_eq!(own, "nameserver 127.0.0.1\noptions ndots:1\n");
}

#[test]
fn a_container_in_the_hosts_network_has_the_hosts_files_and_name() {
    let host = config(ContainerSpec { network: NetworkMode::Host, ..spec() });
    assert_eq!(host.hostname, "the-host");
    assert_eq!(file(&host, "/etc/resolv.conf"), HOST_RESOLVER);
    assert_eq!(file(&host, "/etc/hosts"), "127.0.0.1 host\n");
    assert_eq!(file(&host, "/etc/hostname"), "the-host\n");
    let named = ContainerSpec { network: NetworkMode::Host, hostname: "own".into(), ..spec() };
    assert_eq!(config(named).hostname, "abababababab", "the state's word counts once it has one");
}

#[test]
fn hosts_has_the_clients_lines_and_the_containers_own() {
    let config = config(ContainerSpec {
        extra_hosts: vec!["db:10.1.1.1".into(), "six:[fd00::7]".into(), "gate:host-gateway".into()],
        domainname: "example.com".into(),
        ..spec()
    });
    let hosts = file(&config, "/etc/hosts");
    let own: Vec<&str> = hosts.lines().skip(6).collect();
    assert_eq!(
        own,
        [
            "10.1.1.1\tdb",
            "fd00::7\tsix",
            "172.17.0.1\tgate",
            "172.17.0.5\tabababababab.example.com abababababab"
        ]
    );
    assert!(hosts.starts_with("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"));
}

#[test]
fn the_hosts_address_is_no_word_to_leave_out_where_there_is_no_bridge() {
    let alone = |extra_hosts| {
        let network = NetworkMode::None;
        let workload = workload(ContainerSpec { network, extra_hosts, ..spec() });
        config_of(&Workload { bridge: None, endpoints: Vec::new(), ..workload })
    };
    let refused = "unable to derive the IP value for host-gateway";
    assert_eq!(alone(vec!["gate:host-gateway".into()]).unwrap_err(), refused);
    assert!(alone(vec!["gate:10.0.0.1".into()]).is_ok());
}

#[test]
fn the_layers_are_below_the_containers_own_files() {
    let kept = config(spec());
    let Rootfs::Overlay { lower, upper, volatile, .. } = kept.rootfs else { panic!("no overlay") };
    assert_eq!(lower, [std::path::Path::new("/layers/top"), std::path::Path::new("/layers/base")]);
    assert!(upper.ends_with("upper") && !volatile);
    let Rootfs::Overlay { volatile, .. } =
        config(ContainerSpec { auto_remove: true, ..spec() }).rootfs
    else {
        panic!("no overlay")
    };
    assert!(volatile, "what is removed with its container need not outlive a crash of the host");
}

#[test]
fn a_container_without_a_program_is_refused() {
    assert_eq!(try_config(ContainerSpec::default()).unwrap_err(), "no command specified");
}

#[test]
fn webassembly_is_run_unless_the_client_wants_the_kernel_to() {
    let engine = |runtime: Option<Runtime>| {
        let options = ContainerOptions { runtime, ..ContainerOptions::default() };
        let workload = Workload { options: Some(Arc::new(options)), ..workload(spec()) };
        config_of(&workload).unwrap().wasm.map(|engine| (engine.program, engine.only))
    };
    let program = std::path::PathBuf::from("/opt/sockerless-wasm");
    assert_eq!(engine(None), Some((program.clone(), false)));
    assert_eq!(engine(Some(Runtime::Wasm)), Some((program, true)));
    assert_eq!(engine(Some(Runtime::Native)), None);
    assert_eq!(config(spec()).wasm.map(|engine| engine.only), Some(false));
}
