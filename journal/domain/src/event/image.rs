//! What happened to images and the transfers that bring them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    BuildCachePruned, Digest, Image, ImageId, ImageMade, ImageName, ImageSource, RegistrySource,
    TransferId, registry::payloads,
};

payloads! {
    /// An event of images.
    pub enum ImageEvent {
        /// A transfer began.
        0x0241 v 1 => TransferOpened(TransferOpened),
        /// A transfer brought what it should.
        0x0242 v 1 => TransferCompleted(TransferCompleted),
        /// A transfer failed.
        0x0243 v 1 => TransferFailed(TransferFailed),
        /// An image is here.
        0x0244 v 1 => Added(ImageAdded),
        /// An image has one more name.
        0x0245 v 1 => Tagged(ImageTagged),
        /// An image has one name less.
        0x0246 v 1 => Untagged(ImageUntagged),
        /// An image is gone.
        0x0247 v 1 => Deleted(ImageDeleted),
        /// Layers and configurations that nothing referred to are gone from the store.
        0x0248 v 1 => LayersDropped(LayersDropped),
        /// A pull brought an image, or found that it is here.
        0x0260 v 1 => Pulled(ImagePulled),
        /// A registry has taken an image.
        0x0261 v 1 => Pushed(ImagePushed),
        /// A digest is forgotten with the last tag of its repository.
        0x0262 v 1 => DigestRemoved(ImageDigestRemoved),
        /// A registry has taken an image under a name that it does not have here.
        0x0263 v 1 => PushedElsewhere(ImagePushedElsewhere),
        /// Images that nothing used are gone.
        0x0280 v 1 => Pruned(ImagesPruned),
        /// Images were read out to a client.
        0x0281 v 1 => Saved(ImagesSaved),
        /// An image was made here.
        0x02f0 v 1 => Made(ImageMade),
        /// Images that only spared a build its steps are gone.
        0x02f1 v 1 => BuildCachePruned(BuildCachePruned),
    }
}

/// A transfer began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferOpened {
    /// The transfer.
    pub id: TransferId,
    /// What brings the image.
    pub source: ImageSource,
    /// The name asked for.
    pub name: String,
}

/// A transfer brought what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferCompleted {
    /// The transfer.
    pub id: TransferId,
    /// The images it brought.
    pub images: Vec<ImageId>,
}

/// A transfer failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferFailed {
    /// The transfer.
    pub id: TransferId,
    /// Why.
    pub reason: String,
}

/// An image is here whole and durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageAdded {
    /// The image.
    pub image: Arc<Image>,
    /// What brought it.
    pub source: ImageSource,
}

/// An image has one more name; another image that had it lost it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageTagged {
    /// The image.
    pub id: ImageId,
    /// The name.
    pub name: ImageName,
}

/// An image has one name less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUntagged {
    /// The image.
    pub id: ImageId,
    /// The name.
    pub name: ImageName,
}

/// An image is gone from the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDeleted {
    /// The image.
    pub id: ImageId,
}

/// Layers or configurations are gone from the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayersDropped {
    /// The layers' uncompressed digests, and those of configurations.
    pub diff_ids: Vec<Digest>,
}

/// A pull brought what it should: the image has the name that was asked for, and is known by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePulled {
    /// The transfer, which ends with this.
    pub transfer: TransferId,
    /// The image.
    pub id: ImageId,
    /// The name that was asked for, with a tag or with a digest.
    pub name: ImageName,
    /// Where it came from.
    pub source: RegistrySource,
}

/// A registry has taken an image, and knows it by a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePushed {
    /// The transfer, which ends with this.
    pub transfer: TransferId,
    /// The image.
    pub id: ImageId,
    /// The name under which it was pushed.
    pub name: ImageName,
    /// Where it is now.
    pub source: RegistrySource,
    /// Bytes of layers that were sent, and not there already.
    pub sent_bytes: u64,
}

/// A registry has taken an image under a name that it does not have here, and gets none by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePushedElsewhere {
    /// The transfer, which ends with this.
    pub transfer: TransferId,
    /// The image.
    pub id: ImageId,
    /// The name under which it was pushed.
    pub name: ImageName,
    /// The digest of its manifest there.
    pub manifest: Digest,
    /// Bytes of layers that were sent, and not there already.
    pub sent_bytes: u64,
}

/// An image is no longer known by a digest of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDigestRemoved {
    /// The image.
    pub id: ImageId,
    /// Repository and digest.
    pub name: ImageName,
}

/// Images that nothing used are gone; each is told by an event before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagesPruned {
    /// Bytes of the layers that went with them.
    pub reclaimed_bytes: u64,
}

/// Images are read out to a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagesSaved {
    /// The images.
    pub images: Vec<ImageId>,
}
