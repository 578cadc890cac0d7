//! What stands on the host behind the mounts of a container.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use backends_core::StartError;
use journal_domain::{MountPoint, PointSource, Propagation};

use super::make;
use crate::{errors::chain, layout::Layout};

/// A path of the host, and the path in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostSource {
    pub(crate) path: PathBuf,
    /// Resolved as if `path` were the root; empty for all of it.
    pub(crate) subpath: String,
}

/// Gives what stands behind a mount; `None` for memory.
pub(crate) fn host_source(layout: &Layout, point: &MountPoint) -> Option<HostSource> {
    match &point.source {
        PointSource::Path { path, .. } => {
            Some(HostSource { path: path.into(), subpath: String::new() })
        }
        PointSource::Volume { name, subpath, device, .. } => Some(HostSource {
            path: device.as_ref().map_or_else(|| layout.volume_data(name), PathBuf::from),
            subpath: subpath.clone(),
        }),
        PointSource::Memory { .. } => None,
    }
}

/// Makes what has to be there before a container is started, and refuses what cannot be mounted, in Docker's words.
pub(crate) fn prepare(layout: &Layout, points: &[MountPoint]) -> Result<(), StartError> {
    for point in points {
        match &point.source {
            PointSource::Path { path, create: true } => make_source(path)?,
            PointSource::Path { path, create: false } => {
                if !Path::new(path).exists() {
                    return Err(refused(format!(
                        "invalid mount config for type \"bind\": bind source path does not exist: {path}"
                    )));
                }
            }
            PointSource::Volume { name, device: None, .. } => {
                make(layout, name).map_err(|error| refused(chain(&error)))?;
            }
            PointSource::Volume { .. } | PointSource::Memory { .. } => {}
        }
        check_propagation(point)?;
    }
    Ok(())
}

fn make_source(path: &str) -> Result<(), StartError> {
    if Path::new(path).exists() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|error| {
        refused(format!("error while creating mount source path '{path}': mkdir {path}: {error}"))
    })
}

/// Refuses to share a mount of the host that is not shared.
fn check_propagation(point: &MountPoint) -> Result<(), StartError> {
    let (wanted, what): (&[&str], _) = match point.access.propagation {
        Propagation::Unset | Propagation::Private | Propagation::RecursivePrivate => return Ok(()),
        Propagation::Shared | Propagation::RecursiveShared => (&["shared:"], "a shared mount"),
        Propagation::Slave | Propagation::RecursiveSlave => {
            (&["shared:", "master:"], "a shared or slave mount")
        }
    };
    let PointSource::Path { path, .. } = &point.source else { return Ok(()) };
    let mounts = fs::read_to_string("/proc/self/mountinfo");
    let mounts = mounts.map_err(|error: io::Error| refused(chain(&error)))?;
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let Some((place, tags)) = mount_of(&mounts, &real) else { return Ok(()) };
    if tags.iter().any(|tag| wanted.iter().any(|wanted| tag.starts_with(wanted))) {
        return Ok(());
    }
    Err(refused(format!("path {path} is mounted on {place} but it is not {what}")))
}

/// Finds the mount that a path is in: its place, and its optional fields.
fn mount_of<'m>(mountinfo: &'m str, path: &Path) -> Option<(&'m str, Vec<&'m str>)> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let place = fields.nth(4)?;
        let tags = fields.skip(1).take_while(|field| *field != "-").collect();
        path.starts_with(place).then_some((place, tags))
    });
    // Of two at one place, the later one lies over the other.
    mounts.max_by_key(|(place, _)| place.len())
}

fn refused(message: String) -> StartError {
    StartError { exit_code: 128, message }
}

#[cfg(test)]
mod tests;
