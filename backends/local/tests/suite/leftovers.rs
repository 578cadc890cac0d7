//! Removing leaves nothing: no file, mount, control group, interface, process.

use std::path::{Path, PathBuf};

use backends_core::{Backend, EffectError};
use backends_local::LocalBackend;
use journal_domain::{ContainerSpec, Signal};

use super::{
    adoption::{kill, shim_of},
    bundle::{Host, on_a_host},
};

#[test]
fn nothing_is_left_of_a_removed_container() {
    on_a_host(|mut host| async move {
        let workload = host.script("mkdir -p /a/b/c; touch /a/b/c/d; rm -r /etc; echo done");
        host.run(&workload).await;
        let container = workload.run.container;
        host.remove(container).await;
        host.remove(container).await;
        assert_eq!(traces(&host), Vec::<PathBuf>::new());
    });
}

#[test]
fn a_container_that_runs_is_not_removed() {
    on_a_host(|mut host| async move {
        let workload = host.script("sleep 1000");
        host.start(&workload).await;
        // Another server has started it, so to say: this one does not hold it.
        host.restart(async {}).await;
        let refused = host.local().remove(workload.run.container).await;
        assert!(matches!(refused, Err(EffectError::Failed(_))), "{refused:?}");
        host.local().list().await.unwrap();
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        host.exit(workload.run).await;
        host.remove(workload.run.container).await;
        assert_eq!(traces(&host), Vec::<PathBuf>::new());
    });
}

#[test]
fn nothing_is_left_of_a_container_whose_shim_was_killed() {
    on_a_host(|mut host| async move {
        let workload = host.script("sleep 1000 & sleep 1000");
        host.start(&workload).await;
        kill(shim_of(&host, &workload));
        while !matches!(host.report().await, backends_core::Observation::Lost { .. }) {}
        host.remove(workload.run.container).await;
        assert_eq!(traces(&host), Vec::<PathBuf>::new());
    });
}

#[test]
fn tearing_down_ends_what_runs_and_takes_the_groups_away() {
    on_a_host(|mut host| async move {
        let held = host.script("trap '' TERM; echo ready; while :; do sleep 1; done");
        host.start(&held).await;
        let orphan = ContainerSpec { init: true, ..host.spec(&["sleep", "1000"]) };
        let orphan = host.workload(orphan);
        host.start(&orphan).await;
        assert!(!groups(&host).is_empty());
        LocalBackend::tear_down(&host.options).await.unwrap();
        assert_eq!(groups(&host), Vec::<PathBuf>::new());
        assert_eq!(host.exit(held.run).await.0, 137);
        LocalBackend::tear_down(&host.options).await.unwrap();
    });
}

/// What a host has of containers: directories, groups, mounts.
fn traces(host: &Host) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["run", "rw", "logs", "trash", "empty"] {
        found.extend(children(&host.data().join(folder)));
    }
    for parent in groups(host) {
        found.extend(children(&parent).into_iter().filter(|path| path.is_dir()));
    }
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let data = host.data().to_str().unwrap();
    found.extend(mounts.lines().filter(|line| line.contains(data)).map(PathBuf::from));
    found
}

/// The parents of the containers' control groups.
fn groups(host: &Host) -> Vec<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mounts = mounts.lines().filter(|line| line.contains(" - cgroup"));
    let parents = mounts
        .map(|line| Path::new(line.split(' ').nth(4).unwrap()).join(&host.options.cgroup_parent));
    parents.filter(|path| path.exists()).collect()
}

fn children(path: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
}
