//! Volumes, and containers that mount something.

use std::{collections::BTreeMap, sync::Arc};

use journal_domain::*;

use super::{container, name, nameless, text};

fn volume_name() -> VolumeName {
    "data".parse().unwrap()
}

fn volume() -> Volume {
    Volume {
        name: volume_name(),
        anonymous: true,
        options: BTreeMap::from([(text("o"), text("bind"))]),
        labels: BTreeMap::from([(text("k"), text("v"))]),
    }
}

fn access() -> MountAccess {
    MountAccess {
        read_only: ReadOnly::Top,
        propagation: Propagation::RecursiveSlave,
        without_submounts: true,
        mode: text("ro,rslave"),
    }
}

fn asked(field: MountField, source: MountSource) -> AskedMount {
    let mount = MountRequest { target: text("/t"), source, access: access() };
    AskedMount { field, text: text("as written"), mount }
}

fn mounting() -> Mounting {
    let request = VolumeRequest {
        name: Some(volume_name()),
        options: volume().options,
        labels: volume().labels,
        copy: true,
        subpath: text("s"),
    };
    let path = MountSource::Path { path: text("/h"), create: true };
    Mounting {
        asked: vec![
            asked(MountField::Binds, path),
            asked(MountField::Mounts, MountSource::Volume(request)),
            asked(MountField::Mounts, MountSource::Memory { options: text("size=1m") }),
        ],
        volumes_from: vec![VolumesFrom {
            container: text("web"),
            read_only: Some(true),
            text: text("web:ro"),
        }],
        volumes: vec![text("/v")],
        volume_driver: text("local"),
    }
}

fn mount_points() -> Vec<MountPoint> {
    let point = |source| MountPoint { target: text("/t"), source, access: access() };
    vec![
        point(PointSource::Path { path: text("/h"), create: false }),
        point(PointSource::Volume {
            name: volume_name(),
            anonymous: true,
            copy: true,
            subpath: text("s"),
            device: Some(text("/d")),
        }),
        point(PointSource::Memory { options: text("size=1m") }),
    ]
}

pub(crate) fn commands() -> Vec<Command> {
    let create = nameless(Some(name()));
    let options = vec![ContainerOption::Mounting(mounting())];
    let copied = vec![(container(), text("/t"))];
    vec![
        ContainerCommand::from(CreateContainerWith { create, options }).into(),
        VolumeCommand::from(CreateVolume { volume: volume() }).into(),
        VolumeCommand::from(RemoveVolume { name: text("data") }).into(),
        VolumeCommand::from(ObserveVolumeReady { name: volume_name(), copied }).into(),
        VolumeCommand::from(ObserveVolumeRemoved { name: volume_name() }).into(),
        VolumeCommand::from(RecordVolumePrune { volumes: 2, reclaimed_bytes: 4096 }).into(),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let options =
        vec![ContainerOption::Mounting(mounting()), ContainerOption::MountPoints(mount_points())];
    vec![
        ContainerOptionsSet { id: container(), options }.into(),
        VolumeCreated { volume: Arc::new(volume()) }.into(),
        VolumeReady { name: volume_name(), copied: vec![(container(), text("/t"))] }.into(),
        VolumeRemovalRequested { name: volume_name() }.into(),
        VolumeRemoved { name: volume_name() }.into(),
        VolumesPruned { volumes: 2, reclaimed_bytes: 4096 }.into(),
        VolumesDoomed { container: container() }.into(),
    ]
}
