//! What containers have changed, the files of images, and layers made of either.

use std::{fs, io, os::fd::BorrowedFd, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use backends_core::{
    Draft, FileChange, FileChangeKind, FilesError, FilesOf, Layers, Shown, StoreLease, Taking,
};
use backends_images::{
    ChangeKind, Digest as StoredDigest, ImageStore, LayerDraft, Lease, LeftOut, LoadedLayer, Upper,
};
use journal_domain::{Digest, Layer};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::{Namespace, Origin, Overlay, blocking, failed};
use crate::LocalBackend;

/// The files of layers.
struct Tree(Namespace);

/// A layer that is being written.
struct Writing {
    /// It goes before what is written is read: nothing is in the air then.
    tree: Namespace,
    draft: LayerDraft,
    /// The layers below, the topmost first.
    lower: Vec<PathBuf>,
    place: PathBuf,
    images: Arc<ImageStore>,
    lease: Lease,
}

#[async_trait]
impl Layers for LocalBackend {
    async fn changes(&self, files: &FilesOf) -> Result<Vec<FileChange>, FilesError> {
        let slot = self.registry.slot(files.container);
        let hold = slot.gate.hold().await;
        let Some(open) = self.upper(files)? else { return Ok(Vec::new()) };
        blocking(move || {
            let _hold = hold;
            let (upper, _lower) = open.upper()?;
            let left_out = LeftOut::find(&upper).map_err(|error| failed(&error))?;
            let changes = upper.changes(&left_out).map_err(|error| failed(&error))?;
            Ok(changes.into_iter().map(change).collect())
        })
        .await
    }

    async fn take_changes(
        &self,
        files: &FilesOf,
        lease: StoreLease,
        taking: Taking,
    ) -> Result<Option<Layer>, FilesError> {
        let lease = self.lease(lease)?;
        let slot = self.registry.slot(files.container);
        if let (Taking::Moved, Some(held)) = (taking, slot.run()) {
            // The shim of a run that has ended still unmounts what is moved.
            self.wait_for_run(&held).await?;
        }
        let hold = slot.gate.hold().await;
        let Some(open) = self.upper(files)? else { return Ok(None) };
        let images = Arc::clone(&self.images);
        blocking(move || {
            let _hold = hold;
            let taken = match taking {
                Taking::Copied => {
                    let (upper, _lower) = open.upper()?;
                    images.copy(&upper, &lease)
                }
                Taking::Moved => {
                    let draft = images.draft_of(&open.path).map_err(|error| failed(&error))?;
                    let open = Open { path: draft.tree(), ..open };
                    let (upper, _lower) = open.upper()?;
                    images.take(draft, &upper, &lease)
                }
            };
            Ok(taken.map_err(|error| failed(&error))?.map(layer))
        })
        .await
    }

    async fn show(&self, layers: &[Digest]) -> Result<Box<dyn Shown>, FilesError> {
        let (lower, place) = (self.lower(layers)?, self.around.layout.empty());
        blocking(move || Ok(Box::new(Tree(shown(lower, place)?)) as Box<dyn Shown>)).await
    }

    async fn draft(
        &self,
        layers: &[Digest],
        lease: StoreLease,
    ) -> Result<Box<dyn Draft>, FilesError> {
        let (lower, place) = (self.lower(layers)?, self.around.layout.empty());
        let (images, lease) = (Arc::clone(&self.images), self.lease(lease)?);
        blocking(move || {
            let draft = images.draft().map_err(|error| failed(&error))?;
            let upper = Some((draft.tree(), draft.work()));
            let below = if lower.is_empty() { vec![place.clone()] } else { lower.clone() };
            let overlay = Overlay { lower: below, upper, volatile: true };
            let tree = Namespace::make(Origin::Overlay(overlay), Vec::new(), place.clone());
            let tree = tree.map_err(|error| failed(&error))?;
            Ok(Box::new(Writing { tree, draft, lower, place, images, lease }) as Box<dyn Draft>)
        })
        .await
    }
}

impl Shown for Tree {
    fn root(&self) -> BorrowedFd<'_> {
        self.0.root()
    }
}

impl Shown for Writing {
    fn root(&self) -> BorrowedFd<'_> {
        self.tree.root()
    }
}

#[async_trait]
impl Draft for Writing {
    async fn finish(self: Box<Self>) -> Result<Option<Layer>, FilesError> {
        blocking(move || {
            let Self { tree, draft, lower, place, images, lease } = *self;
            drop(tree);
            let open = Open { path: draft.tree(), lower, place };
            let (upper, _lower) = open.upper()?;
            let taken = images.take(draft, &upper, &lease).map_err(|error| failed(&error))?;
            Ok(taken.map(layer))
        })
        .await
    }
}

/// Where an upper directory is, and what is below it.
struct Open {
    path: PathBuf,
    /// The topmost first.
    lower: Vec<PathBuf>,
    place: PathBuf,
}

impl Open {
    /// Opens both; the files below are there as long as the second is held.
    fn upper(&self) -> Result<(Upper, Namespace), FilesError> {
        let below = shown(self.lower.clone(), self.place.clone())?;
        let lower = below.root().try_clone_to_owned().map_err(|error| failed(&error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let upper = openat(CWD, &self.path, flags, Mode::empty());
        let upper = upper.map_err(|errno| failed(&io::Error::from(errno)))?;
        Ok((Upper { upper, lower }, below))
    }
}

// === impl LocalBackend ===

impl LocalBackend {
    /// Finds what a container wrote; `None` where it never did.
    fn upper(&self, files: &FilesOf) -> Result<Option<Open>, FilesError> {
        let path = self.around.layout.upper(files.container);
        if !fs::exists(&path).map_err(|error| failed(&error))? {
            return Ok(None);
        }
        let (lower, place) = (self.lower(&files.spec.layers)?, self.around.layout.empty());
        Ok(Some(Open { path, lower, place }))
    }

    fn lower(&self, layers: &[Digest]) -> Result<Vec<PathBuf>, FilesError> {
        self.layer_dirs(layers).map_err(|error| FilesError::Failed(error.message))
    }

    fn lease(&self, lease: StoreLease) -> Result<Lease, FilesError> {
        let ended = || FilesError::Failed("the lease on the store of images has ended".to_owned());
        self.images.lease_numbered(lease.0).ok_or_else(ended)
    }
}

/// Makes one tree of layers, to read.
fn shown(mut lower: Vec<PathBuf>, place: PathBuf) -> Result<Namespace, FilesError> {
    let origin = match lower.len() {
        0 => Origin::Directory(place.clone()),
        // An overlay wants two directories.
        1 => {
            lower.push(place.clone());
            Origin::Overlay(Overlay { lower, upper: None, volatile: false })
        }
        _ => Origin::Overlay(Overlay { lower, upper: None, volatile: false }),
    };
    Namespace::make(origin, Vec::new(), place).map_err(|error| failed(&error))
}

fn change(change: backends_images::Change) -> FileChange {
    let kind = match change.kind {
        ChangeKind::Modified => FileChangeKind::Modified,
        ChangeKind::Added => FileChangeKind::Added,
        ChangeKind::Deleted => FileChangeKind::Deleted,
    };
    FileChange { path: String::from_utf8_lossy(&change.path).into_owned(), kind }
}

fn layer(layer: LoadedLayer) -> Layer {
    let digest = |digest: StoredDigest| Digest::from_bytes(digest.to_bytes());
    Layer { diff_id: digest(layer.diff_id), blob: digest(layer.blob), size_bytes: layer.size_bytes }
}
