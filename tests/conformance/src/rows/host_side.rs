//! What a container shares with the host and with other containers, the devices that it has, and what inspect shows of it.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_023_inspect_shows_what_was_sent,
    d_023_the_hosts_processes_are_seen_and_end_with_the_first_one,
    d_023_the_processes_of_another_container_are_shared,
    d_023_shared_memory_is_that_of_another_container,
    d_023_shared_memory_can_be_the_hosts_or_none,
    d_023_private_memory_is_not_shared,
    d_023_who_shares_needs_the_other_to_run,
    d_023_the_hosts_names_are_seen,
    d_023_the_hosts_control_groups_are_seen,
    d_023_a_device_of_the_host_is_inside,
    d_023_a_folder_of_devices_is_inside,
    d_023_a_rule_lets_a_device_be_used,
    d_023_a_missing_device_fails_the_start,
    d_023_rates_of_a_block_device_are_set,
    d_023_swappiness_and_the_killer_are_set,
    d_023_the_hosts_own_address_can_be_named(Oracle::KnowsFrom(1, 41)),
    d_023_a_limit_of_the_kernels_memory_is_old_and_told_to_be,
    d_023_a_bad_number_is_refused,
    d_023_a_size_of_the_root_is_refused_where_nothing_counts_it,
    d_023_unknown_modes_are_refused(Oracle::KnowsFrom(1, 42)),
];

/// Prints which namespace of a kind it is in.
fn namespace(kind: &str) -> String {
    format!("readlink /proc/self/ns/{kind}")
}

fn host_namespace(kind: &str) -> Result<String> {
    Ok(std::fs::read_link(format!("/proc/self/ns/{kind}"))?.to_string_lossy().into_owned())
}

/// A block device of this host, by its path.
fn block_device() -> Result<String> {
    let devices = std::fs::read_dir("/sys/block")?.flatten();
    let mut names: Vec<String> =
        devices.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    // A loop device is there as a node also where nothing uses it.
    names.sort_by_key(|name| name.starts_with("loop"));
    let mut paths = names.into_iter().map(|name| format!("/dev/{name}"));
    paths.find(|path| std::path::Path::new(path).exists()).context("the host has no block device")
}

async fn d_023_inspect_shows_what_was_sent(cx: Cx) -> Result<()> {
    let device = block_device()?;
    let host = json!({
        "Memory": 67_108_864, "NanoCpus": 500_000_000, "OomScoreAdj": 100,
        "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}],
        "Dns": ["10.9.9.9"], "DnsSearch": ["example.test"], "DnsOptions": ["ndots:2"],
        "PidMode": "host", "IpcMode": "shareable", "ReadonlyRootfs": true,
        "Devices": [{"PathOnHost": "/dev/full", "PathInContainer": "/dev/inside", "CgroupPermissions": "rw"}],
        "DeviceCgroupRules": ["c 42:* rmw"],
        "GroupAdd": ["audio"], "Tmpfs": {"/scratch": "size=1m"},
        "ExtraHosts": ["db:10.1.1.1"], "MaskedPaths": ["/proc/kcore"], "ReadonlyPaths": ["/proc/bus"],
        "MemorySwappiness": 10, "BlkioDeviceReadBps": [{"Path": device, "Rate": 1_048_576}],
        "CgroupnsMode": "host", "UTSMode": "host", "ShmSize": 1_048_576, "Init": true,
    });
    let name = cx.create("whole", &["true"], json!({"HostConfig": host})).await?;
    let shown = cx.inspect(&name).await?["HostConfig"].clone();
    for (field, sent) in host.as_object().context("an object")? {
        assert_eq!(&shown[field], sent, "{field}");
    }
    Ok(())
}

async fn d_023_the_hosts_processes_are_seen_and_end_with_the_first_one(cx: Cx) -> Result<()> {
    let mark = format!("6{:07}", std::process::id());
    let script = format!(
        "{}; sleep {mark} & test -d /proc/{}; echo $?",
        namespace("pid"),
        std::process::id()
    );
    let more = json!({"HostConfig": {"PidMode": "host"}});
    let (output, code) = cx.run_script("sees", &script, more).await?;
    assert_eq!((output.out(), code), (format!("{}\n0\n", host_namespace("pid")?), 0));
    // What the first process has left behind is gone once the container is.
    assert_eq!(processes(&mark)?, 0);
    Ok(())
}

/// How many processes of the host have `argument` among theirs.
fn processes(argument: &str) -> Result<usize> {
    let entries = std::fs::read_dir("/proc")?.flatten();
    // A process that ends meanwhile has no arguments any more.
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let has =
        |line: &Vec<u8>| line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes());
    Ok(lines.filter(has).count())
}

async fn d_023_the_processes_of_another_container_are_shared(cx: Cx) -> Result<()> {
    let first = cx.start_script("first", "exec sleep 600", json!({})).await?;
    let more = json!({"HostConfig": {"PidMode": format!("container:{first}")}});
    let (output, code) =
        cx.run_script("second", "cat /proc/1/cmdline | tr '\\0' ' '", more).await?;
    assert_eq!((output.out().trim(), code), ("sleep 600", 0));
    let id = cx.inspect(&first).await?["Id"].clone();
    let shown = cx.inspect(&cx.name("second")).await?["HostConfig"]["PidMode"].clone();
    assert_eq!(shown, format!("container:{}", id.as_str().unwrap_or_default()));
    assert_eq!(cx.inspect(&first).await?["State"]["Running"], true);
    Ok(())
}

async fn d_023_shared_memory_is_that_of_another_container(cx: Cx) -> Result<()> {
    let script = "echo shared > /dev/shm/file; echo ready; exec sleep 600";
    let lender =
        cx.start_script("lends", script, json!({"HostConfig": {"IpcMode": "shareable"}})).await?;
    cx.until_logged(&lender, "ready").await?;
    let more = json!({"HostConfig": {"IpcMode": format!("container:{lender}")}});
    let script = format!("cat /dev/shm/file; {}", namespace("ipc"));
    let (output, _) = cx.run_script("borrows", &script, more).await?;
    let (theirs, _) = cx.exec(&lender, &["readlink", "/proc/self/ns/ipc"], json!({})).await?;
    assert_eq!(output.out(), format!("shared\n{}", theirs.out()));
    Ok(())
}

async fn d_023_shared_memory_can_be_the_hosts_or_none(cx: Cx) -> Result<()> {
    let script = format!("{}; mount | grep -c ' /dev/shm '", namespace("ipc"));
    let more = json!({"HostConfig": {"IpcMode": "host"}});
    let (output, _) = cx.run_script("host", &script, more).await?;
    assert_eq!(output.out(), format!("{}\n1\n", host_namespace("ipc")?));
    let more = json!({"HostConfig": {"IpcMode": "none"}});
    let (output, _) = cx.run_script("none", "mount | grep -c ' /dev/shm '", more).await?;
    assert_eq!(output.out(), "0\n");
    Ok(())
}

async fn d_023_private_memory_is_not_shared(cx: Cx) -> Result<()> {
    let first = cx
        .start_script("own", "exec sleep 600", json!({"HostConfig": {"IpcMode": "private"}}))
        .await?;
    let more = json!({"HostConfig": {"IpcMode": format!("container:{first}")}});
    let name = cx.create("wants", &["true"], more).await?;
    let refused = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!(refused.status.as_u16() >= 400, "{}", refused.status);
    ensure!(refused.text().contains("non-shareable IPC"), "{}", refused.text());
    Ok(())
}

async fn d_023_who_shares_needs_the_other_to_run(cx: Cx) -> Result<()> {
    let idle = cx.create("idle", &["true"], json!({})).await?;
    let more = json!({"HostConfig": {"PidMode": format!("container:{idle}")}});
    let name = cx.create("alone", &["true"], more).await?;
    let refused = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!(refused.status.as_u16() >= 400, "{}", refused.status);
    ensure!(refused.text().contains("is not running"), "{}", refused.text());
    Ok(())
}

async fn d_023_the_hosts_names_are_seen(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"UTSMode": "host"}});
    let (output, _) =
        cx.run_script("named", &format!("{}; hostname", namespace("uts")), more).await?;
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname")?;
    assert_eq!(output.out(), format!("{}\n{hostname}", host_namespace("uts")?));
    let body = json!({"Hostname": "mine", "HostConfig": {"UTSMode": "host"}});
    let refused = cx.create_named(&cx.name("both"), &["true"], body).await?;
    ensure!(
        refused.status == 400 && refused.text().contains("hostname and the UTS mode"),
        "{}",
        refused.text()
    );
    Ok(())
}

async fn d_023_the_hosts_control_groups_are_seen(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"CgroupnsMode": "host"}});
    let (output, _) = cx.run_script("groups", &namespace("cgroup"), more).await?;
    assert_eq!(output.out().trim(), host_namespace("cgroup")?);
    Ok(())
}

async fn d_023_a_device_of_the_host_is_inside(cx: Cx) -> Result<()> {
    let device = json!({"PathOnHost": "/dev/full", "PathInContainer": "/dev/there", "CgroupPermissions": "rwm"});
    let more = json!({"HostConfig": {"Devices": [device]}});
    let script = "stat -c '%t:%T' /dev/there; echo x > /dev/there";
    let (output, _) = cx.run_script("device", script, more).await?;
    assert_eq!(output.out(), "1:7\n");
    ensure!(output.err().contains("No space left on device"), "{}", output.err());
    Ok(())
}

async fn d_023_a_folder_of_devices_is_inside(cx: Cx) -> Result<()> {
    let device = json!({"PathOnHost": "/dev/net", "PathInContainer": "/dev/nets", "CgroupPermissions": "rwm"});
    let more = json!({"HostConfig": {"Devices": [device]}});
    let (output, _) = cx.run_script("folder", "stat -c '%F %t:%T' /dev/nets/tun", more).await?;
    assert_eq!(output.out(), "character special file a:c8\n");
    Ok(())
}

async fn d_023_a_rule_lets_a_device_be_used(cx: Cx) -> Result<()> {
    // The kernel's log; nothing but a rule lets it be opened.
    let script = "mknod /tmp/log c 1 11 && : < /tmp/log && echo opened";
    let (output, code) = cx.run_script("without", script, json!({})).await?;
    ensure!(code != 0 && output.err().contains("Operation not permitted"), "{}", output.err());
    let more = json!({"HostConfig": {"DeviceCgroupRules": ["c 1:11 r"], "CapAdd": ["SYSLOG"]}});
    let (output, code) = cx.run_script("with", script, more).await?;
    assert_eq!((output.out().as_str(), code), ("opened\n", 0), "{}", output.err());
    Ok(())
}

async fn d_023_a_missing_device_fails_the_start(cx: Cx) -> Result<()> {
    let device = json!({"PathOnHost": "/dev/nosuch", "PathInContainer": "/dev/nosuch", "CgroupPermissions": "rwm"});
    let name = cx.create("gone", &["true"], json!({"HostConfig": {"Devices": [device]}})).await?;
    let refused = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!(refused.status.as_u16() >= 400, "{}", refused.status);
    ensure!(
        refused.text().contains("error gathering device information while adding custom device"),
        "{}",
        refused.text()
    );
    assert_ne!(cx.inspect(&name).await?["State"]["Error"], "");
    Ok(())
}

/// Reads a file of a container's own control group from the outside.
async fn group_file(cx: &Cx, name: &str, controller: &str, file: &str) -> Result<String> {
    let pid = cx.inspect(name).await?["State"]["Pid"].clone();
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
    let path = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        controllers.split(',').any(|one| one == controller).then(|| path.to_owned())
    });
    let path = path.with_context(|| format!("no {controller} in {groups}"))?;
    Ok(std::fs::read_to_string(format!("/sys/fs/cgroup/{controller}{path}/{file}"))?)
}

async fn d_023_rates_of_a_block_device_are_set(cx: Cx) -> Result<()> {
    let device = block_device()?;
    let more = json!({"HostConfig": {
        "BlkioDeviceReadBps": [{"Path": device, "Rate": 1_048_576}],
        "BlkioDeviceWriteIOps": [{"Path": device, "Rate": 77}],
    }});
    let name = cx.start_script("rates", "exec sleep 600", more).await?;
    let read = group_file(&cx, &name, "blkio", "blkio.throttle.read_bps_device").await?;
    ensure!(read.trim().ends_with(" 1048576"), "{read}");
    let written = group_file(&cx, &name, "blkio", "blkio.throttle.write_iops_device").await?;
    ensure!(written.trim().ends_with(" 77"), "{written}");
    Ok(())
}

async fn d_023_swappiness_and_the_killer_are_set(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"Memory": 67_108_864, "MemorySwappiness": 7, "OomKillDisable": true}});
    let name = cx.start_script("memory", "exec sleep 600", more).await?;
    assert_eq!(group_file(&cx, &name, "memory", "memory.swappiness").await?.trim(), "7");
    let killer = group_file(&cx, &name, "memory", "memory.oom_control").await?;
    ensure!(killer.contains("oom_kill_disable 1"), "{killer}");
    Ok(())
}

async fn d_023_the_hosts_own_address_can_be_named(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"ExtraHosts": ["outside:host-gateway"]}});
    let script = "ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'; sed -n 's/\\toutside$//p' /etc/hosts";
    let (output, _) = cx.run_script("gate", script, more).await?;
    let lines: Vec<String> = output.out().lines().map(str::to_owned).collect();
    ensure!(lines.len() == 2 && lines[0] == lines[1], "{lines:?}");
    Ok(())
}

async fn d_023_a_limit_of_the_kernels_memory_is_old_and_told_to_be(cx: Cx) -> Result<()> {
    let client = cx.client().version("1.41");
    let create = async |part: &str, bytes: u64| {
        let path = format!("/containers/create?name={}", cx.name(part));
        let host = json!({"KernelMemory": bytes});
        client
            .post_json(&path, &json!({"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": host}))
            .await
    };
    let created = create("enough", 8 << 20).await?.expect_status(201)?.json()?;
    let warnings = created["Warnings"].to_string();
    ensure!(warnings.contains("Specifying a kernel memory limit is deprecated"), "{warnings}");
    let refused = create("little", 1024).await?.expect_status(400)?;
    assert_eq!(refused.message(), "Minimum kernel memory limit allowed is 6MB");
    Ok(())
}

async fn d_023_a_bad_number_is_refused(cx: Cx) -> Result<()> {
    refused(&cx, &json!({"MemorySwappiness": 101}), "memory swappiness range is 0-100").await
}

async fn d_023_a_size_of_the_root_is_refused_where_nothing_counts_it(cx: Cx) -> Result<()> {
    let body = json!({"HostConfig": {"StorageOpt": {"size": "120G"}}});
    let reply = cx.create_named(&cx.name("sized"), &["true"], body).await?;
    ensure!(reply.status.as_u16() >= 400, "{}", reply.status);
    ensure!(reply.text().contains("--storage-opt is supported only for"), "{}", reply.text());
    Ok(())
}

async fn d_023_unknown_modes_are_refused(cx: Cx) -> Result<()> {
    for (field, text) in [
        ("PidMode", "PID mode"),
        ("IpcMode", "IPC mode"),
        ("UTSMode", "UTS mode"),
        ("CgroupnsMode", "cgroup namespace mode"),
    ] {
        refused(&cx, &json!({field: "nosuch"}), text).await?;
    }
    Ok(())
}

async fn refused(cx: &Cx, host: &Value, text: &str) -> Result<()> {
    let name = cx.name("bad");
    let reply = cx.create_named(&name, &["true"], json!({"HostConfig": host})).await?;
    let (status, said) = (reply.status, reply.text());
    ensure!(status == 400 && said.contains(text), "{host}: {status} {said}");
    Ok(())
}
