//! The names of what can be done, by kind of command.
//!
//! What follows from something that was asked before has no name: the end of a transfer, a report, a timer. It was
//! allowed with what it belongs to, and refusing it would leave that unfinished.

use journal_domain::{
    Command, ContainerCommand, CopyCommand, ExecCommand, ImageCommand, ImageSource, NetworkCommand,
    PodCommand, PoolCommand, SystemCommand, VolumeCommand,
};

/// Every name there is: what a rule lists has to stand for one of them at least.
pub(crate) const ACTIONS: &[&str] = &[
    "container.attach",
    "container.copy",
    "container.create",
    "container.exec",
    "container.kill",
    "container.pause",
    "container.remove",
    "container.rename",
    "container.resize",
    "container.restart",
    "container.start",
    "container.stop",
    "container.update",
    "image.build",
    "image.commit",
    "image.import",
    "image.load",
    "image.prune",
    "image.pull",
    "image.push",
    "image.remove",
    "image.save",
    "image.tag",
    "network.connect",
    "network.create",
    "network.disconnect",
    "network.remove",
    "pod.create",
    "pod.remove",
    "pool.drain",
    "pool.remove",
    "pool.set",
    "read.containers",
    "read.execs",
    "read.files",
    "read.images",
    "read.networks",
    "read.system",
    "read.volumes",
    "volume.create",
    "volume.remove",
];

/// Names what a command does; nothing where it only goes on with what was asked before.
pub(crate) const fn of(command: &Command) -> Option<&'static str> {
    match command {
        Command::Container(command) => of_container(command),
        Command::Copy(command) => match command {
            CopyCommand::Open(_) => Some("container.copy"),
            CopyCommand::Complete(_) | CopyCommand::Fail(_) => None,
        },
        Command::Exec(command) => of_exec(command),
        Command::Image(command) => of_image(command),
        Command::Network(command) => of_network(command),
        Command::Pod(PodCommand::Create(_)) => Some("pod.create"),
        Command::Pod(PodCommand::Remove(_)) => Some("pod.remove"),
        Command::Pool(PoolCommand::Drain(_)) => Some("pool.drain"),
        Command::Pool(PoolCommand::Remove(_)) => Some("pool.remove"),
        Command::Pool(PoolCommand::Set(_)) => Some("pool.set"),
        Command::System(command) => of_system(command),
        Command::Volume(command) => of_volume(command),
    }
}

const fn of_container(command: &ContainerCommand) -> Option<&'static str> {
    match command {
        ContainerCommand::Create(_)
        | ContainerCommand::CreateWith(_)
        | ContainerCommand::CreateOnce(_) => Some("container.create"),
        ContainerCommand::Start(_) => Some("container.start"),
        ContainerCommand::Stop(_) => Some("container.stop"),
        ContainerCommand::Restart(_) => Some("container.restart"),
        ContainerCommand::Kill(_) => Some("container.kill"),
        ContainerCommand::Rename(_) => Some("container.rename"),
        ContainerCommand::Remove(_) => Some("container.remove"),
        ContainerCommand::Resize(_) => Some("container.resize"),
        ContainerCommand::Pause(_) | ContainerCommand::Unpause(_) => Some("container.pause"),
        ContainerCommand::Update(_) => Some("container.update"),
        // It runs a program in the container.
        ContainerCommand::Probe(_) => Some("container.exec"),
        ContainerCommand::ObserveDelay(_)
        | ContainerCommand::ObserveExit(_)
        | ContainerCommand::ObserveFreeze(_)
        | ContainerCommand::ObserveLost(_)
        | ContainerCommand::ObserveProbe(_)
        | ContainerCommand::ObserveRemoved(_)
        | ContainerCommand::ObserveRemovedWith(_)
        | ContainerCommand::ObserveResize(_)
        | ContainerCommand::ObserveSignal(_)
        | ContainerCommand::ObserveStartFailure(_)
        | ContainerCommand::ObserveStarted(_)
        | ContainerCommand::ObserveStartedWith(_)
        | ContainerCommand::ObserveUpdate(_)
        | ContainerCommand::ProbeDue(_)
        | ContainerCommand::RestartDue(_)
        | ContainerCommand::StopTimeout(_) => None,
    }
}

const fn of_exec(command: &ExecCommand) -> Option<&'static str> {
    match command {
        ExecCommand::Create(_)
        | ExecCommand::CreateWith(_)
        | ExecCommand::Start(_)
        | ExecCommand::Resize(_)
        | ExecCommand::Remove(_) => Some("container.exec"),
        ExecCommand::Forget(_)
        | ExecCommand::ObserveStarted(_)
        | ExecCommand::ObserveStartFailure(_)
        | ExecCommand::ObserveExit(_)
        | ExecCommand::ObserveResize(_) => None,
    }
}

const fn of_image(command: &ImageCommand) -> Option<&'static str> {
    match command {
        ImageCommand::OpenTransfer(open) => Some(match open.source {
            ImageSource::Import => "image.import",
            ImageSource::Load => "image.load",
            ImageSource::Pull => "image.pull",
            ImageSource::Push => "image.push",
            ImageSource::Commit => "image.commit",
            ImageSource::Build => "image.build",
        }),
        // What is in an archive is known once it was read, and takes its names with this.
        ImageCommand::Add(_) => Some("image.load"),
        ImageCommand::AddMade(made) if made.commit.is_some() => Some("image.commit"),
        ImageCommand::AddMade(_) => Some("image.build"),
        ImageCommand::Tag(_) => Some("image.tag"),
        ImageCommand::Save(_) => Some("image.save"),
        ImageCommand::Delete(_) | ImageCommand::DeleteAlone(_) => Some("image.remove"),
        ImageCommand::Prune(_) | ImageCommand::PruneBuildCache(_) => Some("image.prune"),
        ImageCommand::AddPulled(_)
        | ImageCommand::CompletePush(_)
        | ImageCommand::FailTransfer(_)
        | ImageCommand::ObserveLayersDropped(_) => None,
    }
}

const fn of_network(command: &NetworkCommand) -> Option<&'static str> {
    match command {
        NetworkCommand::Create(_) | NetworkCommand::CreateConfigured(_) => Some("network.create"),
        NetworkCommand::Remove(_) => Some("network.remove"),
        NetworkCommand::Connect(_) => Some("network.connect"),
        NetworkCommand::Disconnect(_) => Some("network.disconnect"),
        NetworkCommand::ObserveMade(_)
        | NetworkCommand::ObserveRemoved(_)
        | NetworkCommand::ObserveWired(_)
        | NetworkCommand::RecordPrune(_) => None,
    }
}

const fn of_system(command: &SystemCommand) -> Option<&'static str> {
    match command {
        SystemCommand::OpenStream(_) => Some("container.attach"),
        SystemCommand::CloseStream(_)
        | SystemCommand::Boot(_)
        | SystemCommand::ConfigureBridge(_)
        | SystemCommand::Reject(_)
        | SystemCommand::RecordPrune(_)
        | SystemCommand::ForgetKeys(_) => None,
    }
}

const fn of_volume(command: &VolumeCommand) -> Option<&'static str> {
    match command {
        VolumeCommand::Create(_) => Some("volume.create"),
        VolumeCommand::Remove(_) => Some("volume.remove"),
        VolumeCommand::ObserveReady(_)
        | VolumeCommand::ObserveRemoved(_)
        | VolumeCommand::RecordPrune(_) => None,
    }
}
