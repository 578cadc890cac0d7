//! Where a child works: a folder in memory.
//!
//! RocksDB reserves some twenty megabytes for each log. On tmpfs that costs as much as the whole rest of a trial; ramfs
//! knows no reservations. So a child gets a ramfs of its own, where the system lets us mount one, which goes with it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use tempfile::TempDir;

use crate::settings::fast_folder;

/// Mounts a ramfs on the folder that is named first, and becomes the rest.
const MOUNT: &str = "mount -t ramfs damage \"$0\" && exec \"$@\"";

/// A folder for one child at a time.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    has_mount: bool,
}

impl Place {
    /// Makes a folder, and finds out whether a ramfs can be had on it.
    pub(crate) fn find() -> Result<Self> {
        let mut place = Self { folder: tempfile::tempdir_in(fast_folder())?, has_mount: true };
        let mut command = place.command(Path::new("true"));
        let status =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        place.has_mount = status.is_ok_and(|status| status.success());
        Ok(place)
    }

    /// Makes a command that runs with the ramfs where there is one.
    #[expect(clippy::disallowed_methods, reason = "a hang and a crash are those of a process")]
    pub(crate) fn command(&self, program: &Path) -> Command {
        if !self.has_mount {
            return Command::new(program);
        }
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", MOUNT]).arg(self.folder.path()).arg(program);
        command
    }
}
