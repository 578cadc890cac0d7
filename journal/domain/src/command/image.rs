//! Commands about images and the transfers that bring them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Digest, Image, ImageName, ImageSource, TransferId, registry::payloads};

payloads! {
    /// A command about images.
    pub enum ImageCommand {
        /// A client sends an image.
        0x0141 v 1 => OpenTransfer(OpenTransfer),
        /// The bytes are here and durable.
        0x0142 v 1 => Add(AddImages),
        /// The bytes did not come, or were not what they said.
        0x0143 v 1 => FailTransfer(FailTransfer),
        /// `docker tag`.
        0x0144 v 1 => Tag(TagImage),
        /// `docker rmi`.
        0x0145 v 1 => Delete(DeleteImage),
        /// Layers and configurations that nothing refers to are gone from the store.
        0x0148 v 1 => ObserveLayersDropped(ObserveLayersDropped),
    }
}

/// Tells that a transfer begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTransfer {
    /// Its identity.
    pub id: TransferId,
    /// What brings the image.
    pub source: ImageSource,
    /// The name asked for; empty where the archive has the names.
    pub name: String,
}

/// Tells that a transfer brought images, each whole and synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddImages {
    /// The transfer.
    pub transfer: TransferId,
    /// Images with the names they get.
    pub images: Vec<(Arc<Image>, Vec<ImageName>)>,
}

/// Tells that a transfer failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailTransfer {
    /// The transfer.
    pub transfer: TransferId,
    /// Why.
    pub reason: String,
}

/// Asks for one more name of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagImage {
    /// The image, as the client wrote it.
    pub target: String,
    /// The same, normalised, where it can be a name.
    pub target_name: Option<ImageName>,
    /// The new name.
    pub name: ImageName,
}

/// Asks for a name, or an image and all its names, to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteImage {
    /// The image, as the client wrote it.
    pub target: String,
    /// The same, normalised, where it can be a name.
    pub target_name: Option<ImageName>,
    /// Whether several names and stopped containers do not matter.
    pub force: bool,
}

/// Tells that layers or configurations are gone from the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveLayersDropped {
    /// The layers' uncompressed digests, and those of configurations.
    pub diff_ids: Vec<Digest>,
}
