//! Images, their names, the digests by which registries know them, and what of them something still refers to.

use std::sync::Arc;

use journal_domain::{Digest, Image, ImageId, ImageName, RegistrySource};
use journal_log::Timestamp;
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

/// The images that are here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Images {
    by_id: RedBlackTreeMapSync<ImageId, Arc<Image>>,
    by_name: RedBlackTreeMapSync<ImageName, ImageId>,
    names: RedBlackTreeMapSync<ImageId, Vec<ImageName>>,
    sources: RedBlackTreeMapSync<ImageId, Vec<RegistrySource>>,
    references: RedBlackTreeMapSync<Digest, u32>,
    garbage: RedBlackTreeSetSync<Digest>,
    lineages: RedBlackTreeMapSync<ImageId, Lineage>,
    /// Images that were made here, by the image that they were made of, the newest last.
    children: RedBlackTreeMapSync<Option<ImageId>, Vec<ImageId>>,
    /// When images got a name here for the last time; pulled ones got theirs elsewhere.
    tagged: RedBlackTreeMapSync<ImageId, Timestamp>,
}

/// How an image was made here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The image that it was made of; one that was made of nothing has none.
    pub parent: Option<ImageId>,
    /// What the step was that made it.
    pub cache_key: Option<Digest>,
}

// === impl Images ===

impl Images {
    /// Gives an image by its whole id.
    pub fn get(&self, id: &ImageId) -> Option<&Arc<Image>> {
        self.by_id.get(id)
    }

    /// Gives the image that has the name.
    pub fn named(&self, name: &ImageName) -> Option<&Arc<Image>> {
        self.by_id.get(self.by_name.get(name)?)
    }

    /// Gives an image's names with a tag, in order.
    pub fn names(&self, id: &ImageId) -> &[ImageName] {
        self.names.get(id).map_or(&[], Vec::as_slice)
    }

    /// Gives what registries have the image, by repository and digest, in order.
    pub fn sources(&self, id: &ImageId) -> &[RegistrySource] {
        self.sources.get(id).map_or(&[], Vec::as_slice)
    }

    /// Tells how an image was made, where it was made here.
    pub fn lineage(&self, id: &ImageId) -> Option<Lineage> {
        self.lineages.get(id).copied()
    }

    /// Gives the images that were made of an image, or of nothing, the newest last.
    pub fn children(&self, parent: Option<ImageId>) -> &[ImageId] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Tells whether images were made of an image.
    pub fn has_children(&self, id: &ImageId) -> bool {
        !self.children(Some(*id)).is_empty()
    }

    /// Tells whether nothing names an image: no tag, and no digest of a registry.
    pub fn is_nameless(&self, id: &ImageId) -> bool {
        self.names(id).is_empty() && self.sources(id).is_empty()
    }

    /// Finds the image that a step made of `parent`; of several the newest.
    pub fn made_by(&self, parent: Option<ImageId>, cache_key: &Digest) -> Option<&Arc<Image>> {
        let made = |id: &&ImageId| {
            self.lineages.get(id).and_then(|lineage| lineage.cache_key).as_ref() == Some(cache_key)
        };
        self.children(parent).iter().rev().find(made).and_then(|id| self.get(id))
    }

    /// Goes through all images in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.by_id.values()
    }

    /// Goes through the images whose id begins with `prefix`.
    pub(crate) fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = &Arc<Image>> {
        self.by_id.values().filter(move |image| image.id.hex().starts_with(prefix))
    }

    /// Counts the images.
    pub fn len(&self) -> usize {
        self.by_id.size()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Goes through the layers and configurations that nothing refers to and that the store may still have.
    pub fn garbage(&self) -> impl Iterator<Item = &Digest> {
        self.garbage.iter()
    }

    /// Tells when an image got a name here for the last time.
    pub fn tagged(&self, id: &ImageId) -> Option<Timestamp> {
        self.tagged.get(id).copied()
    }

    pub(crate) fn add(&mut self, image: Arc<Image>) {
        if self.by_id.contains_key(&image.id) {
            return;
        }
        self.refer(&parts(&image));
        self.by_id.insert_mut(image.id, image);
    }

    /// Notes how an image was made. Made once more, it has the lineage that it got first.
    pub(crate) fn descend(&mut self, id: ImageId, lineage: Lineage) {
        if !self.by_id.contains_key(&id) || self.lineages.contains_key(&id) {
            return;
        }
        self.lineages.insert_mut(id, lineage);
        let mut children = self.children(lineage.parent).to_vec();
        children.push(id);
        self.children.insert_mut(lineage.parent, children);
    }

    fn forget_lineage(&mut self, id: &ImageId) {
        let Some(lineage) = self.lineages.get(id).copied() else { return };
        self.lineages.remove_mut(id);
        let mut children = self.children(lineage.parent).to_vec();
        children.retain(|child| child != id);
        if children.is_empty() {
            self.children.remove_mut(&lineage.parent);
        } else {
            self.children.insert_mut(lineage.parent, children);
        }
    }

    pub(crate) fn tag(&mut self, id: ImageId, name: &ImageName) {
        if let Some(previous) = self.by_name.get(name).copied() {
            self.untag(previous, name);
        }
        self.by_name.insert_mut(name.clone(), id);
        let mut names = self.names(&id).to_vec();
        names.push(name.clone());
        names.sort_unstable();
        self.names.insert_mut(id, names);
    }

    /// Gives an image a name at the wish of somebody here.
    pub(crate) fn tag_here(&mut self, id: ImageId, name: &ImageName, at: Timestamp) {
        self.tag(id, name);
        self.tagged.insert_mut(id, at);
    }

    /// Notes by which digest a registry has the image. An image that is gone meanwhile gets none.
    pub(crate) fn add_source(&mut self, id: ImageId, source: &RegistrySource) {
        if !self.by_id.contains_key(&id) {
            return;
        }
        // A list has images for several platforms: the last one that was asked for has the list's digest.
        if let Some(previous) = self.by_name.get(&source.name).copied() {
            self.untag(previous, &source.name);
        }
        self.refer(&kept(source));
        self.by_name.insert_mut(source.name.clone(), id);
        let mut sources = self.sources(&id).to_vec();
        sources.push(source.clone());
        sources.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.sources.insert_mut(id, sources);
    }

    /// Takes a name with a tag, or one with a digest, away.
    pub(crate) fn untag(&mut self, id: ImageId, name: &ImageName) {
        self.by_name.remove_mut(name);
        if name.is_digested() {
            self.forget_source(id, name);
            return;
        }
        let mut names = self.names(&id).to_vec();
        names.retain(|known| known != name);
        if names.is_empty() {
            self.names.remove_mut(&id);
        } else {
            self.names.insert_mut(id, names);
        }
    }

    pub(crate) fn delete(&mut self, id: &ImageId) {
        let digested = self.sources(id).iter().map(|source| source.name.clone());
        let names: Vec<_> = self.names(id).iter().cloned().chain(digested).collect();
        for name in names {
            self.untag(*id, &name);
        }
        if let Some(image) = self.by_id.get(id).cloned() {
            self.by_id.remove_mut(id);
            self.forget_lineage(id);
            self.tagged.remove_mut(id);
            self.release(&parts(&image));
        }
    }

    fn forget_source(&mut self, id: ImageId, name: &ImageName) {
        let (gone, sources): (Vec<_>, Vec<_>) =
            self.sources(&id).iter().cloned().partition(|source| source.name == *name);
        gone.iter().for_each(|source| self.release(&kept(source)));
        if sources.is_empty() {
            self.sources.remove_mut(&id);
        } else {
            self.sources.insert_mut(id, sources);
        }
    }

    /// Counts one more user of each layer or configuration.
    pub(crate) fn refer(&mut self, digests: &[Digest]) {
        for digest in digests {
            if let Some(count) = self.references.get_mut(digest) {
                *count += 1;
            } else {
                self.references.insert_mut(*digest, 1);
                self.garbage.remove_mut(digest);
            }
        }
    }

    /// Counts one user less of each layer or configuration; what has none left is garbage.
    pub(crate) fn release(&mut self, digests: &[Digest]) {
        for digest in digests {
            match self.references.get_mut(digest) {
                Some(count) if *count > 1 => *count -= 1,
                Some(_) | None => {
                    self.references.remove_mut(digest);
                    self.garbage.insert_mut(*digest);
                }
            }
        }
    }

    /// Tells whether an image or a container still needs the layer or configuration.
    pub fn refers_to(&self, digest: &Digest) -> bool {
        self.references.contains_key(digest)
    }

    /// Forgets what the store has dropped.
    pub(crate) fn dropped(&mut self, digests: &[Digest]) {
        for digest in digests {
            self.garbage.remove_mut(digest);
        }
    }
}

/// Gives what an image is made of in the store: its configuration and its layers.
fn parts(image: &Image) -> Vec<Digest> {
    let layers = image.layers.iter().map(|layer| layer.diff_id);
    layers.chain([image.id]).collect()
}

/// Gives what the store keeps of a registry's documents: the manifest, and the list that led to it.
fn kept(source: &RegistrySource) -> Vec<Digest> {
    [source.manifest].into_iter().chain(source.list).collect()
}
