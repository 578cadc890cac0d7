//! What the container's walls are: namespaces, masked paths, capabilities, limits, a read-only root.

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::cli::Said;
use crate::cx::Cx;
use crate::images::{BUSYBOX, LAYERS};
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_024_too_much_memory_is_137_and_told,
    d_046_an_added_host_is_in_the_file,
    d_049_a_read_only_root_cannot_be_written,
    d_050_capabilities_can_be_taken_and_given,
    w_001_layers_lie_upon_each_other,
    w_001_what_a_container_writes_stays_its_own,
    w_002_the_program_is_process_one_of_its_own_tree,
    w_002_namespaces_are_not_the_hosts,
    w_002_paths_are_masked_and_read_only,
    w_002_capabilities_and_seccomp_are_docker_s,
    w_002_a_container_on_no_network_has_loopback_only,
    w_002_a_container_on_the_bridge_has_an_address_and_a_route,
    w_002_usual_devices_are_there,
    w_003_limits_are_set,
    w_003_processes_are_limited,
    w_004_no_new_privileges_is_set,
    w_004_groups_are_added,
    w_004_the_hosts_user_namespace_may_be_named,
    w_004_no_other_user_namespace_is(Oracle::KnowsFrom(1, 42)),
    d_050_a_profile_of_system_calls_of_ones_own_is_in_force,
    d_050_a_profile_holds_for_what_is_run_inside,
    d_050_a_profile_that_cannot_be_read_fails_the_start,
];

async fn d_024_too_much_memory_is_137_and_told(cx: Cx) -> Result<()> {
    let script = "x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo ${#x}";
    let more = json!({"HostConfig": {"Memory": 33_554_432, "MemorySwap": 33_554_432}});
    let name = cx.start_script("eater", script, more).await?;
    assert_eq!(cx.wait(&name).await?, 137);
    let state = cx.until("OOMKilled", &name, |whole| whole["State"]["OOMKilled"] == true).await?;
    assert_eq!(state["State"]["ExitCode"], 137);
    Ok(())
}

async fn d_046_an_added_host_is_in_the_file(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"ExtraHosts": ["db:10.9.8.7"]}});
    let (output, _) = cx.run_script("hosts", "cat /etc/hosts", more).await?;
    ensure!(output.out().contains("10.9.8.7\tdb\n"), "{}", output.out());
    Ok(())
}

async fn d_049_a_read_only_root_cannot_be_written(cx: Cx) -> Result<()> {
    let script =
        "echo x > /file; echo $?; echo x > /etc/hostname && echo $? ; touch /dev/shm/y && echo shm";
    let more = json!({"HostConfig": {"ReadonlyRootfs": true}});
    let (output, _) = cx.run_script("fixed", script, more).await?;
    ensure!(output.err().contains("Read-only file system"), "{}", output.err());
    ensure!(output.out().starts_with("1\n") && output.out().contains("shm"), "{}", output.out());
    Ok(())
}

async fn d_050_capabilities_can_be_taken_and_given(cx: Cx) -> Result<()> {
    let script = "grep CapEff /proc/self/status";
    let more = json!({"HostConfig": {"CapDrop": ["ALL"]}});
    let (output, _) = cx.run_script("none", script, more).await?;
    assert_eq!(output.out(), "CapEff:\t0000000000000000\n");
    let more = json!({"HostConfig": {"CapDrop": ["ALL"], "CapAdd": ["NET_ADMIN"]}});
    let (output, _) = cx.run_script("one", script, more).await?;
    assert_eq!(output.out(), "CapEff:\t0000000000001000\n");
    Ok(())
}

async fn w_001_layers_lie_upon_each_other(cx: Cx) -> Result<()> {
    let script =
        "cat /etc/added /etc/replaced; ls /etc/emptied; test -e /etc/hidden; echo $?; ls -a /etc";
    let (output, _) = cx.run_script("layers", script, json!({"Image": LAYERS})).await?;
    let out = output.out();
    ensure!(out.starts_with("above\nabove\nnew\n1\n"), "{out}");
    ensure!(!out.contains(".wh."), "{out}");
    Ok(())
}

async fn w_001_what_a_container_writes_stays_its_own(cx: Cx) -> Result<()> {
    let script = "echo mine > /etc/replaced; rm /etc/hidden; mkdir /made; cat /etc/replaced";
    let (output, _) = cx.run_script("one", script, json!({})).await?;
    assert_eq!(output.out(), "mine\n");
    let (output, _) =
        cx.run_script("two", "cat /etc/replaced /etc/hidden; ls -d /made", json!({})).await?;
    assert_eq!(output.out(), "below\nbelow\n");
    Ok(())
}

async fn w_002_the_program_is_process_one_of_its_own_tree(cx: Cx) -> Result<()> {
    let (output, _) = cx
        .run_script("tree", "echo $$; ps -o pid | wc -l; ls /proc | grep -c '^[0-9]'", json!({}))
        .await?;
    let out = output.out();
    let numbers: Vec<u32> = out.lines().filter_map(|line| line.trim().parse().ok()).collect();
    ensure!(numbers.len() == 3 && numbers[0] == 1 && numbers[1] < 6 && numbers[2] < 6, "{out}");
    Ok(())
}

async fn w_002_namespaces_are_not_the_hosts(cx: Cx) -> Result<()> {
    let kinds = ["pid", "mnt", "uts", "ipc", "net"];
    let script = format!("for n in {}; do readlink /proc/self/ns/$n; done", kinds.join(" "));
    let (output, _) = cx.run_script("walls", &script, json!({})).await?;
    for (kind, inside) in kinds.iter().zip(output.out().lines()) {
        let outside = std::fs::read_link(format!("/proc/self/ns/{kind}"))?;
        ensure!(outside.to_string_lossy() != inside, "{kind} is the host's");
    }
    assert_eq!(output.out().lines().count(), kinds.len());
    Ok(())
}

async fn w_002_paths_are_masked_and_read_only(cx: Cx) -> Result<()> {
    let script = "for f in kcore keys latency_stats timer_list sched_debug; do \
                  test ! -e /proc/$f || wc -c < /proc/$f; done | sort -u; ls /proc/scsi /sys/firmware | grep -v :; \
                  echo 1 > /proc/sys/kernel/panic; echo b > /proc/sys/vm/drop_caches; mkdir /sys/x; \
                  mount -t tmpfs none /mnt";
    let (output, _) = cx.run_script("masks", script, json!({})).await?;
    assert_eq!(output.out().trim_end(), "0");
    let errors = output.err();
    assert_eq!(errors.matches("Read-only file system").count(), 3, "{errors}");
    ensure!(errors.contains("mount: ") || errors.contains("permission denied"), "{errors}");
    Ok(())
}

async fn w_002_capabilities_and_seccomp_are_docker_s(cx: Cx) -> Result<()> {
    let script = "grep -E 'Cap(Eff|Bnd|Inh|Amb)|NoNewPrivs|Seccomp:' /proc/self/status";
    let (output, _) = cx.run_script("status", script, json!({})).await?;
    let out = output.out();
    for line in
        ["CapEff:\t00000000a80425fb", "CapBnd:\t00000000a80425fb", "Seccomp:\t2", "NoNewPrivs:\t0"]
    {
        ensure!(out.contains(line), "{line:?} is not in {out}");
    }
    ensure!(out.contains("CapAmb:\t0000000000000000"), "{out}");
    Ok(())
}

async fn w_002_a_container_on_no_network_has_loopback_only(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"NetworkMode": "none"}});
    let (output, _) = cx.run_script("alone", "ls /sys/class/net; ip -o addr show lo", more).await?;
    ensure!(
        output.out().starts_with("lo\n") && output.out().contains("127.0.0.1/8"),
        "{}",
        output.out()
    );
    ensure!(!output.out().contains("eth0"), "{}", output.out());
    Ok(())
}

async fn w_002_a_container_on_the_bridge_has_an_address_and_a_route(cx: Cx) -> Result<()> {
    let name = cx.start_script("net", "sleep 60", json!({})).await?;
    let bridge = cx.inspect(&name).await?["NetworkSettings"]["Networks"]["bridge"].clone();
    let address = bridge["IPAddress"].as_str().context("IPAddress")?.to_owned();
    let gateway = bridge["Gateway"].as_str().context("Gateway")?.to_owned();
    let script = "ip -o -4 addr show eth0; ip route";
    let (output, _) = cx.exec(&name, &["sh", "-c", script], json!({})).await?;
    let out = output.out();
    ensure!(out.contains(&format!("inet {address}/")), "{address} is not in {out}");
    ensure!(out.contains(&format!("default via {gateway} dev eth0")), "{gateway} is not in {out}");
    let (output, code) =
        cx.exec(&name, &["ping", "-c", "1", "-W", "5", &gateway], json!({})).await?;
    ensure!(code == 0, "{}", output.out());
    let other = cx.start_script("peer", "sleep 60", json!({})).await?;
    let (output, code) =
        cx.exec(&other, &["ping", "-c", "1", "-W", "5", &address], json!({})).await?;
    ensure!(code == 0, "{}", output.out());
    Ok(())
}

async fn w_002_usual_devices_are_there(cx: Cx) -> Result<()> {
    let script = "for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done; \
                  for l in fd stdin stdout stderr ptmx; do test -e /dev/$l || echo no $l; done; \
                  echo x > /dev/null; head -c 4 /dev/urandom | wc -c; ls /dev/pts /dev/shm /dev/mqueue > /dev/null";
    let (output, code) = cx.run_script("devices", script, json!({})).await?;
    assert_eq!((output.out().as_str(), output.err().as_str(), code), ("4\n", "", 0));
    Ok(())
}

async fn w_003_limits_are_set(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {
        "Memory": 67_108_864, "NanoCpus": 500_000_000, "ShmSize": 16_777_216,
        "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 128}]
    }});
    let script = "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -n 1 | awk '{print $2}'; \
                  cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; \
                  cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us 2>/dev/null | head -n 1; \
                  cat /sys/fs/cgroup/cpu.max 2>/dev/null | cut -d' ' -f1";
    let (output, _) = cx.run_script("limits", script, more).await?;
    assert_eq!(output.out(), "64\n128\n16384\n67108864\n50000\n");
    Ok(())
}

async fn w_003_processes_are_limited(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"PidsLimit": 8}});
    let script = "i=0; while [ $i -lt 20 ]; do sleep 20 & i=$((i+1)); done; echo all";
    let (output, _) = cx.run_script("forks", script, more).await?;
    ensure!(output.err().contains("fork"), "{output:?}");
    Ok(())
}

async fn w_004_no_new_privileges_is_set(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"SecurityOpt": ["no-new-privileges"]}});
    let (output, _) = cx.run_script("nnp", "grep NoNewPrivs /proc/self/status", more).await?;
    assert_eq!(output.out(), "NoNewPrivs:\t1\n");
    Ok(())
}

async fn w_004_the_hosts_user_namespace_may_be_named(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"UsernsMode": "host"}});
    let name = cx
        .start_script("users", "cat /proc/self/uid_map; readlink /proc/self/ns/user", more)
        .await?;
    cx.wait(&name).await?;
    let told = cx.logs(&name).await?.out();
    let words: Vec<&str> = told.split_whitespace().collect();
    let own = std::fs::read_link("/proc/self/ns/user")?;
    assert_eq!(words, ["0", "0", "4294967295", &own.to_string_lossy()]);
    let whole = cx.client().get(&format!("/containers/{name}/json")).await?.json()?;
    assert_eq!(whole["HostConfig"]["UsernsMode"], "host");
    Ok(())
}

async fn w_004_no_other_user_namespace_is(cx: Cx) -> Result<()> {
    let asked = json!({"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": {"UsernsMode": "mine"}});
    let refused = cx.client().post_json("/containers/create", &asked).await?;
    ensure!(
        [400, 500].contains(&refused.status.as_u16()),
        "{} {}",
        refused.status,
        refused.message()
    );
    Ok(())
}

async fn w_004_groups_are_added(cx: Cx) -> Result<()> {
    let more = json!({"User": "1000", "HostConfig": {"GroupAdd": ["3000", "daemon"]}});
    let (output, _) = cx.run_script("groups", "id -G", more).await?;
    let out = output.out();
    let groups: Vec<&str> = out.split_whitespace().collect();
    for wanted in ["1000", "3000", "1"] {
        ensure!(groups.contains(&wanted), "{wanted} is not in {out}");
    }
    Ok(())
}

/// Runs a script under a profile, by the docker client, which reads the file.
async fn under(cx: &Cx, part: &str, profile: &str, script: &str) -> Result<Said> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(profile.as_bytes())?;
    let option = format!("seccomp={}", file.path().display());
    let name = cx.name(part);
    let command = ["run", "--name", &name, "--security-opt", &option, BUSYBOX, "sh", "-c", script];
    cx.docker().run(&command).await
}

async fn d_050_a_profile_of_system_calls_of_ones_own_is_in_force(cx: Cx) -> Result<()> {
    let refuses = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
        {"names": ["sethostname"], "action": "SCMP_ACT_KILL_PROCESS"},
        {"name": "kill", "action": "SCMP_ACT_ERRNO",
         "args": [{"index": 1, "value": 10, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]}
    ]}"#;
    let script = "mkdir /made; kill -USR1 $$; kill -0 $$ && hostname other; echo ended $?";
    let said = under(&cx, "refuses", refuses, script).await?;
    ensure!(said.err.contains("No space left on device"), "{said:?}");
    ensure!(said.err.contains("Operation not permitted"), "{said:?}");
    assert_eq!(said.out, "ended 159\n", "{said:?}");
    let shown = cx.inspect(&format!("{}-refuses", cx.key())).await?["HostConfig"].clone();
    let option = shown["SecurityOpt"][0].as_str().context("SecurityOpt")?;
    let json = option.strip_prefix("seccomp=").context("seccomp=")?;
    let value: serde_json::Value = serde_json::from_str(json)?;
    assert_eq!(value, serde_json::from_str::<serde_json::Value>(refuses)?);
    Ok(())
}

async fn d_050_a_profile_holds_for_what_is_run_inside(cx: Cx) -> Result<()> {
    let profile = r#"{"defaultAction": "SCMP_ACT_ALLOW",
        "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
        "syscalls": [
            {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28,
             "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["rmdir"], "action": "SCMP_ACT_ERRNO", "includes": {"minKernel": "99.0"}},
            {"names": ["unlink"], "action": "SCMP_ACT_ERRNO", "includes": {"arches": ["s390x"]}}
        ]}"#;
    let option = format!("seccomp={profile}");
    let body = json!({"HostConfig": {"SecurityOpt": [option]}});
    let name = cx.create("held", &["sleep", "600"], body).await?;
    cx.start(&name).await?;
    let inside = |script: &'static str| {
        let (cx, name) = (&cx, name.clone());
        async move { cx.docker().run(&["exec", &name, "sh", "-c", script]).await }
    };
    let said = inside("mkdir /made").await?;
    ensure!(said.err.contains("No space left on device"), "{said:?}");
    let said = inside("touch /file && rm /file && rmdir /media/* /nothing; echo ended").await?;
    ensure!(said.out == "ended\n" && !said.err.contains("not permitted"), "{said:?}");
    Ok(())
}

async fn d_050_a_profile_that_cannot_be_read_fails_the_start(cx: Cx) -> Result<()> {
    let body = json!({"HostConfig": {"SecurityOpt": ["seccomp={\"defaultAction\":"]}});
    let name = cx.create("broken", &["true"], body).await?;
    let reply = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!(reply.status.as_u16() >= 400, "it started");
    ensure!(reply.message().contains("ecoding seccomp profile failed"), "{}", reply.message());
    Ok(())
}
