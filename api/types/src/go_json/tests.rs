//! Bodies as clients really send them.

use expect_test::expect;
use proptest::prelude::*;

use super::from_slice;
use crate::{ContainerCreateRequest, ExecCreateRequest, HostConfig, StrSlice};

fn create(json: &str) -> ContainerCreateRequest {
    ContainerCreateRequest::from_json(json.as_bytes()).unwrap()
}

fn refusal(json: &str) -> String {
    ContainerCreateRequest::from_json(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn nulls_leave_fields_as_they_are() {
    let request = create(
        r#"{"Hostname":null,"Tty":null,"Env":null,"Labels":null,"Cmd":null,"StopTimeout":null,
            "HostConfig":{"Memory":null,"Binds":null,"RestartPolicy":null,"PidsLimit":null}}"#,
    );
    let expected = ContainerCreateRequest {
        host_config: Some(HostConfig::default()),
        ..ContainerCreateRequest::default()
    };
    assert_eq!(request, expected);
    assert_eq!(create("{\"HostConfig\":null}"), ContainerCreateRequest::default());
}

#[test]
fn null_members_of_maps_are_kept() {
    let request = create(
        r#"{"ExposedPorts":{"80/tcp":null},"Volumes":{"/data":{}},
            "HostConfig":{"PortBindings":{"80/tcp":null,"81/tcp":[{"HostPort":"1"}]}},
            "NetworkingConfig":{"EndpointsConfig":{"net":null}}}"#,
    );
    assert!(request.config.exposed_ports.contains_key("80/tcp"));
    assert!(request.config.volumes.contains_key("/data"));
    let bindings = request.host_config.unwrap().port_bindings;
    assert_eq!(bindings["80/tcp"], None);
    assert_eq!(bindings["81/tcp"].as_ref().unwrap()[0].host_port, "1");
    assert_eq!(request.networking_config.endpoints_config["net"], None);
}

#[test]
fn names_match_without_regard_to_case_and_exact_ones_win() {
    let request = create(r#"{"image":"a","TTY":true,"hostconfig":{"nanocpus":5}}"#);
    assert_eq!(request.config.image, "a");
    assert!(request.config.tty);
    assert_eq!(request.host_config.unwrap().nano_cpus, 5);
    assert_eq!(create(r#"{"Image":"exact","image":"other"}"#).config.image, "exact");
    assert_eq!(create(r#"{"IMAGE":"other","Image":"exact"}"#).config.image, "exact");
}

#[test]
fn the_last_of_equal_names_counts_and_unknown_ones_are_ignored() {
    let request = create(r#"{"Image":"a","Image":"b","Nonsense":{"x":[1]}}"#);
    assert_eq!(request.config.image, "b");
}

#[test]
fn a_command_may_be_a_word_or_a_list_and_an_empty_list_is_not_nothing() {
    assert_eq!(create(r#"{"Cmd":"true"}"#).config.cmd, Some(StrSlice(vec!["true".into()])));
    assert_eq!(create(r#"{"Cmd":["a","b"]}"#).config.cmd.unwrap().0, ["a", "b"]);
    assert_eq!(create(r#"{"Entrypoint":[]}"#).config.entrypoint, Some(StrSlice::default()));
    assert_eq!(create(r#"{"Entrypoint":""}"#).config.entrypoint.unwrap().0, [""]);
    assert_eq!(create("{}").config.entrypoint, None);
    let exec: ExecCreateRequest = from_slice(br#"{"Cmd":["ls"],"AttachStdout":true}"#).unwrap();
    assert_eq!(exec.cmd.0, ["ls"]);
}

#[test]
fn errors_name_the_field() {
    let texts = [
        refusal(r#"{"HostConfig":{"Memory":"1g"}}"#),
        refusal(r#"{"Env":{"a":"b"}}"#),
        refusal(r#"{"Labels":{"a":1}}"#),
        refusal(r#"{"HostConfig":{"Mounts":[{"Target":1}]}}"#),
        refusal(r#"{"HostConfig":{"NanoCpus":1.5}}"#),
        refusal(r#"{"Cmd":[1]}"#),
        refusal("[]"),
        refusal("{"),
        refusal(""),
    ];
    expect![[r#"
        invalid JSON: field HostConfig.Memory: invalid type: string "1g", expected i64
        invalid JSON: field Env: invalid type: map, expected a sequence
        invalid JSON: field Labels.a: invalid type: integer `1`, expected a string
        invalid JSON: field HostConfig.Mounts.Target: invalid type: integer `1`, expected a string
        invalid JSON: field HostConfig.NanoCpus: invalid type: floating point `1.5`, expected i64
        invalid JSON: field Cmd: expected a string or a list of strings
        invalid JSON: invalid type: sequence, expected an object
        invalid JSON: EOF while parsing an object at line 1 column 1
        invalid JSON: EOF while parsing a value at line 1 column 0"#]]
    .assert_eq(&texts.join("\n"));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{{\"X\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert!(refusal(&deep).contains("recursion limit"));
}

proptest! {
    #[test]
    fn no_body_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ContainerCreateRequest::from_json(&bytes);
    }
}
