//! What is not built yet is refused by its name, and what clients send by default is not.

use super::*;

fn check(body: &str, named: &[&str]) {
    let request = ContainerCreateRequest::from_json(body.as_bytes()).unwrap();
    let refused = refuse_unsupported(&request);
    if named.is_empty() {
        assert!(refused.is_ok(), "{body}: {refused:?}");
        return;
    }
    let Err(Unfit::Unbuilt(text)) = refused else { panic!("{body}: {refused:?}") };
    for field in named {
        assert!(text.contains(field), "{field} is not in {text}");
    }
}

#[test]
fn what_is_not_built_is_named() {
    check(r#"{"HostConfig":{"Cgroup":"container:x"}}"#, &["HostConfig.Cgroup"]);
}

#[test]
fn an_update_names_what_only_a_creation_honours() {
    let host = HostConfig { oom_kill_disable: Some(true), ..HostConfig::default() };
    let error = refuse_unsupported_host(&host).unwrap_err();
    assert_eq!(error.to_string(), "not built yet: HostConfig.OomKillDisable");
    let host = HostConfig { cpu_count: 2, cgroup_parent: "/x".into(), ..HostConfig::default() };
    let error = refuse_unsupported_host(&host).unwrap_err();
    assert_eq!(error.to_string(), "not built yet: HostConfig.CpuCount, HostConfig.CgroupParent");
}

#[test]
fn what_is_of_windows_is_passed_over_with_words() {
    let body = r#"{"HostConfig":{"CpuCount":2,"IOMaximumIOps":7}}"#;
    let request = ContainerCreateRequest::from_json(body.as_bytes()).unwrap();
    assert!(refuse_unsupported(&request).is_ok());
    assert_eq!(
        discarded(&request),
        [
            "HostConfig.CpuCount is of Windows alone. HostConfig.CpuCount discarded.",
            "HostConfig.IOMaximumIOps is of Windows alone. HostConfig.IOMaximumIOps discarded.",
        ]
    );
}

#[test]
fn fields_at_their_defaults_pass() {
    check("{}", &[]);
    check(r#"{"HostConfig":null,"NetworkingConfig":null}"#, &[]);
    check(r#"{"NetworkDisabled":true,"OnBuild":["RUN x"],"Shell":["/bin/ash"]}"#, &[]);
    check(r#"{"Healthcheck":{"Test":["NONE"]}}"#, &[]);
    check(
        r#"{"HostConfig":{"MemorySwappiness":-1,"OomKillDisable":false,"IpcMode":"private",
            "CgroupnsMode":"private","RestartPolicy":{"Name":"no","MaximumRetryCount":0}}}"#,
        &[],
    );
}
