//! Who may do what: asked of the command that is decided, by whatever route it came, and on record as it was asked.

use journal_log::{Outcome, Seq};
use projector_containers::Containers;
use projector_machine::Machine as _;
use serde_json::{Value, json};

use super::{
    gate::with_a_running_container,
    harness::{Api, Reply, image},
};

/// A rule for whoever calls here.
fn rule(more: &str) -> String {
    format!("[[rule]]\nname = 'ours'\nwho = ['uid:*']\n{more}")
}

/// Checks that a call is refused by the policy with this reason.
fn refused(reply: &Reply, reason: &str) {
    let told = format!("{} {}", reply.status, reply.text());
    assert!(reply.status == 403 && reply.message().starts_with("policy: uid:"), "{told}");
    assert!(reply.message().contains(reason), "{told} for {reason}");
}

/// Asks for a container with `more` in its body.
async fn ask(api: &Api, more: &Value) -> Reply {
    let mut body = json!({"Image": "busybox", "Cmd": ["sleep", "60"]});
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    api.post_json("/containers/create", &body).await
}

#[tokio::test]
async fn a_refusal_is_on_record_as_the_command_that_was_refused() {
    let api = Api::start().await;
    api.set_policy("");
    let before = api.handle.snapshot().seq;
    let reply = ask(&api, &json!({})).await;
    refused(&reply, "may not container.create: no rule allows it");
    let seq: u64 = reply.header("x-sockerless-seq").parse().unwrap();
    assert_eq!(Seq::new(seq), before.next());
    let (_, body) = api.records(before.next()).pop().unwrap();
    let Outcome::Refused { code, message } = body.outcome else { panic!("it was accepted") };
    assert_eq!((code, message), (15, reply.message()));
    // The create itself, and not only that a call was refused.
    assert!([0x0101, 0x0178].contains(&body.command.kind), "{:#x}", body.command.kind);
    assert_eq!(api.handle.snapshot().state.container_count(), 0);
}

#[tokio::test]
async fn privileges_and_mounts_are_those_that_a_rule_lists() {
    let api = Api::start().await;
    let host = |more: Value| json!({"HostConfig": more});
    let bind = |source: &str| json!([{"Type": "bind", "Source": source, "Target": "/x"}]);
    let device = json!([{"Type": "volume", "Source": "vol", "Target": "/x", "VolumeOptions":
        {"DriverConfig": {"Name": "local", "Options": {"type": "none", "o": "bind", "device": "/etc"}}}}]);
    let cases = [
        (host(json!({"Privileged": true})), "the privilege privileged", "privileged"),
        (host(json!({"CapAdd": ["SYS_ADMIN"]})), "the privilege cap:SYS_ADMIN", "cap:SYS_*"),
        (
            host(json!({"CapAdd": ["cap_sys_admin"]})),
            "the privilege cap:SYS_ADMIN",
            "cap:SYS_ADMIN",
        ),
        (host(json!({"NetworkMode": "host"})), "the privilege network:host", "network:host"),
        (host(json!({"PidMode": "host"})), "the privilege pid:host", "pid:host"),
        (host(json!({"IpcMode": "host"})), "the privilege ipc:host", "*:host"),
        (host(json!({"UTSMode": "host"})), "the privilege uts:host", "uts:host"),
        (host(json!({"CgroupnsMode": "host"})), "the privilege cgroup:host", "cgroup:host"),
        (host(json!({"CgroupParent": "/x"})), "the privilege cgroup:parent", "cgroup:parent"),
        (
            host(json!({"SecurityOpt": ["seccomp=unconfined"]})),
            "seccomp:unconfined",
            "seccomp:unconfined",
        ),
        (host(json!({"MaskedPaths": []})), "the privilege paths:unmasked", "paths:unmasked"),
        (
            host(
                json!({"Devices": [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"}]}),
            ),
            "the privilege device:/dev/fuse",
            "device:/dev/fuse",
        ),
        (
            host(json!({"DeviceCgroupRules": ["c 1:3 rwm"]})),
            "the privilege device:c 1:3 rwm",
            "device:c 1:*",
        ),
        (host(json!({"Binds": ["/etc:/x"]})), "the mount of /etc", "/etc"),
        (host(json!({"Binds": ["/srv/../etc/:/x:ro"]})), "the mount of /etc", "/etc"),
        (host(json!({"Mounts": bind("/etc/passwd")})), "the mount of /etc/passwd", "/etc"),
        (host(json!({"Mounts": device})), "the mount of /etc", "/etc"),
    ];
    for (more, reason, listed) in cases {
        api.set_policy(&rule("allow = ['*']\nmounts = ['/srv']"));
        refused(&ask(&api, &more).await, reason);
        assert_eq!(api.handle.snapshot().state.container_count(), 0, "{more}");
        let list = if listed.starts_with('/') { "mounts" } else { "privileges" };
        api.set_policy(&rule(&format!("allow = ['*']\n{list} = ['{listed}']")));
        let reply = ask(&api, &more).await;
        assert!(!reply.text().contains("policy:"), "{more} with {listed}: {}", reply.text());
        if reply.status == 201 {
            let id = reply.json()["Id"].as_str().unwrap().to_owned();
            assert_eq!(api.delete(&format!("/containers/{id}?force=1")).await.status, 204);
        }
    }
}

#[tokio::test]
async fn a_directory_of_the_host_is_none_the_less_one_in_a_volume() {
    let api = Api::start().await;
    api.set_policy(&rule("allow = ['*']\nmounts = ['/srv']"));
    let volume = |device: &str| {
        let options = json!({"type": "none", "o": "bind", "device": device});
        json!({"Name": "vol", "Driver": "local", "DriverOpts": options})
    };
    refused(&api.post_json("/volumes/create", &volume("/srv/../root")).await, "mount of /root");
    assert_eq!(api.post_json("/volumes/create", &volume("/srv/x")).await.status, 201);
}

#[tokio::test]
async fn an_image_is_the_same_by_all_its_names() {
    let api = Api::start().await;
    api.add_image("other", image(2)).await;
    api.set_policy(&rule("allow = ['*']\nimages = ['docker.io/library/busybox:*']"));
    let (own, other) = ("01".repeat(32), "02".repeat(32));
    for name in ["busybox", "busybox:latest", "docker.io/library/busybox", &own, &own[..12]] {
        let reply = ask(&api, &json!({"Image": name})).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text());
    }
    for name in ["other", &other, &format!("sha256:{other}"), "nowhere:1"] {
        refused(&ask(&api, &json!({"Image": name})).await, "allows it not with the image");
    }
    refused(&api.post("/images/other/tag?repo=busybox&tag=2").await, "not with the image");
    refused(&api.post("/images/busybox/tag?repo=elsewhere").await, "not with the image");
    refused(&api.delete("/images/other").await, "not with the image");
    refused(
        &api.post("/images/create?fromImage=evil.invalid/busybox&tag=1").await,
        "not with the image",
    );
    assert_eq!(api.post("/images/busybox/tag?repo=busybox&tag=2").await.status, 201);
}

/// Calls about a container, of those that change something.
const ABOUT_ONE: [(&str, &str, &str); 11] = [
    ("POST", "/containers/ID/start", ""),
    ("POST", "/containers/ID/stop?t=0", ""),
    ("POST", "/containers/ID/restart?t=0", ""),
    ("POST", "/containers/ID/kill", ""),
    ("POST", "/containers/ID/pause", ""),
    ("POST", "/containers/ID/unpause", ""),
    ("POST", "/containers/ID/rename?name=mine", ""),
    ("POST", "/containers/ID/update", r#"{"CpuShares": 5}"#),
    ("POST", "/containers/ID/exec", r#"{"Cmd": ["true"]}"#),
    ("POST", "/containers/ID/attach?stream=1&stdin=1", ""),
    ("DELETE", "/containers/ID?force=1", ""),
];

#[tokio::test]
async fn only_objects_with_the_labels_of_the_rule_are_touched() {
    let api = Api::start().await;
    let theirs = api.create("theirs", json!({"Labels": {"team": "ops"}})).await;
    let ours = api.create("ours", json!({"Labels": {"team": "ci"}})).await;
    assert_eq!(api.post("/containers/theirs/start").await.status, 204);
    api.set_policy(&rule("allow = ['*']\nlabels = { team = 'ci' }\n"));
    refused(&ask(&api, &json!({})).await, "allows it only with the labels team=ci");
    let before = api.handle.snapshot();
    for (method, path, body) in ABOUT_ONE {
        for target in ["theirs", &theirs, &theirs[..10]] {
            let method = http::Method::from_bytes(method.as_bytes()).unwrap();
            let body = (!body.is_empty()).then(|| ("application/json", body.to_owned().into()));
            let reply = api.call(method, &path.replace("ID", target), body).await;
            refused(&reply, "allows it only with the labels team=ci");
        }
    }
    let (id, after) = (theirs.parse().unwrap(), api.handle.snapshot());
    assert_eq!(before.state.container(&id), after.state.container(&id));
    // What is theirs is not reached through a container of ours either.
    for more in [
        json!({"VolumesFrom": ["theirs"]}),
        json!({"NetworkMode": "container:theirs"}),
        json!({"PidMode": format!("container:{theirs}")}),
        json!({"IpcMode": "container:theirs"}),
    ] {
        let body = json!({"Labels": {"team": "ci"}, "HostConfig": more});
        let reply = ask(&api, &body).await;
        assert_eq!(reply.status, 403, "{more}: {}", reply.text());
        refused(&reply, "allows it only with the labels team=ci");
    }
    for path in ["/containers/ours/start", "/containers/ours/kill"] {
        assert_eq!(api.post(path).await.status, 204, "{path}");
    }
    assert_eq!(api.delete(&format!("/containers/{ours}?force=1")).await.status, 204);
    // What is not there is as it always was.
    assert_eq!(api.post("/containers/nobody/start").await.status, 404);
}

#[tokio::test]
async fn labels_of_volumes_and_networks_count_too() {
    let api = Api::start().await;
    for (name, team) in [("theirs", "ops"), ("ours", "ci")] {
        let body = json!({"Name": name, "Labels": {"team": team}});
        assert_eq!(api.post_json("/volumes/create", &body).await.status, 201);
        assert_eq!(api.post_json("/networks/create", &body).await.status, 201);
    }
    api.set_policy(&rule("allow = ['*']\nlabels = { team = 'ci' }\n"));
    let only = "allows it only with the labels team=ci";
    refused(&api.delete("/volumes/theirs").await, only);
    refused(&api.delete("/networks/theirs").await, only);
    refused(&api.post_json("/volumes/create", &json!({"Name": "theirs"})).await, only);
    refused(&api.post_json("/networks/create", &json!({"Name": "more"})).await, only);
    let body = json!({"Labels": {"team": "ci"}, "HostConfig": {"Binds": ["theirs:/x"]}});
    refused(&ask(&api, &body).await, only);
    for network in [
        json!({"HostConfig": {"NetworkMode": "theirs"}}),
        json!({"NetworkingConfig": {"EndpointsConfig": {"theirs": {}}}}),
    ] {
        let mut body = network.clone();
        body["Labels"] = json!({"team": "ci"});
        let reply = ask(&api, &body).await;
        assert_eq!(reply.status, 403, "{network}: {}", reply.text());
    }
    let body = json!({"Labels": {"team": "ci"}, "HostConfig": {"NetworkMode": "ours"}});
    let reply = ask(&api, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let id = reply.json()["Id"].as_str().unwrap().to_owned();
    refused(&api.post_json("/networks/theirs/connect", &json!({"Container": id})).await, only);
    assert_eq!(api.delete(&format!("/containers/{id}")).await.status, 204);
    assert_eq!(api.delete("/volumes/ours").await.status, 204);
    assert_eq!(api.delete("/networks/ours").await.status, 204);
}

#[tokio::test]
async fn reads_are_allowed_by_what_they_tell_of() {
    let api = Api::start().await;
    api.run("web").await;
    api.set_policy(&rule("allow = ['read.containers']"));
    for path in
        ["/_ping", "/version", "/containers/json", "/containers/web/json", "/at/3/containers/json"]
    {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    for (path, action) in [
        ("/info", "read.system"),
        ("/events?until=1", "read.system"),
        ("/system/df", "read.system"),
        ("/images/json", "read.images"),
        ("/at/3/images/json", "read.images"),
        ("/images/busybox/get", "read.images"),
        ("/volumes", "read.volumes"),
        ("/networks", "read.networks"),
        ("/containers/web/export", "read.files"),
        ("/containers/web/archive?path=/", "read.files"),
        ("/at/3/containers/web/export", "read.files"),
        ("/exec/abc/json", "read.execs"),
    ] {
        refused(&api.get(path).await, &format!("may not {action}: no rule allows it"));
    }
    // What is denied is denied by a name.
    let deny = "\n[[rule]]\nname = 'closed'\nwho = ['*']\ndeny = ['read.*']";
    api.set_policy(&rule(&format!("allow = ['*']{deny}")));
    refused(&api.get("/containers/json").await, "rule \"closed\" denies it");
}

/// Calls that change something, beside those about one container.
const OTHERS: [(&str, &str, &str); 19] = [
    ("POST", "/containers/create", r#"{"Image": "busybox"}"#),
    ("POST", "/exec/EXEC/start", r#"{"Detach": true}"#),
    ("POST", "/exec/EXEC/resize?h=1&w=1", ""),
    ("POST", "/containers/ID/resize?h=1&w=1", ""),
    ("PUT", "/containers/ID/archive?path=/", "tar"),
    ("POST", "/containers/prune", ""),
    ("POST", "/commit?container=ID", "{}"),
    ("POST", "/images/create?fromImage=registry.invalid/none&tag=1", ""),
    ("POST", "/images/create?fromSrc=-&repo=new", "tar"),
    ("POST", "/images/load", "tar"),
    ("POST", "/images/busybox/tag?repo=x", ""),
    ("POST", "/images/registry.invalid/x/push?tag=latest", ""),
    ("DELETE", "/images/busybox?force=1", ""),
    ("POST", "/images/prune", ""),
    ("POST", "/volumes/create", r#"{"Name": "vol"}"#),
    ("DELETE", "/volumes/kept", ""),
    ("POST", "/networks/create", r#"{"Name": "net"}"#),
    ("POST", "/networks/bridge/disconnect", r#"{"Container": "ID"}"#),
    ("POST", "/build/prune", ""),
];

#[tokio::test]
async fn where_nothing_is_allowed_nothing_is_changed() {
    let api = with_a_running_container().await;
    let id = api.handle.snapshot().state.find("web").unwrap().id.to_string();
    let made = api.post_json("/containers/web/exec", &json!({"Cmd": ["true"]})).await.json();
    let exec = made["Id"].as_str().unwrap().to_owned();
    assert_eq!(api.post_json("/volumes/create", &json!({"Name": "kept"})).await.status, 201);
    api.post("/images/busybox/tag?repo=registry.invalid/x").await;
    api.set_policy("");
    let hash = || Containers::state_hash(&api.handle.snapshot().state);
    let before = hash();
    for (method, path, body) in ABOUT_ONE.iter().chain(&OTHERS) {
        let path = path.replace("EXEC", &exec).replace("ID", &id);
        let kind = if *body == "tar" { "application/x-tar" } else { "application/json" };
        let body = body.replace("ID", &id);
        let body = (!body.is_empty()).then(|| (kind, body.into()));
        let reply =
            api.call(http::Method::from_bytes(method.as_bytes()).unwrap(), &path, body).await;
        // What is pruned is looked for first, and here nothing is found.
        let is_allowed = path.ends_with("/prune") && reply.status == 200;
        assert!(
            is_allowed || reply.text().contains("policy: uid:"),
            "{method} {path}: {}",
            reply.text()
        );
        assert_eq!(before, hash(), "{method} {path}");
    }
}

#[tokio::test]
async fn a_rule_with_labels_lets_one_look_at_what_has_them() {
    let api = Api::start().await;
    api.create("theirs", json!({"Labels": {"team": "ops"}})).await;
    let ours = api.create("ours", json!({"Labels": {"team": "ci"}})).await;
    api.set_policy(&rule("allow = ['*']\nlabels = { team = 'ci' }\n"));
    for path in
        ["/containers/ours/json", "//containers//ours/json", "/v1.44/containers/%6furs/json"]
    {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    assert_eq!(api.get(&format!("/containers/{}/json", &ours[..8])).await.status, 200);
    assert_eq!(api.get("/images/json").await.status, 200);
    let only = "allows it only with the labels team=ci";
    for path in [
        "/containers/theirs/json",
        "//containers//theirs/json",
        "/v1.44/containers/%74heirs/json",
        "/at/3/containers/theirs/json",
        "/containers/theirs/logs?stdout=1",
        "/containers/theirs/archive?path=/etc/passwd",
        "/containers/json",
        "/events",
        "/info",
        "/volumes",
    ] {
        refused(&api.get(path).await, only);
    }
    refused(&api.post("/containers/theirs/wait").await, only);
}

#[tokio::test]
async fn what_is_asked_is_what_is_done_whatever_the_body() {
    let api = Api::start().await;
    api.set_policy(&rule("allow = ['*']\nmounts = ['/srv']"));
    let twice = |first: &str, second: &str| {
        format!(r#"{{"Image":"busybox","HostConfig":{first},"HostConfig":{second}}}"#)
    };
    let (bad, good) = (r#"{"Privileged":true}"#, r#"{"Privileged":false}"#);
    let mut bodies = vec![
        twice(bad, good),
        twice(good, bad),
        format!(r#"{{"Image":"busybox","HostConfig":{{"Privileged":false,"Privileged":true}}}}"#),
        format!(r#"{{"Image":"busybox","hostconfig":{bad}}}"#),
        format!(r#"{{"Image":"busybox","HOSTCONFIG":{{"PRIVILEGED":true}}}}"#),
        format!("\u{feff}{{\"Image\":\"busybox\",\"HostConfig\":{bad}}}"),
        format!(r#"{{"Image":"busybox","HostConfig":{good}}}{{"HostConfig":{bad}}}"#),
        String::new(),
    ];
    // Round the sizes at which something that looks at bodies is known to have given up.
    for size in [1 << 10, 64 << 10, (1 << 20) - 64, 1 << 20, (1 << 20) + 1, 4 << 20, 5 << 20] {
        let mut body = format!(r#"{{"Image":"busybox","HostConfig":{bad},"Labels":{{"x":""#);
        body.push_str(&"y".repeat(size - body.len()));
        body.push_str(r#""}}"#);
        bodies.push(body);
    }
    for body in bodies {
        let shown = body[..body.floor_char_boundary(80)].to_owned();
        let body = Some(("application/json", body.into()));
        let reply = api.call(http::Method::POST, "/containers/create", body).await;
        let state = &api.handle.snapshot().state;
        let privileged = state.newest_first().any(|made| made.spec.security.privileged);
        assert!(!privileged, "{shown}: {} {}", reply.status, reply.text());
        if reply.status != 201 {
            assert!((400..=413).contains(&reply.status), "{shown}: {}", reply.status);
        }
    }
}
