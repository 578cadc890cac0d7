//! What clients say of networks, and what is made of it.

use expect_test::{Expect, expect};

use super::*;

fn check(version: ApiVersion, body: &str, told: &Expect) {
    let request = ContainerCreateRequest::from_json(body.as_bytes()).unwrap();
    told.assert_eq(&match networking(&request, version) {
        Ok(None) => "as the mode says".to_owned(),
        Ok(Some(Networking { mode, endpoints, links })) => {
            let shown = endpoints.iter().map(|one| {
                let EndpointRequest { network, aliases, links, ipv4, mac, .. } = one;
                format!(" {network} {aliases:?} {links:?} {ipv4:?} {mac:?};")
            });
            format!("mode {mode:?}, links {links:?},{}", shown.collect::<String>())
        }
        Err(NetworkError::Unbuilt(text)) => format!("501: {text}"),
        Err(error) => format!("400: {error}"),
    });
}

const OLD: ApiVersion = ApiVersion::new(1, 41);
const NEW: ApiVersion = ApiVersion::new(1, 47);

#[test]
fn predefined_modes_need_no_more_words() {
    for body in [
        "{}",
        r#"{"HostConfig":{"NetworkMode":"bridge"}}"#,
        r#"{"NetworkingConfig":{"EndpointsConfig":{"default":null}}}"#,
        r#"{"HostConfig":{"NetworkMode":"none"},"NetworkingConfig":{"EndpointsConfig":{"none":{}}}}"#,
    ] {
        check(OLD, body, &expect!["as the mode says"]);
    }
}

#[test]
fn a_users_network_has_names_and_addresses() {
    check(
        OLD,
        r#"{"HostConfig":{"NetworkMode":"back"},"NetworkingConfig":{"EndpointsConfig":{"back":{
            "Aliases":["db"],"IPAMConfig":{"IPv4Address":"10.9.0.7"},"MacAddress":"02:00:00:00:00:07"}}}}"#,
        &expect![[
            r#"mode "back", links [], back ["db"] [] Some(10.9.0.7) Some(02:00:00:00:00:07);"#
        ]],
    );
    check(
        OLD,
        r#"{"MacAddress":"02-00-00-00-00-07","HostConfig":{"NetworkMode":"back","Links":["web"]}}"#,
        &expect![[r#"mode "back", links [], back [] ["web:web"] None Some(02:00:00:00:00:07);"#]],
    );
}

#[test]
fn several_networks_want_a_newer_client() {
    let body = r#"{"HostConfig":{"NetworkMode":"a"},
        "NetworkingConfig":{"EndpointsConfig":{"b":{},"a":{"Aliases":["x"]}}}}"#;
    check(OLD, body, &expect!["400: Container cannot be connected to network endpoints: a, b"]);
    check(NEW, body, &expect![[r#"mode "a", links [], a ["x"] [] None None; b [] [] None None;"#]]);
}

#[test]
fn links_of_the_default_bridge_stay_the_containers_own() {
    check(
        OLD,
        r#"{"HostConfig":{"Links":["/db:/web/store"]}}"#,
        &expect![[r#"mode "", links ["db:store"], bridge [] [] None None;"#]],
    );
    check(
        OLD,
        r#"{"HostConfig":{"Links":["a:b:c"]}}"#,
        &expect!["400: bad format for links: a:b:c"],
    );
}

#[test]
fn what_a_shared_network_cannot_have_is_refused() {
    let shared =
        |more: &str| format!(r#"{{"HostConfig":{{"NetworkMode":"container:web"{more}}}}}"#);
    check(OLD, &shared(""), &expect![[r#"mode "web", links [],"#]]);
    check(
        OLD,
        &shared(r#","Dns":["10.0.0.1"]"#),
        &expect!["400: conflicting options: dns and the network mode"],
    );
    check(
        OLD,
        r#"{"HostConfig":{"NetworkMode":"container:"}}"#,
        &expect!["400: invalid network mode: invalid container format container:<name|id>"],
    );
}

#[test]
fn addresses_that_are_none_are_refused() {
    let with = |field: &str| {
        format!(r#"{{"NetworkingConfig":{{"EndpointsConfig":{{"a":{{{field}}}}}}}}}"#)
    };
    check(
        OLD,
        &with(r#""IPAMConfig":{"IPv4Address":"10.9.0"}"#),
        &expect!["400: invalid IPv4 address: 10.9.0"],
    );
    check(
        OLD,
        &with(r#""MacAddress":"01:00:00:00:00:07""#),
        &expect!["400: invalid MAC address: 01:00:00:00:00:07"],
    );
    check(
        OLD,
        &with(r#""DriverOpts":{"a":"b"}"#),
        &expect!["501: not built yet: DriverOpts of a place in a network"],
    );
}
