//! One value of every payload.

#[path = "host_side.rs"]
mod host_side;
#[path = "made.rs"]
mod made;
#[path = "networks.rs"]
mod networks;
#[path = "pods.rs"]
mod pods;
#[path = "pools.rs"]
mod pools;
#[path = "sealed.rs"]
mod sealed;
#[path = "volumes.rs"]
mod volumes;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    time::Duration,
};

use journal_domain::*;
use journal_log::Timestamp;

const fn container() -> ContainerId {
    ContainerId::from_bytes([0xc1; 32])
}

const fn exec() -> ExecId {
    ExecId::from_bytes([0xe1; 32])
}

const fn copy() -> CopyId {
    CopyId::from_bytes([0xc2; 16])
}

const fn digest() -> Digest {
    Digest::from_bytes([0xd1; 32])
}

const fn at() -> Timestamp {
    Timestamp::from_unix_nanos(1_767_225_600_123_456_789)
}

fn size() -> TerminalSize {
    TerminalSize { rows: 24, columns: 80 }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn name() -> ImageName {
    ImageName::from_normalized("docker.io/library/busybox:latest")
}

fn registry_source() -> RegistrySource {
    let name = ImageName::from_normalized(format!("docker.io/library/busybox@{}", digest()));
    RegistrySource { name, manifest: digest(), list: Some(digest()) }
}

fn bridge() -> BridgeConfig {
    BridgeConfig {
        network: NetworkId::from_bytes([0xb1; 32]),
        interface: text("sl0"),
        subnet: Ipv4Addr::new(172, 18, 0, 0),
        prefix_bits: 16,
    }
}

fn lease() -> EndpointLease {
    EndpointLease {
        endpoint: EndpointId::from_bytes([0xe2; 32]),
        network: NetworkId::from_bytes([0xb1; 32]),
        address: Ipv4Addr::new(172, 18, 0, 2),
        prefix_bits: 16,
        gateway: Ipv4Addr::new(172, 18, 0, 1),
        mac: MacAddress::of(Ipv4Addr::new(172, 18, 0, 2)),
    }
}

fn image() -> Image {
    Image {
        id: digest(),
        layers: vec![Layer { diff_id: digest(), blob: digest(), size_bytes: 4096 }],
        created: text("2026-01-01T00:00:00Z"),
        architecture: text("amd64"),
        os: text("linux"),
        variant: String::new(),
        author: text("somebody"),
        comment: text("made by hand"),
        config: ImageConfig {
            env: vec![text("PATH=/bin")],
            cmd: Some(vec![text("sh")]),
            entrypoint: None,
            working_dir: text("/"),
            user: text("nobody"),
            labels: BTreeMap::from([(text("a"), text("b"))]),
            stop_signal: Some(Signal::KILL),
            exposed_ports: vec![text("80/tcp")],
            volumes: vec![text("/data")],
            healthcheck: Some(text("{}")),
            shell: Some(vec![text("/bin/sh")]),
            on_build: vec![text("RUN true")],
        },
        size_bytes: 4096,
    }
}

fn spec() -> ContainerSpec {
    ContainerSpec {
        image: text("busybox"),
        image_id: Some(digest()),
        layers: vec![digest()],
        cmd: Some(vec![text("echo"), text("hi")]),
        entrypoint: Some(vec![text("/bin/sh")]),
        env: vec![text("A=1")],
        working_dir: text("/w"),
        user: text("1000:1000"),
        hostname: text("host"),
        domainname: text("domain"),
        labels: BTreeMap::from([(text("k"), text("v"))]),
        exposed_ports: vec![text("80/tcp")],
        stop_signal: Some(Signal::TERM),
        stop_timeout_seconds: Some(-1),
        attach_stdin: true,
        attach_stdout: false,
        attach_stderr: true,
        tty: true,
        open_stdin: true,
        stdin_once: false,
        console_size: Some(size()),
        auto_remove: true,
        network: NetworkMode::Bridge,
        extra_hosts: vec![text("a:1.2.3.4")],
        dns: vec![text("1.1.1.1")],
        dns_search: vec![text("example.org")],
        dns_options: vec![text("ndots:1")],
        limits: Limits {
            memory_bytes: 1 << 26,
            memory_swap_bytes: -1,
            memory_reservation_bytes: 1 << 25,
            nano_cpus: 500_000_000,
            cpu_shares: 512,
            cpu_period_micros: 100_000,
            cpu_quota_micros: 50_000,
            cpuset_cpus: text("0-1"),
            cpuset_mems: text("0"),
            pids: PidsLimit::Max(64),
            blkio_weight: 500,
            ulimits: vec![Ulimit { name: text("nofile"), soft: 1024, hard: -1 }],
            oom_score_adj: -500,
        },
        security: Security {
            privileged: false,
            cap_add: vec![text("NET_ADMIN")],
            cap_drop: vec![text("ALL")],
            no_new_privileges: true,
            seccomp_unconfined: true,
            group_add: vec![text("audio")],
            masked_paths: Some(Vec::new()),
            readonly_paths: None,
        },
        read_only_rootfs: true,
        init: true,
        tmpfs: BTreeMap::from([(text("/tmp"), text("size=1m"))]),
        shm_size_bytes: Some(1 << 20),
        sysctls: BTreeMap::from([(text("net.ipv4.ip_forward"), text("1"))]),
        log_driver: LogDriver::Kept,
        annotations: BTreeMap::from([(text("n"), text("o"))]),
    }
}

fn probe() -> ProbeResult {
    ProbeResult { started_at: at(), finished_at: at(), exit_code: -1, output: text("late") }
}

fn exec_spec() -> ExecSpec {
    ExecSpec {
        cmd: vec![text("ls")],
        env: vec![text("B=2")],
        working_dir: text("/x"),
        user: text("root"),
        privileged: true,
        tty: true,
        attach_stdin: true,
        attach_stdout: true,
        attach_stderr: false,
        detach_keys: Some(text("ctrl-x")),
        console_size: Some(size()),
    }
}

/// One of every command.
fn options() -> Vec<ContainerOption> {
    let port = ContainerPort { number: 80, protocol: Protocol::Tcp };
    let place = HostPlace {
        address: Some(Ipv4Addr::LOCALHOST.into()),
        first_port: 8000,
        last_port: 8010,
        address_text: text("127.0.0.1"),
        port_text: text("8000-8010"),
    };
    vec![
        ContainerOption::Logging(Logging {
            driver: LoggingDriver::Local,
            options: BTreeMap::from([(text("max-size"), text("10k"))]),
            retention: Some(Retention { file_bytes: 10_000, files: NonZeroU32::MIN }),
        }),
        ContainerOption::Publishing(Publishing {
            all: true,
            ports: vec![PublishedPort { port, places: vec![place, HostPlace::any()] }],
        }),
    ]
}

fn bound_ports() -> Vec<BoundPort> {
    let port = ContainerPort { number: 53, protocol: Protocol::Udp };
    let host = |address: IpAddr| SocketAddr::new(address, 32768);
    vec![
        BoundPort { port, host: host(Ipv4Addr::UNSPECIFIED.into()) },
        BoundPort { port, host: host(Ipv6Addr::LOCALHOST.into()) },
    ]
}

pub(crate) fn commands() -> Vec<Command> {
    let containers = containers().into_iter().map(Command::from);
    let execs = execs().into_iter().map(Command::from);
    let images = images().into_iter().map(Command::from);
    let system = system().into_iter().map(Command::from);
    let copies = copies().into_iter().map(Command::from);
    let chained = containers.chain(execs).chain(images).chain(system).chain(copies);
    let others = volumes::commands().into_iter().chain(made::commands()).chain(pods::commands());
    let others = others.chain(networks::commands()).chain(pools::commands());
    chained.chain(sealed::commands()).chain(others).collect()
}

fn create() -> CreateContainer {
    CreateContainer {
        id: container(),
        name: Some(text("web")),
        name_seed: 7,
        image_name: Some(name()),
        spec: spec().into(),
    }
}

/// A container without a name, for what is asked for beside the rest.
pub(crate) fn nameless(image_name: Option<ImageName>) -> CreateContainer {
    CreateContainer { id: container(), name: None, name_seed: 9, image_name, spec: spec().into() }
}

fn containers() -> Vec<ContainerCommand> {
    vec![
        create().into(),
        StartContainer { target: text("web"), endpoint: EndpointId::from_bytes([3; 32]) }.into(),
        StopContainer { target: text("web"), signal: Some(Signal::TERM), timeout_seconds: Some(5) }
            .into(),
        RestartContainer {
            target: text("web"),
            signal: None,
            timeout_seconds: None,
            endpoint: EndpointId::from_bytes([4; 32]),
        }
        .into(),
        KillContainer { target: text("web"), signal: Signal::KILL }.into(),
        RenameContainer { target: text("web"), name: text("api") }.into(),
        RemoveContainer { target: text("web"), force: true, volumes: false }.into(),
        ResizeContainer { target: text("web"), size: size() }.into(),
        StopTimeout { id: container(), incarnation: 2 }.into(),
        UpdateContainer {
            target: text("web"),
            limits: Box::new(spec().limits),
            restart: Some(Some(RestartPolicy::Always)),
        }
        .into(),
        ObserveUpdate {
            id: container(),
            incarnation: 2,
            limits: Box::new(spec().limits),
            error: text("busy"),
        }
        .into(),
        ProbeDue { id: container(), incarnation: 2 }.into(),
        ProbeContainer { target: text("web") }.into(),
        ObserveProbe {
            id: container(),
            incarnation: 2,
            number: 7,
            exit_code: -1,
            output: text("late"),
        }
        .into(),
        PauseContainer { target: text("web") }.into(),
        UnpauseContainer { target: text("web") }.into(),
        ObserveFreeze { id: container(), incarnation: 2, frozen: true, error: text("late") }.into(),
        RestartDue { id: container(), incarnation: 2 }.into(),
        CreateContainerWith {
            create: CreateContainer { name_seed: 8, ..nameless(Some(name())) },
            options: options(),
        }
        .into(),
        CreateContainerOnce {
            create: CreateContainerWith { create: create(), options: Vec::new() },
            key: digest(),
            request: digest(),
        }
        .into(),
        ObserveDelay { id: container(), incarnation: 2, reason: text("throttled") }.into(),
        ObserveStartedWith {
            started: ObserveStarted {
                id: container(),
                incarnation: 2,
                pid: 4711,
                started_at: at(),
            },
            ports: bound_ports(),
        }
        .into(),
        ObserveStarted { id: container(), incarnation: 2, pid: 4711, started_at: at() }.into(),
        ObserveStartFailure {
            id: container(),
            incarnation: 2,
            exit_code: 127,
            message: text("not found"),
        }
        .into(),
        ObserveExit {
            id: container(),
            incarnation: 2,
            exit_code: 137,
            oom_killed: true,
            finished_at: at(),
            error: text("e"),
        }
        .into(),
        ObserveLost { id: container(), incarnation: 2, reason: text("gone") }.into(),
        ObserveSignal { id: container(), incarnation: 2, number: 3, error: String::new() }.into(),
        ObserveResize { id: container(), incarnation: 2, size: size(), error: String::new() }
            .into(),
        ObserveRemoved { id: container() }.into(),
    ]
}

fn execs() -> Vec<ExecCommand> {
    vec![
        CreateExec { id: exec(), target: text("web"), spec: exec_spec().into() }.into(),
        StartExec { target: text("e1"), detach: true, console_size: Some(size()) }.into(),
        ResizeExec { target: text("e1"), size: size() }.into(),
        ForgetExecs { ended_before: at() }.into(),
        RemoveExec { target: text("e1") }.into(),
        ObserveExecStarted { id: exec(), pid: 4712 }.into(),
        ObserveExecStartFailure { id: exec(), exit_code: 126, message: text("denied") }.into(),
        ObserveExecExit { id: exec(), exit_code: 1, error: String::new() }.into(),
        ObserveExecResize { id: exec(), size: size(), error: text("late") }.into(),
    ]
}

fn images() -> Vec<ImageCommand> {
    vec![
        OpenTransfer {
            id: TransferId::from_bytes([9; 16]),
            source: ImageSource::Import,
            name: text("busybox"),
        }
        .into(),
        AddImages {
            transfer: TransferId::from_bytes([9; 16]),
            images: vec![(image().into(), vec![name()])],
        }
        .into(),
        FailTransfer { transfer: TransferId::from_bytes([9; 16]), reason: text("cut short") }
            .into(),
        TagImage { target: text("busybox"), target_name: Some(name()), name: name() }.into(),
        DeleteImage { target: text("busybox"), target_name: None, force: true }.into(),
        ObserveLayersDropped { diff_ids: vec![digest()] }.into(),
        PruneImages {
            dangling_only: true,
            until: Some(at()),
            labels: vec![LabelFilter { name: text("a"), value: Some(text("b")) }],
            kept_by_labels: vec![LabelFilter { name: text("c"), value: None }],
        }
        .into(),
        SaveImages { images: vec![digest()] }.into(),
        OpenTransfer {
            id: TransferId::from_bytes([9; 16]),
            source: ImageSource::Pull,
            name: text("busybox"),
        }
        .into(),
        AddPulled {
            transfer: TransferId::from_bytes([9; 16]),
            image: image().into(),
            name: name(),
            source: registry_source(),
        }
        .into(),
        CompletePush {
            transfer: TransferId::from_bytes([9; 16]),
            image: digest(),
            name: name(),
            source: registry_source(),
            sent_bytes: 4096,
        }
        .into(),
    ]
}

fn system() -> Vec<SystemCommand> {
    vec![
        Boot { version: text("0.1.0"), host: text("h") }.into(),
        ConfigureBridge { bridge: bridge() }.into(),
        RecordPrune { containers: 2, reclaimed_bytes: 4096 }.into(),
        ForgetKeys { used_before: at() }.into(),
        OpenStream {
            id: StreamId::from_bytes([8; 16]),
            target: StreamTarget::Container(container()),
            kind: StreamKind::Attach,
        }
        .into(),
        CloseStream { id: StreamId::from_bytes([8; 16]), end: StreamEnd::Detached }.into(),
        Reject {
            method: text("POST"),
            path: text("/containers/create"),
            status: 400,
            reason: text("bad"),
        }
        .into(),
    ]
}

fn copies() -> Vec<CopyCommand> {
    vec![
        OpenCopy { id: copy(), container: container(), path: text("/tmp") }.into(),
        CompleteCopy { id: copy(), digest: digest(), sent_bytes: 10_240, entries: 2 }.into(),
        FailCopy { id: copy(), reason: text("r") }.into(),
    ]
}

/// One of every event.
pub(crate) fn events() -> Vec<Event> {
    let plain = plain_events().into_iter().chain(host_side::events());
    let others = volumes::events().into_iter().chain(made::events());
    let others = others.chain(networks::events()).chain(pods::events()).chain(pools::events());
    plain.chain(sealed::events()).chain(others).collect()
}

fn plain_events() -> Vec<Event> {
    vec![
        ContainerCreated { id: container(), name: "web".parse().unwrap(), spec: spec().into() }
            .into(),
        StartRequested { id: container(), incarnation: 1, lease: Some(lease()) }.into(),
        ContainerStarted { id: container(), incarnation: 1, pid: 4711, started_at: at() }.into(),
        ContainerStartFailed {
            id: container(),
            incarnation: 1,
            exit_code: 127,
            message: text("m"),
        }
        .into(),
        ContainerExited {
            id: container(),
            incarnation: 1,
            exit_code: 0,
            oom_killed: false,
            finished_at: at(),
            error: String::new(),
        }
        .into(),
        StopRequested { id: container(), deadline: Some(at()) }.into(),
        RestartScheduled {
            id: container(),
            incarnation: 2,
            at: at(),
            pause: Duration::from_millis(200),
            count: 2,
        }
        .into(),
        RestartCancelled { id: container() }.into(),
        UpdateRequested { id: container(), limits: Box::new(spec().limits) }.into(),
        ContainerUpdated {
            id: container(),
            limits: Box::new(spec().limits),
            restart: None,
            error: String::new(),
        }
        .into(),
        ProbeRequested { id: container(), number: 7 }.into(),
        ContainerProbed {
            id: container(),
            number: 7,
            result: probe(),
            status: HealthStatus::Unhealthy,
            failing_streak: 3,
        }
        .into(),
        ContainerOptionsSet {
            id: container(),
            options: vec![ContainerOption::Health(HealthCheck {
                test: vec![text("CMD-SHELL"), text("true")],
                interval: Duration::from_secs(1),
                timeout: Duration::from_millis(500),
                start_period: Duration::from_secs(60),
                start_interval: Duration::from_secs(2),
                retries: 3,
                shell: vec![text("/bin/ash"), text("-c")],
            })],
        }
        .into(),
        FreezeRequested { id: container(), frozen: true }.into(),
        ContainerFrozen { id: container(), frozen: true, error: String::new() }.into(),
        ContainerOptionsSet {
            id: container(),
            options: vec![ContainerOption::Restart(RestartPolicy::OnFailure { retries_max: 3 })],
        }
        .into(),
        RestartRequested { id: container(), endpoint: EndpointId::from_bytes([5; 32]) }.into(),
        SignalRequested { id: container(), number: 1, signal: Signal::TERM }.into(),
        SignalDelivered { id: container(), number: 1, error: String::new() }.into(),
        ResizeRequested { id: container(), size: size() }.into(),
        ContainerResized { id: container(), size: size(), error: String::new() }.into(),
        ContainerRenamed {
            id: container(),
            old_name: "web".parse().unwrap(),
            name: "api".parse().unwrap(),
        }
        .into(),
        RemovalRequested { id: container() }.into(),
        ContainerRemoved { id: container() }.into(),
        ContainerOptionsSet { id: container(), options: options() }.into(),
        ContainerOptionsSet { id: container(), options: vec![ContainerOption::HostUserNamespace] }
            .into(),
        PortsBound { id: container(), incarnation: 2, ports: bound_ports() }.into(),
        ContainerDelayed { id: container(), incarnation: 2, reason: text("throttled") }.into(),
        ContainersPruned { containers: 2, reclaimed_bytes: 4096 }.into(),
        ContainerKeyUsed { id: container(), key: digest(), request: digest() }.into(),
        KeysForgotten { keys: vec![digest()] }.into(),
        ExecCreated {
            id: exec(),
            container: container(),
            incarnation: 1,
            spec: exec_spec().into(),
        }
        .into(),
        ExecStartRequested { id: exec(), detach: false, console_size: None }.into(),
        ExecStarted { id: exec(), pid: 4712 }.into(),
        ExecStartFailed { id: exec(), exit_code: 126, message: text("m") }.into(),
        ExecExited { id: exec(), exit_code: 0, error: String::new() }.into(),
        ExecResizeRequested { id: exec(), size: size() }.into(),
        ExecResized { id: exec(), size: size(), error: String::new() }.into(),
        ExecsForgotten { ids: vec![exec()] }.into(),
        TransferOpened {
            id: TransferId::from_bytes([9; 16]),
            source: ImageSource::Load,
            name: String::new(),
        }
        .into(),
        TransferCompleted { id: TransferId::from_bytes([9; 16]), images: vec![digest()] }.into(),
        TransferFailed { id: TransferId::from_bytes([9; 16]), reason: text("r") }.into(),
        ImageAdded { image: image().into(), source: ImageSource::Import }.into(),
        ImageTagged { id: digest(), name: name() }.into(),
        ImageUntagged { id: digest(), name: name() }.into(),
        ImageDeleted { id: digest() }.into(),
        LayersDropped { diff_ids: vec![digest()] }.into(),
        ImagesPruned { reclaimed_bytes: 4096 }.into(),
        ImagesSaved { images: vec![digest()] }.into(),
        TransferOpened {
            id: TransferId::from_bytes([9; 16]),
            source: ImageSource::Push,
            name: text("busybox"),
        }
        .into(),
        ImagePulled {
            transfer: TransferId::from_bytes([9; 16]),
            id: digest(),
            name: name(),
            source: registry_source(),
        }
        .into(),
        ImagePushed {
            transfer: TransferId::from_bytes([9; 16]),
            id: digest(),
            name: name(),
            source: RegistrySource { list: None, ..registry_source() },
            sent_bytes: 4096,
        }
        .into(),
        ImagePushedElsewhere {
            transfer: TransferId::from_bytes([9; 16]),
            id: digest(),
            name: name(),
            manifest: registry_source().manifest,
            sent_bytes: 4096,
        }
        .into(),
        ImageDigestRemoved { id: digest(), name: registry_source().name }.into(),
        Booted { version: text("0.1.0"), host: text("h") }.into(),
        BridgeConfigured { bridge: bridge() }.into(),
        StreamOpened {
            id: StreamId::from_bytes([8; 16]),
            target: StreamTarget::Exec(exec()),
            kind: StreamKind::WebSocket,
        }
        .into(),
        StreamClosed { id: StreamId::from_bytes([8; 16]), end: StreamEnd::Finished }.into(),
        CopyOpened { id: copy(), container: container(), path: text("/tmp") }.into(),
        CopyCompleted {
            id: copy(),
            container: container(),
            digest: digest(),
            sent_bytes: 10_240,
            entries: 2,
        }
        .into(),
        CopyFailed { id: copy(), container: container(), reason: text("r") }.into(),
    ]
}
