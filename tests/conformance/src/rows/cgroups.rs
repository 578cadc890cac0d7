//! Containers in a control group of the host that their client names.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::build::{lines, post};
use crate::cx::Cx;
use crate::eventually::eventually;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_023_a_container_is_in_the_control_group_that_is_named,
    d_023_limits_of_a_named_control_group_hold,
    d_023_the_group_of_another_container_is_none_to_name(Oracle::Differs("20.10 takes any")),
    d_131_steps_are_in_the_control_group_that_is_named,
];

/// How long a group may stay busy after its last process ended.
const BUSY_LIMIT: Duration = Duration::from_secs(10);

/// Processes that a group may hold: a shell, what it starts, and those that hold a container of dockerd's for a moment.
const PROCESSES: u32 = 12;

/// Starts more programs than may be, and tells how many there were.
const MANY: &str = "for i in $(seq 30); do sleep 0.5 & done; echo all; wait";

/// A control group in every hierarchy; it goes with this value.
struct Group {
    name: String,
}

impl Group {
    fn new(cx: &Cx) -> Self {
        Self { name: format!("test-{}", cx.key()) }
    }

    /// As a client names it.
    fn path(&self) -> String {
        format!("/{}", self.name)
    }

    /// Its directories, where they are by now.
    fn directories(&self) -> Result<Vec<PathBuf>> {
        let mounts = fs::read_to_string("/proc/mounts")?;
        let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let groups = fields.filter(|fields| matches!(fields[2], "cgroup" | "cgroup2"));
        let paths = groups.map(|fields| Path::new(fields[1]).join(&self.name));
        Ok(paths.filter(|path| path.exists()).collect())
    }

    /// Makes it before anybody else does, with a limit of processes.
    fn limit(&self) -> Result<()> {
        let mounts = fs::read_to_string("/proc/mounts")?;
        for line in mounts.lines() {
            let fields: Vec<_> = line.split(' ').collect();
            let is_v1 = fields[2] == "cgroup" && fields[3].split(',').any(|word| word == "pids");
            if !is_v1 && fields[2] != "cgroup2" {
                continue;
            }
            let directory = Path::new(fields[1]).join(&self.name);
            fs::create_dir_all(&directory)?;
            let file = directory.join("pids.max");
            if file.exists() {
                return Ok(fs::write(file, PROCESSES.to_string())?);
            }
            fs::remove_dir(directory)?;
        }
        anyhow::bail!("nothing counts processes on this host")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for directory in self.directories().unwrap_or_default() {
            // What is still busy shows in the leftovers of the suite.
            let _ = fs::remove_dir(directory);
        }
    }
}

async fn d_023_a_container_is_in_the_control_group_that_is_named(cx: Cx) -> Result<()> {
    let group = Group::new(&cx);
    let more = json!({"HostConfig": {"CgroupParent": group.path()}});
    let name = cx.start_script("inside", "sleep 60", more).await?;
    let inspected = cx.inspect(&name).await?;
    assert_eq!(inspected["HostConfig"]["CgroupParent"], group.path());
    let (id, pid) = (inspected["Id"].as_str().context("Id")?, &inspected["State"]["Pid"]);
    let told = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
    let place = format!("{}/{id}", group.path());
    ensure!(told.lines().any(|line| line.ends_with(&place)), "{place} is not in {told}");
    // What counts and stops a container finds it there.
    let stats = cx.client().get(&format!("/containers/{name}/stats?stream=0")).await?.json()?;
    ensure!(stats["pids_stats"]["current"].as_u64() >= Some(1), "{stats}");
    cx.client().post(&format!("/containers/{name}/pause")).await?.expect_status(204)?;
    cx.client().post(&format!("/containers/{name}/unpause")).await?.expect_status(204)?;
    cx.client().delete(&format!("/containers/{name}?force=1")).await?.expect_status(204)?;
    eventually("the container's groups are gone", BUSY_LIMIT, async || {
        let left = group.directories()?.iter().any(|directory| directory.join(id).exists());
        Ok((!left).then_some(()))
    })
    .await
}

async fn d_023_limits_of_a_named_control_group_hold(cx: Cx) -> Result<()> {
    let group = Group::new(&cx);
    group.limit()?;
    let more = json!({"HostConfig": {"CgroupParent": group.path()}});
    let (output, _) = cx.run_script("many", MANY, more).await?;
    ensure!(output.err().contains("can't fork"), "{} {}", output.out(), output.err());
    let (output, code) = cx.run_script("free", MANY, json!({})).await?;
    assert_eq!((output.out().as_str(), code), ("all\n", 0));
    cx.clean().await
}

async fn d_023_the_group_of_another_container_is_none_to_name(cx: Cx) -> Result<()> {
    let other = cx.start_script("other", "sleep 60", json!({})).await?;
    let id = cx.inspect(&other).await?["Id"].as_str().context("Id")?.to_owned();
    for parent in [id.clone(), format!("/docker/{id}/x")] {
        let more = json!({"HostConfig": {"CgroupParent": parent}});
        let reply = cx.create_named(&cx.name("no"), &["true"], more).await?;
        assert_eq!(reply.status, 400, "{}", reply.text());
        ensure!(reply.message().contains("it leads into a container"), "{}", reply.message());
    }
    Ok(())
}

async fn d_131_steps_are_in_the_control_group_that_is_named(cx: Cx) -> Result<()> {
    let group = Group::new(&cx);
    group.limit()?;
    let dockerfile = format!("FROM {BUSYBOX}\nRUN {MANY}\n");
    let query = format!("forcerm=1&cgroupparent={}", group.path());
    let reply = post(&cx, &query, &[("Dockerfile", &dockerfile)]).await?.expect_status(200)?;
    let told = lines(&reply)?;
    ensure!(reply.text().contains("can't fork"), "{told:?}");
    Ok(())
}
