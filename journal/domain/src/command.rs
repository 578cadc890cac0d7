//! What is asked of the state: by clients, by what was observed outside, by timers, by the start of a server.

pub(crate) mod container;
pub(crate) mod copy;
pub(crate) mod exec;
pub(crate) mod image;
pub(crate) mod network;
pub(crate) mod system;
pub(crate) mod volume;

use journal_log::{DecodeError, EncodeError, Payload, Tagged, Wire};
use serde::Serialize;

use self::{
    container::ContainerCommand, copy::CopyCommand, exec::ExecCommand, image::ImageCommand,
    network::NetworkCommand, system::SystemCommand, volume::VolumeCommand,
};
use crate::{pod::PodCommand, pool::PoolCommand};

/// A command, by the object that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Command {
    /// About a container.
    Container(ContainerCommand),
    /// About a copy into a container.
    Copy(CopyCommand),
    /// About an exec.
    Exec(ExecCommand),
    /// About images and their transfers.
    Image(ImageCommand),
    /// About networks, and containers' places in them.
    Network(NetworkCommand),
    /// About pods.
    Pod(PodCommand),
    /// About pools.
    Pool(PoolCommand),
    /// About the server itself.
    System(SystemCommand),
    /// About volumes.
    Volume(VolumeCommand),
}

// === impl Command ===

impl Command {
    /// Gives the kind and version of every command there is.
    pub fn kinds() -> impl Iterator<Item = (u16, u16)> {
        [
            ContainerCommand::KINDS,
            CopyCommand::KINDS,
            ExecCommand::KINDS,
            ImageCommand::KINDS,
            NetworkCommand::KINDS,
            PodCommand::KINDS,
            PoolCommand::KINDS,
            SystemCommand::KINDS,
            VolumeCommand::KINDS,
        ]
        .into_iter()
        .flatten()
        .copied()
    }
}

impl Wire for Command {
    fn to_tagged(&self) -> Result<Tagged, EncodeError> {
        match self {
            Self::Container(command) => command.tagged(),
            Self::Copy(command) => command.tagged(),
            Self::Exec(command) => command.tagged(),
            Self::Image(command) => command.tagged(),
            Self::Network(command) => command.tagged(),
            Self::Pod(command) => command.tagged(),
            Self::Pool(command) => command.tagged(),
            Self::System(command) => command.tagged(),
            Self::Volume(command) => command.tagged(),
        }
    }

    fn from_payload(payload: Payload<'_>) -> Result<Self, DecodeError> {
        ContainerCommand::untagged(payload)
            .map(|read| read.map(Self::Container))
            .or_else(|| CopyCommand::untagged(payload).map(|read| read.map(Self::Copy)))
            .or_else(|| ExecCommand::untagged(payload).map(|read| read.map(Self::Exec)))
            .or_else(|| ImageCommand::untagged(payload).map(|read| read.map(Self::Image)))
            .or_else(|| NetworkCommand::untagged(payload).map(|read| read.map(Self::Network)))
            .or_else(|| PodCommand::untagged(payload).map(|read| read.map(Self::Pod)))
            .or_else(|| PoolCommand::untagged(payload).map(|read| read.map(Self::Pool)))
            .or_else(|| SystemCommand::untagged(payload).map(|read| read.map(Self::System)))
            .or_else(|| VolumeCommand::untagged(payload).map(|read| read.map(Self::Volume)))
            .unwrap_or(Err(DecodeError::UnknownKind {
                kind: payload.kind,
                version: payload.version,
            }))
    }
}

impl From<ContainerCommand> for Command {
    fn from(command: ContainerCommand) -> Self {
        Self::Container(command)
    }
}

impl From<CopyCommand> for Command {
    fn from(command: CopyCommand) -> Self {
        Self::Copy(command)
    }
}

impl From<ExecCommand> for Command {
    fn from(command: ExecCommand) -> Self {
        Self::Exec(command)
    }
}

impl From<ImageCommand> for Command {
    fn from(command: ImageCommand) -> Self {
        Self::Image(command)
    }
}

impl From<NetworkCommand> for Command {
    fn from(command: NetworkCommand) -> Self {
        Self::Network(command)
    }
}

impl From<PodCommand> for Command {
    fn from(command: PodCommand) -> Self {
        Self::Pod(command)
    }
}

impl From<PoolCommand> for Command {
    fn from(command: PoolCommand) -> Self {
        Self::Pool(command)
    }
}

impl From<SystemCommand> for Command {
    fn from(command: SystemCommand) -> Self {
        Self::System(command)
    }
}

impl From<VolumeCommand> for Command {
    fn from(command: VolumeCommand) -> Self {
        Self::Volume(command)
    }
}
