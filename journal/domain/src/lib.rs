//! The container vocabulary: what clients ask (commands), what has happened (events), why not (refusals).
//!
//! Commands and events nest an enum per object. Each payload is one type with a kind and a version ([`Wire`](journal_log::Wire)).
//! Pure data: no clock, no I/O, no decision. Decisions are in `projector-containers`.

mod command;
mod digest;
mod endpoint;
mod event;
mod health;
mod host_side;
mod ids;
mod image;
mod made;
mod mounts;
mod network;
mod once;
mod options;
mod pod;
mod pool;
mod refusal;
mod registry;
mod restart;
mod sealed;
mod signal;
mod spec;
mod stream;
mod syslog;
mod volume;

pub use command::{
    Command,
    container::*,
    copy::{CompleteCopy, CopyCommand, FailCopy, OpenCopy},
    exec::*,
    image::*,
    network::*,
    system::{Boot, CloseStream, ConfigureBridge, OpenStream, RecordPrune, Reject, SystemCommand},
    volume::*,
};
pub use digest::{Digest, ParseDigestError};
pub use endpoint::{BridgeConfig, EndpointLease, MacAddress};
pub use event::{
    Event,
    container::*,
    copy::{CopyCompleted, CopyEvent, CopyFailed, CopyOpened},
    exec::*,
    image::*,
    network::*,
    system::{Booted, BridgeConfigured, ContainersPruned, StreamClosed, StreamOpened, SystemEvent},
    volume::*,
};
pub use health::{HealthCheck, HealthStatus, ProbeResult};
pub use host_side::{Device, DeviceRate, Devices, IpcMode, MoreLimits, Namespaces, Sharing};
pub use ids::{ContainerId, CopyId, EndpointId, ExecId, ImageId, NetworkId, StreamId, TransferId};
pub use image::{Image, ImageConfig, ImageName, ImageSource, Layer, RegistrySource};
pub use made::{
    AddMade, BuildCachePruned, DeleteImageAlone, ImageMade, MadeImage, MakingEnd, PruneBuildCache,
};
pub use mounts::{
    AskedMount, MountAccess, MountField, MountPoint, MountRequest, MountSource, Mounting,
    PointSource, Propagation, ReadOnly, VolumeRequest, VolumesFrom, clean_path,
};
pub use network::{
    AddressPool, ConfigurationRequest, EndpointRequest, LeasedAddress, Link, Network,
    NetworkConfiguration, NetworkDriver, NetworkLease, NetworkRequest, Networking, PoolRequest,
    Subnet, parse_bool,
};
pub use once::{ContainerKeyUsed, CreateContainerOnce, ForgetKeys, KeysForgotten};
pub use sealed::{Ciphertext, KeyId, Nonce, SealedEnvironment};
pub use spec::{
    ContainerName, ContainerSpec, ExecSpec, ForImages, Limits, LogDriver, NetworkMode, PidsLimit,
    Security, TerminalSize, Ulimit,
};
pub use volume::{Volume, VolumeKey, VolumeName};
pub use {
    options::*, pod::*, pool::*, refusal::Refusal, restart::RestartPolicy, signal::*, stream::*,
    syslog::*,
};
