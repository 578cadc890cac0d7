//! What an image has at a path, copied into an empty volume.
//!
//! A mark stands beside the data while a copy is under way: a server that is killed meanwhile leaves a volume that is
//! neither empty nor whole, and the mark tells so.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use backends_core::{EffectError, VolumeCopy};
use backends_images::{ExtractOptions, Packing, open_in_root, transfer};
use journal_domain::Volume;
use rustix::{
    fs::{Gid, Mode, OFlags, Uid, fchmod, fchown, fstat, syncfs},
    io::Errno,
};

use super::blocking;
use crate::{
    LocalBackend,
    errors::chain,
    files::{Namespace, Origin, Overlay},
    wipe::open_dir,
};

/// The bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o7777;

/// A copy to be made.
struct Copy {
    /// The image's root. It goes last.
    _root: Namespace,
    source: OwnedFd,
    data: OwnedFd,
    mark: PathBuf,
}

// === impl LocalBackend ===

impl LocalBackend {
    /// Copies what the image has, if the volume is empty.
    pub(super) async fn fill(&self, volume: &Volume, copy: &VolumeCopy) -> Result<(), EffectError> {
        let layout = &self.around.layout;
        let data = volume.device().map_or_else(|| layout.volume_data(&volume.name), PathBuf::from);
        let mark = layout.volume(&volume.name).join("copying");
        let mut lower = self.layer_dirs(&copy.layers).map_err(|error| failed(&error))?;
        // An overlay wants two directories.
        lower.push(layout.empty());
        let (target, place) = (copy.target.clone(), layout.empty());
        let begun = blocking(move || Copy::begin(lower, &target, &data, mark, place)).await?;
        let Some(copy) = begun else { return Ok(()) };
        copy.run().await
    }
}

// === impl Copy ===

impl Copy {
    /// Looks whether there is something to copy, and room for it.
    fn begin(
        lower: Vec<PathBuf>,
        target: &str,
        data: &Path,
        mark: PathBuf,
        place: PathBuf,
    ) -> io::Result<Option<Self>> {
        let data = open_dir(rustix::fs::CWD, data)?;
        if !mark.exists() && !is_empty(&data)? {
            return Ok(None);
        }
        let origin = Origin::Overlay(Overlay { lower, upper: None, volatile: false });
        let root = Namespace::make(origin, Vec::new(), place)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match open_in_root(root.root(), target.as_bytes(), flags) {
            Ok(source) => Ok(Some(Self { _root: root, source, data, mark })),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    async fn run(self) -> Result<(), EffectError> {
        let (source, target) = (self.source.try_clone(), self.data.try_clone());
        let (source, target) =
            (source.map_err(|error| failed(&error))?, target.map_err(|error| failed(&error))?);
        let mark = self.mark.clone();
        let marked = blocking(move || {
            File::create(&mark)?.sync_all()?;
            File::open(mark.parent().unwrap_or(&mark))?.sync_all()
        });
        marked.await?;
        let packing = Packing::Directory { directory: source, name: None };
        let options = ExtractOptions::default();
        blocking(move || transfer(&packing, target, &options).map_err(io::Error::other)).await?;
        blocking(move || self.finish()).await
    }

    /// Gives the volume the attributes of the image's directory, and takes the mark away once all is on the disk.
    fn finish(self) -> io::Result<()> {
        let stat = fstat(&self.source)?;
        let owner = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        fchown(&self.data, Some(owner.0), Some(owner.1))?;
        fchmod(&self.data, Mode::from_raw_mode(stat.st_mode & PERMISSIONS))?;
        syncfs(self.data.as_fd())?;
        fs::remove_file(&self.mark)
    }
}

fn is_empty(directory: &OwnedFd) -> io::Result<bool> {
    for entry in rustix::fs::Dir::read_from(directory)? {
        if ![c".", c".."].contains(&entry?.file_name()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn failed(error: &(dyn std::error::Error + 'static)) -> EffectError {
    EffectError::Failed(chain(error))
}
