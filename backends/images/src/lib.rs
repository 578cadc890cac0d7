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
mod notes;
mod open;
mod pack;
mod pieces;
mod pipe;
mod platform;
mod reference;
mod registry;
mod remove;
mod save;
mod spool;
mod staging;
mod store;
mod store_error;
mod unpack;
mod upper;
mod workspace;

pub use archive::ArchiveError;
pub use change::{ChangeError, Changing, Words, apply_changes, join_path, list};
pub use config::{ConfigError, History, ImageConfig, Nothing, RootFs, RunConfig};
pub use content::{BlobWriter, ContentStore, StagedBlob};
pub use digest::{Digest, DigestError};
pub use extract::{ExtractOptions, Extracted, extract, is_archive};
pub use fault::Fault;
pub use import::{ImportError, ImportOptions};
pub use layers::{Layer, LayerDraft, LayerError, LayerStore, StagedLayer};
pub use lease::{Lease, Mark};
pub use limits::{LayerLimits, LimitError};
pub use load::{LoadError, LoadOptions};
pub use loaded::{LoadedImage, LoadedLayer, ReadConfigError};
pub use notes::in_user_namespace;
pub use open::{make_directories, open_in_root, read_in_root};
pub use pack::{PackError, Packing, Walk, pack};
pub use pieces::{TransferError, transfer};
pub use pipe::{ChunkReader, ChunkSender, pipe};
pub use platform::Platform;
pub use reference::{Reference, ReferenceError};
pub use registry::{
    Answer, Credentials, CredentialsError, Distribution, Download, EndpointError, FetchError,
    FetchedFile, Found, InsecureRegistry, LayerStep, Mirror, Outlet, OutletError, Progress,
    PullOptions, PullStep, Pulled, PushImage, PushOptions, Pushed, Reach, Registry, RegistryError,
    RegistryOptions,
};
pub use remove::remove_entry;
pub use save::{SaveError, SavePlan, SavedImage};
pub use spool::{Listed, ListedKind, Spool};
pub use store::{ImageStore, Swept};
pub use store_error::StoreError;
pub use unpack::UnpackError;
pub use upper::{Change, ChangeKind, ChangesError, LeftOut, TakeError, Upper};
pub use workspace::Workspace;

#[cfg(test)]
mod tests;
