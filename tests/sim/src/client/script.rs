//! What is always asked for: by the first start on a host, and by a script that is the same each time.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use journal_domain::{
    AddImages, BridgeConfig, Command, ConfigureBridge, ContainerCommand, ContainerId,
    ContainerSpec, CreateContainer, Digest, EndpointId, Image, ImageCommand, ImageConfig,
    ImageSource, KillContainer, Layer, NetworkId, OpenTransfer, RemoveContainer, RenameContainer,
    RestartContainer, Signal, StartContainer, StopContainer, SystemCommand, TransferId,
};
use projector_containers::{Container, Phase, State};

use super::image_name;

/// The image that is always there, and its one layer.
pub(crate) const BASE: Digest = Digest::from_bytes([3; 32]);

/// Gives a script: so many containers are started, and each then gets one of six treatments.
pub(super) fn script(containers: usize) -> Vec<ContainerCommand> {
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
    let digest = BASE;
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
