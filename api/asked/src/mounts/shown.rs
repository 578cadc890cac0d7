//! What inspect and the listing show of a container's mounts.

use api_types::{Empty, HostConfig, Mount, MountPoint as Shown};
use backends_core::Volumes;
use journal_domain::{MountField, MountPoint, PointSource, ReadOnly, Volume};
use projector_containers::Container;

/// Gives the mounts as they are.
pub fn mount_points(container: &Container, backend: &(impl Volumes + ?Sized)) -> Vec<Shown> {
    container.mount_points().iter().map(|point| mount_point(point, backend)).collect()
}

fn mount_point(point: &MountPoint, backend: &(impl Volumes + ?Sized)) -> Shown {
    let MountPoint { target, source, access } = point;
    let shown = Shown {
        destination: target.clone(),
        mode: access.mode.clone(),
        rw: access.read_only == ReadOnly::No,
        propagation: access.propagation.as_str().to_owned(),
        ..Shown::default()
    };
    match source {
        PointSource::Path { path, .. } => {
            Shown { kind: "bind".to_owned(), source: path.clone(), ..shown }
        }
        PointSource::Volume { name, .. } => Shown {
            kind: "volume".to_owned(),
            name: name.to_string(),
            source: backend.volume_path(name).unwrap_or_default(),
            driver: Volume::DRIVER.to_owned(),
            ..shown
        },
        PointSource::Memory { .. } => Shown { kind: "tmpfs".to_owned(), ..shown },
    }
}

/// Puts what the client asked for into what inspect shows; gives the paths that are volumes without a name.
pub(crate) fn show(
    container: &Container,
    host: &mut HostConfig,
) -> std::collections::BTreeMap<String, Empty> {
    let Some(mounting) = container.mounting() else { return Default::default() };
    let texts = |field: MountField| {
        mounting.asked.iter().filter(move |asked| asked.field == field).map(|asked| &asked.text)
    };
    host.binds = texts(MountField::Binds).cloned().collect();
    host.mounts = texts(MountField::Mounts)
        .filter_map(|text| serde_json::from_str::<Mount>(text).ok())
        .collect();
    host.volumes_from = mounting.volumes_from.iter().map(|from| from.text.clone()).collect();
    host.volume_driver.clone_from(&mounting.volume_driver);
    mounting.volumes.iter().map(|path| (path.clone(), Empty {})).collect()
}
