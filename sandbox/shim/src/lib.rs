//! The protocol between the server and the processes that hold containers, one each.
//!
//! A shim is started with a [`ContainerConfig`] on its standard input, answers with one [`StartReport`] on its standard
//! output, and then serves [`Request`]s on a unix socket in its [`RunDir`] until its container ends. What a
//! server may miss is also on disk there: a [`StartRecord`] and an [`ExitRecord`].
//!
//! This crate holds types, framing and the passing of descriptors. It starts no process, touches no
//! namespace and knows no journal.

mod capabilities;
mod channel;
mod client;
mod config;
mod exec;
mod failure;
mod filesystem;
mod frame;
mod host;
mod limits;
mod message;
mod namespaces;
mod network;
mod ports;
mod process;
mod record;
mod run_dir;
mod sealed;
mod seccomp_profile;
mod security;
mod wasm;

pub use capabilities::{Capabilities, UnknownCapability};
pub use channel::{Channel, ReceiveError, SendError};
pub use client::{CallFailed, Client};
pub use config::{ContainerConfig, LogRetention, PROTOCOL_VERSION};
pub use exec::{ExecExit, ExecSpec, ExecState, ExecStdio};
pub use failure::{FailureOrigin, StartFailure};
pub use filesystem::{BindMount, BoundFile, Mount, Propagation, Rootfs, TmpfsMount};
pub use frame::{BadFrame, FRAME_FDS_MAX, FRAME_SIZE_MAX_BYTES};
pub use host::{HostReport, HostRequest, KEEP, SweepRequest};
pub use limits::{Cgroups, DeviceRate, DeviceRule, Resources, V1Hierarchy};
pub use message::{Call, CallError, FromShim, Notice, Reply, Request, ShimState};
pub use namespaces::{Ipc, Namespaces, Peer, Sharing};
pub use network::{Endpoint, InterfaceAddress, MacAddress, MacAddressError, Network, Resolver};
pub use ports::{BoundPort, PortProtocol, PortRequest, Publishing};
pub use process::{Process, Rlimit, RlimitKind, TerminalSize};
pub use record::{ExitRecord, StartRecord, StartReport};
pub use run_dir::RunDir;
pub use sealed::{SealError, SealedProgram};
pub use seccomp_profile::{
    BadSeccompProfile, SeccompAction, SeccompArgument, SeccompComparison, SeccompPlaces,
    SeccompProfile, SeccompRule, SeccompTables,
};
pub use security::{Seccomp, Security};
pub use wasm::{Compiled, WASM_COMPILE, WASM_MAGIC, WASM_RUN, WasmEngine, WasmJob, WasmKind};
