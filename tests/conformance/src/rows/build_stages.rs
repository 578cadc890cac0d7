//! Stages, triggers, the cache and its end, and builds that somebody breaks off.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::build::{build, built, context, output_of, post, text};
use super::images::image;
use super::list::encoded;
use crate::cx::Cx;
use crate::eventually::eventually;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};

/// How long a build that nobody listens to may take to end.
const END_LIMIT: Duration = Duration::from_secs(30);

pub(super) const ROWS: &[Row] = rows![
    d_133_files_of_a_stage_are_copied_into_another,
    d_133_a_stage_begins_with_another,
    d_133_a_target_ends_the_build,
    d_133_only_the_stages_that_are_needed_are_built(Oracle::Differs(
        "the classic builder builds all stages up to the target"
    )),
    d_133_files_of_any_image_are_copied,
    d_133_a_stage_of_nothing_holds_what_is_copied,
    d_136_triggers_are_done_by_the_next_image,
    d_137_steps_are_images_that_the_listing_leaves_out,
    d_130_a_build_that_nobody_listens_to_ends,
    d_139_a_hostile_dockerfile_is_refused,
    d_140_a_prune_of_the_cache_answers,
    d_140_steps_that_nothing_needs_go(Oracle::Differs(
        "the cache of the classic builder is not pruned there"
    )),
    d_181_a_build_tells_of_its_names,
];

async fn d_133_files_of_a_stage_are_copied_into_another(cx: Cx) -> Result<()> {
    let tag = cx.tag("staged");
    let dockerfile = format!(
        "FROM {BUSYBOX} AS One\nRUN mkdir /out && echo built > /out/f && chown 3:4 /out/f\n\
         FROM {BUSYBOX}\nCOPY --from=one /out/f /by-name\nCOPY --from=0 /out /by-number\n\
         COPY --from=one --chown=5:6 /out/* /chosen/\n"
    );
    build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    let look =
        "cat /by-name /by-number/f; stat -c '%u %g' /by-name /chosen/f; test -e /out || echo none";
    assert_eq!(output_of(&cx, &tag, look).await?, "built\nbuilt\n3 4\n5 6\nnone\n");
    Ok(())
}

async fn d_133_a_stage_begins_with_another(cx: Cx) -> Result<()> {
    let tag = cx.tag("base");
    let dockerfile = format!(
        "FROM {BUSYBOX} AS base\nENV A=1\nRUN echo x > /f\nFROM base\nRUN test $A = 1 && cat /f > /g\n"
    );
    build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    assert_eq!(output_of(&cx, &tag, "cat /g").await?, "x\n");
    Ok(())
}

async fn d_133_a_target_ends_the_build(cx: Cx) -> Result<()> {
    let tag = cx.tag("target");
    let dockerfile =
        format!("FROM {BUSYBOX} AS one\nENV S=one\nFROM {BUSYBOX} AS two\nRUN false\n");
    let told = build(&cx, &format!("t={tag}&target=one"), &[("Dockerfile", &dockerfile)]).await?;
    ensure!(!text(&told).contains("RUN false"), "{}", text(&told));
    let config = image(&cx, &tag).await?["Config"].clone();
    ensure!(super::system::holds(&config["Env"], "S=one"), "{config}");
    Ok(())
}

async fn d_133_only_the_stages_that_are_needed_are_built(cx: Cx) -> Result<()> {
    let tag = cx.tag("needed");
    let dockerfile = format!("FROM {BUSYBOX} AS unneeded\nRUN false\nFROM {BUSYBOX}\nRUN true\n");
    let told = build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    ensure!(text(&told).contains("Step 2/2 : RUN true"), "{}", text(&told));
    Ok(())
}

async fn d_133_files_of_any_image_are_copied(cx: Cx) -> Result<()> {
    let source = built(&cx, "source", "RUN echo there > /there\n", &[]).await?;
    let tag = built(&cx, "copied", &format!("COPY --from={source} /there /here\n"), &[]).await?;
    assert_eq!(output_of(&cx, &tag, "cat /here").await?, "there\n");
    Ok(())
}

async fn d_133_a_stage_of_nothing_holds_what_is_copied(cx: Cx) -> Result<()> {
    let tag = cx.tag("scratch");
    let dockerfile = format!(
        "FROM {BUSYBOX} AS b\nRUN echo x > /f\nFROM scratch\nCOPY --from=b /f /deep/f\nENV A=1\nCMD [\"/none\"]\n"
    );
    build(&cx, &format!("t={tag}"), &[("Dockerfile", &dockerfile)]).await?;
    let inspected = image(&cx, &tag).await?;
    assert_eq!(inspected["RootFS"]["Layers"].as_array().map(Vec::len), Some(1));
    let (look, probe) = (cx.tag("look"), format!("FROM {BUSYBOX}\nCOPY --from={tag} / /got/\n"));
    build(&cx, &format!("t={look}"), &[("Dockerfile", &probe)]).await?;
    assert_eq!(
        output_of(&cx, &look, "cd /got; find . -type f; cat deep/f").await?,
        "./deep/f\nx\n"
    );
    Ok(())
}

async fn d_136_triggers_are_done_by_the_next_image(cx: Cx) -> Result<()> {
    let base = built(&cx, "triggers", "ONBUILD COPY f /f\nONBUILD RUN cat /f > /g\n", &[]).await?;
    let tag = cx.tag("triggered");
    let dockerfile = format!("FROM {base}\nRUN cat /g > /h\n");
    let files = [("Dockerfile", dockerfile.as_str()), ("f", "from the context")];
    let told = build(&cx, &format!("t={tag}"), &files).await?;
    ensure!(text(&told).contains("# Executing 2 build triggers\n"), "{}", text(&told));
    assert_eq!(output_of(&cx, &tag, "cat /h").await?, "from the context");
    ensure!(image(&cx, &tag).await?["Config"]["OnBuild"].as_array().is_none_or(Vec::is_empty));
    Ok(())
}

async fn d_137_steps_are_images_that_the_listing_leaves_out(cx: Cx) -> Result<()> {
    let label = format!("row={}", cx.key());
    let tag = built(&cx, "steps", &format!("LABEL {label}\nENV A=1\nENV B=2\n"), &[]).await?;
    let filters = encoded(&json!({"label": [label]}));
    let count = async |all: &str| -> Result<usize> {
        let path = format!("/images/json?filters={filters}{all}");
        let listed = cx.client().get(&path).await?.expect_status(200)?.json()?;
        Ok(listed.as_array().context("a list")?.len())
    };
    assert_eq!((count("").await?, count("&all=1").await?), (1, 3));
    let history =
        cx.client().get(&format!("/images/{tag}/history")).await?.expect_status(200)?.json()?;
    let ids: Vec<&str> = history
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|step| step["Id"].as_str())
        .collect();
    ensure!(ids[..4].iter().all(|id| id.starts_with("sha256:")), "{ids:?}");
    assert_eq!(ids[3], image(&cx, BUSYBOX).await?["Id"]);
    // The last name takes the steps along.
    let removed = cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?.text();
    assert_eq!(count("&all=1").await?, 0, "{removed}");
    Ok(())
}

async fn d_130_a_build_that_nobody_listens_to_ends(cx: Cx) -> Result<()> {
    let dockerfile =
        format!("FROM {BUSYBOX}\nLABEL row={}\nRUN echo running; sleep 60\n", cx.key());
    let body = context(&[("Dockerfile", &dockerfile)])?;
    let path = format!("/build?t={}", cx.tag("broken"));
    let (connection, response) = cx.client().open_tar(&path, body).await?;
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let mut told = String::new();
    while !told.contains("running") || !told.contains("Running in") {
        let frame = body.frame().await.context("the stream ended")??;
        told.push_str(&String::from_utf8_lossy(frame.data_ref().map_or(&[], |data| data)));
    }
    drop((body, connection));
    let filters = encoded(&json!({"label": [format!("row={}", cx.key())]}));
    let path = format!("/containers/json?all=1&filters={filters}");
    eventually("the step's container is gone", END_LIMIT, async || {
        let left = cx.client().get(&path).await?.expect_status(200)?.json()?;
        let runs =
            left.as_array().is_some_and(|left| left.iter().any(|one| one["State"] == "running"));
        Ok((!runs).then_some(()))
    })
    .await
}

async fn d_139_a_hostile_dockerfile_is_refused(cx: Cx) -> Result<()> {
    let many = format!("FROM {BUSYBOX}\n{}", "ENV A=1\n".repeat(20_000));
    let long = format!("FROM {BUSYBOX}\nRUN {}\n", "x".repeat(100_000));
    let itself = format!("FROM {BUSYBOX} AS a\nCOPY --from=0 /x /y\n");
    let circle = "FROM nosuch-b AS nosuch-a\nFROM nosuch-a AS nosuch-b\n";
    let mut dockerfiles = vec![long.as_str(), itself.as_str(), circle];
    if cx.target().ours {
        dockerfiles.push(&many);
    }
    for dockerfile in dockerfiles {
        let reply = post(&cx, "forcerm=1", &[("Dockerfile", dockerfile)]).await?;
        let told = reply.text();
        ensure!(told.contains("\"error\"") || told.contains("\"message\""), "{told}");
        ensure!(!told.contains("Successfully"), "{told}");
    }
    Ok(())
}

async fn d_140_a_prune_of_the_cache_answers(cx: Cx) -> Result<()> {
    // Narrowed to what nobody has, for others build meanwhile.
    let filters = encoded(&json!({"id": ["0000000000000000"]}));
    let path = format!("/build/prune?filters={filters}");
    let told = cx.client().post(&path).await?.expect_status(200)?.json()?;
    assert_eq!((&told["CachesDeleted"], &told["SpaceReclaimed"]), (&Value::Null, &json!(0)));
    Ok(())
}

async fn d_140_steps_that_nothing_needs_go(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let label = format!("row={}", cx.key());
    let steps = format!("LABEL {label}\nRUN head -c 5000 /dev/zero > /z\nENV A=1\n");
    let tag = built(&cx, "pruned", &steps, &[]).await?;
    let other = built(&cx, "kept", &format!("LABEL {label}\nENV B=1\n"), &[]).await?;
    cx.client().delete(&format!("/images/{tag}?noprune=1")).await?.expect_status(200)?;
    let filters = encoded(&json!({"label": [label]}));
    let path = format!("/build/prune?filters={filters}");
    let told = cx.client().post(&path).await?.expect_status(200)?.json()?;
    assert_eq!(told["CachesDeleted"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["SpaceReclaimed"], 5000);
    let all = cx.client().post(&format!("{path}&all=1")).await?.expect_status(200)?.json()?;
    assert_eq!(all["CachesDeleted"].as_array().map(Vec::len), Some(1), "{all}");
    image(&cx, &other).await?;
    let events = format!(
        "/events?since={since}&until={}&filters={}",
        Timestamp::now().as_second() + 1,
        encoded(&json!({"type": ["builder"]}))
    );
    let events = cx.client().get(&events).await?.expect_status(200)?.text();
    ensure!(events.contains("\"prune\"") && events.contains("reclaimed"), "{events}");
    Ok(())
}

async fn d_181_a_build_tells_of_its_names(cx: Cx) -> Result<()> {
    let since = Timestamp::now().as_second() - 1;
    let tag = built(&cx, "told", "RUN true\n", &[]).await?;
    let id = image(&cx, &tag).await?["Id"].clone();
    let filters = encoded(&json!({"type": ["image"], "event": ["tag"]}));
    let path = format!(
        "/events?since={since}&until={}&filters={filters}",
        Timestamp::now().as_second() + 1
    );
    let told = cx.client().get(&path).await?.expect_status(200)?.text();
    let event = told.lines().find(|line| line.contains(&tag)).with_context(|| told.clone())?;
    let event: Value = serde_json::from_str(event)?;
    assert_eq!(
        (&event["Actor"]["ID"], &event["Actor"]["Attributes"]["name"]),
        (&id, &json!(format!("{tag}:latest")))
    );
    Ok(())
}
