//! What is not built yet is refused with 501 and its name; nothing is accepted and ignored.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests_conformance::BUSYBOX;

use crate::setup;

#[tokio::test]
async fn d_304_a_field_that_is_not_honoured_is_501_and_named() -> Result<()> {
    let server = setup::server().await?;
    for (more, name) in [
        (json!({"HostConfig": {"Cgroup": "container:x"}}), "HostConfig.Cgroup"),
        (json!({"HostConfig": {"SecurityOpt": ["apparmor=mine"]}}), "HostConfig.SecurityOpt"),
        (json!({"HostConfig": {"LogConfig": {"Type": "journald"}}}), "LogConfig"),
    ] {
        let mut body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
        merge(&mut body, &more);
        let reply = server.client().post_json("/containers/create?name=refused", &body).await?;
        ensure!(reply.status == 501, "{name}: {} {}", reply.status, reply.message());
        ensure!(reply.message().contains(name), "{name} is not named: {}", reply.message());
    }
    ensure!(setup::names(&server).await?.is_empty(), "something was made all the same");
    Ok(())
}

#[tokio::test]
async fn d_304_a_route_that_is_not_built_is_501() -> Result<()> {
    let server = setup::server().await?;
    setup::create(&server, "there", "true").await?;
    for path in ["/session", "/plugins/pull"] {
        let reply = server.client().post_json(path, &json!({})).await?;
        ensure!(reply.status == 501, "{path}: {} {}", reply.status, reply.message());
        ensure!(!reply.message().is_empty(), "{path} says nothing");
    }
    Ok(())
}

#[tokio::test]
async fn d_304_an_images_own_wish_is_met() -> Result<()> {
    let server = setup::server().await?;
    let folder = tempfile::tempdir()?;
    let archives = tests_conformance::Archives::make(folder.path())?;
    let change = "&changes=VOLUME%20%2Fdata&changes=EXPOSE%2080";
    let path = format!("{}{change}", archives.import_path("wishes"));
    server.client().post_tar(&path, archives.busybox_tar()?).await?.expect_status(200)?;
    let body = json!({"Image": "wishes", "Cmd": ["true"]});
    let reply = server.client().post_json("/containers/create", &body).await?.expect_status(201)?;
    let id = reply.json()?["Id"].as_str().unwrap_or_default().to_owned();
    let reply = server.client().get(&format!("/containers/{id}/json")).await?.expect_status(200)?;
    let mounts = reply.json()?["Mounts"].clone();
    ensure!(mounts[0]["Destination"] == "/data" && mounts[0]["Type"] == "volume", "{mounts}");
    Ok(())
}

#[tokio::test]
async fn d_304_a_refusal_is_in_the_log_with_its_request() -> Result<()> {
    let server = setup::server().await?;
    setup::create(&server, "taken", "true").await?;
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
    let reply = server.client().post_json("/containers/create?name=taken", &body).await?;
    let reply = reply.expect_status(409)?;
    let records = setup::records(&server)?;
    let refused =
        records.iter().find(|record| record["outcome"].to_string().contains("already in use"));
    let refused: &Value = refused.ok_or_else(|| anyhow::anyhow!("no such record"))?;
    let request = reply.header("x-sockerless-request-id");
    if !request.is_empty() {
        assert_eq!(refused["request"], request);
    }
    ensure!(!refused["request"].as_str().unwrap_or_default().is_empty(), "{refused}");
    Ok(())
}

fn merge(body: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}
