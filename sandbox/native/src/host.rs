//! What the host offers: its control groups, found once for a server.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{FsOpenFlags, MountFlags, fsconfig_create, fsconfig_set_flag, fsopen, mount};
use sandbox_shim::{Cgroups, HostReport, HostRequest, V1Hierarchy};

/// Version 1 controllers that containers are put under; others limit nothing that can be asked for.
const V1_CONTROLLERS: &[&str] =
    &["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"];

/// Version 2 controllers that are switched on for containers.
const V2_CONTROLLERS: &[&str] = &["cpu", "cpuset", "io", "memory", "pids"];

/// The child a version 2 root's own processes move to, for a group with controllers on may hold none.
const LEAF: &str = "sockerless-rest";

/// A mounted control group tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tree {
    mount_point: PathBuf,
    /// The controllers of version 1; `None` is version 2.
    controllers: Option<Vec<String>>,
}

/// Finds the host's control groups and makes the containers' parents in them.
pub(crate) fn prepare(request: &HostRequest) -> io::Result<HostReport> {
    let mut warnings = Vec::new();
    let mut trees = trees(&fs::read_to_string("/proc/self/mountinfo")?);
    if trees.is_empty() {
        fs::create_dir_all(&request.private_mount)?;
        match mount("cgroup2", &request.private_mount, "cgroup2", MountFlags::empty(), None) {
            Ok(()) => {
                let mount_point = request.private_mount.clone();
                trees.push(Tree { mount_point, controllers: None });
            }
            Err(errno) => warnings.push(format!("no control groups: mounting cgroup2: {errno}")),
        }
    }
    if request.favor_dynmods
        && !trees.is_empty()
        && let Err(errno) = favor_dynmods()
    {
        warnings.push(format!("favordynmods is not available: {errno}"));
    }
    let parent = request.cgroup_parent.trim_matches('/');
    let cgroups = match trees.iter().find(|tree| is_v2_with_memory(tree)) {
        Some(tree) => delegate_v2(&tree.mount_point, parent, request.keep_processes),
        None => delegate_v1(&trees, parent),
    };
    let cgroups = match cgroups {
        // The server has no root rights, and nobody has given it groups.
        Err(error) if is_denied(&error) => {
            warnings.push(format!(
                "no control groups ({error}): containers have no limits of memory, CPUs and processes, and cannot be paused"
            ));
            Cgroups::Absent
        }
        cgroups => cgroups?,
    };
    Ok(HostReport { cgroups, warnings })
}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Reads `mountinfo`: fields, a dash, the kind, the source, the options of the file system.
fn trees(mountinfo: &str) -> Vec<Tree> {
    let mut trees: Vec<Tree> = Vec::new();
    for line in mountinfo.lines() {
        let Some((mount, filesystem)) = line.split_once(" - ") else { continue };
        let mount: Vec<&str> = mount.split(' ').collect();
        let filesystem: Vec<&str> = filesystem.split(' ').collect();
        let ([_, _, _, _, mount_point, ..], [kind, _, options, ..]) = (&mount[..], &filesystem[..])
        else {
            continue;
        };
        let controllers = match *kind {
            "cgroup2" => None,
            "cgroup" => Some(
                options
                    .split(',')
                    .filter(|o| V1_CONTROLLERS.contains(o))
                    .map(str::to_owned)
                    .collect(),
            ),
            _ => continue,
        };
        let known = trees.iter().any(|tree| tree.controllers == controllers);
        if !known
            && controllers.as_ref().is_none_or(|controllers: &Vec<String>| !controllers.is_empty())
        {
            trees.push(Tree { mount_point: PathBuf::from(mount_point), controllers });
        }
    }
    trees
}

/// A version 2 tree counts if it limits memory; beside version 1 it has no controllers to speak of.
fn is_v2_with_memory(tree: &Tree) -> bool {
    let controllers = fs::read_to_string(tree.mount_point.join("cgroup.controllers"));
    tree.controllers.is_none()
        && controllers.is_ok_and(|text| text.split_whitespace().any(|name| name == "memory"))
}

fn delegate_v1(trees: &[Tree], parent: &str) -> io::Result<Cgroups> {
    let mut hierarchies = Vec::new();
    for tree in trees {
        let Some(controllers) = tree.controllers.clone() else { continue };
        let mut path = tree.mount_point.clone();
        for name in parent.split('/').filter(|name| !name.is_empty()) {
            let above = path.clone();
            path.push(name);
            make(&path)?;
            if controllers.iter().any(|controller| controller == "cpuset") {
                inherit_cpuset(&above, &path)?;
            }
        }
        hierarchies.push(V1Hierarchy { controllers, parent: path });
    }
    match hierarchies.is_empty() {
        true => Ok(Cgroups::Absent),
        false => Ok(Cgroups::V1 { hierarchies }),
    }
}

fn inherit_cpuset(above: &Path, path: &Path) -> io::Result<()> {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        if fs::read_to_string(path.join(file))?.trim().is_empty() {
            fs::write(path.join(file), fs::read_to_string(above.join(file))?.trim())?;
        }
    }
    Ok(())
}

fn delegate_v2(root: &Path, parent: &str, keep_processes: bool) -> io::Result<Cgroups> {
    let mut path = root.to_owned();
    switch_on(&path, keep_processes)?;
    for name in parent.split('/').filter(|name| !name.is_empty()) {
        path.push(name);
        make(&path)?;
        switch_on(&path, keep_processes)?;
    }
    Ok(Cgroups::V2 { parent: path })
}

/// Gives a group's children the controllers it has.
fn switch_on(group: &Path, keep_processes: bool) -> io::Result<()> {
    let available = fs::read_to_string(group.join("cgroup.controllers"))?;
    let wanted = |name: &&str| V2_CONTROLLERS.contains(name);
    let on: Vec<String> =
        available.split_whitespace().filter(wanted).map(|name| format!("+{name}")).collect();
    let control = group.join("cgroup.subtree_control");
    match fs::write(&control, on.join(" ")) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy && !keep_processes => {
            move_processes(group)?;
            fs::write(&control, on.join(" "))
        }
        written => written,
    }
}

/// Moves a group's own processes into a child; inside another container the root has some.
fn move_processes(group: &Path) -> io::Result<()> {
    let leaf = group.join(LEAF);
    make(&leaf)?;
    for process in fs::read_to_string(group.join("cgroup.procs"))?.lines() {
        // One that has ended meanwhile needs no moving.
        drop(fs::write(leaf.join("cgroup.procs"), process));
    }
    Ok(())
}

fn make(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Has the kernel favour changes of control groups, by an option of the version 2 tree that holds for all.
///
/// Nothing is mounted in any place: the option is taken when the tree is looked up.
fn favor_dynmods() -> Result<(), Errno> {
    let context = fsopen("cgroup2", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_flag(&context, "favordynmods")?;
    fsconfig_create(&context)
}

#[cfg(test)]
mod tests;
