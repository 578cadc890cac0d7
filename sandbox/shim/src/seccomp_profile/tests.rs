//! Profiles as clients send them.

use super::{SeccompAction, SeccompProfile};
use crate::Capabilities;

const WHOLE: &str = r#"{
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "comment": "ours",
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
    "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "args": null, "includes": {}},
        {"name": "personality", "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 8, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]},
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
         "excludes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["s390x"]}}
    ]
}"#;

#[test]
fn a_whole_profile_is_read_and_its_rules_hold_where_they_say() {
    let profile = SeccompProfile::parse(WHOLE).unwrap().unwrap();
    assert_eq!(profile.tables().collect::<Vec<_>>(), ["SCMP_ARCH_X86"]);
    assert_eq!(profile.default_action, SeccompAction::Errno);
    let holding = |bounding, machine, kernel: &str| -> Vec<String> {
        let rules = profile.syscalls.iter().filter(|rule| rule.holds(bounding, machine, kernel));
        rules.flat_map(|rule| rule.calls().map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let plain = Capabilities::DOCKER_DEFAULT;
    assert_eq!(
        holding(plain, "amd64", "6.18.44"),
        ["read", "write", "personality", "ptrace", "clone"]
    );
    assert_eq!(
        holding(Capabilities::ALL, "amd64", "4.7.9"),
        ["read", "write", "personality", "bpf"]
    );
    assert!(!holding(plain, "s390x", "4.10.0").contains(&"clone".to_owned()));
}

#[test]
fn a_profile_without_a_word_confines_nothing_and_one_without_a_default_is_refused() {
    assert_eq!(SeccompProfile::parse(r#"{"comment":"none"}"#), Ok(None));
    let listed = r#"{"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}"#;
    assert!(SeccompProfile::parse(listed).unwrap_err().to_string().contains("defaultAction"));
}

#[test]
fn what_cannot_be_used_is_refused_with_its_reason() {
    let refused = |json: &str| SeccompProfile::parse(json).unwrap_err().to_string();
    assert!(refused("nonsense").starts_with("Decoding seccomp profile failed: "));
    assert!(refused(r#"{"defaultAction":"SCMP_ACT_NOSUCH"}"#).contains("SCMP_ACT_NOSUCH"));
    let with = |more: &str| refused(&format!(r#"{{"defaultAction":"SCMP_ACT_ALLOW",{more}}}"#));
    assert!(with(r#""architectures":["a"],"archMap":[{"architecture":"b"}]"#).contains("either"));
    let both = r#""syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_LOG"}]"#;
    assert!(with(both).contains("use either 'name' or 'names'"));
    let no_call = r#""syscalls":[{"names":["a",""],"action":"SCMP_ACT_LOG"}]"#;
    assert!(with(no_call).contains("empty string is not a valid syscall"));
    let seventh = r#"[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]"#;
    let seventh =
        format!(r#""syscalls":[{{"name":"a","action":"SCMP_ACT_LOG","args":{seventh}}}]"#);
    assert!(with(&seventh).contains("a call has no argument 6"));
    assert!(with(r#""architectures":["SCMP_ARCH_Z80"]"#).contains("SCMP_ARCH_Z80 is not a valid"));
    let high = r#""syscalls":[{"name":"a","action":"SCMP_ACT_ERRNO","errnoRet":4096}]"#;
    assert!(with(high).contains("there is no error 4096"));
    let places = r#"{"minKernel":"4.8.1"}"#;
    let kernel =
        format!(r#""syscalls":[{{"name":"a","action":"SCMP_ACT_LOG","excludes":{places}}}]"#);
    assert!(with(&kernel).contains("invalid kernel version"));
    assert!(with(r#""listenerPath":"/s""#).contains("not built yet: listenerPath"));
    let flag = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";
    assert!(with(&format!(r#""flags":["SECCOMP_FILTER_FLAG_LOG","{flag}"]"#)).contains(flag));
    assert!(with(r#""syscalls":[{"names":["a"],"action":"SCMP_ACT_NOTIFY"}]"#).contains("NOTIFY"));
}
