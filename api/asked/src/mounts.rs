//! What a container mounts: `HostConfig.Binds`, `Mounts`, `VolumesFrom` and `VolumeDriver`, `Config.Volumes`.
//!
//! Rules and texts are dockerd's (its `volume/mounts` package), for clients show and match them.

mod bind;
mod shown;
mod structured;
mod volume;

use api_types::{ApiVersion, ContainerCreateRequest};
use journal_domain::{MountAccess, Mounting, Propagation, ReadOnly, VolumesFrom, clean_path};

use self::bind::Mode;
use crate::Unfit;

pub use shown::mount_points;
pub(super) use shown::show;
pub use volume::{check_driver, check_driver_options, shown_volume, volume_name};

/// The version from which on a read-only mount is so all the way down.
const RECURSIVE_FROM: ApiVersion = ApiVersion::new(1, 44);

/// Reads what a client wants mounted; `None` where that is nothing.
pub(super) fn mounting(
    request: &ContainerCreateRequest,
    version: ApiVersion,
) -> Result<Option<Mounting>, Unfit> {
    let host = request.host();
    let binds = host.binds.iter().map(|text| bind::bind(text, &host.volume_driver, version));
    let mounts = host.mounts.iter().map(|mount| structured::mount(mount, version));
    let mounting = Mounting {
        asked: binds.chain(mounts).collect::<Result<_, _>>()?,
        volumes_from: host
            .volumes_from
            .iter()
            .map(|text| volumes_from(text))
            .collect::<Result<_, _>>()?,
        volumes: request
            .config
            .volumes
            .keys()
            .map(|path| volume_path(path))
            .collect::<Result<_, _>>()?,
        volume_driver: host.volume_driver.clone(),
    };
    Ok((mounting != Mounting::default()).then_some(mounting))
}

/// Reads `container[:mode]`.
fn volumes_from(text: &str) -> Result<VolumesFrom, Unfit> {
    if text.is_empty() {
        return Err(Unfit::invalid("volumes-from specification cannot be an empty string"));
    }
    let (container, mode) = text.split_once(':').unwrap_or((text, "rw"));
    let read = Mode::parse(mode)?;
    if read.propagation.is_some() || read.no_copy {
        return Err(Unfit::invalid(format!("invalid mode: {mode}")));
    }
    Ok(VolumesFrom {
        container: container.to_owned(),
        read_only: Some(read.read_only),
        text: text.to_owned(),
    })
}

fn volume_path(path: &str) -> Result<String, Unfit> {
    if clean_path(path) == "/" {
        return Err(Unfit::invalid("invalid specification: destination can't be '/'"));
    }
    Ok(path.to_owned())
}

/// Gives the access that is asked for; before API 1.44, what is mounted below can be written to.
fn access(read_only: bool, propagation: Propagation, version: ApiVersion) -> MountAccess {
    let read_only = match read_only {
        false => ReadOnly::No,
        true if version < RECURSIVE_FROM => ReadOnly::Top,
        true => ReadOnly::All,
    };
    MountAccess { read_only, propagation, ..MountAccess::default() }
}

/// Refuses targets that no mount can have.
fn check_target(target: &str) -> Result<(), String> {
    if target.is_empty() {
        return Err("field Target must not be empty".to_owned());
    }
    if target.starts_with('/') && clean_path(target) == "/" {
        return Err("invalid specification: destination can't be '/'".to_owned());
    }
    check_absolute(target)
}

fn check_absolute(path: &str) -> Result<(), String> {
    if path.starts_with('/') {
        return Ok(());
    }
    Err(format!("invalid mount path: '{path}' mount path must be absolute"))
}

fn invalid(kind: &str, reason: &str) -> Unfit {
    Unfit::invalid(format!("invalid mount config for type {kind:?}: {reason}"))
}

#[cfg(test)]
mod tests;
