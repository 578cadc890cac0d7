//! Networks after a kill: those that the log knows are there, and nothing else of this server's; names resolve again.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, eventually, run};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(20);

/// Networks that are being made when the server is killed.
const CUT_OFF: usize = 24;

fn ip(server: &Server, arguments: &str) -> Result<String> {
    run(server.network().command("ip").args(arguments.split_whitespace()))
}

/// The bridges of networks that users have made, as the host has them.
fn bridges(server: &Server) -> Result<BTreeSet<String>> {
    let names = server.network().interfaces()?.into_iter();
    Ok(names.filter(|name| name.starts_with("br-")).collect())
}

/// The bridges of the networks that the server tells.
async fn known(server: &Server) -> Result<BTreeSet<String>> {
    let listed = server.client().get("/networks").await?.expect_status(200)?.json()?;
    let own = listed
        .as_array()
        .context("a list")?
        .iter()
        .filter(|network| network["Driver"] == "bridge" && network["Name"] != "bridge");
    own.map(|network| Ok(bridge(network["Id"].as_str().context("Id")?))).collect()
}

fn bridge(id: &str) -> String {
    format!("br-{}", &id[..12])
}

async fn make(server: &Server, name: &str) -> Result<String> {
    let made = server.client().post_json("/networks/create", &json!({"Name": name})).await?;
    Ok(made.expect_status(201)?.json()?["Id"].as_str().context("Id")?.to_owned())
}

async fn start_in(server: &Server, name: &str, network: &str) -> Result<()> {
    let body = json!({
        "Image": BUSYBOX, "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": network}
    });
    let path = format!("/containers/create?name={name}");
    server.client().post_json(&path, &body).await?.expect_status(201)?;
    server.client().post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
    Ok(())
}

#[tokio::test]
async fn d_151_a_kill_while_networks_are_made_leaves_those_that_the_log_knows() -> Result<()> {
    let mut server = setup::server().await?;
    let client = server.client();
    let making: Vec<_> = (0..CUT_OFF)
        .map(|number| {
            let (client, body) = (client.clone(), json!({"Name": format!("n{number}")}));
            tokio::spawn(async move { client.post_json("/networks/create", &body).await })
        })
        .collect();
    eventually("some are made", LIMIT, async || Ok((bridges(&server)?.len() > 2).then_some(())))
        .await?;
    server.kill()?;
    for made in making {
        // Some were answered, the others lost their connection.
        let _ = made.await?;
    }
    server.start_again().await?;
    let known = eventually("what was begun is made or gone", LIMIT, async || {
        let known = known(&server).await?;
        Ok((known == bridges(&server)?).then_some(known))
    })
    .await?;
    ensure!(known.len() > 2, "{known:?}");
    // Each of them works, and a name is free or taken, never both.
    let network = make(&server, "afterwards").await?;
    start_in(&server, "inside", &network).await?;
    Ok(())
}

#[tokio::test]
async fn d_151_a_bridge_of_a_log_that_is_lost_goes_at_the_start_and_others_stay() -> Result<()> {
    let mut server = setup::server().await?;
    let kept = bridge(&make(&server, "kept").await?);
    let shown: Vec<Value> =
        serde_json::from_str(&ip(&server, &format!("-json -d link show {kept}"))?)?;
    let owner = shown[0]["ifalias"].as_str().context("whose it is")?.to_owned();
    for (name, of) in [
        ("br-00000000aaaa", owner.as_str()),
        ("br-00000000bbbb", "somebody"),
        ("br-00000000cccc", &owner),
    ] {
        ip(&server, &format!("link add {name} type bridge"))?;
        ip(&server, &format!("link set {name} alias {of}"))?;
    }
    // Something is still at the last one.
    ip(&server, "link add held0 type veth peer name held1")?;
    ip(&server, "link set held0 master br-00000000cccc")?;
    server.kill()?;
    server.start_again().await?;
    let there: Vec<String> = bridges(&server)?.into_iter().collect();
    let mut wanted = vec!["br-00000000bbbb".to_owned(), "br-00000000cccc".to_owned(), kept];
    wanted.sort();
    assert_eq!(there, wanted);
    Ok(())
}

#[tokio::test]
async fn d_158_who_is_connected_stays_so_and_names_resolve_again_after_a_kill() -> Result<()> {
    let mut server = setup::server().await?;
    make(&server, "shop").await?;
    start_in(&server, "db", "shop").await?;
    start_in(&server, "web", "shop").await?;
    let address = |whole: &Value| whole["NetworkSettings"]["Networks"]["shop"]["IPAddress"].clone();
    let before = address(&setup::inspect(&server, "db").await?);
    let pid = setup::inspect(&server, "web").await?["State"]["Pid"].as_u64().context("Pid")?;
    server.kill()?;
    // A question that is asked while nobody answers waits for the next server.
    let inside = format!("-t {pid} -n -m -r -w");
    let mut ask = server.network().command("nsenter");
    ask.args(inside.split_whitespace()).args(["ping", "-c", "1", "-W", "5", "db"]);
    let asked = tokio::task::spawn_blocking(move || run(&mut ask));
    server.start_again().await?;
    let said = asked.await??;
    let told = before.as_str().context("an address")?;
    ensure!(said.contains(told), "{said}");
    assert_eq!(address(&setup::inspect(&server, "db").await?), before);
    let docker = server.docker();
    let said = docker.ok(&["exec", "web", "ping", "-c", "1", "-W", "5", "db"]).await?;
    ensure!(said.contains(told), "{said}");
    // Who comes afterwards is known to those who were there, and they to it.
    start_in(&server, "late", "shop").await?;
    docker.ok(&["exec", "web", "ping", "-c", "1", "-W", "5", "late"]).await?;
    docker.ok(&["exec", "late", "ping", "-c", "1", "-W", "5", "db"]).await?;
    Ok(())
}
