//! From a request to a container: what is refused, and what is understood.

use super::*;

fn spec(body: &str) -> Result<ContainerSpec, Unfit> {
    container_spec(&ContainerCreateRequest::from_json(body.as_bytes()).unwrap(), 2)
}

fn check(body: &str, message: &str) {
    assert_eq!(spec(body).unwrap_err(), Unfit::invalid(message), "{body}");
}

#[test]
fn senseless_requests_are_refused_in_dockers_words() {
    check("{}", "no image specified: set Image to a name or an id");
    check(
        r#"{"Image":"a","WorkingDir":"b"}"#,
        "the working directory 'b' is invalid, it needs to be an absolute path",
    );
    check(r#"{"Image":"a","Env":["=x"]}"#, "invalid environment variable: =x");
    check(r#"{"Image":"a","StopSignal":"SIGNOPE"}"#, "Invalid signal: SIGNOPE");
    check(r#"{"Image":"a","ExposedPorts":{"x/tcp":{}}}"#, "invalid port specification: \"x/tcp\"");
    check(
        r#"{"Image":"a","Cmd":["a\u0000b"]}"#,
        "Cmd, Entrypoint, Env, WorkingDir, User and Hostname must not contain a zero byte",
    );
}

#[test]
fn senseless_host_settings_are_refused_in_dockers_words() {
    let host = |config: &str| format!(r#"{{"Image":"a","HostConfig":{config}}}"#);
    check(&host(r#"{"ShmSize":-1}"#), "SHM size can not be less than 0");
    check(&host(r#"{"IpcMode":"moon"}"#), "invalid IPC mode: moon");
    check(&host(r#"{"PidMode":"moon"}"#), "invalid PID mode: moon");
    check(&host(r#"{"CapAdd":["MOON"]}"#), "invalid CapAdd: unknown capability: \"CAP_MOON\"");
    check(&host(r#"{"SecurityOpt":["moon=1"]}"#), "invalid --security-opt 2: \"moon=1\"");
    check(&host(r#"{"ExtraHosts":["a"]}"#), "bad format for add-host: \"a\"");
    check(&host(r#"{"ExtraHosts":["a:b"]}"#), "invalid IP address in add-host: \"b\"");
    check(&host(r#"{"Tmpfs":{"x":""}}"#), "invalid mount path: 'x' mount path must be absolute");
}

#[test]
fn labels_over_the_limit_are_refused_with_it() {
    let body = |count: usize| {
        let labels: Vec<String> = (0..count).map(|number| format!("\"l{number}\":\"\"")).collect();
        format!(r#"{{"Image":"a","Labels":{{{}}}}}"#, labels.join(","))
    };
    check(&body(4097), "too many labels: 4097, at most 4096 are possible");
    assert_eq!(spec(&body(4096)).unwrap().labels.len(), 4096);
}

#[test]
fn a_port_without_a_protocol_is_tcp() {
    let spec = spec(r#"{"Image":"a","ExposedPorts":{"80":{},"53/UDP":{}}}"#).unwrap();
    assert_eq!(spec.exposed_ports, ["53/udp", "80/tcp"]);
}

#[test]
fn an_address_in_brackets_is_plain_in_the_file() {
    let spec = spec(r#"{"Image":"a","HostConfig":{"ExtraHosts":["six:[::1]","four:1.2.3.4"]}}"#);
    assert_eq!(spec.unwrap().extra_hosts, ["six:::1", "four:1.2.3.4"]);
}

#[test]
fn security_options_are_understood_with_a_colon_too() {
    let spec = spec(
        r#"{"Image":"a","HostConfig":{"SecurityOpt":["no-new-privileges:true","seccomp=unconfined",
            "apparmor=unconfined","label=disable"]}}"#,
    );
    let security = spec.unwrap().security;
    assert!(security.no_new_privileges && security.seccomp_unconfined);
}

#[test]
fn a_size_of_zero_is_no_size() {
    assert_eq!(terminal_size(Some([0, 0])), None);
    assert_eq!(terminal_size(Some([0, 80])), None);
    assert_eq!(terminal_size(Some([24, 80])), Some(TerminalSize { rows: 24, columns: 80 }));
    let most = TerminalSize { rows: 1, columns: u16::MAX };
    assert_eq!(terminal_size(Some([1, 1_000_000])), Some(most));
}
