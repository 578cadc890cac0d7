//! Images on this host: their names, their bytes by digest, their layers unpacked once; and the safe tar that copies
//! into and out of containers use too.
//!
//! This crate never decides which images exist. It brings bytes to the disk, checked and durable, and tells what
//! they are; the state refers to them, and a reconciler has deleted what the state refers to no more.

mod archive;
mod change;
mod compression;
mod config;
mod content;
mod descriptor;
mod digest;
mod extract;
mod fault;
mod import;
mod intake;
mod layers;
mod lease;
mod limits;
mod load;
mod loaded;
mod open;
mod pack;
mod pipe;
mod platform;
mod reference;
mod registry;
mod remove;
mod save;
mod staging;
mod store;
mod store_error;
mod unpack;

pub use archive::ArchiveError;
pub use change::{ChangeError, apply_changes};
pub use config::{ConfigError, History, ImageConfig, Nothing, RootFs, RunConfig};
pub use content::{BlobWriter, ContentStore, StagedBlob};
pub use digest::{Digest, DigestError};
pub use extract::{ExtractOptions, Extracted, extract};
pub use fault::Fault;
pub use import::{ImportError, ImportOptions};
pub use layers::{Layer, LayerError, LayerStore, StagedLayer};
pub use lease::{Lease, Mark};
pub use limits::{LayerLimits, LimitError};
pub use load::{LoadError, LoadOptions};
pub use loaded::{LoadedImage, LoadedLayer, ReadConfigError};
pub use open::open_in_root;
pub use pack::{PackError, Packing, pack};
pub use pipe::{ChunkReader, ChunkSender, pipe};
pub use platform::Platform;
pub use reference::{Reference, ReferenceError};
pub use registry::{
    Answer, Credentials, CredentialsError, Distribution, EndpointError, Found, InsecureRegistry,
    LayerStep, Mirror, Outlet, OutletError, Progress, PullOptions, PullStep, Pulled, PushImage,
    PushOptions, Pushed, Registry, RegistryError, RegistryOptions,
};
pub use save::{SaveError, SavePlan, SavedImage};
pub use store::{ImageStore, Swept};
pub use store_error::StoreError;
pub use unpack::UnpackError;

#[cfg(test)]
mod tests;
