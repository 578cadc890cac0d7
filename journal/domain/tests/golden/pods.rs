//! Pods, and containers in them.

use std::{collections::BTreeMap, sync::Arc};

use journal_domain::*;

use super::{container, nameless, text};

fn id() -> PodId {
    PodId::from_bytes([0x5a; 32])
}

fn pod() -> Pod {
    Pod {
        id: id(),
        name: "front".parse().unwrap(),
        labels: BTreeMap::from([(text("k"), text("v"))]),
        shared: PodNamespace::ALL.to_vec(),
        holder: Some(container()),
    }
}

fn place() -> PodPlace {
    PodPlace { pod: id(), holds: false, uts_of: Some(container().to_string()) }
}

pub(crate) fn commands() -> Vec<Command> {
    let create = nameless(None);
    let options = vec![ContainerOption::Pod(place())];
    let create_pod = CreatePod {
        id: id(),
        name: Some(text("front")),
        name_seed: 7,
        labels: pod().labels,
        shared: pod().shared,
        holder: Some(Box::new(CreateContainerWith { create, options })),
    };
    vec![
        PodCommand::from(create_pod).into(),
        PodCommand::from(RemovePod { target: text("front"), force: true }).into(),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let options = vec![ContainerOption::Pod(place())];
    vec![
        ContainerOptionsSet { id: container(), options }.into(),
        PodCreated { pod: Arc::new(pod()) }.into(),
        PodRemovalRequested { id: id() }.into(),
        PodRemoved { id: id() }.into(),
    ]
}
