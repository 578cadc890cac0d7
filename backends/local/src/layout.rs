//! Where things lie under the data directory.
//!
//! ```text
//! run/<container>/<incarnation>/   socket, lock and records of one run
//! run/<container>/cgroups.json     what its control groups are in, where a client has said it
//! rw/<container>/{upper,work}      what the container wrote
//! logs/<container>/                its output
//! wasm/                            what was compiled of WebAssembly
//! volumes/<name>/_data             what is in a volume; containers share it and it outlives them
//! trash/                           what is on its way out
//! empty/                           the lowest layer of an image that has none
//! ```

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use backends_core::RunId;
use journal_domain::{ContainerId, VolumeName};
use sandbox_shim::RunDir;

/// The mode of everything but what a container sees: only the server's user may enter.
const PRIVATE: u32 = 0o700;

/// The mode of a container's upper directory, which is its `/`.
const ROOT: u32 = 0o755;

/// The data directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    data: PathBuf,
}

/// The names that hold containers' directories.
const FOLDERS: [&str; 3] = ["run", "rw", "logs"];

// === impl Layout ===

impl Layout {
    /// Makes the directories that are there for as long as the server is.
    pub(crate) fn create(data: &Path) -> io::Result<Self> {
        // Shims are told absolute paths, for they do not stay in the server's working directory.
        let data = std::path::absolute(data)?;
        for name in FOLDERS.iter().chain(&["trash", "volumes", "wasm"]) {
            make_dirs(&data.join(name), PRIVATE)?;
        }
        make_dirs(&data.join("empty"), ROOT)?;
        Ok(Self { data })
    }

    /// Names the directories without making any, for a backend that was open before.
    pub(crate) fn existing(data: &Path) -> io::Result<Self> {
        Ok(Self { data: std::path::absolute(data)? })
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The directory of all runs of a container.
    pub(crate) fn runs(&self, container: ContainerId) -> PathBuf {
        self.data.join("run").join(container.to_string())
    }

    /// The directory of one run.
    pub(crate) fn run(&self, run: RunId) -> RunDir {
        RunDir::new(self.runs(run.container).join(run.incarnation.to_string()))
    }

    /// The file that says what control groups a container's own are in, where it was asked for others.
    pub(crate) fn cgroups(&self, container: ContainerId) -> PathBuf {
        self.runs(container).join("cgroups.json")
    }

    /// The directory of what a container wrote.
    pub(crate) fn writable(&self, container: ContainerId) -> PathBuf {
        self.data.join("rw").join(container.to_string())
    }

    pub(crate) fn upper(&self, container: ContainerId) -> PathBuf {
        self.writable(container).join("upper")
    }

    pub(crate) fn work(&self, container: ContainerId) -> PathBuf {
        self.writable(container).join("work")
    }

    pub(crate) fn log(&self, container: ContainerId) -> PathBuf {
        self.data.join("logs").join(container.to_string())
    }

    /// The directory of all volumes.
    pub(crate) fn volumes(&self) -> PathBuf {
        self.data.join("volumes")
    }

    /// The directory of a volume, and of what is noted of it.
    pub(crate) fn volume(&self, name: &VolumeName) -> PathBuf {
        self.volumes().join(name.as_str())
    }

    /// The directory of what is in a volume.
    pub(crate) fn volume_data(&self, name: &VolumeName) -> PathBuf {
        self.volume(name).join("_data")
    }

    /// Makes the directories of a volume.
    pub(crate) fn make_volume(&self, name: &VolumeName) -> io::Result<()> {
        make_dirs(&self.volume(name), PRIVATE)?;
        make_dirs(&self.volume_data(name), ROOT)
    }

    /// The directory of what was compiled.
    pub(crate) fn wasm(&self) -> PathBuf {
        self.data.join("wasm")
    }

    pub(crate) fn trash(&self) -> PathBuf {
        self.data.join("trash")
    }

    pub(crate) fn empty(&self) -> PathBuf {
        self.data.join("empty")
    }

    /// Makes the directory of a container's output.
    pub(crate) fn make_log(&self, container: ContainerId) -> io::Result<PathBuf> {
        let log = self.log(container);
        make_dirs(&log, PRIVATE)?;
        Ok(log)
    }

    /// Makes the directories that a run needs.
    pub(crate) fn make_run(&self, run: RunId) -> io::Result<RunDir> {
        let dir = self.run(run);
        make_dirs(dir.path(), PRIVATE)?;
        self.make_log(run.container)?;
        self.make_writable(run.container)?;
        Ok(dir)
    }

    /// Makes the directories of what a container writes. The working directory of an overlay is emptied.
    pub(crate) fn make_writable(&self, container: ContainerId) -> io::Result<()> {
        make_dirs(&self.writable(container), PRIVATE)?;
        make_dirs(&self.upper(container), ROOT)?;
        let work = self.work(container);
        // An overlay that was mounted volatile refuses a working directory of before.
        if work.exists() {
            crate::wipe::wipe(&work)?;
        }
        make_dirs(&work, PRIVATE)
    }

    /// Gives every container that has a directory of its own, each once.
    pub(crate) fn containers(&self) -> io::Result<Vec<ContainerId>> {
        let mut found = Vec::new();
        for folder in FOLDERS {
            let entries = match fs::read_dir(self.data.join(folder)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                found.extend(parse::<ContainerId>(&entry?));
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Gives the numbers of a container's runs that have a directory, in order.
    pub(crate) fn incarnations(&self, container: ContainerId) -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(self.runs(container)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(parse::<u32>(&entry?));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

fn parse<T: std::str::FromStr>(entry: &fs::DirEntry) -> Option<T> {
    entry.file_name().to_str()?.parse().ok()
}

fn make_dirs(path: &Path, mode: u32) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path)
}

#[cfg(test)]
mod tests;
