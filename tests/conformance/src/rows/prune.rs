//! Removing all containers that do not run.
//!
//! A prune is for the whole endpoint, so each of these is narrowed down to labels of its own.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::http::Reply;
use crate::row::{Oracle, Row, rows};

/// How long the prunes of other rows may take.
const TURN_LIMIT: Duration = Duration::from_secs(30);

pub(super) const ROWS: &[Row] = rows![
    d_060_what_does_not_run_goes_and_its_bytes_are_told,
    d_060_labels_choose,
    d_060_until_chooses_by_age,
    d_060_nothing_to_prune_is_null_and_zero,
    d_060_an_unknown_filter_is_refused,
    d_060_a_senseless_time_is_refused(Oracle::Differs("Docker Engine 20.10 answers 500")),
    d_060_docker_container_prune_prints,
];

async fn d_060_what_does_not_run_goes_and_its_bytes_are_told(cx: Cx) -> Result<()> {
    let labels = json!({"Labels": {"row": cx.key()}});
    let up = cx.start_script("up", "sleep 60", labels.clone()).await?;
    let idle = cx.create("idle", &["true"], labels.clone()).await?;
    let over = cx.start_script("over", "head -c 300000 /dev/zero > /written", labels).await?;
    cx.wait(&over).await?;
    let mut wanted = Vec::new();
    for name in [&idle, &over] {
        wanted.push(cx.inspect(name).await?["Id"].as_str().context("Id")?.to_owned());
    }
    let told = pruned(&cx, json!({"label": [own(&cx)]})).await?;
    let mut deleted: Vec<String> = serde_json::from_value(told["ContainersDeleted"].clone())?;
    deleted.sort();
    wanted.sort();
    assert_eq!(deleted, wanted);
    let bytes = told["SpaceReclaimed"].as_u64().unwrap_or_default();
    ensure!((300_000..1_000_000).contains(&bytes), "{bytes} bytes");
    assert_eq!(status(&cx, &idle).await?, 404);
    assert_eq!(status(&cx, &over).await?, 404);
    assert_eq!(status(&cx, &up).await?, 200);
    Ok(())
}

async fn d_060_labels_choose(cx: Cx) -> Result<()> {
    let labelled = |kept: &str| json!({"Labels": {"row": cx.key(), "keep": kept}});
    let one = cx.create("one", &["true"], labelled("yes")).await?;
    let two = cx.create("two", &["true"], labelled("no")).await?;
    let filters = json!({"label": [own(&cx)], "label!": ["keep=yes"]});
    let told = pruned(&cx, filters).await?;
    assert_eq!(told["ContainersDeleted"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(status(&cx, &one).await?, 200);
    assert_eq!(status(&cx, &two).await?, 404);
    pruned(&cx, json!({"label": [own(&cx), "keep=yes"]})).await?;
    assert_eq!(status(&cx, &one).await?, 404);
    Ok(())
}

async fn d_060_until_chooses_by_age(cx: Cx) -> Result<()> {
    let name = cx.create("young", &["true"], json!({"Labels": {"row": cx.key()}})).await?;
    let told = pruned(&cx, json!({"label": [own(&cx)], "until": ["1h"]})).await?;
    assert_eq!(told["ContainersDeleted"], Value::Null);
    assert_eq!(status(&cx, &name).await?, 200);
    // A time without a zone is the server's, so this is beyond any of them.
    let told = pruned(&cx, json!({"label": [own(&cx)], "until": ["2099-01-01T00:00:00Z"]})).await?;
    assert_eq!(told["ContainersDeleted"].as_array().map(Vec::len), Some(1), "{told}");
    Ok(())
}

async fn d_060_nothing_to_prune_is_null_and_zero(cx: Cx) -> Result<()> {
    let told = pruned(&cx, json!({"label": [own(&cx)]})).await?;
    assert_eq!(told, json!({"ContainersDeleted": null, "SpaceReclaimed": 0}));
    Ok(())
}

async fn d_060_an_unknown_filter_is_refused(cx: Cx) -> Result<()> {
    let reply = prune(&cx, json!({"nosuch": ["1"]})).await?.expect_status(400)?;
    ensure!(reply.message().to_lowercase() == "invalid filter 'nosuch'", "{}", reply.message());
    Ok(())
}

async fn d_060_a_senseless_time_is_refused(cx: Cx) -> Result<()> {
    for times in [json!(["moon"]), json!(["1h", "2h"])] {
        prune(&cx, json!({"label": [own(&cx)], "until": times})).await?.expect_status(400)?;
    }
    Ok(())
}

async fn d_060_docker_container_prune_prints(cx: Cx) -> Result<()> {
    let name = cx.create("cli", &["true"], json!({"Labels": {"row": cx.key()}})).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    let filter = format!("label={}", own(&cx));
    let shown = eventually("no other prune is under way", TURN_LIMIT, async || {
        let said = cx.docker().run(&["container", "prune", "--force", "--filter", &filter]).await?;
        Ok(Some(said).filter(|said| !said.err.contains("already running")))
    })
    .await?;
    assert_eq!(
        shown.out.trim_end(),
        format!("Deleted Containers:\n{id}\n\nTotal reclaimed space: 0B")
    );
    Ok(())
}

/// The label that the containers of a row have.
fn own(cx: &Cx) -> String {
    format!("row={}", cx.key())
}

async fn prune(cx: &Cx, filters: Value) -> Result<Reply> {
    let encoded: String = filters.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
    // Only one prune runs at a time, and rows run beside each other.
    let path = format!("/containers/prune?filters={encoded}");
    eventually("no other prune is under way", TURN_LIMIT, async || {
        let reply = cx.client().post(&path).await?;
        Ok(Some(reply).filter(|reply| reply.status != StatusCode::CONFLICT))
    })
    .await
}

async fn pruned(cx: &Cx, filters: Value) -> Result<Value> {
    prune(cx, filters).await?.expect_status(200)?.json()
}

async fn status(cx: &Cx, name: &str) -> Result<u16> {
    Ok(cx.client().get(&format!("/containers/{name}/json")).await?.status.as_u16())
}
