//! What a container has mounted beyond its image, in the order in which it is mounted.

use backends_core::Workload;
use journal_domain::{MountAccess, MountPoint, PointSource, Propagation, ReadOnly};
use sandbox_shim::{BindMount, Mount, Propagation as ShimPropagation, TmpfsMount};

use crate::{
    layout::Layout,
    volumes::{HostSource, host_source},
};

/// Gives the mounts: what lies deeper comes later, so that nothing is hidden by what lies above it.
pub(super) fn mounts(workload: &Workload, layout: &Layout) -> Vec<Mount> {
    let points = workload.options.iter().flat_map(|options| &options.mount_points);
    let points = points.map(|point| mount(point, layout));
    let memory = workload.spec.tmpfs.iter().map(|(target, options)| {
        Mount::Tmpfs(TmpfsMount { target: target.clone(), options: options.clone() })
    });
    let mut mounts: Vec<Mount> = points.chain(memory).collect();
    mounts.sort_by_key(|mount| mount.target().split('/').filter(|part| !part.is_empty()).count());
    mounts
}

fn mount(point: &MountPoint, layout: &Layout) -> Mount {
    let MountPoint { target, source, access } = point;
    match (source, host_source(layout, point)) {
        (PointSource::Memory { options }, _) => {
            Mount::Tmpfs(TmpfsMount { target: target.clone(), options: options.clone() })
        }
        (_, Some(HostSource { path, subpath })) => Mount::Bind(BindMount {
            source: path,
            target: target.clone(),
            read_only: access.read_only == ReadOnly::All,
            read_only_top: access.read_only == ReadOnly::Top,
            subpath,
            without_submounts: access.without_submounts,
            propagation: propagation(access),
        }),
        (PointSource::Path { .. } | PointSource::Volume { .. }, None) => {
            unreachable!("a path and a volume are on the host")
        }
    }
}

const fn propagation(access: &MountAccess) -> ShimPropagation {
    match access.propagation {
        Propagation::Unset | Propagation::RecursivePrivate => ShimPropagation::RecursivePrivate,
        Propagation::Private => ShimPropagation::Private,
        Propagation::Shared => ShimPropagation::Shared,
        Propagation::RecursiveShared => ShimPropagation::RecursiveShared,
        Propagation::Slave => ShimPropagation::Slave,
        Propagation::RecursiveSlave => ShimPropagation::RecursiveSlave,
    }
}
