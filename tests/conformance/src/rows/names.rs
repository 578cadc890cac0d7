//! Names in networks: who has which, who is asked, and links.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::networks::{create, subnet};
use crate::cx::Cx;
use crate::eventually::eventually;
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_034_a_new_name_is_known_in_the_network,
    d_158_names_aliases_and_short_ids_are_known_in_a_network,
    d_158_addresses_have_names,
    d_158_the_default_bridge_has_no_names,
    d_158_names_of_other_networks_are_not_known,
    d_158_names_come_and_go_with_containers,
    d_158_several_containers_of_one_alias_are_all_told,
    d_158_a_container_that_joins_knows_and_is_known,
    d_158_the_first_program_knows_names_at_once,
    d_158_names_are_told_over_tcp_and_the_usual_port_stays_free,
    d_163_a_link_on_the_default_bridge_is_in_hosts_and_environment,
    d_163_a_link_in_a_users_network_is_a_name_for_one,
    d_163_links_to_nothing_are_refused,
];

/// How long a name may take to be known where nothing tells when it is.
const LIMIT: Duration = Duration::from_secs(10);

fn within(network: &str, aliases: &[&str]) -> Value {
    json!({
        "HostConfig": {"NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": aliases}}},
    })
}

async fn address(cx: &Cx, name: &str, network: &str) -> Result<String> {
    let place = cx.inspect(name).await?["NetworkSettings"]["Networks"][network].clone();
    Ok(place["IPAddress"].as_str().with_context(|| format!("no address: {place}"))?.to_owned())
}

/// What `nslookup` says, and whether it found anything.
async fn look_up(cx: &Cx, asker: &str, name: &str) -> Result<(String, bool)> {
    let (output, code) = cx.exec(asker, &["nslookup", name], json!({})).await?;
    Ok((output.out(), code == 0))
}

async fn resolves(cx: &Cx, asker: &str, name: &str, address: &str) -> Result<()> {
    let (said, _) = look_up(cx, asker, name).await?;
    ensure!(said.contains(&format!("Address: {address}\n")), "{name} is not {address}: {said}");
    Ok(())
}

async fn is_unknown(cx: &Cx, asker: &str, name: &str) -> Result<()> {
    let command = ["ping", "-c", "1", "-W", "1", name];
    let (output, code) = cx.exec(asker, &command, json!({})).await?;
    ensure!(code != 0 && output.err().contains("bad address"), "{name} is known: {}", output.err());
    Ok(())
}

async fn d_034_a_new_name_is_known_in_the_network(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let one = cx.start_script("one", "sleep 1000", within(&network, &[])).await?;
    let two = cx.start_script("two", "sleep 1000", within(&network, &[])).await?;
    let new = cx.name("new");
    let path = format!("/containers/{two}/rename?name={new}");
    cx.client().post(&path).await?.expect_status(204)?;
    resolves(&cx, &one, &new, &address(&cx, &new, &network).await?).await?;
    is_unknown(&cx, &one, &two).await
}

async fn d_158_names_aliases_and_short_ids_are_known_in_a_network(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let server =
        cx.start_script("server", "sleep 1000", within(&network, &["db", "store"])).await?;
    let client = cx.start_script("client", "sleep 1000", within(&network, &[])).await?;
    let own = address(&cx, &server, &network).await?;
    let id = cx.inspect(&server).await?["Id"].as_str().context("Id")?[..12].to_owned();
    for name in [&server, "db", "store", "DB", &id, &format!("db.{network}")] {
        resolves(&cx, &client, name, &own).await?;
    }
    resolves(&cx, &server, &server, &own).await?;
    let (resolver, _) = cx.exec(&client, &["cat", "/etc/resolv.conf"], json!({})).await?;
    ensure!(resolver.out().contains("nameserver 127.0.0.11"), "{}", resolver.out());
    let command = ["ping", "-c", "1", "-W", "2", "db"];
    assert_eq!(cx.exec(&client, &command, json!({})).await?.1, 0);
    Ok(())
}

async fn d_158_addresses_have_names(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", subnet("10.158.0.0/24")).await?;
    let server = cx.start_script("server", "sleep 1000", within(&network, &["db"])).await?;
    let client = cx.start_script("client", "sleep 1000", within(&network, &[])).await?;
    let own = address(&cx, &server, &network).await?;
    let (said, _) = look_up(&cx, &client, &own).await?;
    ensure!(said.contains(&format!("name = {server}.{network}")), "{said}");
    Ok(())
}

async fn d_158_the_default_bridge_has_no_names(cx: Cx) -> Result<()> {
    let server = cx.start_script("server", "sleep 1000", json!({})).await?;
    let client = cx.start_script("client", "sleep 1000", json!({})).await?;
    let (resolver, _) = cx.exec(&client, &["cat", "/etc/resolv.conf"], json!({})).await?;
    ensure!(!resolver.out().contains("127.0.0.11"), "{}", resolver.out());
    is_unknown(&cx, &client, &server).await
}

async fn d_158_names_of_other_networks_are_not_known(cx: Cx) -> Result<()> {
    let one = create(&cx, "one", json!({})).await?;
    let two = create(&cx, "two", json!({})).await?;
    let server = cx.start_script("server", "sleep 1000", within(&one, &["db"])).await?;
    let client = cx.start_script("client", "sleep 1000", within(&two, &[])).await?;
    is_unknown(&cx, &client, &server).await?;
    is_unknown(&cx, &client, "db").await
}

async fn d_158_names_come_and_go_with_containers(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let client = cx.start_script("client", "sleep 1000", within(&network, &[])).await?;
    is_unknown(&cx, &client, "db").await?;
    let server = cx.start_script("server", "sleep 1000", within(&network, &["db"])).await?;
    resolves(&cx, &client, "db", &address(&cx, &server, &network).await?).await?;
    cx.client().post(&format!("/containers/{server}/kill")).await?.expect_status(204)?;
    cx.wait(&server).await?;
    eventually("the name goes", LIMIT, async || {
        Ok(is_unknown(&cx, &client, "db").await.is_ok().then_some(()))
    })
    .await
}

async fn d_158_several_containers_of_one_alias_are_all_told(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let client = cx.start_script("client", "sleep 1000", within(&network, &[])).await?;
    for part in ["one", "two", "three"] {
        cx.start_script(part, "sleep 1000", within(&network, &["service"])).await?;
    }
    for part in ["one", "two", "three"] {
        let own = address(&cx, &cx.name(part), &network).await?;
        resolves(&cx, &client, "service", &own).await?;
    }
    Ok(())
}

async fn d_158_a_container_that_joins_knows_and_is_known(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let server = cx.start_script("server", "sleep 1000", within(&network, &["db"])).await?;
    let client = cx.start_script("client", "sleep 1000", json!({})).await?;
    let body = json!({"Container": client, "EndpointConfig": {"Aliases": ["late"]}});
    let path = format!("/networks/{network}/connect");
    cx.client().post_json(&path, &body).await?.expect_status(200)?;
    resolves(&cx, &client, "db", &address(&cx, &server, &network).await?).await?;
    resolves(&cx, &server, "late", &address(&cx, &client, &network).await?).await
}

async fn d_158_the_first_program_knows_names_at_once(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let server = cx.start_script("server", "sleep 1000", within(&network, &["db"])).await?;
    let own = address(&cx, &server, &network).await?;
    for round in 0..5 {
        let part = format!("client{round}");
        let (output, _) = cx.run_script(&part, "nslookup db", within(&network, &[])).await?;
        ensure!(output.out().contains(&format!("Address: {own}\n")), "{}", output.out());
    }
    Ok(())
}

async fn d_158_names_are_told_over_tcp_and_the_usual_port_stays_free(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", subnet("10.159.0.0/24")).await?;
    let server = cx.start_script("server", "sleep 1000", within(&network, &["db"])).await?;
    let client = cx.start_script("client", "sleep 1000", within(&network, &[])).await?;
    let own: Ipv4Addr = address(&cx, &server, &network).await?.parse()?;
    let hex: String = own.octets().iter().map(|octet| format!("{octet:02x}")).collect();
    // A program of its own takes port 53 of every address first; the question is for the address of `db`.
    let script = r#"httpd -p 53 && printf '\0\024\0\7\1\0\0\1\0\0\0\0\0\0\2db\0\0\1\0\1' |
        timeout 20 nc -w 2 127.0.0.11 53 | hexdump -v -e '1/1 "%02x"'"#;
    let (output, _) = cx.exec(&client, &["sh", "-c", script], json!({})).await?;
    let said = output.out();
    ensure!(said.get(4..8) == Some("0007") && said.contains(&hex), "{said} {}", output.err());
    Ok(())
}

async fn d_163_a_link_on_the_default_bridge_is_in_hosts_and_environment(cx: Cx) -> Result<()> {
    let more = json!({"Env": ["COLOUR=blue"], "ExposedPorts": {"5432/tcp": {}}});
    let server = cx.start_script("server", "sleep 1000", more).await?;
    let own = address(&cx, &server, "bridge").await?;
    let host = json!({"HostConfig": {"Links": [format!("{server}:the-db")]}});
    let (output, _) = cx.run_script("client", "cat /etc/hosts; env", host).await?;
    let said = output.out();
    let id = cx.inspect(&server).await?["Id"].as_str().context("Id")?[..12].to_owned();
    ensure!(said.contains(&format!("{own}\tthe-db {id} {server}\n")), "{said}");
    let client = cx.name("client");
    for line in [
        format!("THE_DB_NAME=/{client}/the-db"),
        format!("THE_DB_PORT=tcp://{own}:5432"),
        format!("THE_DB_PORT_5432_TCP=tcp://{own}:5432"),
        format!("THE_DB_PORT_5432_TCP_ADDR={own}"),
        "THE_DB_PORT_5432_TCP_PORT=5432".to_owned(),
        "THE_DB_PORT_5432_TCP_PROTO=tcp".to_owned(),
        "THE_DB_ENV_COLOUR=blue".to_owned(),
    ] {
        ensure!(said.lines().any(|said| said == line), "no {line}: {said}");
    }
    let shown = cx.inspect(&client).await?["HostConfig"]["Links"].clone();
    assert_eq!(shown, json!([format!("/{server}:/{client}/the-db")]));
    Ok(())
}

async fn d_163_a_link_in_a_users_network_is_a_name_for_one(cx: Cx) -> Result<()> {
    let network = create(&cx, "n", json!({})).await?;
    let server = cx.start_script("server", "sleep 1000", within(&network, &[])).await?;
    let other = cx.start_script("other", "sleep 1000", within(&network, &[])).await?;
    // Where the docker CLI puts it.
    let linked = json!({network.as_str(): {"Links": [format!("{server}:store")]}});
    let host = json!({
        "HostConfig": {"NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": linked},
    });
    let client = cx.start_script("client", "sleep 1000", host).await?;
    resolves(&cx, &client, "store", &address(&cx, &server, &network).await?).await?;
    is_unknown(&cx, &other, "store").await
}

async fn d_163_links_to_nothing_are_refused(cx: Cx) -> Result<()> {
    let stopped = cx.create("stopped", &["true"], json!({})).await?;
    for (part, link, word) in [
        ("one", "nosuch:x".to_owned(), "No such container: nosuch"),
        ("two", format!("{stopped}:x"), "Cannot link to a non running container"),
    ] {
        let name = cx.name(part);
        let host = json!({"HostConfig": {"Links": [link]}});
        let mut reply = cx.create_named(&name, &["true"], host).await?;
        if reply.status == 201 {
            reply = cx.client().post(&format!("/containers/{name}/start")).await?;
        }
        let (status, text) = (reply.status.as_u16(), reply.message());
        ensure!(status >= 400 && text.contains(word), "{status}: {text}");
    }
    Ok(())
}
