//! The shapes on the wire: against moby's rules of presence, and against bollard's generated models as a witness.

use std::collections::BTreeMap;

use api_types::{
    ContainerConfig, ContainerCreateRequest, ContainerInspectResponse, ContainerSummary,
    ContainerWaitExitError, ContainerWaitResponse, DiskUsage, EndpointSettings, EventActor,
    EventMessage, ExecInspectResponse, Health, HostConfig, ImageInspectResponse, ImageSummary,
    MountPoint, PortBinding, PortSummary, ProgressDetail, ProgressMessage, SystemInfo,
    SystemVersion,
};
use bollard_stubs::models;
use expect_test::{Expect, expect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn check(value: &impl Serialize, expected: &Expect) {
    expected.assert_eq(&serde_json::to_string(value).expect("it is JSON"));
}

/// Fields that are `null` and fields that are there, at the top of an object.
fn fields(value: &impl Serialize) -> (Vec<String>, Vec<String>) {
    let Value::Object(members) = serde_json::to_value(value).expect("it is JSON") else {
        panic!("no object")
    };
    let (null, there): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|(_, value)| value.is_null());
    let names = |pairs: Vec<(String, Value)>| pairs.into_iter().map(|(name, _)| name).collect();
    (names(null), names(there))
}

/// Reads a value with the witness and gives it back as the witness writes it.
fn witnessed<M: DeserializeOwned + Serialize>(value: &impl Serialize) -> Value {
    let text = serde_json::to_string(value).expect("it is JSON");
    let model: M = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    serde_json::to_value(model).expect("it is JSON")
}

fn inspect() -> ContainerInspectResponse {
    let endpoint = EndpointSettings {
        ip_address: "172.17.0.2".into(),
        ip_prefix_len: 16,
        gateway: "172.17.0.1".into(),
        ..EndpointSettings::default()
    };
    let mut inspect = ContainerInspectResponse {
        id: "ab".repeat(32),
        created: "2024-01-02T03:04:05.000000006Z".into(),
        name: "/web".into(),
        mounts: vec![MountPoint { kind: "bind".into(), rw: true, ..MountPoint::default() }],
        host_config: HostConfig { network_mode: "bridge".into(), ..HostConfig::default() },
        config: ContainerConfig { env: vec!["A=b".into()], ..ContainerConfig::default() },
        ..ContainerInspectResponse::default()
    };
    inspect.state.health = Some(Health { status: "healthy".into(), ..Health::default() });
    inspect.network_settings.networks.insert("bridge".into(), endpoint);
    let binding = PortBinding { host_ip: "0.0.0.0".into(), host_port: "8080".into() };
    inspect.network_settings.ports.insert("80/tcp".into(), Some(vec![binding]));
    inspect.network_settings.ports.insert("81/tcp".into(), None);
    inspect
}

#[test]
fn an_inspect_has_every_field_that_moby_always_writes() {
    let (null, there) = fields(&inspect());
    assert_eq!(null, ["ExecIDs"]);
    assert_eq!(there.len(), 22, "{there:?}");
    let (null, there) = fields(&inspect().state);
    assert!(null.is_empty());
    assert_eq!(there.len(), 12, "{there:?}");
    let (null, there) = fields(&ContainerConfig::default());
    assert_eq!(null, ["Cmd", "Entrypoint", "OnBuild", "Volumes"]);
    assert_eq!(there.len(), 13, "{there:?}");
    let (null, there) = fields(&inspect().network_settings);
    assert_eq!(null, ["SecondaryIPAddresses", "SecondaryIPv6Addresses"]);
    assert!(there.contains(&"Ports".to_owned()) && there.contains(&"IPAddress".to_owned()));
}

#[test]
fn a_host_config_has_every_field_that_moby_always_writes() {
    let (null, there) = fields(&HostConfig::default());
    let expected = "Binds CapAdd CapDrop DeviceCgroupRules DeviceRequests ExtraHosts GroupAdd Links MaskedPaths \
                    MemorySwappiness OomKillDisable PidsLimit ReadonlyPaths SecurityOpt VolumesFrom";
    assert_eq!(null.join(" "), expected);
    assert_eq!(there.len(), 47, "{there:?}");
}

#[test]
fn bollard_reads_an_inspect_as_it_is_meant() {
    let seen = witnessed::<models::ContainerInspectResponse>(&inspect());
    assert_eq!(seen["State"]["Status"], "created");
    assert_eq!(seen["State"]["Health"]["Status"], "healthy");
    assert_eq!(seen["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"], "8080");
    assert_eq!(seen["NetworkSettings"]["Networks"]["bridge"]["IPAddress"], "172.17.0.2");
    assert_eq!(seen["HostConfig"]["NetworkMode"], "bridge");
    assert_eq!(seen["Config"]["Env"][0], "A=b");
    assert_eq!(seen["Mounts"][0]["Type"], "bind");
    assert_eq!(seen["Id"], "ab".repeat(32));
}

/// Every name that our type writes must be one that the witness knows.
fn names_are_known<M: DeserializeOwned + Serialize>(value: &impl Serialize, ours_only: &[&str]) {
    let (null, there) = fields(value);
    let seen = witnessed::<M>(value);
    let unknown: Vec<_> = there.iter().filter(|name| seen.get(name.as_str()).is_none()).collect();
    assert_eq!(unknown, ours_only, "null: {null:?}");
}

#[test]
fn bollard_knows_the_names_we_write() {
    let mut inspect = inspect();
    inspect.size_rw = Some(1);
    inspect.size_root_fs = Some(2);
    names_are_known::<models::ContainerInspectResponse>(&inspect, &[]);
    names_are_known::<models::HostConfig>(&inspect.host_config, &[]);
    names_are_known::<models::ContainerConfig>(&inspect.config, &[]);
    names_are_known::<models::NetworkSettings>(&inspect.network_settings, &[]);
    names_are_known::<models::SystemInfo>(&SystemInfo::default(), &[]);
    names_are_known::<models::ImageInspect>(&ImageInspectResponse::default(), &[]);
    names_are_known::<models::ImageSummary>(&ImageSummary::default(), &[]);
    names_are_known::<models::SystemDataUsageResponse>(&DiskUsage::default(), &[]);
    let exec = ExecInspectResponse { exit_code: Some(0), ..ExecInspectResponse::default() };
    names_are_known::<models::ExecInspectResponse>(&exec, &[]);
    let version = SystemVersion { version: "1".into(), ..SystemVersion::default() };
    names_are_known::<models::SystemVersion>(&version, &[]);
    let summary = ContainerSummary {
        ports: vec![PortSummary { private_port: 80, kind: "tcp".into(), ..PortSummary::default() }],
        ..ContainerSummary::default()
    };
    names_are_known::<models::ContainerSummary>(&summary, &[]);
}

#[test]
fn a_wait_has_an_error_only_when_there_is_one() {
    let ended = ContainerWaitResponse { status_code: 3, error: None };
    check(&ended, &expect![[r#"{"StatusCode":3}"#]]);
    let error = Some(ContainerWaitExitError { message: "gone".into() });
    let failed = ContainerWaitResponse { status_code: 0, error };
    check(&failed, &expect![[r#"{"StatusCode":0,"Error":{"Message":"gone"}}"#]]);
}

#[test]
fn an_event_carries_the_old_fields_only_when_they_are_set() {
    let actor = EventActor {
        id: "ab".into(),
        attributes: BTreeMap::from([
            ("exitCode".into(), "0".into()),
            ("name".into(), "web".into()),
        ]),
    };
    let mut event = EventMessage {
        kind: "network".into(),
        action: "connect".into(),
        actor,
        scope: "local".into(),
        time: 1,
        time_nano: 1_000_000_002,
        ..EventMessage::default()
    };
    check(
        &event,
        &expect![[
            r#"{"Type":"network","Action":"connect","Actor":{"ID":"ab","Attributes":{"exitCode":"0","name":"web"}},"scope":"local","time":1,"timeNano":1000000002}"#
        ]],
    );
    event.status = "die".into();
    event.id = "ab".into();
    event.from = "busybox".into();
    check(
        &event,
        &expect![[
            r#"{"status":"die","id":"ab","from":"busybox","Type":"network","Action":"connect","Actor":{"ID":"ab","Attributes":{"exitCode":"0","name":"web"}},"scope":"local","time":1,"timeNano":1000000002}"#
        ]],
    );
}

#[test]
fn progress_lines_are_as_small_as_what_they_say() {
    check(&ProgressMessage::status("Pulling"), &expect![[r#"{"status":"Pulling"}"#]]);
    check(
        &ProgressMessage::failure("no"),
        &expect![[r#"{"errorDetail":{"message":"no"},"error":"no"}"#]],
    );
}

#[test]
fn a_bar_is_drawn_as_docker_draws_it() {
    let bar = |current, total| ProgressDetail { current, total }.bar();
    let (half, all) = ("=".repeat(25), "=".repeat(50));
    assert_eq!(bar(0, 0), "");
    assert_eq!(bar(1_500, -1), "   1.5kB");
    assert_eq!(bar(1, 100), format!("[>{}]       1B/100B", " ".repeat(50)));
    assert_eq!(bar(512, 1_024), format!("[{half}>{}]     512B/1.024kB", " ".repeat(25)));
    assert_eq!(bar(7, 7), format!("[{all}>]       7B/7B"));
    assert_eq!(bar(8, 7), format!("[{all}>]       8B"));
    assert_eq!(bar(i64::MAX, i64::MAX), format!("[{all}>]  9.223EB/9.223EB"));
}

#[test]
fn a_configuration_survives_the_way_out_and_in() {
    let inspect = inspect();
    let mut body = serde_json::to_value(&inspect.config).unwrap();
    body["HostConfig"] = serde_json::to_value(&inspect.host_config).unwrap();
    let request = ContainerCreateRequest::from_json(body.to_string().as_bytes()).unwrap();
    assert_eq!(request.config, inspect.config);
    assert_eq!(request.host_config, Some(inspect.host_config));
}

/// What the docker CLI 27 sends for `docker run -it --rm -p 8080:80 -v /x:/y --memory 64m busybox sh`.
#[test]
fn the_body_of_the_docker_cli_is_read_whole() {
    let body = r#"{"Hostname":"","Domainname":"","User":"","AttachStdin":true,"AttachStdout":true,
        "AttachStderr":true,"ExposedPorts":{"80/tcp":{}},"Tty":true,"OpenStdin":true,"StdinOnce":true,"Env":null,
        "Cmd":["sh"],"Image":"busybox","Volumes":{},"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{},
        "HostConfig":{"Binds":["/x:/y"],"ContainerIDFile":"","LogConfig":{"Type":"","Config":{}},
        "NetworkMode":"default","PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},
        "RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":true,"VolumeDriver":"","VolumesFrom":null,
        "ConsoleSize":[24,80],"CapAdd":null,"CapDrop":null,"CgroupnsMode":"","Dns":[],"DnsOptions":[],
        "DnsSearch":[],"ExtraHosts":null,"GroupAdd":null,"IpcMode":"","Cgroup":"","Links":null,"OomScoreAdj":0,
        "PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,
        "UTSMode":"","UsernsMode":"","ShmSize":0,"Isolation":"","CpuShares":0,"Memory":67108864,"NanoCpus":0,
        "CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":[],"BlkioDeviceReadBps":[],"BlkioDeviceWriteBps":[],
        "BlkioDeviceReadIOps":[],"BlkioDeviceWriteIOps":[],"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,
        "CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":[],"DeviceCgroupRules":null,
        "DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":-1,"OomKillDisable":false,
        "PidsLimit":0,"Ulimits":[],"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,
        "MaskedPaths":null,"ReadonlyPaths":null},
        "NetworkingConfig":{"EndpointsConfig":{"default":{"IPAMConfig":null,"Links":null,"Aliases":null,
        "MacAddress":"","DriverOpts":null,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"",
        "IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}}"#;
    let request = ContainerCreateRequest::from_json(body.as_bytes()).unwrap();
    let host = request.host_config.unwrap();
    assert_eq!(request.config.cmd.unwrap().0, ["sh"]);
    assert!(request.config.stdin_once && request.config.tty);
    assert_eq!(host.memory, 64 << 20);
    assert_eq!(host.console_size, [24, 80]);
    assert_eq!(host.port_bindings["80/tcp"].as_ref().unwrap()[0].host_port, "8080");
    assert_eq!(host.memory_swappiness, Some(-1));
    assert_eq!(host.cpu_realtime_runtime, 0);
    assert_eq!(host.masked_paths, None);
    assert!(request.networking_config.endpoints_config["default"].is_some());
}
