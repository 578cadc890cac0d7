//! What a command needs of the disk.

use journal_domain::{
    Command, ContainerCommand, CopyCommand, ExecCommand, ImageCommand, ImageSource, NetworkCommand,
    OpenTransfer, PodCommand, PoolCommand, SystemCommand, VolumeCommand,
};

/// What a command needs of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Room for what it brings, beside its record.
    Growth,
    /// Room for its record, and for what may follow from it.
    Record,
    /// Nothing that is not given back: it frees room, ends something, or tells what has happened.
    Nothing,
}

/// Tells what `command` needs.
pub(super) const fn need(command: &Command) -> Need {
    match command {
        Command::Container(command) => of_container(command),
        Command::Copy(command) => of_copy(command),
        Command::Exec(command) => of_exec(command),
        Command::Image(command) => of_image(command),
        Command::Network(command) => of_network(command),
        Command::Pod(PodCommand::Create(_)) => Need::Growth,
        Command::Pod(PodCommand::Remove(_)) => Need::Nothing,
        Command::Pool(PoolCommand::Set(_)) => Need::Record,
        Command::Pool(PoolCommand::Drain(_) | PoolCommand::Remove(_)) => Need::Nothing,
        Command::System(command) => of_system(command),
        Command::Volume(command) => of_volume(command),
    }
}

const fn of_container(command: &ContainerCommand) -> Need {
    match command {
        ContainerCommand::Create(_)
        | ContainerCommand::CreateWith(_)
        | ContainerCommand::CreateOnce(_) => Need::Growth,
        ContainerCommand::Start(_)
        | ContainerCommand::Restart(_)
        | ContainerCommand::Pause(_)
        | ContainerCommand::Unpause(_)
        | ContainerCommand::Update(_)
        | ContainerCommand::Probe(_)
        | ContainerCommand::Rename(_)
        | ContainerCommand::Resize(_) => Need::Record,
        ContainerCommand::Stop(_)
        | ContainerCommand::Kill(_)
        | ContainerCommand::Remove(_)
        | ContainerCommand::StopTimeout(_)
        | ContainerCommand::RestartDue(_)
        | ContainerCommand::ProbeDue(_)
        | ContainerCommand::ObserveProbe(_)
        | ContainerCommand::ObserveStarted(_)
        | ContainerCommand::ObserveStartedWith(_)
        | ContainerCommand::ObserveStartFailure(_)
        | ContainerCommand::ObserveExit(_)
        | ContainerCommand::ObserveLost(_)
        | ContainerCommand::ObserveDelay(_)
        | ContainerCommand::ObserveSignal(_)
        | ContainerCommand::ObserveResize(_)
        | ContainerCommand::ObserveFreeze(_)
        | ContainerCommand::ObserveUpdate(_)
        | ContainerCommand::ObserveRemoved(_)
        | ContainerCommand::ObserveRemovedWith(_) => Need::Nothing,
    }
}

const fn of_copy(command: &CopyCommand) -> Need {
    match command {
        CopyCommand::Open(_) => Need::Growth,
        CopyCommand::Complete(_) | CopyCommand::Fail(_) => Need::Nothing,
    }
}

const fn of_exec(command: &ExecCommand) -> Need {
    match command {
        ExecCommand::Create(_) | ExecCommand::CreateWith(_) => Need::Growth,
        ExecCommand::Start(_) | ExecCommand::Resize(_) => Need::Record,
        ExecCommand::Forget(_)
        | ExecCommand::Remove(_)
        | ExecCommand::ObserveStarted(_)
        | ExecCommand::ObserveStartFailure(_)
        | ExecCommand::ObserveExit(_)
        | ExecCommand::ObserveResize(_) => Need::Nothing,
    }
}

const fn of_image(command: &ImageCommand) -> Need {
    match command {
        ImageCommand::OpenTransfer(OpenTransfer { source, .. }) => match source {
            ImageSource::Import
            | ImageSource::Load
            | ImageSource::Pull
            | ImageSource::Commit
            | ImageSource::Build => Need::Growth,
            ImageSource::Push => Need::Record,
        },
        ImageCommand::Tag(_) | ImageCommand::Save(_) => Need::Record,
        // What a transfer has brought is on the disk already, and its end lets go of the rest.
        ImageCommand::Add(_)
        | ImageCommand::AddPulled(_)
        | ImageCommand::CompletePush(_)
        | ImageCommand::FailTransfer(_)
        | ImageCommand::Delete(_)
        | ImageCommand::AddMade(_)
        | ImageCommand::DeleteAlone(_)
        | ImageCommand::Prune(_)
        | ImageCommand::PruneBuildCache(_)
        | ImageCommand::ObserveLayersDropped(_) => Need::Nothing,
    }
}

const fn of_system(command: &SystemCommand) -> Need {
    match command {
        // A look at what runs or has run, as logs and attach, is a read for whoever asks for it.
        SystemCommand::OpenStream(_)
        | SystemCommand::CloseStream(_)
        | SystemCommand::Boot(_)
        | SystemCommand::ConfigureBridge(_)
        | SystemCommand::Reject(_)
        | SystemCommand::RecordPrune(_)
        | SystemCommand::ForgetKeys(_) => Need::Nothing,
    }
}

const fn of_network(command: &NetworkCommand) -> Need {
    match command {
        NetworkCommand::Create(_)
        | NetworkCommand::CreateConfigured(_)
        | NetworkCommand::Connect(_) => Need::Record,
        NetworkCommand::Remove(_)
        | NetworkCommand::Disconnect(_)
        | NetworkCommand::ObserveMade(_)
        | NetworkCommand::ObserveRemoved(_)
        | NetworkCommand::ObserveWired(_)
        | NetworkCommand::RecordPrune(_) => Need::Nothing,
    }
}

const fn of_volume(command: &VolumeCommand) -> Need {
    match command {
        VolumeCommand::Create(_) => Need::Growth,
        VolumeCommand::Remove(_)
        | VolumeCommand::ObserveReady(_)
        | VolumeCommand::ObserveRemoved(_)
        | VolumeCommand::RecordPrune(_) => Need::Nothing,
    }
}
