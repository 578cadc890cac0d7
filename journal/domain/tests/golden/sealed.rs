//! Payloads with sealed values, and the end of their keys.

use journal_domain::*;

use super::{container, exec, exec_spec, nameless, spec, text};

fn key() -> KeyId {
    KeyId::from_bytes([0x4b; 16])
}

fn sealed() -> SealedEnvironment {
    SealedEnvironment {
        key: key(),
        places: vec![0],
        nonce: Nonce::from_bytes([0x4e; 24]),
        ciphertext: Ciphertext::new(vec![0xc0, 0xff, 0xee]),
    }
}

fn create() -> CreateContainer {
    let spec = ContainerSpec { env: vec![text("A=")], ..spec() };
    CreateContainer { spec: spec.into(), ..nameless(None) }
}

pub(crate) fn commands() -> Vec<Command> {
    let options = vec![ContainerOption::SealedEnvironment(sealed())];
    let removed = ObserveRemoved { id: container() };
    let spec = ExecSpec { env: vec![text("B=")], ..exec_spec() };
    let exec = CreateExec { id: exec(), target: text("web"), spec: spec.into() };
    let exec_options = vec![ExecOption::SealedEnvironment(sealed())];
    vec![
        ContainerCommand::from(CreateContainerWith { create: create(), options }).into(),
        ContainerCommand::from(ObserveRemovedWith { removed, destroyed: vec![key()] }).into(),
        ExecCommand::from(CreateExecWith { create: exec, options: exec_options }).into(),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let options = vec![ContainerOption::SealedEnvironment(sealed())];
    let exec_options = vec![ExecOption::SealedEnvironment(sealed())];
    vec![
        ContainerOptionsSet { id: container(), options }.into(),
        KeysDestroyed { id: container(), keys: vec![key()] }.into(),
        ExecOptionsSet { id: exec(), options: exec_options }.into(),
    ]
}
