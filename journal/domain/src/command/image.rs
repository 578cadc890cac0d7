//! Commands about images and the transfers that bring them.

use std::sync::Arc;

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AddMade, DeleteImageAlone, Digest, Image, ImageId, ImageName, ImageSource, PruneBuildCache,
    RegistrySource, TransferId, registry::payloads,
};

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
        /// A pulled image is here and durable.
        0x0160 v 1 => AddPulled(AddPulled),
        /// A registry has taken an image.
        0x0161 v 1 => CompletePush(CompletePush),
        /// `docker image prune`.
        0x0180 v 1 => Prune(PruneImages),
        /// `docker save`: images leave this host.
        0x0181 v 1 => Save(SaveImages),
        /// Images were made here and are durable.
        0x01f0 v 1 => AddMade(AddMade),
        /// `docker builder prune`.
        0x01f1 v 1 => PruneBuildCache(PruneBuildCache),
        /// `docker rmi --no-prune`.
        0x01f2 v 1 => DeleteAlone(DeleteImageAlone),
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

/// Asks for all images to go that no container uses and that the filters let through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PruneImages {
    /// Whether images with a name stay.
    pub dangling_only: bool,
    /// Only images that were made then or before.
    pub until: Option<Timestamp>,
    /// Labels that an image must have, with the value where one is asked for.
    pub labels: Vec<LabelFilter>,
    /// Labels that keep an image which has all of them.
    pub kept_by_labels: Vec<LabelFilter>,
}

/// A label that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelFilter {
    /// Its name.
    pub name: String,
    /// Its value; any where there is none.
    pub value: Option<String>,
}

/// Tells that images are read out to a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveImages {
    /// The images.
    pub images: Vec<ImageId>,
}

/// Tells that a pull brought an image, whole and synced, or found it whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddPulled {
    /// The transfer.
    pub transfer: TransferId,
    /// The image.
    pub image: Arc<Image>,
    /// The name that was asked for, with a tag or with a digest.
    pub name: ImageName,
    /// Where it came from.
    pub source: RegistrySource,
}

/// Tells that a registry has taken an image: all its layers, its configuration and its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletePush {
    /// The transfer.
    pub transfer: TransferId,
    /// The image.
    pub image: ImageId,
    /// The name under which it was pushed.
    pub name: ImageName,
    /// Where it is now.
    pub source: RegistrySource,
    /// Bytes of layers that were sent, and not there already.
    pub sent_bytes: u64,
}
