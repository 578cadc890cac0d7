//! `podman --remote`, unmodified: its own API beside Docker's.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::registry::Registry;
use crate::row::{NO_PODMAN, Row, podman_rows, rows};

/// Rows that no client is asked for.
pub(super) const PLAIN_ROWS: &[Row] = rows![d_196_any_version_in_the_path_is_answered(NO_PODMAN)];

pub(super) const ROWS: &[Row] = podman_rows![
    d_196_podman_runs_a_container_and_ends_with_its_code,
    d_196_podman_leads_a_containers_life,
    d_196_podman_runs_programs_in_a_container,
    d_196_podman_copies_files_in_and_out,
    d_196_podman_keeps_images_volumes_and_networks,
    d_196_podman_builds_and_commits_images,
    d_196_podman_changes_limits_and_tells_what_is_used,
    d_196_podman_pushes_an_image_to_another_name,
    d_196_podman_runs_a_health_check_at_once,
    d_196_what_is_not_built_is_refused_by_name,
];

async fn d_196_any_version_in_the_path_is_answered(cx: Cx) -> Result<()> {
    for path in ["/v4.3.1/libpod/_ping", "/v5.8.2-dev/libpod/_ping", "/libpod/_ping"] {
        let reply = cx.client().get(path).await?.expect_status(200)?;
        ensure!(!reply.header("libpod-api-version").is_empty(), "{path} without a version");
    }
    Ok(())
}

async fn d_196_podman_runs_a_container_and_ends_with_its_code(cx: Cx) -> Result<()> {
    let podman = cx.podman();
    let said = podman.ok(&["run", "--rm", "--name", &cx.name("a"), BUSYBOX, "echo", "hi"]).await?;
    ensure!(said == "hi", "{said:?}");
    let script =
        ["run", "--rm", "--name", &cx.name("b"), BUSYBOX, "sh", "-c", "echo no >&2; exit 7"];
    let failed = podman.run(&script).await?;
    ensure!((failed.code, failed.err.as_str()) == (7, "no\n"), "{failed:?}");
    let name = cx.name("c");
    let piped = ["run", "--rm", "-i", "--name", &name, BUSYBOX, "cat"];
    let said = podman.run_with_input(&piped, b"through\n").await?;
    ensure!((said.code, said.out.as_str()) == (0, "through\n"), "{said:?}");
    let left = cx.client().get(&format!("/containers/{name}/json")).await?.status.as_u16();
    ensure!(left == 404, "a container that removes itself is there: {left}");
    Ok(())
}

async fn d_196_podman_leads_a_containers_life(cx: Cx) -> Result<()> {
    let (podman, name) = (cx.podman(), cx.name("web"));
    let script = "trap 'exit 5' TERM; echo begun; while :; do sleep 0.1; done";
    podman
        .ok(&["run", "-d", "--name", &name, "--label", "a=b", BUSYBOX, "sh", "-c", script])
        .await?;
    cx.until_logged(&name, "begun").await?;
    let filter = format!("name={name}");
    let listed = ["ps", "--filter", &filter, "--format", "{{.Names}} {{.Status}}"];
    ensure!(podman.ok(&listed).await?.starts_with(&format!("{name} Up")));
    ensure!(podman.ok(&["logs", &name]).await? == "begun");
    let state = ["inspect", &name, "--format", "{{.State.Status}} {{index .Config.Labels \"a\"}}"];
    ensure!(podman.ok(&state).await? == "running b");
    ensure!(podman.ok(&["top", &name, "pid", "comm"]).await?.contains("PID"));
    ensure!(podman.ok(&["stats", "--no-stream", &name]).await?.contains(&name));
    podman.ok(&["pause", &name]).await?;
    ensure!(podman.ok(&state).await? == "paused b");
    podman.ok(&["unpause", &name]).await?;
    podman.ok(&["stop", "-t", "5", &name]).await?;
    ensure!(podman.ok(&["wait", &name]).await? == "5");
    podman.ok(&["start", &name]).await?;
    podman.ok(&["kill", &name]).await?;
    ensure!(podman.ok(&["wait", &name]).await? == "137");
    podman.ok(&["rm", &name]).await?;
    let gone = podman.run(&["container", "exists", &name]).await?;
    ensure!(gone.code == 1, "{gone:?}");
    Ok(())
}

async fn d_196_podman_runs_programs_in_a_container(cx: Cx) -> Result<()> {
    let podman = cx.podman();
    let name = cx.start_script("web", "sleep 60", json!({})).await?;
    for word in ["one", "two", "three"] {
        let said = podman.ok(&["exec", &name, "echo", word]).await?;
        ensure!(said == word, "{said:?}");
    }
    let piped = podman.run_with_input(&["exec", "-i", &name, "cat"], b"through\n").await?;
    ensure!((piped.code, piped.out.as_str()) == (0, "through\n"), "{piped:?}");
    let failed = podman.run(&["exec", &name, "sh", "-c", "echo no >&2; exit 7"]).await?;
    ensure!((failed.code, failed.err.contains("no")) == (7, true), "{failed:?}");
    Ok(())
}

async fn d_196_podman_copies_files_in_and_out(cx: Cx) -> Result<()> {
    let podman = cx.podman();
    let name = cx.start_script("web", "sleep 60", json!({})).await?;
    let folder = tempfile::tempdir()?;
    let (source, back) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::write(&source, "carried")?;
    let inside = format!("{name}:/bin/carried");
    podman.ok(&["cp", &source.to_string_lossy(), &inside]).await?;
    ensure!(podman.ok(&["exec", &name, "cat", "/bin/carried"]).await? == "carried");
    podman.ok(&["cp", &inside, &back.to_string_lossy()]).await?;
    ensure!(std::fs::read_to_string(&back)? == "carried");
    Ok(())
}

async fn d_196_podman_keeps_images_volumes_and_networks(cx: Cx) -> Result<()> {
    let podman = cx.podman();
    let tag = format!("localhost/{}:1", cx.tag("app"));
    podman.ok(&["tag", BUSYBOX, &tag]).await?;
    ensure!(podman.ok(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).await?.contains(&tag));
    podman.ok(&["rmi", &tag]).await?;
    ensure!(podman.run(&["image", "exists", &tag]).await?.code == 1);
    let volume = cx.volume("data");
    podman.ok(&["volume", "create", &volume]).await?;
    ensure!(podman.ok(&["volume", "ls", "-q"]).await?.contains(&volume));
    podman.ok(&["volume", "rm", &volume]).await?;
    let network = cx.network("net");
    podman.ok(&["network", "create", &network]).await?;
    let name = cx.name("in");
    let address = ["run", "--rm", "--name", &name, "--network", &network, BUSYBOX, "ip", "addr"];
    ensure!(podman.ok(&address).await?.contains("eth0"));
    podman.ok(&["network", "rm", &network]).await?;
    ensure!(podman.run(&["network", "exists", &network]).await?.code == 1);
    Ok(())
}

async fn d_196_podman_builds_and_commits_images(cx: Cx) -> Result<()> {
    let (podman, folder) = (cx.podman(), tempfile::tempdir()?);
    let file = format!("FROM {BUSYBOX}\nARG word\nRUN echo $word > /word\nCMD cat /word\n");
    std::fs::write(folder.path().join("Containerfile"), file)?;
    let (tag, place) = (cx.tag("built"), folder.path().to_string_lossy().into_owned());
    let build = ["build", "-t", &tag, "--build-arg", "word=made", "--label", "a=b", &place];
    let said = podman.ok(&build).await?;
    let id = said.lines().last().unwrap_or_default().to_owned();
    ensure!(podman.ok(&["image", "inspect", &tag, "--format", "{{.Id}}"]).await? == id, "{said}");
    let name = cx.name("built");
    ensure!(podman.ok(&["run", "--name", &name, &tag]).await? == "made");
    std::fs::write(folder.path().join("Containerfile"), "FROM nothing/like:this\nRUN")?;
    ensure!(podman.run(&["build", &place]).await?.code != 0, "a build that fails is told so");
    let kept = cx.tag("kept");
    let label = ["commit", "-q", "--change", "LABEL c=d", &name, &kept];
    let id = podman.ok(&label).await?;
    let shown = ["image", "inspect", &kept, "--format", "{{.Id}} {{index .Labels \"c\"}}"];
    ensure!(podman.ok(&shown).await? == format!("{id} d"));
    let archive = folder.path().join("files.tar");
    podman.ok(&["export", "-o", &archive.to_string_lossy(), &name]).await?;
    let brought = cx.tag("brought");
    podman.ok(&["import", "-q", &archive.to_string_lossy(), &brought]).await?;
    let again = ["run", "--rm", "--name", &cx.name("again"), &brought, "cat", "/word"];
    ensure!(podman.ok(&again).await? == "made");
    Ok(())
}

async fn d_196_podman_changes_limits_and_tells_what_is_used(cx: Cx) -> Result<()> {
    let podman = cx.podman();
    let name = cx.start_script("web", "sleep 60", json!({})).await?;
    if podman.ok(&["version", "--format", "{{.Client.Version}}"]).await?.starts_with('5') {
        podman.ok(&["update", "--memory", "100m", &name]).await?;
        let limit = ["inspect", &name, "--format", "{{.HostConfig.Memory}}"];
        ensure!(podman.ok(&limit).await? == "104857600");
    }
    let used = podman.ok(&["system", "df", "-v"]).await?;
    ensure!(used.contains(&name), "{used}");
    Ok(())
}

async fn d_196_podman_pushes_an_image_to_another_name(cx: Cx) -> Result<()> {
    let (podman, registry) = (cx.podman(), Registry::start(&cx).await?);
    let repository = registry.name(&cx.tag("there"));
    let target = format!("{repository}:1");
    podman.ok(&["push", "--tls-verify=false", BUSYBOX, &target]).await?;
    let names = ["image", "inspect", BUSYBOX, "--format", "{{.RepoTags}} {{.RepoDigests}}"];
    let names = podman.ok(&names).await?;
    ensure!(!names.contains(&repository), "a push to another name gives the image none: {names}");
    podman.ok(&["pull", "--tls-verify=false", &target]).await?;
    let ids = ["image", "inspect", BUSYBOX, &target, "--format", "{{.Id}}"];
    let ids = podman.ok(&ids).await?;
    let (pushed, pulled) = ids.split_once('\n').unwrap_or_default();
    ensure!(!pushed.is_empty() && pushed == pulled, "{ids}");
    podman.ok(&["rmi", &target]).await?;
    Ok(())
}

async fn d_196_podman_runs_a_health_check_at_once(cx: Cx) -> Result<()> {
    let (podman, name) = (cx.podman(), cx.name("web"));
    let check = ["--health-cmd", "test -e /well", "--health-interval", "1h"];
    let run = [&["run", "-d", "--name", &name][..], &check, &[BUSYBOX, "sleep", "300"]].concat();
    podman.ok(&run).await?;
    let sick = podman.run(&["healthcheck", "run", &name]).await?;
    ensure!((sick.code, sick.out.as_str()) == (1, "unhealthy\n"), "{sick:?}");
    podman.ok(&["exec", &name, "touch", "/well"]).await?;
    let well = podman.run(&["healthcheck", "run", &name]).await?;
    ensure!(well.code == 0 && !well.out.contains("unhealthy"), "{well:?}");
    let health = cx.inspect(&name).await?["State"]["Health"].clone();
    ensure!(health["Status"] == "healthy", "{health}");
    let codes = health["Log"].as_array().into_iter().flatten().map(|entry| &entry["ExitCode"]);
    ensure!(codes.collect::<Vec<_>>() == [1, 0], "{health}");
    podman.ok(&["stop", "-t", "0", &name]).await?;
    let stopped = podman.run(&["healthcheck", "run", &name]).await?;
    ensure!(stopped.code != 0 && stopped.err.contains("is not running"), "{stopped:?}");
    Ok(())
}

async fn d_196_what_is_not_built_is_refused_by_name(cx: Cx) -> Result<()> {
    let name = cx.name("web");
    let refused = cx.podman().run(&["create", "--name", &name, "--tz", "local", BUSYBOX]).await?;
    ensure!(refused.code != 0 && refused.err.contains("not built yet: timezone"), "{refused:?}");
    Ok(())
}
