//! Pods: a holder, and containers that share its network and its name.

use std::collections::BTreeMap;

use fastrand::Rng;
use journal_domain::{
    Command, ContainerCommand, ContainerId, ContainerOption, ContainerSpec, CreateContainer,
    CreateContainerWith, CreatePod, EndpointId, NetworkMode, Networking, PodCommand, PodId,
    PodNamespace, PodPlace, RemovePod, StartContainer,
};
use projector_containers::{KeptPod, State};

use super::{Client, bytes, image_name, pick};

/// Pods that clients keep.
const PODS: usize = 2;

/// Containers of one, the holder among them.
const MEMBERS: usize = 5;

impl Client {
    pub(super) fn pod(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        if state.pods().iter().count() < PODS {
            return Some(PodCommand::from(self.create_pod(rng)).into());
        }
        let kept = pick(rng, state.pods().iter())?;
        if rng.u8(0..100) < 4 {
            let target = kept.pod.id.to_string();
            return Some(PodCommand::from(RemovePod { target, force: rng.bool() }).into());
        }
        let command: ContainerCommand =
            if kept.members.len() < MEMBERS && !kept.removing && rng.u8(0..100) < 35 {
                self.create_member(rng, kept)?.into()
            } else {
                // The holder runs first: nobody else starts without it.
                let holder = kept.pod.holder.and_then(|id| state.container(&id))?;
                let target = match holder.is_active() {
                    true => *pick(rng, &kept.members)?,
                    false => holder.id,
                };
                let endpoint = EndpointId::from_bytes(bytes(rng));
                StartContainer { target: target.to_string(), endpoint }.into()
            };
        Some(command.into())
    }

    fn create_pod(&mut self, rng: &mut Rng) -> CreatePod {
        let spec = ContainerSpec { cmd: Some(vec!["hold".to_owned()]), ..ContainerSpec::default() };
        let create = CreateContainer {
            id: ContainerId::from_bytes(bytes(rng)),
            name: None,
            name_seed: rng.u64(..),
            image_name: None,
            spec: Box::new(spec),
        };
        CreatePod {
            id: PodId::from_bytes(bytes(rng)),
            name: rng.bool().then(|| self.name('p')),
            name_seed: rng.u64(..),
            labels: BTreeMap::new(),
            shared: vec![PodNamespace::Network, PodNamespace::Ipc, PodNamespace::Uts],
            holder: Some(Box::new(CreateContainerWith { create, options: Vec::new() })),
        }
    }

    fn create_member(&mut self, rng: &mut Rng, kept: &KeptPod) -> Option<CreateContainerWith> {
        let holder = kept.pod.holder?.to_string();
        let spec = ContainerSpec {
            image: "app".to_owned(),
            network: NetworkMode::Container,
            ..ContainerSpec::default()
        };
        let create = CreateContainer {
            id: ContainerId::from_bytes(bytes(rng)),
            name: rng.bool().then(|| self.name('m')),
            name_seed: rng.u64(..),
            image_name: Some(image_name()),
            spec: Box::new(spec),
        };
        let networking = Networking { mode: holder.clone(), ..Networking::default() };
        let place = PodPlace { pod: kept.pod.id, holds: false, uts_of: Some(holder) };
        let options = vec![ContainerOption::Networking(networking), ContainerOption::Pod(place)];
        Some(CreateContainerWith { create, options })
    }
}
