//! What is left of a data folder on this machine: processes, mounts, cgroups.
//!
//! Used to find out that nothing is left when nothing should be, and to clean up after a test that failed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::{command, run};

/// A process that belongs to a data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The process id.
    pub pid: u32,
    /// Its command line, for a person to read.
    pub command: String,
}

/// Finds the processes that name `data` in their command line, hold a file below it, or have their root on it.
pub fn processes(data: &Path) -> Result<Vec<Leftover>> {
    let me = std::process::id();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("reading /proc")? {
        let Ok(entry) = entry else { continue };
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if pid == me || is_zombie(&entry.path()) {
            continue;
        }
        // A process that ends meanwhile has no files any more, which is no error.
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&line).replace('\0', " ").trim().to_owned();
        if command.contains(&*data.to_string_lossy())
            || holds_file(&entry.path(), data)
            || has_root_on(&entry.path(), data)
        {
            found.push(Leftover { pid, command });
        }
    }
    found.sort_by_key(|leftover| leftover.pid);
    Ok(found)
}

/// The mount points below `data`, deepest first.
pub fn mounts(data: &Path) -> Result<Vec<PathBuf>> {
    let text = fs::read_to_string("/proc/self/mounts").context("reading the mounts")?;
    let mut found: Vec<PathBuf> = text
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .map(PathBuf::from)
        .filter(|point| point.starts_with(data))
        .collect();
    found.sort();
    found.reverse();
    Ok(found)
}

/// The cgroup folders, of every hierarchy, whose path holds `part`.
pub fn cgroups(part: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name().to_string_lossy().contains(part) {
                    found.push(entry.path());
                }
                waiting.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Ends every process of a data folder and takes its mounts away; for the end of a test, whatever became of it.
pub fn sweep(data: &Path) -> Result<()> {
    for leftover in processes(data)? {
        if let Some(pid) = i32::try_from(leftover.pid).ok().and_then(Pid::from_raw) {
            // It may have ended by itself meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    for point in mounts(data)? {
        run(command("umount").arg("-l").arg(&point))?;
    }
    Ok(())
}

fn is_zombie(process: &Path) -> bool {
    let status = fs::read_to_string(process.join("status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && line.contains('Z'))
}

fn holds_file(process: &Path, data: &Path) -> bool {
    fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| target.starts_with(data))
}

fn has_root_on(process: &Path, data: &Path) -> bool {
    let text = fs::read_to_string(process.join("mountinfo")).unwrap_or_default();
    text.lines()
        .filter(|line| line.split(' ').nth(4) == Some("/"))
        .any(|line| line.contains(&*data.to_string_lossy()))
}
