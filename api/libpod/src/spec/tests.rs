//! Tests of `spec`.

use serde_json::json;

use super::*;

/// What podman 4.3 sends for `run --rm IMAGE echo hi`.
fn plain() -> Value {
    json!({
        "command": ["echo", "hi"], "httpproxy": true,
        "annotations": {"io.kubernetes.cri-o.TTY": "false"}, "stop_timeout": 10,
        "log_configuration": {}, "raw_image_name": "busybox", "systemd": "true",
        "sdnotifyMode": "container", "pidns": {}, "utsns": {}, "remove": true,
        "containerCreateCommand": ["podman", "run"], "init_container_type": "",
        "manage_password": true, "image": "busybox", "image_volume_mode": "anonymous",
        "ipcns": {}, "volatile": true, "seccomp_policy": "default", "userns": {},
        "idmappings": {"HostUIDMapping": true, "HostGIDMapping": true, "UIDMap": null,
            "AutoUserNs": false, "AutoUserNsOpts": {"Size": 0}},
        "umask": "0022", "cgroupns": {}, "cgroups_mode": "enabled", "netns": {},
        "Networks": null, "use_image_hosts": false,
    })
}

fn read(more: Value, shared: Option<&Shared>) -> Result<Value, String> {
    let mut all = plain();
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    let fields = Fields::of_body(all.to_string().as_bytes()).unwrap();
    Asked::read(fields, shared)
        .map(|asked| asked.made.into_body())
        .map_err(|failure| format!("{} {}", failure.status().as_u16(), failure.message()))
}

#[test]
fn a_plain_run_becomes_a_plain_request() {
    assert_eq!(
        read(json!({}), None).unwrap(),
        json!({
            "Cmd": ["echo", "hi"], "Image": "busybox", "StopTimeout": 10,
            "HostConfig": {"AutoRemove": true},
        })
    );
}

#[test]
fn ports_ranges_and_limits_are_said_in_dockers_words() {
    let made = read(
        json!({
            "portmappings": [{"host_ip": "", "container_port": 80, "host_port": 8080, "range": 2,
                "protocol": ""}],
            "resource_limits": {"memory": {"limit": 10, "swap": 20}, "cpu": {"quota": 5}},
            "r_limits": [{"type": "RLIMIT_NOFILE", "hard": 2, "soft": 1}],
        }),
        None,
    );
    let host = &made.unwrap()["HostConfig"];
    assert_eq!(host["PortBindings"]["81/tcp"], json!([{"HostIp": "", "HostPort": "8081"}]));
    assert_eq!((&host["Memory"], &host["CpuQuota"]), (&json!(10), &json!(5)));
    assert_eq!(host["Ulimits"], json!([{"Name": "nofile", "Soft": 1, "Hard": 2}]));
}

#[test]
fn mounts_and_volumes_are_said_in_dockers_words() {
    let made = read(
        json!({
            "mounts": [
                {"destination": "/x", "type": "bind", "source": "/tmp", "options": ["ro", "rbind"]},
                {"destination": "/t", "type": "tmpfs", "options": ["size=1m"]},
            ],
            "volumes": [{"Name": "data", "Dest": "/y", "Options": null, "IsAnonymous": false}],
        }),
        None,
    )
    .unwrap();
    let mounts = &made["HostConfig"]["Mounts"];
    assert_eq!((&mounts[0]["Target"], &mounts[0]["ReadOnly"]), (&json!("/x"), &json!(true)));
    assert_eq!((&mounts[1]["Type"], &mounts[1]["Source"]), (&json!("volume"), &json!("data")));
    assert_eq!(made["HostConfig"]["Tmpfs"], json!({"/t": "size=1m"}));
}

#[test]
fn a_member_of_a_pod_shares_what_the_pod_shares_unless_it_says_otherwise() {
    let shared = Shared { holder: "f00".into(), kinds: vec!["net".into(), "ipc".into()] };
    let host = read(json!({}), Some(&shared)).unwrap()["HostConfig"].clone();
    assert_eq!(
        (&host["NetworkMode"], &host["IpcMode"]),
        (&json!("container:f00"), &json!("container:f00"))
    );
    assert_eq!(host["PidMode"], Value::Null);
    let own = json!({"netns": {"nsmode": "none"}, "ipcns": {"nsmode": "private"}});
    let host = read(own, Some(&shared)).unwrap()["HostConfig"].clone();
    assert_eq!((&host["NetworkMode"], &host["IpcMode"]), (&json!("none"), &Value::Null));
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let refused = |more: Value| read(more, None).unwrap_err();
    assert_eq!(refused(json!({"timezone": "local"})), "501 not built yet: timezone");
    assert_eq!(
        refused(json!({"userns": {"nsmode": "keep-id"}})),
        "501 not built yet: userns=keep-id"
    );
    assert_eq!(
        refused(json!({"resource_limits": {"rdma": {"mlx5": {"hcaHandles": 3}}}})),
        "501 not built yet: resource_limits.rdma"
    );
}
