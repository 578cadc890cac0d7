//! What a command is about, as rules look at it: labels, images, paths of the host, privileges.
//!
//! Objects that are there are looked up in the very state that decides the command. An object that is not there has
//! no labels to look at, and the decision will say that it is not there.

mod privileges;

use std::collections::BTreeMap;

use journal_domain::{
    Command, ConfigurationRequest, ContainerCommand, ContainerId, ContainerOption, CopyCommand,
    CreateContainer, CreateNetwork, ExecCommand, ImageCommand, ImageName, MountSource, Mounting,
    NetworkCommand, NetworkMode, Networking, PodCommand, PoolCommand, PoolName, StreamTarget,
    SystemCommand, VolumeCommand, VolumeName, clean_path,
};
use projector_containers::{Container, State};

use crate::Object;

pub(crate) use privileges::KNOWN as KNOWN_PRIVILEGES;

/// Labels of an object.
pub(crate) type Labels = BTreeMap<String, String>;

/// The option of a volume that makes it a directory of the host.
const DEVICE: &str = "device";

/// What a command is about.
#[derive(Debug, Default)]
pub(crate) struct Facts<'s> {
    /// The labels of each object that is made or touched.
    pub(crate) labels: Vec<&'s Labels>,
    /// The names of each image that is used or made; one of them has to be allowed.
    pub(crate) images: Vec<Names>,
    /// Directories and files of the host that are given to a container.
    pub(crate) paths: Vec<String>,
    /// What lets a container do more to the host than others can.
    pub(crate) privileges: Vec<String>,
    /// The pool of each container that is made or touched, nothing for one without, and the pools that are changed.
    pub(crate) pools: Vec<&'s str>,
}

/// The names that one image goes by.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Names(pub(crate) Vec<String>);

/// Tells what `command` is about in `state`.
pub(crate) fn of<'s>(state: &'s State, command: &'s Command) -> Facts<'s> {
    let mut facts = Facts::default();
    match command {
        Command::Container(command) => facts.container(state, command),
        Command::Copy(CopyCommand::Open(open)) => facts.touch(state, &open.container),
        Command::Copy(CopyCommand::Complete(_) | CopyCommand::Fail(_)) => {}
        Command::Exec(command) => facts.exec(state, command),
        Command::Image(command) => facts.image(state, command),
        Command::Network(command) => facts.network(state, command),
        Command::Pod(command) => facts.pod(state, command),
        Command::Pool(command) => facts.pool(command),
        Command::System(command) => facts.system(state, command),
        Command::Volume(command) => facts.volume(state, command),
    }
    facts
}

/// Gives the pool that a container is made in.
fn pool_of(options: &[ContainerOption]) -> &str {
    let named = options.iter().find_map(|option| {
        let ContainerOption::Pool(name) = option else { return None };
        Some(name.as_str())
    });
    named.unwrap_or_default()
}

/// The labels of what has none.
static NO_LABELS: Labels = Labels::new();

/// Tells what a call is about that reads `object`.
pub(crate) fn of_read<'s>(state: &'s State, object: Object<'_>) -> Facts<'s> {
    let mut facts = Facts::default();
    match object {
        Object::Container(target) => facts.touch_named(state, target),
        Object::Exec(id) => facts.touch_exec_of(state, id),
        Object::Network(target) => facts.touch_network(state, target),
        Object::Volume(name) => {
            if let Ok(name) = name.parse() {
                facts.touch_volume(state, &name);
            }
        }
        Object::Images => return facts,
        Object::All => {}
    }
    if facts.labels.is_empty() {
        facts.labels.push(&NO_LABELS);
    }
    facts
}

// === impl Facts ===

impl<'s> Facts<'s> {
    fn container(&mut self, state: &'s State, command: &'s ContainerCommand) {
        match command {
            ContainerCommand::Create(create) => self.create(state, create, &[]),
            ContainerCommand::CreateWith(with) => self.create(state, &with.create, &with.options),
            ContainerCommand::CreateOnce(once) => {
                self.create(state, &once.create.create, &once.create.options);
            }
            ContainerCommand::Start(c) => self.touch_named(state, &c.target),
            ContainerCommand::Stop(c) => self.touch_named(state, &c.target),
            ContainerCommand::Restart(c) => self.touch_named(state, &c.target),
            ContainerCommand::Kill(c) => self.touch_named(state, &c.target),
            ContainerCommand::Rename(c) => self.touch_named(state, &c.target),
            ContainerCommand::Remove(c) => self.touch_named(state, &c.target),
            ContainerCommand::Resize(c) => self.touch_named(state, &c.target),
            ContainerCommand::Pause(c) => self.touch_named(state, &c.target),
            ContainerCommand::Unpause(c) => self.touch_named(state, &c.target),
            ContainerCommand::Update(c) => self.touch_named(state, &c.target),
            ContainerCommand::Probe(c) => self.touch_named(state, &c.target),
            ContainerCommand::StopTimeout(_)
            | ContainerCommand::RestartDue(_)
            | ContainerCommand::ProbeDue(_)
            | ContainerCommand::ObserveUpdate(_)
            | ContainerCommand::ObserveStartedWith(_)
            | ContainerCommand::ObserveStarted(_)
            | ContainerCommand::ObserveStartFailure(_)
            | ContainerCommand::ObserveSignal(_)
            | ContainerCommand::ObserveResize(_)
            | ContainerCommand::ObserveRemovedWith(_)
            | ContainerCommand::ObserveRemoved(_)
            | ContainerCommand::ObserveProbe(_)
            | ContainerCommand::ObserveLost(_)
            | ContainerCommand::ObserveFreeze(_)
            | ContainerCommand::ObserveExit(_)
            | ContainerCommand::ObserveDelay(_) => {}
        }
    }

    fn create(
        &mut self,
        state: &'s State,
        create: &'s CreateContainer,
        options: &'s [ContainerOption],
    ) {
        let spec = &*create.spec;
        let is_step = options.iter().any(|option| matches!(option, ContainerOption::Build(_)));
        // A step of a build has no labels, its image is one that the build has made, and it ends with the build.
        if !is_step {
            self.labels.push(&spec.labels);
            self.pools.push(pool_of(options));
            self.use_image(state, &spec.image, create.image_name.as_ref());
        }
        self.given(state, create, options);
    }

    /// What a container is given beyond its image.
    fn given(
        &mut self,
        state: &'s State,
        create: &'s CreateContainer,
        options: &'s [ContainerOption],
    ) {
        let spec = &*create.spec;
        privileges::of_spec(spec, &mut self.privileges);
        for option in options {
            match option {
                ContainerOption::Mounting(mounting) => self.mounting(state, mounting),
                ContainerOption::Devices(devices) => {
                    privileges::of_devices(devices, &mut self.privileges);
                }
                ContainerOption::Namespaces(namespaces) => {
                    privileges::of_namespaces(namespaces, &mut self.privileges);
                    namespaces.peers().for_each(|peer| self.touch_named(state, peer));
                }
                ContainerOption::CgroupParent(_) => {
                    self.privileges.push(privileges::CGROUP_PARENT.to_owned());
                }
                // It may allow everything.
                ContainerOption::SeccompProfile(_) => {
                    self.privileges.push(privileges::OWN_SECCOMP.to_owned());
                }
                ContainerOption::Networking(networking) => {
                    self.networking(state, spec.network, networking);
                }
                // Who joins a pod touches it, and its holder.
                ContainerOption::Pod(place) => self.touch_pod(state, &place.pod.to_string()),
                ContainerOption::Logging(_)
                | ContainerOption::Publishing(_)
                | ContainerOption::HostUserNamespace
                | ContainerOption::SealedEnvironment(_)
                | ContainerOption::Restart(_)
                | ContainerOption::Health(_)
                | ContainerOption::MountPoints(_)
                | ContainerOption::MoreLimits(_)
                | ContainerOption::NoNetwork(_)
                | ContainerOption::ForImages(_)
                | ContainerOption::Runtime(_)
                | ContainerOption::Pool(_)
                | ContainerOption::Build(_) => {}
            }
        }
    }

    fn pod(&mut self, state: &'s State, command: &'s PodCommand) {
        match command {
            PodCommand::Create(create) => {
                self.labels.push(&create.labels);
                // Its container has no image.
                if let Some(holder) = &create.holder {
                    self.given(state, &holder.create, &holder.options);
                }
            }
            PodCommand::Remove(remove) => {
                self.touch_pod(state, &remove.target);
                let members = state.pods().find(&remove.target).ok();
                let members = members.into_iter().flat_map(|kept| &kept.members);
                members.for_each(|member| self.touch(state, member));
            }
        }
    }

    fn pool(&mut self, command: &'s PoolCommand) {
        match command {
            PoolCommand::Set(set) => {
                self.pools.extend(set.pools.iter().map(|pool| pool.name.as_str()));
            }
            PoolCommand::Drain(drain) => self.pools.push(&drain.name),
            PoolCommand::Remove(remove) => self.pools.push(&remove.name),
        }
    }

    fn touch_pod(&mut self, state: &'s State, target: &str) {
        self.labels.extend(state.pods().find(target).ok().map(|kept| &kept.pod.labels));
    }

    fn mounting(&mut self, state: &'s State, mounting: &'s Mounting) {
        for asked in &mounting.asked {
            privileges::of_access(&asked.mount.access, &mut self.privileges);
            match &asked.mount.source {
                MountSource::Path { path, .. } => self.paths.push(clean_path(path)),
                MountSource::Volume(volume) => {
                    self.device(&volume.options);
                    if let Some(name) = &volume.name {
                        self.touch_volume(state, name);
                    }
                }
                MountSource::Memory { .. } => {}
            }
        }
        for from in &mounting.volumes_from {
            self.touch_named(state, &from.container);
        }
    }

    /// Touches the networks that are joined, and whose network is shared.
    fn networking(&mut self, state: &'s State, mode: NetworkMode, networking: &'s Networking) {
        match mode {
            NetworkMode::Container => {
                let peer = networking.container().unwrap_or(&networking.mode);
                self.touch_named(state, peer);
            }
            NetworkMode::User => self.touch_network(state, &networking.mode),
            NetworkMode::Default | NetworkMode::Bridge | NetworkMode::Host | NetworkMode::None => {}
        }
        for endpoint in &networking.endpoints {
            self.touch_network(state, &endpoint.network);
        }
        let links = networking.endpoints.iter().flat_map(|endpoint| &endpoint.links);
        for link in links.chain(&networking.links) {
            self.touch_named(state, link.split(':').next().unwrap_or(link));
        }
    }

    fn exec(&mut self, state: &'s State, command: &'s ExecCommand) {
        let create = match command {
            ExecCommand::Create(create) => create,
            ExecCommand::CreateWith(with) => &with.create,
            ExecCommand::Start(start) => return self.touch_exec(state, &start.target),
            ExecCommand::Resize(resize) => return self.touch_exec(state, &resize.target),
            ExecCommand::Remove(remove) => return self.touch_exec(state, &remove.target),
            ExecCommand::Forget(_)
            | ExecCommand::ObserveStarted(_)
            | ExecCommand::ObserveStartFailure(_)
            | ExecCommand::ObserveExit(_)
            | ExecCommand::ObserveResize(_) => return,
        };
        self.touch_named(state, &create.target);
        if create.spec.privileged {
            self.privileges.push(privileges::PRIVILEGED.to_owned());
        }
    }

    fn image(&mut self, state: &'s State, command: &'s ImageCommand) {
        match command {
            ImageCommand::OpenTransfer(open) => {
                if !open.name.is_empty() {
                    self.images.push(Names::of_text(&open.name));
                }
            }
            ImageCommand::Add(add) => {
                let names = add.images.iter().flat_map(|(_, names)| names);
                self.images.extend(names.map(Names::of));
            }
            ImageCommand::AddMade(made) => {
                let names = made.end.iter().flat_map(|end| &end.names);
                self.images.extend(names.map(Names::of));
                if let Some((container, _)) = &made.commit {
                    self.touch(state, container);
                }
            }
            ImageCommand::Tag(tag) => {
                self.use_image(state, &tag.target, tag.target_name.as_ref());
                self.images.push(Names::of(&tag.name));
            }
            ImageCommand::Delete(delete) => {
                self.use_image(state, &delete.target, delete.target_name.as_ref());
            }
            ImageCommand::DeleteAlone(alone) => {
                let delete = &alone.delete;
                self.use_image(state, &delete.target, delete.target_name.as_ref());
            }
            ImageCommand::Save(save) => {
                let names = save
                    .images
                    .iter()
                    .map(|id| state.images().names(id).iter().map(Names::of).collect::<Names>());
                self.images.extend(names);
            }
            ImageCommand::Prune(_)
            | ImageCommand::PruneBuildCache(_)
            | ImageCommand::AddPulled(_)
            | ImageCommand::CompletePush(_)
            | ImageCommand::FailTransfer(_)
            | ImageCommand::ObserveLayersDropped(_) => {}
        }
    }

    fn new_network(&mut self, create: &'s CreateNetwork) {
        self.labels.push(&create.request.labels);
        if !create.request.options.is_empty() {
            self.privileges.push("network:options".to_owned());
        }
    }

    fn network(&mut self, state: &'s State, command: &'s NetworkCommand) {
        match command {
            NetworkCommand::Create(create) => self.new_network(create),
            NetworkCommand::CreateConfigured(configured) => match &configured.configuration {
                ConfigurationRequest::Only => self.new_network(&configured.create),
                // It has labels and options of the configuration, and none of its own.
                ConfigurationRequest::From(name) => self.touch_network(state, name),
            },
            NetworkCommand::Remove(remove) => self.touch_network(state, &remove.target),
            NetworkCommand::Connect(connect) => {
                self.touch_network(state, &connect.network);
                self.touch_named(state, &connect.container);
            }
            NetworkCommand::Disconnect(disconnect) => {
                self.touch_network(state, &disconnect.network);
                self.touch_named(state, &disconnect.container);
            }
            NetworkCommand::ObserveMade(_)
            | NetworkCommand::ObserveRemoved(_)
            | NetworkCommand::ObserveWired(_)
            | NetworkCommand::RecordPrune(_) => {}
        }
    }

    fn volume(&mut self, state: &'s State, command: &'s VolumeCommand) {
        match command {
            VolumeCommand::Create(create) => {
                self.device(&create.volume.options);
                // A create of what is there already is answered with it.
                match state.volumes().get(&create.volume.name) {
                    Some(kept) => self.labels.push(&kept.volume.labels),
                    None => self.labels.push(&create.volume.labels),
                }
            }
            VolumeCommand::Remove(remove) => {
                if let Ok(name) = remove.name.parse() {
                    self.touch_volume(state, &name);
                }
            }
            VolumeCommand::ObserveReady(_)
            | VolumeCommand::ObserveRemoved(_)
            | VolumeCommand::RecordPrune(_) => {}
        }
    }

    fn system(&mut self, state: &'s State, command: &'s SystemCommand) {
        if let SystemCommand::OpenStream(open) = command {
            match &open.target {
                StreamTarget::Container(id) => self.touch(state, id),
                StreamTarget::Exec(id) => {
                    if let Some(exec) = state.exec(id) {
                        self.touch(state, &exec.container);
                    }
                }
            }
        }
    }

    /// Notes an image by all names that it has: who is allowed one of them may use it by its id too.
    fn use_image(&mut self, state: &'s State, text: &str, name: Option<&ImageName>) {
        let mut names = match name {
            Some(name) => Names::of(name),
            None => Names::default(),
        };
        if let Ok(image) = state.find_image(text, name)
            && name.is_none_or(|name| state.images().named(name).is_none())
        {
            names = state.images().names(&image.id).iter().map(Names::of).collect();
        }
        if names.0.is_empty() {
            names.0.push(text.to_owned());
        }
        self.images.push(names);
    }

    fn device(&mut self, options: &Labels) {
        self.paths.extend(options.get(DEVICE).map(|path| clean_path(path)));
    }

    fn touch(&mut self, state: &'s State, id: &ContainerId) {
        if let Some(container) = state.container(id) {
            self.take(container);
        }
    }

    fn take(&mut self, container: &'s Container) {
        self.labels.push(&container.spec.labels);
        self.pools.push(container.pool().map(PoolName::as_str).unwrap_or_default());
    }

    fn touch_exec_of(&mut self, state: &'s State, id: &str) {
        if let Ok(exec) = state.find_exec(id) {
            self.touch(state, &exec.container);
        }
    }

    fn touch_named(&mut self, state: &'s State, target: &str) {
        let found = state.find(target.strip_prefix('/').unwrap_or(target));
        if let Ok(container) = found {
            self.take(container);
        }
    }

    fn touch_exec(&mut self, state: &'s State, target: &str) {
        if let Ok(exec) = state.find_exec(target) {
            self.touch(state, &exec.container);
            if exec.spec.privileged {
                self.privileges.push(privileges::PRIVILEGED.to_owned());
            }
        }
    }

    fn touch_volume(&mut self, state: &'s State, name: &VolumeName) {
        self.labels.extend(state.volumes().get(name).map(|kept| &kept.volume.labels));
    }

    /// Networks that are always there have no labels, and belong to nobody.
    fn touch_network(&mut self, state: &'s State, target: &str) {
        const ALWAYS_THERE: [&str; 3] = ["bridge", "host", "none"];
        if let Ok(kept) = state.networks().find(target)
            && !ALWAYS_THERE.contains(&kept.network.name.as_str())
        {
            self.labels.push(&kept.network.labels);
        }
    }
}

// === impl Names ===

impl Names {
    /// Gives the forms of a name that a pattern may be written in: with the registry or as docker shows it, with the
    /// tag or for all tags.
    fn of(name: &ImageName) -> Self {
        let forms = [name.as_str(), name.familiar(), name.repository(), name.familiar_repository()];
        Self(forms.map(str::to_owned).to_vec())
    }

    /// Does the same with a name as docker shows it.
    fn of_text(text: &str) -> Self {
        let name = ImageName::from_normalized(text);
        Self(vec![text.to_owned(), name.repository().to_owned()])
    }
}

impl FromIterator<Self> for Names {
    fn from_iter<I: IntoIterator<Item = Self>>(all: I) -> Self {
        Self(all.into_iter().flat_map(|names| names.0).collect())
    }
}
