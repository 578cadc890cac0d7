//! Images that are made here: of what a container has changed, or step by step of a Dockerfile.

use std::sync::Arc;

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContainerId, DeleteImage, Digest, Image, ImageId, ImageName, LabelFilter, TransferId};

/// An image that was made, each byte of it durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeImage {
    /// The image.
    pub image: Arc<Image>,
    /// The image that it was made of, where that is one.
    pub parent: Option<ImageId>,
    /// What the step was that made it of its parent: the same step makes the same image, and is not done again.
    pub cache_key: Option<Digest>,
}

/// Tells that images were made, and where their making ends, how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddMade {
    /// The transfer that stands for the making.
    pub transfer: TransferId,
    /// The images, each before those that are made of it.
    pub images: Vec<MadeImage>,
    /// The container whose changes they are, where a client asked for that, and the client's note.
    pub commit: Option<(ContainerId, String)>,
    /// The end.
    pub end: Option<MakingEnd>,
}

/// The end of a making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakingEnd {
    /// What was to be made.
    pub image: ImageId,
    /// The names that it gets.
    pub names: Vec<ImageName>,
}

/// An image was made here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageMade {
    /// The image.
    pub id: ImageId,
    /// The image that it was made of.
    pub parent: Option<ImageId>,
    /// What the step was that made it.
    pub cache_key: Option<Digest>,
    /// The container whose changes it is, where a client asked for that, and the client's note.
    pub commit: Option<(ContainerId, String)>,
    /// The names that it is about to get.
    pub names: Vec<ImageName>,
}

/// Asks for an image to go as [`DeleteImage`] does, and for the images that it was made of to stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteImageAlone {
    /// The deletion.
    pub delete: DeleteImage,
}

/// Asks for all images to go that only spare a build its steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PruneBuildCache {
    /// Whether those go too that a named image was made of.
    pub all: bool,
    /// Only images that were made then or before.
    pub until: Option<Timestamp>,
    /// Labels that an image must have, with the value where one is asked for.
    pub labels: Vec<LabelFilter>,
    /// The beginnings of ids that are asked for; any where there is none.
    pub ids: Vec<String>,
    /// How many bytes of them may stay, the newest first.
    pub kept_bytes: u64,
}

/// Images that only spared a build its steps are gone; each is told by an event before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildCachePruned {
    /// Bytes of the layers that went with them.
    pub reclaimed_bytes: u64,
}
