//! What has happened. Events are folded into the state; nothing else is.

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
    container::ContainerEvent, copy::CopyEvent, exec::ExecEvent, image::ImageEvent,
    network::NetworkEvent, system::SystemEvent, volume::VolumeEvent,
};
use crate::{
    made, once,
    pod::{self, PodEvent},
    pool::{self, PoolEvent},
};

/// An event, by the object that it happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Event {
    /// Happened to a container.
    Container(ContainerEvent),
    /// Happened to a copy into a container.
    Copy(CopyEvent),
    /// Happened to an exec.
    Exec(ExecEvent),
    /// Happened to images and their transfers.
    Image(ImageEvent),
    /// Happened to a network, or to a container's place in one.
    Network(NetworkEvent),
    /// Happened to a pod.
    Pod(PodEvent),
    /// Happened to a pool.
    Pool(PoolEvent),
    /// Happened to the server itself.
    System(SystemEvent),
    /// Happened to a volume.
    Volume(VolumeEvent),
}

// === impl Event ===

impl Event {
    /// Gives the kind and version of every event there is.
    pub fn kinds() -> impl Iterator<Item = (u16, u16)> {
        [
            ContainerEvent::KINDS,
            CopyEvent::KINDS,
            ExecEvent::KINDS,
            ImageEvent::KINDS,
            NetworkEvent::KINDS,
            PodEvent::KINDS,
            PoolEvent::KINDS,
            SystemEvent::KINDS,
            VolumeEvent::KINDS,
        ]
        .into_iter()
        .flatten()
        .copied()
    }
}

impl Wire for Event {
    fn to_tagged(&self) -> Result<Tagged, EncodeError> {
        match self {
            Self::Container(event) => event.tagged(),
            Self::Copy(event) => event.tagged(),
            Self::Exec(event) => event.tagged(),
            Self::Image(event) => event.tagged(),
            Self::Network(event) => event.tagged(),
            Self::Pod(event) => event.tagged(),
            Self::Pool(event) => event.tagged(),
            Self::System(event) => event.tagged(),
            Self::Volume(event) => event.tagged(),
        }
    }

    fn from_payload(payload: Payload<'_>) -> Result<Self, DecodeError> {
        ContainerEvent::untagged(payload)
            .map(|read| read.map(Self::Container))
            .or_else(|| CopyEvent::untagged(payload).map(|read| read.map(Self::Copy)))
            .or_else(|| ExecEvent::untagged(payload).map(|read| read.map(Self::Exec)))
            .or_else(|| ImageEvent::untagged(payload).map(|read| read.map(Self::Image)))
            .or_else(|| NetworkEvent::untagged(payload).map(|read| read.map(Self::Network)))
            .or_else(|| PodEvent::untagged(payload).map(|read| read.map(Self::Pod)))
            .or_else(|| PoolEvent::untagged(payload).map(|read| read.map(Self::Pool)))
            .or_else(|| SystemEvent::untagged(payload).map(|read| read.map(Self::System)))
            .or_else(|| VolumeEvent::untagged(payload).map(|read| read.map(Self::Volume)))
            .unwrap_or(Err(DecodeError::UnknownKind {
                kind: payload.kind,
                version: payload.version,
            }))
    }
}

macro_rules! nested {
    ($($object:ident in $module:ident: $($payload:ident),+;)+) => {
        $($(impl From<$module::$payload> for Event {
            fn from(payload: $module::$payload) -> Self {
                Self::$object(payload.into())
            }
        })+)+
    };
}

nested! {
    Container in container: ContainerCreated, StartRequested, ContainerStarted, ContainerStartFailed,
        ContainerExited, StopRequested, RestartRequested, SignalRequested, SignalDelivered,
        ResizeRequested, ContainerResized, ContainerRenamed, RemovalRequested, ContainerRemoved,
        ContainerOptionsSet, PortsBound, ContainerDelayed, KeysDestroyed, RestartScheduled,
        RestartCancelled, ProbeRequested, ContainerProbed, FreezeRequested, ContainerFrozen,
        UpdateRequested, ContainerUpdated;
    Container in once: ContainerKeyUsed;
    Copy in copy: CopyOpened, CopyCompleted, CopyFailed;
    Exec in exec: ExecCreated, ExecStartRequested, ExecStarted, ExecStartFailed, ExecExited,
        ExecResizeRequested, ExecResized, ExecsForgotten, ExecOptionsSet;
    Image in image: TransferOpened, TransferCompleted, TransferFailed, ImageAdded, ImageTagged,
        ImageUntagged, ImageDeleted, LayersDropped, ImagesPruned, ImagesSaved,
        ImagePulled, ImagePushed, ImagePushedElsewhere, ImageDigestRemoved;
    Image in made: ImageMade, BuildCachePruned;
    Network in network: NetworkCreated, NetworkMade, NetworkFailed, NetworkRemovalRequested,
        NetworkRemoved, NetworksPruned, EndpointsLeased, ContainerConnected, LeaveRequested,
        ContainerDisconnected, ContainerWired, ConfiguredNetworkCreated;
    Pod in pod: PodCreated, PodRemovalRequested, PodRemoved;
    Pool in pool: PoolSet, PoolDrained, PoolRemoved;
    Container in pool: StartQueued, StartWithdrawn;
    System in system: Booted, BridgeConfigured, StreamOpened, StreamClosed,
        ContainersPruned;
    System in once: KeysForgotten;
    Volume in volume: VolumeCreated, VolumeReady, VolumeRemovalRequested, VolumeRemoved,
        VolumesPruned, VolumesDoomed;
}
