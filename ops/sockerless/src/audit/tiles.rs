//! The tiles of the log in files. None is synced: all of them can be made anew from the log, until its beginning is given
//! up; what they are then is kept.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use journal_audit::TileStore;

use crate::folder;

/// What is behind the name of a tile's folder of narrower forms.
const PARTIAL: &str = ".p";

/// The piece that says how far the tiles go.
const HEAD: &str = "head";

/// The folder of the edge that is kept, and its name until it is whole.
const KEPT: &str = "kept";
const FRESH: &str = "kept.fresh";

/// Tiles in a folder.
#[derive(Debug, Clone)]
pub(super) struct DirTiles {
    folder: PathBuf,
}

impl DirTiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a copy of the edge, which later tiles take the place of, and makes all tiles durable: after a power cut later
    /// ones may be torn, and the records that they would be made anew of may be given up.
    pub(super) fn keep(&self) -> anyhow::Result<()> {
        let (kept, fresh) = (self.folder.join(KEPT), self.folder.join(FRESH));
        ok_if_absent(fs::remove_dir_all(&fresh))?;
        for name in folder::files(&self.folder)? {
            let is_edge = name == Path::new(HEAD) || name.to_string_lossy().contains(PARTIAL);
            if is_edge && !name.starts_with(KEPT) {
                folder::copy_file(&self.folder.join(&name), &fresh.join(&name))?;
            }
        }
        ok_if_absent(fs::remove_dir_all(&kept))?;
        fs::rename(&fresh, &kept)?;
        // One call for some thousand files.
        Ok(rustix::fs::syncfs(File::open(&self.folder)?)?)
    }

    /// Puts the edge back as it was when it was kept; tells whether it ever was. What has come since is in the log.
    pub(super) fn put_back(&self) -> anyhow::Result<bool> {
        let kept = self.folder.join(KEPT);
        if !kept.is_dir() {
            return Ok(false);
        }
        for name in folder::files(&kept)? {
            folder::copy_file(&kept.join(&name), &self.folder.join(&name))?;
        }
        Ok(true)
    }

    /// Removes the narrower forms of a tile that is there in a wider one, which begins with them.
    fn forget_narrower(&self, name: &str, path: &Path) -> io::Result<()> {
        if !name.contains(PARTIAL) {
            return ok_if_absent(fs::remove_dir_all(self.folder.join(format!("{name}{PARTIAL}"))));
        }
        let Some(folder) = path.parent() else { return Ok(()) };
        for entry in fs::read_dir(folder)? {
            let other = entry?.path();
            if other != path {
                ok_if_absent(fs::remove_file(other))?;
            }
        }
        Ok(())
    }
}

impl TileStore for DirTiles {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fresh = self.folder.join("fresh");
        fs::write(&fresh, bytes)?;
        fs::rename(&fresh, &path)?;
        if name.starts_with("tile/") { self.forget_narrower(name, &path) } else { Ok(()) }
    }

    fn clear(&mut self) -> io::Result<()> {
        ok_if_absent(fs::remove_file(self.folder.join("head")))?;
        ok_if_absent(fs::remove_dir_all(self.folder.join("tile")))
    }
}

fn ok_if_absent(outcome: io::Result<()>) -> io::Result<()> {
    outcome.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
