//! What rules allow, what they deny, and which rules are none.

use std::sync::Arc;

use super::Policy;
use crate::facts::{Facts, Labels, Names};

const POLICY: &str = r#"
    [groups]
    ops = ["cert:alice", "uid:0"]

    [[rule]]
    name = "operators"
    who = ["group:ops"]
    allow = ["*"]
    mounts = ["/"]
    privileges = ["*"]

    [[rule]]
    name = "ci"
    who = ["token:ci-*", "group:builders"]
    allow = ["container.*", "image.pull", "read.*"]
    labels = { team = "ci", stage = "test-*" }
    images = ["registry.example.com/ci/*", "busybox"]
    mounts = ["/srv/ci/", "/srv/cache/../shared"]
    privileges = ["cap:NET_*"]

    [[rule]]
    name = "pooled"
    who = ["uid:7"]
    allow = ["container.*"]
    pools = ["ci-*"]

    [[rule]]
    name = "kept"
    who = ["*"]
    deny = ["container.remove", "volume.remove"]
    labels = { keep = "*" }
"#;

fn labels(text: &str) -> Labels {
    text.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Checks what somebody is told about an action on an object with labels, an image, paths and privileges.
fn check(who: &str, action: &str, about: [&str; 4], wanted: &str) {
    let policy = Arc::new(Policy::from_toml(POLICY).unwrap());
    let (principal, groups) = who.split_once('+').unwrap_or((who, ""));
    let groups: Vec<String> = groups.split_whitespace().map(str::to_owned).collect();
    let [label_text, image, paths, privileges] = about;
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let own = labels(label_text);
    let facts = Facts {
        labels: vec![&own],
        images: words(image).into_iter().map(|name| Names(vec![name])).collect(),
        paths: words(paths),
        privileges: words(privileges),
        pools: vec![own.get("pool").map_or("", String::as_str)],
    };
    let told = policy.rights(principal, &groups).decide(action, &facts);
    let told = told.map_or_else(|text| text, |()| "ok".to_owned());
    assert!(told.ends_with(wanted), "{who} {action} {about:?}: {told}");
}

#[test]
fn only_what_a_rule_allows_is_done() {
    let own = "team=ci stage=test-1";
    for (who, action, about, wanted) in [
        ("cert:alice", "container.create", ["", "any", "/etc", "privileged"], "ok"),
        ("uid:0", "network.create", ["", "", "", ""], "ok"),
        (
            "cert:alicea",
            "container.stop",
            [own, "", "", ""],
            "cert:alicea may not container.stop: no rule allows it",
        ),
        ("token:ci-1", "container.stop", [own, "", "", ""], "ok"),
        ("cert:bob+builders", "container.stop", [own, "", "", ""], "ok"),
        ("cert:bob+ops", "container.stop", ["", "", "", ""], "ok"),
        ("cert:bob+group:builders", "container.stop", [own, "", "", ""], "no rule allows it"),
        ("token:ci-1", "network.create", [own, "", "", ""], "no rule allows it"),
        (
            "token:ci-1",
            "read.images",
            ["", "", "", ""],
            "only with the labels stage=test-*, team=ci",
        ),
        (
            "token:ci-1",
            "container.stop",
            ["team=ci", "", "", ""],
            "only with the labels stage=test-*, team=ci",
        ),
        (
            "token:ci-1",
            "container.stop",
            ["team=cix stage=test-1", "", "", ""],
            "only with the labels stage=test-*, team=ci",
        ),
        ("token:ci-1", "container.create", [own, "busybox", "", ""], "ok"),
        ("token:ci-1", "container.create", [own, "registry.example.com/ci/app:1", "", ""], "ok"),
        (
            "token:ci-1",
            "container.create",
            [own, "registry.example.com/other", "", ""],
            "rule \"ci\" allows it not with the image registry.example.com/other",
        ),
        (
            "token:ci-1",
            "container.create",
            [own, "busybox alpine", "", ""],
            "not with the image alpine",
        ),
        ("token:ci-1", "container.create", [own, "", "/srv/ci /srv/ci/x /srv/shared/y", ""], "ok"),
        (
            "token:ci-1",
            "container.create",
            [own, "", "/srv/ci /srv/cigar", ""],
            "not with the mount of /srv/cigar",
        ),
        (
            "token:ci-1",
            "container.create",
            [own, "", "/srv/cache/x", ""],
            "not with the mount of /srv/cache/x",
        ),
        ("token:ci-1", "container.create", [own, "", "", "cap:NET_ADMIN"], "ok"),
        (
            "token:ci-1",
            "container.create",
            [own, "", "", "cap:NET_ADMIN cap:SYS_ADMIN"],
            "not with the privilege cap:SYS_ADMIN",
        ),
    ] {
        check(who, action, about, wanted);
    }
}

#[test]
fn a_rule_with_pools_is_about_their_containers_alone() {
    check("uid:7", "container.start", ["pool=ci-1", "", "", ""], "ok");
    let missing = "rule \"pooled\" allows it only in the pools ci-*";
    check("uid:7", "container.start", ["pool=web", "", "", ""], missing);
    check("uid:7", "container.start", ["", "", "", ""], missing);
}

#[test]
fn what_a_rule_denies_nobody_else_allows() {
    let denied = "cert:alice may not container.remove: rule \"kept\" denies it";
    check("cert:alice", "container.remove", ["keep=1 a=b", "", "", ""], denied);
    check("cert:alice", "container.remove", ["kept=1", "", "", ""], "ok");
    check("cert:alice", "container.stop", ["keep=1", "", "", ""], "ok");
}

#[test]
fn a_rule_that_can_mean_nothing_is_refused_by_name() {
    let base = "[[rule]]\nname = 'r'\nwho = ['a']\n";
    for (text, wanted) in [
        ("allow = ['container.*']".to_owned(), "ok"),
        ("allow = ['*']\ndeny = ['*']".into(), "has to have one of allow and deny"),
        (String::new(), "has to have one of allow and deny"),
        ("allow = ['containers.*']".into(), "names what nobody can do: \"containers.*\""),
        ("allow = ['*']\nmounts = ['srv']".into(), "no absolute path: \"srv\""),
        ("allow = ['*']\nprivileges = ['root']".into(), "a privilege that is none: \"root\""),
        (
            "allow = ['*']\nprivileges = ['cap:SYS_ADMIN', 'device:/dev/fuse', '*:host']".into(),
            "ok",
        ),
        ("allow = ['*']\nprivilege = ['*']".into(), "cannot be read"),
        ("allow = ['']".into(), "cannot be read"),
        (format!("allow = ['*']\n{base}allow = ['*']"), "is there twice"),
    ] {
        let read = Policy::from_toml(&format!("{base}{text}"));
        let told = read.map_or_else(|error| error.to_string(), |_| "ok".to_owned());
        assert!(told.contains(wanted), "{text}: {told}");
    }
    let nobody = Policy::from_toml("[[rule]]\nname = 'r'\nwho = []\nallow = ['*']").unwrap_err();
    assert_eq!(nobody.to_string(), "rule \"r\" is about nobody: who has to list somebody");
    let many = "[[rule]]\nname = 'r'\nwho = ['a']\nallow = ['*']\n".repeat(201);
    assert!(Policy::from_toml(&many).unwrap_err().to_string().contains("201 rules"));
}

#[test]
fn each_action_has_a_bit_of_its_own() {
    assert!(crate::action::ACTIONS.len() <= 64);
    let policy = Policy::from_toml(
        "[[rule]]\nname = 'r'\nwho = ['*']\nallow = ['container.*', 'volume.remove']",
    );
    let rights = Arc::new(policy.unwrap()).rights("uid:0", &[]);
    for action in crate::action::ACTIONS {
        let wanted = action.starts_with("container.") || *action == "volume.remove";
        assert_eq!(rights.decide(action, &Facts::default()).is_ok(), wanted, "{action}");
    }
}

#[test]
fn a_policy_without_rules_allows_nothing() {
    let policy = Arc::new(Policy::from_toml("").unwrap());
    let state = projector_containers::State::default();
    let rights = policy.rights("uid:0", &[]);
    let reading = crate::Reading::of(true, "/info", None).unwrap();
    let told = rights.check_read(&state, reading).unwrap_err();
    assert_eq!(told.to_string(), "policy: uid:0 may not read.system: no rule allows it");
}
