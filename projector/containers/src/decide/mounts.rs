//! What a new container has mounted, by Docker's rules.
//!
//! Those of other containers come first, then `Binds`, `Mounts`, and the volumes of the client and the image, which give
//! way to anything else at their path. A volume that is not there is made.

use std::collections::{BTreeMap, BTreeSet};

use journal_domain::{
    AskedMount, ContainerId, ContainerOption, ContainerSpec, Event, Image, MountAccess, MountField,
    MountPoint, MountSource, Mounting, PointSource, ReadOnly, Refusal, Volume, VolumeName,
    VolumeRequest, VolumesFrom, clean_path,
};
use sha2::{Digest as _, Sha256};

use super::volume;
use crate::State;

/// What a container gets mounted.
#[derive(Debug, Default)]
pub(super) struct Mounted {
    /// The volumes that are made for it.
    pub(super) volumes: Vec<Event>,
    /// Its options, with the mounts among them.
    pub(super) options: Vec<ContainerOption>,
}

/// What was gathered so far.
struct Gathered<'s> {
    state: &'s State,
    id: ContainerId,
    points: BTreeMap<String, MountPoint>,
    volumes: Vec<Event>,
    made: BTreeSet<VolumeName>,
}

/// Decides what the container gets mounted.
pub(super) fn mount(
    state: &State,
    id: ContainerId,
    spec: &ContainerSpec,
    options: &[ContainerOption],
    image: &Image,
) -> Result<Mounted, Refusal> {
    let mut mounting = Mounting::default();
    let mut others = Vec::with_capacity(options.len());
    for option in options {
        match option {
            ContainerOption::Mounting(asked) => mounting = asked.clone(),
            // What is mounted is decided here and nowhere else.
            ContainerOption::MountPoints(_) => {}
            ContainerOption::Logging(_)
            | ContainerOption::Publishing(_)
            | ContainerOption::HostUserNamespace
            | ContainerOption::SealedEnvironment(_)
            | ContainerOption::Networking(_)
            | ContainerOption::Restart(_)
            | ContainerOption::Namespaces(_)
            | ContainerOption::Devices(_)
            | ContainerOption::MoreLimits(_)
            | ContainerOption::Build(_)
            | ContainerOption::ForImages(_)
            | ContainerOption::NoNetwork(_)
            | ContainerOption::CgroupParent(_)
            | ContainerOption::SeccompProfile(_)
            | ContainerOption::Pod(_)
            | ContainerOption::Runtime(_)
            | ContainerOption::Pool(_)
            | ContainerOption::Health(_) => others.push(option.clone()),
        }
    }
    for path in &image.config.volumes {
        if !mounting.volumes.contains(path) {
            mounting.volumes.push(path.clone());
        }
    }
    if mounting == Mounting::default() {
        return Ok(Mounted { volumes: Vec::new(), options: others });
    }
    let mut gathered =
        Gathered { state, id, points: BTreeMap::new(), volumes: Vec::new(), made: BTreeSet::new() };
    for from in &mounting.volumes_from {
        gathered.take_from(from)?;
    }
    gathered.take_asked(&mounting.asked, spec)?;
    for path in &mounting.volumes {
        gathered.take_volume(path, spec)?;
    }
    let mut points: Vec<MountPoint> = gathered.points.into_values().collect();
    // What lies deeper is mounted later, so that nothing is hidden by what lies above it.
    points.sort_by_key(|point| point.target.matches('/').count());
    others.push(ContainerOption::Mounting(mounting));
    others.push(ContainerOption::MountPoints(points));
    Ok(Mounted { volumes: gathered.volumes, options: others })
}

// === impl Gathered ===

impl Gathered<'_> {
    /// Takes the mounts of another container. What its image had is in its volumes by now.
    fn take_from(&mut self, from: &VolumesFrom) -> Result<(), Refusal> {
        let other = self.state.find(&from.container).map_err(|_| {
            Refusal::InvalidParameter(format!("No such container: {}", from.container))
        })?;
        for point in other.mount_points() {
            let mut point = point.clone();
            if let PointSource::Volume { copy, .. } = &mut point.source {
                *copy = false;
            }
            if from.read_only == Some(true) && point.access.read_only == ReadOnly::No {
                point.access.read_only = ReadOnly::All;
            }
            point.access.mode.clear();
            self.points.insert(point.target.clone(), point);
        }
        Ok(())
    }

    fn take_asked(&mut self, asked: &[AskedMount], spec: &ContainerSpec) -> Result<(), Refusal> {
        let mut taken = BTreeSet::new();
        for AskedMount { field, mount, .. } in asked {
            let target = &mount.target;
            let in_memory = *field == MountField::Binds && spec.tmpfs.contains_key(target);
            if in_memory || !taken.insert(target.as_str()) {
                return Err(Refusal::InvalidParameter(format!("Duplicate mount point: {target}")));
            }
            let source = match &mount.source {
                MountSource::Path { path, create } => {
                    PointSource::Path { path: path.clone(), create: *create }
                }
                MountSource::Memory { options } => PointSource::Memory { options: options.clone() },
                MountSource::Volume(request) => self.volume(request, target)?,
            };
            let (target, access) = (target.clone(), mount.access.clone());
            self.points.insert(target.clone(), MountPoint { target, source, access });
        }
        Ok(())
    }

    /// Takes a path that becomes a volume, unless something is mounted there.
    fn take_volume(&mut self, path: &str, spec: &ContainerSpec) -> Result<(), Refusal> {
        let target = clean_path(path);
        if self.points.contains_key(&target) || spec.tmpfs.contains_key(&target) {
            return Ok(());
        }
        let request = VolumeRequest { copy: true, ..VolumeRequest::default() };
        let source = self.volume(&request, &target)?;
        let access = MountAccess::default();
        self.points.insert(target.clone(), MountPoint { target, source, access });
        Ok(())
    }

    fn volume(&mut self, request: &VolumeRequest, target: &str) -> Result<PointSource, Refusal> {
        let anonymous = request.name.is_none();
        let name = request.name.clone().unwrap_or_else(|| made_up(self.id, target));
        let volume = Volume {
            name: name.clone(),
            anonymous,
            options: request.options.clone(),
            labels: request.labels.clone(),
        };
        if self.made.insert(name.clone()) {
            self.volumes.extend(volume::wanted(self.state, &volume)?);
        }
        // A volume that is there keeps its own options.
        let kept = self.state.volumes.known(&name).map(|kept| &*kept.volume);
        let device = kept.unwrap_or(&volume).device().map(str::to_owned);
        let (copy, subpath) = (request.copy, request.subpath.clone());
        Ok(PointSource::Volume { name, anonymous, copy, subpath, device })
    }
}

/// Makes up the name of a volume: as unlike any other as the container's id is.
fn made_up(id: ContainerId, target: &str) -> VolumeName {
    let hash = Sha256::new()
        .chain_update(b"volume of ")
        .chain_update(id.as_bytes())
        .chain_update(target.as_bytes())
        .finalize();
    let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    name.parse().expect("hexadecimal digits are a name")
}
