//! Nothing is left behind: no process, mount, interface or control group, and layers are stored once.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Server, cgroups, eventually, mounts, processes};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(30);

/// Runs of a container, one after the other by each of four clients.
const RUNS: usize = 200;

/// Containers in the middle of their life when the server is killed.
const CUT_OFF: usize = 40;

/// What a server has on the host beside its own process: holders, mounts and interfaces of containers.
fn left(server: &Server) -> Result<Vec<String>> {
    let own = server.pid()?;
    let mut found: Vec<String> = processes(&server.data())?
        .into_iter()
        .filter(|process| process.pid != own)
        .map(|process| format!("process {} {}", process.pid, process.command))
        .collect();
    found.extend(mounts(&server.data())?.iter().map(|point| format!("mount {}", point.display())));
    let interfaces = server.network().interfaces()?;
    found.extend(
        interfaces
            .into_iter()
            .filter(|name| name.starts_with("v"))
            .map(|name| format!("link {name}")),
    );
    Ok(found)
}

async fn until_nothing_is_left(server: &Server, ids: &[String]) -> Result<()> {
    eventually("nothing is left", LIMIT, async || {
        let found = left(server)?;
        ensure!(found.is_empty(), "left: {found:#?}");
        Ok(Some(()))
    })
    .await?;
    for id in ids {
        let groups = cgroups(id);
        ensure!(groups.is_empty(), "control groups of {id} are left: {groups:?}");
        for folder in ["run", "logs"] {
            let place = server.data().join(folder).join(id);
            ensure!(!place.exists(), "{} is left", place.display());
        }
    }
    Ok(())
}

async fn life(server: &Server, name: &str) -> Result<String> {
    let id = setup::start(server, name, "exit 0").await?;
    setup::wait(server, &id).await?;
    server.client().delete(&format!("/containers/{id}")).await?.expect_status(204)?;
    Ok(id)
}

#[tokio::test]
async fn w_010_many_runs_leave_nothing() -> Result<()> {
    let server = setup::server().await?;
    let (server, clients) = (&server, 4);
    let client = |client: usize| async move {
        let mut ids = Vec::new();
        for run in 0..RUNS / clients {
            ids.push(life(server, &format!("r{client}-{run}")).await?);
        }
        anyhow::Ok(ids)
    };
    let ids = futures_util::future::try_join_all((0..clients).map(client)).await?.concat();
    until_nothing_is_left(server, &ids).await
}

#[tokio::test]
async fn w_010_a_kill_in_the_middle_leaves_nothing_after_removal() -> Result<()> {
    let mut server = setup::server().await?;
    let mut ids = Vec::new();
    for number in 0..CUT_OFF {
        ids.push(setup::create(&server, &format!("c{number}"), "sleep 0.1").await?);
    }
    let client = server.client();
    let starts: Vec<_> = ids
        .iter()
        .map(|id| {
            let (client, path) = (client.clone(), format!("/containers/{id}/start"));
            tokio::spawn(async move { client.post(&path).await })
        })
        .collect();
    // In the middle: some have started, most have not.
    eventually("the first has started", LIMIT, async || {
        let info = server.client().get("/info").await?.json()?;
        let begun = info["ContainersRunning"].as_u64().unwrap_or_default() > 0
            || setup::records(&server)?.iter().any(|record| record["command"] == "container.start");
        Ok(begun.then_some(()))
    })
    .await?;
    server.kill()?;
    for start in starts {
        // Cut off or answered: both are fine.
        let _ = start.await?;
    }
    server.start_again().await?;
    for id in &ids {
        let path = format!("/containers/{id}?force=1");
        server.client().delete(&path).await?.expect_status(204)?;
    }
    ensure!(setup::names(&server).await?.is_empty(), "containers are left");
    until_nothing_is_left(&server, &ids).await
}

#[tokio::test]
async fn w_011_containers_share_their_layers() -> Result<()> {
    let server = setup::server().await?;
    let before = bytes_of(&server)?;
    for number in 0..20 {
        let body = json!({"Image": BUSYBOX, "Cmd": ["sleep", "100"]});
        let path = format!("/containers/create?name=s{number}");
        server.client().post_json(&path, &body).await?.expect_status(201)?;
        server.client().post(&format!("/containers/s{number}/start")).await?.expect_status(204)?;
    }
    let more = bytes_of(&server)?.saturating_sub(before);
    ensure!(more < 4 << 20, "twenty containers of one image took {more} bytes");
    Ok(())
}

/// The bytes that the data folder takes on disk; layers in use are counted once.
fn bytes_of(server: &Server) -> Result<u64> {
    let mut du = tests_conformance::command("du");
    du.args(["--summarize", "--one-file-system", "--block-size=1"]).arg(server.data());
    let text = tests_conformance::run(&mut du)?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}
