//! The Docker API's words: wire types, stream framing, query values, detach keys, version paths.
//!
//! Types are written by hand from the Go structs of moby at API 1.47 where presence matters to clients (`null`, an
//! empty list and an absent field are three things); leaf types come from `bollard-stubs`. Bodies are read by Go's
//! rules: see [`from_json`].
//!
//! This crate does no input or output and knows nothing of the engine behind the API.

mod answer;
mod api_version;
mod capability;
mod container;
mod detach;
mod event_form;
mod go_json;
mod go_value;
mod human;
mod image;
mod network;
mod networks;
mod path_stat;
mod query;
mod registry;
mod size;
mod stdcopy;
mod system;
mod volume;

pub use answer::{ErrorDetail, ErrorMessage, IdResponse, ProgressDetail, ProgressMessage};
pub use api_version::{API_VERSION, ApiVersion, ApiVersionError, MIN_API_VERSION, split_version};
pub use capability::unknown_capability;
pub use container::{
    BlkioEntry, BlkioStats, ContainerChange, ContainerConfig, ContainerCreateRequest,
    ContainerCreateResponse, ContainerInspectResponse, ContainerPool, ContainerState,
    ContainerStatsResponse, ContainerSummary, ContainerTopResponse, ContainerUpdateResponse,
    ContainerWaitExitError, ContainerWaitResponse, ContainersPruneResponse, CpuStats,
    CpuUsageStats, DeviceMapping, DeviceRequest, ExecCreateRequest, ExecInspectResponse,
    ExecStartRequest, GraphDriverData, Health, HealthConfig, HealthcheckResult, HostConfig,
    LogConfig, MemoryStats, Mount, MountBindOptions, MountDriver, MountPoint, MountTmpfsOptions,
    MountVolumeOptions, NEVER, NetworkStats, PidsStats, PortSummary, ProcessConfig,
    ResourcesBlkioWeightDevice, ResourcesUlimits, RestartPolicy, SummaryHostConfig,
    SummaryNetworkSettings, ThrottleDevice, ThrottlingData,
};
pub use detach::{DetachFilter, DetachKeys, DetachKeysError};
pub use event_form::EventForm;
pub use go_json::{GoJsonError, from_slice as from_json};
pub use go_value::{Empty, StrSlice};
pub use human::{human_bytes, human_duration};
pub use image::{
    BuildPruneResponse, HistoryItem, ImageDeleteItem, ImageInspectResponse, ImageMetadata,
    ImageSummary, ImagesPruneResponse, RootFs,
};
pub use network::{
    EndpointIpamConfig, EndpointSettings, NetworkSettings, NetworkingConfig, PortBinding, PortMap,
};
pub use networks::{
    ConfigFrom, Ipam, IpamConfig, Network, NetworkConnectRequest, NetworkContainer,
    NetworkCreateRequest, NetworkCreateResponse, NetworkDisconnectRequest, NetworksPruneResponse,
};
pub use path_stat::{ContainerPathStat, GO_MODE_DIRECTORY, go_file_mode, go_time};
pub use query::{
    FilterError, FilterPatterns, Filters, PointName, Query, QueryError, TimeError, UnixTime,
};
pub use registry::{
    AuthResponse, DistributionDescriptor, DistributionInspect, DistributionPlatform,
};
pub use size::{SizeError, parse_decimal_size_bytes, parse_size_bytes};
pub use stdcopy::{
    FRAME_HEADER_BYTES, FRAME_MAX_BYTES, FramePiece, FrameQueue, MULTIPLEXED_STREAM, RAW_STREAM,
    StdStream, StdcopyDecoder, StdcopyError,
};
pub use system::{
    Commit, ComponentVersion, DiskUsage, EventActor, EventMessage, Platform, PluginsInfo,
    RegistryConfig, RegistryIndex, Runtime, SwarmInfo, SystemInfo, SystemVersion,
};
pub use volume::{
    Volume, VolumeCreateRequest, VolumeListResponse, VolumeUsage, VolumesPruneResponse,
};
