//! What the engine under a container does: signals and process one, the terminal, the bytes of layers; and what the
//! command line client makes of versions, sizes and imports.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::cx::Cx;
use crate::images::{BUSYBOX, CONFIG};
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    w_006_a_signal_reaches_process_one,
    w_006_process_one_ignores_what_it_does_not_handle,
    w_006_init_passes_signals_on,
    w_006_orphans_are_reaped_by_init,
    w_005_detach_keys_leave_a_terminal_running,
    w_011_a_removed_image_gives_its_bytes_back,
    d_002_docker_goes_down_to_the_endpoints_version,
    d_005_docker_system_df_v_lists_containers,
    d_026_a_failed_start_is_told_by_inspect,
    d_062_docker_finds_a_container_by_prefix_and_name,
    d_106_docker_import_takes_a_file_with_changes,
    d_116_docker_images_shows_ids_and_digests,
];

/// Bytes of an image that no other row's images come near, so that its coming and going is seen beside them.
const LARGE_BYTES: u64 = 64 << 20;

async fn w_006_a_signal_reaches_process_one(cx: Cx) -> Result<()> {
    let script = "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done";
    let name = cx.start_script("trap", script, json!({})).await?;
    cx.until_logged(&name, "ready").await?;
    let path = format!("/containers/{name}/kill?signal=USR1");
    cx.client().post(&path).await?.expect_status(204)?;
    assert_eq!(cx.wait(&name).await?, 9);
    Ok(())
}

async fn w_006_process_one_ignores_what_it_does_not_handle(cx: Cx) -> Result<()> {
    // The kernel gives process one of a namespace no default action, so only SIGKILL ends this one.
    let name = cx.create("deaf", &["sleep", "60"], json!({})).await?;
    cx.start(&name).await?;
    cx.client().post(&format!("/containers/{name}/stop?t=1")).await?.expect_status(204)?;
    assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 137);
    Ok(())
}

async fn w_006_init_passes_signals_on(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"Init": true}});
    // A signal that comes before the program itself runs would be lost.
    let name = cx.start_script("init", "echo ready; exec sleep 60", more).await?;
    cx.until_logged(&name, "ready").await?;
    cx.client().post(&format!("/containers/{name}/stop?t=20")).await?.expect_status(204)?;
    assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 143);
    Ok(())
}

async fn w_006_orphans_are_reaped_by_init(cx: Cx) -> Result<()> {
    // The inner shell ends at once and leaves its child to process one.
    let script =
        "sh -c 'sleep 0.1 &'; sleep 0.6; cat /proc/[0-9]*/stat 2>/dev/null | grep -c ' Z '";
    let more = json!({"HostConfig": {"Init": true}});
    let (output, _) = cx.run_script("orphans", script, more).await?;
    assert_eq!(output.out(), "0\n");
    Ok(())
}

async fn w_005_detach_keys_leave_a_terminal_running(cx: Cx) -> Result<()> {
    let name = cx.name("left");
    // Letters: the usual control keys mean something to a terminal that docker has not taken over yet.
    let arguments = ["run", "-it", "--detach-keys", "x,y", "--name", &name, BUSYBOX, "sleep", "60"];
    let said = cx.docker().run_on_terminal(&arguments, (24, 80), b"xy").await?;
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(cx.inspect(&name).await?["State"]["Running"], true);
    Ok(())
}

async fn w_011_a_removed_image_gives_its_bytes_back(cx: Cx) -> Result<()> {
    let layers = async || {
        let sizes = cx.client().get("/system/df").await?.expect_status(200)?.json()?;
        sizes["LayersSize"].as_u64().context("LayersSize")
    };
    let tag = cx.tag("large");
    let before = layers().await?;
    let path = cx.target().archives.import_path(&tag);
    let reply = cx.client().post_tar(&path, large_archive()?).await?.expect_status(200)?;
    ensure!(!reply.text().contains("\"error\""), "{}", reply.text());
    let with = layers().await?;
    ensure!(with >= before + LARGE_BYTES / 2, "{before} before, {with} with the image");
    cx.client().delete(&format!("/images/{tag}")).await?.expect_status(200)?;
    let after = layers().await?;
    ensure!(after + LARGE_BYTES / 2 <= with, "{with} with the image, {after} without");
    Ok(())
}

async fn d_002_docker_goes_down_to_the_endpoints_version(cx: Cx) -> Result<()> {
    let line = "{{.Client.APIVersion}} {{.Client.DefaultAPIVersion}} {{.Server.APIVersion}}";
    let shown = cx.docker().ok(&["version", "--format", line]).await?;
    let versions: Vec<(u32, u32)> =
        shown.split(' ').map(super::system::version_of).collect::<Result<_>>()?;
    let [spoken, newest, server] = versions[..] else { anyhow::bail!("{shown}") };
    assert_eq!(spoken, newest.min(server), "{shown}");
    Ok(())
}

async fn d_005_docker_system_df_v_lists_containers(cx: Cx) -> Result<()> {
    let name = cx.create("sized", &["true"], json!({})).await?;
    let shown = cx.docker().ok(&["system", "df", "--verbose"]).await?;
    for wanted in ["Images space usage:", "Containers space usage:", &name] {
        ensure!(shown.contains(wanted), "{wanted} is not in {shown}");
    }
    Ok(())
}

async fn d_026_a_failed_start_is_told_by_inspect(cx: Cx) -> Result<()> {
    let name = cx.create("broken", &["/no/such/program"], json!({})).await?;
    let reply = cx.client().post(&format!("/containers/{name}/start")).await?;
    ensure!([400, 404, 500].contains(&reply.status.as_u16()), "{}", reply.status);
    let state = cx.inspect(&name).await?["State"].clone();
    assert_eq!((&state["Status"], &state["Running"]), (&json!("created"), &json!(false)));
    assert_eq!(state["ExitCode"], 127, "{state}");
    ensure!(state["Error"].as_str().unwrap_or_default().contains("/no/such/program"), "{state}");
    Ok(())
}

async fn d_062_docker_finds_a_container_by_prefix_and_name(cx: Cx) -> Result<()> {
    let name = cx.create("found", &["true"], json!({})).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?.to_owned();
    for way in [name.as_str(), &id, &id[..12], &format!("/{name}")] {
        let shown = cx.docker().ok(&["inspect", "--format", "{{.Id}}", way]).await?;
        assert_eq!(shown, id, "by {way}");
    }
    Ok(())
}

async fn d_106_docker_import_takes_a_file_with_changes(cx: Cx) -> Result<()> {
    let tag = cx.tag("imported");
    let archive = cx.target().archives.busybox.to_string_lossy().into_owned();
    let arguments = ["import", "--change", "CMD [\"echo\", \"changed\"]", &archive, &tag];
    let shown = cx.docker().ok(&arguments).await?;
    ensure!(shown.trim().starts_with("sha256:"), "{shown}");
    let name = cx.name("run");
    assert_eq!(cx.docker().ok(&["run", "--name", &name, &tag]).await?, "changed");
    Ok(())
}

async fn d_116_docker_images_shows_ids_and_digests(cx: Cx) -> Result<()> {
    let inspected = cx.client().get(&format!("/images/{CONFIG}/json")).await?.json()?;
    let id = inspected["Id"].as_str().context("Id")?.to_owned();
    let arguments = ["images", "--no-trunc", "--quiet", CONFIG];
    assert_eq!(cx.docker().ok(&arguments).await?, id);
    let arguments = ["images", "--digests", "--format", "{{.Digest}}", CONFIG];
    // It was loaded, not pulled: no registry has given it a digest.
    assert_eq!(cx.docker().ok(&arguments).await?, "<none>");
    Ok(())
}

/// An archive with one file that no two runs have in common.
fn large_archive() -> Result<bytes::Bytes> {
    let mut content = vec![0; usize::try_from(LARGE_BYTES)?];
    getrandom::fill(&mut content[..32])?;
    let mut header = tar::Header::new_gnu();
    header.set_size(LARGE_BYTES);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "large", &*content)?;
    Ok(archive.into_inner()?.into())
}
