//! The past: any point of the log through the unmodified docker CLI, and through `at`, `diff` and `explain`.

use std::collections::BTreeSet;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, eventually, exit_code};
use tests_e2e::seed;
use tokio::time::Instant;

use crate::setup;

const LIMIT: Duration = Duration::from_secs(20);

/// Where the server listens for a CLI that puts a path behind its address.
const TCP: &str = "tcp://127.0.0.1:2375";

/// Containers of the longer logs.
const CONTAINERS: usize = 150;

/// Points of them that are asked for.
const POINTS: usize = 400;

/// The longest that all but one in a hundred of the answers about a point may take.
const POINT_P99_MAX: Duration = Duration::from_millis(250);

async fn server() -> Result<Server> {
    let server = Server::start_with(&["--listen", TCP, "--insecure-tcp"]).await?;
    setup::fill(&server).await?;
    Ok(server)
}

/// The newest record that answers are made of.
async fn head(server: &Server) -> Result<u64> {
    let reply = server.client().get("/info").await?.expect_status(200)?;
    reply.header("x-sockerless-as-of").parse().context("X-Sockerless-As-Of")
}

/// Runs the docker CLI at a point.
fn docker(server: &Server, point: &str, arguments: &[&str]) -> Result<(i32, String)> {
    let mut docker = server.network().command("docker");
    docker.args(["--host", &format!("{TCP}/at/{point}")]).args(arguments);
    Ok(said(&docker.output()?))
}

/// Runs the docker CLI at a point, where it must succeed.
fn docker_ok(server: &Server, point: &str, arguments: &[&str]) -> Result<String> {
    let (code, said) = docker(server, point, arguments)?;
    ensure!(code == 0, "docker {arguments:?} at {point} failed: {said}");
    Ok(said.trim_end().to_owned())
}

/// Runs `sockerless ARGUMENTS --data …`.
pub(crate) fn told(server: &Server, arguments: &[&str]) -> Result<(i32, String)> {
    let mut command = server.network().command(server.binary());
    Ok(said(&command.args(arguments).arg("--data").arg(server.data()).output()?))
}

/// Runs `sockerless ARGUMENTS --data …`, which must succeed.
pub(crate) fn told_ok(server: &Server, arguments: &[&str]) -> Result<String> {
    let (code, said) = told(server, arguments)?;
    ensure!(code == 0, "sockerless {arguments:?} ended with {code}: {said}");
    Ok(said)
}

fn said(output: &Output) -> (i32, String) {
    let words = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (exit_code(output.status), String::from_utf8_lossy(&words).into_owned())
}

#[tokio::test]
async fn j_040_the_docker_cli_sees_any_point_as_it_was() -> Result<()> {
    let server = server().await?;
    let empty = head(&server).await?.to_string();
    let script = "echo one; until [ -e /go ]; do sleep 0.02; done; echo two; exec sleep 1000";
    let id = setup::start(&server, "web", script).await?;
    let has =
        async |text: &str| Ok(setup::output(&server, "web").await?.contains(text).then_some(()));
    eventually("it writes", LIMIT, async || has("one").await).await?;
    let (then, time) = (head(&server).await?.to_string(), jiff::Timestamp::now().to_string());
    server.docker().ok(&["exec", "web", "touch", "/go"]).await?;
    eventually("it writes more", LIMIT, async || has("two").await).await?;
    let logs = docker_ok(&server, &time, &["logs", "web"])?;
    assert_eq!(logs, "one", "what was written since then is left out");
    server.docker().ok(&["rename", "web", "shop"]).await?;
    server.docker().ok(&["rm", "-f", "shop"]).await?;
    server.docker().ok(&["tag", BUSYBOX, "later:latest"]).await?;
    setup::create(&server, "web", "true").await?;

    let list = ["ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"];
    for point in [&then, &time] {
        assert_eq!(docker_ok(&server, point, &list)?, format!("{id} web running"));
        let inspect = ["inspect", "web", "--format", "{{.Id}} {{.State.Status}}"];
        assert_eq!(docker_ok(&server, point, &inspect)?, format!("{id} running"));
        let images = docker_ok(&server, point, &["images", "--format", "{{.Repository}}"])?;
        ensure!(!images.contains("later"), "{images}");
        let events = ["events", "--since", "0", "--format", "{{.Action}}", "--filter"];
        let events = docker_ok(&server, point, &[&events[..], &["container=web"]].concat())?;
        assert_eq!(events.lines().collect::<Vec<_>>(), ["create", "start"]);
    }
    assert_eq!(docker_ok(&server, &empty, &list)?, "");
    // Output goes with its container; an empty answer would be another past.
    let (code, words) = docker(&server, &time, &["logs", "web"])?;
    ensure!(code == 1 && words.contains("which was removed since"), "{code}: {words}");
    Ok(())
}

#[tokio::test]
async fn d_300_the_docker_cli_is_told_that_the_past_cannot_be_changed() -> Result<()> {
    let server = server().await?;
    setup::start(&server, "web", "sleep 1000").await?;
    let then = head(&server).await?.to_string();
    for arguments in [
        &["rm", "-f", "web"][..],
        &["stop", "web"],
        &["create", BUSYBOX, "true"],
        &["exec", "web", "true"],
        &["rmi", BUSYBOX],
    ] {
        let (code, words) = docker(&server, &then, arguments)?;
        ensure!(code != 0, "docker {arguments:?} changed the past: {words}");
        ensure!(words.contains("the past cannot be changed"), "docker {arguments:?}: {words}");
    }
    assert_eq!(setup::inspect(&server, "web").await?["State"]["Running"], true);
    Ok(())
}

/// A server with a container that was killed by somebody for good, and another that took its name.
async fn incident() -> Result<(Server, u64, u64)> {
    let server = server().await?;
    setup::start(&server, "web", "sleep 1000").await?;
    let before = head(&server).await?;
    let docker = server.docker();
    docker.ok(&["exec", "web", "true"]).await?;
    ensure!(docker.run(&["rm", "web"]).await?.code != 0, "it runs, and was removed");
    docker.ok(&["kill", "web"]).await?;
    setup::wait(&server, "web").await?;
    docker.ok(&["rename", "web", "old"]).await?;
    setup::create(&server, "web", "true").await?;
    let after = head(&server).await?;
    Ok((server, before, after))
}

#[tokio::test]
async fn j_041_points_and_what_changed_are_told_beside_a_server_and_without_one() -> Result<()> {
    let (mut server, before, after) = incident().await?;
    let (from, to) = (before.to_string(), after.to_string());
    let asked: [&[&str]; 6] = [
        &["at", &from, "ps"],
        &["at", &to, "ps", "-a"],
        &["at", &to, "images"],
        &["at", &from, "inspect", "web"],
        &["diff", &from, &to],
        &["diff", &from, &to, "--json"],
    ];
    let ask = |server: &Server| -> Result<Vec<String>> {
        asked.iter().map(|words| told_ok(server, words)).collect()
    };
    let live = ask(&server)?;
    let lines = |text: &str, word: &str| text.lines().filter(|line| line.contains(word)).count();
    assert_eq!(
        (lines(&live[0], " web"), lines(&live[1], " web"), lines(&live[1], " old")),
        (1, 1, 1)
    );
    ensure!(live[0].contains("Up "), "{}", live[0]);
    ensure!(live[1].contains("Exited (137)"), "{}", live[1]);
    ensure!(live[2].contains(BUSYBOX), "{}", live[2]);
    let whole: Value = serde_json::from_str(&live[3])?;
    assert_eq!((&whole["name"], &whole["fields"]["status"]), (&json!("web"), &json!("running")));
    for line in ["+ container web (", "~ container old (", "    status: running -> exited"] {
        ensure!(live[4].contains(line), "no {line:?} in {}", live[4]);
    }
    let changes: Value = serde_json::from_str(&live[5])?;
    assert_eq!((&changes["from"]["seq"], &changes["to"]["seq"]), (&json!(before), &json!(after)));
    server.stop()?;
    assert_eq!(live, ask(&server)?);
    // The whole output is read through a pipe that closes early, as `head` does.
    let mut head = server.network().command("sh");
    let line = "\"$0\" at \"$1\" ps --data \"$2\" | head -n 1";
    head.args(["-c", line]).arg(server.binary()).arg(&to).arg(server.data());
    let first = tests_conformance::run(&mut head)?;
    ensure!(first.starts_with("CONTAINER ID"), "{first}");
    Ok(())
}

#[tokio::test]
async fn j_041_each_event_of_a_container_is_told_with_who_caused_it() -> Result<()> {
    let (mut server, ..) = incident().await?;
    let id = setup::inspect(&server, "old").await?["Id"].as_str().context("Id")?.to_owned();
    server.docker().ok(&["rm", "old"]).await?;
    let live = told_ok(&server, &["explain", "old"])?;
    let json = told_ok(&server, &["explain", &id, "--json"])?;
    let steps: Vec<Value> = json.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let commands: Vec<&str> = steps.iter().filter_map(|step| step["command"].as_str()).collect();
    for command in [
        "container.create",
        "container.start",
        "container.observe_started",
        "exec.create",
        "container.remove",
        "container.kill",
        "container.observe_exit",
        "container.rename",
        "container.observe_removed",
    ] {
        ensure!(commands.contains(&command), "no {command} among {commands:?}");
    }
    let refused = steps.iter().find(|step| step["refused"].is_string()).context("a refusal")?;
    ensure!(refused["command"] == "container.remove", "{refused}");
    for step in &steps {
        let who = step["who"]["principal"].as_str().unwrap_or_default();
        let is_by_a_client = step["kind"] == "command";
        ensure!(!who.is_empty() && is_by_a_client == (who == "uid:0"), "{step}");
    }
    let killed = steps.iter().find(|step| step["command"] == "container.kill").context("kill")?;
    ensure!(killed["who"]["agent"].as_str().unwrap_or_default().contains("Docker"), "{killed}");
    // The container that has the name now is another one, and its life is not mixed in.
    let next = told_ok(&server, &["explain", "web"])?;
    ensure!(next.contains("container.create") && !next.contains("container.kill"), "{next}");
    server.stop()?;
    assert_eq!(live, told_ok(&server, &["explain", "old"])?);
    assert_eq!(live, told_ok(&server, &["explain", &id[..12]])?);
    Ok(())
}

#[tokio::test]
async fn j_041_what_cannot_be_told_is_refused_with_the_reason() -> Result<()> {
    let mut server = setup::server().await?;
    setup::create(&server, "web", "true").await?;
    let check = |server: &Server| -> Result<()> {
        for (arguments, reason) in [
            (&["at", "9999", "ps"][..], "record 9999 has not been written"),
            (&["at", "0", "ps"], "before the first record"),
            (&["at", "yesterday", "ps"], "failed to parse value as time or duration"),
            (&["at", "1", "inspect", "web"], "no container or image web"),
            (&["diff", "1", "9999"], "record 9999 has not been written"),
            (&["explain", "nosuch"], "the log tells of no container nosuch"),
        ] {
            let (code, words) = told(server, arguments)?;
            ensure!(code == 1 && words.contains(reason), "{arguments:?}: {code}: {words}");
            ensure!(words.trim_end().lines().count() == 1, "{arguments:?}: {words}");
        }
        Ok(())
    };
    check(&server)?;
    server.stop()?;
    check(&server)
}

#[tokio::test]
async fn j_043_random_points_are_answered_at_once_and_as_it_was_then() -> Result<()> {
    let seed = seed()?;
    tests_e2e::tell(&format!("seed {seed}"));
    let mut random = fastrand::Rng::with_seed(seed);
    let server = setup::server().await?;
    let (mut names, mut states) = (BTreeSet::new(), Vec::new());
    for number in 0..CONTAINERS {
        let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
        let path = format!("/containers/create?name=n{number}");
        let reply = server.client().post_json(&path, &body).await?.expect_status(201)?;
        names.insert(format!("n{number}"));
        states.push((reply.header("x-sockerless-seq").to_owned(), names.clone()));
        let old = names.iter().nth(random.usize(..names.len())).context("a name")?.clone();
        let path = format!("/containers/{old}/rename?name={old}x");
        let reply = server.client().post(&path).await?.expect_status(204)?;
        names.remove(&old);
        names.insert(format!("{old}x"));
        states.push((reply.header("x-sockerless-seq").to_owned(), names.clone()));
    }
    let mut spans = Vec::with_capacity(POINTS);
    for _ in 0..POINTS {
        let (seq, wanted) = &states[random.usize(..states.len())];
        let started = Instant::now();
        let reply = server.client().get(&format!("/at/{seq}/containers/json?all=1")).await?;
        spans.push(started.elapsed());
        let listed = reply.expect_status(200)?.json()?;
        let listed = listed.as_array().context("a list")?;
        let found: BTreeSet<String> = listed
            .iter()
            .map(|one| one["Names"][0].as_str().unwrap_or_default().replace('/', ""))
            .collect();
        ensure!(found == *wanted, "record {seq}, seed {seed}: {found:?} and not {wanted:?}");
    }
    spans.sort_unstable();
    let p99 = spans[POINTS * 99 / 100];
    ensure!(p99 < POINT_P99_MAX, "99 of 100 points took up to {p99:?}");
    Ok(())
}
