//! Removing control groups, with what still lives in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sandbox_shim::{Cgroups, SweepRequest};

/// How long a group may stay busy after its last process was reaped, in tries of a millisecond.
///
/// The kernel lets go of a dead process's groups a moment after it is reaped, later under load.
const REMOVE_TRIES: u32 = 2000;

/// Removes groups and any groups the container has made in them.
pub(crate) fn remove(directories: &[PathBuf]) {
    for directory in directories {
        for _ in 0..REMOVE_TRIES {
            match remove_tree(directory) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => pause_briefly(),
                _ => break,
            }
        }
    }
}

/// Kills what lives in a container's groups and removes them.
pub(crate) fn sweep(request: &SweepRequest) -> io::Result<()> {
    let name = &request.cgroup_name;
    let directories: Vec<PathBuf> = match &request.cgroups {
        Cgroups::V1 { hierarchies } => {
            hierarchies.iter().map(|hierarchy| hierarchy.parent.join(name)).collect()
        }
        Cgroups::V2 { parent } => vec![parent.join(name)],
        Cgroups::Absent => Vec::new(),
    };
    for directory in directories.iter().filter(|directory| directory.exists()) {
        for _ in 0..REMOVE_TRIES {
            kill_all(directory);
            match remove_tree(directory) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => pause_briefly(),
                removed => {
                    removed?;
                    break;
                }
            }
        }
    }
    match directories.iter().find(|directory| directory.exists()) {
        None => Ok(()),
        Some(busy) => Err(io::Error::new(io::ErrorKind::ResourceBusy, busy.display().to_string())),
    }
}

/// Waits a millisecond.
pub(super) fn pause_briefly() {
    std::thread::sleep(Duration::from_millis(1));
}

fn remove_tree(directory: &Path) -> io::Result<()> {
    let removed = fs::remove_dir(directory);
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            for entry in fs::read_dir(directory)?.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    remove_tree(&entry.path())?;
                }
            }
            fs::remove_dir(directory)
        }
        removed => removed,
    }
}

/// Kills what lives in a group and in those below it.
pub(super) fn kill_all(directory: &Path) {
    // A stopped process does not die under version 1.
    drop(fs::write(directory.join("freezer.state"), "THAWED"));
    if fs::write(directory.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            kill_all(&entry.path());
        }
    }
    let processes = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    let pids = processes.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?));
    for pid in pids {
        // One that has ended meanwhile is as good as killed.
        let _ = kill_process(pid, Signal::KILL);
    }
}
