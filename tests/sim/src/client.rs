//! Clients: they keep some containers, and do to them what people and scripts do.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use fastrand::Rng;
use journal_domain::{
    AddImages, BridgeConfig, Command, ConfigureBridge, ContainerCommand, ContainerId,
    ContainerSpec, CreateContainer, Digest, EndpointId, Image, ImageCommand, ImageConfig,
    ImageName, ImageSource, KillContainer, Layer, NetworkId, OpenTransfer, RemoveContainer,
    RenameContainer, ResizeContainer, RestartContainer, Signal, StartContainer, StopContainer,
    SystemCommand, TerminalSize, TransferId,
};
use projector_containers::{Container, Phase, State};

/// All clients in one.
#[derive(Debug)]
pub(crate) struct Client {
    /// Containers that they keep.
    containers: usize,
    /// What makes names of this episode its own.
    salt: u32,
    made: u32,
    /// What is asked for instead, in this order, where there is a script.
    script: Option<std::vec::IntoIter<ContainerCommand>>,
}

// === impl Client ===

impl Client {
    pub(crate) fn new(rng: &mut Rng, containers: usize, script: bool) -> Self {
        let script = script.then(|| self::script(containers).into_iter());
        Self { containers, salt: rng.u32(..), made: 0, script }
    }

    /// Gives what is asked for next; nothing where the container that was picked is on its way out.
    pub(crate) fn next(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        if let Some(script) = &mut self.script {
            return script.next().map(Command::from);
        }
        let count = state.container_count();
        if count < self.containers && rng.bool() || count == 0 {
            return Some(self.create(rng).into());
        }
        let container = state.newest_first().nth(rng.usize(0..count))?;
        self.change(rng, container).map(Command::from)
    }

    fn create(&mut self, rng: &mut Rng) -> ContainerCommand {
        self.made += 1;
        let spec = ContainerSpec {
            image: "app".to_owned(),
            tty: rng.bool(),
            auto_remove: rng.u8(..) < 13,
            stop_timeout_seconds: rng.bool().then(|| rng.i64(0..5)),
            ..ContainerSpec::default()
        };
        CreateContainer {
            id: ContainerId::from_bytes(bytes(rng)),
            name: rng.bool().then(|| self.name()),
            name_seed: rng.u64(..),
            image_name: Some(image_name()),
            spec: spec.into(),
        }
        .into()
    }

    fn change(&mut self, rng: &mut Rng, container: &Container) -> Option<ContainerCommand> {
        let target = container.id.to_string();
        let endpoint = EndpointId::from_bytes(bytes(rng));
        let draw = rng.u8(0..100);
        if container.removing {
            return None;
        }
        Some(match (&container.phase, draw) {
            (Phase::Created(_) | Phase::Exited(_), 0..90) => {
                StartContainer { target, endpoint }.into()
            }
            (Phase::Created(_) | Phase::Exited(_), 90..93) => {
                RemoveContainer { target, force: false, volumes: false }.into()
            }
            (Phase::Starting(_) | Phase::Running(_), 0..20) => {
                StopContainer { target, signal: None, timeout_seconds: None }.into()
            }
            (Phase::Starting(_) | Phase::Running(_), 20..30) => {
                KillContainer { target, signal: Signal::KILL }.into()
            }
            (Phase::Starting(_) | Phase::Running(_), 30..40) => {
                RestartContainer { target, signal: None, timeout_seconds: None, endpoint }.into()
            }
            (Phase::Starting(_) | Phase::Running(_), 40..43) => {
                RemoveContainer { target, force: true, volumes: false }.into()
            }
            (_, 95..) => RenameContainer { target, name: self.name() }.into(),
            (Phase::Starting(_) | Phase::Running(_), _) if container.spec.tty => {
                let size = TerminalSize { rows: rng.u16(1..99), columns: rng.u16(1..99) };
                ResizeContainer { target, size }.into()
            }
            (Phase::Created(_) | Phase::Starting(_) | Phase::Running(_) | Phase::Exited(_), _) => {
                return None;
            }
        })
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("c{:x}-{}", self.salt, self.made)
    }
}

/// Gives a script: so many containers are started, and each then gets one of six treatments.
fn script(containers: usize) -> Vec<ContainerCommand> {
    let number = |container: usize| u8::try_from(container % 256).unwrap_or_default();
    let name = |container: usize| format!("c{container}");
    let endpoint = |container: usize| EndpointId::from_bytes([number(container); 32]);
    let mut script = Vec::new();
    for container in 0..containers {
        let spec = ContainerSpec { image: "app".to_owned(), ..ContainerSpec::default() };
        let create = CreateContainer {
            id: ContainerId::from_bytes([number(container); 32]),
            name: Some(name(container)),
            name_seed: 0,
            image_name: Some(image_name()),
            spec: spec.into(),
        };
        let start = StartContainer { target: name(container), endpoint: endpoint(container) };
        script.extend([create.into(), start.into()]);
    }
    for container in 0..containers {
        let (target, endpoint) = (name(container), endpoint(container));
        script.push(match container % 6 {
            0 => StopContainer { target, signal: None, timeout_seconds: None }.into(),
            1 => KillContainer { target, signal: Signal::KILL }.into(),
            2 => RestartContainer { target, signal: None, timeout_seconds: None, endpoint }.into(),
            3 => RemoveContainer { target, force: true, volumes: false }.into(),
            4 => RenameContainer { name: format!("{target}-renamed"), target }.into(),
            _ => KillContainer { target, signal: Signal::TERM }.into(),
        });
    }
    script
}

/// Gives what each container has come to.
pub(crate) fn ends(state: &State) -> BTreeMap<String, String> {
    let end = |container: &Container| {
        let phase = match &container.phase {
            Phase::Created(_) => "created".to_owned(),
            Phase::Starting(_) => "starting".to_owned(),
            Phase::Running(_) => "running".to_owned(),
            Phase::Exited(exited) => format!("exited {}", exited.report.exit_code),
        };
        (container.name.to_string(), format!("{phase}, run {}", container.incarnation))
    };
    state.newest_first().map(|container| end(container)).collect()
}

/// Gives what a first start puts into the log: an image, and the addresses of a bridge.
pub(crate) fn first_commands() -> Vec<Command> {
    let digest = Digest::from_bytes([3; 32]);
    let image = Image {
        id: digest,
        layers: vec![Layer { diff_id: digest, blob: digest, size_bytes: 1 }],
        created: String::new(),
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config: ImageConfig { cmd: Some(vec!["run".to_owned()]), ..ImageConfig::default() },
        size_bytes: 1,
    };
    let transfer = TransferId::from_bytes([4; 16]);
    let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
    let images = vec![(Arc::new(image), vec![image_name()])];
    let bridge = BridgeConfig {
        network: NetworkId::from_bytes([5; 32]),
        interface: "sl0".to_owned(),
        subnet: Ipv4Addr::new(10, 0, 0, 0),
        prefix_bits: 16,
    };
    vec![
        ImageCommand::from(open).into(),
        ImageCommand::from(AddImages { transfer, images }).into(),
        SystemCommand::from(ConfigureBridge { bridge }).into(),
    ]
}

fn image_name() -> ImageName {
    ImageName::from_normalized("docker.io/library/app:latest")
}

fn bytes<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
