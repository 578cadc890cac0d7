//! Networks of users: made, removed, joined and left, also both at once.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use fastrand::Rng;
use journal_domain::{
    Command, ConnectContainer, CreateNetwork, DisconnectContainer, EndpointId, EndpointRequest,
    NetworkCommand, NetworkId, NetworkRequest, PoolRequest, RemoveNetwork, Subnet,
};
use projector_containers::{KeptNetwork, State};

use super::{Client, bytes, pick};

/// Networks that clients keep. Docker's own pools of addresses end at thirty.
const NETWORKS: usize = 6;

impl Client {
    pub(super) fn network(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        let count = own(state).count();
        let command: NetworkCommand = match rng.u8(0..100) {
            0..30 if count < NETWORKS => self.create_network(rng).into(),
            0..35 => {
                let kept = pick(rng, own(state))?;
                RemoveNetwork { target: kept.network.id.to_string() }.into()
            }
            35..70 => self.connect(rng, state)?.into(),
            _ => {
                let joined = state.newest_first().filter(|container| container.endpoints.len() > 1);
                let container = pick(rng, joined)?;
                let network = pick(rng, &container.endpoints)?.network().to_owned();
                let container = container.id.to_string();
                DisconnectContainer { network, container, force: false }.into()
            }
        };
        Some(command.into())
    }

    fn create_network(&mut self, rng: &mut Rng) -> CreateNetwork {
        let chosen = rng.bool().then(|| PoolRequest {
            subnet: Subnet::new(Ipv4Addr::new(10, rng.u8(1..250), rng.u8(..), 0).into(), 24),
            range: None,
            gateway: None,
            reserved: BTreeMap::new(),
        });
        let request = NetworkRequest {
            name: self.name('n'),
            internal: rng.u8(..) < 32,
            ipv6: rng.u8(..) < 64,
            pools: chosen.into_iter().collect(),
            ..NetworkRequest::default()
        };
        let id = NetworkId::from_bytes(bytes(rng));
        CreateNetwork { id, request: Box::new(request), reached: Vec::new() }
    }

    /// Has a container join a network, and now and then leave it at once.
    fn connect(&mut self, rng: &mut Rng, state: &State) -> Option<ConnectContainer> {
        let network = pick(rng, own(state))?.network.name.clone();
        let container = pick(rng, state.active())?.id.to_string();
        if rng.bool() {
            let (network, container) = (network.clone(), container.clone());
            let leave = DisconnectContainer { network, container, force: false };
            self.follow = Some(NetworkCommand::from(leave).into());
        }
        let endpoint = EndpointId::from_bytes(bytes(rng));
        Some(ConnectContainer {
            network,
            container,
            endpoint,
            request: Box::new(EndpointRequest::default()),
        })
    }
}

/// Goes through the networks that clients have made.
pub(super) fn own(state: &State) -> impl Iterator<Item = &Arc<KeptNetwork>> {
    state.networks().iter().filter(|kept| !kept.network.is_predefined())
}
