//! Containers in networks: their addresses, how they join and leave, and whom they reach.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::networks::{create, inspect, subnet};
use crate::cx::{Cx, merge};
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_152_a_container_has_the_address_that_was_asked_for,
    d_152_addresses_are_of_the_range_and_none_is_reserved,
    d_152_an_address_beyond_the_subnet_is_refused,
    d_152_an_address_that_is_taken_is_refused,
    d_152_an_address_needs_a_subnet_that_was_chosen,
    d_152_a_hardware_address_is_as_it_was_asked_for,
    d_153_an_address_is_given_again,
    d_155_a_running_container_joins_and_leaves,
    d_155_a_stopped_container_joins_and_leaves,
    d_155_senseless_connections_are_refused,
    d_155_a_running_container_joins_and_leaves_the_default_bridge,
    d_155_several_networks_from_the_start(Oracle::KnowsFrom(1, 44)),
    d_159_networks_are_kept_apart(Oracle::Differs("it is run without its firewall here")),
    d_159_containers_of_a_network_can_be_kept_apart(Oracle::Differs(
        "it is run without its firewall here"
    )),
    d_160_an_internal_network_has_no_way_out(Oracle::Differs(
        "it is run without its firewall here"
    )),
    d_161_another_containers_network_is_shared,
    d_161_what_a_shared_network_cannot_have_is_refused,
    d_161_none_is_a_loopback_and_nothing_else,
    d_161_a_container_can_be_without_a_network_whatever_its_mode,
    d_161_the_hosts_network_is_told_and_joined,
    d_161_any_user_may_have_low_ports_in_a_network_of_its_own,
    d_162_ports_are_published_from_a_users_network,
    d_164_addresses_of_ipv6_are_given_and_reached,
];

fn within(network: &str) -> Value {
    json!({"HostConfig": {"NetworkMode": network}})
}

fn at(network: &str, settings: Value) -> Value {
    json!({
        "HostConfig": {"NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": {network: settings}},
    })
}

/// What inspect says of a container's place in a network.
async fn place(cx: &Cx, name: &str, network: &str) -> Result<Value> {
    Ok(cx.inspect(name).await?["NetworkSettings"]["Networks"][network].clone())
}

async fn address(cx: &Cx, name: &str, network: &str) -> Result<String> {
    let place = place(cx, name, network).await?;
    Ok(place["IPAddress"].as_str().with_context(|| format!("no address: {place}"))?.to_owned())
}

async fn interfaces(cx: &Cx, name: &str) -> Result<String> {
    Ok(cx.exec(name, &["ip", "-o", "addr"], json!({})).await?.0.out())
}

async fn pings(cx: &Cx, name: &str, target: &str) -> Result<bool> {
    let command = ["ping", "-c", "1", "-W", "2", target];
    Ok(cx.exec(name, &command, json!({})).await?.1 == 0)
}

async fn start_refused(cx: &Cx, part: &str, more: Value) -> Result<(u16, String)> {
    let name = cx.name(part);
    let reply = cx.create_named(&name, &["sleep", "1000"], more).await?;
    if reply.status != 201 {
        return Ok((reply.status.as_u16(), reply.message()));
    }
    let reply = cx.client().post(&format!("/containers/{name}/start")).await?;
    Ok((reply.status.as_u16(), reply.message()))
}

async fn connect(cx: &Cx, network: &str, body: Value) -> Result<(u16, String)> {
    let reply = cx.client().post_json(&format!("/networks/{network}/connect"), &body).await?;
    Ok((reply.status.as_u16(), if reply.status == 200 { String::new() } else { reply.message() }))
}

async fn disconnect(cx: &Cx, network: &str, body: Value) -> Result<(u16, String)> {
    let reply = cx.client().post_json(&format!("/networks/{network}/disconnect"), &body).await?;
    Ok((reply.status.as_u16(), if reply.status == 200 { String::new() } else { reply.message() }))
}

async fn d_152_a_container_has_the_address_that_was_asked_for(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", subnet("10.152.0.0/24")).await?;
    let settings = json!({"IPAMConfig": {"IPv4Address": "10.152.0.99"}});
    let name = cx.start_script("c", "sleep 1000", at(&network, settings)).await?;
    let place = place(&cx, &name, &network).await?;
    assert_eq!(place["IPAMConfig"]["IPv4Address"], "10.152.0.99");
    assert_eq!((&place["IPAddress"], &place["IPPrefixLen"]), (&json!("10.152.0.99"), &json!(24)));
    assert_eq!(place["Gateway"], "10.152.0.1");
    let shown = interfaces(&cx, &name).await?;
    ensure!(shown.contains("10.152.0.99/24"), "{shown}");
    let (hosts, _) = cx.exec(&name, &["cat", "/etc/hosts"], json!({})).await?;
    ensure!(hosts.out().contains("10.152.0.99\t"), "{}", hosts.out());
    let members = inspect(&cx, &network).await?["Containers"].clone();
    let member = members.as_object().and_then(|all| all.values().next()).context("a member")?;
    assert_eq!(member["IPv4Address"], "10.152.0.99/24");
    assert_eq!(member["EndpointID"], place["EndpointID"]);
    Ok(())
}

async fn d_152_addresses_are_of_the_range_and_none_is_reserved(cx: Cx) -> Result<()> {
    let config = json!({
        "Subnet": "10.152.1.0/24", "IPRange": "10.152.1.64/30", "Gateway": "10.152.1.64",
        "AuxiliaryAddresses": {"printer": "10.152.1.65"},
    });
    let network = create(&cx, "n", json!({"IPAM": {"Config": [config]}})).await?;
    let one = cx.start_script("one", "sleep 1000", within(&network)).await?;
    assert_eq!(address(&cx, &one, &network).await?, "10.152.1.66");
    let two = cx.start_script("two", "sleep 1000", within(&network)).await?;
    assert_eq!(address(&cx, &two, &network).await?, "10.152.1.67");
    let (status, text) = start_refused(&cx, "three", within(&network)).await?;
    ensure!(status >= 400 && text.contains("no"), "{status}: {text}");
    Ok(())
}

async fn d_152_an_address_beyond_the_subnet_is_refused(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", subnet("10.152.2.0/24")).await?;
    let settings = json!({"IPAMConfig": {"IPv4Address": "10.153.2.9"}});
    let (status, text) = start_refused(&cx, "c", at(&network, settings)).await?;
    // Docker Engine 20.10 takes the blame itself.
    ensure!([400, 500].contains(&status), "{status}: {text}");
    let wanted = "Invalid address 10.153.2.9: It does not belong to any of this network's subnets";
    assert_eq!(text, wanted);
    Ok(())
}

async fn d_152_an_address_that_is_taken_is_refused(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", subnet("10.152.3.0/24")).await?;
    let settings = || json!({"IPAMConfig": {"IPv4Address": "10.152.3.9"}});
    cx.start_script("one", "sleep 1000", at(&network, settings())).await?;
    let refused = start_refused(&cx, "two", at(&network, settings())).await?;
    assert_eq!(refused, (403, "Address already in use".to_owned()));
    Ok(())
}

async fn d_152_an_address_needs_a_subnet_that_was_chosen(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let settings = || json!({"IPAMConfig": {"IPv4Address": "10.1.1.1"}});
    let (status, text) = start_refused(&cx, "one", at(&network, settings())).await?;
    assert_eq!(status, 400, "{text}");
    ensure!(text.starts_with("user specified IP address is supported only when"), "{text}");
    let (status, text) = start_refused(&cx, "two", at("bridge", settings())).await?;
    assert_eq!(status, 400, "{text}");
    ensure!(text.starts_with("user specified IP address is supported on user"), "{text}");
    Ok(())
}

async fn d_152_a_hardware_address_is_as_it_was_asked_for(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let mut more = within(&network);
    merge(&mut more, json!({"MacAddress": "02:42:aa:00:00:07"}));
    let name = cx.start_script("c", "sleep 1000", more).await?;
    assert_eq!(place(&cx, &name, &network).await?["MacAddress"], "02:42:aa:00:00:07");
    let (shown, _) = cx.exec(&name, &["cat", "/sys/class/net/eth0/address"], json!({})).await?;
    assert_eq!(shown.out().trim(), "02:42:aa:00:00:07");
    Ok(())
}

async fn d_153_an_address_is_given_again(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", subnet("10.153.0.0/29")).await?;
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..7 {
        let name = cx.start_script(&format!("c{round}"), "sleep 1000", within(&network)).await?;
        seen.insert(address(&cx, &name, &network).await?);
        cx.client().delete(&format!("/containers/{name}?force=1")).await?.expect_status(204)?;
    }
    ensure!(seen.iter().all(|address| address.starts_with("10.153.0.")), "{seen:?}");
    Ok(())
}

async fn d_155_a_running_container_joins_and_leaves(cx: Cx) -> Result<()> {
    let first = create(&cx, "first", subnet("10.155.1.0/24")).await?;
    let second = create(&cx, "second", subnet("10.155.2.0/24")).await?;
    let neighbour = cx.start_script("neighbour", "sleep 1000", within(&second)).await?;
    let target = address(&cx, &neighbour, &second).await?;
    let name = cx.start_script("c", "sleep 1000", within(&first)).await?;
    let settings = json!({"IPAMConfig": {"IPv4Address": "10.155.2.50"}, "Aliases": ["other"]});
    let body = json!({"Container": name, "EndpointConfig": settings});
    assert_eq!(connect(&cx, &second, body.clone()).await?, (200, String::new()));
    let place = place(&cx, &name, &second).await?;
    assert_eq!(place["IPAddress"], "10.155.2.50");
    ensure!(
        place["Aliases"].as_array().is_some_and(|all| all.contains(&json!("other"))),
        "{place}"
    );
    let shown = interfaces(&cx, &name).await?;
    ensure!(shown.contains("eth1") && shown.contains("10.155.2.50/24"), "{shown}");
    ensure!(pings(&cx, &name, &target).await?, "the neighbour does not answer");
    let (status, text) = connect(&cx, &second, body).await?;
    assert_eq!(
        (status, text),
        (403, format!("endpoint with name {name} already exists in network {second}"))
    );
    let leave = json!({"Container": name});
    assert_eq!(disconnect(&cx, &second, leave.clone()).await?, (200, String::new()));
    let shown = interfaces(&cx, &name).await?;
    ensure!(!shown.contains("10.155.2.50") && shown.contains("10.155.1."), "{shown}");
    assert_eq!(super::networking::place(&cx, &name, &second).await?, Value::Null);
    let (status, text) = disconnect(&cx, &second, leave).await?;
    ensure!(status >= 400 && text.contains("is not connected to"), "{status}: {text}");
    Ok(())
}

async fn d_155_a_stopped_container_joins_and_leaves(cx: Cx) -> Result<()> {
    let first = create(&cx, "first", json!({})).await?;
    let second = create(&cx, "second", subnet("10.155.3.0/24")).await?;
    let name = cx.create("c", &["sleep", "1000"], within(&first)).await?;
    let settings = json!({"IPAMConfig": {"IPv4Address": "10.155.3.50"}});
    let body = json!({"Container": name, "EndpointConfig": settings});
    assert_eq!(connect(&cx, &second, body).await?, (200, String::new()));
    assert_eq!(place(&cx, &name, &second).await?["IPAddress"], "");
    assert_eq!(inspect(&cx, &second).await?["Containers"], json!({}));
    cx.start(&name).await?;
    assert_eq!(address(&cx, &name, &second).await?, "10.155.3.50");
    let shown = interfaces(&cx, &name).await?;
    ensure!(shown.contains("10.155.3.50/24"), "{shown}");
    cx.client().post(&format!("/containers/{name}/kill")).await?.expect_status(204)?;
    cx.wait(&name).await?;
    assert_eq!(disconnect(&cx, &first, json!({"Container": name})).await?, (200, String::new()));
    cx.start(&name).await?;
    let networks = cx.inspect(&name).await?["NetworkSettings"]["Networks"].clone();
    let names: Vec<&String> = networks.as_object().context("Networks")?.keys().collect();
    assert_eq!(names, [&second]);
    Ok(())
}

async fn d_155_senseless_connections_are_refused(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let name = cx.start_script("c", "sleep 1000", within(&network)).await?;
    let body = json!({"Container": name});
    for (target, body, status, word) in [
        ("nosuchnetwork", body.clone(), 404, "network nosuchnetwork not found"),
        (&network, json!({"Container": "nosuch"}), 404, "No such container: nosuch"),
        ("host", body.clone(), 400, "host network"),
        ("none", body.clone(), 400, "private (none) mode"),
        (
            "bridge",
            json!({"Container": name, "EndpointConfig": {"Aliases": ["x"]}}),
            400,
            "network-scoped alias is supported only for containers in user defined networks",
        ),
    ] {
        let (got, text) = connect(&cx, target, body).await?;
        ensure!(got == status && text.contains(word), "{target}: {got} {text}");
    }
    let (status, text) = disconnect(&cx, "bridge", body).await?;
    ensure!(status >= 400 && text.contains("is not connected to"), "{status}: {text}");
    Ok(())
}

async fn d_155_a_running_container_joins_and_leaves_the_default_bridge(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let name = cx.start_script("c", "sleep 1000", within(&network)).await?;
    let body = json!({"Container": name});
    assert_eq!(connect(&cx, "bridge", body.clone()).await?, (200, String::new()));
    let bridge = inspect(&cx, "bridge").await?;
    let gateway = bridge["IPAM"]["Config"][0]["Gateway"].as_str().context("Gateway")?;
    ensure!(pings(&cx, &name, gateway).await?, "the gateway does not answer");
    assert_eq!(disconnect(&cx, "bridge", body.clone()).await?, (200, String::new()));
    let plain = cx.start_script("plain", "sleep 1000", json!({})).await?;
    let body = json!({"Container": plain});
    assert_eq!(disconnect(&cx, "bridge", body.clone()).await?, (200, String::new()));
    let shown = interfaces(&cx, &plain).await?;
    ensure!(!shown.contains("eth"), "{shown}");
    assert_eq!(connect(&cx, &network, body).await?, (200, String::new()));
    let own = inspect(&cx, &network).await?["IPAM"]["Config"][0]["Gateway"].clone();
    ensure!(pings(&cx, &plain, own.as_str().context("Gateway")?).await?, "no answer");
    Ok(())
}

async fn d_155_several_networks_from_the_start(cx: Cx) -> Result<()> {
    let first = create(&cx, "first", subnet("10.155.4.0/24")).await?;
    let second = create(&cx, "second", subnet("10.155.5.0/24")).await?;
    let more = json!({
        "HostConfig": {"NetworkMode": first},
        "NetworkingConfig": {"EndpointsConfig": {
            &first: {}, &second: {"IPAMConfig": {"IPv4Address": "10.155.5.7"}},
        }},
    });
    let name = cx.start_script("c", "sleep 1000", more).await?;
    assert_eq!(address(&cx, &name, &second).await?, "10.155.5.7");
    let shown = interfaces(&cx, &name).await?;
    ensure!(shown.contains("10.155.4.") && shown.contains("10.155.5.7/24"), "{shown}");
    Ok(())
}

async fn d_159_networks_are_kept_apart(cx: Cx) -> Result<()> {
    let one = create(&cx, "one", json!({})).await?;
    let two = create(&cx, "two", json!({})).await?;
    let here = cx.start_script("here", "sleep 1000", within(&one)).await?;
    let beside = cx.start_script("beside", "sleep 1000", within(&one)).await?;
    let there = cx.start_script("there", "sleep 1000", within(&two)).await?;
    let plain = cx.start_script("plain", "sleep 1000", json!({})).await?;
    ensure!(pings(&cx, &here, &address(&cx, &beside, &one).await?).await?, "no neighbour");
    ensure!(!pings(&cx, &here, &address(&cx, &there, &two).await?).await?, "another network");
    ensure!(!pings(&cx, &here, &address(&cx, &plain, "bridge").await?).await?, "the bridge");
    ensure!(!pings(&cx, &plain, &address(&cx, &here, &one).await?).await?, "from the bridge");
    Ok(())
}

async fn d_159_containers_of_a_network_can_be_kept_apart(cx: Cx) -> Result<()> {
    let options = json!({"Options": {"com.docker.network.bridge.enable_icc": "false"}});
    let network = create(&cx, "n", options).await?;
    let one = cx.start_script("one", "sleep 1000", within(&network)).await?;
    let two = cx.start_script("two", "sleep 1000", within(&network)).await?;
    ensure!(!pings(&cx, &one, &address(&cx, &two, &network).await?).await?, "a neighbour");
    let gateway = place(&cx, &one, &network).await?["Gateway"].clone();
    ensure!(pings(&cx, &one, gateway.as_str().unwrap_or_default()).await?, "no host");
    Ok(())
}

async fn d_160_an_internal_network_has_no_way_out(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({"Internal": true})).await?;
    let one = cx.start_script("one", "sleep 1000", within(&network)).await?;
    let two = cx.start_script("two", "sleep 1000", within(&network)).await?;
    ensure!(pings(&cx, &one, &address(&cx, &two, &network).await?).await?, "no neighbour");
    let (routes, _) = cx.exec(&one, &["ip", "route"], json!({})).await?;
    ensure!(!routes.out().contains("default"), "{}", routes.out());
    assert_eq!(place(&cx, &one, &network).await?["Gateway"], "");
    let plain = cx.start_script("plain", "sleep 1000", json!({})).await?;
    ensure!(!pings(&cx, &one, &address(&cx, &plain, "bridge").await?).await?, "a way out");
    Ok(())
}

async fn d_161_another_containers_network_is_shared(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let server = cx
        .start_script(
            "server",
            "mkdir /w; echo hello > /w/x; exec httpd -f -p 8099 -h /w",
            within(&network),
        )
        .await?;
    let shared = within(&format!("container:{server}"));
    let script = "i=0; until wget -q -O - http://127.0.0.1:8099/x; do i=$((i+1)); [ $i -lt 50 ] || exit 1; \
                  sleep 0.1; done; hostname; cat /etc/resolv.conf";
    let (output, code) = cx.run_script("client", script, shared).await?;
    ensure!(code == 0, "{}", output.err());
    let id = cx.inspect(&server).await?["Id"].as_str().context("Id")?.to_owned();
    let said = output.out();
    ensure!(said.starts_with("hello\n"), "{said}");
    ensure!(said.contains(&id[..12]), "{said}");
    let client = cx.inspect(&cx.name("client")).await?;
    assert_eq!(client["HostConfig"]["NetworkMode"], format!("container:{id}"));
    assert_eq!(client["NetworkSettings"]["Networks"], json!({}));
    Ok(())
}

async fn d_161_what_a_shared_network_cannot_have_is_refused(cx: Cx) -> Result<()> {
    let server = cx.start_script("server", "sleep 1000", json!({})).await?;
    let shared = |more: Value| {
        let mut body = within(&format!("container:{server}"));
        merge(&mut body, more);
        body
    };
    for (more, word) in [
        (json!({"Hostname": "h"}), "hostname"),
        (json!({"HostConfig": {"Dns": ["10.0.0.1"]}}), "dns"),
        (
            json!({"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}}}),
            "port publishing",
        ),
        (json!({"HostConfig": {"Links": ["x:y"]}}), "links"),
    ] {
        let (status, text) = start_refused(&cx, "c", shared(more)).await?;
        ensure!(status == 400 && text.starts_with("conflicting options"), "{status}: {text}");
        ensure!(text.contains(word), "{text}");
    }
    let stopped = cx.create("stopped", &["true"], json!({})).await?;
    let (status, text) =
        start_refused(&cx, "late", within(&format!("container:{stopped}"))).await?;
    assert_eq!(status, 409, "{text}");
    ensure!(text.starts_with("cannot join network of a non running container"), "{text}");
    let (status, text) = start_refused(&cx, "lost", within("container:nosuch")).await?;
    assert_eq!((status, text.as_str()), (404, "No such container: nosuch"));
    Ok(())
}

async fn d_161_a_container_can_be_without_a_network_whatever_its_mode(cx: Cx) -> Result<()> {
    let mut body = within("bridge");
    merge(&mut body, json!({"NetworkDisabled": true}));
    let name = cx.start_script("cut", "ls /sys/class/net; exec sleep 600", body).await?;
    assert_eq!(cx.until_logged(&name, "lo").await?.out(), "lo\n");
    let shown = cx.inspect(&name).await?;
    assert_eq!(shown["Config"]["NetworkDisabled"], true);
    assert_eq!(shown["HostConfig"]["NetworkMode"], "bridge");
    assert_eq!(shown["NetworkSettings"]["Networks"], json!({}));
    Ok(())
}

async fn d_161_none_is_a_loopback_and_nothing_else(cx: Cx) -> Result<()> {
    let name = cx.start_script("c", "sleep 1000", within("none")).await?;
    let shown = interfaces(&cx, &name).await?;
    ensure!(shown.contains("127.0.0.1/8") && !shown.contains("eth"), "{shown}");
    let place = place(&cx, &name, "none").await?;
    assert_eq!(place["NetworkID"], inspect(&cx, "none").await?["Id"]);
    Ok(())
}

async fn d_161_any_user_may_have_low_ports_in_a_network_of_its_own(cx: Cx) -> Result<()> {
    let script = "cat /proc/sys/net/ipv4/ping_group_range; httpd -p 80";
    let (output, code) = cx.run_script("any", script, json!({"User": "1000:1000"})).await?;
    ensure!(code == 0, "{}", output.err());
    assert_eq!(output.out(), "0\t2147483647\n");
    let sysctls = json!({"net.ipv4.ip_unprivileged_port_start": "81"});
    let body = json!({"User": "1000:1000", "HostConfig": {"Sysctls": sysctls}});
    let (output, code) = cx.run_script("asked", "httpd -p 80", body).await?;
    ensure!(code != 0 && output.err().contains("ermission denied"), "{code}: {}", output.err());
    Ok(())
}

async fn d_161_the_hosts_network_is_told_and_joined(cx: Cx) -> Result<()> {
    let name = cx.start_script("c", "sleep 1000", within("host")).await?;
    let host = inspect(&cx, "host").await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    let member = &host["Containers"][&id];
    assert_eq!(member["Name"], name.as_str());
    let place = place(&cx, &name, "host").await?;
    assert_eq!((&place["NetworkID"], &place["EndpointID"]), (&host["Id"], &member["EndpointID"]));
    Ok(())
}

async fn d_162_ports_are_published_from_a_users_network(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let mut more = within(&network);
    let bindings = json!({"80/tcp": [{"HostPort": "21090"}]});
    merge(
        &mut more,
        json!({"ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": bindings}}),
    );
    let web = "mkdir -p /www && hostname > /www/name && exec httpd -f -p 80 -h /www";
    let server = cx.start_script("server", web, more).await?;
    let own = address(&cx, &server, &network).await?;
    let gateway = place(&cx, &server, &network).await?["Gateway"].clone();
    let gateway = gateway.as_str().context("Gateway")?;
    let ask = |place: &str| {
        format!(
            "i=0; until timeout 5 wget -q -O - http://{place}/name; do i=$((i+1)); [ $i -lt 50 ] || exit 1; \
             sleep 0.1; done"
        )
    };
    let id = cx.inspect(&server).await?["Id"].as_str().context("Id")?[..12].to_owned();
    for (part, place, mode) in [
        ("one", "127.0.0.1:21090".to_owned(), "host"),
        ("two", format!("{gateway}:21090"), "host"),
        ("three", own, &network),
        ("four", format!("{gateway}:21090"), &network),
    ] {
        let (output, code) = cx.run_script(part, &ask(&place), within(mode)).await?;
        ensure!(code == 0, "{place} from {mode}: {}", output.err());
        assert_eq!(output.out().trim(), id, "{place} from {mode}");
    }
    Ok(())
}

async fn d_164_addresses_of_ipv6_are_given_and_reached(cx: Cx) -> Result<()> {
    let more = json!({"EnableIPv6": true, "IPAM": {"Config": [{"Subnet": "fd00:164::/64"}]}});
    let network = create(&cx, "n", more).await?;
    assert_eq!(inspect(&cx, &network).await?["EnableIPv6"], true);
    let one = cx.start_script("one", "sleep 1000", within(&network)).await?;
    let two = cx.start_script("two", "sleep 1000", within(&network)).await?;
    let place = place(&cx, &two, &network).await?;
    let target = place["GlobalIPv6Address"].as_str().context("GlobalIPv6Address")?;
    ensure!(target.starts_with("fd00:164::"), "{place}");
    assert_eq!(place["GlobalIPv6PrefixLen"], 64);
    ensure!(pings(&cx, &one, target).await?, "{target} does not answer");
    let gateway = place["IPv6Gateway"].as_str().context("IPv6Gateway")?;
    ensure!(pings(&cx, &one, gateway).await?, "{gateway} does not answer");
    // Elsewhere no neighbour gives an interface an address or a way.
    let other = cx.start_script("other", "sleep 1000", json!({})).await?;
    for (name, off) in [(&one, "0\n"), (&other, "1\n")] {
        let switch = ["cat", "/proc/sys/net/ipv6/conf/eth0/disable_ipv6"];
        assert_eq!(cx.exec(name, &switch, json!({})).await?.0.out(), off, "{name}");
    }
    Ok(())
}
