//! The tiles of the log in files. None is synced: all of them can be made anew from the log.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use journal_audit::TileStore;

/// What is behind the name of a tile's folder of narrower forms.
const PARTIAL: &str = ".p";

/// Tiles in a folder.
#[derive(Debug, Clone)]
pub(super) struct DirTiles {
    folder: PathBuf,
}

impl DirTiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
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
