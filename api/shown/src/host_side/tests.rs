//! What is read from a request is what inspect shows, and bad input is refused in dockerd's words.

use api_types::ContainerCreateRequest;

use super::*;

fn read(body: &str) -> Result<Vec<ContainerOption>, Invalid> {
    let request = ContainerCreateRequest::from_json(body.as_bytes()).unwrap();
    let host = request.host_config.unwrap_or_default();
    host_side(&request.config, &host).map(Iterator::collect)
}

fn refused(body: &str) -> String {
    let error = read(body).unwrap_err();
    error.to_string()
}

#[test]
fn what_clients_send_by_default_is_no_option() {
    assert_eq!(read("{}").unwrap(), []);
    let body = r#"{"HostConfig":{"MemorySwappiness":-1,"OomKillDisable":false,"IpcMode":"private",
        "PidMode":"","UTSMode":"","CgroupnsMode":"private","Devices":[],"DeviceCgroupRules":null,
        "DeviceRequests":null,"BlkioDeviceReadBps":[]}}"#;
    assert_eq!(read(body).unwrap(), []);
}

#[test]
fn modes_say_whose_namespaces_they_are() {
    let body = r#"{"HostConfig":{"PidMode":"container:web","IpcMode":"shareable","UTSMode":"host",
        "CgroupnsMode":"host"}}"#;
    let namespaces = Namespaces {
        pid: Some(Sharing::Container("web".into())),
        ipc: Some(IpcMode::Shareable),
        host_uts: true,
        host_cgroup: true,
    };
    assert_eq!(read(body).unwrap(), [ContainerOption::Namespaces(namespaces.clone())]);
    let mut shown = HostConfig::default();
    show_namespaces(&namespaces, &mut shown);
    assert_eq!((shown.pid_mode.as_str(), shown.ipc_mode.as_str()), ("container:web", "shareable"));
    assert_eq!((shown.uts_mode.as_str(), shown.cgroupns_mode.as_str()), ("host", "host"));
    let text = refused(r#"{"Hostname":"a","HostConfig":{"UTSMode":"host"}}"#);
    assert_eq!(text, "conflicting options: hostname and the UTS mode");
    refused(r#"{"HostConfig":{"PidMode":"container:"}}"#);
}

#[test]
fn a_device_is_inside_where_it_is_on_the_host_and_for_everything() {
    let body = r#"{"HostConfig":{"Devices":[{"PathOnHost":"/dev/fuse"}],
        "DeviceCgroupRules":["c 42:* rmw"]}}"#;
    let device =
        Device { on_host: "/dev/fuse".into(), inside: "/dev/fuse".into(), access: "rwm".into() };
    let devices = Devices { devices: vec![device.clone()], rules: vec!["c 42:* rmw".into()] };
    assert_eq!(read(body).unwrap(), [ContainerOption::Devices(devices)]);
    assert_eq!(shown_device(&device).path_in_container.unwrap(), "/dev/fuse");
}

#[test]
fn a_control_group_is_any_but_that_of_a_container() {
    let body = r#"{"HostConfig":{"CgroupParent":"/ci/job.slice"}}"#;
    assert_eq!(read(body).unwrap(), [ContainerOption::CgroupParent("/ci/job.slice".into())]);
    let id = "0123456789abcdef".repeat(4);
    let text = refused(&format!(r#"{{"HostConfig":{{"CgroupParent":"/docker/{id}"}}}}"#));
    assert!(text.ends_with("it leads into a container"), "{text}");
    refused(r#"{"HostConfig":{"CgroupParent":"a\u0000b"}}"#);
}

#[test]
fn bad_devices_are_refused() {
    let rule = r#"{"HostConfig":{"DeviceCgroupRules":["c 42 rmw"]}}"#;
    let text = "invalid device cgroup rule format: 'c 42 rmw'".to_owned();
    assert_eq!(refused(rule), text);
    for bad in [
        r#"{"PathOnHost":"fuse"}"#,
        r#"{"PathOnHost":"/dev/fuse","PathInContainer":"fuse"}"#,
        r#"{"PathOnHost":"/dev/fuse","CgroupPermissions":"x"}"#,
    ] {
        refused(&format!(r#"{{"HostConfig":{{"Devices":[{bad}]}}}}"#));
    }
    let gpu = r#"{"HostConfig":{"DeviceRequests":[{"Count":-1,"Capabilities":[["gpu"]]}]}}"#;
    let text = r#"could not select device driver "" with capabilities: [["gpu"]]"#.to_owned();
    assert_eq!(refused(gpu), text);
}

#[test]
fn limits_are_shown_as_they_were_asked_for() {
    let body = r#"{"HostConfig":{"MemorySwappiness":0,"OomKillDisable":true,
        "CpuRealtimePeriod":1000,"CpuRealtimeRuntime":900,
        "BlkioWeightDevice":[{"Path":"/dev/vda","Weight":10}],
        "BlkioDeviceReadBps":[{"Path":"/dev/vda","Rate":1048576}],
        "BlkioDeviceWriteIOps":[{"Path":"/dev/vda","Rate":7}]}}"#;
    let asked = ContainerCreateRequest::from_json(body.as_bytes()).unwrap().host_config.unwrap();
    let options = read(body).unwrap();
    let [ContainerOption::MoreLimits(limits)] = options.as_slice() else { panic!("{options:?}") };
    let mut shown = HostConfig::default();
    show_limits(limits, &mut shown);
    assert_eq!(shown, asked);
}

#[test]
fn limits_out_of_their_range_are_refused() {
    for (field, text) in [
        (r#""MemorySwappiness":101"#, "valid memory swappiness range is 0-100"),
        (r#""CpuRealtimePeriod":10,"CpuRealtimeRuntime":11"#, "cannot be higher"),
        (r#""BlkioWeightDevice":[{"Path":"/dev/vda","Weight":9}]"#, "from 10 to 1000"),
        (r#""BlkioDeviceReadBps":[{"Path":"/dev/vda","Rate":-1}]"#, "must not be negative"),
    ] {
        let said = refused(&format!(r#"{{"HostConfig":{{{field}}}}}"#));
        assert!(said.contains(text), "{field}: {said}");
    }
}
