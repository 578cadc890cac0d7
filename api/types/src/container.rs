//! Wire types of the container and exec routes.

mod config;
mod create;
mod exec;
mod host_config;
mod inspect;
mod mount;
mod mount_point;
mod prune;
mod stats;
mod summary;
mod wait;

pub use config::{ContainerConfig, HealthConfig};
pub use create::{ContainerCreateRequest, ContainerCreateResponse};
pub use exec::{ExecCreateRequest, ExecInspectResponse, ExecStartRequest, ProcessConfig};
pub use host_config::{
    DeviceMapping, DeviceRequest, HostConfig, LogConfig, ResourcesBlkioWeightDevice,
    ResourcesUlimits, RestartPolicy, ThrottleDevice,
};
pub use inspect::{
    ContainerInspectResponse, ContainerPool, ContainerState, GraphDriverData, Health,
    HealthcheckResult, NEVER,
};
pub use mount::{Mount, MountBindOptions, MountDriver, MountTmpfsOptions, MountVolumeOptions};
pub use mount_point::MountPoint;
pub use prune::{ContainerChange, ContainersPruneResponse};
pub use stats::{
    BlkioEntry, BlkioStats, ContainerStatsResponse, ContainerTopResponse, ContainerUpdateResponse,
    CpuStats, CpuUsageStats, MemoryStats, NetworkStats, PidsStats, ThrottlingData,
};
pub use summary::{ContainerSummary, PortSummary, SummaryHostConfig, SummaryNetworkSettings};
pub use wait::{ContainerWaitExitError, ContainerWaitResponse};
