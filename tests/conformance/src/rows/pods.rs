//! Pods: containers that share namespaces, led by `podman --remote pod`.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::sync::RwLock;

use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::row::{Row, podman_rows};

pub(super) const ROWS: &[Row] = podman_rows![
    d_022_a_container_is_created_into_a_pod,
    d_190_a_pod_is_created_inspected_listed_and_removed,
    d_190_a_name_in_use_and_what_is_not_built_are_refused,
    d_190_pods_that_have_ended_are_pruned,
    d_191_what_is_done_to_a_pod_happens_to_each_container,
    d_191_top_and_stats_show_every_container,
    d_195_containers_of_a_pod_share_what_it_shares,
    d_195_one_ends_and_the_other_goes_on,
];

/// A prune takes the pods of all that have ended: it has to itself what others hold while a pod of theirs may have.
static ENDED_PODS: RwLock<()> = RwLock::const_new(());

/// Starts a container in a pod that waits, and returns its name.
async fn waiting(cx: &Cx, pod: &str, part: &str) -> Result<String> {
    let name = cx.name(part);
    cx.podman().ok(&["run", "-d", "--pod", pod, "--name", &name, BUSYBOX, "sleep", "300"]).await?;
    Ok(name)
}

async fn state(cx: &Cx, pod: &str) -> Result<String> {
    cx.podman().ok(&["pod", "inspect", pod, "--format", "{{.State}}"]).await
}

async fn container_state(cx: &Cx, name: &str) -> Result<String> {
    let state = cx.inspect(name).await?["State"]["Status"].clone();
    Ok(state.as_str().unwrap_or_default().to_owned())
}

async fn d_022_a_container_is_created_into_a_pod(cx: Cx) -> Result<()> {
    let pod = cx.pod("pod");
    let id = cx.podman().ok(&["pod", "create", "--name", &pod]).await?;
    let name = waiting(&cx, &pod, "web").await?;
    let shown = cx.podman().ok(&["inspect", &name, "--format", "{{.Pod}}"]).await?;
    ensure!(shown == id, "{shown:?}");
    let (new, name) = (cx.pod("new"), cx.name("in-new"));
    let made =
        ["run", "-d", "--pod", &format!("new:{new}"), "--name", &name, BUSYBOX, "sleep", "300"];
    cx.podman().ok(&made).await?;
    ensure!(state(&cx, &new).await? == "Running");
    let absent = cx.podman().run(&["create", "--pod", "nosuch", BUSYBOX]).await?;
    ensure!(absent.code != 0 && absent.err.contains("no such pod"), "{absent:?}");
    Ok(())
}

async fn d_190_a_pod_is_created_inspected_listed_and_removed(cx: Cx) -> Result<()> {
    let (podman, pod) = (cx.podman(), cx.pod("pod"));
    let id = podman.ok(&["pod", "create", "--name", &pod, "--label", "a=b", "-p", "80"]).await?;
    ensure!(podman.ok(&["pod", "exists", &pod]).await.is_ok());
    let shown = cx.client().get(&format!("/libpod/pods/{pod}/json")).await?.expect_status(200)?;
    let shown = shown.json()?;
    ensure!(shown["Id"] == id.as_str() && shown["State"] == "Created", "{shown}");
    ensure!(shown["Labels"] == json!({"a": "b"}), "{shown}");
    let shared = shown["SharedNamespaces"].as_array().context("SharedNamespaces")?;
    ensure!(["ipc", "net", "uts"].iter().all(|kind| shared.contains(&json!(kind))), "{shown}");
    let filter = format!("name={pod}");
    let listed = ["pod", "ps", "--filter", &filter, "--format", "{{.Name}} {{.Status}}"];
    ensure!(podman.ok(&listed).await? == format!("{pod} Created"));
    let all = podman.ok(&["ps", "-a", "--format", "{{.Names}}"]).await?;
    ensure!(all.contains(&format!("{}-infra", &id[..12])), "{all}");
    podman.ok(&["pod", "rm", &pod]).await?;
    ensure!(podman.run(&["pod", "exists", &pod]).await?.code == 1);
    ensure!(!podman.ok(&["ps", "-a", "--format", "{{.Names}}"]).await?.contains(&id[..12]));
    Ok(())
}

async fn d_190_a_name_in_use_and_what_is_not_built_are_refused(cx: Cx) -> Result<()> {
    let (podman, pod) = (cx.podman(), cx.pod("pod"));
    podman.ok(&["pod", "create", "--name", &pod]).await?;
    let again = cx.client().post_json("/libpod/pods/create", &json!({"name": pod})).await?;
    again.expect_status(409)?;
    let refused = podman.run(&["pod", "create", "--exit-policy", "stop", &cx.pod("other")]).await?;
    ensure!(refused.code != 0 && refused.err.contains("not built yet: exit_policy"), "{refused:?}");
    let name = waiting(&cx, &pod, "web").await?;
    let held = podman.run(&["pod", "rm", &pod]).await?;
    ensure!(held.code != 0 && held.err.contains("without force"), "{held:?}");
    ensure!(container_state(&cx, &name).await? == "running");
    podman.ok(&["pod", "rm", "-f", &pod]).await?;
    ensure!(podman.run(&["container", "exists", &name]).await?.code == 1);
    Ok(())
}

async fn d_190_pods_that_have_ended_are_pruned(cx: Cx) -> Result<()> {
    let _alone = ENDED_PODS.write().await;
    let (podman, pod, fresh) = (cx.podman(), cx.pod("pod"), cx.pod("fresh"));
    podman.ok(&["pod", "create", "--name", &pod]).await?;
    podman.ok(&["pod", "create", "--name", &fresh]).await?;
    waiting(&cx, &pod, "web").await?;
    podman.ok(&["pod", "stop", "-t", "0", &pod]).await?;
    podman.ok(&["pod", "prune", "-f"]).await?;
    ensure!(podman.run(&["pod", "exists", &pod]).await?.code == 1);
    ensure!(podman.run(&["pod", "exists", &fresh]).await?.code == 0);
    Ok(())
}

async fn d_191_what_is_done_to_a_pod_happens_to_each_container(cx: Cx) -> Result<()> {
    let _ended = ENDED_PODS.read().await;
    let (podman, pod) = (cx.podman(), cx.pod("pod"));
    podman.ok(&["pod", "create", "--name", &pod]).await?;
    let names = [cx.name("web"), cx.name("side")];
    for name in &names {
        podman.ok(&["create", "--pod", &pod, "--name", name, BUSYBOX, "sleep", "300"]).await?;
    }
    for (action, expected, each) in [
        (&["start"][..], "Running", "running"),
        (&["pause"][..], "Paused", "paused"),
        (&["unpause"][..], "Running", "running"),
        (&["stop", "-t", "0"][..], "Exited", "exited"),
        (&["restart"][..], "Running", "running"),
        (&["kill"][..], "Exited", "exited"),
    ] {
        let arguments = [&["pod"], action, &[&pod]].concat();
        podman.ok(&arguments).await?;
        for name in &names {
            cx.until(each, name, |shown| shown["State"]["Status"] == each).await?;
        }
        let shown = state(&cx, &pod).await?;
        ensure!(shown == expected, "{action:?}: {shown}");
    }
    Ok(())
}

async fn d_191_top_and_stats_show_every_container(cx: Cx) -> Result<()> {
    let (podman, pod) = (cx.podman(), cx.pod("pod"));
    podman.ok(&["pod", "create", "--name", &pod]).await?;
    let names = [waiting(&cx, &pod, "web").await?, waiting(&cx, &pod, "side").await?];
    let top = podman.ok(&["pod", "top", &pod, "pid", "args"]).await?;
    ensure!(top.matches("sleep 300").count() == 2, "{top}");
    let stats = podman.ok(&["pod", "stats", "--no-stream", &pod]).await?;
    ensure!(names.iter().all(|name| stats.contains(name)), "{stats}");
    Ok(())
}

async fn d_195_containers_of_a_pod_share_what_it_shares(cx: Cx) -> Result<()> {
    let (podman, pod) = (cx.podman(), cx.pod("pod"));
    podman.ok(&["pod", "create", "--name", &pod]).await?;
    let names = [waiting(&cx, &pod, "web").await?, waiting(&cx, &pod, "side").await?];
    for kind in ["net", "ipc", "uts"] {
        let link = format!("/proc/self/ns/{kind}");
        let one = podman.ok(&["exec", &names[0], "readlink", &link]).await?;
        let other = podman.ok(&["exec", &names[1], "readlink", &link]).await?;
        ensure!(one == other && !one.is_empty(), "{kind}: {one} and {other}");
    }
    for kind in ["pid", "mnt"] {
        let link = format!("/proc/self/ns/{kind}");
        let one = podman.ok(&["exec", &names[0], "readlink", &link]).await?;
        ensure!(one != podman.ok(&["exec", &names[1], "readlink", &link]).await?, "{kind}");
    }
    ensure!(podman.ok(&["exec", &names[0], "hostname"]).await? == pod);
    // What one listens for on localhost, the other reaches there.
    podman.ok(&["exec", "-d", &names[0], "sh", "-c", "echo from-web | nc -l -p 7777"]).await?;
    let ask = "for i in $(seq 50); do nc 127.0.0.1 7777 </dev/null && break; sleep 0.1; done";
    let heard = podman.ok(&["exec", &names[1], "sh", "-c", ask]).await?;
    ensure!(heard.contains("from-web"), "{heard:?}");
    Ok(())
}

async fn d_195_one_ends_and_the_other_goes_on(cx: Cx) -> Result<()> {
    let _ended = ENDED_PODS.read().await;
    let (podman, pod) = (cx.podman(), cx.pod("pod"));
    podman.ok(&["pod", "create", "--name", &pod]).await?;
    let (web, side) = (waiting(&cx, &pod, "web").await?, waiting(&cx, &pod, "side").await?);
    podman.ok(&["stop", "-t", "0", &web]).await?;
    ensure!(container_state(&cx, &side).await? == "running");
    ensure!(state(&cx, &pod).await? == "Degraded");
    ensure!(podman.ok(&["exec", &side, "hostname"]).await? == pod);
    podman.ok(&["start", &web]).await?;
    ensure!(state(&cx, &pod).await? == "Running");
    Ok(())
}
