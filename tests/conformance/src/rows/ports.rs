//! Published ports. The endpoint may live in a network of its own, so clients are containers: on the host's network, or
//! beside the one that is asked.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::{Cx, merge};
use crate::row::{Oracle, Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_162_a_published_port_leads_to_the_container,
    d_162_a_neighbour_uses_a_published_port_by_the_gateway,
    d_162_inspect_list_and_docker_port_show_the_binding,
    d_162_any_free_port_will_do,
    d_162_all_exposed_ports_are_published_on_demand,
    d_162_one_of_several_ports_is_chosen,
    d_162_datagrams_have_ports_of_their_own,
    d_162_one_address_of_the_host_is_enough,
    d_162_a_port_of_another_container_fails_the_start,
    d_162_a_port_of_another_program_fails_the_start,
    d_162_an_address_of_another_host_fails_the_start,
    d_162_a_port_is_given_back_at_the_end,
    d_162_much_goes_through_a_port_unharmed,
    d_162_senseless_ports_are_refused,
    d_162_a_port_need_not_be_exposed(Oracle::Differs("Docker Engine 20.10 publishes nothing then")),
    d_162_a_senseless_address_is_refused(Oracle::Differs("Docker Engine 20.10 takes it for all")),
    d_162_the_hosts_network_publishes_nothing_and_says_so,
    d_054_filters_by_published_and_exposed_port,
];

/// A web server that tells its container's name and then listens on port 80.
const WEB: &str = "mkdir -p /www && hostname > /www/name && exec httpd -f -p 80 -h /www";

/// The fields that publish a container's port 80 as `bindings` say.
fn publish(bindings: Value) -> Value {
    json!({"ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": {"80/tcp": bindings}}})
}

/// The fields that publish port 80 at one port of the host.
fn at(port: u16) -> Value {
    publish(json!([{"HostPort": port.to_string()}]))
}

/// Asks for a file by HTTP from the host's network until it is there.
async fn fetch(cx: &Cx, part: &str, place: &str) -> Result<String> {
    fetch_on(cx, part, place, "host").await
}

async fn fetch_on(cx: &Cx, part: &str, place: &str, network: &str) -> Result<String> {
    let script = format!(
        "i=0; until timeout 5 wget -q -O - http://{place}; do i=$((i+1)); [ $i -lt 50 ] || exit 1; sleep 0.1; done"
    );
    let more = json!({"HostConfig": {"NetworkMode": network}});
    let (output, code) = cx.run_script(part, &script, more).await?;
    ensure!(code == 0, "{place} does not answer: {}", output.err());
    Ok(output.out().trim_end().to_owned())
}

async fn short_id(cx: &Cx, name: &str) -> Result<String> {
    let id = cx.inspect(name).await?["Id"].as_str().context("Id")?.to_owned();
    Ok(id[..12].to_owned())
}

async fn bound(cx: &Cx, name: &str, port: &str) -> Result<Vec<(String, u16)>> {
    let ports = cx.inspect(name).await?["NetworkSettings"]["Ports"][port].clone();
    let ports = ports.as_array().with_context(|| format!("{port} is not bound: {ports}"))?;
    let places = ports.iter().map(|place| {
        let text = |field: &str| place[field].as_str().unwrap_or_default().to_owned();
        Ok((text("HostIp"), text("HostPort").parse()?))
    });
    places.collect()
}

async fn d_162_a_published_port_leads_to_the_container(cx: Cx) -> Result<()> {
    let web = cx.start_script("web", WEB, at(21_001)).await?;
    let name = short_id(&cx, &web).await?;
    assert_eq!(fetch(&cx, "four", "127.0.0.1:21001/name").await?, name);
    let has_six = bound(&cx, &web, "80/tcp").await?.iter().any(|(address, _)| address == "::");
    if has_six {
        assert_eq!(fetch(&cx, "six", "[::1]:21001/name").await?, name);
    }
    Ok(())
}

async fn d_162_a_neighbour_uses_a_published_port_by_the_gateway(cx: Cx) -> Result<()> {
    let web = cx.start_script("web", WEB, at(21_002)).await?;
    let inspected = cx.inspect(&web).await?;
    let gateway = inspected["NetworkSettings"]["Gateway"].as_str().context("Gateway")?;
    let place = format!("{gateway}:21002/name");
    assert_eq!(fetch_on(&cx, "beside", &place, "bridge").await?, short_id(&cx, &web).await?);
    Ok(())
}

async fn d_162_inspect_list_and_docker_port_show_the_binding(cx: Cx) -> Result<()> {
    let mut more = at(21_003);
    merge(&mut more, json!({"ExposedPorts": {"90/udp": {}}}));
    let web = cx.create("web", &["sleep", "60"], more).await?;
    let inspected = cx.inspect(&web).await?;
    assert_eq!(inspected["NetworkSettings"]["Ports"], json!({}));
    let sent = json!({"80/tcp": [{"HostIp": "", "HostPort": "21003"}]});
    assert_eq!(inspected["HostConfig"]["PortBindings"], sent);
    assert_eq!(inspected["HostConfig"]["PublishAllPorts"], false);
    cx.start(&web).await?;
    let ports = cx.inspect(&web).await?["NetworkSettings"]["Ports"].clone();
    assert_eq!(ports["80/tcp"][0], json!({"HostIp": "0.0.0.0", "HostPort": "21003"}));
    assert_eq!(ports["90/udp"], Value::Null);
    let listed = listed(&cx, json!({"name": [web]})).await?;
    let listed = listed[0]["Ports"].as_array().context("Ports")?.clone();
    let four = json!({"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 21003, "Type": "tcp"});
    ensure!(listed.contains(&four), "{listed:?}");
    ensure!(listed.contains(&json!({"PrivatePort": 90, "Type": "udp"})), "{listed:?}");
    let shown = cx.docker().ok(&["port", &web, "80/tcp"]).await?;
    assert_eq!(shown.lines().next(), Some("0.0.0.0:21003"));
    Ok(())
}

async fn d_162_any_free_port_will_do(cx: Cx) -> Result<()> {
    for (part, place) in [("none", json!({})), ("zero", json!({"HostPort": "0"}))] {
        let web = cx.start_script(part, WEB, publish(json!([place]))).await?;
        let places = bound(&cx, &web, "80/tcp").await?;
        let port = places[0].1;
        ensure!((32_768..=60_999).contains(&port), "{port}");
        let place = format!("127.0.0.1:{port}/name");
        assert_eq!(fetch(&cx, &format!("{part}-c"), &place).await?, short_id(&cx, &web).await?);
    }
    Ok(())
}

async fn d_162_all_exposed_ports_are_published_on_demand(cx: Cx) -> Result<()> {
    let more = json!({
        "ExposedPorts": {"80/tcp": {}, "90/udp": {}, "91/tcp": {}},
        "HostConfig": {"PublishAllPorts": true, "PortBindings": {"91/tcp": [{"HostPort": "21004"}]}}
    });
    let web = cx.start_script("web", WEB, more).await?;
    assert_eq!(bound(&cx, &web, "91/tcp").await?[0], ("0.0.0.0".to_owned(), 21_004));
    for port in ["80/tcp", "90/udp"] {
        let places = bound(&cx, &web, port).await?;
        ensure!((32_768..=60_999).contains(&places[0].1), "{port}: {places:?}");
    }
    let port = bound(&cx, &web, "80/tcp").await?[0].1;
    let place = format!("127.0.0.1:{port}/name");
    assert_eq!(fetch(&cx, "client", &place).await?, short_id(&cx, &web).await?);
    Ok(())
}

async fn d_162_one_of_several_ports_is_chosen(cx: Cx) -> Result<()> {
    let range = publish(json!([{"HostPort": "21010-21011"}]));
    let mut chosen = Vec::new();
    for part in ["one", "two"] {
        let name = cx.create(part, &["sleep", "60"], range.clone()).await?;
        cx.start(&name).await?;
        chosen.push(bound(&cx, &name, "80/tcp").await?[0].1);
    }
    assert_eq!(chosen, [21_010, 21_011]);
    let third = cx.create("three", &["sleep", "60"], range).await?;
    let reply =
        cx.client().post(&format!("/containers/{third}/start")).await?.expect_status(500)?;
    ensure!(reply.message().contains("all ports are allocated"), "{}", reply.message());
    Ok(())
}

async fn d_162_datagrams_have_ports_of_their_own(cx: Cx) -> Result<()> {
    let place = json!([{"HostPort": "21020"}]);
    let more = json!({
        "ExposedPorts": {"53/udp": {}, "53/tcp": {}},
        "HostConfig": {"PortBindings": {"53/udp": place, "53/tcp": place}}
    });
    let server = cx.create("server", &["sleep", "60"], more).await?;
    cx.start(&server).await?;
    for port in ["53/udp", "53/tcp"] {
        assert_eq!(bound(&cx, &server, port).await?[0], ("0.0.0.0".to_owned(), 21_020));
    }
    let host = json!({"HostConfig": {"NetworkMode": "host"}});
    let (output, _) = cx.run_script("client", "netstat -lnu", host).await?;
    ensure!(output.out().contains(":21020 "), "{}", output.out());
    Ok(())
}

async fn d_162_one_address_of_the_host_is_enough(cx: Cx) -> Result<()> {
    let more = publish(json!([{"HostIp": "127.0.0.1", "HostPort": "21005"}]));
    let web = cx.start_script("web", WEB, more).await?;
    assert_eq!(bound(&cx, &web, "80/tcp").await?, [("127.0.0.1".to_owned(), 21_005)]);
    let name = short_id(&cx, &web).await?;
    assert_eq!(fetch(&cx, "own", "127.0.0.1:21005/name").await?, name);
    let inspected = cx.inspect(&web).await?;
    let gateway = inspected["NetworkSettings"]["Gateway"].as_str().context("Gateway")?;
    let script = format!("timeout 3 wget -q -O - http://{gateway}:21005/name");
    let host = json!({"HostConfig": {"NetworkMode": "host"}});
    let (_, code) = cx.run_script("other", &script, host).await?;
    ensure!(code != 0, "the port is open on {gateway} too");
    Ok(())
}

/// Starts a container that cannot start, and gives what the answer and inspect say.
async fn failed_start(cx: &Cx, name: &str) -> Result<String> {
    let reply = cx.client().post(&format!("/containers/{name}/start")).await?.expect_status(500)?;
    let state = cx.inspect(name).await?["State"].clone();
    assert_eq!(state["Error"], reply.message());
    assert_eq!((&state["Status"], &state["ExitCode"]), (&json!("created"), &json!(128)));
    Ok(reply.message())
}

async fn d_162_a_port_of_another_container_fails_the_start(cx: Cx) -> Result<()> {
    let first = cx.create("first", &["sleep", "60"], at(21_006)).await?;
    cx.start(&first).await?;
    let second = cx.create("second", &["sleep", "60"], at(21_006)).await?;
    let message = failed_start(&cx, &second).await?;
    let begin = format!("driver failed programming external connectivity on endpoint {second} (");
    ensure!(message.starts_with(&begin), "{message}");
    let end = "): Bind for 0.0.0.0:21006 failed: port is already allocated";
    ensure!(message.ends_with(end), "{message}");
    cx.client().post(&format!("/containers/{first}/stop?t=0")).await?.expect_status(204)?;
    cx.start(&second).await
}

async fn d_162_a_port_of_another_program_fails_the_start(cx: Cx) -> Result<()> {
    let host = json!({"HostConfig": {"NetworkMode": "host"}});
    let script = "httpd -p 127.0.0.1:21007; echo ready; sleep 60";
    let other = cx.start_script("other", script, host).await?;
    cx.until_logged(&other, "ready").await?;
    let name = cx.create("web", &["sleep", "60"], at(21_007)).await?;
    let message = failed_start(&cx, &name).await?;
    let end = "listen tcp4 0.0.0.0:21007: bind: address already in use";
    ensure!(message.ends_with(end), "{message}");
    Ok(())
}

async fn d_162_an_address_of_another_host_fails_the_start(cx: Cx) -> Result<()> {
    let more = publish(json!([{"HostIp": "192.0.2.77", "HostPort": "21008"}]));
    let name = cx.create("web", &["sleep", "60"], more).await?;
    let message = failed_start(&cx, &name).await?;
    let end = "listen tcp4 192.0.2.77:21008: bind: cannot assign requested address";
    ensure!(message.ends_with(end), "{message}");
    Ok(())
}

async fn d_162_a_port_is_given_back_at_the_end(cx: Cx) -> Result<()> {
    for part in ["one", "two", "three"] {
        let web = cx.start_script(part, WEB, at(21_009)).await?;
        let name = short_id(&cx, &web).await?;
        assert_eq!(fetch(&cx, &format!("{part}-c"), "127.0.0.1:21009/name").await?, name);
        cx.client().post(&format!("/containers/{web}/restart?t=0")).await?.expect_status(204)?;
        assert_eq!(bound(&cx, &web, "80/tcp").await?[0].1, 21_009);
        cx.client().delete(&format!("/containers/{web}?force=1")).await?.expect_status(204)?;
    }
    Ok(())
}

async fn d_162_much_goes_through_a_port_unharmed(cx: Cx) -> Result<()> {
    let script = "mkdir /www; head -c 30000000 /dev/urandom > /www/file; md5sum < /www/file > /www/sum; \
        exec httpd -f -p 80 -h /www";
    let web = cx.start_script("web", script, at(21_012)).await?;
    let sum = fetch(&cx, "sum", "127.0.0.1:21012/sum").await?;
    let host = json!({"HostConfig": {"NetworkMode": "host"}});
    let script =
        "for i in 1 2 3 4; do wget -q -O - http://127.0.0.1:21012/file | md5sum & done; wait";
    let (output, _) = cx.run_script("client", script, host).await?;
    let gateway = cx.inspect(&web).await?["NetworkSettings"]["Gateway"].clone();
    let gateway = gateway.as_str().context("Gateway")?;
    let script = format!("wget -q -O - http://{gateway}:21012/file | md5sum");
    let (beside, _) = cx.run_script("beside", &script, json!({})).await?;
    for line in output.out().lines().chain(beside.out().lines()) {
        assert_eq!(line.trim_end(), sum);
    }
    assert_eq!(output.out().lines().count(), 4);
    Ok(())
}

async fn d_162_senseless_ports_are_refused(cx: Cx) -> Result<()> {
    for port in ["65536", "abc", "-5", " 80", "8010-8000"] {
        let name = cx.name("web");
        let more = publish(json!([{"HostPort": port}]));
        let reply = cx.create_named(&name, &["true"], more).await?.expect_status(400)?;
        assert_eq!(reply.message(), format!("invalid port specification: \"{port}\""));
    }
    for port in ["65536/tcp", "abc/tcp"] {
        let name = cx.name("web");
        let more = json!({"HostConfig": {"PortBindings": {port: [{"HostPort": "1"}]}}});
        cx.create_named(&name, &["true"], more).await?.expect_status(400)?;
    }
    Ok(())
}

async fn d_162_a_port_need_not_be_exposed(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "21013"}]}}});
    let web = cx.start_script("web", WEB, more).await?;
    assert_eq!(fetch(&cx, "client", "127.0.0.1:21013/name").await?, short_id(&cx, &web).await?);
    Ok(())
}

async fn d_162_a_senseless_address_is_refused(cx: Cx) -> Result<()> {
    let name = cx.name("web");
    let more = publish(json!([{"HostIp": "moon", "HostPort": "21014"}]));
    let reply = cx.create_named(&name, &["true"], more).await?.expect_status(400)?;
    assert_eq!(reply.message(), "invalid IP address: moon");
    Ok(())
}

async fn d_162_the_hosts_network_publishes_nothing_and_says_so(cx: Cx) -> Result<()> {
    let mut more = at(21_015);
    merge(&mut more, json!({"HostConfig": {"NetworkMode": "host"}}));
    let name = cx.name("web");
    let reply = cx.create_named(&name, &["sleep", "60"], more).await?.expect_status(201)?;
    let warnings = reply.json()?["Warnings"].clone();
    let warning = "Published ports are discarded when using host network mode";
    assert_eq!(warnings, json!([warning]));
    cx.start(&name).await?;
    assert_eq!(cx.inspect(&name).await?["NetworkSettings"]["Ports"], json!({}));
    Ok(())
}

async fn d_054_filters_by_published_and_exposed_port(cx: Cx) -> Result<()> {
    let web = cx.create("web", &["sleep", "60"], at(21_016)).await?;
    let exposed = json!({"ExposedPorts": {"9000/tcp": {}}});
    let other = cx.create("other", &["sleep", "60"], exposed).await?;
    cx.start(&web).await?;
    cx.start(&other).await?;
    for (filters, wanted) in [
        (json!({"publish": ["21016"]}), vec![&web]),
        (json!({"publish": ["21015-21017/tcp"]}), vec![&web]),
        (json!({"publish": ["80"]}), vec![]),
        (json!({"expose": ["9000/tcp"]}), vec![&other]),
        (json!({"expose": ["80"]}), vec![&web]),
    ] {
        let mut mine = filters.clone();
        mine["name"] = json!([cx.key()]);
        let found = listed(&cx, mine).await?;
        let names: Vec<&str> = found.iter().filter_map(|one| one["Names"][0].as_str()).collect();
        let wanted: Vec<String> = wanted.into_iter().map(|name| format!("/{name}")).collect();
        assert_eq!(names, wanted, "{filters}");
    }
    Ok(())
}

async fn listed(cx: &Cx, filters: Value) -> Result<Vec<Value>> {
    let encoded: String = filters.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
    let path = format!("/containers/json?filters={encoded}");
    let listed = cx.client().get(&path).await?.expect_status(200)?.json()?;
    Ok(listed.as_array().context("a list")?.clone())
}
