//! States for tests, told as commands.

use std::time::Duration;

use journal_domain::{
    AddImages, AskedMount, Command, ContainerCommand, ContainerId, ContainerOption, ContainerSpec,
    CreateContainer, CreateContainerWith, CreateExec, Digest, EndpointId, ExecCommand, ExecId,
    ExecSpec, Image, ImageCommand, ImageConfig, ImageName, ImageSource, Layer, MountAccess,
    MountField, MountRequest, MountSource, Mounting, ObserveExit, ObserveStarted, OpenTransfer,
    RemoveContainer, ResizeContainer, StartContainer, StartExec, StopContainer, TerminalSize,
    TransferId, VolumeName, VolumeRequest,
};
use journal_log::{Seq, Timestamp};
use projector_containers::{Containers, State};
use projector_machine::{Machine, Stamp};

/// The container that every story is about.
pub(crate) const WEB: ContainerId = ContainerId::from_bytes([1; 32]);

/// A container that mounts a volume, in stories that have one.
pub(crate) const MOUNTING: ContainerId = ContainerId::from_bytes([6; 32]);

/// Its exec.
pub(crate) const EXEC: ExecId = ExecId::from_bytes([2; 32]);

/// Its image's layer.
pub(crate) const LAYER: Digest = Digest::from_bytes([3; 32]);

/// A state and the time in it.
pub(crate) struct Story {
    pub(crate) state: State,
    /// The commands that led to it.
    pub(crate) told: Vec<Command>,
    seq: Seq,
    now: Timestamp,
}

impl Story {
    /// Begins with the container `web`, made of an image with one layer.
    pub(crate) fn new() -> Self {
        let (state, told) = (State::default(), Vec::new());
        let mut story = Self { state, told, seq: Seq::GENESIS, now: Timestamp::ZERO };
        let transfer = TransferId::from_bytes([4; 16]);
        let name = ImageName::from_normalized("docker.io/library/app:latest");
        let image = Image {
            id: LAYER,
            layers: vec![Layer { diff_id: LAYER, blob: LAYER, size_bytes: 1 }],
            created: String::new(),
            architecture: "amd64".into(),
            os: "linux".into(),
            variant: String::new(),
            author: String::new(),
            comment: String::new(),
            config: ImageConfig { cmd: Some(vec!["sh".into()]), ..ImageConfig::default() },
            size_bytes: 1,
        };
        let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
        story.tell(ImageCommand::from(open));
        let images = vec![(image.into(), vec![name.clone()])];
        story.tell(ImageCommand::from(AddImages { transfer, images }));
        let spec = ContainerSpec { image: "app".into(), tty: true, ..ContainerSpec::default() };
        story.tell(ContainerCommand::from(CreateContainer {
            id: WEB,
            name: Some("web".into()),
            name_seed: 0,
            image_name: Some(name),
            spec: spec.into(),
        }));
        story
    }

    /// Goes on with one command.
    pub(crate) fn tell(&mut self, command: impl Into<Command>) {
        self.seq = self.seq.next();
        self.now = self.now.saturating_add(Duration::from_secs(1));
        let command = command.into();
        let events = Containers::decide(&self.state, &command, self.now).unwrap();
        self.told.push(command);
        for event in &events {
            Containers::apply(&mut self.state, event, Stamp { seq: self.seq, at: self.now });
        }
    }

    pub(crate) fn start(mut self) -> Self {
        let endpoint = EndpointId::from_bytes([5; 32]);
        self.tell(ContainerCommand::from(StartContainer { target: "web".into(), endpoint }));
        self
    }

    /// Adds a container that mounts a volume at `/d`.
    pub(crate) fn mounting(mut self, volume: &VolumeName) -> Self {
        let request =
            VolumeRequest { name: Some(volume.clone()), copy: true, ..VolumeRequest::default() };
        let source = MountSource::Volume(request);
        let mount = MountRequest { target: "/d".into(), source, access: MountAccess::default() };
        let asked = AskedMount { field: MountField::Binds, text: "data:/d".into(), mount };
        let mounting = Mounting { asked: vec![asked], ..Mounting::default() };
        let create = CreateContainer {
            id: MOUNTING,
            name: Some("mounting".into()),
            name_seed: 0,
            image_name: Some(ImageName::from_normalized("docker.io/library/app:latest")),
            spec: ContainerSpec { image: "app".into(), ..ContainerSpec::default() }.into(),
        };
        let options = vec![ContainerOption::Mounting(mounting)];
        self.tell(ContainerCommand::from(CreateContainerWith { create, options }));
        self
    }

    pub(crate) fn start_mounting(mut self) -> Self {
        let endpoint = EndpointId::from_bytes([5; 32]);
        self.tell(ContainerCommand::from(StartContainer { target: "mounting".into(), endpoint }));
        self
    }

    pub(crate) fn started(mut self) -> Self {
        let (incarnation, started_at) = (self.state.container(&WEB).unwrap().incarnation, self.now);
        let seen = ObserveStarted { id: WEB, incarnation, pid: 7, started_at };
        self.tell(ContainerCommand::from(seen));
        self
    }

    pub(crate) fn exited(mut self) -> Self {
        let (incarnation, finished_at) =
            (self.state.container(&WEB).unwrap().incarnation, self.now);
        let error = String::new();
        let oom_killed = false;
        let seen =
            ObserveExit { id: WEB, incarnation, exit_code: 0, oom_killed, finished_at, error };
        self.tell(ContainerCommand::from(seen));
        self
    }

    pub(crate) fn stop(mut self) -> Self {
        let stop = StopContainer { target: "web".into(), signal: None, timeout_seconds: None };
        self.tell(ContainerCommand::from(stop));
        self
    }

    pub(crate) fn resize(mut self) -> Self {
        let size = TerminalSize { rows: 5, columns: 6 };
        self.tell(ContainerCommand::from(ResizeContainer { target: "web".into(), size }));
        self
    }

    pub(crate) fn remove(mut self) -> Self {
        let remove = RemoveContainer { target: "web".into(), force: true, volumes: false };
        self.tell(ContainerCommand::from(remove));
        self
    }

    pub(crate) fn exec(mut self) -> Self {
        let spec = ExecSpec { cmd: vec!["ls".into()], ..ExecSpec::default() };
        self.tell(ExecCommand::from(CreateExec {
            id: EXEC,
            target: "web".into(),
            spec: spec.into(),
        }));
        let target = EXEC.to_string();
        self.tell(ExecCommand::from(StartExec { target, detach: true, console_size: None }));
        self
    }
}
