//! Inspect, byte for byte where Docker's clients read it.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::harness::Api;

fn check(value: &Value, expected: &Expect) {
    expected.assert_eq(&serde_json::to_string_pretty(value).unwrap());
}

#[tokio::test]
async fn a_created_container_has_dockers_defaults() {
    let api = Api::start().await;
    let id = api.create("web", json!({})).await;
    let reply = api.get("/containers/web/json").await;
    assert_eq!(reply.header("x-sockerless-as-of"), api.handle.snapshot().seq.to_string());
    let text = reply.text().replace(&id, "ID").replace(&id[..12], "SHORT");
    let shown: Value = serde_json::from_str(&text).unwrap();
    check(
        &shown["State"],
        &expect![[r#"
        {
          "Dead": false,
          "Error": "",
          "ExitCode": 0,
          "FinishedAt": "0001-01-01T00:00:00Z",
          "OOMKilled": false,
          "Paused": false,
          "Pid": 0,
          "Restarting": false,
          "Running": false,
          "StartedAt": "0001-01-01T00:00:00Z",
          "Status": "created"
        }"#]],
    );
    check(
        &shown["HostConfig"]["MaskedPaths"],
        &expect![[r#"
            [
              "/proc/acpi",
              "/proc/asound",
              "/proc/interrupts",
              "/proc/kcore",
              "/proc/keys",
              "/proc/latency_stats",
              "/proc/sched_debug",
              "/proc/scsi",
              "/proc/timer_list",
              "/proc/timer_stats",
              "/sys/devices/virtual/powercap",
              "/sys/firmware"
            ]"#]],
    );
    for (field, value) in [
        ("LogConfig", json!({"Type": "json-file", "Config": {}})),
        ("RestartPolicy", json!({"Name": "no", "MaximumRetryCount": 0})),
        ("NetworkMode", json!("bridge")),
        ("ShmSize", json!(67_108_864)),
        ("CgroupnsMode", json!("private")),
        ("IpcMode", json!("private")),
        ("Runtime", json!("auto")),
        ("Binds", Value::Null),
        ("PidsLimit", Value::Null),
        ("PortBindings", json!({})),
    ] {
        assert_eq!(shown["HostConfig"][field], value, "{field}");
    }
    let mut rest = shown;
    for field in ["State", "HostConfig", "LogPath", "NetworkSettings"] {
        rest.as_object_mut().unwrap().remove(field);
    }
    check(
        &rest,
        &expect![[r#"
        {
          "AppArmorProfile": "",
          "Args": [
            "60"
          ],
          "Config": {
            "AttachStderr": false,
            "AttachStdin": false,
            "AttachStdout": false,
            "Cmd": [
              "sleep",
              "60"
            ],
            "Domainname": "",
            "Entrypoint": null,
            "Env": [
              "PATH=/bin"
            ],
            "Hostname": "SHORT",
            "Image": "busybox",
            "Labels": {
              "made": "here"
            },
            "OnBuild": null,
            "OpenStdin": false,
            "StdinOnce": false,
            "Tty": false,
            "User": "",
            "Volumes": null,
            "WorkingDir": ""
          },
          "Created": "2024-01-01T00:00:00.000000000Z",
          "Driver": "overlay2",
          "ExecIDs": null,
          "GraphDriver": {
            "Data": null,
            "Name": "overlay2"
          },
          "HostnamePath": "",
          "HostsPath": "",
          "Id": "ID",
          "Image": "sha256:0101010101010101010101010101010101010101010101010101010101010101",
          "MountLabel": "",
          "Mounts": [],
          "Name": "/web",
          "Path": "sleep",
          "Platform": "linux",
          "ProcessLabel": "",
          "ResolvConfPath": "",
          "RestartCount": 0
        }"#]],
    );
}

#[tokio::test]
async fn a_running_container_has_an_address_and_its_ports() {
    let api = Api::start().await;
    api.create("web", json!({"ExposedPorts": {"80/tcp": {}}})).await;
    api.post("/containers/web/start").await;
    let mut network = api.get("/containers/web/json").await.json()["NetworkSettings"].clone();
    let bridge = &mut network["Networks"]["bridge"];
    let endpoint = bridge["EndpointID"].take();
    assert_eq!(endpoint.as_str().unwrap().len(), 64);
    assert_eq!(network["EndpointID"].take(), endpoint);
    check(
        &network,
        &expect![[r#"
        {
          "Bridge": "",
          "EndpointID": null,
          "Gateway": "172.17.0.1",
          "GlobalIPv6Address": "",
          "GlobalIPv6PrefixLen": 0,
          "HairpinMode": false,
          "IPAddress": "172.17.0.2",
          "IPPrefixLen": 16,
          "IPv6Gateway": "",
          "LinkLocalIPv6Address": "",
          "LinkLocalIPv6PrefixLen": 0,
          "MacAddress": "02:42:ac:11:00:02",
          "Networks": {
            "bridge": {
              "Aliases": null,
              "DNSNames": null,
              "DriverOpts": null,
              "EndpointID": null,
              "Gateway": "172.17.0.1",
              "GlobalIPv6Address": "",
              "GlobalIPv6PrefixLen": 0,
              "IPAMConfig": null,
              "IPAddress": "172.17.0.2",
              "IPPrefixLen": 16,
              "IPv6Gateway": "",
              "Links": null,
              "MacAddress": "02:42:ac:11:00:02",
              "NetworkID": "0909090909090909090909090909090909090909090909090909090909090909"
            }
          },
          "Ports": {
            "80/tcp": null
          },
          "SandboxID": "",
          "SandboxKey": "/proc/1000/ns/net",
          "SecondaryIPAddresses": null,
          "SecondaryIPv6Addresses": null
        }"#]],
    );
    api.post("/containers/web/stop").await;
    let network = api.get("/containers/web/json").await.json()["NetworkSettings"].clone();
    assert_eq!((&network["IPAddress"], &network["Ports"]), (&json!(""), &json!({})));
    assert_eq!(network["Networks"]["bridge"]["NetworkID"], "09".repeat(32));
}

#[tokio::test]
async fn an_ended_container_tells_how() {
    let api = Api::start().await;
    let id = api.run("web").await;
    api.clock.advance(std::time::Duration::from_millis(1500));
    api.fake.exit(id, 42).await;
    let state = api
        .until(async || {
            let state = api.state("web").await;
            (state["Status"] == "exited").then_some(state)
        })
        .await;
    assert_eq!((&state["ExitCode"], &state["Pid"]), (&json!(42), &json!(0)));
    assert_eq!(state["StartedAt"], "2024-01-01T00:00:00.000000000Z");
    assert_eq!(state["FinishedAt"], "2024-01-01T00:00:01.500000000Z");
}

#[tokio::test]
async fn sizes_are_told_when_asked_for() {
    let api = Api::start().await;
    let id = api.run("web").await;
    api.fake.set_written(id, 5000);
    let shown = api.get("/containers/web/json?size=1").await.json();
    assert_eq!((&shown["SizeRw"], &shown["SizeRootFs"]), (&json!(5000), &json!(1_005_000)));
    let shown = api.get("/containers/web/json").await.json();
    assert!(shown.get("SizeRw").is_none());
    let listed = api.get("/containers/json?size=1").await.json();
    assert_eq!(listed[0]["SizeRw"], 5000);
}
