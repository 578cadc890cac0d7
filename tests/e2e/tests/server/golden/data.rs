//! Golden data directories: what servers of earlier forms had on the disk when they were killed.
//!
//! `tests/golden-data/NAME.tar.xz` is such a directory without images and files of containers, `NAME.json` what its server's
//! clients were shown last. One more is made, of today's server or of whichever `SOCKERLESS_BIN` names, with
//! `UPDATE_GOLDEN=NAME cargo test -p tests-e2e --test server golden::data`; where NAME ends with `trimmed`, the beginning of its
//! log is given up, so that there is nothing to begin with but a snapshot of that form.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, command, eventually, golden_to_make, run};

use crate::setup;

/// How long what has begun may take to come to its end.
const LIMIT: Duration = Duration::from_secs(30);

/// A place behind every record.
const ALL: &str = "1000000";

/// What of a data directory is kept: what the server knows, not what containers are made of.
const KEPT: &[&str] = &["audit", "audit.key", "journal", "keys", "reads", "snapshots"];

/// What is compared of a container's `HostConfig` and `State`.
const HOST_FIELDS: &[&str] =
    &["Binds", "Links", "Memory", "NetworkMode", "PidMode", "PortBindings", "RestartPolicy"];
const STATE_FIELDS: &[&str] = &["ExitCode", "FinishedAt", "StartedAt", "Status"];

fn folder() -> PathBuf {
    PathBuf::from("tests/golden-data")
}

/// What clients are shown of the state after record `at`.
async fn shown(server: &Server, at: u64) -> Result<Value> {
    let client = server.client();
    let ask = async |path: &str| -> Result<Value> {
        client.get(&format!("/at/{at}{path}")).await?.expect_status(200)?.json()
    };
    let mut containers = Vec::new();
    for one in ask("/containers/json?all=1").await?.as_array().context("a list")? {
        let found = ask(&format!("/containers/{}/json", one["Id"].as_str().context("Id")?)).await?;
        let host = pick(&found["HostConfig"], HOST_FIELDS);
        let state = pick(&found["State"], STATE_FIELDS);
        let config = pick(&found["Config"], &["Cmd", "Env", "Hostname", "Labels", "Tty"]);
        let place = |one: &Value| pick(one, &["Gateway", "IPAddress", "MacAddress", "NetworkID"]);
        let networks = found["NetworkSettings"]["Networks"].as_object().context("Networks")?;
        let networks = networks.iter().map(|(name, one)| json!([name, place(one)]));
        let mut shown = pick(&found, &["Created", "Id", "Image", "Name", "RestartCount"]);
        shown["Config"] = config;
        shown["HostConfig"] = host;
        shown["Networks"] = networks.collect();
        shown["Ports"] = found["NetworkSettings"]["Ports"].clone();
        shown["State"] = state;
        containers.push(shown);
    }
    let networks = ask("/networks").await?;
    let networks = networks.as_array().context("a list")?;
    let image = |image: &Value| json!({"Id": image["Id"], "RepoTags": image["RepoTags"]});
    let volume = |volume: &Value| json!([volume["Name"], volume["CreatedAt"], volume["Labels"]]);
    Ok(json!({
        "At": at,
        "Containers": sorted(containers),
        "Images": sorted(ask("/images/json").await?.as_array().into_iter().flatten().map(image)),
        "Volumes": sorted(ask("/volumes").await?["Volumes"].as_array().into_iter().flatten().map(volume)),
        "Networks": sorted(networks.iter().map(|one| json!([one["Name"], one["Id"], one["IPAM"]["Config"]]))),
    }))
}

/// Some fields of what is shown; later servers may show more of them.
fn pick(value: &Value, fields: &[&str]) -> Value {
    fields.iter().map(|&field| (field.to_owned(), value[field].clone())).collect()
}

fn sorted(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.into_iter().collect();
    values.sort_by_key(Value::to_string);
    values
}

/// Has a server do a little of everything that it keeps, and lets some of it run on.
async fn work(server: &mut Server) -> Result<()> {
    let docker = server.docker();
    let ok = async |line: &str| {
        let line = line.replace("IMAGE", BUSYBOX);
        docker.ok(&line.split_whitespace().collect::<Vec<_>>()).await
    };
    ok("create --name created -e TOKEN=hunter2 -e LANG=C -l kept=yes IMAGE true").await?;
    ok("create --name ended IMAGE false").await?;
    ok("start ended").await?;
    ensure!(setup::wait(server, "ended").await? == 1);
    ok("run -d --name stopped -t IMAGE sleep 1000").await?;
    ok("stop -t 0 stopped").await?;
    ok("create --name old IMAGE true").await?;
    ok("rename old renamed").await?;
    ok("create --name removed IMAGE true").await?;
    ok("rm removed").await?;
    ensure!(docker.run(&["start", "none"]).await?.code != 0, "there is none");
    ok("run -d --name published -p 127.0.0.1:0:80 IMAGE sleep 1000").await?;
    ok("tag IMAGE again:1").await?;
    ok("volume create --label kept=yes data").await?;
    ok("run -d --name mounted -v data:/data -v /anonymous IMAGE sleep 1000").await?;
    ok("network create --subnet 10.99.0.0/24 net").await?;
    ok("run -d --name joined --network net IMAGE sleep 1000").await?;
    ok("network connect bridge joined").await?;
    ok("network disconnect bridge joined").await?;
    ok("run -d --name linked --link published:other IMAGE sleep 1000").await?;
    let pod = json!({"name": "pod"});
    server.client().post_json("/libpod/pods/create", &pod).await?.expect_status(201)?;
    // Networks that are a configuration are later than most else: an earlier server refuses this one, and that is on record too.
    docker.run(&["network", "create", "--config-only", "--subnet", "10.98.0.0/24", "only"]).await?;
    server.stop()?;
    server.start_again().await?;
    ok("run -d --name running IMAGE sleep 1000").await?;
    ok("exec running true").await?;
    ok("exec -d running sleep 1000").await?;
    ok("run -d --name again --restart on-failure:1 IMAGE false").await?;
    ok("run -d --name paused IMAGE sleep 1000").await?;
    ok("pause paused").await?;
    ok("update --memory 64m --memory-swap 64m running").await?;
    ok("run -d --name healthy --health-cmd true --health-interval 1h IMAGE sleep 1000").await?;
    ok("commit ended committed:1").await?;
    let built = format!("FROM {BUSYBOX}\nENV built=yes\nRUN true\n");
    let built = docker.run_with_input(&["build", "-t", "built:1", "-"], built.as_bytes()).await?;
    ensure!(built.code == 0, "{built:?}");
    ok("run -d --name beside --pid container:running IMAGE sleep 1000").await?;
    ok("run -d --name limited --pids-limit 100 --cpus 0.5 IMAGE sleep 1000").await?;
    ok("rm -f limited").await?;
    ok("kill -s KILL stopped running").await.err().context("one of them does not run")?;
    setup::wait(server, "running").await?;
    ok("start running").await?;
    eventually("it was tried again", LIMIT, async || {
        let seen = setup::inspect(server, "again").await?;
        Ok((seen["RestartCount"] == 1 && seen["State"]["Status"] == "exited").then_some(()))
    })
    .await
}

/// Makes golden data under `name`.
async fn make(name: &str) -> Result<()> {
    let archive = folder().join(format!("{name}.tar.xz"));
    ensure!(!archive.exists(), "{name} is there, and what is golden stays as it is");
    fs::create_dir_all(folder())?;
    let mut server = setup::server().await?;
    work(&mut server).await?;
    if name.ends_with("trimmed") {
        server.journal(&["trim", "--before", ALL, "--reason", "to begin with a snapshot"])?;
        setup::create(&server, "later", "true").await?;
    }
    let reply = server.client().get("/containers/json").await?.expect_status(200)?;
    let at = reply.header("X-Sockerless-As-Of").parse().context("X-Sockerless-As-Of")?;
    let text = serde_json::to_string_pretty(&shown(&server, at).await?)? + "\n";
    server.kill()?;
    let data = server.data();
    let mut pack = command("tar");
    pack.args(["--create", "--xz", "--sparse", "--numeric-owner", "--sort=name", "--file"]);
    pack.arg(&archive).arg("-C").arg(data.parent().context("a folder")?).arg("data.kek");
    pack.args(
        KEPT.iter().filter(|kept| data.join(kept).exists()).map(|kept| format!("data/{kept}")),
    );
    run(&mut pack)?;
    Ok(fs::write(archive.with_file_name(format!("{name}.json")), text)?)
}

/// Opens golden data with today's server, and checks that it shows what was there, and goes on from there.
async fn open(expected: &Path) -> Result<()> {
    let wanted: Value = serde_json::from_str(&fs::read_to_string(expected)?)?;
    let at = wanted["At"].as_u64().context("At")?;
    let unpacked = tempfile::tempdir()?;
    let mut unpack = command("tar");
    unpack.arg("-xJf").arg(expected.with_extension("tar.xz")).arg("-C").arg(unpacked.path());
    run(&mut unpack)?;
    let mut server = Server::prepare_on(&unpacked.path().join("data"), &[])?;
    server.start_again().await?;
    let found = shown(&server, at).await?;
    ensure!(found == wanted, "it shows {found:#}");
    // What ran then runs no more, and that is on record; what was to be kept can still be changed.
    let running = setup::inspect(&server, "running").await?;
    ensure!(running["State"]["Status"] == "exited", "{running}");
    server.client().delete("/containers/ended").await?.expect_status(204)?;
    server.kill()?;
    server.start_again().await?;
    ensure!(shown(&server, at).await? == wanted, "after a restart it shows something else");
    ensure!(!setup::names(&server).await?.contains(&"ended".to_owned()), "it is there again");
    server.stop()?;
    let verified = server.journal(&["verify", "--from-snapshots"])?;
    ensure!(verified.contains("the same state from each of"), "{verified}");
    Ok(())
}

#[tokio::test]
async fn j_013_data_over_which_an_earlier_server_was_killed_opens_as_it_was() -> Result<()> {
    if let Some(name) = golden_to_make() {
        make(&name).await?;
    }
    let mut forms = 0;
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            open(&path).await.with_context(|| path.display().to_string())?;
            forms += 1;
        }
    }
    ensure!(forms > 0, "there is no golden data");
    Ok(())
}
