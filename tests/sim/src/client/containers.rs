//! Containers: some with networks, volumes, a pool, a policy of restarts; and what is done to any of them.

use fastrand::Rng;
use journal_domain::{
    AskedMount, Command, ContainerCommand, ContainerId, ContainerOption, ContainerSpec,
    CreateContainer, CreateContainerWith, EndpointId, EndpointRequest, KillContainer, Limits,
    MountAccess, MountField, MountRequest, MountSource, Mounting, NetworkMode, Networking,
    RemoveContainer, RenameContainer, ResizeContainer, RestartContainer, RestartPolicy, Signal,
    StartContainer, StopContainer, TerminalSize, VolumeRequest,
};
use projector_containers::{Container, Phase, State};

use super::{Client, bytes, image_name, pick};

/// The share of a pool's memory that its containers ask for.
const MEMORY_BYTES: u64 = 64 << 20;

impl Client {
    /// Asks for a container, now and then in a way that may be repeated.
    pub(super) fn create(&mut self, rng: &mut Rng, state: &State) -> Command {
        let with = self.wanted(rng, state);
        let command: ContainerCommand = match rng.u8(..) {
            0..30 => self.once.first(rng, with).into(),
            _ if with.options.is_empty() => with.create.into(),
            _ => with.into(),
        };
        command.into()
    }

    fn wanted(&mut self, rng: &mut Rng, state: &State) -> CreateContainerWith {
        let mut spec = ContainerSpec {
            image: "app".to_owned(),
            tty: rng.bool(),
            auto_remove: rng.u8(..) < 13,
            stop_timeout_seconds: rng.bool().then(|| rng.i64(0..5)),
            ..ContainerSpec::default()
        };
        let mut image_name = Some(image_name());
        if rng.u8(..) < 50
            && let Some(built) = pick(rng, super::images::built(state))
        {
            spec.image = built.familiar().to_owned();
            image_name = Some(built);
        }
        let mut options = Vec::new();
        options.extend(networking(rng, state, &mut spec));
        options.extend(mounting(rng, state));
        options.extend(pool(rng, state, &mut spec));
        if !spec.auto_remove {
            options.extend(restart(rng).map(ContainerOption::Restart));
        }
        let create = CreateContainer {
            id: ContainerId::from_bytes(bytes(rng)),
            name: rng.bool().then(|| self.name('c')),
            name_seed: rng.u64(..),
            image_name,
            spec: Box::new(spec),
        };
        CreateContainerWith { create, options }
    }

    pub(super) fn change(
        &mut self,
        rng: &mut Rng,
        container: &Container,
    ) -> Option<ContainerCommand> {
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
                RemoveContainer { target, force: false, volumes: rng.bool() }.into()
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
                RemoveContainer { target, force: true, volumes: rng.bool() }.into()
            }
            (_, 95..) => RenameContainer { target, name: self.name('c') }.into(),
            (Phase::Starting(_) | Phase::Running(_), _) if container.spec.tty => {
                let size = TerminalSize { rows: rng.u16(1..99), columns: rng.u16(1..99) };
                ResizeContainer { target, size }.into()
            }
            (Phase::Created(_) | Phase::Starting(_) | Phase::Running(_) | Phase::Exited(_), _) => {
                return None;
            }
        })
    }
}

/// Puts a container into one or two networks of users, where there are some.
fn networking(rng: &mut Rng, state: &State, spec: &mut ContainerSpec) -> Option<ContainerOption> {
    if rng.u8(..) >= 80 {
        return None;
    }
    let names = || super::networks::own(state).map(|kept| kept.network.name.clone());
    let mode = pick(rng, names())?;
    let other = if rng.bool() { pick(rng, names().filter(|name| *name != mode)) } else { None };
    spec.network = NetworkMode::User;
    let endpoints = other.iter().map(|name| EndpointRequest::plain(name)).collect();
    Some(ContainerOption::Networking(Networking { mode, endpoints, links: Vec::new() }))
}

/// Gives a container a volume of its own, or one that others use too.
fn mounting(rng: &mut Rng, state: &State) -> Option<ContainerOption> {
    let name = match rng.u8(..) {
        0..20 => None,
        20..40 => Some(pick(rng, state.volumes().iter())?.volume.name.clone()),
        _ => return None,
    };
    let request = VolumeRequest { name, copy: true, ..VolumeRequest::default() };
    let mount = MountRequest {
        target: "/data".to_owned(),
        source: MountSource::Volume(request),
        access: MountAccess::default(),
    };
    let asked = AskedMount { field: MountField::Binds, text: String::new(), mount };
    Some(ContainerOption::Mounting(Mounting { asked: vec![asked], ..Mounting::default() }))
}

fn pool(rng: &mut Rng, state: &State, spec: &mut ContainerSpec) -> Option<ContainerOption> {
    if rng.u8(..) >= 40 {
        return None;
    }
    let kept = pick(rng, state.pools().iter())?;
    spec.limits = Limits { memory_bytes: MEMORY_BYTES, ..Limits::default() };
    Some(ContainerOption::Pool(kept.pool.name.clone()))
}

fn restart(rng: &mut Rng) -> Option<RestartPolicy> {
    match rng.u8(..) {
        0..5 => Some(RestartPolicy::Always),
        5..12 => Some(RestartPolicy::UnlessStopped),
        12..20 => Some(RestartPolicy::OnFailure { retries_max: 3 }),
        _ => None,
    }
}
